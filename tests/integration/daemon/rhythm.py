"""When sources are to start, told by the rules alone (CY1): what the tests in virtual time compare with."""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf

from crawler.sync.leases import LEASE_SECONDS
from crawler.sync.schedule import GRAIN, phase
from tests.integration.daemon.virtual import START

TICK = 30.0
EXACT = 1e-5
"""Seconds that floating-point numbers of this size may be off."""


@dataclass(frozen=True)
class Run:
    """When a daemon ran, and whether it died at its end."""

    begun: float
    ended: float
    crashed: bool

    def tick_after(self, moment: float) -> float:
        """Its first tick that is not before a moment."""
        return self.begun + max(ceil((moment - self.begun - EXACT) / TICK), 0) * TICK

    @property
    def claimed_until(self) -> float:
        """What was due up to then, it had claimed."""
        return self.begun + ceil((self.ended - self.begun - EXACT) / TICK) * TICK


def next_start(due: float, runs: list[Run]) -> float:
    """When a source starts that is due then: as soon as it is due and a daemon runs; never, if none does any more.

    What a daemon had claimed when it died waits until its lease has run out, as the next one sees it.
    """
    left = False
    for run in runs:
        free = run.begun + LEASE_SECONDS * left
        start = max(due, run.tick_after(free) if left else run.begun)
        if start < run.ended - EXACT:
            return start
        left = run.crashed and max(due, free) <= run.claimed_until
    return inf


def check_starts(name: str, period: float, runs: list[Run], starts: list[float], *, slack: float) -> None:
    """A source whose cycles take no time starts at once, and then an interval after each start; of missed ones comes
    one, late, and the next one is later by the source's own part of that.

    `slack` are the seconds of real time from a start to its answer, which count, too.
    """
    assert starts[0] == START, name
    earliest = latest = -inf  # when it was due at the first start: as if it had been late for ever
    for before, after in pairwise([*starts, inf]):
        least, most = (phase(name, min(max(before - due, 0.0), period / 2)) for due in (latest, earliest))
        earliest, latest = (before + period + GRAIN + extra for extra in (least, most + slack))
        assert next_start(earliest, runs) - EXACT <= after <= next_start(latest, runs) + EXACT, name
