"""Looking at what is stored: what the command line shows. Records are JSON objects, ready to be printed."""

import json
from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple

from crawler.store.contents import CURSOR, FIELDS, KNOWN, PROFILE, read_cursor, read_known
from crawler.store.database import Database
from crawler.store.entries import ENTRY, REFERENCES, EntryRow
from crawler.store.sql import Statement, value
from crawler.sync.source import Source
from crawler.sync.state import Cursor, Known, OutboxEntry

Record = dict[str, Any]

ALL = 2**63 - 1
"""A limit that is none."""


def means(referred: str) -> str:
    """Whether a content that names the id of `referred` means it: not if it was known before that took the id over."""
    return f"({referred}.incarnation = 0 OR content.imported_at >= {referred}.imported_at)"


def means_an_earlier_one(column: str, of: str) -> str:
    """Whether the id in a content's column, of an object, is that of another content by now (OB13)."""
    return f"""EXISTS (
        SELECT * FROM content AS named WHERE named.source_id = content.source_id AND named.object = {of}
        AND named.foreign_id = content.{column} AND NOT {means("named")}
    )"""


IN_EARLIER_THREAD = means_an_earlier_one("thread_id", "'threads'")
TO_EARLIER = means_an_earlier_one("in_reply_to_id", "content.object")


def by_column(columns: str, *values: Any) -> Record:
    """The values of columns, by their names."""
    return dict(zip(columns.split(", "), values, strict=True))


def loaded(record: Record, *names: str) -> Record:
    """A record with what is JSON in some of its columns, or `None`."""
    return {**record, **{name: json.loads(record[name]) if record[name] else None for name in names}}


CONTENT = f"object, foreign_id, content_id, {FIELDS}, imported_at, changed_at, deleted_at"
OF_OTHERS = "replies_to_known, in_earlier_thread, author, recipient, thread_title"


def _content(*values: Any) -> Record:
    """A content without references to what has lost its id (OB13) or is not known (OB8)."""
    row = by_column(f"{CONTENT}, {OF_OTHERS}", *values)
    if row["in_earlier_thread"]:
        row["thread_id"] = row["thread_title"] = None
    if not row["replies_to_known"]:
        row["in_reply_to_id"] = None
    shown = (
        "content_id author_id author recipient_id recipient thread_id thread_title in_reply_to_id title body format "
        "language created_at updated_at"
    )
    return {
        "object": row["object"],
        "id": row["foreign_id"],
        **{name: row[name] for name in shown.split()},
        "actions": json.loads(row["actions"] or "[]"),
        **json.loads(row["extra"] or "{}"),
        **{name: row[name] for name in ("imported_at", "changed_at", "deleted_at")},
    }


OWN_CONTENT = ", ".join(f"content.{name}" for name in CONTENT.split(", "))
CONTENTS = f"""
    SELECT {OWN_CONTENT},
        EXISTS (
            SELECT * FROM content AS replied WHERE replied.source_id = content.source_id
            AND replied.object = content.object AND replied.foreign_id = content.in_reply_to_id AND {means("replied")}
        ) OR (
            content.object = 'messages' AND content.in_reply_to_id = content.thread_id AND thread.id IS NOT NULL
            AND {means("thread")}
        ),
        {IN_EARLIER_THREAD}, author.screenname, recipient.screenname, thread.title
    FROM content JOIN source ON source.id = content.source_id
    LEFT JOIN identity AS author
        ON author.source_id = content.source_id AND author.foreign_id = content.author_id
    LEFT JOIN identity AS recipient
        ON recipient.source_id = content.source_id AND recipient.foreign_id = content.recipient_id
    LEFT JOIN content AS thread
        ON thread.source_id = content.source_id AND thread.object = 'threads'
        AND thread.foreign_id = content.thread_id
    WHERE source.name = :source
"""
FILTERS = {
    "thread_id": f"content.thread_id = :thread_id AND NOT {IN_EARLIER_THREAD}",
    "author_id": "content.author_id = :author_id",
    "in_reply_to_id": f"content.in_reply_to_id = :in_reply_to_id AND NOT {TO_EARLIER}",
    "pattern": """(
        lower(content.title) LIKE lower(:pattern) ESCAPE '/' OR lower(content.body) LIKE lower(:pattern) ESCAPE '/'
    )""",
    "no_deleted": "content.deleted_at IS NULL",
}


@cache
def listing(filters: frozenset[str]) -> Statement[Record]:
    """The contents of an object that pass some of `FILTERS`, newest first."""
    wanted = " AND ".join(["content.object = :object", *(FILTERS[name] for name in sorted(filters))])
    order = "content.created_at DESC NULLS LAST, content.imported_at DESC, content.id DESC"
    return Statement(f"{CONTENTS} AND {wanted} ORDER BY {order} LIMIT :at_most", _content)


def _identity(*values: Any) -> Record:
    record = by_column(f"id, {PROFILE}", *values)
    record["puppetizable"] = bool(record["puppetizable"])  # SQLite has numbers
    return loaded(record, "context_data")


