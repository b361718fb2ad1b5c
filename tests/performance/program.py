"""The program itself, with everything on that a user has on."""

import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import anyio

from crawler import log
from crawler.clock import utc_now
from crawler.cycle import run_cycle
from crawler.daemon.daemon import Daemon
from crawler.daemon.metrics import Metrics
from crawler.partner import Partner
from crawler.store import Store
from crawler.store.schema import metadata
from crawler.sync.report import CycleReport
from crawler.sync.state import OutboxEntry, Ref, Source
from tests.performance.forum import SECRET
from tests.performance.measuring import Figures, measured
from tests.performance.server import TLS

gc.freeze()  # as crawler.__main__ does: what is imported is not looked through again and again

MIGRATED = "RINGCX_CRAWLER_BENCH_MIGRATED"
"""The environment variable that names a database that was just made."""


class Time:
    """The daemon's clock, which is moved on by hand, so that sources are due as soon as they are wanted."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def pass_by(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


def source(url: str, name: str = "forum") -> Source:
    """One source. Its deadline is one that a machine under load keeps."""
    return Source(name=name, base_uri=url, secret=SECRET, ca_bundle=str(TLS / "certificate.pem"), deadline=300)


@contextmanager
def opened(database: str | None = None, clock: Callable[[], datetime] | None = None) -> Iterator[Store]:
    """A store in a file of its own, or in the database that is given."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "crawler.db"
        if MIGRATED in os.environ:  # to copy a database is thirty times as fast as to make one
            shutil.copy(os.environ[MIGRATED], file)
        with Store.open(database or str(file), clock=clock) as store:
            if database:  # what the one before left there is due by that one's clock
                with store.writing() as session:
                    for table in reversed(metadata.sorted_tables):
                        session.execute(table.delete())
            yield store


def pull(urls: list[str]) -> Figures:
    """Import from each of the URLs, one after the other; measured is the last one."""
    with opened() as store:
        reports = [anyio.run(_cycle, store, source(url)) for url in urls]
    figures, report = reports[-1]
    figures.done = sum(listed.new + listed.updated for listed in report.objects.values())
    return figures


def again(urls: list[str]) -> Figures:
    """The same, but what counts is what the last one listed, be it new or not."""
    with opened() as store:
        reports = [anyio.run(_cycle, store, source(url)) for url in urls]
    figures, report = reports[-1]
    figures.done = sum(listed.listed for listed in report.objects.values())
    return figures


async def _cycle(store: Store, of: Source) -> tuple[Figures, CycleReport]:
    async with Partner(of) as partner:
        with measured() as figures:
            report = await run_cycle(of, store, partner=partner)
    assert not report.failed, report.as_json()
    return figures, report


def push(url: str, exports: int) -> Figures:
    """Send exports that are queued already."""
    with opened() as store:
        _queue(store, source(url), exports)
        figures, report = anyio.run(_cycle, store, source(url))
    figures.done = 3 + report.outcomes()["succeeded"]
    return figures


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
    with opened(database, clock) as store:
        log.configure(StringIO())
        daemon = Daemon(store, metrics, clock=clock)
        await daemon.manage(sources)
        for exporting in (each for each in sources if each.name.startswith("exporting")):
            _queue(store, exporting, exports)

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


def _queue(store: Store, to: Source, exports: int) -> None:
    for n in range(exports):
        entry = OutboxEntry(
            id=f"{to.name}-export-{n}",
            object="messages",
            operation="create",
            queued_at=utc_now(),
            author_id="user-0",
            thread=Ref("threads", "thread-1"),
            body="<p>We will see to it.</p>",
            format="html",
        )
        store.queue(to, entry)
