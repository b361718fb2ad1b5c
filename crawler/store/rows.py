"""Between rows and the values that the rest of the program works with."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content, User
from crawler.protocol.wire import is_storable
from crawler.store.schema import (
    ContentRow,
    CursorRow,
    CycleRow,
    ExchangeRow,
    IdentityRow,
    LookupRow,
    OutboxRow,
    SourceRow,
)
from crawler.sync.state import Cursor, Known, OutboxEntry, Ref, Status

CHUNK = 5_000
"""How many ids go into one statement: SQLite takes 32,766 parameters."""


def table(row: type[SQLModel]) -> sa.Table:
    """The table behind a row class."""
    found: sa.Table = row.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
    return found


SOURCE, CONTENT, IDENTITY = table(SourceRow), table(ContentRow), table(IdentityRow)
CURSOR, LOOKUP, OUTBOX = table(CursorRow), table(LookupRow), table(OutboxRow)
CYCLE, EXCHANGE = table(CycleRow), table(ExchangeRow)


def chunks(values: Sequence[str]) -> Iterator[list[str]]:
    """`values` in portions that fit into one statement."""
    rest = iter(values)
    while portion := list(islice(rest, CHUNK)):
        yield portion


def stamp(moment: datetime) -> str:
    """A moment as it is stored: ISO 8601, UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(stamp: str | None) -> datetime | None:
    """The moment that `stamp` stored."""
    return datetime.fromisoformat(stamp) if stamp else None


def storable(foreign_id: str | None) -> str | None:
    """An id as text that every database takes: itself, or as a JSON string where it could not be stored (OB12)."""
    if foreign_id is None:
        return None
    plain = is_storable(foreign_id) and not foreign_id.startswith('"')
    return foreign_id if plain else json.dumps(foreign_id)


def restored(text: str | None) -> str | None:
    """The id that `storable` stored."""
    return json.loads(text) if text is not None and text.startswith('"') else text


def content_values(source_id: int, content: Content, now: str) -> dict[str, Any]:
    """The row of a content that is new or changed."""
    return {
        "source_id": source_id,
        "object": content.object,
        "foreign_id": content.id,
        "author_id": content.author_id,
        "recipient_id": content.recipient_id,
        "thread_id": content.thread_id,
        "in_reply_to_id": content.in_reply_to_id,
        "title": content.title,
        "body": content.body,
        "format": content.format,
        "language": content.language,
        "created_at": content.created_at,
        "updated_at": content.updated_at,
        "actions": _actions(content.actions),
        "extra": content.extra,
        "digest": content.digest,
        "imported_at": now,
        "changed_at": now,
        "deleted_at": None,
    }


@lru_cache(maxsize=1_000)
def _actions(actions: tuple[str, ...]) -> str:
    """As JSON. A partner's contents share few of them, and to write each anew took a fifth of storing a content."""
    return json.dumps(actions, ensure_ascii=False)


def user_values(source_id: int, user: User) -> dict[str, Any]:
    """The row of an identity."""
    return {
        "source_id": source_id,
        "foreign_id": user.id,
        "screenname": user.screenname,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "avatar_url": user.avatar_url,
        "email": user.email,
        "home_phone": user.home_phone,
        "mobile_phone": user.mobile_phone,
        "gender": user.gender,
        "puppetizable": user.puppetizable,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "context_data": user.context_data,
        "digest": user.digest,
    }


def cursor_values(source_id: int, cursor: Cursor, now: str) -> dict[str, Any]:
    """The row of a cursor."""
    return {
        "source_id": source_id,
        "object": cursor.object,
        "since_id": storable(cursor.since_id),
        "trail": json.dumps(cursor.trail),
        "checked_at": stamp(cursor.checked_at) if cursor.checked_at else None,
        "moved_at": now,
    }


def read_cursor(object_name: str, since_id: str | None, trail: str, checked_at: str | None) -> Cursor:
    """The cursor of a row."""
    return Cursor(
        object=object_name,
        since_id=restored(since_id),
        trail=tuple(json.loads(trail)),
        checked_at=moment(checked_at),
    )


def named(of: sa.Table, row: Sequence[Any]) -> dict[str, Any]:
    """A row of a whole table, by its columns' names."""
    return dict(zip(of.c.keys(), row, strict=True))


def exchange_values(cycle_id: int, exchange: Exchange) -> dict[str, Any]:
    """The row of an exchange."""
    answer = exchange.answer
    return {
        "cycle_id": cycle_id,
        "action": exchange.action,
        "started_at": stamp(exchange.started),
        "seconds": exchange.seconds,
        "request": exchange.request,
        "request_size": exchange.request_size,
        "status": answer.status if answer else None,
        "headers": json.dumps(dict(answer.headers)) if answer else None,
        "response": answer.body if answer else None,
        "response_size": exchange.answer_size,
        "verdict": exchange.verdict,
        "error": exchange.error,
    }


def entry_values(source_id: int, entry: OutboxEntry) -> dict[str, Any]:
    """The row of an outbox entry."""
    values: dict[str, Any] = {
        "id": entry.id,
        "source_id": source_id,
        "object": entry.object,
        "operation": entry.operation,
        "status": str(entry.status),
        "attempts": entry.attempts,
        "granted": entry.granted,
        "error": entry.error,
        "foreign_id": entry.foreign_id,
        "author_id": entry.author_id,
        "recipient_id": entry.recipient_id,
        "title": entry.title,
        "body": entry.body,
        "format": entry.format,
        "attachments": json.dumps(entry.attachments, ensure_ascii=False) if entry.attachments else None,
        "structured_content": (
            json.dumps(entry.structured_content, ensure_ascii=False) if entry.structured_content else None
        ),
        "queued_at": stamp(entry.queued_at),
    }
    for name, ref in (("target", entry.target), ("thread", entry.thread), ("in_reply_to", entry.in_reply_to)):
        values[f"{name}_id"] = ref.foreign_id if ref else None
        values[f"{name}_entry"] = ref.entry_id if ref else None
    return values


def read_entry(row: Mapping[str, Any]) -> OutboxEntry:
    """The outbox entry of a row."""
    return OutboxEntry(
        id=row["id"],
        object=row["object"],
        operation=row["operation"],
        queued_at=datetime.fromisoformat(row["queued_at"]),
        author_id=row["author_id"],
        target=_ref(row, "target", row["object"]),
        thread=_ref(row, "thread", "threads"),
        in_reply_to=_ref(row, "in_reply_to", row["object"]),
        recipient_id=row["recipient_id"],
        title=row["title"],
        body=row["body"],
        format=row["format"],
        attachments=tuple(json.loads(row["attachments"] or "[]")),
        structured_content=json.loads(row["structured_content"]) if row["structured_content"] else None,
        status=Status(row["status"]),
        attempts=row["attempts"],
        granted=row["granted"],
        error=row["error"],
        foreign_id=row["foreign_id"],
    )


def _ref(row: Mapping[str, Any], name: str, object_name: str) -> Ref | None:
    if row[f"{name}_id"] is None and row[f"{name}_entry"] is None:
        return None
    return Ref(object_name, foreign_id=row[f"{name}_id"], entry_id=row[f"{name}_entry"])


def read_known(row: Mapping[str, Any]) -> Known:
    """What decides about an agent's action on the content of a row."""
    return Known(
        object=row["object"],
        id=row["foreign_id"],
        actions=tuple(json.loads(row["actions"])),
        author_id=row["author_id"],
        recipient_id=row["recipient_id"],
        thread_id=row["thread_id"],
        created_by=row["content_id"],
        deleted=row["deleted_at"] is not None,
    )
