"""The rhythm over hours, in seconds: a real daemon, cycle, store and partner, and a clock that is moved (CY1-CY4)."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import inf

import anyio
import pytest
import structlog

from crawler.daemon.daemon import Daemon
from crawler.store import Store
from crawler.sync.source import Source
from tests.integration.daemon.rhythm import TICK, Run, check_starts
from tests.integration.daemon.virtual import LISTING, SECRET, START, Endpoint, Time, World

SLACK = 2.0
"""Seconds that a whole cycle of a partner that answers in no time may take here, in real time."""


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(time: Time) -> Iterator[Store]:
    with Store.open("sqlite://", clock=time) as store:
        yield store


def sources(count: int, **settings: float) -> list[Source]:
    made = {"base_uri": "http://partner.example/", "secret": SECRET, "keep_cycles": 2, **settings}
    return [Source(name=f"source-{n}", **made) for n in range(count)]  # type: ignore[arg-type]  # each has its own type


def gaps(endpoint: Endpoint) -> list[tuple[float, float]]:
    """Seconds from start to start, each with the interval in force."""
    return [(after - before, declared) for (before, declared), (after, _) in pairwise(endpoint.starts)]


def check_rhythm(world: World) -> None:
    """What holds for every source, whatever happened to it."""
    for name, endpoint in world.endpoints.items():
        assert endpoint.most_inside == 1, f"{name}: cycles overlapped (CY2)"
        for gap, declared in gaps(endpoint):
            assert gap >= declared, f"{name}: {gap} s after the last start, not {declared} (CY1)"


async def some_hours(world: World, hours: float, *, step: float) -> None:
    """Mixed capabilities, flapping and slow partners, and a restart after each `step` seconds."""
    endpoints = list(world.endpoints.values())
    steady, slow, flapping, changing = (endpoints[n::4] for n in range(4))
    for n, endpoint in enumerate(endpoints):
        endpoint.lists = n % 8 < 4
    for endpoint in slow:
        endpoint.takes = 40  # for each of its answers: a cycle takes longer than a minute
    moment, number, runs = START, 0, list[Run]()
    while moment < START + hours * 3_600:
        number += 1
        moment += step
        runs.append(Run(world.time.now, moment, crashed=False))
        await world.live(moment)
        for n, endpoint in enumerate(flapping):
            endpoint.fails = (n + number) % 3 == 0
        for n, endpoint in enumerate(changing):
            endpoint.lists = (n + number) % 2 == 0

    check_rhythm(world)
    assert not world.seen.broken
    for n, endpoint in enumerate(endpoints):
        name, period = f"source-{n}", 60 if n % 8 < 4 else 180
        if endpoint not in steady:
            continue
        # A stop waits for slow cycles, and claims nothing meanwhile: what fell due then starts with the next daemon.
        starts = [start for start, _ in endpoint.starts]
        check_starts(name, period, runs, starts, slack=SLACK)
    for endpoint in slow:
        for gap, declared in gaps(endpoint):
            # The next one is due less than two intervals later, or at the tick after its end (80 s); and a stop may
            # fall there, which waits for others' cycles as long as these take.
            assert gap <= max(2 * declared, 80 + TICK) + 80 + 1e-3
    assert any(gap > declared + 1 for endpoint in flapping for gap, declared in gaps(endpoint))
    assert all(endpoint.starts for endpoint in endpoints)


@pytest.mark.thorough
async def test_a_day_of_a_partner_that_answers_in_no_time_has_a_cycle_for_each_minute_of_it(
    store: Store, time: Time
) -> None:
    world = World(store, time, sources(2))
    await world.live(START + 86_400)

    check_rhythm(world)
    for name, endpoint in world.endpoints.items():
        assert len(endpoint.starts) in (1_439, 1_440), name
        assert [declared for _, declared in endpoint.starts] == [60] * len(endpoint.starts)


@pytest.mark.thorough
async def test_half_an_hour_of_sixty_sources(store: Store, time: Time) -> None:
    await some_hours(World(store, time, sources(60)), 0.5, step=270)


@pytest.mark.long
async def test_three_hours_of_two_hundred_sources(store: Store, time: Time) -> None:
    """A whole day of them is test_whole_day.py, over a stand-in for the store."""
    await some_hours(World(store, time, sources(200)), 3, step=3_570)


async def test_the_interval_follows_the_newest_info_at_once(store: Store, time: Time) -> None:
    world = World(store, time, sources(1))
    [endpoint] = world.endpoints.values()
    await world.live(START + 150)
    endpoint.lists = False
    await world.live(START + 600)
    endpoint.lists = True
    await world.live(START + 1_000)

    check_rhythm(world)
    declared = [interval for _, interval in gaps(endpoint)]
    assert {60, 180} == set(declared)
    for gap, interval in gaps(endpoint):
        assert gap < 2 * interval + 1e-3


async def test_a_failing_source_backs_off_and_comes_back_by_itself(store: Store, time: Time) -> None:
    world = World(store, time, sources(1, backoff_cap=400))
    [endpoint] = world.endpoints.values()
    await world.live(START + 120)
    endpoint.fails = True
    await world.live(START + 2_400)
    assert [round(gap) for gap, _ in gaps(endpoint)][-5:] == [240, 400, 400, 400, 400]

    endpoint.fails = False
    await world.live(START + 3_600)
    assert [round(gap) for gap, _ in gaps(endpoint)][-5:] == [60] * 5


async def test_a_failing_source_is_switched_off_until_a_person_enables_it(store: Store, time: Time) -> None:
    [source] = sources(1, disable_after=3, backoff_cap=60)
    world = World(store, time, [source])
    [endpoint] = world.endpoints.values()
    endpoint.fails = True
    with structlog.testing.capture_logs() as lines:
        await world.live(START + 3_600)
    [told] = [line for line in lines if line["event"] == "content_source.auto_disabled"]
    assert told["advice"] == "when the partner is mended: ringcx-crawler enable source-0"
    assert len(endpoint.starts) == 3
    outlook = world.seen.reports[-1].outlook
    assert outlook is not None
    assert outlook.disabled

    endpoint.fails = False
    await world.live(START + 7_200)
    assert len(endpoint.starts) == 3
    store.enable(source)
    await world.live(START + 7_500)
    assert len(endpoint.starts) > 6


async def test_settings_that_change_while_a_cycle_runs_start_a_new_one_at_its_end(store: Store, time: Time) -> None:
    """It ends under the old ones, beside no other; what was declared under them is forgotten (CY2, CY5)."""
    world = World(store, time, sources(1))
    [endpoint], [old] = world.endpoints.values(), world.sources
    endpoint.takes = 20  # twice
    daemon = Daemon(store, world.seen, options=world.options, clock=time, transport=world.transport, sleep=time.sleep)
    await daemon.manage([old])
    async with anyio.create_task_group() as cycles:

        async def all_end() -> None:
            await world.rest(daemon)
            while time.wake_next(inf):
                await world.rest(daemon)

        assert await daemon.tick(cycles) == 1
        await world.rest(daemon)
        new = replace(old, deadline=7)
        await daemon.manage([new])
        assert await daemon.tick(cycles) == 0
        await all_end()
        assert [start - START for start, _ in endpoint.starts] == [0]
        assert store.stored_info(new) is None
        assert await daemon.tick(cycles) == 1
        await all_end()
    assert [start - START for start, _ in endpoint.starts] == [0, 40]
    assert store.stored_info(new) == LISTING


async def test_a_cycle_that_is_interrupted_by_a_stop_is_not_repeated_sooner(store: Store, time: Time) -> None:
    world = World(store, time, sources(3))
    for endpoint in world.endpoints.values():
        endpoint.takes = 25
    for stop in range(7, 900, 7):
        await world.live(START + stop)

    check_rhythm(world)
    for endpoint in world.endpoints.values():
        # The next one is due less than two intervals later; a stop may fall there, which waits for others' cycles.
        starts = [start for start, _ in endpoint.starts]
        assert all(after - before < 120 + 50 for before, after in pairwise([*starts, START + 900]))
