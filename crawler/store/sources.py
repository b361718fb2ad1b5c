"""Sources: their rows, what they last declared, and their leases (CY2, CY5)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from crawler.errors import LeaseLost, SourceBusy
from crawler.store.database import Database
from crawler.store.lease import holder_is_gone
from crawler.store.rows import SOURCE, stamp
from crawler.sync.state import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write for one source during one cycle (CY2). `seconds` is how long it lasts after each write."""

    source_id: int
    source: str
    cycle_id: int
    fence: int
    seconds: int


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

    def _register(self, session: Session, source: Source) -> int:
        row = session.execute(
            sa.select(SOURCE.c.id, SOURCE.c.fingerprint).where(SOURCE.c.name == source.name)
        ).one_or_none()
        if row is None:
            values = {"name": source.name, "base_uri": source.base_uri, "fingerprint": source.fingerprint}
            made: int = session.execute(
                sa.insert(SOURCE).values(**values, failures=0, fence=0).returning(SOURCE.c.id)
            ).scalar_one()
            return made
        source_id: int = row[0]
        if row[1] != source.fingerprint:
            session.execute(
                sa.update(SOURCE)
                .where(SOURCE.c.id == source_id)
                .values(base_uri=source.base_uri, fingerprint=source.fingerprint, info=None, info_at=None)
            )
        return source_id

    def _take_lease(self, session: Session, source: Source, owner: str, now: datetime) -> tuple[int, int, int]:
        """Take the source's lease; returns the source's id, the fence, and how many seconds the lease lasts.

        The lease of a process of this machine that is gone is taken over at once. Raises `SourceBusy`.
        """
        source_id = self._register(session, source)
        query = sa.select(SOURCE.c.lease_owner, SOURCE.c.fence, SOURCE.c.lease_until - self.clock())
        holder, fence, left = session.execute(query.where(SOURCE.c.id == source_id)).one()
        if holder is not None and left > 0 and not holder_is_gone(holder):
            raise SourceBusy(source.name, holder, left)
        seconds = round(5 * source.deadline) + 60  # `implementation.info`, sent twice, and three lists of nothing new
        values = {"lease_owner": owner, "fence": fence + 1, "last_started_at": stamp(now)}
        values["lease_until"] = self.clock() + seconds
        session.execute(sa.update(SOURCE).where(SOURCE.c.id == source_id).values(values))
        return source_id, fence + 1, seconds

    def _hold(self, session: Session, lease: Lease) -> None:
        """Renew the lease, or end the transaction: the fence has risen if another process took the source over."""
        held = session.execute(
            sa.update(SOURCE)
            .where(SOURCE.c.id == lease.source_id, SOURCE.c.fence == lease.fence)
            .values(lease_until=self.clock() + lease.seconds)
        )
        if held.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has one
            raise LeaseLost(
                f"{lease.source}: another process took this source over while this cycle ran",
                hint="nothing is lost: that process goes on where this one stopped",
            )
