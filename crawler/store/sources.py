"""Sources: their rows, what they last declared, and their leases (CY2, CY5)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import ceil, inf

from crawler.clock import new_id, since_boot
from crawler.errors import LeaseLost, SourceBusy
from crawler.store import statements
from crawler.store.database import Database
from crawler.store.driver import Driver, Statement
from crawler.store.holder import new_holder, shown, still_runs
from crawler.store.rows import stamp
from crawler.sync.leases import LEASE_SECONDS, HeldLease, Term
from crawler.sync.schedule import answered_by, look_ahead
from crawler.sync.state import Source

UNKNOWN = ""
"""The fingerprint of a source that came from another database: under which settings it was crawled is not known."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the row of a source says while its lease is held; `now` is the database's clock."""

    fingerprint: str
    failures: int
    period: float | None
    now: float


class SourceStore(Database):
    """The part of the store that knows sources."""

    def register(self, source: Source) -> int:
        """The id of the source's row, which is made, or follows changed settings (CY5)."""
        with self.driving() as driver:
            return self._register(driver, source)

    def save_info(self, source: Source, info: bytes, now: datetime) -> None:
        """Store an implementation info that was asked for outside a cycle (CY5)."""
        with self.driving() as driver:
            source_id = self._register(driver, source)
            driver.run(statements.save_info, its_id=source_id, info=info.decode(), info_at=stamp(now))

    def stored_info(self, source: Source) -> bytes | None:
        """The newest implementation info under the source's present settings, if there is one (CY3, CY5)."""
        with self.driving(writing=False) as driver:
            row = driver.one(statements.stored_info, its_name=source.name, its_fingerprint=source.fingerprint)
        return row[0].encode() if row and row[0] else None

    def manage(self, sources: Sequence[Source]) -> dict[str, int]:
        """Let exactly these sources be crawled by daemons.

        New ones, and those whose settings have changed, are due at once (CY5). The others stay due when they were, also
        after cycles by hand: for what was missed while no daemon ran comes one late cycle, and no more (CY1). Leases
        stay as they are.

        Returns those that daemons crawled until now and that have entries pending, with the numbers of these: nobody
        sends them. Raises `DatabaseTooNew`.
        """
        with self.driving() as driver:
            self._check_schema(driver)
            [now] = driver.one(statements.now)
            rows = {name: _Row(*rest) for name, *rest in driver.all(statements.managed_sources)}
            changes: list[tuple[object, ...]] = []  # as `manage_source` names them
            for source in sorted(sources, key=lambda source: source.name):  # two daemons lock rows in the same order
                row = rows.get(source.name)
                due = _due(source, row, now)
                if row is None or row.fingerprint != source.fingerprint:
                    self._register(driver, source)
                if row is None or not row.managed or due != row.due_at:
                    changes.append((True, due, source.name))
            wanted = {source.name for source in sources}
            gone = sorted(name for name, row in rows.items() if row.managed and name not in wanted)
            changes.extend((False, rows[name].due_at, name) for name in gone)
            driver.many(statements.manage_source, changes)
            pending = {name: driver.one(statements.pending_of_source, its_name=name)[0] for name in gone}
        return {name: count for name, count in pending.items() if count}

    def enable(self, source: Source) -> bool:
        """Switch a source on again that was switched off (CY6); returns whether it was off."""
        with self.driving() as driver:
            return bool(driver.run(statements.enable_source, its_name=source.name))

    @cached_property
    def owner(self) -> str:
        """The name under which this store holds leases. From the first time that it is asked for, it can be seen."""
        return new_holder(new_id(), self.backend.presence)

    def claim(self, owner: str, *, limit: int, ahead: float = 0, failing: int | None = None) -> list[Lease]:
        """Take up to `limit` leases of managed sources that are due within `ahead` seconds, the longest overdue first.

        Not more than `failing` are of sources whose last cycle failed (CY4). What another daemon is claiming at this
        moment is passed over; so is every lease that somebody holds, also where it has run out: see `look_at_leases`.

        Raises `DatabaseTooNew`.
        """
        share = limit if failing is None else max(0, min(failing, limit))
        with self.driving() as driver:
            self._check_schema(driver)
            leases = _claimed(driver, statements.claim_failing, owner, share, ahead)
            leases += _claimed(driver, statements.claim_faring_well, owner, limit - len(leases), ahead)
        return sorted(leases, key=lambda lease: lease.due)

    def release(self, lease: Lease, due: float | None = None) -> None:
        """Give a lease back without a cycle: the source stays due, or is so at `due` if it would still be due now."""
        own = {"its_id": lease.source_id, "its_fence": lease.fence}
        with self.driving() as driver:
            driver.run(statements.release_lease, **own, due=due, by=lease.due)

    def _check_schema(self, driver: Driver) -> None:
        row = driver.one(statements.schema_version)
        self._check_version(row[0] if row is not None else None)

    def renew(self, leases: Collection[Lease]) -> tuple[float, frozenset[tuple[str, int]]]:
        """Renew those leases that `owner` still holds; returns them by source and fence, and since when they last.

        That is a moment of `since_boot`. A lease that has run out is renewed as well, if nobody has taken it.
        """
        since = since_boot()
        with self.driving() as driver:
            names = driver.array([lease.source for lease in leases])
            held = frozenset(driver.all(statements.renew_leases, its_owner=self.owner, names=names))
        return since, held

    def look_at_leases(self, run_out: Collection[Term] = ()) -> list[HeldLease]:
        """All leases that are held, but for those that this makes free.

        Free are those whose holder is gone for certain, and those in `run_out` that are still as they were seen. For
        how long they must have been is said by `crawler.sync.leases`: the clock of no machine is asked here.
        """
        with self.driving() as driver:
            found = [
                HeldLease(source_id=r[0], source=r[1], owner=r[2], fence=r[3], until=r[4], keeps_waiting=bool(r[5]))
                for r in driver.all(statements.held_leases)
            ]
            gone = {owner for owner in {lease.owner for lease in found} if self._runs(owner) is False}
            free = {lease.term for lease in found if lease.owner in gone or lease.term in run_out}
            driver.many(statements.free_lease, sorted(free))
        return [lease for lease in found if lease.term not in free]

    def _runs(self, owner: str) -> bool | None:
        """Whether the process that holds a lease still runs, if that can be told."""
        return None if owner == self.owner else still_runs(owner, self.backend.presence)

    def _register(self, driver: Driver, source: Source) -> int:
        row = driver.one(statements.find_source, its_name=source.name)
        settings = {
            "base_uri": source.address,
            "fingerprint": source.fingerprint,
        }
        if row is None:
            made = driver.one(statements.insert_source, name=source.name, **settings)
            if made is not None:
                return int(made[0])
            row = driver.one(statements.find_source, its_name=source.name)  # another process was quicker
        source_id: int = row[0]
        if row[1] != source.fingerprint:
            driver.run(statements.change_source, its_id=source_id, **settings)
        return source_id

    def _take_lease(self, driver: Driver, source: Source, owner: str) -> Lease:
        """Take the source's lease, whether it is due or not.

        One that another process holds is taken where that process is gone for certain, or has let it run out by the
        database's clock and is not known to run. Raises `SourceBusy`.
        """
        source_id = self._register(driver, source)
        since = since_boot()
        holder, left, due, taken = driver.one(statements.look_at_lease, its_id=source_id)
        if holder is not None:
            runs = self._runs(holder)
            if runs or (runs is None and left > 0):
                raise SourceBusy(source.name, shown(holder), max(ceil(left), 0))
        [fence] = driver.one(statements.take_lease, its_id=source_id, owner=owner)
        return Lease(
            source_id=source_id,
            source=source.name,
            fence=fence,
            due=taken,
            taken=taken,
            tenure=Tenure(since),
            early=max((due or taken) - taken, 0.0),
        )

    def _hold(self, driver: Driver, lease: Lease) -> Held:
        """Keep the lease while the transaction lasts, or end that: the fence has risen if another process took it."""
        row = driver.one(statements.hold_lease, its_id=lease.source_id, its_fence=lease.fence)
        if row is None:
            raise LeaseLost(
                f"{lease.source}: another process took this source over while this cycle ran",
                hint="nothing is lost: that process goes on where this one stopped",
            )
        return Held(fingerprint=row[0], failures=row[1], period=row[2], now=row[3])


@dataclass(frozen=True, slots=True)
class _Row:
    fingerprint: str
    managed: bool
    due_at: float | None


def _claimed(driver: Driver, claim: Statement, owner: str, limit: int, ahead: float) -> list[Lease]:
    if limit <= 0:
        return []
    since = since_boot()
    rows = driver.all(claim, owner=owner, at_most=limit, ahead=ahead)
    failing = claim is statements.claim_failing
    return [
        Lease(source_id=r[0], source=r[1], fence=r[2], due=r[3], taken=r[4], failing=failing, tenure=Tenure(since))
        for r in rows
    ]


def _due(source: Source, row: _Row | None, now: float) -> float:
    """When a source of the configuration is due that stands in `row`, or in none yet."""
    if row is None or row.due_at is None or row.fingerprint not in (source.fingerprint, UNKNOWN):
        return now
    period = max(source.list_interval, source.no_list_interval)
    if row.due_at > answered_by(source, now) + 2 * max(period, source.backoff_cap):  # the clock was set back
        return look_ahead(source, period=period, answered=now, failures=0, late=inf).due
    return row.due_at if row.managed else max(row.due_at, now)  # nobody was late with what nobody was to crawl
