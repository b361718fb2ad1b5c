"""What partners show, as it is stored: contents, identities, cursors, lookups, and the exchanges that brought them.

An id may name another content than before (OB13). `incarnation` counts which one that is; what refers to an earlier
one was imported before this one took its id over.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec.structs import astuple

from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content, User
from crawler.protocol.structured import holds_structured
from crawler.store.leases import Lease
from crawler.store.rows import moment, restored, stamp, storable
from crawler.store.sql import Statement, Transaction, value
from crawler.sync.pages import begin_anew, doubt
from crawler.sync.state import Cursor, Known

FIELDS = (
    "author_id, recipient_id, thread_id, in_reply_to_id, title, body, format, language, created_at, updated_at, "
    "actions, extra"
)
"""The columns that a partner's content has beside its key, in the order of `Content`'s fields."""

PROFILE = (
    "screenname, firstname, lastname, avatar_url, email, home_phone, mobile_phone, gender, puppetizable, created_at, "
    "updated_at, context_data"
)
"""The columns that an identity has beside its key, in the order of `User`'s fields."""


def named(fields: str) -> str:
    """The values of columns, by their names."""
    return ", ".join(f":{name}" for name in fields.split(", "))


def excluded(fields: str) -> str:
    """Columns, set as the row has them that an upsert brings."""
    return ", ".join(f"{name} = excluded.{name}" for name in fields.split(", "))


def differ(fields: str) -> str:
    """Whether one of a content's columns is not as the row has it that an upsert brings."""
    return " OR ".join(f"content.{name} {{differs}} excluded.{name}" for name in fields.split(", "))


# contents

# Whether what an upsert brings is another content than the one that had its id (OB13). The usual comes first, quickly.
# After a deletion it is, unless author and creation date are the same. Without one, which we know only of our own, it
# is where neither author nor date nor body say that it is the same; and if no entry created it, whose author, date or
# body a partner may change (PU11), where the date is another and the author or the body as well.
IS_ANOTHER = """CASE
    WHEN content.author_id = excluded.author_id AND content.created_at = excluded.created_at THEN FALSE
    WHEN content.deleted_at IS NOT NULL
    THEN content.author_id {differs} excluded.author_id OR content.created_at {differs} excluded.created_at
    ELSE content.author_id != excluded.author_id
        AND NOT COALESCE(content.created_at = excluded.created_at, FALSE)
        AND NOT COALESCE(content.body = excluded.body, FALSE)
        OR content.content_id IS NULL AND content.created_at != excluded.created_at
        AND (content.author_id != excluded.author_id OR content.body {differs} excluded.body)
END"""

# One that is as it was is not touched, and of another one nothing is kept (OB13).
PUT_CONTENT = Statement(f"""
    INSERT INTO content (source_id, object, foreign_id, {FIELDS}, imported_at, changed_at)
    VALUES (:source_id, :object, :foreign_id, {named(FIELDS)}, :imported_at, :changed_at)
    ON CONFLICT (source_id, object, foreign_id) DO UPDATE SET
        {excluded(FIELDS)}, changed_at = excluded.changed_at, deleted_at = NULL,
        content_id = CASE WHEN {IS_ANOTHER} THEN NULL ELSE content.content_id END,
        imported_at = CASE WHEN {IS_ANOTHER} THEN excluded.imported_at ELSE content.imported_at END,
        incarnation = CASE WHEN {IS_ANOTHER} THEN content.incarnation + 1 ELSE content.incarnation END
    WHERE {differ(FIELDS)} OR content.deleted_at IS NOT NULL
""")
KNOWN_THREADS = Statement(
    """
    SELECT foreign_id FROM content
    WHERE source_id = :source_id AND object = 'threads' AND deleted_at IS NULL AND foreign_id {among ids}
    """,
    value,
)
NOTE_LOOKUP = Statement(
    "INSERT INTO lookup (source_id, foreign_id) VALUES (:source_id, :foreign_id) ON CONFLICT DO NOTHING"
)
FORGET_LOOKUPS = Statement("DELETE FROM lookup WHERE source_id = :source_id AND foreign_id {among ids}")


def content_values(source_id: int, content: Content, now: str) -> tuple[object, ...]:
    """The values of `PUT_CONTENT`."""
    *fields, actions, extra = astuple(content)[:14]
    return source_id, *fields, _actions(actions), extra, now, now


@lru_cache(maxsize=1_000)
def _actions(actions: tuple[str, ...]) -> str:
    """As JSON. A partner's contents share few of them, and to write each anew took a fifth of storing a content."""
    return json.dumps(actions, ensure_ascii=False)


