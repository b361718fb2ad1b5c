"""The outbox: what agents queued, and what became of it (PU)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import RowMapping

from crawler.errors import ActionRefused, UnknownContent
from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content
from crawler.protocol.reading import Page
from crawler.store.contents import CONTENT_KEY, ContentStore
from crawler.store.rows import (
    CONTENT,
    OUTBOX,
    SOURCE,
    chunks,
    content_values,
    entry_values,
    read_entry,
    read_known,
    stamp,
)
from crawler.store.sources import Lease
from crawler.sync.exports import Settled, settle_given_up
from crawler.sync.state import ATTEMPTS, Known, Outbox, OutboxEntry, Source, Status


class OutboxStore(ContentStore):
    """The part of the store that holds the outbox."""

    def load_outbox(self, source: Source) -> Outbox:
        """The pending entries in queue order, the entries and the contents that they refer to."""
        with self.reading() as session:
            source_id = session.scalar(sa.select(SOURCE.c.id).where(SOURCE.c.name == source.name))
            if source_id is None:
                return Outbox()
            pending = sa.select(OUTBOX).where(OUTBOX.c.source_id == source_id, OUTBOX.c.status == str(Status.PENDING))
            rows = {row["id"]: row for row in session.execute(pending).mappings()}
            missing = [entry_id for row in rows.values() for entry_id in _entries_of(row) if entry_id not in rows]
            for ids in chunks(missing):
                query = sa.select(OUTBOX).where(OUTBOX.c.source_id == source_id, OUTBOX.c.id.in_(ids))
                rows.update((row["id"], row) for row in session.execute(query).mappings())
            ordered = sorted(rows.values(), key=lambda row: int(row["position"]))
            entries = {row["id"]: read_entry(row) for row in ordered}
            contents: dict[tuple[str, str], Known] = {}
            for ids in chunks(sorted(_contents_of(entries))):
                query = sa.select(CONTENT).where(CONTENT.c.source_id == source_id, CONTENT.c.foreign_id.in_(ids))
                for row in session.execute(query).mappings():
                    contents[row["object"], row["foreign_id"]] = read_known(row)
        return Outbox(entries=entries, contents=contents)

    def begin_attempt(self, lease: Lease, entry: OutboxEntry, now: datetime) -> OutboxEntry | None:
        """Commit that an attempt begins, before it is sent: after a crash the next one is a repeat (PU2, PU6).

        Returns `None`, and the attempt must not be made, where the entry was cancelled since it was loaded (PU9).
        """
        with self.writing() as session:
            self._hold(session, lease)
            pending = (OUTBOX.c.id == entry.id, OUTBOX.c.status == str(Status.PENDING))
            begun = session.execute(
                sa.update(OUTBOX).where(*pending).values(attempts=entry.attempts + 1, begun_at=stamp(now))
            )
            if begun.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has one
                return None
        return replace(entry, attempts=entry.attempts + 1)

    def content_is_known(self, lease: Lease, object_name: str, foreign_id: str) -> bool:
        """Whether a content of that id is stored (PU4)."""
        query = sa.select(CONTENT.c.id).where(
            CONTENT.c.source_id == lease.source_id,
            CONTENT.c.object == object_name,
            CONTENT.c.foreign_id == foreign_id,
        )
        with self.reading() as session:
            return session.execute(query).first() is not None

    def queue(self, source: Source, entry: OutboxEntry) -> None:
        """Put an entry at the end of the queue."""
        with self.writing() as session:
            session.execute(sa.insert(OUTBOX).values(entry_values(self._register(session, source), entry)))

    def cancel(self, source: Source, entry_id: str, reason: str, now: datetime) -> list[OutboxEntry]:
        """Give up a pending entry that was never sent, and what depends on it (PU9); returns all of them as settled.

        Raises `UnknownContent`, or `ActionRefused` where it was sent already.
        """
        outbox = self.load_outbox(source)
        entry = outbox.entries.get(entry_id)
        if entry is None or entry.status is not Status.PENDING:
            raise UnknownContent(f"{source.name}: no pending entry {entry_id} is in the outbox")
        if entry.attempts:
            raise _sent_already(entry)
        gone: dict[str, OutboxEntry] = {}
        for other in outbox.pending:
            if other.id == entry_id:
                gone[other.id] = settle_given_up(other, reason).entry
            elif any(ref.entry_id in gone for ref in other.refs):
                gone[other.id] = settle_given_up(other, f"{reason}: it refers to {entry_id}").entry
        with self.writing() as session:
            for settled in gone.values():
                values = {"status": str(settled.status), "error": settled.error, "settled_at": stamp(now)}
                untouched = (OUTBOX.c.id == settled.id, OUTBOX.c.attempts == settled.attempts)
                cancelled = session.execute(sa.update(OUTBOX).where(*untouched).values(values))
                if settled.id == entry_id and cancelled.rowcount != 1:  # type: ignore[attr-defined]  # sent meanwhile
                    raise _sent_already(entry)
        return list(gone.values())

    def retry(self, source: Source, entry_id: str) -> OutboxEntry:
        """Grant a given-up entry `ATTEMPTS` further attempts, which say that they are repeats (PU2).

        Raises `UnknownContent`.
        """
        with self.writing() as session:
            row = (
                session.execute(
                    sa.select(OUTBOX).join(SOURCE).where(SOURCE.c.name == source.name, OUTBOX.c.id == entry_id)
                )
                .mappings()
                .one_or_none()
            )
            if row is None or row["status"] in (str(Status.PENDING), str(Status.SUCCESS)):
                raise UnknownContent(f"{source.name}: no entry {entry_id} that was given up is in the outbox")
            entry = replace(read_entry(row), status=Status.PENDING, granted=row["attempts"] + ATTEMPTS, error=None)
            values = {"status": str(entry.status), "granted": entry.granted, "error": None, "settled_at": None}
            session.execute(sa.update(OUTBOX).where(OUTBOX.c.id == entry_id).values(values))
        return entry

    def settle(
        self,
        lease: Lease,
        settled: Settled,
        now: datetime,
        exchanges: Sequence[Exchange] = (),
        *,
        created: Content | None = None,
        shown: Page | None = None,
        deleted: str | None = None,
    ) -> None:
        """Store what became of an export, in one transaction.

        `created` is the content that a create made, stored unless one of its id is there (PU3, PU4); `shown` the
        content as an answer shows it now (PU5); `deleted` the foreign id of one that is gone.
        """
        entry = settled.entry
        with self.writing() as session:
            self._hold(session, lease)
            done = entry.status is not Status.PENDING
            session.execute(
                sa.update(OUTBOX)
                .where(OUTBOX.c.id == entry.id)
                .values(
                    status=str(entry.status),
                    error=entry.error,
                    foreign_id=entry.foreign_id,
                    settled_at=stamp(now) if done else None,
                )
            )
            if created is not None:
                values = {**content_values(lease.source_id, created, stamp(now)), "content_id": entry.id}
                insert = self.insert_into(CONTENT).values(values)
                if settled.remark:  # somebody else's content stays as it is (PU4)
                    session.execute(insert.on_conflict_do_nothing())
                else:  # a list may have shown what an attempt made before its repeat was answered (PU2)
                    ours = sa.and_(CONTENT.c.content_id.is_(None), CONTENT.c.author_id == created.author_id)
                    made = {"content_id": entry.id}
                    session.execute(
                        insert.on_conflict_do_update(index_elements=list(CONTENT_KEY), set_=made, where=ours)
                    )
            if shown is not None:
                self._put_contents(session, lease, shown.contents, now)
                self._put_users(session, lease, tuple(shown.users.values()))
            if deleted is not None:
                self._delete(session, lease, entry.object, deleted, now)
            self._put_exchanges(session, lease, exchanges)


def _sent_already(entry: OutboxEntry) -> ActionRefused:
    reason = f"{entry.id} was sent already, {max(entry.attempts, 1)} of {entry.granted} times"
    return ActionRefused(reason, rule="PU9", hint="delete the content once it is created")


def _entries_of(row: RowMapping) -> list[str]:
    names = ("target_entry", "thread_entry", "in_reply_to_entry")
    return [row[name] for name in names if row[name] is not None]


def _contents_of(entries: Mapping[str, OutboxEntry]) -> set[str]:
    named = {ref.foreign_id for entry in entries.values() for ref in entry.refs if ref.foreign_id}
    return named | {entry.foreign_id for entry in entries.values() if entry.foreign_id}
