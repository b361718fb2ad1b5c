"""``outbox``: what agents queued, and what became of it (PU)."""

from typing import Any

import click

from crawler.cli.arguments import stored_text
from crawler.cli.invocation import Invocation
from crawler.cli.options import MOST, stored_source
from crawler.cli.queued import entry_records, last_info, lost, next_step, print_cancelled
from crawler.sync.source import Source

COLUMNS = ("id", "action", "on", "status", "attempts", "foreign id", "queued at", "why")


class ListingGroup(click.Group):
    """A group whose command ``list`` goes without saying: ``outbox SOURCE`` is ``outbox list SOURCE``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` before what does not begin with the name of a command."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """What the help shows as usage."""
        return ["SOURCE | COMMAND SOURCE …"]


@click.group(cls=ListingGroup)
def outbox() -> None:
    """Show and change what is queued.

    `outbox SOURCE` lists it; so does `outbox list SOURCE`, whose help names the options.
    """


@outbox.command("list")
@stored_source
@click.option("--pending", is_flag=True, help="Only what is still to be sent.")
@click.option("--limit", type=click.IntRange(1, MOST), metavar="N", help="The newest N.")
def list_entries(run: Invocation, source: Source, *, pending: bool, limit: int | None) -> None:
    """List what was queued, in its order, and what became of it."""
    with run.open_store() as store:
        listed = store.entries(source, pending_only=pending, limit=limit)
        records = entry_records(store, source, last_info(store, source), listed)
    if run.as_json:
        run.out.json_lines(records)
    elif records:
        run.out.table(COLUMNS, [_row(record) for record in records])
    else:
        run.out.note(f"{source.name}: nothing is queued.")


@outbox.command()
@stored_source
@click.argument("entry_id", metavar="ID", type=stored_text)
def cancel(run: Invocation, source: Source, *, entry_id: str) -> None:
    """Take something back that was never sent, and whatever depends on it."""
    with run.open_store() as store:
        cancelled = store.cancel(source, entry_id, "cancelled before it was ever sent", run.outside.clock())
        print_cancelled(run, store, source, cancelled)


@outbox.command()
@stored_source
@click.argument("entry_id", metavar="ID", type=stored_text)
def retry(run: Invocation, source: Source, *, entry_id: str) -> None:
    """Try something again that was given up."""
    with run.open_store() as store:
        entry = store.retry(source, entry_id)
        listed = store.entries(source, ids=[entry_id])
        (record,) = entry_records(store, source, last_info(store, source), listed)
    if run.as_json:
        run.out.json(record)
        return
    more = entry.granted - entry.attempts
    run.out.facts(
        [
            ("queued again", entry.action),
            ("id", entry.id),
            ("attempts", f"{more} more, after {entry.attempts}"),
            *next_step(source, record),
        ]
    )


def _row(record: dict[str, Any]) -> list[object]:
    refs = (record[f"{name}_{kind}"] for name in ("target", "in_reply_to", "thread") for kind in ("id", "entry"))
    return [
        record["id"],
        record["action"],
        next((ref for ref in refs if ref), None),
        record["status"],
        f"{record['attempts']} of {record['granted']}",
        record["foreign_id"],
        record["queued_at"],
        f"{record['does']}: {record['waits']}" if record["waits"] else record["error"] or lost(record),
    ]
