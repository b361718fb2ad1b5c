"""A database as commit 7a97163 left it is carried over: nothing is lost, and the next cycle goes on from there."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from crawler.agent import Agent
from crawler.cycle import run_cycle
from crawler.errors import ActionRefused
from crawler.partner import Partner
from crawler.protocol.implementation import read_implementation
from crawler.protocol.signature import HEADER
from crawler.reference import DEFAULT
from crawler.store import Store
from crawler.store.database import HEAD
from crawler.sync.source import Source
from crawler.sync.state import Ref
from tests.postgresql import PostgresServer
from tests.unit.shop import SECRET
from tests.unit.store.writing import Row, everything

SQL = Path(__file__).parent / "carried" / "0002.sql"
SOURCE = Source(name="shop", base_uri="http://shop.example/sdk", secret=SECRET, keep_cycles=3, keep_bytes=60)
LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""When all leases have lapsed that were taken when the database was made."""


def as_it_was(path: Path) -> dict[str, list[Row]]:
    """All rows of the database's tables, by the columns that they had."""
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            tables = sa.MetaData()
            tables.reflect(connection)
            return {
                table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for table in tables.sorted_tables
            }
    finally:
        engine.dispose()


def put_on_server(url: str, before: dict[str, list[Row]]) -> None:
    """The same rows in a PostgreSQL database of that schema."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    config = Config()
    config.set_main_option("script_location", str(files("crawler.store") / "migrations"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0002")
            tables = sa.MetaData()
            tables.reflect(connection)
            for table in tables.sorted_tables:
                rows = before[table.name] if table.name != "alembic_version" else []
                if rows:
                    connection.execute(sa.insert(table), rows)
                for column in ("id", "position"):
                    if column in table.c and isinstance(table.c[column].type, sa.Integer):
                        newest = max((row[column] for row in rows), default=1)
                        named = {"name": table.name, "column": column, "newest": newest}
                        connection.execute(
                            sa.text("SELECT setval(pg_get_serial_sequence(:name, :column), :newest)"), named
                        )
    finally:
        engine.dispose()


@pytest.fixture
def before(tmp_path: Path) -> dict[str, list[Row]]:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SQL.read_text(encoding="utf-8"))
    return as_it_was(path)


@pytest.fixture(params=["file", "postgresql"])
def carried(request: pytest.FixtureRequest, tmp_path: Path, before: dict[str, list[Row]]) -> Iterator[Store]:
    """That database, opened by this program."""
    if request.param == "file":
        with Store.open(str(tmp_path / "old.db"), clock=lambda: LATER) as store:
            yield store
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database() as name:
        put_on_server(server.url(name), before)
        with Store.open(server.url(name), clock=lambda: LATER) as store:
            yield store


NEW: dict[str, Row] = {"content": {"incarnation": 0}, "cycle": {"kind": "cycle"}}
"""What each row has more."""


def meant(row: Row) -> Row:
    """What an outbox entry has more: what it refers to is the first of its id (OB13)."""
    names = ("target", "thread", "in_reply_to")
    return {f"{name}_incarnation": 0 if row[f"{name}_id"] is not None else None for name in names}


def sorted_items(row: Row) -> str:
    """A row as text, whatever the order of its columns."""
    return repr(sorted(row.items()))


def test_all_that_was_stored_is_there(carried: Store, before: dict[str, list[Row]]) -> None:
    after = everything(carried)
    assert carried._version() == HEAD
    assert {name: len(rows) for name, rows in before.items() if name != "alembic_version"} == {
        "source": 3, "content": 30, "identity": 8, "cursor": 6, "lookup": 2, "outbox": 17, "cycle": 5, "exchange": 26,
    }  # fmt: skip
    statuses = {row["status"] for row in before["outbox"]}
    assert statuses == {
        "export_pending", "success", "export_failure", "export_aborted", "delete_aborted", "unpublish_aborted",
    }  # fmt: skip
    for name, rows in before.items():
        if name != "alembic_version":
            more = [meant(row) if name == "outbox" else NEW.get(name, {}) for row in rows]
            expected = [row | it for row, it in zip(rows, more, strict=True)]
            assert sorted(map(sorted_items, after[name])) == sorted(map(sorted_items, expected)), name


class Scripted:
    """A partner that knows where the import stood, and takes all that agents want. `asked` is what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Row]] = []
        author = {"id": "marc", "screenname": "marc_75"}
        message = {"id": "m-9", "author": author, "thread_id": "not asked for", "body": "new", "in_reply_to_id": "11"}
        self.lists = {("messages.list", "11"): [message]}
        self.thread = {"id": "not asked for", "author": author, "title": "Asked for now", "body": "b"}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        action, params = asked["action"], asked.get("params", {})
        self.asked.append((action, params))
        answer: Any = {}
        if action == "implementation.info":
            answer = DEFAULT.info()
        elif action.endswith(".list"):
            answer = self.lists.get((action, params.get("since_id")), [])
        elif action == "threads.show":
            answer = self.thread
        elif action.endswith(".create"):
            answer = {"id": f"made-{len(self.asked)}"}
        body = json.dumps(answer).encode()
        return httpx.Response(200, content=body, headers={HEADER: SECRET.sign(body)})

    def of(self, operation: str) -> list[tuple[str, Row]]:
        return [(action, params) for action, params in self.asked if action.endswith(f".{operation}")]


