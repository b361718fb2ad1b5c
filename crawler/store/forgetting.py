"""Sources that stand in no configuration any more: found by the name that they are stored under, and forgotten."""

from typing import NamedTuple

from crawler.errors import SourceBusy, UnknownContent
from crawler.store.database import Database
from crawler.store.holder import shown
from crawler.store.sql import Statement, Transaction, value

OWNED = {
    "exchanges": "exchange WHERE cycle_id IN (SELECT id FROM cycle WHERE source_id = :source_id)",
    "cycles": "cycle WHERE source_id = :source_id",
    "contents": "content WHERE source_id = :source_id",
    "identities": "identity WHERE source_id = :source_id",
    "cursors": "cursor WHERE source_id = :source_id",
    "lookups": "lookup WHERE source_id = :source_id",
    "outbox": "outbox WHERE source_id = :source_id",
}
"""What belongs to a source, in an order in which it can be deleted."""

PENDING = {"pending": "outbox WHERE source_id = :source_id AND status = 'export_pending'"}
COUNTS = {kind: Statement(f"SELECT COUNT(*) FROM {rows}", value) for kind, rows in {**OWNED, **PENDING}.items()}
DELETES = [Statement(f"DELETE FROM {rows}") for rows in OWNED.values()]


class _Stored(NamedTuple):
    name: str
    base_uri: str


class _Holder(NamedTuple):
    owner: str | None  # and `left` is None with it
    left: float


class Forgetting(Database):
    """The part of the store that finds stored sources, and forgets them."""

    BY_NAME = Statement("SELECT name, base_uri FROM source WHERE name = :here", _Stored)
    BY_URL = Statement("SELECT name, base_uri FROM source WHERE base_uri = :here", _Stored)

    def find_stored(self, where: str) -> tuple[str, str] | None:
        """Name and base URI of the source that is stored under a name, or else of the only one at a URL."""
        with self.reading() as tx:
            found = tx.all(self.BY_NAME, here=where) or tx.all(self.BY_URL, here=where)
        return found[0] if len(found) == 1 else None

    def count_stored(self, name: str) -> dict[str, int]:
        """How much is stored of a source, by kind; `pending` are those entries of its `outbox` that are not yet sent.

        Raises `UnknownContent`.
        """
        with self.reading() as tx:
            source_id = self._id_of(tx, name)
            return {kind: tx.only(count, source_id=source_id) for kind, count in COUNTS.items()}

    HOLDER = Statement(
        "SELECT lease_owner, lease_until - {now} FROM source WHERE id = :source_id {for_update}", _Holder
    )
    DELETE_SOURCE = Statement("DELETE FROM source WHERE id = :source_id")

    def forget(self, name: str) -> None:
        """Delete a source and all that is stored of it, in one transaction: all of it, or nothing.

        Raises `UnknownContent`, or `SourceBusy` while somebody crawls it.
        """
        with self.transaction(limited=False) as tx:
            source_id = self._id_of(tx, name)
            holder, left = tx.only(self.HOLDER, source_id=source_id)
            if holder is not None and left > 0:
                raise SourceBusy(name, shown(holder), int(left) + 1)
            for delete in (*DELETES, self.DELETE_SOURCE):
                tx.run(delete, source_id=source_id)

    ID_OF = Statement("SELECT id FROM source WHERE name = :name", value)

    def _id_of(self, tx: Transaction, name: str) -> int:
        found: int | None = tx.one(self.ID_OF, name=name)
        if found is None:
            raise UnknownContent(f"nothing is stored of {name}")
        return found
