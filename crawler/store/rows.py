"""Between rows and the values that the rest of the program works with."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from msgspec.structs import astuple, replace

from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content, User, is_storable
from crawler.protocol.structured import holds_structured
from crawler.sync.state import Cursor, Known, OutboxEntry, Ref, Status

Values = tuple[object, ...]
"""The values of a row, in the order of the statement that writes it."""

REFERENCES = ("target", "thread", "in_reply_to")
"""What an outbox entry may refer to: `OutboxEntry`'s fields, and the beginnings of their columns' names."""


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


def content_values(source_id: int, content: Content, now: str) -> Values:
    """The values of `put_content` for a content that is new or changed: a `Content` has its row's fields, in order."""
    fields = astuple(content)
    return source_id, *fields[:12], _actions(content.actions), content.extra, now, now, None


def read_content(object_name: str, row: Sequence[Any]) -> Content:
    """The content of a row: its `foreign_id`, and its fields from `author_id` to `extra`."""
    *texts, actions, extra = row
    fields: tuple[Any, ...] = (object_name, *texts, _read_actions(actions), extra)
    return Content(*fields)


@lru_cache(maxsize=1_000)
def _actions(actions: tuple[str, ...]) -> str:
    """As JSON. A partner's contents share few of them, and to write each anew took a fifth of storing a content."""
    return json.dumps(actions, ensure_ascii=False)


@lru_cache(maxsize=1_000)
def _read_actions(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def user_values(source_id: int, user: User) -> Values:
    """The values of `put_identity`: a `User` has its row's fields, in order; `puppetizable` comes twice."""
    return source_id, *astuple(user), user.puppetizable


def read_user(row: Sequence[Any]) -> User:
    """The identity of a row: its fields from `foreign_id` to `context_data`."""
    user = User(*row)
    return replace(user, puppetizable=bool(user.puppetizable))  # SQLite has numbers


def cursor_values(source_id: int, cursor: Cursor, now: str) -> dict[str, object]:
    """The values of `put_cursor`."""
    return {
        "source_id": source_id,
        "object": cursor.object,
        "since_id": storable(cursor.since_id),
        "trail": json.dumps(cursor.trail),
        "checked_at": stamp(cursor.checked_at) if cursor.checked_at else None,
        "page_mark": cursor.page_mark,
        "page_seen": cursor.page_seen,
        "moved_at": now,
    }


def read_cursor(row: Mapping[str, Any]) -> Cursor:
    """The cursor of a row."""
    return Cursor(
        object=row["object"],
        since_id=restored(row["since_id"]),
        trail=tuple(json.loads(row["trail"])),
        checked_at=moment(row["checked_at"]),
        page_mark=row["page_mark"],
        page_seen=row["page_seen"],
    )


def exchange_values(cycle_id: int, exchange: Exchange) -> Values:
    """The values of `insert_exchange`."""
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


def entry_values(source_id: int, entry: OutboxEntry) -> dict[str, object]:
    """The values of `queue_entry`."""
    values: dict[str, object] = {
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
    for name in REFERENCES:
        ref = getattr(entry, name)
        values[f"{name}_id"] = ref.foreign_id if ref else None
        values[f"{name}_entry"] = ref.entry_id if ref else None
        values[f"{name}_incarnation"] = ref.incarnation if ref else None
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
    foreign_id, entry_id = row[f"{name}_id"], row[f"{name}_entry"]
    if foreign_id is None and entry_id is None:
        return None
    return Ref(object_name, foreign_id=foreign_id, entry_id=entry_id, incarnation=row[f"{name}_incarnation"])


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
        incarnation=row["incarnation"],
        imported_at=row["imported_at"],
        structured=holds_structured(row["extra"]),
    )
