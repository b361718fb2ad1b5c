"""The outbox: what agents queued, and what became of it (PU)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crawler.errors import ActionRefused, UnknownContent
from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content
from crawler.protocol.reading import Page
from crawler.store.contents import (
    FIELDS,
    KNOWN,
    USERS,
    content_values,
    delete,
    doubt_cursor,
    excluded,
    forget_pages,
    named,
    put_contents,
    put_exchanges,
    put_users,
    read_known,
)
from crawler.store.database import Database
from crawler.store.entries import ENTRY, EntryRow, queue_entry
from crawler.store.leases import Lease, hold
from crawler.store.rows import stamp
from crawler.store.sources import register
from crawler.store.sql import Statement, Transaction
from crawler.sync.exports import Meant, Send, Settled, known_after, settle_created, settle_given_up
from crawler.sync.source import Source
from crawler.sync.state import ATTEMPTS, Known, Outbox, OutboxEntry, Status

PENDING_ENTRIES = Statement(
    f"""
    SELECT {ENTRY} FROM outbox JOIN source ON source.id = outbox.source_id
    WHERE source.name = :name AND outbox.status = 'export_pending' ORDER BY outbox.position
    """,
    EntryRow,
)
OTHER_ENTRIES = Statement(f"SELECT {ENTRY} FROM outbox WHERE source_id = :source_id AND id {{among ids}}", EntryRow)
NAMED_CONTENTS = Statement(
    f"SELECT {KNOWN} FROM content WHERE source_id = :source_id AND foreign_id {{among ids}}", read_known
)


def load(tx: Transaction, source: Source) -> Outbox:
    """The pending entries in queue order, the entries and the contents that they refer to, and who creates them."""
    rows = {row.id: row for row in tx.all(PENDING_ENTRIES, name=source.name)}
    if not rows:
        return Outbox()
    source_id = next(iter(rows.values())).source_id
    missing = [entry_id for row in rows.values() for entry_id in _entries_of(row) if entry_id not in rows]
    if missing:
        rows.update((row.id, row) for row in tx.all(OTHER_ENTRIES, source_id=source_id, ids=missing))
    entries = {row.id: row.entry() for row in sorted(rows.values())}
    ids, acting = sorted(_contents_of(entries)), sorted(_authors_of(entries))
    contents = tx.all(NAMED_CONTENTS, source_id=source_id, ids=ids) if ids else []
    authors = tx.all(USERS, source_id=source_id, ids=acting) if acting else []
    return Outbox(
        entries=entries,
        contents={(known.object, known.id): known for known in contents},
        authors={user.id: user for user in authors},
    )


CONTENT = Statement(
    f"SELECT {KNOWN} FROM content WHERE source_id = :source_id AND object = :object AND foreign_id = :foreign_id",
    read_known,
)


def find_content(tx: Transaction, lease: Lease, object_name: str, foreign_id: str) -> Known | None:
    """The content of that id, if one is stored (PU4)."""
    return tx.one(CONTENT, source_id=lease.source_id, object=object_name, foreign_id=foreign_id)


class Outboxes(Database):
    """The part of the store that holds the outbox."""

    def load_outbox(self, source: Source) -> Outbox:
        """The pending entries in queue order, the entries and the contents that they refer to, and who creates them."""
        with self.transaction(writing=False) as tx:
            return self._load(tx, source)

    _load = staticmethod(load)

    BEGIN_ATTEMPT = Statement("""
        UPDATE outbox SET attempts = :attempts, begun_at = :begun_at WHERE id = :id AND status = 'export_pending'
    """)

    def begin_attempt(self, lease: Lease, entry: OutboxEntry, now: datetime) -> OutboxEntry | None:
        """Commit that an attempt begins, before it is sent: after a crash the next one is a repeat (PU2, PU6).

        Returns `None`, and the attempt must not be made, where the entry was cancelled since it was loaded (PU9).
        """
        attempts = entry.attempts + 1
        with self.transaction() as tx:
            hold(tx, lease)
            if not tx.run(self.BEGIN_ATTEMPT, id=entry.id, attempts=attempts, begun_at=stamp(now)):
                return None
        return replace(entry, attempts=attempts)

    def find_content(self, lease: Lease, object_name: str, foreign_id: str) -> Known | None:
        """The content of that id, if one is stored (PU4)."""
        with self.transaction(writing=False) as tx:
            return find_content(tx, lease, object_name, foreign_id)

    def queue(self, source: Source, entry: OutboxEntry) -> None:
        """Put an entry at the end of the queue."""
        with self.transaction() as tx:
            queue_entry(tx, register(tx, source), entry)

    # Unless it was sent meanwhile.
    CANCEL_ENTRY = Statement("""
        UPDATE outbox SET status = :status, error = :error, settled_at = :settled_at
        WHERE id = :id AND attempts = :attempts
    """)

    def cancel(self, source: Source, entry_id: str, reason: str, now: datetime) -> list[OutboxEntry]:
        """Give up a pending entry that was never sent, and what depends on it (PU9); returns all of them as settled.

        Raises `UnknownContent`, or `ActionRefused` where it was sent already.
        """
        with self.transaction() as tx:
            outbox = self._load(tx, source)
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
            for settled in gone.values():
                cancelled = tx.run(
                    self.CANCEL_ENTRY,
                    id=settled.id,
                    attempts=settled.attempts,
                    status=str(settled.status),
                    error=settled.error,
                    settled_at=stamp(now),
                )
                if settled.id == entry_id and not cancelled:  # sent meanwhile
                    raise _sent_already(entry)
        return list(gone.values())

    GIVEN_UP = Statement(
        f"""
        SELECT {ENTRY} FROM outbox JOIN source ON source.id = outbox.source_id
        WHERE source.name = :name AND outbox.id = :id AND outbox.status NOT IN ('export_pending', 'success')
        """,
        EntryRow,
    )
    GRANT_ATTEMPTS = Statement("""
        UPDATE outbox SET status = :status, granted = :granted, error = NULL, settled_at = NULL WHERE id = :id
    """)

    def retry(self, source: Source, entry_id: str) -> OutboxEntry:
        """Grant a given-up entry `ATTEMPTS` further attempts, which say that they are repeats (PU2).

        Raises `UnknownContent`.
        """
        with self.transaction() as tx:
            found = tx.one(self.GIVEN_UP, name=source.name, id=entry_id)
            if found is None:
                raise UnknownContent(f"{source.name}: no entry {entry_id} that was given up is in the outbox")
            given_up = found.entry()
            granted = given_up.attempts + ATTEMPTS
            entry = replace(given_up, status=Status.PENDING, granted=granted, error=None)
            tx.run(self.GRANT_ATTEMPTS, id=entry_id, status=str(entry.status), granted=granted)
        return entry

    def settle_created(
        self, lease: Lease, send: Send, created: Content, now: datetime, exchanges: Sequence[Exchange] = ()
    ) -> tuple[Settled, Known]:
        """Store that a create was answered with the content that it made: the database knows what that means (PU4).

        Returns it as settled, and what is known of the content of that id.
        """
        with self.transaction() as tx:
            hold(tx, lease)
            found = find_content(tx, lease, created.object, created.id)
            settled = settle_created(send, created.id, found)
            self._settle(tx, lease, settled, now, exchanges, created=created)
        return settled, known_after(settled, created, found, stamp(now))

    def settle_shown(
        self, lease: Lease, settled: Settled, shown: Page, now: datetime, exchanges: Sequence[Exchange] = ()
    ) -> tuple[Settled, Known | None]:
        """Store the content as the answer to an operation shows it (PU5): it may be another one by now (OB13).

        Returns it as settled, and what is known of that content.
        """
        [content] = shown.contents
        with self.transaction() as tx:
            hold(tx, lease)
            self._settle(tx, lease, settled, now, exchanges, shown=shown)
            return settled, find_content(tx, lease, content.object, content.id)

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

        `created` is the content of a create's answer, stored as `settled` says which one that is (PU3, PU4); `shown`
        the content as an answer shows it now (PU5); `deleted` the foreign id of one that is gone.
        """
        with self.transaction() as tx:
            hold(tx, lease)
            self._settle(tx, lease, settled, now, exchanges, created=created, shown=shown, deleted=deleted)

    SETTLE_ENTRY = Statement("""
        UPDATE outbox SET status = :status, attempts = :attempts, error = :error, foreign_id = :foreign_id,
            settled_at = :settled_at
        WHERE id = :id
    """)

    def _settle(
        self,
        tx: Transaction,
        lease: Lease,
        settled: Settled,
        now: datetime,
        exchanges: Sequence[Exchange],
        *,
        created: Content | None = None,
        shown: Page | None = None,
        deleted: str | None = None,
    ) -> None:
        entry = settled.entry
        tx.run(
            self.SETTLE_ENTRY,
            id=entry.id,
            status=str(entry.status),
            attempts=entry.attempts,
            error=entry.error,
            foreign_id=entry.foreign_id,
            settled_at=stamp(now) if entry.status is not Status.PENDING else None,
        )
        if created is not None:
            self._put_created(tx, lease, settled, created, now)
        if created is not None or shown is not None or deleted is not None:
            forget_pages(tx, lease)
        if shown is not None:
            put_contents(tx, lease, shown.contents, now)
            put_users(tx, lease, tuple(shown.users.values()))
        if deleted is not None:
            delete(tx, lease, entry.object, deleted, now)
        put_exchanges(tx, lease, exchanges)

    # Its id may have been given again: no entry and no reference means it any more (OB13).
    DOUBT_CONTENT = Statement("""
        UPDATE content SET content_id = NULL, imported_at = :imported_at, incarnation = incarnation + 1
        WHERE source_id = :source_id AND object = :object AND foreign_id = :foreign_id
    """)
    CREATED = f"""
        INSERT INTO content (source_id, object, foreign_id, {FIELDS}, imported_at, changed_at, content_id)
        VALUES (:source_id, :object, :foreign_id, {named(FIELDS)}, :imported_at, :changed_at, :content_id)
        ON CONFLICT (source_id, object, foreign_id) DO UPDATE SET content_id = excluded.content_id
    """
    # A list may have shown it before its repeat was answered (PU2).
    PUT_CREATED = Statement(f"{CREATED} WHERE content.content_id IS NULL AND content.author_id = excluded.author_id")
    # Under the id of one that was deleted, of which nothing is kept (OB13).
    RENEW_CONTENT = Statement(
        f"{CREATED}, {excluded(FIELDS)}, imported_at = excluded.imported_at, changed_at = excluded.changed_at,"
        " deleted_at = NULL, incarnation = content.incarnation + 1"
    )

    def _put_created(self, tx: Transaction, lease: Lease, settled: Settled, created: Content, now: datetime) -> None:
        if settled.meant is Meant.UNSURE:
            its = {"source_id": lease.source_id, "object": created.object, "foreign_id": created.id}
            tx.run(self.DOUBT_CONTENT, **its, imported_at=stamp(now))
            doubt_cursor(tx, lease, created.object, created.id, now)
        elif settled.meant is not Meant.ANOTHER:
            put = self.PUT_CREATED if settled.meant is Meant.CREATED else self.RENEW_CONTENT
            tx.many(put, [(*content_values(lease.source_id, created, stamp(now)), settled.entry.id)])


def _sent_already(entry: OutboxEntry) -> ActionRefused:
    reason = f"{entry.id} was sent already, {max(entry.attempts, 1)} of {entry.granted} times"
    return ActionRefused(reason, rule="PU9", hint="delete the content once it is created")


def _entries_of(row: EntryRow) -> list[str]:
    named = (row.target_entry, row.thread_entry, row.in_reply_to_entry)
    return [entry_id for entry_id in named if entry_id is not None]


def _authors_of(entries: Mapping[str, OutboxEntry]) -> set[str]:
    """Who is named as the sender of what is still to be created (PU1)."""
    creates = (it for it in entries.values() if it.operation == "create" and it.status is Status.PENDING)
    return {entry.author_id for entry in creates if entry.author_id is not None}


def _contents_of(entries: Mapping[str, OutboxEntry]) -> set[str]:
    named = {ref.foreign_id for entry in entries.values() for ref in entry.refs if ref.foreign_id}
    return named | {entry.foreign_id for entry in entries.values() if entry.foreign_id}
