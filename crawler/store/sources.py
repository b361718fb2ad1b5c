"""Sources: their rows, and what they last declared (CY5)."""

from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import NamedTuple

from crawler.store.database import Database
from crawler.store.rows import stamp
from crawler.store.sql import Statement, Transaction, value
from crawler.sync.leases import LEASE_SECONDS
from crawler.sync.schedule import answered_by, look_ahead
from crawler.sync.source import Source

UNKNOWN = ""
"""The fingerprint of a source that came from another database: under which settings it was crawled is not known."""


class Found(NamedTuple):
    """A source's id, and the settings under which it was crawled."""

    id: int
    fingerprint: str


FIND = Statement("SELECT id, fingerprint FROM source WHERE name = :name", Found)
INSERT = Statement(
    f"""
    INSERT INTO source (name, base_uri, fingerprint, failures, managed, lease_seconds, fence)
    VALUES (:name, :base_uri, :fingerprint, 0, FALSE, {LEASE_SECONDS:.0f}, 0)
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
    value,
)
# What was declared under the old settings is forgotten, and the interval with it (CY5).
CHANGE = Statement("""
    UPDATE source SET base_uri = :base_uri, fingerprint = :fingerprint, info = NULL, info_at = NULL, period = NULL
    WHERE id = :source_id
""")


def register(tx: Transaction, source: Source) -> int:
    """The id of the source's row, which is made, or follows changed settings (CY5)."""
    found = tx.one(FIND, name=source.name)
    settings = {"base_uri": source.address, "fingerprint": source.fingerprint}
    if found is None:
        made: int | None = tx.one(INSERT, name=source.name, **settings)
        if made is not None:
            return made
        found = tx.one(FIND, name=source.name)  # another process was quicker
        assert found is not None  # noqa: S101 - for the type: a source is only deleted by hand
    if found.fingerprint != source.fingerprint:
        tx.run(CHANGE, source_id=found.id, **settings)
    return found.id


class _Row(NamedTuple):
    name: str
    fingerprint: str
    managed: bool
    due_at: float | None


SAVE_INFO = Statement("UPDATE source SET info = :info, info_at = :info_at WHERE id = :source_id")


def save_info(tx: Transaction, source_id: int, info: bytes, now: datetime) -> None:
    """Store the newest implementation info of a source."""
    tx.run(SAVE_INFO, source_id=source_id, info=info.decode(), info_at=stamp(now))


class Sources(Database):
    """The part of the store that knows sources."""

    def register(self, source: Source) -> int:
        """The id of the source's row, which is made, or follows changed settings (CY5)."""
        with self.transaction() as tx:
            return register(tx, source)

    def save_info(self, source: Source, info: bytes, now: datetime) -> None:
        """Store an implementation info that was asked for outside a cycle (CY5)."""
        with self.transaction() as tx:
            save_info(tx, register(tx, source), info, now)

    STORED_INFO = Statement("SELECT info FROM source WHERE name = :name AND fingerprint = :fingerprint", value)

    def stored_info(self, source: Source) -> bytes | None:
        """The newest implementation info under the source's present settings, if there is one (CY3, CY5)."""
        with self.transaction(writing=False) as tx:
            info: str | None = tx.one(self.STORED_INFO, name=source.name, fingerprint=source.fingerprint)
        return info.encode() if info else None

    CLOCK = Statement("SELECT {now}", value)
    MANAGED = Statement("SELECT name, fingerprint, managed, due_at FROM source", _Row)
    MANAGE = Statement("UPDATE source SET managed = :managed, due_at = :due_at WHERE name = :name")
    PENDING_COUNT = Statement(
        """
        SELECT COUNT(*) FROM outbox JOIN source ON source.id = outbox.source_id
        WHERE source.name = :name AND outbox.status = 'export_pending'
        """,
        value,
    )

    def manage(self, sources: Sequence[Source]) -> dict[str, int]:
        """Let exactly these sources be crawled by daemons.

        New ones, and those whose settings have changed, are due at once (CY5). The others stay due when they were, also
        after cycles by hand: for what was missed while no daemon ran comes one late cycle, and no more (CY1). Leases
        stay as they are.

        Returns those that daemons crawled until now and that have entries pending, with the numbers of these: nobody
        sends them. Raises `DatabaseTooNew`.
        """
        with self.transaction() as tx:
            self._check_schema(tx)
            now = tx.only(self.CLOCK)
            rows = {row.name: row for row in tx.all(self.MANAGED)}
            changes: list[tuple[object, ...]] = []  # as `MANAGE` names them
            for source in sorted(sources, key=lambda source: source.name):  # two daemons lock rows in the same order
                row = rows.get(source.name)
                due = _due(source, row, now)
                if row is None or row.fingerprint != source.fingerprint:
                    register(tx, source)
                if row is None or not row.managed or due != row.due_at:
                    changes.append((True, due, source.name))
            wanted = {source.name for source in sources}
            gone = sorted(row.name for row in rows.values() if row.managed and row.name not in wanted)
            changes.extend((False, rows[name].due_at, name) for name in gone)
            tx.many(self.MANAGE, changes)
            pending: dict[str, int] = {name: tx.only(self.PENDING_COUNT, name=name) for name in gone}
        return {name: count for name, count in pending.items() if count}

    ENABLE = Statement("""
        UPDATE source SET disabled_at = NULL, failures = 0, due_at = {now}
        WHERE name = :name AND disabled_at IS NOT NULL
    """)

    def enable(self, source: Source) -> bool:
        """Switch a source on again that was switched off (CY6), due at once; returns whether it was off."""
        with self.transaction() as tx:
            return bool(tx.run(self.ENABLE, name=source.name))


def _due(source: Source, row: _Row | None, now: float) -> float:
    """When a source of the configuration is due that stands in `row`, or in none yet."""
    if row is None or row.due_at is None or row.fingerprint not in (source.fingerprint, UNKNOWN):
        return now
    period = max(source.list_interval, source.no_list_interval)
    if row.due_at > answered_by(source, now) + 2 * max(period, source.backoff_cap):  # the clock was set back
        return look_ahead(source, period=period, answered=now, failures=0, late=inf).due
    return row.due_at if row.managed else max(row.due_at, now)  # nobody was late with what nobody was to crawl
