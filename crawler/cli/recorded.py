"""Reports of `check` that are read again: by `replay`, and by `explain` about what was found."""

from pathlib import Path

from crawler.cli.invocation import Invocation
from crawler.conformance.reports.json import Report, read_report
from crawler.errors import ConfigurationError


def last_report(run: Invocation) -> Path | None:
    """Where the report of the last run is kept: in the user's cache, `None` for a user without a home."""
    environ = run.outside.environ
    cache = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if environ.get("HOME") else "")
    return Path(cache) / "ringcx-crawler" / "last-check.json" if cache else None


def recorded(run: Invocation, name: str | None) -> Report:
    """The report in the file of that name, else that of the last run. Raises `ConfigurationError`."""
    path = Path(name) if name is not None else last_report(run)
    if path is None:
        raise ConfigurationError("there is no cache that a report could be in", hint="name the report's file")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        hint = "`ringcx-crawler check` writes one: the last is kept, others are written by --report FILE.json"
        raise ConfigurationError(f"the report {path} cannot be read: {reason}", hint=hint) from None
    return read_report(text, str(path))
