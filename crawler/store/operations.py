"""What an operator needs to know, each with one cheap query: how sources stand, and whether daemons keep up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from crawler.store.database import Database
from crawler.store.holder import shown
from crawler.store.rows import moment
from crawler.store.sql import Statement


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


class _Claimable(NamedTuple):
    managed: int
    overdue: float | None


def _standing(
    source: str,
    managed: Any,
    disabled_at: str | None,
    failures: int,
    due_in: float | None,
    crawled_by: str | None,
    outbox: int,
    oldest: str | None,
    started_at: str | None,
    outcome: str | None,
) -> Standing:
    return Standing(
        source=source,
        managed=bool(managed),
        disabled_at=moment(disabled_at),
        failures=failures,
        due_in=due_in if managed else None,
        crawled_by=shown(crawled_by) if crawled_by is not None else None,
        outbox=outbox,
        oldest=moment(oldest),
        started_at=moment(started_at),
        outcome=outcome,
    )


class Operations(Database):
    """The part of the store that serves operation."""

    CLAIMABLE = Statement(
        """
        SELECT COUNT(*), MAX({now} - due_at) FILTER (
            WHERE disabled_at IS NULL AND failures = 0 AND lease_owner IS NULL
        ) FROM source WHERE managed
        """,
        _Claimable,
    )

    def ping(self) -> Claimable:
        """Ask the database whether it is there, of this program's schema, and what there is to do.

        Raises `DatabaseUnavailable` or `DatabaseTooNew`.
        """
        with self.reading(limited=True) as tx:
            self._check_schema(tx)
            managed, overdue = tx.only(self.CLAIMABLE)
        return Claimable(managed=managed, overdue=max(overdue or 0.0, 0.0))

    FORGET_LEASES = Statement("""
        UPDATE source SET lease_owner = NULL, lease_until = NULL, fence = fence + 1 WHERE lease_owner = :owner
    """)

    def forget_leases(self, owner: str) -> None:
        """Free the leases that a restored database shows as those of `owner`, who has no cycle under way."""
        with self.transaction() as tx:
            tx.run(self.FORGET_LEASES, owner=owner)

    STANDING = Statement(
        """
        SELECT source.name, source.managed, source.disabled_at, source.failures, source.due_at - {now},
            CASE WHEN source.lease_until > {now} THEN source.lease_owner END,
            (SELECT COUNT(*) FROM outbox WHERE source_id = source.id AND status = 'export_pending'),
            (SELECT MIN(queued_at) FROM outbox WHERE source_id = source.id AND status = 'export_pending'),
            cycle.started_at, cycle.outcome
        FROM source LEFT JOIN cycle ON cycle.id = (
            SELECT MAX(own.id) FROM cycle AS own WHERE own.source_id = source.id AND own.kind = 'cycle'
        )
        ORDER BY source.name
        """,
        _standing,
    )

    def standing(self) -> list[Standing]:
        """How all sources stand, by name."""
        with self.reading(limited=True) as tx:
            return tx.all(self.STANDING)
