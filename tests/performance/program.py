"""The program as ``ringcx-crawler sync`` runs it, with everything on that a user has on."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio

from crawler.clock import utc_now
from crawler.cycle import cycles_until_idle, run_cycle
from crawler.partner import Partner
from crawler.store import Store
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry, Ref
from tests.performance.forum import SECRET
from tests.performance.measuring import Figures, measured
from tests.performance.server import TLS

gc.freeze()  # as crawler.__main__ does: what is imported is not looked through again and again

MIGRATED = "RINGCX_CRAWLER_BENCH_MIGRATED"
"""The environment variable that names a database that was just made."""


def source(url: str, name: str = "forum") -> Source:
    """One source. Its deadline is one that a machine under load keeps."""
    return Source(name=name, base_uri=url, secret=SECRET, ca_bundle=str(TLS / "certificate.pem"), deadline=300)


@contextmanager
def new_file() -> Iterator[str]:
    """A database of its own: to copy one is thirty times as fast as to make one."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "crawler.db"
        if MIGRATED in os.environ:
            shutil.copy(os.environ[MIGRATED], file)
        yield str(file)


@contextmanager
def opened() -> Iterator[Store]:
    """A store in a file of its own."""
    with new_file() as file, Store.open(file) as store:
        yield store


def pull(urls: list[str]) -> Figures:
    """Import all from each of the URLs, one after the other; measured is a cycle of the last one."""
    with opened() as store:
        for url in urls[:-1]:
            anyio.run(_cycles, store, source(url))
        figures, report = anyio.run(_cycle, store, source(urls[-1]))
    figures.done = sum(listed.new + listed.updated for listed in report.objects.values())
    return figures


def again(urls: list[str]) -> Figures:
    """The same, but what counts is what the last one listed, be it new or not."""
    with opened() as store:
        reports = [anyio.run(_cycle, store, source(url)) for url in urls]
    figures, report = reports[-1]
    figures.done = sum(listed.listed for listed in report.objects.values())
    return figures


async def _cycles(store: Store, of: Source) -> None:
    async with Partner(of) as partner:
        async for report in cycles_until_idle(of, store, partner=partner):
            assert not report.failed, report.as_json()


async def _cycle(store: Store, of: Source) -> tuple[Figures, CycleReport]:
    async with Partner(of) as partner:
        with measured() as figures:
            report = await run_cycle(of, store, partner=partner)
    assert not report.failed, report.as_json()
    return figures, report


def push(url: str, exports: int) -> Figures:
    """Send exports that are queued already."""
    with opened() as store:
        queue(store, source(url), exports)
        figures, report = anyio.run(_cycle, store, source(url))
    figures.done = 3 + report.outcomes()["succeeded"]
    return figures


def queue(store: Store, to: Source, exports: int) -> None:
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
