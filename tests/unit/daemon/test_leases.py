"""A daemon keeps its leases, looks at those of others, and says whom its sources wait for (CY2)."""

from datetime import timedelta

import pytest
import structlog
from structlog.typing import EventDict

from crawler.daemon.leases import Leases
from crawler.store import Lease
from crawler.sync.leases import LEASE_SECONDS, RENEWED_EVERY
from crawler.sync.source import Source
from tests.unit.store.stand_in import StandIn
from tests.unit.store.writing import NOON, SECRET


class World:
    """A daemon's leases over a stand-in for the store; `passed` counts the seconds, whatever the `clock` says."""

    def __init__(self) -> None:
        self.clock = NOON
        self.passed = 0.0
        self.store = StandIn(lambda: self.clock)
        self.leases = Leases(self.store, clock=lambda: self.clock, elapsed=lambda: self.passed)

    def manage(self, *names: str) -> None:
        self.store.manage([Source(name=name, base_uri="http://x.example/", secret=SECRET) for name in names])

    def taken(self, owner: str = "process 7 on elsewhere (id 0123456789ab) boot=1", limit: int = 100) -> list[Lease]:
        return self.store.claim(owner, limit=limit)

    async def keep(self, *own: Lease, after: float = 0.0) -> list[EventDict]:
        """Let so many seconds pass, and the leases be kept; returns what was said."""
        self.passed += after
        self.clock += timedelta(seconds=after)
        with structlog.testing.capture_logs() as said:
            await self.leases.keep(own, self.store.rows)
        return said

    def free(self) -> set[str]:
        return {row.name for row in self.store.rows.values() if row.lease_owner is None}


@pytest.fixture
def world() -> World:
    return World()


async def test_its_own_are_renewed_as_often_as_they_have_to_be(world: World) -> None:
    world.manage("a", "b")
    own = world.taken("me")
    await world.keep(*own)
    own[0].tenure.end()
    await world.keep(*own, after=RENEWED_EVERY - 1)
    assert [lease.tenure.is_over for lease in own] == [True, False]
    await world.keep(*own, after=1)
    assert [lease.tenure.is_over for lease in own] == [False, False]
    assert {row.lease_until for row in world.store.rows.values()} == {world.clock.timestamp() + LEASE_SECONDS}


async def test_its_own_are_never_made_free_by_itself(world: World) -> None:
    world.manage("a")
    own = world.taken("me")
    for _ in range(20):
        await world.keep(*own, after=RENEWED_EVERY)
    world.clock += timedelta(hours=1)
    await world.keep(*own, after=RENEWED_EVERY)
    assert world.free() == set()


async def test_what_it_holds_without_knowing_runs_out(world: World) -> None:
    """As where the connection broke right after the claim."""
    world.manage("a", "b")
    own = world.taken("me")
    await world.keep(own[0])
    await world.keep(own[0], after=LEASE_SECONDS)
    assert world.free() == {"b"}


@pytest.mark.parametrize("jump", [timedelta(0), timedelta(hours=1), timedelta(hours=-1)])
async def test_others_run_out_by_the_time_that_passes_however_the_clock_is_set(world: World, jump: timedelta) -> None:
    world.manage("a")
    world.taken()
    await world.keep()
    world.clock += jump
    await world.keep(after=LEASE_SECONDS - 0.1)
    assert world.free() == set()
    await world.keep(after=0.1)
    assert world.free() == {"a"}


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
async def test_others_that_are_renewed_do_not_run_out_however_the_clock_is_set(world: World, jump: timedelta) -> None:
    world.manage("a")
    [lease] = world.taken()
    await world.keep()
    for n in range(20):
        world.clock += jump if n == 10 else timedelta(0)
        world.store.rows["a"].lease_until = world.clock.timestamp() + LEASE_SECONDS
        await world.keep(after=RENEWED_EVERY)
    assert world.store.rows["a"].fence == lease.fence
    assert world.free() == set()


async def test_one_line_says_for_whom_sources_wait_and_until_when(world: World) -> None:
    world.manage(*"abcdefg")
    world.taken()
    [said] = await world.keep()
    assert said == {
        "event": "sources wait for a lease",
        "log_level": "info",
        "sources": "a, b, c, d, e, 2 more",
        "held_by": "process 7 on elsewhere (id 0123456789ab)",
        "until": "2024-03-01T12:00:30.000Z",
        "unless": "it is renewed",
    }
    assert [await world.keep(after=10) for _ in range(3)] == [[], [], []]
    assert world.free() == set("abcdefg")


async def test_it_is_said_anew_where_the_source_waits_anew(world: World) -> None:
    world.manage("a")
    [lease] = world.taken()
    assert len(await world.keep()) == 1
    world.store.release(lease)
    world.taken("process 8 on elsewhere")
    [said] = await world.keep(after=RENEWED_EVERY)
    assert said["held_by"] == "process 8 on elsewhere"
    world.manage("a", "b")
    world.taken("process 8 on elsewhere")
    [said] = await world.keep(after=RENEWED_EVERY)
    assert said["sources"] == "b"


async def test_nothing_is_said_of_sources_that_are_not_due_or_not_its_own(world: World) -> None:
    world.manage("a", "b")
    world.taken()
    world.store.rows["a"].due_at = world.clock.timestamp() + 60
    with structlog.testing.capture_logs() as said:
        await world.leases.keep([], {"a"})
    assert said == []
