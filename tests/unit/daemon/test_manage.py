"""Sources that come into the configuration of a daemon, and leave it."""

import anyio
import httpx
from structlog.testing import capture_logs

from crawler.daemon import Daemon
from crawler.daemon.health import Pulse, Watching
from crawler.errors import DatabaseUnavailable
from crawler.store import Lease, Store
from crawler.sync.state import Source
from tests.unit.store.writing import SECRET, change, creation

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
