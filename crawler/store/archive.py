"""Looking at what is stored: what the command line shows. Records are JSON objects, ready to be printed."""

import json
import operator
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import RowMapping
from sqlmodel import Session

from crawler.store.holder import shown
from crawler.store.incarnations import means, means_an_earlier_one
from crawler.store.rows import REFERENCES, read_cursor, read_entry, read_known, restored, stamp
from crawler.store.schema import CONTENT, CURSOR, CYCLE, EXCHANGE, IDENTITY, OUTBOX, SOURCE
from crawler.store.sources import SourceStore
from crawler.sync.state import Cursor, Known, OutboxEntry, Source, Status

Record = dict[str, Any]

IN_EARLIER_THREAD = means_an_earlier_one(CONTENT.c.thread_id, "threads")


class Archive(SourceStore):
    """The part of the store that only reads."""

    def last_info(self, source: Source) -> bytes | None:
        """The newest implementation info, to look at: no secret is needed to know it (cf. `stored_info`)."""
        with self.reading() as session:
            info: str | None = session.execute(sa.select(SOURCE.c.info).where(SOURCE.c.name == source.name)).scalar()
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
        query = _contents().where(CONTENT.c.object == object_name, SOURCE.c.name == source.name)
        if thread_id is not None:
            query = query.where(CONTENT.c.thread_id == thread_id, sa.not_(IN_EARLIER_THREAD))
        if author_id is not None:
            query = query.where(CONTENT.c.author_id == author_id)
        if in_reply_to_id is not None:
            to_earlier = means_an_earlier_one(CONTENT.c.in_reply_to_id, CONTENT.c.object)
            query = query.where(CONTENT.c.in_reply_to_id == in_reply_to_id, sa.not_(to_earlier))
        if contains is not None:
            found = [column.icontains(contains, autoescape=True) for column in (CONTENT.c.title, CONTENT.c.body)]
            query = query.where(sa.or_(*found))
        if not with_deleted:
            query = query.where(CONTENT.c.deleted_at.is_(None))
        newest = (CONTENT.c.created_at.desc().nulls_last(), CONTENT.c.imported_at.desc(), CONTENT.c.id.desc())
        query = query.order_by(*newest).limit(limit)
        with self.reading() as session:
            rows = session.execute(query).mappings().all()
        return [_content_record(row) for row in reversed(rows)]

    def content(self, source: Source, foreign_id: str) -> list[Record]:
        """The contents of that foreign id, or created by the outbox entry of that id: at most one of each object."""
        named = sa.or_(CONTENT.c.foreign_id == foreign_id, CONTENT.c.content_id == foreign_id)
        query = _contents().where(named, SOURCE.c.name == source.name).order_by(CONTENT.c.object)
        with self.reading() as session:
            return [_content_record(row) for row in session.execute(query).mappings()]

    def known(self, source: Source, foreign_id: str) -> list[Known]:
        """What decides about an agent's action on the contents of that foreign id."""
        query = sa.select(CONTENT).join(SOURCE).where(SOURCE.c.name == source.name, CONTENT.c.foreign_id == foreign_id)
        with self.reading() as session:
            return [read_known(dict(row)) for row in session.execute(query).mappings()]

    def names_thread(self, source: Source, thread_id: str) -> bool:
        """Whether a message names that thread, be it imported or not (LS9)."""
        query = sa.select(CONTENT.c.id).join(SOURCE).limit(1)
        query = query.where(SOURCE.c.name == source.name, CONTENT.c.thread_id == thread_id)
        with self.reading() as session:
            return session.execute(query).first() is not None

    def identity(self, source: Source, foreign_id: str) -> Record | None:
        """An identity with all its fields, as far as it is known (OB4)."""
        query = sa.select(IDENTITY).join(SOURCE)
        query = query.where(SOURCE.c.name == source.name, IDENTITY.c.foreign_id == foreign_id)
        with self.reading() as session:
            row = session.execute(query).mappings().one_or_none()
        return _identity_record(row) if row is not None else None

    def puppetizable(self, source: Source) -> list[str]:
        """The ids of imported identities that agents may act as (PU12)."""
        query = sa.select(IDENTITY.c.foreign_id).join(SOURCE)
        query = query.where(SOURCE.c.name == source.name, IDENTITY.c.puppetizable.is_(True))
        with self.reading() as session:
            return list(session.execute(query.order_by(IDENTITY.c.foreign_id)).scalars())

    def entry(self, source: Source, entry_id: str) -> OutboxEntry | None:
        """An outbox entry, pending or settled."""
        query = sa.select(OUTBOX).join(SOURCE).where(SOURCE.c.name == source.name, OUTBOX.c.id == entry_id)
        with self.reading() as session:
            row = session.execute(query).mappings().one_or_none()
        return read_entry(dict(row)) if row is not None else None

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
        lost_at = sa.case((CONTENT.c.content_id.is_distinct_from(OUTBOX.c.id), CONTENT.c.imported_at))
        created = (CONTENT.c.source_id, CONTENT.c.object, CONTENT.c.foreign_id)
        names = (OUTBOX.c.source_id, OUTBOX.c.object, OUTBOX.c.foreign_id)
        query = sa.select(OUTBOX, lost_at.label("foreign_id_lost_at")).join(SOURCE, SOURCE.c.id == OUTBOX.c.source_id)
        query = query.outerjoin(CONTENT, sa.and_(*map(operator.eq, created, names)))
        query = query.where(SOURCE.c.name == source.name)
        if ids is not None:
            query = query.where(OUTBOX.c.id.in_(ids))
        if on is not None:
            same = sa.or_(OUTBOX.c.target_incarnation.is_(None), OUTBOX.c.target_incarnation == on.incarnation)
            query = query.where(OUTBOX.c.object == on.object, OUTBOX.c.target_id == on.id, same)
        if pending_only:
            query = query.where(OUTBOX.c.status == str(Status.PENDING))
        with self.reading() as session:
            rows = session.execute(query.order_by(OUTBOX.c.position.desc()).limit(limit)).mappings().all()
        return [_entry_record(row) for row in reversed(rows)]

    def cycles(self, source: Source, *, limit: int | None = None) -> list[Record]:
        """Cycles, oldest first; with a `limit`, the newest so many. `report` is what ``sync --json`` printed."""
        query = sa.select(CYCLE).join(SOURCE).where(SOURCE.c.name == source.name)
        with self.reading() as session:
            rows = session.execute(query.order_by(CYCLE.c.id.desc()).limit(limit)).mappings().all()
        return [_cycle_record(row) for row in reversed(rows)]

    def exchanges(self, source: Source, cycle_id: int) -> list[Record]:
        """The exchanges of a cycle in their order. `request` and `response` are bytes, cut at the source's limit."""
        query = sa.select(EXCHANGE).join(CYCLE, EXCHANGE.c.cycle_id == CYCLE.c.id).join(SOURCE)
        query = query.where(SOURCE.c.name == source.name, CYCLE.c.id == cycle_id).order_by(EXCHANGE.c.id)
        with self.reading() as session:
            rows = session.execute(query).mappings().all()
        return [{**row, "headers": json.loads(row["headers"]) if row["headers"] else None} for row in rows]

    def cursors(self, source: Source) -> dict[str, str | None]:
        """The cursors, by object."""
        query = sa.select(CURSOR.c.object, CURSOR.c.since_id).join(SOURCE).where(SOURCE.c.name == source.name)
        with self.reading() as session:
            return {row[0]: restored(row[1]) for row in session.execute(query)}

    def load_cursors(self, source: Source) -> dict[str, Cursor]:
        """The cursors as a cycle begins with them, by object."""
        query = sa.select(CURSOR).join(SOURCE).where(SOURCE.c.name == source.name)
        with self.reading() as session:
            return {row["object"]: read_cursor(dict(row)) for row in session.execute(query).mappings()}

    def overview(self, names: Sequence[str] | None = None) -> list[Record]:
        """One record for each source: counts of contents and exports, its last cycle, who crawls it now (CY2).

        A handful of statements, however many sources there are.
        """
        wanted = SOURCE.c.name.in_(names) if names is not None else sa.true()
        crawled_by = sa.case((SOURCE.c.lease_until > self.clock(), SOURCE.c.lease_owner)).label("crawled_by")
        whole = (CYCLE.c.source_id == SOURCE.c.id, CYCLE.c.kind == "cycle")
        newest = sa.select(sa.func.max(CYCLE.c.id)).where(*whole).correlate(SOURCE)
        cycles = sa.select(CYCLE).join(SOURCE).where(wanted, CYCLE.c.id == newest.scalar_subquery())
        columns = (CURSOR.c.source_id, CURSOR.c.object, CURSOR.c.since_id)
        cursors = sa.select(*columns).join(SOURCE).where(wanted).order_by(CURSOR.c.object)
        with self.reading() as session:
            sources = session.execute(sa.select(SOURCE, crawled_by).where(wanted).order_by(SOURCE.c.name)).mappings()
            contents = _counted(session, CONTENT.c.object, wanted, CONTENT.c.deleted_at.is_(None))
            identities = _counted(session, IDENTITY.c.source_id, wanted)
            exports = _counted(session, OUTBOX.c.status, wanted)
            last = {row["source_id"]: _cycle_record(row) for row in session.execute(cycles).mappings()}
            since: dict[int, dict[str, str | None]] = defaultdict(dict)
            for source_id, object_name, since_id in session.execute(cursors):
                since[source_id][object_name] = restored(since_id)
            return [
                {
                    "source": row["name"],
                    "base_uri": row["base_uri"],
                    "contents": contents.get(row["id"], {}),
                    "identities": sum(identities.get(row["id"], {}).values()),
                    "exports": exports.get(row["id"], {}),
                    "cursors": since.get(row["id"], {}),
                    "failures": row["failures"],
                    "last_cycle": last.get(row["id"]),
                    **_holder(row),
                }
                for row in sources
            ]


