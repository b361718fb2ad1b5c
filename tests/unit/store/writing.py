"""Pages, reports and exchanges as a cycle has them, and a look at what became of them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from crawler.protocol.envelope import Answer, Exchange
from crawler.protocol.implementation import read_implementation
from crawler.protocol.reading import Page, read_page
from crawler.protocol.signature import Secret
from crawler.store import Begun, Lease, Store
from crawler.store.schema import metadata
from crawler.store.sql import Statement
from crawler.sync.pages import Accepted, Listing, accept_page
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from crawler.sync.state import Cursor, OutboxEntry
from tests.database import reading

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
SECRET = Secret("open sesame")
INFO = b'{"objects":{"threads":["list","show"],"messages":["list","create","delete"]}}'

Row = dict[str, Any]


def user(user_id: str = "ann", **fields: Any) -> Row:
    return {"id": user_id, "screenname": user_id.title(), **fields}


def message(message_id: str, **fields: Any) -> Row:
    return {"id": message_id, "author": user(), "thread_id": "t", "body": f"<p>{message_id}</p>", **fields}


def page(*contents: Row, object_name: str = "messages") -> Page:
    """A page as it is read from an answer: newest first."""
    return read_page("shop", object_name, json.dumps(contents).encode(), read_implementation("shop", INFO))


def decide(
    store: Store, source: Source, lease: Lease, *contents: Row, object_name: str = "messages", now: datetime = NOON
) -> Accepted:
    """What a cycle makes of a page of these contents."""
    listed = page(*contents, object_name=object_name)
    stored = store.look_up(lease, object_name, listed)
    return accept_page(source, Listing.begin(Cursor(object=object_name)), listed, stored, now)


def import_page(
    store: Store,
    source: Source,
    begun: Begun,
    *contents: Row,
    object_name: str = "messages",
    now: datetime = NOON,
    exchanges: Sequence[Exchange] = (),
) -> Accepted:
    """Store a page of these contents, as a cycle does."""
    accepted = decide(store, source, begun.lease, *contents, object_name=object_name, now=now)
    store.save_page(begun.lease, accepted, now, exchanges)
    return accepted


def exchange(action: str = "messages.list", **fields: Any) -> Exchange:
    answer = Answer(status=200, headers={"x-odd": "é"}, body=b"\xff[]")
    given: Row = {"request": b"\x00{}", "started": NOON, "seconds": 0.5, "answer": answer, "verdict": "valid"}
    return Exchange(**{"action": action, "request_size": 3, "answer_size": 3, **given, **fields})


def broken_exchange() -> Exchange:
    """One that no database takes: what is stored before it in the same transaction must go with it."""
    return exchange(request=None)


def end(store: Store, source: Source, begun: Begun, **more: Any) -> CycleReport:
    """End a cycle in which nothing happened."""
    report = CycleReport(source=source.name, started=begun.started, ended=NOON, cycle_id=begun.lease.cycle_id)
    settings: Row = {"info": None, "exchanges": (), **more}
    report.errors = settings.pop("errors", [])
    store.end_cycle(source, begun.lease, report, settings.pop("info"), NOON, **settings)
    return report


def creation(entry_id: str = "q1", **fields: Any) -> OutboxEntry:
    given: Row = {"object": "messages", "operation": "create", "queued_at": NOON, "author_id": "ann", "body": "Hello"}
    return OutboxEntry(id=entry_id, **{**given, **fields})


def rows(store: Store, name: str) -> list[Row]:
    """All rows of a table, as they stand there."""
    table = metadata.tables[name]
    with reading(store) as session:
        found = session.execute(sa.select(table).order_by(*table.primary_key)).mappings()
        return [dict(row) for row in found]


def everything(store: Store) -> dict[str, list[Row]]:
    """All rows of all tables."""
    return {name: rows(store, name) for name in metadata.tables}


def change(store: Store, sql: str, **parameters: Any) -> None:
    """Change the database behind the store's back."""
    with store.transaction() as tx:
        tx.run(Statement(sql), **parameters)


def lapse(store: Store, left: float = 0) -> None:
    """Let all leases lapse in so many seconds, by the database's own clock."""
    change(store, "UPDATE source SET lease_until = {now} + :left", left=left)