@lru_cache(maxsize=1_000)
def read_actions(text: str) -> tuple[str, ...]:
    """What JSON of some actions says; a partner's contents share few of them."""
    return tuple(json.loads(text))


def put_contents(tx: Transaction, lease: Lease, contents: Sequence[Content], now: datetime) -> None:
    """Insert or update contents. Threads that messages name and nobody knows are noted, to be looked up (LS9)."""
    source_id, moment = lease.source_id, stamp(now)
    threads = {content.id for content in contents if content.object == "threads"}
    if threads:
        tx.run(FORGET_LOOKUPS, source_id=source_id, ids=sorted(threads))
    referred = {content.thread_id for content in contents if content.thread_id is not None} - threads
    if referred:
        unknown = referred.difference(tx.all(KNOWN_THREADS, source_id=source_id, ids=sorted(referred)))
        tx.many(NOTE_LOOKUP, ((source_id, thread_id) for thread_id in sorted(unknown)))
    # Last: it takes long, and while it and the commit run, the interpreter is free for the next page.
    tx.many(PUT_CONTENT, (content_values(source_id, content, moment) for content in contents))


# identities

TOLD = "CAST(:puppetizable AS BOOLEAN)"

# The first `created_at` stays (OB11), and `puppetizable` unless it is told (OB4).
PUT_IDENTITY = Statement(f"""
    INSERT INTO identity (source_id, foreign_id, {PROFILE})
    VALUES (:source_id, :foreign_id, {named(PROFILE).replace(":puppetizable", f"COALESCE({TOLD}, FALSE)")})
    ON CONFLICT (source_id, foreign_id) DO UPDATE SET
        {excluded(PROFILE.replace("puppetizable, created_at, ", ""))},
        puppetizable = COALESCE({TOLD}, identity.puppetizable),
        created_at = COALESCE(identity.created_at, excluded.created_at)
""")


def user_values(source_id: int, user: User) -> tuple[object, ...]:
    """The values of `PUT_IDENTITY`, where `puppetizable` comes twice."""
    return source_id, *astuple(user), user.puppetizable


def put_users(tx: Transaction, lease: Lease, users: Sequence[User]) -> None:
    """Insert or update identities."""
    tx.many(PUT_IDENTITY, (user_values(lease.source_id, user) for user in users))


# exchanges

PUT_EXCHANGE = Statement("""
    INSERT INTO exchange (cycle_id, action, started_at, seconds, request, request_size, status, headers, response,
        response_size, verdict, error)
    VALUES (:cycle_id, :action, :started_at, :seconds, :request, :request_size, :status, :headers, :response,
        :response_size, :verdict, :error)
""")


def exchange_values(cycle_id: int, exchange: Exchange) -> tuple[object, ...]:
    """The values of `PUT_EXCHANGE`."""
    answer = exchange.answer
    return (
        cycle_id,
        exchange.action,
        stamp(exchange.started),
        exchange.seconds,
        exchange.request,
        exchange.request_size,
        answer.status if answer else None,
        json.dumps(dict(answer.headers)) if answer else None,
        answer.body if answer else None,
        exchange.answer_size,
        exchange.verdict,
        exchange.error,
    )


def put_exchanges(tx: Transaction, lease: Lease, exchanges: Sequence[Exchange]) -> None:
    """Insert exchanges of the lease's cycle."""
    tx.many(PUT_EXCHANGE, (exchange_values(lease.cycle_id, exchange) for exchange in exchanges))


# cursors

CURSOR = "object, since_id, trail, checked_at, page_mark, page_seen"
PUT_CURSOR = Statement(f"""
    INSERT INTO cursor (source_id, {CURSOR}, moved_at) VALUES (:source_id, {named(CURSOR)}, :moved_at)
    ON CONFLICT (source_id, object) DO UPDATE SET {excluded(CURSOR)}, moved_at = excluded.moved_at
""")


def put_cursor(tx: Transaction, lease: Lease, cursor: Cursor, now: datetime) -> None:
    """Insert or move a cursor."""
    tx.run(
        PUT_CURSOR,
        source_id=lease.source_id,
        object=cursor.object,
        since_id=storable(cursor.since_id),
        trail=json.dumps(cursor.trail),
        checked_at=stamp(cursor.checked_at) if cursor.checked_at else None,
        page_mark=cursor.page_mark,
        page_seen=cursor.page_seen,
        moved_at=stamp(now),
    )


