"""A source's state as lines, into another database and back."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.errors import ConfigurationError
from crawler.reference import Rejects
from crawler.store import Store
from crawler.store.schema import metadata
from crawler.sync.queueing import Draft
from crawler.sync.state import Ref
from tests.database import writing
from tests.postgresql import PostgresServer
from tests.unit.shop import Shop
from tests.unit.store.writing import everything, rows

MOVED = ("content", "identity", "cursor", "lookup", "outbox")


def state(store: Store) -> dict[str, list[dict[str, object]]]:
    """All rows that move, without the numbers that a database gives them."""
    numbers = {"content": ("id",), "identity": ("id",), "outbox": ("position",)}
    return {
        name: [
            {key: value for key, value in row.items() if key not in ("source_id", *numbers.get(name, ()))}
            for row in rows(store, name)
        ]
        for name in MOVED
    }


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    opened: list[Store] = []

    def open_store(where: str) -> Store:
        opened.append(Store.open(where if "://" in where else str(tmp_path / where)))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


async def busy(store: Store) -> Shop:
    """A shop with contents, and with an outbox of all kinds: sent, retried, waiting for one another."""
    shop = Shop(store)
    await shop.sync()
    agent = await shop.agent()
    agent.reply("11", Draft(object="messages", body="Fine 👍"))
    thread = agent.create(Draft(object="threads", title="Sale", body="All"))
    agent.create(Draft(object="messages", body="In it", thread=Ref("threads", entry_id=thread.id)))
    agent.act("delete", "5")
    shop.endpoint.plan("threads.create", Rejects("not now"))
    await shop.sync()
    agent.reply("10", Draft(object="messages", body="Later"))
    return shop


async def test_what_is_moved_is_all_there_and_the_next_cycle_goes_on(stores: Callable[[str], Store]) -> None:
    shop = await busy(stores("one.db"))
    lines = list(shop.store.export_state())
    other = stores("two.db")
    counts = other.import_state(lines)
    assert state(other) == state(shop.store)
    assert counts == {"source": 1, **{name: len(found) for name, found in state(other).items() if found}}
    assert list(other.export_state()) == lines
    shop.store = other
    shop.later(minutes=1)
    report = await shop.sync()
    assert [(it.outcome, it.entry.attempts) for it in report.exports] == [
        ("succeeded", 2), ("succeeded", 1), ("succeeded", 1),
    ]  # fmt: skip
    asked = [entry.params["retry"] for entry in shop.endpoint.forum.ledger.of("threads.create")]
    assert asked == [False, True]
    assert sum(it.new for it in report.objects.values()) == 0
    assert not any(it.ignored for it in report.objects.values())


async def test_a_file_may_begin_with_a_byte_order_mark(stores: Callable[[str], Store]) -> None:
    """And have the line ends of the editor that put it there."""
    shop = await busy(stores("one.db"))
    first, *others = shop.store.export_state()
    other = stores("two.db")
    other.import_state(f"{line}\r\n" for line in ["\ufeff" + first, *others])
    assert state(other) == state(shop.store)


@pytest.mark.slow
@pytest.mark.parametrize("version", [1, 2])
async def test_a_file_of_a_version_before_is_read_too(stores: Callable[[str], Store], version: int) -> None:
    """2: without incarnations (OB13). 1: its contents have digests as well, and its cursors tell of no page."""
    shop = await busy(stores("one.db"))
    lines = []
    for text in shop.store.export_state():
        [(table, row)] = json.loads(text).items()
        if table in ("content", "outbox"):
            row = {name: value for name, value in row.items() if not name.endswith("incarnation")}
        if version == 1 and table in ("content", "identity"):
            row["digest"] = "0123"
        if version == 1 and table == "cursor":
            del row["page_mark"], row["page_seen"]
        lines.append(json.dumps({table: version if table == "ringcx-crawler state" else row}))
    other = stores("two.db")
    other.import_state(lines)
    assert state(other) == state(shop.store)


async def test_from_sqlite_to_postgresql_and_back(
    stores: Callable[[str], Store], postgresql: PostgresServer, record_property: Callable[[str, object], None]
) -> None:
    shop = await busy(stores("one.db"))
    lines = list(shop.store.export_state())
    with postgresql.database() as name:
        server = stores(postgresql.url(name))
        server.import_state(lines)
        moved = list(server.export_state(["shop"]))
        server.close()
    back = stores("back.db")
    back.import_state(moved)
    assert moved == lines
    assert state(back) == state(shop.store)
    record_property("figure", f"{len(lines)} lines from SQLite to PostgreSQL and back: 0 lost, 0 doubled")


async def test_what_was_crawled_elsewhere_is_not_due_sooner_than_an_interval_after_it_came(
    stores: Callable[[str], Store],
) -> None:
    """It may have been crawled there a moment ago (CY1); what was never crawled is due at once."""
    shop = await busy(stores("one.db"))
    never = replace(shop.source, name="never")
    shop.store.register(never)
    other = stores("two.db")
    other.import_state(shop.store.export_state())
    other.manage([shop.source, never])
    due = {standing.source: standing.due_in or 0 for standing in other.standing()}
    assert 50 < due["shop"] <= 60
    assert due["never"] <= 0


async def test_a_source_that_is_there_is_refused_and_left_alone(stores: Callable[[str], Store]) -> None:
    shop = await busy(stores("one.db"))
    before = everything(shop.store)
    with pytest.raises(ConfigurationError, match="shop is there already"):
        shop.store.import_state(list(shop.store.export_state()))
    assert everything(shop.store) == before


async def test_a_file_that_is_not_whole_is_refused_and_nothing_of_it_is_stored(stores: Callable[[str], Store]) -> None:
    lines = list((await busy(stores("one.db"))).store.export_state())
    other = stores("two.db")
    other_version = json.dumps({"ringcx-crawler state": 4})
    unknown = lines[2].replace('"title"', '"headline"')
    typed = lines[2].replace('"body": "', '"body": 7, "x": "')
    for spoilt, why in (
        ([], "line 1: expected"),
        (["[]"], "line 1: expected"),
        ([other_version, *lines[1:]], "of version 4"),
        (lines[:-1], "ends before its last line"),
        (lines[:5] + lines[6:], "came, and"),
        ([lines[0], *lines[2:]], "line 2: a row before its source"),
        ([*lines[:2], unknown, *lines[3:]], "line 3: not a row"),
        ([*lines[:2], typed, *lines[3:]], "line 3: the value of body is not what"),
        ([*lines[:2], "{", *lines[3:]], "line 3: not a row"),
        ([*lines[:2], '{"alembic_version": {}}', *lines[3:]], "line 3: not a row"),
    ):
        with pytest.raises(ConfigurationError, match=why) as caught:
            other.import_state(spoilt)
        assert caught.value.hint
    assert not any(state(other).values())
    with pytest.raises(ConfigurationError, match="nothing is stored of nobody"):
        list(other.export_state(["nobody"]))


def test_a_large_source_is_moved_a_few_rows_at_a_time(stores: Callable[[str], Store]) -> None:
    store, other = stores("one.db"), stores("two.db")
    shop = Shop(store)
    source_id = store.register(shop.source)
    row = {"source_id": source_id, "object": "messages", "actions": "[]"}
    with writing(store) as session:
        for start in range(0, 20_000, 1000):
            made = [
                {**row, "foreign_id": str(n), "body": "word " * 100, "imported_at": "2024", "changed_at": "2024"}
                for n in range(start, start + 1000)
            ]
            session.execute(sa.insert(metadata.tables["content"]), made)
    tracemalloc.start()
    try:
        counts = other.import_state(store.export_state())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert counts == {"source": 1, "content": 20_000}
    assert peak < 6 * 2**20, f"{peak:,} bytes for 12 MB of text"
