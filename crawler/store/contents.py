"""Writing contents, identities and exchanges within a transaction that holds a lease."""

from collections.abc import Sequence
from datetime import datetime

from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content, User
from crawler.store import statements
from crawler.store.driver import Driver
from crawler.store.rows import content_values, cursor_values, exchange_values, read_cursor, stamp, user_values
from crawler.store.sources import Lease, SourceStore
from crawler.sync.pages import begin_anew, doubt


class ContentStore(SourceStore):
    """The part of the store that writes what partners show."""

    def _put_contents(self, driver: Driver, lease: Lease, contents: Sequence[Content], now: datetime) -> None:
        """Insert or update contents. Threads that messages name and nobody knows are noted, to be looked up (LS9)."""
        moment, array = stamp(now), driver.array
        threads = {content.id for content in contents if content.object == "threads"}
        if threads:
            driver.run(statements.forget_lookups, its_id=lease.source_id, ids=array(sorted(threads)))
        named = {content.thread_id for content in contents if content.thread_id is not None} - threads
        if named:
            known = driver.all(statements.known_threads, its_id=lease.source_id, ids=array(sorted(named)))
            unknown = sorted(named.difference(row[0] for row in known))
            driver.many(statements.note_lookup, ((lease.source_id, thread_id) for thread_id in unknown))
        # Last: it takes long, and while it and the commit run, the interpreter is free for the next page.
        driver.many(statements.put_content, (content_values(lease.source_id, content, moment) for content in contents))

    def _put_users(self, driver: Driver, lease: Lease, users: Sequence[User]) -> None:
        driver.many(statements.put_identity, (user_values(lease.source_id, user) for user in users))

    def _put_exchanges(self, driver: Driver, lease: Lease, exchanges: Sequence[Exchange]) -> None:
        driver.many(statements.insert_exchange, (exchange_values(lease.cycle_id, exchange) for exchange in exchanges))

    def _delete(self, driver: Driver, lease: Lease, object_name: str, foreign_id: str, now: datetime) -> None:
        its = {"its_id": lease.source_id, "its_object": object_name, "its_foreign_id": foreign_id}
        driver.run(statements.mark_deleted, **its, deleted_at=stamp(now))
        self._doubt_cursor(driver, lease, object_name, foreign_id, now)

    def _begin_again(self, driver: Driver, lease: Lease, now: datetime) -> None:
        """The partner's ids name other contents by now: none of these is there any more, and all is listed anew."""
        driver.run(statements.mark_all_deleted, its_id=lease.source_id, deleted_at=stamp(now))
        driver.run(statements.forget_all_lookups, its_id=lease.source_id)
        for row in driver.named(statements.cursors, its_id=lease.source_id):
            anew = begin_anew(read_cursor(row))
            driver.run(statements.put_cursor, **cursor_values(lease.source_id, anew, stamp(now)))

    def _doubt_cursor(self, driver: Driver, lease: Lease, object_name: str, foreign_id: str, now: datetime) -> None:
        """An id may name nothing or a newer content by now: it is no place to list from any more (LS11)."""
        for row in driver.named(statements.cursors, its_id=lease.source_id):
            cursor = read_cursor(row)
            if cursor.object == object_name and (doubted := doubt(cursor, foreign_id)) != cursor:
                driver.run(statements.put_cursor, **cursor_values(lease.source_id, doubted, stamp(now)))
