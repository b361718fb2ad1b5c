"""``threads`` and ``messages``: what was imported."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from crawler.cli.arguments import stored_text
from crawler.cli.excerpts import Record, excerpt, person
from crawler.cli.invocation import Invocation
from crawler.cli.options import MOST, stored_source
from crawler.cli.queued import lost, next_cycle
from crawler.errors import UnknownContent
from crawler.store import Store
from crawler.sync.source import Source

F = TypeVar("F", bound=Callable[..., Any])


def filter_options(command: F) -> F:
    """Which contents are listed: parameters `author_id`, `contains`, `with_deleted` and `limit`."""
    for option in (
        click.option("--limit", type=click.IntRange(1, MOST), metavar="N", help="The newest N."),
        click.option("--deleted", "with_deleted", is_flag=True, help="Deleted ones as well."),
        click.option("--contains", metavar="TEXT", type=stored_text, help="Those with TEXT in their title or body."),
        click.option("--author", "author_id", metavar="ID", type=stored_text, help="Those of this author."),
    ):
        command = option(command)
    return command


@click.command()
@stored_source
@filter_options
def threads(run: Invocation, source: Source, **filters: Any) -> None:
    """List the imported threads, oldest first."""
    with run.open_store() as store:
        records = store.contents(source, "threads", **filters)
    columns = ["id", "created at", "author", "title", "text"]
    empty = "nothing of that kind is stored." if any(filters.values()) else _nothing(source)
    _list(run, source, records, columns, own=lambda it: [it["title"]], empty=empty)


@click.command()
@stored_source
@click.option("--thread", metavar="ID", type=stored_text, help="Those in this thread.")
@click.option("--private", is_flag=True, help="The private messages instead.")
@filter_options
def messages(run: Invocation, source: Source, *, thread: str | None, private: bool, **filters: Any) -> None:
    """List the imported messages, oldest first."""
    if private and thread is not None:
        raise click.UsageError("private messages are in no thread: give --thread or --private")
    with run.open_store() as store:
        thread_id = _thread_id(store, source, thread) if thread is not None else None
        name = "private_messages" if private else "messages"
        records = store.contents(source, name, thread_id=thread_id, **filters)
        empty = _nothing(source)
        if thread is not None or any(filters.values()):
            empty = "nothing of that kind is stored."
        elif not private and store.contents(source, "private_messages", limit=1):
            empty = "only private messages were imported: --private lists them."
    columns = ["id", "created at", "author", "recipient" if private else "thread", "in reply to", "text"]

    def own(record: Record) -> list[object]:
        return [person(record, "recipient") if private else record["thread_id"], record["in_reply_to_id"]]

    _list(run, source, records, columns, own=own, empty=empty)


def _thread_id(store: Store, source: Source, given: str) -> str:
    """The foreign id of a thread, given by that or by the id of the entry that created it."""
    found = [record["id"] for record in store.content(source, given) if record["object"] == "threads"]
    if found or store.names_thread(source, given):
        return str(found[0]) if found else given
    (record,) = store.entries(source, ids=[given]) or (None,)
    queued = ""
    if record is not None and (record["object"], record["operation"]) == ("threads", "create"):
        queued = f"; {lost(record) or 'it is queued, and has no message yet'}"
    raise UnknownContent(f"{source.name}: no thread {given} is known{queued}")


def _list(
    run: Invocation,
    source: Source,
    records: list[Record],
    columns: list[str],
    *,
    own: Callable[[Record], list[object]],
    empty: str,
) -> None:
    """Print a list; `own` makes the cells between author and text, `empty` says why there is none."""
    if run.as_json:
        run.out.json_lines(records)
    elif records:
        rows = [[it["id"], it["created_at"], person(it, "author"), *own(it), excerpt(it)] for it in records]
        run.out.table(columns, rows)
    else:
        run.out.note(f"{source.name}: {empty}")


def _nothing(source: Source) -> str:
    return f"none was imported yet. To import: {next_cycle(source)}"
