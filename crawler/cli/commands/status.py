"""``status``: the status of the sources."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.cli.output import clean
from crawler.cli.watching import seconds, watch
from crawler.protocol.implementation import POLLED
from crawler.settings import showable
from crawler.store import Standing
from crawler.sync.state import Status

NEVER = {"contents": {}, "identities": 0, "exports": {}, "cursors": {}, "failures": 0, "last_cycle": None}
UNMANAGED = {"managed": False, "disabled_at": None, "due_in": None}
UNHELD = {"crawled_by": None, "crawled_until": None}
NOTHING = "No source yet: try `ringcx-crawler sync http://localhost:3000/`, or write a configuration with `init`."


@click.command()
@base_command
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--watch", "live", is_flag=True, help="A table that follows a daemon's work, until Ctrl-C.")
def status(run: Invocation, sources: Sequence[str], *, live: bool) -> None:
    """Show the status of the sources.

    What is stored of them, what waits to be exported or was given up, and the last cycle; of SOURCEs, or of all that
    are configured or stored. Nothing is sent.
    """
    if live:
        if run.as_json or not run.out.is_terminal:
            raise click.UsageError("--watch needs a terminal: without one, call status --json again and again")
        with suppress(KeyboardInterrupt):
            watch(run, [run.stored_name(where) for where in sources], seconds())
        return
    records = overview(run, sources)
    if run.as_json:
        run.out.json_lines(records)
    elif not records:
        run.out.note(NOTHING)
    else:
        for number, record in enumerate(records):
            if number:
                run.out.text()
            _print(run, record)


def overview(run: Invocation, sources: Sequence[str]) -> list[dict[str, Any]]:
    """One record for each source, configured ones that were never crawled included."""
    settings = run.configuration.settings
    configured = settings.sources
    names = list(dict.fromkeys(run.stored_name(where) for where in sources))
    run.know_sources(name for name in names or configured if name in configured)
    with run.open_store() as store:
        stored = {record["source"]: record for record in store.overview(names or None)}
        standing = {found.source: found for found in store.standing()}
    records = []
    for name in names or sorted({*configured, *stored}):
        record = stored.get(name) or {"source": name, "base_uri": None, **NEVER, **UNHELD}
        uri = settings.base_uri(name) if name in configured else record["base_uri"] or name
        rhythm = _rhythm(standing[name]) if name in standing else UNMANAGED
        records.append({**record, **rhythm, "base_uri": showable(uri), "configured": name in configured})
    return records


def _rhythm(standing: Standing) -> dict[str, Any]:
    """What a daemon goes by: whether one crawls the source, since when it is switched off, seconds until it is due."""
    return {
        "managed": standing.managed,
        "disabled_at": standing.disabled_at.isoformat(timespec="milliseconds") if standing.disabled_at else None,
        "due_in": round(standing.due_in, 3) if standing.due_in is not None else None,
    }


def _print(run: Invocation, record: dict[str, Any]) -> None:
    exports = record["exports"]
    given_up = {name: count for name, count in exports.items() if name not in (Status.PENDING, Status.SUCCESS)}
    named = record["source"] != record["base_uri"]
    run.out.text(clean(f"{record['source']}  {record['base_uri']}" if named else record["source"]))
    run.out.facts(
        [
            ("  last cycle", _last_cycle(record["last_cycle"])),
            ("  failed in a row", record["failures"] or None),
            ("  switched off", _switched_off(record)),
            ("  contents", _counts({n: c for n in POLLED if (c := record["contents"].get(n))}) or "none"),
            ("  identities", record["identities"] or None),
            ("  cursors", _counts(record["cursors"])),
            ("  exports pending", exports.get(Status.PENDING)),
            ("  exports given up", _counts(given_up)),
            ("  being crawled by", _holder(record)),
        ]
    )


def _last_cycle(cycle: dict[str, Any] | None) -> str:
    if cycle is None:
        return "never crawled"
    errors = (cycle["report"] or {}).get("errors") or []
    why = f": {errors[0]['message']}" if errors else ""
    return f"{cycle['cycle']}, {cycle['started_at']}, {cycle['outcome']}{why}"


def _holder(record: dict[str, Any]) -> str | None:
    if record["crawled_by"] is None:
        return None
    return f"{record['crawled_by']}, until {record['crawled_until']} unless it renews its lease"


def _switched_off(record: dict[str, Any]) -> str | None:
    if record["disabled_at"] is None:
        return None
    return f"since {record['disabled_at']}; `ringcx-crawler enable {record['source']}` switches it on again (CY6)"


def _counts(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