def read_cursor(
    object_name: str,
    since_id: str | None,
    trail: str,
    checked_at: str | None,
    page_mark: str | None,
    page_seen: str | None,
) -> Cursor:
    """The cursor of a row."""
    return Cursor(
        object=object_name,
        since_id=restored(since_id),
        trail=tuple(json.loads(trail)),
        checked_at=moment(checked_at),
        page_mark=page_mark,
        page_seen=page_seen,
    )


CURSORS = Statement(f"SELECT {CURSOR} FROM cursor WHERE source_id = :source_id", read_cursor)

# A content was changed by something else than a list: a page that is shown again may change it back (LS5).
FORGET_PAGES = Statement("""
    UPDATE cursor SET page_mark = NULL, page_seen = NULL WHERE source_id = :source_id AND page_mark IS NOT NULL
""")


def forget_pages(tx: Transaction, lease: Lease) -> None:
    """Recognize no page that was shown before."""
    tx.run(FORGET_PAGES, source_id=lease.source_id)


def doubt_cursor(tx: Transaction, lease: Lease, object_name: str, foreign_id: str, now: datetime) -> None:
    """An id may name nothing or a newer content by now: it is no place to list from any more (LS11)."""
    for cursor in tx.all(CURSORS, source_id=lease.source_id):
        if cursor.object == object_name and (doubted := doubt(cursor, foreign_id)) != cursor:
            put_cursor(tx, lease, doubted, now)


# deletions

# One that was gone already stays as it was (LS4).
MARK_DELETED = Statement("""
    UPDATE content SET deleted_at = :deleted_at
    WHERE source_id = :source_id AND object = :object AND foreign_id = :foreign_id AND deleted_at IS NULL
""")


def delete(tx: Transaction, lease: Lease, object_name: str, foreign_id: str, now: datetime) -> None:
    """A content is gone."""
    its = {"source_id": lease.source_id, "object": object_name, "foreign_id": foreign_id}
    tx.run(MARK_DELETED, **its, deleted_at=stamp(now))
    doubt_cursor(tx, lease, object_name, foreign_id, now)


MARK_ALL_DELETED = Statement("""
    UPDATE content SET deleted_at = :deleted_at WHERE source_id = :source_id AND deleted_at IS NULL
""")
# Threads that were asked for in vain may be there by now (LS12).
FORGET_ALL_LOOKUPS = Statement("DELETE FROM lookup WHERE source_id = :source_id")


def begin_again(tx: Transaction, lease: Lease, now: datetime) -> None:
    """The partner's ids name other contents by now: none of these is there any more, and all is listed anew (LS12)."""
    tx.run(MARK_ALL_DELETED, source_id=lease.source_id, deleted_at=stamp(now))
    tx.run(FORGET_ALL_LOOKUPS, source_id=lease.source_id)
    for cursor in tx.all(CURSORS, source_id=lease.source_id):
        put_cursor(tx, lease, begin_anew(cursor), now)


# what decides about an agent's action


KNOWN = ", ".join(
    f"content.{name}"
    for name in (
        "object", "foreign_id", "actions", "author_id", "recipient_id", "thread_id", "content_id", "deleted_at",
        "incarnation", "imported_at", "extra",
    )
)  # fmt: skip


def read_known(
    object_name: str,
    foreign_id: str,
    actions: str,
    author_id: str | None,
    recipient_id: str | None,
    thread_id: str | None,
    content_id: str | None,
    deleted_at: str | None,
    incarnation: int,
    imported_at: str,
    extra: str | None,
) -> Known:
    """What decides about an agent's action on the content of a row: the columns `KNOWN`."""
    return Known(
        object=object_name,
        id=foreign_id,
        actions=read_actions(actions),
        author_id=author_id,
        recipient_id=recipient_id,
        thread_id=thread_id,
        created_by=content_id,
        deleted=deleted_at is not None,
        incarnation=incarnation,
        imported_at=imported_at,
        structured=holds_structured(extra),
    )


def read_user(
    foreign_id: str,
    screenname: str,
    firstname: str | None,
    lastname: str | None,
    avatar_url: str | None,
    email: str | None,
    home_phone: str | None,
    mobile_phone: str | None,
    gender: str | None,
    puppetizable: Any,
    created_at: str | None,
    updated_at: str | None,
    context_data: str | None,
) -> User:
    """The identity of a row; SQLite has numbers for `puppetizable`."""
    names = (foreign_id, screenname, firstname, lastname, avatar_url, email, home_phone, mobile_phone, gender)
    return User(*names, bool(puppetizable), created_at, updated_at, context_data)


USERS = Statement(
    f"SELECT foreign_id, {PROFILE} FROM identity WHERE source_id = :source_id AND foreign_id {{among ids}}", read_user
)
