"""24 hours of 200 sources in seconds: the real daemon and decisions, over a stand-in that keeps the store's contract.

Virtual time: whoever waits for a moment is woken at exactly that one, so that what must hold holds exactly (CY1, CY2).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import anyio
import pytest

from crawler.clock import Clock
from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.errors import EndpointUnreachable
from crawler.journal import Watch
from crawler.partner import Partner
from crawler.store import Lease, Store
from crawler.sync.leases import LEASE_SECONDS
from crawler.sync.report import CycleReport
from crawler.sync.schedule import GRAIN
from crawler.sync.source import Source
from tests.integration.daemon.rhythm import EXACT, TICK, Run, check_starts
from tests.integration.daemon.virtual import SECRET, START, Time
from tests.integration.daemon.watching import Seen
from tests.unit.store.stand_in import StandIn

DAY = 86_400.0


@dataclass
class Plays:
    """How one partner behaves. `starts` are its cycles' starts, each with the interval in force from then on."""

    kind: str
    lists: bool
    takes: float = 0.0
    fails: bool = False
    interval: float = 60.0
    starts: list[tuple[float, float]] = field(default_factory=list)
    inside: int = 0
    most_inside: int = 0


class Day:
    """The world of one day: its sources and partners, and one daemon after the other."""

    def __init__(self, count: int) -> None:
        self.time = Time()
        self.store = StandIn(self.time)
        self.seen = Seen()
        kinds = ("steady", "slow", "flapping", "changing")
        self.plays = {
            f"source-{n}": Plays(kinds[n % 4], n % 8 < 4, takes=80.0 if n % 4 == 1 else 0.0) for n in range(count)
        }
        made = {"base_uri": "http://partner.example/", "secret": SECRET, "backoff_cap": 900}
        self.sources = [Source(name=name, **made) for name in self.plays]  # type: ignore[arg-type]  # each its own type

    async def cycle(
        self, source: Source, store: Store, *, partner: Partner, clock: Clock, watch: Watch, lease: Lease
    ) -> CycleReport:
        """What is left of a cycle without a network: its beginning, its duration and its end."""
        plays = self.plays[source.name]
        begun = store.begin_cycle(source, "me", clock(), lease)
        watch(begun)
        plays.inside += 1
        plays.most_inside = max(plays.most_inside, plays.inside)
        plays.interval = plays.interval if plays.fails else 60.0 if plays.lists else 180.0
        plays.starts.append((self.time.now, plays.interval))
        try:
            if plays.takes:
                await self.time.sleep(plays.takes)
        finally:
            plays.inside -= 1
        report = CycleReport(source=source.name, started=begun.started)
        if plays.fails:
            came = "no connection"
            report.errors = [EndpointUnreachable(source.name, "implementation.info", expected="an answer", came=came)]
        else:
            report.interval = plays.interval
        report.outlook = store.end_cycle(source, begun.lease, report, None, clock(), exchanges=())
        return report

    async def live(self, until: float, *, crash: bool) -> None:
        """One daemon until that moment. It then ends in good order, or dies and leaves its leases behind."""
        daemon = Daemon(
            self.store,
            self.seen,
            options=DaemonOptions(tick=TICK, max_cycles=len(self.sources)),
            clock=self.time,
            sleep=self.time.sleep,
            elapsed=lambda: self.time.now,
            cycle=self.cycle,
        )
        await daemon.manage(self.sources)
        async with anyio.create_task_group() as cycles:
            while self.time.now < until:
                await daemon.tick(cycles)
                await self._rest(daemon)
                following = min(self.time.now + TICK, until)
                while self.time.wake_next(following):
                    await self._rest(daemon)
                self.time.now = following
            if crash:
                left = {row.name: (row.lease_owner, row.lease_until) for row in self.store.rows.values()}
                cycles.cancel_scope.cancel()
            else:
                daemon.stop()
                while self.time.wake_next(float("inf")):
                    await self._rest(daemon)
        if crash:  # what its last moments did to the leases, a dead process does not do
            for name, (owner, lease_until) in left.items():
                self.store.rows[name].lease_owner, self.store.rows[name].lease_until = owner, lease_until

    async def _rest(self, daemon: Daemon) -> None:
        """Wait until every cycle in flight waits for the time."""
        for _ in range(10_000):
            if len(daemon.in_flight) <= self.time.sleeping:
                return
            await anyio.lowlevel.checkpoint()
        pytest.fail(f"cycles that neither sleep nor end: {sorted(daemon.in_flight)}")


