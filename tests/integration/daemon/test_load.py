"""Many sources at once, in real time: who delays whom (CY4), and how responsive the daemon stays."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import quantiles
from time import perf_counter, time

import anyio
import httpx
import pytest
import sqlalchemy as sa

from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.protocol.signature import HEADER, Secret
from crawler.store import Store
from crawler.store.schema import metadata
from crawler.sync.schedule import phase
from crawler.sync.source import Source
from crawler.transport import Transport
from tests.database import reading, writing
from tests.integration.daemon.watching import Seen

SECRET = Secret("open sesame")
INFO = json.dumps({"objects": {"messages": ["list"]}}).encode()
PAGE, ALL = 1_000, 100_000
Record = Callable[[str, object], None]


def signed(body: bytes) -> httpx.Response:
    return httpx.Response(200, content=body, headers={HEADER: SECRET.sign(body)})


@dataclass
class Crowd:
    """The partners of all sources, by their host names: good ones, those that hang, drip or refuse, and a big one."""

    arrivals: dict[str, list[float]] = field(default_factory=dict)
    pages: dict[str | None, bytes] = field(default_factory=dict)
    pages_listed: int = 0
    all_listed: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.partition(".")[0]
        kind = name.partition("-")[0]
        if kind == "refuses":
            raise httpx.ConnectError("Connection refused")
        if kind == "hangs":
            await anyio.sleep_forever()
        if kind == "drips":
            return httpx.Response(200, content=self._drip())
        call = json.loads(request.content)
        if call["action"] == "implementation.info":
            self.arrivals.setdefault(name, []).append(time())
            return signed(INFO)
        if kind == "big":
            self.pages_listed += 1
            if self.pages_listed > ALL / PAGE:
                self.all_listed.set()
            return signed(self.pages.get(call.get("params", {}).get("since_id"), b"[]"))
        return signed(b"[]")

    async def _drip(self) -> AsyncIterator[bytes]:
        while True:
            yield b"["
            await anyio.sleep(0.2)

    def fill(self) -> None:
        """Prepare the big one's messages: pages of them, oldest first."""
        since = None
        for start in range(0, ALL, PAGE):
            ids = [str(n) for n in reversed(range(start + 1, start + PAGE + 1))]
            author = {"id": "ann", "screenname": "Ann"}
            page = [{"id": i, "author": author, "thread_id": "t", "body": f"<p>Message {i}</p>"} for i in ids]
            self.pages[since] = json.dumps(page).encode()
            since = ids[0]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(str(tmp_path / "crawler.db")) as store:
        yield store


def sources(names: list[str], **settings: float) -> list[Source]:
    made = {"secret": SECRET, **settings}
    return [Source(name=name, base_uri=f"http://{name}.example/", **made) for name in names]  # type: ignore[arg-type]  # each has its own type


def in_rhythm(store: Store, sources: list[Source]) -> None:
    """As if they had been crawled for long: each is due at its own moment."""
    store.manage(sources)
    table = metadata.tables["source"]
    due = sa.update(table).where(table.c.name == sa.bindparam("its")).values(due_at=sa.bindparam("due"))
    with writing(store) as session:
        now = session.scalar(sa.text("SELECT (julianday('now') - 2440587.5) * 86400.0"))
        assert now is not None
        session.execute(due, [{"its": s.name, "due": now + 1 + phase(s.name, s.list_interval)} for s in sources])


@asynccontextmanager
async def crawling(store: Store, crowd: "Crowd | Both", sources: list[Source], **options: float) -> AsyncIterator[Seen]:
    """A daemon that crawls them meanwhile."""
    seen = Seen()
    settings = DaemonOptions(grace=0, **options)  # type: ignore[arg-type]  # each has its own type
    way = crowd if isinstance(crowd, Both) else httpx.MockTransport(crowd)
    daemon = Daemon(store, seen, options=settings, transport=lambda _: way)
    await daemon.manage(sources)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(daemon.run)
        yield seen
        daemon.stop()


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


