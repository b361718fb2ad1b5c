"""Writing contents, identities and exchanges within a transaction that holds a lease."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content, User
from crawler.store.rows import (
    CONTENT,
    CURSOR,
    EXCHANGE,
    IDENTITY,
    LOOKUP,
    chunks,
    content_values,
    exchange_values,
    stamp,
    user_values,
)
from crawler.store.sources import Lease, SourceStore

CONTENT_KEY = ("source_id", "object", "foreign_id")
KEPT_ON_UPDATE = frozenset({*CONTENT_KEY, "imported_at", "content_id"})


class ContentStore(SourceStore):
    """The part of the store that writes what partners show."""

    def _put_contents(self, session: Session, lease: Lease, contents: Sequence[Content], now: datetime) -> None:
        """Insert or update contents. Threads that messages name and nobody knows are noted, to be looked up (LS9)."""
        rows = [content_values(lease.source_id, content, stamp(now)) for content in contents]
        changed = sa.or_(CONTENT.c.digest != sa.text("excluded.digest"), CONTENT.c.deleted_at.is_not(None))
        self._put(session, CONTENT, rows, CONTENT_KEY, kept=KEPT_ON_UPDATE, where=changed)
        threads = [content.id for content in contents if content.object == "threads"]
        for ids in chunks(threads):
            session.execute(
                sa.delete(LOOKUP).where(LOOKUP.c.source_id == lease.source_id, LOOKUP.c.foreign_id.in_(ids))
            )
        named = sorted({content.thread_id for content in contents if content.thread_id is not None})
        for ids in chunks(named):
            query = sa.select(CONTENT.c.foreign_id).where(
                CONTENT.c.source_id == lease.source_id, CONTENT.c.object == "threads", CONTENT.c.foreign_id.in_(ids)
            )
            unknown = set(ids).difference(session.execute(query).scalars())
            wanted = [{"source_id": lease.source_id, "foreign_id": thread_id} for thread_id in sorted(unknown)]
            if wanted:
                session.execute(self.insert_into(LOOKUP).on_conflict_do_nothing(), wanted)

    def _put_users(self, session: Session, lease: Lease, users: Sequence[User]) -> None:
        rows = [user_values(lease.source_id, user) for user in users]
        first = {"created_at": sa.func.coalesce(IDENTITY.c.created_at, sa.text("excluded.created_at"))}  # OB11
        self._put(session, IDENTITY, rows, ("source_id", "foreign_id"), instead=first)

    def _put_exchanges(self, session: Session, lease: Lease, exchanges: Sequence[Exchange]) -> None:
        if exchanges:
            rows = [exchange_values(lease.cycle_id, exchange) for exchange in exchanges]
            session.execute(sa.insert(EXCHANGE), rows)

    def _delete(self, session: Session, lease: Lease, object_name: str, foreign_id: str, now: datetime) -> None:
        own = (CONTENT.c.source_id == lease.source_id, CONTENT.c.object == object_name)
        session.execute(
            sa.update(CONTENT).where(*own, CONTENT.c.foreign_id == foreign_id).values(deleted_at=stamp(now))
        )
        cursors = (CURSOR.c.source_id == lease.source_id, CURSOR.c.since_id == foreign_id)
        session.execute(sa.update(CURSOR).where(*cursors).values(checked_at=None))  # LS11: look at the next chance

    def _put(
        self,
        session: Session,
        of: sa.Table,
        values: Sequence[dict[str, Any]],
        key: tuple[str, ...],
        *,
        kept: frozenset[str] = frozenset(),
        instead: Mapping[str, Any] | None = None,
        where: sa.ColumnElement[bool] | None = None,
    ) -> None:
        """Insert rows, or update those whose `key` is there already, except for the columns `kept`, where it says."""
        if not values:
            return
        insert = self.insert_into(of)
        changes: dict[str, Any] = {
            name: insert.excluded[name] for name in values[0] if name not in key and name not in kept
        }
        changes.update(instead or {})
        session.execute(insert.on_conflict_do_update(index_elements=list(key), set_=changes, where=where), values)
