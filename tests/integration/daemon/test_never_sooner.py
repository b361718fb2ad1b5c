"""Never sooner than the interval, measured where the partner sees it, in real time (CY1)."""

from collections.abc import Callable
from itertools import cycle, pairwise
from pathlib import Path
from statistics import fmean

import anyio
import httpx
import pytest

from crawler.cycle import run_cycle
from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.partner import Partner
from crawler.store import Store
from crawler.sync.source import Source
from tests.integration.daemon.partners import SECRET, Partners
from tests.integration.daemon.watching import Seen

INTERVAL = 2.0
NAMES = ("shop", "forum")
Record = Callable[[str, object], None]


class Uneven(httpx.AsyncBaseTransport):
    """A network on which every second request is under way for a while."""

    def __init__(self) -> None:
        self._network = httpx.AsyncHTTPTransport()
        self._delays = cycle([0.4, 0.0])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if b'"implementation.info"' in await request.aread():
            await anyio.sleep(next(self._delays))
        return await self._network.handle_async_request(request)

    async def aclose(self) -> None:
        await self._network.aclose()


class Crawl:
    """Daemons, one after the other, over two sources in one database; `seen` are the gaps of each run, by source."""

    def __init__(self, where: Path, partners: Partners) -> None:
        self.where = str(where)
        self.partners = partners
        made = {"secret": SECRET, "list_interval": INTERVAL}
        self.sources = [Source(name=name, base_uri=partners.url(name), **made) for name in NAMES]  # type: ignore[arg-type]  # each its own type

    def moments(self, name: str) -> list[float]:
        """When the first byte of each `implementation.info` came."""
        return [asked.begun for asked in self.partners.of(name, "implementation.info")]

    def gaps(self, since: float = 0.0) -> list[list[float]]:
        """The seconds between them, for each source."""
        return [[b - a for a, b in pairwise(self.moments(name)) if a >= since] for name in NAMES]

    async def run(
        self, seconds: float, transport: Callable[[Source], httpx.AsyncBaseTransport | None] = lambda _source: None
    ) -> None:
        """A daemon for so long."""
        with Store.open(self.where) as store:
            daemon = Daemon(store, Seen(), options=DaemonOptions(grace=5), transport=transport)
            await daemon.manage(self.sources)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(daemon.run)
                await anyio.sleep(seconds)
                daemon.stop()

    async def by_hand(self) -> list[float]:
        """A cycle of each source by hand; how much sooner than it was due, by their reports."""
        early = []
        with Store.open(self.where) as store:
            for source in self.sources:
                async with Partner(source) as partner:
                    early.append((await run_cycle(source, store, partner=partner)).early or 0.0)
        return early


@pytest.mark.slow
async def test_two_sources_in_a_daemon(tmp_path: Path, record_property: Record) -> None:
    with Partners() as partners:
        crawl = Crawl(tmp_path / "crawler.db", partners)
        await crawl.run(11)
        gaps = crawl.gaps()

    every = [gap for of_one in gaps for gap in of_one]
    steady = [gap for of_one in gaps for gap in of_one[1:]]  # the first is longer by the source's phase
    assert min(every) >= INTERVAL
    assert max(of_one[0] for of_one in gaps) < 1.5 * INTERVAL + 0.5
    assert fmean(steady) <= INTERVAL + 0.1
    record_property("figure", f"{len(every)} gaps from {min(every):.4f} s on, mean {fmean(steady):.4f} s")


@pytest.mark.slow
async def test_a_delay_on_the_way_out_makes_no_next_one_come_early(tmp_path: Path) -> None:
    with Partners() as partners:
        crawl = Crawl(tmp_path / "crawler.db", partners)
        await crawl.run(11, lambda _source: Uneven())
        every = [gap for of_one in crawl.gaps() for gap in of_one]

    assert len(every) >= 6
    assert min(every) >= INTERVAL


@pytest.mark.slow
async def test_a_cycle_by_hand_comes_at_once_and_the_daemons_after_it_keep_the_minimum(tmp_path: Path) -> None:
    with Partners() as partners:
        crawl = Crawl(tmp_path / "crawler.db", partners)
        assert await crawl.by_hand() == [0, 0]
        await crawl.run(1)
        assert [len(crawl.moments(name)) for name in NAMES] == [1, 1]
        await crawl.run(2)
        assert [len(crawl.moments(name)) for name in NAMES] == [2, 2]
        early = await crawl.by_hand()
        await crawl.run(3)

        for name, sooner in zip(NAMES, early, strict=True):
            first, scheduled, by_hand, after = crawl.moments(name)[:4]
            assert scheduled - first >= INTERVAL
            assert by_hand - scheduled < INTERVAL
            assert 0 < sooner < INTERVAL
            assert after - by_hand >= INTERVAL


@pytest.mark.thorough
async def test_three_runs_of_a_minute_each(tmp_path: Path, record_property: Record) -> None:
    """And from each to the next."""
    within: list[list[float]] = []
    with Partners() as partners:
        crawl = Crawl(tmp_path / "crawler.db", partners)
        for _ in range(3):
            begun = max((asked.begun for asked in partners.asked), default=0.0)
            await crawl.run(60)
            within += crawl.gaps(since=begun)
        every = [gap for of_one in crawl.gaps() for gap in of_one]

    assert min(every) >= INTERVAL
    means = [fmean(gaps) for gaps in within]
    assert max(means) <= INTERVAL + 0.1
    record_property("figure", f"{len(every)} gaps from {min(every):.4f} s on, means up to {max(means):.4f} s")