async def nine_of_ten(store: Store, count: int, interval: float, deadline: float, seconds: float) -> str:
    """A tenth of all sources hang, drip or refuse; the others start on time."""
    bad = ["hangs", "drips", "refuses"]
    names = [f"{bad[n // 10 % 3]}-{n}" if n % 10 == 0 else f"good-{n}" for n in range(count)]
    every = sources(names, list_interval=interval, deadline=deadline)
    crowd = Crowd()
    in_rhythm(store, every)
    async with crawling(store, crowd, every) as seen:
        await anyio.sleep(seconds)

    good = [name for name in names if name.startswith("good")]
    lateness = [late for name, late in seen.late if name.startswith("good")]
    assert len(lateness) >= len(good) * (seconds // interval - 1)  # each but those at the edges
    assert p99(lateness) < 2, f"p99 {p99(lateness):.3f} s"
    failed = [report.source for report in seen.reports if report.errors]
    assert {name.partition("-")[0] for name in failed} == set(bad)
    return f"{count} sources, {len(lateness)} starts, lateness p99 {p99(lateness):.3f} s, max {max(lateness):.3f} s"


@pytest.mark.thorough
async def test_partners_that_hang_drip_or_refuse_delay_no_other(store: Store, record_property: Record) -> None:
    figure = await nine_of_ten(store, count=200, interval=10, deadline=4, seconds=20)
    record_property("figure", figure)


@pytest.fixture
def greedy() -> Iterator[str]:
    """Where partners are that want the processor: see there."""
    command = [sys.executable, "-m", "tests.integration.daemon.greedy"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


class Both(httpx.AsyncBaseTransport):
    """The crowd in process, and the network to whoever is on it."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd, self._network = httpx.MockTransport(crowd), Transport(private=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        there = self._network if request.url.host == "127.0.0.1" else self._crowd
        return await there.handle_async_request(request)

    async def aclose(self) -> None:
        await self._network.aclose()


@pytest.mark.thorough
async def test_partners_that_want_the_processor_take_it_from_no_other(
    tmp_path: Path, greedy: str, record_property: Record
) -> None:
    """One that answers in chunks of a byte, and one by 100 Continue without end, among 200."""
    names, seconds, interval = [f"good-{n}" for n in range(200)], 40.0, 8.0
    good = sources(names, list_interval=interval)
    bad = [
        replace(source, base_uri=f"{greedy}/{source.name}", list_interval=2.0, deadline=10.0)
        for source in sources(["chunks", "continue"])
    ]
    counts, lateness, failed = list[int](), list[float](), list[str]()
    for every in (good, [*good, *bad]):
        with Store.open(str(tmp_path / f"{len(every)}.db")) as store:
            in_rhythm(store, every)
            async with crawling(store, Both(Crowd()), every) as seen:
                await anyio.sleep(seconds)
            counts.append(sum(report.source in names for report in seen.reports))
            lateness = [late for name, late in seen.late if name in names]
            failed = [str(report.errors[0]) for report in seen.reports if report.errors]
    record_property(
        "figure", f"cycles {counts[0]} and {counts[1]}, lateness p99 {p99(lateness):.3f} s, bad {len(failed)}"
    )
    assert counts[0] >= len(names) * (seconds // interval - 1)
    assert counts[1] >= 0.98 * counts[0], counts
    assert p99(lateness) < 1, f"p99 {p99(lateness):.3f} s"
    assert any("chunks: " in error and "pieces" in error for error in failed)
    assert any("continue: " in error and "informational answers" in error for error in failed)


@pytest.mark.long
async def test_a_hundred_bad_partners_among_a_thousand_delay_no_other(store: Store, record_property: Record) -> None:
    figure = await nine_of_ten(store, count=1_000, interval=60, deadline=30, seconds=180)
    record_property("figure", figure)


async def loop_lag(lags: list[float]) -> None:
    while True:
        begun = perf_counter()
        await anyio.sleep(0.002)
        lags.append(perf_counter() - begun - 0.002)


@pytest.mark.thorough
async def test_the_event_loop_is_not_blocked_while_a_thousand_sources_are_polled_and_one_is_imported(
    store: Store, record_property: Record
) -> None:
    every = sources(["big", *(f"good-{n}" for n in range(1_000))], list_interval=60)
    crowd = Crowd()
    crowd.fill()
    in_rhythm(store, every)
    store.manage([])
    store.manage(every[:1])  # due at once
    in_rhythm(store, every[1:])
    store.manage(every)
    lags: list[float] = []
    async with crawling(store, crowd, every) as seen, anyio.create_task_group() as tasks:
        tasks.start_soon(loop_lag, lags)
        with anyio.fail_after(240):
            await crowd.all_listed.wait()
            # Each of them at least once, and all of the big one stored.
            while len(crowd.arrivals) < len(every) or "big" not in {report.source for report in seen.reports}:  # noqa: ASYNC110
                await anyio.sleep(0.1)
        tasks.cancel_scope.cancel()

    with reading(store) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(metadata.tables["content"])) == ALL
    polls = sum(len(arrivals) for arrivals in crowd.arrivals.values())
    figure = f"{len(lags)} samples, p99 {p99(lags) * 1e3:.1f} ms, max {max(lags) * 1e3:.0f} ms"
    record_property("figure", f"{figure}; {len(crowd.arrivals)} sources, {polls} cycles, {ALL} messages imported")
    assert p99(lags) < 0.02, f"p99 {p99(lags) * 1e3:.1f} ms"
