"""Leases while the daemon runs: its own are renewed, those of others looked at (CY2)."""

from collections.abc import Collection, Container
from datetime import timedelta
from itertools import groupby

import structlog

from crawler.clock import Clock, Elapsed
from crawler.store import Lease, Store, renew, shown
from crawler.store.rows import stamp
from crawler.sync.leases import LEASE_SECONDS, RENEWED_EVERY, HeldLease, Term, next_look, unrenewed, watch

NAMED = 5
"""How many of the sources that wait for one process are named."""


class Leases:
    """Renews and looks when it is time to, as the first thing at its first call.

    Leases of processes that are gone for certain are made free, and those that were seen unrenewed for as long as a
    lease lasts, by `elapsed`: so a daemon takes no lease that anybody still keeps, whatever the clocks say.
    """

    def __init__(self, store: Store, *, clock: Clock, elapsed: Elapsed) -> None:
        self._store = store
        self._clock = clock
        self._elapsed = elapsed
        self._renew_at = self._look_at = elapsed()
        self._watched: dict[Term, float] = {}
        self._told: set[tuple[int, int]] = set()
        self._log = structlog.get_logger("crawler")

    async def keep(self, own: Collection[Lease], sources: Container[str]) -> None:
        """Renew those under which cycles run, and look at all others; `sources` are those that this daemon crawls.

        Raises `StoreError`.
        """
        if (now := self._elapsed()) >= self._renew_at:
            if own:
                await renew(self._store, own)
            self._renew_at = now + RENEWED_EVERY
        if now >= self._look_at:
            ours = {(lease.source, lease.fence) for lease in own}
            found = await self._store.run(self._store.look_at_leases, unrenewed(self._watched, now))
            others = [lease for lease in found if (lease.source, lease.fence) not in ours]
            now = self._elapsed()  # not before: one may have been renewed meanwhile
            self._watched = watch(self._watched, others, now)
            self._look_at = next_look(self._watched, now)
            self._tell([it for it in others if it.keeps_waiting and it.source in sources], now)

    def _tell(self, waited_for: Collection[HeldLease], now: float) -> None:
        """Say once for whom sources wait, and until when at most."""
        new = [lease for lease in waited_for if (lease.source_id, lease.fence) not in self._told]
        self._told = {(lease.source_id, lease.fence) for lease in waited_for}
        for owner, leases in groupby(sorted(new, key=lambda lease: lease.owner), key=lambda lease: lease.owner):
            held = list(leases)
            left = max(self._watched[lease.term] for lease in held) + LEASE_SECONDS - now
            names = [lease.source for lease in held]
            more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
            self._log.info(
                "sources wait for a lease",
                sources=", ".join(names[:NAMED] + more),
                held_by=shown(owner),
                until=stamp(self._clock() + timedelta(seconds=left)),
                unless="it is renewed",
            )
