"""Leases: who may crawl a source (CY2)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import ceil, inf
from typing import Any, NamedTuple

from crawler.clock import new_id, since_boot
from crawler.errors import LeaseLost, SourceBusy
from crawler.store.database import Database
from crawler.store.holder import new_holder, shown, still_runs
from crawler.store.sources import register
from crawler.store.sql import Statement, Transaction
from crawler.sync.leases import LEASE_SECONDS, HeldLease, Term
from crawler.sync.source import Source


class Tenure:
    """For how long a lease lasts, by a clock of this machine that nobody sets: a timer renews it, no write does (CY2).

    Whoever holds it asks nothing of the partner once it is over, also where nobody else could take the lease yet.
    """

    __slots__ = ("_until",)

    def __init__(self, since: float) -> None:
        self.renew(since)

    def renew(self, since: float) -> None:
        """It was taken, or renewed, at `since` or a little later."""
        self._until = since + LEASE_SECONDS

    def end(self) -> None:
        """It could not be renewed."""
        self._until = -inf

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return since_boot() >= self._until


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to crawl one source, during one cycle (CY2).

    `due` is when the cycle was due, and `taken` when the lease was taken, or the cycle begun, in seconds since 1970 by
    the database's clock; `answered`, from which the interval counts, is when its `implementation.info` was answered
    (CY1), `None` until then. `early` is how many seconds before it was due a cycle by hand comes, `None` of one that
    the schedule has brought. `failing` says that the cycle before this one failed. `cycle_id` is 0 until the cycle has
    begun. `tenure` is one and the same however often the lease is copied.
    """

    source_id: int
    source: str
    fence: int
    due: float
    taken: float
    tenure: Tenure = field(compare=False)
    answered: float | None = None
    early: float | None = None
    failing: bool = False
    cycle_id: int = 0

    @property
    def started(self) -> float:
        """When the cycle starts: not before it is due."""
        return max(self.due, self.taken)

    @property
    def late(self) -> float:
        """How many seconds after it was due the cycle starts."""
        return self.started - self.due


class Held(NamedTuple):
    """What the row of a source says while its lease is held; `now` is the database's clock."""

    fingerprint: str
    failures: int
    period: float | None
    now: float


# The clock after it has waited for the row.
HOLD = Statement(
    """
    WITH held AS (
        SELECT fingerprint, failures, period FROM source WHERE id = :source_id AND fence = :fence {for_update}
    )
    SELECT fingerprint, failures, period, {now} FROM held
    """,
    Held,
)


def hold(tx: Transaction, lease: Lease) -> Held:
    """Keep the lease while the transaction lasts, or end that: the fence has risen if another process took it.

    Raises `LeaseLost`.
    """
    held = tx.one(HOLD, source_id=lease.source_id, fence=lease.fence)
    if held is None:
        raise LeaseLost(
            f"{lease.source}: another process took this source over while this cycle ran",
            hint="nothing is lost: that process goes on where this one stopped",
        )
    return held


class _Claimed(NamedTuple):
    failing: bool
    source_id: int
    source: str
    fence: int
    due: float
    taken: float

    def lease(self, since: float) -> Lease:
        return Lease(**self._asdict(), tenure=Tenure(since))


class _Fence(NamedTuple):
    source: str
    fence: int


class _Taken(NamedTuple):
    fence: int
    fingerprint: str
    failures: int
    period: float | None
    now: float


class _Look(NamedTuple):
    owner: str | None
    left: float
    due: float | None
    now: float


def _held_lease(source_id: int, source: str, owner: str, fence: int, until: float, is_due: Any) -> HeldLease:
    return HeldLease(
        source_id=source_id, source=source, owner=owner, fence=fence, until=until, keeps_waiting=bool(is_due)
    )


RELEASE = Statement("""
    UPDATE source SET lease_owner = NULL, lease_until = NULL, due_at = CASE
        WHEN CAST(:due AS DOUBLE PRECISION) IS NOT NULL AND due_at <= :by THEN CAST(:due AS DOUBLE PRECISION)
        ELSE due_at
    END
    WHERE id = :source_id AND fence = :fence
""")


def release(tx: Transaction, lease: Lease, due: float | None = None) -> None:
    """Give a lease back: the source stays due when it was, or is so at `due` if it would still be due by now."""
    tx.run(RELEASE, source_id=lease.source_id, fence=lease.fence, due=due, by=lease.due)


