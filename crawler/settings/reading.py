"""Where the configuration file is, and whether there is one to read."""

from collections.abc import Mapping
from pathlib import Path

from crawler.settings.configuration import DEFAULT_CONFIG, Configuration, unwarned
from crawler.settings.secret import Warn
from crawler.settings.values import CONFIG_VARIABLE, Values


def read_configuration(
    path: str | None, environ: Mapping[str, str], *, warn: Warn = unwarned, directory: Path = Path()
) -> Configuration:
    """The configuration in the file at `path`, else at ``RINGCX_CRAWLER_CONFIG``, else in ``crawler.toml``.

    That last one need not exist. `directory` is where relative paths start.

    Raises `ConfigurationError`: one line for each problem.
    """
    named = path or environ.get(CONFIG_VARIABLE)
    file = directory / (named or DEFAULT_CONFIG)
    if not named and not file.exists():
        return Configuration(settings=Values(), environ=environ, warn=warn)
    from crawler.settings.file import read_file  # it imports pydantic

    return Configuration(settings=read_file(file), path=file, environ=environ, warn=warn)
