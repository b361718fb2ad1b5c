"""What whoever operates a daemon wants to know, each with one cheap query; and the deletion of what is old."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.store import statements
from crawler.store.database import Database
from crawler.store.holder import shown
from crawler.store.rows import moment, stamp
from crawler.store.schema import CYCLE, OUTBOX, SOURCE
from crawler.sync.state import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one source stands at this moment.

    `managed` are those that a daemon crawls; `disabled_at` is when it was switched off, if it was (CY6). `due_in` is
    the number of seconds until its next cycle is due, negative where it should have begun; `None` if none is planned.
    `crawled_by` names the process that crawls it now (CY2). `outbox` counts its pending exports, `oldest` is when the
    first of them was queued. `started_at` and `outcome` are those of its last cycle.
    """

    source: str
    managed: bool
    disabled_at: datetime | None
    failures: int
    due_in: float | None
    crawled_by: str | None
    outbox: int
    oldest: datetime | None
    started_at: datetime | None
    outcome: str | None

    @property
    def is_due(self) -> bool:
        """Whether a daemon should have begun a cycle by now."""
        waits = self.managed and self.disabled_at is None and self.crawled_by is None
        return waits and self.due_in is not None and self.due_in <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimable:
    """What daemons are to do by the database: how many sources are `managed`, and how many seconds cycles are late.

    `overdue` counts from when the one was due that waits longest, of sources that fare well and that nobody crawls.
    """

    managed: int
    overdue: float


class OperationsStore(Database):
    """The part of the store that serves operation."""

    def ping(self) -> Claimable:
        """Ask the database whether it is there, of this program's schema, and what there is to do.

        Raises `DatabaseUnavailable` or `DatabaseTooNew`.
        """
        waits = (SOURCE.c.disabled_at.is_(None), SOURCE.c.failures == 0, SOURCE.c.lease_owner.is_(None))
        late = sa.func.max(self.clock() - SOURCE.c.due_at).filter(*waits)
        query = sa.select(sa.func.count(), late).where(SOURCE.c.managed)
        with self.reading(limited=True) as session:
            self._check_version(session.execute(sa.text("SELECT version_num FROM alembic_version")).scalar())
            managed, overdue = session.execute(query).one()
        return Claimable(managed=managed, overdue=max(overdue or 0.0, 0.0))

    def forget_leases(self, owner: str) -> None:
        """Free the leases that a restored database shows as those of `owner`, who has no cycle under way."""
        with self.driving() as driver:
            driver.run(statements.forget_own_leases, its_owner=owner)

    def standing(self) -> list[Standing]:
        """How all sources stand, by name."""
        pending = (OUTBOX.c.source_id == SOURCE.c.id, OUTBOX.c.status == str(Status.PENDING))
        own = CYCLE.alias()
        last = (
            sa.select(sa.func.max(own.c.id))
            .where(own.c.source_id == SOURCE.c.id, own.c.kind == "cycle")
            .correlate(SOURCE)
        )
        query = (
            sa.select(
                SOURCE.c.name,
                SOURCE.c.managed,
                SOURCE.c.disabled_at,
                SOURCE.c.failures,
                SOURCE.c.due_at - self.clock(),
                sa.case((SOURCE.c.lease_until > self.clock(), SOURCE.c.lease_owner)),
                sa.select(sa.func.count()).select_from(OUTBOX).where(*pending).scalar_subquery(),
                sa.select(sa.func.min(OUTBOX.c.queued_at)).where(*pending).scalar_subquery(),
                CYCLE.c.started_at,
                CYCLE.c.outcome,
            )
            .select_from(SOURCE)
            .outerjoin(CYCLE, CYCLE.c.id == last.scalar_subquery())
            .order_by(SOURCE.c.name)
        )
        with self.reading(limited=True) as session:
            rows = session.execute(query).all()
        return [
            Standing(
                source=row[0],
                managed=row[1],
                disabled_at=moment(row[2]),
                failures=row[3],
                due_in=row[4] if row[1] else None,
                crawled_by=shown(row[5]) if row[5] is not None else None,
                outbox=row[6],
                oldest=moment(row[7]),
                started_at=moment(row[8]),
                outcome=row[9],
            )
            for row in rows
        ]

    def prune(self, before: datetime, limit: int) -> int:
        """Forget the oldest cycles that began before a moment, at most `limit`, with their exchanges; returns how many.

        Each source's newest cycle is kept, and so is every one that may still run.
        """
        with self.driving() as driver:
            gone = driver.all(statements.old_cycles, before=stamp(before), at_most=limit)
            driver.many(statements.forget_exchanges_of, gone)
            driver.many(statements.forget_cycle, gone)
        return len(gone)