class Leases(Database):
    """The part of the store that knows who crawls sources."""

    @cached_property
    def owner(self) -> str:
        """The name under which this store holds leases. From the first time that it is asked for, it can be seen."""
        return new_holder(new_id(), self.backend.presence)

    # `due` is evaluated once: a subquery may be run, and locks taken, once for each row.
    CLAIM = """
        WITH due AS (
            SELECT id FROM source
            WHERE managed AND disabled_at IS NULL AND due_at <= {now} + :ahead AND lease_owner IS NULL AND failures %s
            ORDER BY due_at LIMIT :at_most OFFSET 0 {for_update} {skip_locked}
        )
        UPDATE source SET lease_owner = :owner, lease_until = {now} + %d, fence = fence + 1
        WHERE id IN (SELECT id FROM due)
        RETURNING id, name, fence, due_at, {now}
    """
    CLAIM_HEALTHY = Statement(CLAIM % ("= 0", LEASE_SECONDS), partial(_Claimed, False))
    CLAIM_FAILING = Statement(CLAIM % ("> 0", LEASE_SECONDS), partial(_Claimed, True))

    def claim(self, owner: str, *, limit: int, ahead: float = 0, failing: int | None = None) -> list[Lease]:
        """Take up to `limit` leases of managed sources that are due within `ahead` seconds, the longest overdue first.

        Not more than `failing` are of sources whose last cycle failed (CY4). What another daemon is claiming at this
        moment is passed over; so is every lease that somebody holds, also where it has run out: see `look_at_leases`.

        Raises `DatabaseTooNew`.
        """
        share = limit if failing is None else max(0, min(failing, limit))
        with self.transaction() as tx:
            self._check_schema(tx)
            since, claimed = since_boot(), list[_Claimed]()
            if share > 0:
                claimed += tx.all(self.CLAIM_FAILING, owner=owner, at_most=share, ahead=ahead)
            if limit > len(claimed):
                claimed += tx.all(self.CLAIM_HEALTHY, owner=owner, at_most=limit - len(claimed), ahead=ahead)
        return sorted((it.lease(since) for it in claimed), key=lambda lease: lease.due)

    def release(self, lease: Lease, due: float | None = None) -> None:
        """Give a lease back without a cycle: the source stays due, or is so at `due` if it would still be due now."""
        with self.transaction() as tx:
            release(tx, lease, due)

    RENEW_LEASES = Statement(
        f"""
        UPDATE source SET lease_until = {{now}} + {LEASE_SECONDS:.0f}
        WHERE lease_owner = :owner AND name {{among names}}
        RETURNING name, fence
        """,
        _Fence,
    )

    def renew(self, leases: Collection[Lease]) -> tuple[float, frozenset[tuple[str, int]]]:
        """Renew those leases that `owner` still holds; returns them by source and fence, and since when they last.

        That is a moment of `since_boot`. A lease that has run out is renewed as well, if nobody has taken it.
        """
        since = since_boot()
        with self.transaction() as tx:
            held = tx.all(self.RENEW_LEASES, owner=self.owner, names=[lease.source for lease in leases])
        return since, frozenset(held)

    HELD_LEASES = Statement(
        """
        SELECT id, name, lease_owner, fence, lease_until, managed AND disabled_at IS NULL AND due_at <= {now}
        FROM source WHERE lease_owner IS NOT NULL
        """,
        _held_lease,
    )
    FREE_LEASE = Statement("""
        UPDATE source SET lease_owner = NULL, lease_until = NULL
        WHERE id = :source_id AND fence = :fence AND lease_until = :until
    """)

    def look_at_leases(self, run_out: Collection[Term] = ()) -> list[HeldLease]:
        """All leases that are held, but for those that this makes free.

        Free are those whose holder is gone for certain, and those in `run_out` that are still as they were seen. For
        how long they must have been is said by `crawler.sync.leases`: the clock of no machine is asked here.
        """
        with self.transaction() as tx:
            found = tx.all(self.HELD_LEASES)
            gone = {owner for owner in {lease.owner for lease in found} if self._runs(owner) is False}
            free = {lease.term for lease in found if lease.owner in gone or lease.term in run_out}
            tx.many(self.FREE_LEASE, sorted(free))
        return [lease for lease in found if lease.term not in free]

    def _runs(self, owner: str) -> bool | None:
        """Whether the process that holds a lease still runs, if that can be told."""
        return None if owner == self.owner else still_runs(owner, self.backend.presence)

    LEASE_NOW = Statement(
        "SELECT lease_owner, lease_until - {now}, due_at, {now} FROM source WHERE id = :source_id {for_update}", _Look
    )
    TAKE_LEASE = Statement(
        f"""
        UPDATE source SET lease_owner = :owner, lease_until = {{now}} + {LEASE_SECONDS:.0f}, fence = fence + 1
        WHERE id = :source_id RETURNING fence, fingerprint, failures, period, {{now}}
        """,
        _Taken,
    )

    def _take_lease(self, tx: Transaction, source: Source, owner: str) -> tuple[Lease, Held]:
        """Take the source's lease, whether it is due or not; returns what `hold` would, too.

        One that another process holds is taken where that process is gone for certain, or has let it run out by the
        database's clock and is not known to run. Raises `SourceBusy`.
        """
        source_id = register(tx, source)
        since = since_boot()
        holder, left, due, taken = tx.only(self.LEASE_NOW, source_id=source_id)
        if holder is not None:
            runs = self._runs(holder)
            if runs or (runs is None and left > 0):
                raise SourceBusy(source.name, shown(holder), max(ceil(left), 0))
        row = tx.only(self.TAKE_LEASE, source_id=source_id, owner=owner)
        lease = Lease(
            source_id=source_id,
            source=source.name,
            fence=row.fence,
            due=taken,
            taken=taken,
            tenure=Tenure(since),
            early=max((due or taken) - taken, 0.0),
        )
        return lease, Held(*row[1:])
