"""What a daemon does where others want too much of the machine: open files, and the processor (CY8)."""

from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
import pytest
import structlog

from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.store import Store
from crawler.sync.report import CycleReport
from crawler.sync.schedule import PATIENCE, Outlook
from crawler.sync.source import Source
from tests.integration.daemon.watching import Seen
from tests.unit.store.writing import NOON, SECRET


@dataclass
class Way(httpx.AsyncBaseTransport):
    """Tells when it is closed."""

    source: str
    closed: list[str]

    async def aclose(self) -> None:
        self.closed.append(self.source)


@dataclass
class Shops:
    """Sources whose cycles are nothing but `effort`, and a daemon for them."""

    count: int
    options: DaemonOptions
    effort: float = 0.0
    closed: list[str] = field(default_factory=list)

    async def cycle(self, source: Source, store: Store, **_given: Any) -> CycleReport:
        report = CycleReport(source=source.name, started=NOON, effort=self.effort)
        report.outlook = Outlook(failures=0, period=60.0, due=0.0, disabled=False)
        return report

    async def crawled(self) -> None:
        """Crawl each source once, in the order of their names."""
        made = [Source(name=f"s{n}", base_uri="http://x.example/", secret=SECRET) for n in range(self.count)]
        with Store.open("sqlite://") as store:
            way = lambda source: Way(source.name, self.closed)  # noqa: E731 - typed by the daemon
            daemon = Daemon(store, Seen(), options=self.options, transport=way, cycle=self.cycle)
            for n in range(self.count):
                await daemon.manage(made[: n + 1])
                async with anyio.create_task_group() as cycles:
                    await daemon.tick(cycles)


@pytest.mark.parametrize(("kept", "closed"), [(100, []), (3, ["s0", "s1"]), (1, ["s0", "s1", "s2", "s3"])])
async def test_connections_that_have_rested_the_longest_are_closed_where_more_may_not_be_kept(
    kept: int, closed: list[str]
) -> None:
    shops = Shops(5, DaemonOptions(max_kept=kept, tick=0.01))
    await shops.crawled()
    assert shops.closed == closed


@pytest.mark.parametrize(("effort", "told"), [(60 / PATIENCE, False), (60 / PATIENCE + 0.1, True)])
async def test_a_partner_that_takes_the_processor_in_vain_is_told_of(effort: float, told: bool) -> None:
    with structlog.testing.capture_logs() as lines:
        await Shops(1, DaemonOptions(), effort=effort).crawled()
    found = [line for line in lines if line["event"] == "partner takes the processor"]
    assert [line["seconds"] for line in found] == [round(effort, 1)] * told
