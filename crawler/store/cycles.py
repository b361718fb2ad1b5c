"""What a cycle reads and writes. Every write holds the lease of its source, or fails (CY2)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any, NamedTuple

from crawler.protocol.envelope import Exchange
from crawler.store.contents import CURSOR, put_exchanges, read_cursor
from crawler.store.leases import Lease, Leases, hold, release
from crawler.store.rows import stamp
from crawler.store.sources import save_info
from crawler.store.sql import Statement, value
from crawler.sync.report import CycleReport, Kind
from crawler.sync.schedule import Outlook, answered_by, look_ahead
from crawler.sync.source import Source
from crawler.sync.state import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A cycle that has begun: its lease, and the cursors from which it goes on (by object).

    `lookups` says whether threads wait to be fetched (LS9), `exports` whether entries are pending. `at` is the moment
    `lease.taken` by the event loop's clock, or a little before.
    """

    lease: Lease
    started: datetime
    cursors: Mapping[str, Cursor]
    lookups: bool
    exports: bool
    at: float = field(default_factory=monotonic)


OWN_CURSOR = ", ".join(f"cursor.{name}" for name in CURSOR.split(", "))


class _Beginning(NamedTuple):
    """A cursor, or none, and beside each the same of its source."""

    object: str | None
    since_id: str | None
    trail: str
    checked_at: str | None
    page_mark: str | None
    page_seen: str | None
    lookups: Any
    exports: Any
    newest: str | None
    beyond: int | None


