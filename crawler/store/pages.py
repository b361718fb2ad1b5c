"""Taking pages in: what is stored of what they show, and storing them with the cursor that follows (LS6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content, User
from crawler.protocol.reading import Page
from crawler.store.contents import (
    FIELDS,
    KNOWN_THREADS,
    USERS,
    begin_again,
    forget_pages,
    put_contents,
    put_cursor,
    put_exchanges,
    put_users,
    read_actions,
)
from crawler.store.database import Database
from crawler.store.leases import Lease, hold
from crawler.store.rows import stamp
from crawler.store.sql import Statement, value
from crawler.sync.pages import Accepted, Stored


class _Shown(NamedTuple):
    is_there: bool
    object: str
    foreign_id: str
    author_id: str | None
    recipient_id: str | None
    thread_id: str | None
    in_reply_to_id: str | None
    title: str | None
    body: str | None
    format: str | None
    language: str | None
    created_at: str | None
    updated_at: str | None
    actions: str
    extra: str | None

    def content(self) -> Content | None:
        """As it was shown, unless it is gone."""
        return Content(*self[1:13], read_actions(self.actions), self.extra) if self.is_there else None


class Pages(Database):
    """The part of the store that takes pages in."""

    SHOWN = Statement(
        f"""
        SELECT deleted_at IS NULL, object, foreign_id, {FIELDS} FROM content
        WHERE source_id = :source_id AND object = :object AND foreign_id {{among ids}}
        """,
        _Shown,
    )
    REPLIED_TO = Statement(
        """
        SELECT foreign_id FROM content
        WHERE source_id = :source_id AND object = :object AND foreign_id {among ids}
        """,
        value,
    )

    def look_up(self, lease: Lease, object_name: str, page: Page) -> Stored:
        """What is stored of what a page brought, and which of its reply targets are known (OB8)."""
        here = page.positions.keys()
        replied_to = {c.in_reply_to_id for c in page.contents if c.in_reply_to_id is not None} - here
        openings = replied_to.intersection(c.thread_id for c in page.contents if replied_to and c.may_reply_to_thread)
        contents: dict[str, Content | None] = {}
        users: dict[str, User] = {}
        known: list[str] = []
        threads: list[str] = []
        source_id = lease.source_id
        with self.transaction(writing=False) as tx:
            if here:
                found = tx.all(self.SHOWN, source_id=source_id, object=object_name, ids=list(here))
                contents = {row.foreign_id: row.content() for row in found}
            if page.users:
                users = {user.id: user for user in tx.all(USERS, source_id=source_id, ids=list(page.users))}
            if replied_to:
                known = tx.all(self.REPLIED_TO, source_id=source_id, object=object_name, ids=list(replied_to))
            if openings:
                threads = tx.all(KNOWN_THREADS, source_id=source_id, ids=list(openings))
        return Stored(contents=contents, users=users, replied_to=frozenset(known), threads=frozenset(threads))

    def save_page(self, lease: Lease, accepted: Accepted, now: datetime, exchanges: Sequence[Exchange]) -> None:
        """Store a page's contents, identities, the cursor that follows and the exchanges, in one transaction (LS6)."""
        with self.transaction() as tx:
            hold(tx, lease)
            if accepted.begins_again:
                begin_again(tx, lease, now)
            if accepted.users:  # whom pages of other objects may show otherwise
                forget_pages(tx, lease)
                put_users(tx, lease, accepted.users)
            put_cursor(tx, lease, accepted.cursor, now)
            put_exchanges(tx, lease, exchanges)
            put_contents(tx, lease, (*accepted.new, *accepted.updated), now)

    UNKNOWN_THREADS = Statement(
        """
        SELECT foreign_id FROM lookup WHERE source_id = :source_id AND asked_at IS NULL
        ORDER BY foreign_id LIMIT :at_most
        """,
        value,
    )

    def threads_to_look_up(self, lease: Lease, limit: int) -> list[str]:
        """Ids of threads that messages name and nobody knows, of which the partner was not asked yet (LS9)."""
        with self.transaction(writing=False) as tx:
            return tx.all(self.UNKNOWN_THREADS, source_id=lease.source_id, at_most=limit)

    ASKED = Statement("""
        UPDATE lookup SET asked_at = :asked_at WHERE source_id = :source_id AND foreign_id = :foreign_id
    """)

    def save_lookup(
        self, lease: Lease, thread_id: str, page: Page | None, now: datetime, exchanges: Sequence[Exchange]
    ) -> None:
        """Store a thread that was fetched, if it was found, and that it was asked for."""
        with self.transaction() as tx:
            hold(tx, lease)
            tx.run(self.ASKED, source_id=lease.source_id, foreign_id=thread_id, asked_at=stamp(now))
            if page is not None:
                forget_pages(tx, lease)
                put_contents(tx, lease, page.contents, now)
                put_users(tx, lease, tuple(page.users.values()))
            put_exchanges(tx, lease, exchanges)
