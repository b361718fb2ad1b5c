"""Leases are renewed by a timer, and end where that cannot be done (CY2)."""

from collections.abc import Collection, Iterator
from dataclasses import replace

import anyio
import anyio.lowlevel
import pytest

from crawler.clock import since_boot
from crawler.errors import DatabaseUnavailable
from crawler.store import Lease, Store, renew, renewing
from crawler.store.leases import Tenure
from crawler.sync.leases import LEASE_SECONDS
from crawler.sync.source import Source
from tests.unit.store.writing import NOON, SECRET, change, lapse, rows


class Told(Store):
    """Tells of each renewal; while `away`, the database is."""

    away = False
    renewed = 0

    def renew(self, leases: Collection[Lease]) -> tuple[float, frozenset[tuple[str, int]]]:
        if self.away:
            raise DatabaseUnavailable("away")
        self.renewed += 1
        return super().renew(leases)

    async def until_renewed(self) -> None:
        before = self.renewed
        with anyio.fail_after(10):
            while self.renewed == before:
                await anyio.lowlevel.checkpoint()


@pytest.fixture
def store() -> Iterator[Told]:
    with Told.open("sqlite://") as store:
        yield store


@pytest.fixture
def lease(store: Told, source: Source) -> Lease:
    return store.begin_cycle(source, store.owner, NOON).lease


def test_a_tenure_lasts_as_long_as_a_lease() -> None:
    now = since_boot()
    tenure = Tenure(now)
    assert not tenure.is_over
    for since, is_over in ((now - LEASE_SECONDS, True), (now - LEASE_SECONDS + 10, False), (now, False)):
        tenure.renew(since)
        assert tenure.is_over is is_over
    tenure.end()
    assert tenure.is_over


async def test_a_renewal_counts_for_each_copy_of_a_lease(store: Told, lease: Lease) -> None:
    copy = replace(lease, taken=0.0)
    copy.tenure.renew(since_boot() - LEASE_SECONDS)
    assert lease.tenure.is_over
    lapse(store)
    await renew(store, [lease])
    assert not copy.tenure.is_over
    assert rows(store, "source")[0]["lease_until"] > lease.taken + LEASE_SECONDS - 1


async def test_what_another_process_took_over_is_over_and_the_rest_is_not(store: Told, lease: Lease) -> None:
    neighbour = Source(name="neighbour", base_uri="http://neighbour.example/", secret=SECRET)
    other = store.begin_cycle(neighbour, store.owner, NOON).lease
    change(store, "UPDATE source SET lease_owner = 'them', fence = fence + 1 WHERE name = 'shop'")
    await renew(store, [lease, other])
    assert (lease.tenure.is_over, other.tenure.is_over) == (True, False)


async def test_a_lease_that_cannot_be_renewed_is_over_until_it_can(store: Told, lease: Lease) -> None:
    """Nobody knows how long the database stays away."""
    store.away = True
    with pytest.raises(DatabaseUnavailable):
        await renew(store, [lease])
    assert lease.tenure.is_over
    store.away = False
    await renew(store, [lease])
    assert not lease.tenure.is_over


async def test_a_lease_is_renewed_again_and_again_while_something_is_done_under_it(store: Told, lease: Lease) -> None:
    lease.tenure.end()
    async with renewing(store, lease, every=0.001):
        await store.until_renewed()
        await store.until_renewed()
    assert not lease.tenure.is_over
    renewed = store.renewed
    await anyio.wait_all_tasks_blocked()
    assert store.renewed == renewed


async def test_a_renewal_that_fails_disturbs_nothing_else(store: Told, lease: Lease) -> None:
    store.away = True
    async with renewing(store, lease, every=0.001):
        with anyio.fail_after(10):
            while not lease.tenure.is_over:
                await anyio.lowlevel.checkpoint()
        store.away = False
        await store.until_renewed()
    assert not lease.tenure.is_over