OWN_PROFILE = ", ".join(f"identity.{name}" for name in PROFILE.split(", "))


def _entry_record(*columns: Any) -> Record:
    """All columns but the row's own; ``waits`` is for whoever knows the capabilities."""
    *own, lost_at = columns
    record = {**EntryRow(*own)._asdict(), "foreign_id_lost_at": lost_at}
    for name in ("position", "source_id", *(f"{name}_incarnation" for name in REFERENCES)):
        del record[name]
    return loaded(record, "attachments", "structured_content")


ENTRIES = f"""
    SELECT {ENTRY}, CASE WHEN content.content_id {{differs}} outbox.id THEN content.imported_at END
    FROM outbox JOIN source ON source.id = outbox.source_id
    LEFT JOIN content ON content.source_id = outbox.source_id AND content.object = outbox.object
        AND content.foreign_id = outbox.foreign_id
    WHERE source.name = :source
"""
ENTRY_FILTERS = {
    "ids": "outbox.id {among ids}",
    "on": """outbox.object = :object AND outbox.target_id = :target_id
        AND (outbox.target_incarnation IS NULL OR outbox.target_incarnation = :incarnation)""",
    "pending": "outbox.status = 'export_pending'",
}


@cache
def queued(filters: frozenset[str]) -> Statement[Record]:
    """The entries that pass some of `ENTRY_FILTERS`, newest first."""
    wanted = "".join(f" AND {ENTRY_FILTERS[name]}" for name in sorted(filters))
    return Statement(f"{ENTRIES}{wanted} ORDER BY outbox.position DESC LIMIT :at_most", _entry_record)


class Cycle(NamedTuple):
    """A cycle of a source, as JSON."""

    source_id: int
    record: Record


def read_cycle(source_id: int, *values: Any) -> Cycle:
    """The cycle of a row: the columns `OWN_CYCLE`."""
    return Cycle(source_id, loaded(by_column("cycle, kind, started_at, ended_at, outcome, report", *values), "report"))


OWN_CYCLE = "cycle.source_id, cycle.id, cycle.kind, cycle.started_at, cycle.ended_at, cycle.outcome, cycle.report"


EXCHANGE = (
    "id, cycle_id, action, started_at, seconds, request, request_size, status, headers, response, response_size, "
    "verdict, error"
)


def _exchange(*values: Any) -> Record:
    """Its headers are JSON."""
    return loaded(by_column(EXCHANGE, *values), "headers")


OWN_EXCHANGE = ", ".join(f"exchange.{name}" for name in EXCHANGE.split(", "))


