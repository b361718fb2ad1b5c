"""Sources that come into the configuration of a daemon, and leave it."""

from typing import Any

import anyio
import httpx
from structlog.testing import capture_logs

from crawler.daemon import Daemon
from crawler.daemon.health import Pulse, Watching
from crawler.errors import DatabaseUnavailable
from crawler.store import Lease, Store
from crawler.sync.report import CycleReport, ObjectReport
from crawler.sync.source import Source
from tests.unit.store.writing import NOON, SECRET, change, creation

SHOP = Source(name="shop", base_uri="http://shop.example/", secret=SECRET)
OTHER = Source(name="other", base_uri="http://other.example/", secret=SECRET)


async def test_a_source_that_leaves_with_entries_pending_is_warned_of_once() -> None:
    with Store.open("sqlite://") as store:
        daemon = Daemon(store, Watching(Pulse()))
        await daemon.manage([SHOP, OTHER])
        for name in ("q1", "q2"):
            store.queue(SHOP, creation(name))
        with capture_logs() as said:
            await daemon.manage([SHOP, OTHER])
            await daemon.manage([OTHER])
            await daemon.manage([OTHER])
            await daemon.manage([])
    [warning] = [entry for entry in said if entry["log_level"] == "warning"]
    assert (warning["event"], warning["source"], warning["pending"]) == ("source left with entries pending", "shop", 2)
    assert "forget shop" in warning["advice"]


class Away(Store):
    """A store that is away for a while."""

    away = False

    def claim(self, owner: str, *, limit: int, ahead: float = 0, failing: int | None = None) -> list[Lease]:
        if self.away:
            raise DatabaseUnavailable("it is away")
        return super().claim(owner, limit=limit, ahead=ahead, failing=failing)


async def test_a_database_that_comes_back_as_another_one_is_told_what_to_crawl() -> None:
    """As one of a server that was restored from a backup."""
    with Away.open("sqlite://") as store:
        daemon = Daemon(store, Watching(Pulse()), transport=lambda _source: httpx.MockTransport(unavailable))
        await daemon.manage([SHOP, OTHER])
        async with anyio.create_task_group() as tasks:
            store.away = True
            assert await daemon.tick(tasks) == 0
            change(store, "DELETE FROM source WHERE name = 'other'")
            change(store, "UPDATE source SET managed = false")
            store.away = False
            assert await daemon.tick(tasks) == 2


def unavailable(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(503)


async def test_that_a_partners_ids_begin_again_is_a_warning() -> None:
    """LS12."""

    async def cycle(source: Source, store: Store, *, lease: Lease, **_others: Any) -> CycleReport:
        report = CycleReport(source=source.name, started=NOON)
        listed = report.objects["messages"] = ObjectReport(object="messages", cursor_before="9", cursor_after="3")
        for number in range(3):
            listed.remarks.add("LS12", "ids that were given before name other contents", str(number))
        listed.remarks.add("OB4", "something else", "1")
        store.release(lease)
        return report

    with Store.open("sqlite://") as store, capture_logs() as said:
        daemon = Daemon(store, Watching(Pulse()), cycle=cycle)
        await daemon.manage([SHOP])
        async with anyio.create_task_group() as tasks:
            await daemon.tick(tasks)
    [warning] = [entry for entry in said if entry["log_level"] == "warning"]
    assert (warning["event"], warning["source"], warning["object"]) == ("ids begin again", "shop", "messages")
    assert "name other contents" in warning["what"]