def _holder(row: RowMapping) -> Record:
    """Who crawls a source now, and until when by the database's clock unless it renews its lease (CY2)."""
    if row["crawled_by"] is None:
        return {"crawled_by": None, "crawled_until": None}
    until = datetime.fromtimestamp(row["lease_until"], UTC)
    return {"crawled_by": shown(row["crawled_by"]), "crawled_until": stamp(until)}


def _counted(session: Session, by: sa.Column[Any], *conditions: sa.ColumnElement[bool]) -> dict[int, dict[Any, int]]:
    """How many rows each source has of each value of a column of theirs."""
    own = by.table.c.source_id
    query = sa.select(own, by, sa.func.count()).select_from(by.table).join(SOURCE).where(*conditions).group_by(own, by)
    counts: dict[int, dict[Any, int]] = defaultdict(dict)
    for source_id, value, count in session.execute(query):
        counts[source_id][value] = count
    return counts


def _contents() -> sa.Select[Any]:
    author, recipient = IDENTITY.alias(), IDENTITY.alias()
    thread, replied = CONTENT.alias(), CONTENT.alias()

    def same(identity: sa.FromClause, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        return sa.and_(identity.c.source_id == CONTENT.c.source_id, identity.c.foreign_id == column)

    its_thread = sa.and_(
        thread.c.source_id == CONTENT.c.source_id,
        thread.c.object == "threads",
        thread.c.foreign_id == CONTENT.c.thread_id,
    )
    own = sa.exists().where(
        replied.c.source_id == CONTENT.c.source_id,
        replied.c.object == CONTENT.c.object,
        replied.c.foreign_id == CONTENT.c.in_reply_to_id,
        means(replied),
    )
    opening = sa.and_(
        CONTENT.c.object == "messages",
        CONTENT.c.in_reply_to_id == CONTENT.c.thread_id,
        thread.c.id.is_not(None),
        means(thread),
    )
    return (
        sa.select(
            CONTENT,
            sa.or_(own, opening).label("replies_to_known"),
            IN_EARLIER_THREAD.label("in_earlier_thread"),
            author.c.screenname.label("author"),
            recipient.c.screenname.label("recipient"),
            thread.c.title.label("thread_title"),
        )
        .join(SOURCE, SOURCE.c.id == CONTENT.c.source_id)
        .outerjoin(author, same(author, CONTENT.c.author_id))
        .outerjoin(recipient, same(recipient, CONTENT.c.recipient_id))
        .outerjoin(thread, its_thread)
    )


def _content_record(row: RowMapping) -> Record:
    return {
        "object": row["object"],
        "id": row["foreign_id"],
        "content_id": row["content_id"],
        "author_id": row["author_id"],
        "author": row["author"],
        "recipient_id": row["recipient_id"],
        "recipient": row["recipient"],
        "thread_id": row["thread_id"] if not row["in_earlier_thread"] else None,  # OB13
        "thread_title": row["thread_title"] if not row["in_earlier_thread"] else None,
        "in_reply_to_id": row["in_reply_to_id"] if row["replies_to_known"] else None,  # OB8
        "title": row["title"],
        "body": row["body"],
        "format": row["format"],
        "language": row["language"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "actions": json.loads(row["actions"]),
        **json.loads(row["extra"] or "{}"),
        "imported_at": row["imported_at"],
        "changed_at": row["changed_at"],
        "deleted_at": row["deleted_at"],
    }


def _identity_record(row: RowMapping) -> Record:
    """All columns but the row's own."""
    own = ("id", "source_id", "foreign_id")
    record = {"id": row["foreign_id"], **{name: value for name, value in row.items() if name not in own}}
    record["context_data"] = json.loads(record["context_data"]) if record["context_data"] else None
    return record


def _entry_record(row: RowMapping) -> Record:
    """All columns but the row's own; ``waits`` is for whoever knows the capabilities."""
    own = ("position", "source_id", *(f"{name}_incarnation" for name in REFERENCES))
    record = {name: value for name, value in row.items() if name not in own}
    for name in ("attachments", "structured_content"):
        record[name] = json.loads(record[name]) if record[name] else None
    return record


def _cycle_record(row: RowMapping) -> Record:
    return {
        "cycle": row["id"],
        "kind": row["kind"],
        "started_at": row["started_at"],
        "ended_at": row["ended_at"],
        "outcome": row["outcome"],
        "report": json.loads(row["report"]) if row["report"] else None,
    }