class Cycles(Leases):
    """The part of the store that begins and ends cycles."""

    START = Statement("UPDATE source SET last_started_at = :started_at WHERE id = :source_id")
    START_AND_PLAN = Statement("""
        UPDATE source SET last_started_at = :started_at, due_at = :due_at WHERE id = :source_id
    """)
    # All that a cycle begins with, by one statement: a daemon of many idle sources does little else.
    BEGINNING = Statement(
        f"""
        SELECT {OWN_CURSOR},
            EXISTS (SELECT * FROM lookup WHERE source_id = :source_id AND asked_at IS NULL),
            EXISTS (SELECT * FROM outbox WHERE source_id = :source_id AND status = 'export_pending'),
            (SELECT outcome FROM cycle WHERE source_id = :source_id ORDER BY id DESC LIMIT 1),
            (SELECT id FROM cycle WHERE source_id = :source_id ORDER BY id DESC LIMIT 1 OFFSET :kept)
        FROM source LEFT JOIN cursor ON cursor.source_id = source.id WHERE source.id = :source_id
        """,
        _Beginning,
    )
    INTERRUPT = Statement("""
        UPDATE cycle SET outcome = 'interrupted' WHERE source_id = :source_id AND outcome = 'running'
    """)
    FORGET_EXCHANGES = Statement("""
        DELETE FROM exchange
        WHERE cycle_id IN (SELECT id FROM cycle WHERE source_id = :source_id AND id <= :last)
    """)
    FORGET_CYCLES = Statement("DELETE FROM cycle WHERE source_id = :source_id AND id <= :last")
    INSERT_CYCLE = Statement(
        """
        INSERT INTO cycle (source_id, started_at, kind, outcome) VALUES (:source_id, :started_at, :kind, 'running')
        RETURNING id
        """,
        value,
    )

    def begin_cycle(
        self, source: Source, owner: str, now: datetime, lease: Lease | None = None, *, kind: Kind = "cycle"
    ) -> Begun:
        """Begin a cycle under `lease`, or under one that is taken now. A push leaves the schedule alone (LS8).

        The source's oldest cycles are forgotten that are beyond its `keep_cycles`.

        Raises `SourceBusy` where another process holds it, or `LeaseLost`.
        """
        with self.transaction() as tx:
            at = monotonic()
            if lease is None:
                lease, held = self._take_lease(tx, source, owner)
            else:
                held = hold(tx, lease)
            lease = replace(lease, taken=held.now)
            source_id = lease.source_id
            if kind == "push":
                pass
            elif held.fingerprint == source.fingerprint:
                # Due again already now: should this process die, whoever takes over keeps the interval (CY1).
                latest = answered_by(source, lease.started)
                due = look_ahead(source, period=held.period, answered=latest, failures=held.failures).due
                tx.run(self.START_AND_PLAN, source_id=source_id, started_at=stamp(now), due_at=due)
            else:  # its new settings stay due (CY5)
                tx.run(self.START, source_id=source_id, started_at=stamp(now))
            rows = tx.all(self.BEGINNING, source_id=source_id, kept=max(source.keep_cycles - 1, 0))
            if rows[0].newest == "running":  # it does not any more: the lease is ours
                tx.run(self.INTERRUPT, source_id=source_id)
            if rows[0].beyond is not None:
                for forget in (self.FORGET_EXCHANGES, self.FORGET_CYCLES):
                    tx.run(forget, source_id=source_id, last=rows[0].beyond)
            cycle_id = tx.only(self.INSERT_CYCLE, source_id=source_id, started_at=stamp(now), kind=kind)
        return Begun(
            lease=replace(lease, cycle_id=cycle_id),
            started=now,
            cursors={row.object: read_cursor(row.object, *row[1:6]) for row in rows if row.object is not None},
            lookups=bool(rows[0].lookups),
            exports=bool(rows[0].exports),
            at=at,
        )

    END_CYCLE = Statement("""
        UPDATE cycle SET ended_at = :ended_at, outcome = :outcome, report = :report WHERE id = :cycle_id
    """)
    # What is given as NULL for `info` or `disabled_at` stays as it was.
    END_AND_PLAN = Statement("""
        UPDATE source SET lease_owner = NULL, lease_until = NULL, failures = :failures, period = :period,
            due_at = :due_at, info = COALESCE(CAST(:info AS TEXT), info),
            info_at = COALESCE(CAST(:info_at AS TEXT), info_at),
            disabled_at = COALESCE(CAST(:disabled_at AS TEXT), disabled_at)
        WHERE id = :source_id
    """)
    END = Statement("""
        UPDATE source SET lease_owner = NULL, lease_until = NULL, failures = :failures WHERE id = :source_id
    """)

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
    ) -> Outlook | None:
        """Store the report, the newest implementation info if it could be had, and give the lease back.

        A push (LS8) changes neither when the source is due nor how often it failed, and has no outlook.

        An interrupted cycle is followed by the next one like any other. Where the source's settings were changed while
        the cycle ran, what was declared under the old ones is forgotten, and the new ones stay due (CY5): the old ones
        neither plan a cycle nor switch the source off.
        """
        outcome = "interrupted" if interrupted else "failed" if report.failed else "succeeded"
        with self.transaction() as tx:
            held = hold(tx, lease)
            shown = json.dumps(report.as_json())  # ASCII: OB12
            if source.credentials.may_stand_in(shown):
                shown = json.dumps(source.credentials.withhold_all(report.as_json()))
            tx.run(self.END_CYCLE, cycle_id=lease.cycle_id, ended_at=stamp(now), outcome=outcome, report=shown)
            outlook = None
            if report.kind == "push":
                if info is not None and held.fingerprint == source.fingerprint:
                    save_info(tx, lease.source_id, info, now)
                release(tx, lease)
            else:
                outlook = look_ahead(
                    source,
                    period=report.interval or held.period,
                    answered=lease.started if lease.answered is None else lease.answered,
                    failures=held.failures + 1 if report.nothing_had else held.failures if interrupted else 0,
                    # New sources, and those of a file that has changed, begin together.
                    late=inf if held.period is None and lease.early is None else lease.late,
                    effort=report.vain_effort,
                )
                if held.fingerprint == source.fingerprint:
                    tx.run(
                        self.END_AND_PLAN,
                        source_id=lease.source_id,
                        failures=outlook.failures,
                        period=outlook.period,
                        due_at=outlook.due,
                        info=info.decode() if info is not None else None,
                        info_at=stamp(now) if info is not None else None,
                        disabled_at=stamp(now) if outlook.disabled else None,
                    )
                else:
                    tx.run(self.END, source_id=lease.source_id, failures=outlook.failures)
            put_exchanges(tx, lease, exchanges)
        return outlook

    OLD = Statement(
        """
        SELECT id FROM cycle
        WHERE started_at < :before AND id NOT IN (SELECT MAX(id) FROM cycle GROUP BY source_id)
        ORDER BY id LIMIT :at_most
        """,
        value,
    )
    FORGET_EXCHANGES_OF = Statement("DELETE FROM exchange WHERE cycle_id = :cycle_id")
    FORGET_CYCLE = Statement("DELETE FROM cycle WHERE id = :cycle_id")

    def prune(self, before: datetime, limit: int) -> int:
        """Forget the oldest cycles that began before a moment, at most `limit`, with their exchanges; returns how many.

        Each source's newest cycle is kept, and so is every one that may still run.
        """
        with self.transaction() as tx:
            gone = [(cycle_id,) for cycle_id in tx.all(self.OLD, before=stamp(before), at_most=limit)]
            tx.many(self.FORGET_EXCHANGES_OF, gone)
            tx.many(self.FORGET_CYCLE, gone)
        return len(gone)