def check_each_start(name: str, plays: Plays) -> float:
    """Never sooner than the interval, and no overlap; returns the smallest share of its interval that a gap had."""
    assert plays.most_inside == 1, f"{name}: cycles overlapped (CY2)"
    smallest = 10.0
    for (before, period), (after, _) in pairwise(plays.starts):
        assert after - before >= period, f"{name}: {after - before} s instead of {period} s (CY1)"
        smallest = min(smallest, (after - before) / period)
    return smallest


@pytest.mark.thorough
async def test_24_hours_of_200_sources_with_restarts(record_property: Callable[[str, object], None]) -> None:
    day, runs, moment, number = Day(200), list[Run](), START, 0
    while day.time.now < START + DAY:
        number += 1
        moment = min(START + 3_570.0 * number, START + DAY)
        begun, crash = day.time.now, number % 3 == 0
        await day.live(moment, crash=crash)
        runs.append(Run(begun, moment, crash))
        if number % 4 == 0:
            day.time.now += 200.0  # nobody runs: each source misses a cycle or more
        flapping = [plays for plays in day.plays.values() if plays.kind == "flapping"]
        changing = [plays for plays in day.plays.values() if plays.kind == "changing"]
        for n, plays in enumerate(flapping):
            plays.fails = (n + number) % 3 == 0
        for n, plays in enumerate(changing):
            plays.lists = (n + number) % 2 == 0

    smallest = min(check_each_start(name, plays) for name, plays in day.plays.items())
    assert not [name for name in day.seen.broken if day.plays[name].kind != "slow"]  # only what takes time is cut off
    for name, plays in day.plays.items():
        starts = [start for start, _ in plays.starts]
        gaps = [after - before for before, after in pairwise(starts)]
        if plays.kind == "steady":
            period = 60.0 if plays.lists else 180.0
            check_starts(name, period, runs, starts, slack=EXACT)
        if plays.kind == "slow":
            # When it is due, or the first tick after its end where that is later; for which it may have been claimed a
            # tick ahead by one that died; then a gap of 200 s in which nobody runs, and the lease.
            assert max(gaps) <= 2 * plays.interval + TICK + 200 + LEASE_SECONDS + TICK + EXACT, name
    assert any(
        gap > interval + TICK for p in flapping for (a, interval), (b, _) in pairwise(p.starts) for gap in [b - a]
    )
    assert {interval for plays in changing for _, interval in plays.starts} == {60.0, 180.0}
    total = sum(len(plays.starts) for plays in day.plays.values())
    record_property("figure", f"{total} starts, smallest gap {smallest:.4f} intervals, {number} daemons")


@pytest.mark.thorough
async def test_24_hours_without_a_restart_have_a_mean_period_of_the_interval_and_the_grain(
    record_property: Callable[[str, object], None],
) -> None:
    day = Day(40)
    await day.live(START + DAY, crash=False)
    steady = {name: plays for name, plays in day.plays.items() if plays.kind != "slow"}
    for name, plays in steady.items():
        period = 60.0 if plays.lists else 180.0
        starts = [start for start, _ in plays.starts]
        assert DAY / period - 1 <= len(starts) <= DAY / period, name  # 1,439 or 1,440 of a minute
        second, *_, last = starts[1:]  # from the second on: that one is later by the source's phase
        assert (last - second) / (len(starts) - 2) == pytest.approx(period + GRAIN, abs=1e-6), name
        assert min(after - before for before, after in pairwise(starts)) == pytest.approx(period + GRAIN, abs=EXACT)
    for name, plays in day.plays.items():
        check_each_start(name, plays)
    record_property("figure", f"{sum(len(plays.starts) for plays in day.plays.values())} starts, no drift")
