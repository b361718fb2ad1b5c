"""Leases: how long they last, and for how long those of others were seen to stay as they are (CY2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LEASE_SECONDS = 30.0
"""How long a lease lasts since it was taken, or renewed."""

RENEWED_EVERY = 10.0
"""Seconds from one renewal to the next: two may fail, and the lease still lasts."""

Term = tuple[int, int, float]
"""What changes with each renewal of a lease: its source's id, its fence, and until when it lasts."""

Watched = Mapping[Term, float]
"""Leases as they stand, and since when they were seen to stand like that: seconds by the clock of whoever looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLease:
    """A lease that some process holds: `owner` is its name, `until` by the database's clock.

    `keeps_waiting` says that the source is due: daemons would crawl it now.
    """

    source_id: int
    source: str
    owner: str
    fence: int
    until: float
    keeps_waiting: bool

    @property
    def term(self) -> Term:
        """Stays the same until the lease is renewed, given back or taken over."""
        return self.source_id, self.fence, self.until


def watch(watched: Watched, found: Iterable[HeldLease], now: float) -> dict[Term, float]:
    """What is watched from `now` on: the leases that were found, those that are as they were since they were first."""
    return {lease.term: watched.get(lease.term, now) for lease in found}


def unrenewed(watched: Watched, now: float) -> frozenset[Term]:
    """The leases that have run out: nobody renewed them for as long as a lease lasts.

    Only the time that passed here counts, not how late it is: whoever holds such a lease has stopped by its own clock,
    however the clocks of either machine or of the database were set meanwhile.
    """
    return frozenset(term for term, since in watched.items() if now - since >= LEASE_SECONDS)


def next_look(watched: Watched, now: float) -> float:
    """When to look again: as often as leases are renewed, and as soon as one of them may have run out."""
    return min([now + RENEWED_EVERY, *(since + LEASE_SECONDS for since in watched.values())])
