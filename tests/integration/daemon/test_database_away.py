"""The database server goes away while the daemon crawls: cycles fail and recover, and nothing is lost."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import anyio
import httpx
import pytest
import sqlalchemy as sa

from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.protocol.signature import HEADER, Secret
from crawler.store import Store
from crawler.store.schema import metadata
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry
from tests.database import reading
from tests.integration.daemon.watching import Seen
from tests.postgresql import PostgresServer

SECRET = Secret("open sesame")
INFO = {"objects": {"messages": ["list", "create"]}, "options": ["messages.unthreaded"]}
COUNT = 20


class Partners:
    """One at each host: each has a message more at each cycle, and knows a repeated creation again by `content_id`."""

    def __init__(self) -> None:
        self.messages: dict[str, list[dict[str, object]]] = defaultdict(list)
        self.news: set[str] = set()
        self.created: dict[tuple[str, str], list[bool]] = defaultdict(list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        name, call = request.url.host, json.loads(request.content)
        params = call.get("params", {})
        await anyio.sleep(0.02)
        answer: object = INFO
        if call["action"] == "implementation.info":
            self.news.add(name)
        if call["action"] == "messages.list":
            messages = self.messages[name]
            known = int(params.get("since_id", 0))
            if name in self.news:
                self.news.remove(name)
                author = {"id": "ann", "screenname": "Ann"}
                messages.append({"id": str(len(messages) + 1), "author": author, "body": "Hello"})
            answer = messages[known:][::-1]
        if call["action"] == "messages.create":
            self.created[name, params["content_id"]].append(params["retry"])
            answer = {"id": f"made-{params['content_id']}"}
        body = json.dumps(answer).encode()
        return httpx.Response(200, content=body, headers={HEADER: SECRET.sign(body)})


def promoted(server: PostgresServer) -> None:
    """It only reads for a while, as a standby does before it takes over."""
    server.start()
    server.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    server.execute("SELECT pg_reload_conf()")


def writing(server: PostgresServer) -> None:
    server.execute("ALTER SYSTEM RESET default_transaction_read_only")
    server.execute("SELECT pg_reload_conf()")


def demoted(server: PostgresServer) -> None:
    """It only reads from now on, and those who were connected are still."""
    server.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    server.execute("SELECT pg_reload_conf()")


@pytest.mark.slow
@pytest.mark.parametrize(
    "fail_over",
    [
        (PostgresServer.stop, PostgresServer.start),
        (PostgresServer.kill, promoted, writing),
        (demoted, PostgresServer.stop, PostgresServer.start, writing),
    ],
    ids=["stopped and started", "killed, started to read only, then written", "read only, stopped, started"],
)
async def test_a_server_that_goes_away_loses_nothing(
    postgresql: PostgresServer, url: str, fail_over: Sequence[Callable[[PostgresServer], object]]
) -> None:
    """In mid-cycle: 0 lost, 0 doubled."""
    partners, seen = Partners(), Seen()
    made = {"secret": SECRET, "list_interval": 1, "deadline": 5}  # what is cut off is due two deadlines later
    sources = [Source(name=f"s{n}", base_uri=f"http://s{n}.example/", **made) for n in range(COUNT)]  # type: ignore[arg-type]  # each its own type
    table = metadata.tables["source"]

    def queue(store: Store, batch: str) -> None:
        for source in sources:
            entry_id = f"{batch}-{source.name}"
            entry = OutboxEntry(
                id=entry_id, object="messages", operation="create", queued_at=datetime.now(UTC), author_id="ann"
            )
            store.queue(source, entry)

    async def until(happens: Callable[[], bool]) -> None:
        with anyio.fail_after(60):
            while not happens():  # noqa: ASYNC110 - another thread's doing
                await anyio.sleep(0.02)

    with Store.open(url) as store:
        queue(store, "before")
        options = DaemonOptions(tick=0.1, grace=10)
        daemon = Daemon(store, seen, options=options, transport=lambda _: httpx.MockTransport(partners))
        await daemon.manage(sources)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(daemon.run)
            await until(lambda: len(daemon.in_flight) > 3 and len(seen.reports) > 3)
            await anyio.to_thread.run_sync(fail_over[0], postgresql)
            try:
                away = anyio.current_time()
                await until(lambda: not daemon.in_flight and seen.failed_ticks > 3)
                # As a minute is to 0.5 s ticks and cycles of a minute, and more: six cycles of each source are missed.
                await until(lambda: anyio.current_time() - away > 6 and seen.failed_ticks > 30)
                broken = len(seen.broken)
                ended = len(seen.reports)
            finally:
                for step in fail_over[1:]:
                    await anyio.to_thread.run_sync(step, postgresql)
                    before = seen.failed_ticks
                    if step is promoted:
                        await until(lambda before=before: seen.failed_ticks > before + 20)  # type: ignore[misc]
            await store.run(queue, store, "after")
            await until(lambda: len({report.source for report in seen.reports[ended:]}) == COUNT)
            await until(lambda: len(partners.created) == 2 * COUNT)
            daemon.stop()

        assert broken > 0
        with reading(store) as session:
            assert set(session.execute(sa.select(table.c.lease_owner)).scalars()) == {None}
            assert set(session.execute(sa.select(metadata.tables["outbox"].c.status)).scalars()) == {"success"}
            assert "running" not in set(session.execute(sa.select(metadata.tables["cycle"].c.outcome)).scalars())
        for (name, _), retries in partners.created.items():
            assert retries == [False] + [True] * (len(retries) - 1), name
        for source in sources:
            stored = [record["id"] for record in store.contents(source, "messages")]
            assert len(stored) == len(set(stored))
            since = store.cursors(source)["messages"]
            assert since is not None
            imported = {i for i in stored if not i.startswith("made")}
            assert imported == {str(n + 1) for n in range(int(since))}