async def cycle(store: Store) -> tuple[Scripted, dict[str, str]]:
    """A cycle, and what became of its exports."""
    scripted = Scripted()
    now = datetime(2024, 3, 1, 12, 6, tzinfo=UTC)
    transport = httpx.MockTransport(scripted)
    async with Partner(SOURCE, transport=transport, clock=lambda: now) as partner:
        report = await run_cycle(SOURCE, store, partner=partner, clock=lambda: now)
    assert not report.failed, report.as_json()
    return scripted, {it.entry.id.lstrip("0"): it.outcome for it in report.exports}


async def test_the_next_cycle_goes_on_from_its_cursors(carried: Store) -> None:
    scripted, _ = await cycle(carried)
    listed = [(action, params.get("since_id")) for action, params in scripted.of("list")]
    assert listed[:3] == [("threads.list", "14"), ("messages.list", "11"), ("messages.list", "m-9")]
    # the newest private message was deleted: the partner may have given its id again (LS11)
    assert listed[3:] == [("private_messages.list", None), ("private_messages.list", "13")]
    assert scripted.of("show") == [("threads.show", {"id": "not asked for"})]
    (record,) = carried.content(SOURCE, "m-9")
    assert (record["thread_title"], record["in_reply_to_id"]) == ("Asked for now", "11")
    outcomes = [row["outcome"] for row in everything(carried)["cycle"] if row["source_id"] == 1]
    assert outcomes[-2:] == ["interrupted", "succeeded"]


async def test_what_was_pending_is_sent_under_its_id(carried: Store) -> None:
    """Of 32 hex digits, as ids were then: a partner may know one by it (PU2)."""
    scripted, outcomes = await cycle(carried)
    assert outcomes == dict.fromkeys(["9", "b", "d", "e", "f", "10", "11"], "succeeded")
    sent = [
        (params["content_id"], params["retry"], params.get("in_reply_to_id")) for _, params in scripted.of("create")
    ]
    assert sent == [
        (f"{0x9:032x}", True, "6"),
        (f"{0xB:032x}", True, "7"),
        (f"{0xD:032x}", False, None),
        (f"{0xE:032x}", False, None),
        (f"{0xF:032x}", False, "12"),
    ]
    made = carried.entry(SOURCE, f"{0xD:032x}")
    assert made is not None
    assert scripted.of("create")[3][1]["thread_id"] == made.foreign_id
    assert scripted.of("mark_as_solved") == [("messages.mark_as_solved", {"id": "sent-1", "user_id": "agent"})]
    assert carried.load_outbox(SOURCE).pending == ()


async def test_what_was_sent_is_still_known_by_its_entry(carried: Store) -> None:
    info = read_implementation("shop", json.dumps(DEFAULT.info()).encode())
    agent = Agent(SOURCE, carried, info)
    assert agent.find(f"{1:032x}") == Ref("messages", foreign_id="sent-1", incarnation=0)
    assert agent.find(f"{2:032x}") == Ref("threads", foreign_id="14", incarnation=0)
    with pytest.raises(ActionRefused, match="13 was deleted"):
        agent.act("escalate", "13")


def test_it_is_moved_to_another_database(carried: Store) -> None:
    lines = list(carried.export_state())
    with Store.open("sqlite://") as other:
        other.import_state(lines)
        assert list(other.export_state()) == lines


def test_a_daemon_finds_its_sources_due_once_nobody_has_renewed_the_leases_of_before(carried: Store) -> None:
    quiet = Source(name="quiet", base_uri="http://quiet.example/", secret=SECRET)
    carried.manage([SOURCE, quiet])
    carried.look_at_leases({lease.term for lease in carried.look_at_leases()})
    assert {lease.source for lease in carried.claim("me", limit=10)} == {"shop", "quiet"}
