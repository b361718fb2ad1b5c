"""The outbox: what agents queued, and what became of it (PU)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crawler.errors import ActionRefused, UnknownContent
from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content
from crawler.protocol.reading import Page
from crawler.store import statements
from crawler.store.contents import ContentStore
from crawler.store.driver import Driver
from crawler.store.rows import content_values, entry_values, read_entry, read_known, read_user, stamp
from crawler.store.sources import Lease
from crawler.sync.exports import Meant, Send, Settled, known_after, settle_created, settle_given_up
from crawler.sync.state import ATTEMPTS, Known, Outbox, OutboxEntry, Source, Status


class OutboxStore(ContentStore):
    """The part of the store that holds the outbox."""

    def load_outbox(self, source: Source) -> Outbox:
        """The pending entries in queue order, the entries and the contents that they refer to, and who creates them."""
        with self.driving(writing=False) as driver:
            return self._load(driver, source)

    @staticmethod
    def _load(driver: Driver, source: Source) -> Outbox:
        rows = {row["id"]: row for row in driver.named(statements.pending_entries, its_name=source.name)}
        if not rows:
            return Outbox()
        array = driver.array
        own = {"its_id": next(iter(rows.values()))["source_id"]}
        missing = [entry_id for row in rows.values() for entry_id in _entries_of(row) if entry_id not in rows]
        if missing:
            found = driver.named(statements.entries, **own, ids=array(missing))
            rows.update((row["id"], row) for row in found)
        ordered = sorted(rows.values(), key=lambda row: int(row["position"]))
        entries = {row["id"]: read_entry(row) for row in ordered}
        contents: dict[tuple[str, str], Known] = {}
        named_ids = sorted(_contents_of(entries))
        for content in driver.named(statements.contents, **own, ids=array(named_ids)) if named_ids else ():
            known = read_known(content)
            contents[known.object, known.id] = known
        acting = sorted(_authors_of(entries))
        users = driver.all(statements.stored_identities, **own, ids=array(acting)) if acting else ()
        authors = {row[0]: read_user(row) for row in users}
        return Outbox(entries=entries, contents=contents, authors=authors)

    def begin_attempt(self, lease: Lease, entry: OutboxEntry, now: datetime) -> OutboxEntry | None:
        """Commit that an attempt begins, before it is sent: after a crash the next one is a repeat (PU2, PU6).

        Returns `None`, and the attempt must not be made, where the entry was cancelled since it was loaded (PU9).
        """
        attempts = entry.attempts + 1
        with self.driving() as driver:
            self._hold(driver, lease)
            if not driver.run(statements.begin_attempt, its_id=entry.id, attempts=attempts, begun_at=stamp(now)):
                return None
        return replace(entry, attempts=attempts)

    def find_content(self, lease: Lease, object_name: str, foreign_id: str) -> Known | None:
        """The content of that id, if one is stored (PU4)."""
        with self.driving(writing=False) as driver:
            return _content(driver, lease, object_name, foreign_id)

    def queue(self, source: Source, entry: OutboxEntry) -> None:
        """Put an entry at the end of the queue."""
        with self.driving() as driver:
            driver.run(statements.queue_entry, **entry_values(self._register(driver, source), entry))

    def cancel(self, source: Source, entry_id: str, reason: str, now: datetime) -> list[OutboxEntry]:
        """Give up a pending entry that was never sent, and what depends on it (PU9); returns all of them as settled.

        Raises `UnknownContent`, or `ActionRefused` where it was sent already.
        """
        with self.driving() as driver:
            outbox = self._load(driver, source)
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
                cancelled = driver.run(
                    statements.cancel_entry,
                    its_id=settled.id,
                    its_attempts=settled.attempts,
                    status=str(settled.status),
                    error=settled.error,
                    settled_at=stamp(now),
                )
                if settled.id == entry_id and not cancelled:  # sent meanwhile
                    raise _sent_already(entry)
        return list(gone.values())

    def retry(self, source: Source, entry_id: str) -> OutboxEntry:
        """Grant a given-up entry `ATTEMPTS` further attempts, which say that they are repeats (PU2).

        Raises `UnknownContent`.
        """
        with self.driving() as driver:
            found = driver.named(statements.given_up_entry, its_name=source.name, its_id=entry_id)
            if not found:
                raise UnknownContent(f"{source.name}: no entry {entry_id} that was given up is in the outbox")
            given_up = read_entry(found[0])
            granted = given_up.attempts + ATTEMPTS
            entry = replace(given_up, status=Status.PENDING, granted=granted, error=None)
            driver.run(statements.grant_attempts, its_id=entry_id, status=str(entry.status), granted=granted)
        return entry

    def settle_created(
        self, lease: Lease, send: Send, created: Content, now: datetime, exchanges: Sequence[Exchange] = ()
    ) -> tuple[Settled, Known]:
        """Store that a create was answered with the content that it made: the database knows what that means (PU4).

        Returns it as settled, and what is known of the content of that id.
        """
        with self.driving() as driver:
            self._hold(driver, lease)
            found = _content(driver, lease, created.object, created.id)
            settled = settle_created(send, created.id, found)
            self._settle(driver, lease, settled, now, exchanges, created=created)
        return settled, known_after(settled, created, found, stamp(now))

    def settle_shown(
        self, lease: Lease, settled: Settled, shown: Page, now: datetime, exchanges: Sequence[Exchange] = ()
    ) -> tuple[Settled, Known | None]:
        """Store the content as the answer to an operation shows it (PU5): it may be another one by now (OB13).

        Returns it as settled, and what is known of that content.
        """
        [content] = shown.contents
        with self.driving() as driver:
            self._hold(driver, lease)
            self._settle(driver, lease, settled, now, exchanges, shown=shown)
            return settled, _content(driver, lease, content.object, content.id)

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
        with self.driving() as driver:
            self._hold(driver, lease)
            self._settle(driver, lease, settled, now, exchanges, created=created, shown=shown, deleted=deleted)

    def _settle(
        self,
        driver: Driver,
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
        driver.run(
            statements.settle_entry,
            its_id=entry.id,
            status=str(entry.status),
            attempts=entry.attempts,
            error=entry.error,
            foreign_id=entry.foreign_id,
            settled_at=stamp(now) if entry.status is not Status.PENDING else None,
        )
        if created is not None:
            self._put_created(driver, lease, settled, created, now)
        if created is not None or shown is not None or deleted is not None:
            driver.run(statements.forget_pages, its_id=lease.source_id)
        if shown is not None:
            self._put_contents(driver, lease, shown.contents, now)
            self._put_users(driver, lease, tuple(shown.users.values()))
        if deleted is not None:
            self._delete(driver, lease, entry.object, deleted, now)
        self._put_exchanges(driver, lease, exchanges)

    def _put_created(self, driver: Driver, lease: Lease, settled: Settled, created: Content, now: datetime) -> None:
        if settled.meant is Meant.UNSURE:
            its = {"its_id": lease.source_id, "its_object": created.object, "its_foreign_id": created.id}
            driver.run(statements.doubt_content, **its, imported_at=stamp(now))
            self._doubt_cursor(driver, lease, created.object, created.id, now)
        elif settled.meant is not Meant.ANOTHER:
            put = statements.own_content if settled.meant is Meant.CREATED else statements.renew_content
            names = statements.put_content.values
            values = dict(zip(names, content_values(lease.source_id, created, stamp(now)), strict=True))
            driver.run(put, **values, content_id=settled.entry.id)


def _content(driver: Driver, lease: Lease, object_name: str, foreign_id: str) -> Known | None:
    of = {"its_id": lease.source_id, "its_object": object_name, "its_foreign_id": foreign_id}
    found = driver.named(statements.content, **of)
    return read_known(found[0]) if found else None


def _sent_already(entry: OutboxEntry) -> ActionRefused:
    reason = f"{entry.id} was sent already, {max(entry.attempts, 1)} of {entry.granted} times"
    return ActionRefused(reason, rule="PU9", hint="delete the content once it is created")


def _entries_of(row: Mapping[str, Any]) -> list[str]:
    names = ("target_entry", "thread_entry", "in_reply_to_entry")
    return [row[name] for name in names if row[name] is not None]


def _authors_of(entries: Mapping[str, OutboxEntry]) -> set[str]:
    """Who is named as the sender of what is still to be created (PU1)."""
    creates = (it for it in entries.values() if it.operation == "create" and it.status is Status.PENDING)
    return {entry.author_id for entry in creates if entry.author_id is not None}


def _contents_of(entries: Mapping[str, OutboxEntry]) -> set[str]:
    named = {ref.foreign_id for entry in entries.values() for ref in entry.refs if ref.foreign_id}
    return named | {entry.foreign_id for entry in entries.values() if entry.foreign_id}
