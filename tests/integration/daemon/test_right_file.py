"""The database under a daemon is not the right one any more: deleted, replaced, of another schema."""

import json
import logging
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx
import pytest
import structlog
from structlog.testing import LogCapture

from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.daemon.health import Health, Pulse, Watching
from crawler.protocol.signature import HEADER, Secret
from crawler.store import Store
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry

SECRET = Secret("open sesame")
INFO = {"objects": {"messages": ["list", "create"]}, "options": ["messages.unthreaded"]}
SHOP = Source(name="shop", base_uri="http://shop.example/", secret=SECRET, list_interval=1, deadline=2)
OTHER = Source(name="other", base_uri="http://other.example/", secret=SECRET, list_interval=1, deadline=2)
TICK = 0.1

pytestmark = pytest.mark.slow


class Partner:
    """Has a message more at each cycle. `gate` holds back what it answers to a list."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.messages: list[dict[str, object]] = []
        self.gate = anyio.Event()
        self.gate.set()
        self.held = anyio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        call = json.loads(request.content)
        params, action = call.get("params", {}), call["action"]
        self.asked.append(action)
        answer: object = INFO
        if action == "implementation.info":
            author = {"id": "ann", "screenname": "Ann"}
            self.messages.append({"id": str(len(self.messages) + 1), "author": author, "body": "Hello"})
        if action == "messages.list":
            if not self.gate.is_set():
                self.held.set()
                await self.gate.wait()
            answer = self.messages[int(params.get("since_id", 0)) :][::-1]
        if action == "messages.create":
            answer = {"id": f"made-{params['content_id']}"}
        body = json.dumps(answer).encode()
        return httpx.Response(200, content=body, headers={HEADER: SECRET.sign(body)})

    @property
    def cycles(self) -> int:
        return self.asked.count("implementation.info")


class Running:
    """A daemon under way on an SQLite file, with its health and its log."""

    def __init__(self, store: Store, path: Path) -> None:
        self.path = path
        self.partner = Partner()
        self.pulse = Pulse()
        self.metrics = Watching(self.pulse)
        options = DaemonOptions(tick=TICK, grace=5)
        transport = httpx.MockTransport(self.partner)
        self.daemon = Daemon(store, self.metrics, options=options, transport=lambda _source: transport)
        self.health = Health(self.daemon, self.metrics, self.pulse)
        self.log = LogCapture()

    def listen(self) -> None:
        wrapper = structlog.make_filtering_bound_logger(logging.INFO)
        structlog.configure(wrapper_class=wrapper, processors=[self.log])

    async def is_ready(self) -> bool:
        return bool((await self.health.state())["ready"])

    async def cycles(self, more: int = 2) -> None:
        """Wait until so many have begun from now on."""
        wanted = self.partner.cycles + more
        await until(lambda: self.partner.cycles >= wanted)

    async def nothing_is_claimed(self) -> None:
        await anyio.sleep(3 * TICK)
        begun = self.partner.cycles
        await anyio.sleep(2.5)
        assert self.partner.cycles == begun

    def said(self, event: str) -> list[str]:
        return [str(entry.get("error", "")) for entry in self.log.entries if entry["event"] == event]

    def rows(self, select: str, path: Path | None = None) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path or self.path)) as looking:
            return looking.execute(select).fetchall()


async def until(happens: Callable[[], bool]) -> None:
    with anyio.fail_after(30):
        while not happens():  # noqa: ASYNC110 - another task's doing
            await anyio.sleep(0.02)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with daemon_on(tmp_path / "crawler.db") as running:
        yield running


@asynccontextmanager
async def daemon_on(path: Path, *sources: Source) -> AsyncIterator[Running]:
    with Store.open(str(path)) as store:
        running = Running(store, path)
        running.listen()
        await running.daemon.manage(sources or [SHOP])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(running.daemon.run)
            await running.cycles(1)
            yield running
            running.partner.gate.set()
            running.daemon.stop()


def queued(path: Path, entry_id: str, source: Source = SHOP) -> None:
    """What an agent queues by a command of its own."""
    with Store.open(str(path)) as store:
        entry = OutboxEntry(
            id=entry_id, object="messages", operation="create", queued_at=datetime.now(UTC), author_id="ann"
        )
        store.queue(source, entry)


async def test_a_file_that_is_deleted_is_noticed_within_a_tick(tmp_path: Path) -> None:
    """Nothing is claimed, it is not ready, one line says why; where it is back, it is crawled again."""
    async with daemon_on(tmp_path / "crawler.db") as running:
        await until(lambda: not running.daemon.in_flight)
        kept = tmp_path / "kept.db"
        running.path.rename(kept)
        await anyio.sleep(2 * TICK)
        assert running.said("database away")
        await running.nothing_is_claimed()
        assert not await running.is_ready()
        assert not running.path.exists()
        [line] = running.said("database away")
        assert "crawler.db was deleted while it was open" in line

        before = running.rows("SELECT count(*) FROM content", kept)
        assert before == [(len(running.partner.messages),)]  # what was committed is in it, not in the WAL
        kept.rename(running.path)
        await running.cycles()
        assert await running.is_ready()
        assert running.said("database back")
    assert [row[0] for row in running.rows("SELECT foreign_id FROM content ORDER BY id")] == [
        message["id"] for message in running.partner.messages
    ]


async def test_a_file_that_is_restored_under_a_daemon_is_crawled_from_its_cursors(tmp_path: Path) -> None:
    """Also its sources that the backup does not know, and what is queued from then on: 0 lost, 0 doubled."""
    path, backup, orphan = (tmp_path / name for name in ("crawler.db", "backup.db", "orphan.db"))
    async with daemon_on(path) as before:
        await before.cycles()
    shutil.copy(path, backup)
    known = len(before.partner.messages)

    with Store.open(str(path)) as store:
        running = Running(store, path)
        running.partner.messages = before.partner.messages
        running.listen()
        await running.daemon.manage([SHOP, OTHER])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(running.daemon.run)
            await running.cycles(4)
            orphan.hardlink_to(path)
            running.partner.gate = anyio.Event()
            await running.partner.held.wait()  # a cycle is under way, with the cursor of the file before
            backup.rename(path)
            await until(lambda: bool(running.said("database away")))
            assert running.rows("SELECT count(*) FROM content") == [(known,)]
            running.partner.gate.set()
            await running.cycles(4)
            assert await running.is_ready()
            queued(path, "q1")
            await until(lambda: "messages.create" in running.partner.asked)
            await until(lambda: not running.daemon.in_flight)
            running.daemon.stop()
    assert len(running.said("database away")) == len(running.said("database replaced")) == 1
    for name in ("shop", "other"):
        found = running.rows(
            "SELECT name, foreign_id FROM content JOIN source ON source.id = source_id "
            "WHERE content_id IS NULL ORDER BY content.id"
        )
        ids = sorted(int(str(row[1])) for row in found if row[0] == name)
        assert ids == list(range(1, len(ids) + 1))
        assert len(ids) >= len(running.partner.messages) - 4
    assert running.rows("SELECT status FROM outbox") == [("success",)]
    assert running.rows("PRAGMA integrity_check") == running.rows("PRAGMA integrity_check", orphan) == [("ok",)]


async def test_a_file_that_is_restored_by_the_book_is_crawled_from_its_cursors(tmp_path: Path) -> None:
    """docs/backup.md: a copy that is made while the daemon runs, and put in place while it does not."""
    path, backup = tmp_path / "crawler.db", tmp_path / "backup.db"
    async with daemon_on(path) as before:
        await before.cycles()
        with closing(sqlite3.connect(path)) as looking, closing(sqlite3.connect(backup)) as copy:
            looking.backup(copy)
        await before.cycles()
        messages = before.partner.messages
    for companion in ("", "-wal", "-shm"):
        Path(f"{path}{companion}").unlink(missing_ok=True)  # noqa: ASYNC240 - a moment
    shutil.copy(backup, path)

    with Store.open(str(path)) as store:
        running = Running(store, path)
        running.partner.messages = messages
        await running.daemon.manage([SHOP])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(running.daemon.run)
            await running.cycles(2)
            await until(lambda: not running.daemon.in_flight)
            running.daemon.stop()
    ids = sorted(int(str(row[0])) for row in running.rows("SELECT foreign_id FROM content"))
    assert ids == list(range(1, len(messages) + 1))
    assert running.rows("PRAGMA integrity_check") == [("ok",)]


async def test_an_empty_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    """As a command makes it where there is none."""
    async with daemon_on(tmp_path / "crawler.db") as running:
        await until(lambda: not running.daemon.in_flight)
        kept = tmp_path / "kept.db"
        running.path.rename(kept)
        await until(lambda: bool(running.said("database away")))
        queued(running.path, "q1")
        await running.nothing_is_claimed()
        assert ["was deleted" in running.said("database away")[0], len(running.said("database away"))] == [True, 2]
        assert "replaced by one that no daemon has crawled" in running.said("database away")[1]
        assert not await running.is_ready()
        kept.rename(running.path)
        await running.cycles()
        assert await running.is_ready()


async def test_a_schema_that_is_newer_by_now_is_told_once(tmp_path: Path) -> None:
    async with daemon_on(tmp_path / "crawler.db") as running:

        def change(version: str) -> None:
            with closing(sqlite3.connect(running.path, isolation_level=None)) as other:
                other.execute("UPDATE alembic_version SET version_num = ?", [version])

        [(ours,)] = running.rows("SELECT version_num FROM alembic_version")
        change("9999")
        await running.nothing_is_claimed()
        assert not await running.is_ready()
        [line] = running.said("database away")
        assert "has schema 9999, and this program knows schemas up to" in line
        change(str(ours))
        await running.cycles()
        assert await running.is_ready()
