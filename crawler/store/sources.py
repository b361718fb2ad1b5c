"""Sources: their rows, what they last declared, and their leases (CY2, CY5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

import sqlalchemy as sa
from sqlalchemy import RowMapping
from sqlmodel import Session

from crawler.errors import LeaseLost, SourceBusy
from crawler.store.database import Database
from crawler.store.lease import holder_is_gone
from crawler.store.rows import SOURCE, stamp
from crawler.sync.schedule import TOLERANCE, slot
from crawler.sync.state import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write for one source during one cycle (CY2).

    `seconds` is how long it lasts after each write. `due` is when the cycle was due, and `taken` when the lease was
    taken, or the cycle begun, in seconds since 1970 by the database's clock. `failing` says that the cycle before this
    one failed. `cycle_id` is 0 until the cycle has begun.
    """

    source_id: int
    source: str
    fence: int
    seconds: float
    due: float
    taken: float
    failing: bool = False
    cycle_id: int = 0

    @property
    def started(self) -> float:
        """When the cycle starts: not before it is due."""
        return max(self.due, self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the row of a source says while its lease is held; `now` is the database's clock."""

    fingerprint: str
    failures: int
    period: float | None
    managed: bool
    now: float


class SourceStore(Database):
    """The part of the store that knows sources."""

    def register(self, source: Source) -> int:
        """The id of the source's row, which is made, or follows changed settings (CY5)."""
        with self.writing() as session:
            return self._register(session, source)

    def save_info(self, source: Source, info: bytes, now: datetime) -> None:
        """Store an implementation info that was asked for outside a cycle (CY5)."""
        with self.writing() as session:
            source_id = self._register(session, source)
            values = {"info": info.decode(), "info_at": stamp(now)}
            session.execute(sa.update(SOURCE).where(SOURCE.c.id == source_id).values(values))

    def stored_info(self, source: Source) -> bytes | None:
        """The newest implementation info under the source's present settings, if there is one (CY3, CY5)."""
        query = sa.select(SOURCE.c.info).where(SOURCE.c.name == source.name, SOURCE.c.fingerprint == source.fingerprint)
        with self.reading() as session:
            info: str | None = session.execute(query).scalar()
        return info.encode() if info else None

    def manage(self, sources: Sequence[Source]) -> None:
        """Let exactly these sources be crawled by daemons.

        New ones, and those whose settings have changed, are due at once (CY5). The others keep their rhythm; slots that
        were missed while no daemon ran are skipped.
        """
        names = ("name", "fingerprint", "managed", "period", "due_at")
        query = sa.select(*(SOURCE.c[name] for name in names))
        with self.writing() as session:
            now: float = session.execute(sa.select(self.clock())).scalar_one()
            rows = {row["name"]: row for row in session.execute(query).mappings()}
            changes: list[dict[str, Any]] = []
            for source in sorted(sources, key=lambda source: source.name):  # two daemons lock rows in the same order
                row = rows.get(source.name)
                due = _due(source, row, now)
                if row is None or row["fingerprint"] != source.fingerprint:
                    self._register(session, source)
                if row is None or not row["managed"] or due != row["due_at"]:
                    changes.append({"its_name": source.name, "managed": True, "due_at": due})
            wanted = {source.name for source in sources}
            gone = sorted(name for name, row in rows.items() if row["managed"] and name not in wanted)
            changes.extend({"its_name": name, "managed": False, "due_at": None} for name in gone)
            if changes:
                own = SOURCE.c.name == sa.bindparam("its_name")
                values: dict[str, Any] = {name: sa.bindparam(name) for name in ("managed", "due_at")}
                session.execute(sa.update(SOURCE).where(own).values(values), changes)

    def enable(self, source: Source) -> bool:
        """Switch a source on again that was switched off (CY6); returns whether it was off."""
        off = (SOURCE.c.name == source.name, SOURCE.c.disabled_at.is_not(None))
        values: dict[str, Any] = {"disabled_at": None, "failures": 0, "due_at": self.clock()}
        with self.writing() as session:
            done = session.execute(sa.update(SOURCE).where(*off).values(values))
            return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has one

    def claim(self, owner: str, *, limit: int, ahead: float = 0, failing: int | None = None) -> list[Lease]:
        """Take up to `limit` leases of managed sources that are due within `ahead` seconds, the longest overdue first.

        Not more than `failing` are of sources whose last cycle failed (CY4). What another daemon is claiming at this
        moment is passed over.
        """
        share = limit if failing is None else max(0, min(failing, limit))
        with self.writing() as session:
            leases = self._claim(session, owner, share, ahead, failing=True)
            leases += self._claim(session, owner, limit - len(leases), ahead, failing=False)
        return sorted(leases, key=lambda lease: lease.due)

    def _claim(self, session: Session, owner: str, limit: int, ahead: float, *, failing: bool) -> list[Lease]:
        if limit <= 0:
            return []
        now = self.clock()
        free = sa.or_(SOURCE.c.lease_owner.is_(None), SOURCE.c.lease_until <= now)
        fares = SOURCE.c.failures > 0 if failing else SOURCE.c.failures == 0
        due = (
            sa.select(SOURCE.c.id)
            .where(SOURCE.c.managed, SOURCE.c.disabled_at.is_(None), SOURCE.c.due_at <= now + ahead, free, fares)
            .order_by(SOURCE.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
            .cte("due")  # evaluated once: a subquery may be run, and locks taken, once for each row
        )
        values = {"lease_owner": owner, "lease_until": now + SOURCE.c.lease_seconds, "fence": SOURCE.c.fence + 1}
        columns = (SOURCE.c.id, SOURCE.c.name, SOURCE.c.fence, SOURCE.c.lease_seconds, SOURCE.c.due_at, now)
        claimed = SOURCE.c.id.in_(sa.select(due.c.id))
        rows = session.execute(sa.update(SOURCE).where(claimed).values(values).returning(*columns)).all()
        return [
            Lease(source_id=r[0], source=r[1], fence=r[2], seconds=r[3], due=r[4], taken=r[5], failing=failing)
            for r in rows
        ]

    def release(self, lease: Lease, due: float | None = None) -> None:
        """Give a lease back without a cycle: the source stays due, or is so at `due` if it would still be due now."""
        own = (SOURCE.c.id == lease.source_id, SOURCE.c.fence == lease.fence)
        values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
        if due is not None:
            values["due_at"] = sa.case((SOURCE.c.due_at <= lease.due, due), else_=SOURCE.c.due_at)
        with self.writing() as session:
            session.execute(sa.update(SOURCE).where(*own).values(values))

    def _register(self, session: Session, source: Source) -> int:
        query = sa.select(SOURCE.c.id, SOURCE.c.fingerprint).where(SOURCE.c.name == source.name)
        row = session.execute(query).one_or_none()
        settings = {
            "base_uri": source.address,
            "fingerprint": source.fingerprint,
            # `implementation.info`, sent twice, and three lists of nothing new, without a write between them
            "lease_seconds": 5 * source.deadline + 60,
        }
        if row is None:
            values = {"name": source.name, "failures": 0, "fence": 0, "managed": False, **settings}
            insert = self.insert_into(SOURCE).values(values).on_conflict_do_nothing()
            made: int | None = session.execute(insert.returning(SOURCE.c.id)).scalar_one_or_none()
            if made is not None:
                return made
            row = session.execute(query).one()  # another process was quicker
        source_id: int = row[0]
        if row[1] != source.fingerprint:
            own = sa.update(SOURCE).where(SOURCE.c.id == source_id)
            session.execute(own.values(**settings, info=None, info_at=None))
        return source_id

    def _take_lease(self, session: Session, source: Source, owner: str) -> Lease:
        """Take the source's lease, whether it is due or not.

        The lease of a process of this machine that is gone is taken over at once. Raises `SourceBusy`.
        """
        source_id = self._register(session, source)
        now, own = self.clock(), SOURCE.c.id == source_id
        query = sa.select(SOURCE.c.lease_owner, SOURCE.c.lease_until - now, now).where(own).with_for_update()
        holder, left, taken = session.execute(query).one()
        if holder is not None and left > 0 and not holder_is_gone(holder):
            raise SourceBusy(source.name, holder, ceil(left))
        values = {"lease_owner": owner, "lease_until": now + SOURCE.c.lease_seconds, "fence": SOURCE.c.fence + 1}
        fence, seconds = session.execute(
            sa.update(SOURCE).where(own).values(values).returning(SOURCE.c.fence, SOURCE.c.lease_seconds)
        ).one()
        return Lease(source_id=source_id, source=source.name, fence=fence, seconds=seconds, due=taken, taken=taken)

    def _hold(self, session: Session, lease: Lease) -> Held:
        """Renew the lease, or end the transaction: the fence has risen if another process took the source over."""
        now = self.clock()
        row = session.execute(
            sa.update(SOURCE)
            .where(SOURCE.c.id == lease.source_id, SOURCE.c.fence == lease.fence)
            .values(lease_until=now + lease.seconds)
            .returning(SOURCE.c.fingerprint, SOURCE.c.failures, SOURCE.c.period, SOURCE.c.managed, now)
        ).one_or_none()
        if row is None:
            raise LeaseLost(
                f"{lease.source}: another process took this source over while this cycle ran",
                hint="nothing is lost: that process goes on where this one stopped",
            )
        return Held(fingerprint=row[0], failures=row[1], period=row[2], managed=row[3], now=row[4])


def _due(source: Source, row: RowMapping | None, now: float) -> float:
    """When a source of the configuration is due that stands in `row`, or in none yet."""
    if row is None or row["fingerprint"] != source.fingerprint or not row["managed"]:
        return now
    due: float | None = row["due_at"]
    longest = max(source.list_interval, source.no_list_interval, source.backoff_cap)
    if due is None or due < now - TOLERANCE or due > now + 2 * longest:  # the clock was set back
        return slot(source.name, row["period"] or source.list_interval, now)
    return due
