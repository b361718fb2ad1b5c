"""The program as a daemon: it polls many sources."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from io import StringIO

import anyio

from crawler import log
from crawler.clock import utc_now
from crawler.daemon.daemon import Daemon
from crawler.daemon.metrics import Metrics
from crawler.store import Store
from crawler.store.sql import Statement
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from tests.performance.measuring import Figures, measured
from tests.performance.program import new_file, queue, source

TABLES = ("exchange", "cycle", "outbox", "lookup", "cursor", "identity", "content", "source")
"""In an order in which they can be emptied."""


class Time:
    """The daemon's clock, which is moved on by hand, so that sources are due as soon as they are wanted."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def pass_by(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@contextmanager
def _opened(database: str | None, clock: Callable[[], datetime]) -> Iterator[Store]:
    """A store in a file of its own, or in the database that is given: what the one before left there is removed."""
    with new_file() as file, Store.open(database or file, clock=clock) as store:
        if database:
            with store.transaction() as tx:
                for table in TABLES:
                    tx.run(Statement(f"DELETE FROM {table}"))  # noqa: S608 - our own names
        yield store


def poll(urls: list[str], rounds: int, database: str | None = None) -> Figures:
    """Poll one source behind each URL, kept-alive connections, in rounds; the first round is not measured."""
    sources = [source(url, f"source-{n}") for n, url in enumerate(urls)]

    async def run() -> Figures:
        async with _daemon(sources, database) as round_of:
            await round_of()
            with measured() as figures:
                for _ in range(rounds):
                    figures.done += await round_of()
        return figures

    return anyio.run(run)


def mix(idle: list[str], full: list[str], exports: int) -> Figures:
    """All at once: idle sources, sources with a first import, and one of each URL in `full` with exports to send."""
    groups = {"idle": idle, "full": full, "exporting": idle[: len(full)]}
    sources = [source(url, f"{kind}-{n}") for kind, urls in groups.items() for n, url in enumerate(urls)]

    async def run() -> Figures:
        async with _daemon(sources, None, exports=exports) as round_of:
            with measured() as figures:
                figures.done = await round_of()
        return figures

    return anyio.run(run)


@asynccontextmanager
async def _daemon(
    sources: Sequence[Source], database: str | None, *, exports: int = 0
) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """A daemon of these sources, by a function that lets each of them be due once; it returns the number of calls."""
    clock, metrics = Time(), _Counting()
    with _opened(database, clock) as store:
        log.configure(StringIO())
        daemon = Daemon(store, metrics, clock=clock)
        await daemon.manage(sources)
        for exporting in (each for each in sources if each.name.startswith("exporting")):
            queue(store, exporting, exports)

        async def round_of() -> int:
            clock.pass_by(121)
            begun, metrics.calls = 0, 0
            while begun < len(sources):
                async with anyio.create_task_group() as cycles:
                    begun += await daemon.tick(cycles)
            return metrics.calls

        yield round_of
        await daemon._settle_up()


class _Counting(Metrics):
    """The daemon's metrics, which also count the calls that went well."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def cycle_ended(self, name: str, report: CycleReport, seconds: float) -> None:
        super().cycle_ended(name, report, seconds)
        assert not report.failed, report.as_json()
        pages = sum(listed.requests for listed in report.objects.values())
        self.calls += 1 + pages + report.outcomes()["succeeded"]
