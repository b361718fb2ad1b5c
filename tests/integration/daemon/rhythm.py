"""When sources are to start, told by the rules alone (CY1): what the tests in virtual time compare with."""

from dataclasses import dataclass
from math import ceil

from crawler.sync.leases import LEASE_SECONDS
from crawler.sync.schedule import JITTER, TOLERANCE, phase, slot
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


def expected(name: str, period: float, runs: list[Run]) -> list[float]:
    """When a source is to start whose cycles take no time: at once, then in each slot; of missed ones comes one, late.

    What a daemon had claimed when it died waits until its lease has run out, as the next one sees it.
    """
    starts, due, left = [], START, False
    for run in runs:
        free = run.begun + LEASE_SECONDS * left
        while (start := max(due, run.tick_after(free) if free > run.begun else run.begun)) < run.ended - EXACT:
            starts.append(start)
            behind = (start - phase(name, period) + EXACT) % period
            if behind <= TOLERANCE:  # a start in good time counts as one in its slot
                due = max(start - behind + EXACT + period, start + period - JITTER)
            else:
                due = slot(name, period, start + period)
        left = run.crashed and max(due, free) <= run.claimed_until
    return starts
