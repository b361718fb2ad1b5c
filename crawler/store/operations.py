"""What an operator needs to know, each with one cheap query: how sources stand, and whether daemons keep up."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from crawler.store.database import Database
from crawler.store.holder import shown
from crawler.store.reading import OWN_CYCLE, Record, read_cycle
from crawler.store.rows import moment, restored, stamp
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


class _Source(NamedTuple):
    id: int
    name: str
    base_uri: str
    failures: int
    lease_until: float | None
    crawled_by: str | None

    def holder(self) -> Record:
        """Who crawls a source now, and until when by the database's clock unless it renews its lease (CY2)."""
        if self.crawled_by is None:
            return {"crawled_by": None, "crawled_until": None}
        until = datetime.fromtimestamp(self.lease_until or 0, UTC)
        return {"crawled_by": shown(self.crawled_by), "crawled_until": stamp(until)}


class _Since(NamedTuple):
    source_id: int
    object: str
    since_id: str | None


class _Count(NamedTuple):
    source_id: int
    of: str
    rows: int


WANTED = "(CAST(:every AS BOOLEAN) OR source.name {among names})"


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

    SOURCES = Statement(
        f"""
        SELECT id, name, base_uri, failures, lease_until, CASE WHEN lease_until > {{now}} THEN lease_owner END
        FROM source WHERE {WANTED} ORDER BY name
        """,
        _Source,
    )
    COUNTED = """
        SELECT rows.source_id, %s, COUNT(*) FROM %s AS rows JOIN source ON source.id = rows.source_id
        WHERE %s AND %s GROUP BY 1, 2
    """
    COUNT_CONTENTS = Statement(COUNTED % ("rows.object", "content", WANTED, "rows.deleted_at IS NULL"), _Count)
    COUNT_IDENTITIES = Statement(COUNTED % ("'identity'", "identity", WANTED, "TRUE"), _Count)
    COUNT_ENTRIES = Statement(COUNTED % ("rows.status", "outbox", WANTED, "TRUE"), _Count)
    LAST_CYCLES = Statement(
        f"""
        SELECT {OWN_CYCLE} FROM cycle JOIN source ON source.id = cycle.source_id
        WHERE {WANTED} AND cycle.id = (
            SELECT MAX(own.id) FROM cycle AS own WHERE own.source_id = source.id AND own.kind = 'cycle'
        )
        """,
        read_cycle,
    )
    ALL_SINCE = Statement(
        f"""
        SELECT cursor.source_id, cursor.object, cursor.since_id
        FROM cursor JOIN source ON source.id = cursor.source_id WHERE {WANTED} ORDER BY cursor.object
        """,
        _Since,
    )

    def overview(self, names: Sequence[str] | None = None) -> list[Record]:
        """One record for each source: counts of contents and exports, its last cycle, who crawls it now (CY2).

        A handful of statements, however many sources there are.
        """
        wanted: Record = {"every": names is None, "names": list(names or ())}

        def counted(rows: list[_Count]) -> dict[int, dict[str, int]]:
            counts: dict[int, dict[str, int]] = defaultdict(dict)
            for row in rows:
                counts[row.source_id][row.of] = row.rows
            return counts

        with self.reading() as tx:
            sources = tx.all(self.SOURCES, **wanted)
            contents = counted(tx.all(self.COUNT_CONTENTS, **wanted))
            identities = counted(tx.all(self.COUNT_IDENTITIES, **wanted))
            exports = counted(tx.all(self.COUNT_ENTRIES, **wanted))
            last = {row.source_id: row.record for row in tx.all(self.LAST_CYCLES, **wanted)}
            since: dict[int, dict[str, str | None]] = defaultdict(dict)
            for cursor in tx.all(self.ALL_SINCE, **wanted):
                since[cursor.source_id][cursor.object] = restored(cursor.since_id)
        return [
            {
                "source": row.name,
                "base_uri": row.base_uri,
                "contents": contents.get(row.id, {}),
                "identities": sum(identities.get(row.id, {}).values()),
                "exports": exports.get(row.id, {}),
                "cursors": since.get(row.id, {}),
                "failures": row.failures,
                "last_cycle": last.get(row.id),
                **row.holder(),
            }
            for row in sources
        ]
