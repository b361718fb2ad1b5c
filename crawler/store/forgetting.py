"""Sources that stand in no configuration any more: found by the name that they are stored under, and forgotten."""

from typing import Any

import sqlalchemy as sa

from crawler.errors import SourceBusy, UnknownContent
from crawler.store.database import Database
from crawler.store.holder import shown
from crawler.store.schema import CONTENT, CURSOR, CYCLE, EXCHANGE, IDENTITY, LOOKUP, OUTBOX, SOURCE
from crawler.sync.state import Status

OWNED = {
    "exchanges": EXCHANGE,
    "cycles": CYCLE,
    "contents": CONTENT,
    "identities": IDENTITY,
    "cursors": CURSOR,
    "lookups": LOOKUP,
    "outbox": OUTBOX,
}
"""What belongs to a source, in an order in which it can be deleted."""


class ForgettingStore(Database):
    """The part of the store that finds stored sources, and forgets them."""

    def find_stored(self, where: str) -> tuple[str, str] | None:
        """Name and base URI of the source that is stored under a name, or else of the only one at a URL."""
        columns = sa.select(SOURCE.c.name, SOURCE.c.base_uri)
        with self.reading() as session:
            found = session.execute(columns.where(SOURCE.c.name == where)).all()
            found = found or session.execute(columns.where(SOURCE.c.base_uri == where)).all()
        return (found[0][0], found[0][1]) if len(found) == 1 else None

    def count_stored(self, name: str) -> dict[str, int]:
        """How much is stored of a source, by kind; `pending` are those entries of its `outbox` that are not yet sent.

        Raises `UnknownContent`.
        """
        with self.reading() as session:
            source_id = self._id_of(session, name)
            queries = {kind: _counting(table, source_id) for kind, table in OWNED.items()}
            queries["pending"] = _counting(OUTBOX, source_id).where(OUTBOX.c.status == str(Status.PENDING))
            return {kind: session.execute(query).scalar_one() for kind, query in queries.items()}

    def forget(self, name: str) -> None:
        """Delete a source and all that is stored of it, in one transaction: all of it, or nothing.

        Raises `UnknownContent`, or `SourceBusy` while somebody crawls it.
        """
        with self.writing() as session:
            source_id = self._id_of(session, name)
            own = SOURCE.c.id == source_id
            lease = sa.select(SOURCE.c.lease_owner, SOURCE.c.lease_until - self.clock()).where(own).with_for_update()
            holder, left = session.execute(lease).one()
            if holder is not None and left > 0:
                raise SourceBusy(name, shown(holder), int(left) + 1)
            for table in OWNED.values():
                session.execute(sa.delete(table).where(_of(table, source_id)))
            session.execute(sa.delete(SOURCE).where(own))

    @staticmethod
    def _id_of(session: Any, name: str) -> int:
        found: int | None = session.execute(sa.select(SOURCE.c.id).where(SOURCE.c.name == name)).scalar()
        if found is None:
            raise UnknownContent(f"nothing is stored of {name}")
        return found


def _counting(table: sa.Table, source_id: int) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(table).where(_of(table, source_id))


def _of(table: sa.Table, source_id: int) -> sa.ColumnElement[bool]:
    if table is EXCHANGE:
        return EXCHANGE.c.cycle_id.in_(sa.select(CYCLE.c.id).where(CYCLE.c.source_id == source_id))
    own: sa.ColumnElement[bool] = table.c.source_id == source_id
    return own
