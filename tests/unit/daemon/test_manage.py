"""Sources that come into the configuration of a daemon, and leave it."""

from structlog.testing import capture_logs

from crawler.daemon import Daemon
from crawler.daemon.health import Pulse, Watching
from crawler.store import Store
from crawler.sync.state import Source
from tests.unit.store.writing import SECRET, creation

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
