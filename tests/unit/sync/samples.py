"""A source, its outbox and what is known of contents: the values that a cycle's decisions are made of."""

from datetime import UTC, datetime
from typing import Any

from crawler.protocol.signature import Secret
from crawler.sync.source import Source
from crawler.sync.state import Known, Outbox, OutboxEntry, Ref

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
SOURCE = Source(name="shop", base_uri="http://shop.example/sdk", secret=Secret("open sesame"))
OPERATIONS = ["list", "show", "create", "delete", "publish", "unpublish", "spam"]


def on(object_name: str, foreign_id: str, incarnation: int | None = None) -> Ref:
    """A content that the partner knows: of those that had the id the one of that incarnation, or whichever has it."""
    return Ref(object_name, foreign_id=foreign_id, incarnation=incarnation)


def queued(object_name: str, entry_id: str) -> Ref:
    """A content that an entry of the outbox is to create."""
    return Ref(object_name, entry_id=entry_id)


def creation(entry_id: str = "q1", object_name: str = "messages", **changes: Any) -> OutboxEntry:
    fields: dict[str, Any] = {"author_id": "agent", "body": "<p>Hi</p>", "format": "html", "queued_at": NOW}
    fields |= {"thread": on("threads", "t1")} if object_name == "messages" else {}
    fields |= {"recipient_id": "u1"} if object_name == "private_messages" else {}
    return OutboxEntry(id=entry_id, object=object_name, operation="create", **{**fields, **changes})


def operation(name: str = "delete", entry_id: str = "q2", target: Ref | None = None, **changes: Any) -> OutboxEntry:
    target = target or on("messages", "m1")
    fields: dict[str, Any] = {"target": target, "author_id": "agent", **changes}
    return OutboxEntry(id=entry_id, object=target.object, operation=name, queued_at=NOW, **fields)


def known(content_id: str = "m1", object_name: str = "messages", **changes: Any) -> Known:
    actions = ("delete", "publish", "unpublish", "spam")
    return Known(object=object_name, id=content_id, **{"actions": actions, "author_id": "u1", **changes})


def outbox(*values: OutboxEntry | Known) -> Outbox:
    """The outbox of these entries, in this order, and these contents."""
    entries = {it.id: it for it in values if isinstance(it, OutboxEntry)}
    contents = {(it.object, it.id): it for it in values if isinstance(it, Known)}
    return Outbox(entries=entries, contents=contents)
