"""``log``: past cycles, and their exchanges byte for byte."""

from collections.abc import Sequence
from typing import Any

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import MOST, stored_source
from crawler.cli.output import clean
from crawler.cli.report import print_report
from crawler.cli.trace import exchange_json, print_body, received
from crawler.errors import UnknownContent
from crawler.sync.source import Source

COLUMNS = ("cycle", "kind", "started_at", "seconds", "outcome", "new", "updated", "exported", "error")


@click.command()
@stored_source
@click.argument("cycle", required=False)
@click.option(
    "--limit", type=click.IntRange(1, MOST), default=20, show_default=True, help="How many cycles, the newest."
)
@click.option("--raw", type=click.IntRange(1, MOST), metavar="N", help="Write body N of the cycle, and nothing else.")
def log(run: Invocation, source: Source, cycle: str | None, limit: int, raw: int | None) -> None:
    """Show past cycles and their exchanges, byte for byte.

    Without CYCLE: the cycles of SOURCE, the newest last. With its number, or `last`: its report and its exchanges, the
    bodies numbered [1], [2] …; --raw N writes one of those, exactly as it was kept.
    """
    with run.open_store() as store:
        if cycle is None:
            if raw is not None:
                raise click.UsageError("--raw needs a CYCLE")
            records = [_line(record) for record in store.cycles(source, limit=limit)]
            run.out.records(records, COLUMNS, empty=f"{source.name} was never crawled.")
            return
        record = _find(store.cycles(source), source, cycle)
        exchanges = store.exchanges(source, record["cycle"])
    if raw is not None:
        _print_raw(exchanges, raw)
    elif run.as_json:
        run.out.json({**record, "exchanges": [exchange_json(exchange) for exchange in exchanges]})
    else:
        _print(run, record, exchanges)


def _line(record: dict[str, Any]) -> dict[str, Any]:
    """A cycle on one line."""
    report = record["report"] or {}
    objects = report.get("objects", {}).values()
    errors = report.get("errors", [])
    return {
        **{name: record[name] for name in ("cycle", "kind", "started_at", "ended_at", "outcome")},
        "seconds": report.get("seconds"),
        "new": sum(found["new"] for found in objects),
        "updated": sum(found["updated"] for found in objects),
        "exported": report.get("exports", {}).get("succeeded", 0),
        "error": errors[0]["message"] if errors else None,
    }


def _find(records: Sequence[dict[str, Any]], source: Source, cycle: str) -> dict[str, Any]:
    found = [record for record in records if cycle in ("last", str(record["cycle"]))]
    if not found:
        kept = f"{records[0]['cycle']} to {records[-1]['cycle']} are kept" if records else "it was never crawled"
        raise UnknownContent(f"{source.name}: no cycle {cycle} is known: {kept}")
    return found[-1]


def _print(run: Invocation, record: dict[str, Any], exchanges: Sequence[dict[str, Any]]) -> None:
    out = run.out
    if record["report"] is not None:
        print_report(out, record["report"])
        for error in record["report"]["errors"]:
            out.text(clean(f"error: {error['message']}"))
    else:
        out.text(f"{record['kind']} {record['cycle']}: {record['outcome']}, began {record['started_at']}")
    for number, exchange in enumerate(exchanges):
        out.text()
        out.text(clean(f"--> {exchange['action']}, {exchange['request_size']:,} bytes, {exchange['started_at']}"))
        print_body(out, exchange["request"], exchange["request_size"], number=2 * number + 1)
        out.text(
            received(
                status=exchange["status"],
                verdict=exchange["verdict"],
                size=exchange["response_size"],
                seconds=exchange["seconds"],
                error=exchange["error"],
            )
        )
        for name, value in (exchange["headers"] or {}).items():
            out.text(clean(f"    {name}: {value}"))
        if exchange["response"] is not None:
            print_body(out, exchange["response"], exchange["response_size"], number=2 * number + 2)


def _print_raw(exchanges: Sequence[dict[str, Any]], number: int) -> None:
    bodies = [body for exchange in exchanges for body in (exchange["request"], exchange["response"])]
    if number > len(bodies):
        raise UnknownContent(f"no body {number} is there: the cycle has {len(bodies)}")
    click.echo(bodies[number - 1] or b"", nl=False)