class Reading(Database):
    """The part of the store that only reads."""

    LAST_INFO = Statement("SELECT info FROM source WHERE name = :source", value)

    def last_info(self, source: Source) -> bytes | None:
        """The newest implementation info, to look at: no secret is needed to know it (cf. `stored_info`)."""
        with self.reading() as tx:
            info: str | None = tx.one(self.LAST_INFO, source=source.name)
        return info.encode() if info else None

    def contents(
        self,
        source: Source,
        object_name: str,
        *,
        thread_id: str | None = None,
        author_id: str | None = None,
        in_reply_to_id: str | None = None,
        contains: str | None = None,
        with_deleted: bool = False,
        limit: int | None = None,
    ) -> list[Record]:
        """Contents of an object, oldest first; with a `limit`, the newest so many.

        Oldest and newest are by `created_at`, then by import. `contains` is looked for in titles and bodies, whatever
        its case.
        """
        pattern = None
        if contains is not None:
            plain = contains.replace("/", "//").replace("%", "/%").replace("_", "/_")
            pattern = f"%{plain}%"
        filters = {
            "thread_id": thread_id,
            "author_id": author_id,
            "in_reply_to_id": in_reply_to_id,
            "pattern": pattern,
            "no_deleted": None if with_deleted else True,
        }
        given = {name: filter_ for name, filter_ in filters.items() if filter_ is not None}
        at_most = ALL if limit is None else limit
        with self.reading() as tx:
            rows = tx.all(listing(frozenset(given)), source=source.name, object=object_name, at_most=at_most, **given)
        return rows[::-1]

    NAMED = Statement(
        f"{CONTENTS} AND (content.foreign_id = :id OR content.content_id = :id) ORDER BY content.object", _content
    )

    def content(self, source: Source, foreign_id: str) -> list[Record]:
        """The contents of that foreign id, or created by the outbox entry of that id: at most one of each object."""
        with self.reading() as tx:
            return tx.all(self.NAMED, source=source.name, id=foreign_id)

    KNOWN_OF_ID = Statement(
        f"""
        SELECT {KNOWN} FROM content JOIN source ON source.id = content.source_id
        WHERE source.name = :source AND content.foreign_id = :id
        """,
        read_known,
    )

    def known(self, source: Source, foreign_id: str) -> list[Known]:
        """What decides about an agent's action on the contents of that foreign id."""
        with self.reading() as tx:
            return tx.all(self.KNOWN_OF_ID, source=source.name, id=foreign_id)

    NAMES_THREAD = Statement(
        """
        SELECT content.id FROM content JOIN source ON source.id = content.source_id
        WHERE source.name = :source AND content.thread_id = :thread_id LIMIT 1
        """,
        value,
    )

    def names_thread(self, source: Source, thread_id: str) -> bool:
        """Whether a message names that thread, be it imported or not (LS9)."""
        with self.reading() as tx:
            return tx.one(self.NAMES_THREAD, source=source.name, thread_id=thread_id) is not None

    IDENTITY = Statement(
        f"""
        SELECT identity.foreign_id, {OWN_PROFILE} FROM identity JOIN source ON source.id = identity.source_id
        WHERE source.name = :source AND identity.foreign_id = :id
        """,
        _identity,
    )

    def identity(self, source: Source, foreign_id: str) -> Record | None:
        """An identity with all its fields, as far as it is known (OB4)."""
        with self.reading() as tx:
            return tx.one(self.IDENTITY, source=source.name, id=foreign_id)

    PUPPETIZABLE = Statement(
        """
        SELECT identity.foreign_id FROM identity JOIN source ON source.id = identity.source_id
        WHERE source.name = :source AND identity.puppetizable ORDER BY identity.foreign_id
        """,
        value,
    )

    def puppetizable(self, source: Source) -> list[str]:
        """The ids of imported identities that agents may act as (PU12)."""
        with self.reading() as tx:
            return tx.all(self.PUPPETIZABLE, source=source.name)

    ENTRY_OF_ID = Statement(
        f"""
        SELECT {ENTRY} FROM outbox JOIN source ON source.id = outbox.source_id
        WHERE source.name = :source AND outbox.id = :id
        """,
        EntryRow,
    )

    def entry(self, source: Source, entry_id: str) -> OutboxEntry | None:
        """An outbox entry, pending or settled."""
        with self.reading() as tx:
            row = tx.one(self.ENTRY_OF_ID, source=source.name, id=entry_id)
        return row.entry() if row is not None else None

    def entries(
        self,
        source: Source,
        *,
        ids: Collection[str] | None = None,
        on: Known | None = None,
        pending_only: bool = False,
        limit: int | None = None,
    ) -> list[Record]:
        """Outbox entries in queue order, all, those of these few `ids`, or those that act `on` a content.

        With a `limit`, the newest so many. ``foreign_id_lost_at`` is when the id of what an entry created was first
        seen to name another content (OB13).
        """
        filters = {"ids": ids is not None, "on": on is not None, "pending": pending_only}
        its: Record = {"object": on.object, "target_id": on.id, "incarnation": on.incarnation} if on else {}
        if ids is not None:
            its["ids"] = list(ids)
        asked = queued(frozenset(name for name, is_given in filters.items() if is_given))
        with self.reading() as tx:
            rows = tx.all(asked, source=source.name, at_most=ALL if limit is None else limit, **its)
        return rows[::-1]

    CYCLES = Statement(
        f"""
        SELECT {OWN_CYCLE} FROM cycle JOIN source ON source.id = cycle.source_id
        WHERE source.name = :source ORDER BY cycle.id DESC LIMIT :at_most
        """,
        read_cycle,
    )

    def cycles(self, source: Source, *, limit: int | None = None) -> list[Record]:
        """Cycles, oldest first; with a `limit`, the newest so many. `report` is what ``sync --json`` printed."""
        with self.reading() as tx:
            rows = tx.all(self.CYCLES, source=source.name, at_most=ALL if limit is None else limit)
        return [row.record for row in reversed(rows)]

    EXCHANGES = Statement(
        f"""
        SELECT {OWN_EXCHANGE} FROM exchange
        JOIN cycle ON cycle.id = exchange.cycle_id JOIN source ON source.id = cycle.source_id
        WHERE source.name = :source AND cycle.id = :cycle_id ORDER BY exchange.id
        """,
        _exchange,
    )

    def exchanges(self, source: Source, cycle_id: int) -> list[Record]:
        """The exchanges of a cycle in their order. `request` and `response` are bytes, cut at the source's limit."""
        with self.reading() as tx:
            return tx.all(self.EXCHANGES, source=source.name, cycle_id=cycle_id)

    CURSORS_OF = Statement(
        f"SELECT {CURSOR} FROM cursor JOIN source ON source.id = cursor.source_id WHERE source.name = :source",
        read_cursor,
    )

    def cursors(self, source: Source) -> dict[str, str | None]:
        """The cursors, by object."""
        return {name: cursor.since_id for name, cursor in self.load_cursors(source).items()}

    def load_cursors(self, source: Source) -> dict[str, Cursor]:
        """The cursors as a cycle begins with them, by object."""
        with self.reading() as tx:
            return {cursor.object: cursor for cursor in tx.all(self.CURSORS_OF, source=source.name)}
