from datetime import timedelta

import anyio
import pytest

from crawler.daemon.database import EVERY, LONGEST, PORTION, keep_house, open_store, prune
from crawler.errors import ConfigurationError, DatabaseTooNew, DatabaseUnavailable
from crawler.store import Store
from crawler.sync.source import Source
from tests.unit.store.writing import NOON, SECRET, end, exchange, rows

SHOP = Source(name="shop", base_uri="http://shop.example/", secret=SECRET, keep_cycles=10_000)
OTHER = Source(name="other", base_uri="http://other.example/", secret=SECRET)


def crawl(store: Store, days_ago: float, source: Source = SHOP) -> int:
    begun = store.begin_cycle(source, "process 1 on elsewhere", NOON - timedelta(days=days_ago))
    end(store, source, begun, exchanges=[exchange()])
    return begun.lease.cycle_id


def kept(store: Store) -> list[int]:
    cycles = [row["id"] for row in rows(store, "cycle")]
    assert [row["cycle_id"] for row in rows(store, "exchange")] == cycles
    return cycles


async def test_what_is_older_is_deleted_with_its_exchanges_and_the_rest_is_kept(store: Store) -> None:
    crawl(store, 40)
    crawl(store, 30.01)
    young = [crawl(store, 29.99), crawl(store, 0)]
    assert await prune(store, 30, lambda: NOON) == 2
    assert kept(store) == young
    assert await prune(store, 30, lambda: NOON) == 0


async def test_each_source_keeps_its_last_cycle(store: Store) -> None:
    crawl(store, 50)
    last = [crawl(store, 40), crawl(store, 45, OTHER)]
    assert await prune(store, 30, lambda: NOON) == 1
    assert kept(store) == last


async def test_one_transaction_deletes_little(store: Store) -> None:
    ids = [crawl(store, 100) for _ in range(2 * PORTION + 2)]
    assert store.prune(NOON, PORTION) == PORTION
    assert kept(store) == ids[PORTION:]
    assert await prune(store, 30, lambda: NOON) == PORTION + 1
    assert kept(store) == ids[-1:]


class Hours:
    """A sleep that ends the housekeeping after some hours."""

    def __init__(self, hours: int) -> None:
        self.left, self.slept = hours, list[float]()
        self.scope = anyio.CancelScope()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.left -= 1
        if not self.left:
            self.scope.cancel()
        await anyio.lowlevel.checkpoint()


async def test_it_goes_on_every_hour(store: Store) -> None:
    crawl(store, 40)
    crawl(store, 0)
    hours, counted = Hours(3), list[int]()
    with hours.scope:
        await keep_house(store, 30, clock=lambda: NOON, pruned=counted.append, sleep=hours.sleep)
    assert counted == [1, 0, 0]
    assert hours.slept == [EVERY] * 3


async def test_a_database_that_is_away_is_tried_again_later(store: Store) -> None:
    class Away(Store):
        broken = True

        def prune(self, before: object, limit: int) -> int:
            if self.broken:
                Away.broken = False
                raise DatabaseUnavailable("it is away")
            return 0

    hours, counted = Hours(2), list[int]()
    with Away.open("sqlite://") as away, hours.scope:
        await keep_house(away, 30, clock=lambda: NOON, pruned=counted.append, sleep=hours.sleep)
    assert counted == [0]


SERVER = "postgresql://user@db.example/name"


class Opening:
    """Opens a database in memory after some failures; `slept` is how long was waited between."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.slept: list[float] = []

    def open(self, where: str) -> Store:
        if self.failures:
            raise self.failures.pop(0)
        return Store.open("sqlite://")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_a_server_that_is_away_is_waited_for_ever_longer() -> None:
    opening = Opening(*[DatabaseUnavailable("connection refused")] * 7)
    (await open_store(SERVER, opened=opening.open, sleep=opening.sleep)).close()
    assert opening.slept == [1, 2, 4, 8, 16, LONGEST, LONGEST]


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("crawler.db", DatabaseUnavailable("the disk is full")),
        (SERVER, DatabaseTooNew("too new")),
        (SERVER, ConfigurationError("no driver")),
    ],
)
async def test_what_does_not_mend_itself_is_raised_at_once(where: str, error: Exception) -> None:
    opening = Opening(error)
    with pytest.raises(type(error)):
        await open_store(where, opened=opening.open, sleep=opening.sleep)
    assert opening.slept == []
