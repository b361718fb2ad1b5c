"""An entry of the outbox as it is stored."""

import json
from datetime import datetime
from typing import NamedTuple

from crawler.store.contents import named
from crawler.store.rows import stamp
from crawler.store.sql import Statement, Transaction
from crawler.sync.state import OutboxEntry, Ref, Status

REFERENCES = ("target", "thread", "in_reply_to")
"""What an entry may refer to: `OutboxEntry`'s fields, and the beginnings of their columns' names."""


class EntryRow(NamedTuple):
    """An entry as it is stored; the columns' order is the command line's as well."""

    position: int
    id: str
    source_id: int
    object: str
    operation: str
    status: str
    attempts: int
    granted: int
    error: str | None
    foreign_id: str | None
    author_id: str | None
    recipient_id: str | None
    target_id: str | None
    target_entry: str | None
    target_incarnation: int | None
    thread_id: str | None
    thread_entry: str | None
    thread_incarnation: int | None
    in_reply_to_id: str | None
    in_reply_to_entry: str | None
    in_reply_to_incarnation: int | None
    title: str | None
    body: str | None
    format: str | None
    attachments: str | None
    structured_content: str | None
    queued_at: str
    begun_at: str | None
    settled_at: str | None

    def entry(self) -> OutboxEntry:
        """What it stands for."""
        target = _ref(self.object, self.target_id, self.target_entry, self.target_incarnation)
        thread = _ref("threads", self.thread_id, self.thread_entry, self.thread_incarnation)
        replied = _ref(self.object, self.in_reply_to_id, self.in_reply_to_entry, self.in_reply_to_incarnation)
        return OutboxEntry(
            id=self.id,
            object=self.object,
            operation=self.operation,
            queued_at=datetime.fromisoformat(self.queued_at),
            author_id=self.author_id,
            target=target,
            thread=thread,
            in_reply_to=replied,
            recipient_id=self.recipient_id,
            title=self.title,
            body=self.body,
            format=self.format,
            attachments=tuple(json.loads(self.attachments or "[]")),
            structured_content=json.loads(self.structured_content) if self.structured_content else None,
            status=Status(self.status),
            attempts=self.attempts,
            granted=self.granted,
            error=self.error,
            foreign_id=self.foreign_id,
        )


def _ref(object_name: str, foreign_id: str | None, entry_id: str | None, incarnation: int | None) -> Ref | None:
    if foreign_id is None and entry_id is None:
        return None
    return Ref(object_name, foreign_id=foreign_id, entry_id=entry_id, incarnation=incarnation)


ENTRY = ", ".join(f"outbox.{name}" for name in EntryRow._fields)
QUEUED = ", ".join(name for name in EntryRow._fields if name not in ("position", "begun_at", "settled_at"))

QUEUE_ENTRY = Statement(f"INSERT INTO outbox ({QUEUED}) VALUES ({named(QUEUED)})")


def queue_entry(tx: Transaction, source_id: int, entry: OutboxEntry) -> None:
    """Put an entry at the end of the queue."""
    refs: dict[str, object] = {}
    for name in REFERENCES:
        ref: Ref | None = getattr(entry, name)
        refs[f"{name}_id"] = ref.foreign_id if ref else None
        refs[f"{name}_entry"] = ref.entry_id if ref else None
        refs[f"{name}_incarnation"] = ref.incarnation if ref else None
    structured = entry.structured_content
    tx.run(
        QUEUE_ENTRY,
        id=entry.id,
        source_id=source_id,
        object=entry.object,
        operation=entry.operation,
        status=str(entry.status),
        attempts=entry.attempts,
        granted=entry.granted,
        error=entry.error,
        foreign_id=entry.foreign_id,
        author_id=entry.author_id,
        recipient_id=entry.recipient_id,
        title=entry.title,
        body=entry.body,
        format=entry.format,
        attachments=json.dumps(entry.attachments, ensure_ascii=False) if entry.attachments else None,
        structured_content=json.dumps(structured, ensure_ascii=False) if structured else None,
        queued_at=stamp(entry.queued_at),
        **refs,
    )
