"""A stand-in for the store where only the schedule counts: sources, claims and leases, without a database.

It keeps the same contract as the databases (test_schedule.py), so that a day of many sources passes in seconds.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from crawler.clock import Clock, since_boot
from crawler.errors import LeaseLost, SourceBusy
from crawler.protocol.envelope import Exchange
from crawler.store import Begun, Lease, Store
from crawler.store.leases import Tenure
from crawler.store.rows import stamp
from crawler.sync.leases import LEASE_SECONDS, HeldLease, Term
from crawler.sync.report import CycleReport, Kind
from crawler.sync.schedule import Outlook, answered_by, look_ahead
from crawler.sync.source import Source

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Row:
    """A source's row: the columns that the schedule goes by."""

    id: int
    name: str
    fingerprint: str
    info: bytes | None = None
    failures: int = 0
    managed: bool = False
    disabled_at: str | None = None
    period: float | None = None
    due_at: float | None = None
    lease_owner: str | None = None
    lease_until: float = -inf
    fence: int = 0


class StandIn(Store):
    """Sources in memory. What is no part of the schedule is missing, and fails. Nobody can tell who is gone."""

    owner = "me"

    def __init__(self, clock: Clock) -> None:
        self._time = clock
        self.rows: dict[str, Row] = {}
        self.begun_cycles = 0
        self._fingerprints: dict[int, tuple[Source, str]] = {}

    def close(self) -> None:
        """There is nothing to close."""

    def run(self, method: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:  # type: ignore[override]  # awaited all the same
        async def done() -> T:
            return method(*args, **kwargs)

        return done()

    def _fingerprint(self, source: Source) -> str:
        """Its fingerprint, computed once: that takes longer than all the rest."""
        known = self._fingerprints.get(id(source))
        if known is None:
            known = self._fingerprints[id(source)] = (source, source.fingerprint)  # kept, so that its id stays its own
        return known[1]

    @property
    def _now(self) -> float:
        return self._time().timestamp()

    def register(self, source: Source) -> int:
        row = self.rows.get(source.name)
        if row is None:
            row = self.rows[source.name] = Row(len(self.rows) + 1, source.name, self._fingerprint(source))
        elif row.fingerprint != self._fingerprint(source):
            row.fingerprint, row.info, row.period = self._fingerprint(source), None, None
        return row.id

    def stored_info(self, source: Source) -> bytes | None:
        row = self.rows[source.name]
        return row.info if row.fingerprint == self._fingerprint(source) else None

    def manage(self, sources: Sequence[Source]) -> dict[str, int]:
        for source in sources:
            row = self.rows.get(source.name)
            due = row.due_at if row is not None and row.fingerprint == self._fingerprint(source) else None
            if row is not None and not row.managed:
                due = max(due or self._now, self._now)
            self.register(source)
            row = self.rows[source.name]
            row.due_at, row.managed = due if due is not None else self._now, True
        for name in self.rows.keys() - {source.name for source in sources}:
            self.rows[name].managed = False
        return {}

    def enable(self, source: Source) -> bool:
        row = self.rows[source.name]
        if row.disabled_at is None:
            return False
        row.disabled_at, row.failures, row.due_at = None, 0, self._now
        return True

    def claim(self, owner: str, *, limit: int, ahead: float = 0, failing: int | None = None) -> list[Lease]:
        now, share = self._now, limit if failing is None else max(0, min(failing, limit))
        due = [
            row
            for row in self.rows.values()
            if row.managed and row.disabled_at is None and row.due_at is not None and row.due_at <= now + ahead
            if row.lease_owner is None
        ]
        due.sort(key=lambda row: row.due_at or 0)
        chosen = [row for row in due if row.failures][:share]
        chosen += [row for row in due if not row.failures][: max(limit - len(chosen), 0)]
        leases = []
        for row in sorted(chosen, key=lambda row: row.due_at or 0):
            row.lease_owner, row.lease_until, row.fence = owner, now + LEASE_SECONDS, row.fence + 1
            lease = Lease(
                source_id=row.id,
                source=row.name,
                fence=row.fence,
                due=row.due_at or 0,
                taken=now,
                failing=row.failures > 0,
                tenure=Tenure(since_boot()),
            )
            leases.append(lease)
        return leases

    def release(self, lease: Lease, due: float | None = None) -> None:
        row = self.rows[lease.source]
        if row.fence == lease.fence:
            row.lease_owner = None
            if due is not None and row.due_at is not None and row.due_at <= lease.due:
                row.due_at = due

    def _held(self, lease: Lease) -> Row:
        row = self.rows[lease.source]
        if row.fence != lease.fence:
            raise LeaseLost(f"{lease.source}: another process took this source over while this cycle ran")
        return row

    def renew(self, leases: Collection[Lease]) -> tuple[float, frozenset[tuple[str, int]]]:
        held = [self.rows[lease.source] for lease in leases if self.rows[lease.source].lease_owner == self.owner]
        for row in held:
            row.lease_until = self._now + LEASE_SECONDS
        return since_boot(), frozenset((row.name, row.fence) for row in held)

    def look_at_leases(self, run_out: Collection[Term] = ()) -> list[HeldLease]:
        found = []
        for row in self.rows.values():
            if row.lease_owner is not None:
                is_due = row.managed and row.disabled_at is None and row.due_at is not None and row.due_at <= self._now
                lease = HeldLease(
                    source_id=row.id,
                    source=row.name,
                    owner=row.lease_owner,
                    fence=row.fence,
                    until=row.lease_until,
                    keeps_waiting=is_due,
                )
                if lease.term in run_out:
                    row.lease_owner = None
                else:
                    found.append(lease)
        return found

    def begin_cycle(
        self, source: Source, owner: str, now: datetime, lease: Lease | None = None, *, kind: Kind = "cycle"
    ) -> Begun:
        if lease is None:
            source_id, taken, row = self.register(source), self._now, self.rows[source.name]
            if row.lease_owner is not None and row.lease_until > taken:
                raise SourceBusy(source.name, row.lease_owner, 1)
            row.lease_owner, row.lease_until, row.fence = owner, taken + LEASE_SECONDS, row.fence + 1
            lease = Lease(
                source_id=source_id,
                source=source.name,
                fence=row.fence,
                due=taken,
                taken=taken,
                tenure=Tenure(since_boot()),
                early=max((row.due_at or taken) - taken, 0.0),
            )
        at = monotonic()
        row = self._held(lease)
        self.begun_cycles += 1
        lease = replace(lease, taken=self._now, cycle_id=self.begun_cycles)
        if row.fingerprint == self._fingerprint(source):
            latest = answered_by(source, lease.started)
            row.due_at = look_ahead(source, period=row.period, answered=latest, failures=row.failures).due
        return Begun(lease=lease, started=now, cursors={}, lookups=False, exports=False, at=at)

    def end_cycle(
        self,
        source: Source,
        lease: Lease,
        report: CycleReport,
        info: bytes | None,
        now: datetime,
        *,
        exchanges: Sequence[Exchange],
        interrupted: bool = False,
    ) -> Outlook:
        row = self._held(lease)
        outlook = look_ahead(
            source,
            period=report.interval or row.period,
            answered=lease.started if lease.answered is None else lease.answered,
            failures=row.failures + 1 if report.nothing_had else row.failures if interrupted else 0,
            late=inf if row.period is None and lease.early is None else lease.late,
            effort=report.vain_effort,
        )
        row.lease_owner, row.failures = None, outlook.failures
        if row.fingerprint == self._fingerprint(source):
            row.period, row.due_at = outlook.period, outlook.due
            row.info = info or row.info
            if outlook.disabled:
                row.disabled_at = stamp(now)
        return outlook


def source_rows(store: Store) -> list[dict[str, Any]]:
    """The sources' rows of a stand-in, as a database would show them."""
    assert isinstance(store, StandIn)
    return [{name: getattr(row, name) for name in Row.__slots__} for row in store.rows.values()]
