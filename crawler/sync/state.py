"""The values that the decisions of a cycle are made of: frozen, without I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crawler.protocol.objects import User

Json = object
"""A decoded JSON value."""

ATTEMPTS = 3
"""How often an export is sent at most before it is given up (PU6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where the import of one object stands (LS1).

    `trail` holds the cursors before `since_id`, newest first, a few of them; `checked_at` is when `since_id` was last
    seen to be known to the partner, `None` where we deleted its content since (LS11). `page_mark` is what a page is
    recognised by that was shown from here and changed nothing (LS5), and `page_seen` what was to be said of it: see
    `crawler.sync.pages.recognize`.
    """

    object: str
    since_id: str | None = None
    trail: tuple[str, ...] = ()
    checked_at: datetime | None = None
    page_mark: str | None = None
    page_seen: str | None = None


class Status(StrEnum):
    """Synchronization status of an export, in the platform's own words."""

    PENDING = "export_pending"
    SUCCESS = "success"
    FAILURE = "export_failure"
    ABORTED = "export_aborted"
    DELETE_ABORTED = "delete_aborted"
    UNPUBLISH_ABORTED = "unpublish_aborted"


@dataclass(frozen=True, slots=True)
class Ref:
    """A content: one that the partner knows (`foreign_id`), or one that an outbox entry is to create (`entry_id`).

    `incarnation` says which of the contents that had the foreign id one after the other (OB13); `None`: whichever has
    it.
    """

    object: str
    foreign_id: str | None = None
    entry_id: str | None = None
    incarnation: int | None = None

    def __str__(self) -> str:
        return self.foreign_id or f"(queued) {self.entry_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """An agent's change on its way to the partner.

    `id` is the `content_id` of what a create creates. `target` is the content that any other operation acts on.
    `granted` attempts may be made in all (`ATTEMPTS`, more after a person's retry); `attempts` is how many were begun.
    `foreign_id` is what the partner called the created content. `error` is why the last attempt failed.
    `attachments` and `structured_content` are JSON values as they are sent.
    """

    id: str
    object: str
    operation: str
    queued_at: datetime
    author_id: str | None = None
    target: Ref | None = None
    thread: Ref | None = None
    in_reply_to: Ref | None = None
    recipient_id: str | None = None
    title: str | None = None
    body: str | None = None
    format: str | None = None
    attachments: tuple[Mapping[str, str], ...] = ()
    structured_content: Mapping[str, Json] | None = None
    status: Status = Status.PENDING
    attempts: int = 0
    granted: int = ATTEMPTS
    error: str | None = None
    foreign_id: str | None = None

    @property
    def action(self) -> str:
        """The action, e.g. ``messages.create``; a deletion is ``delete`` here whatever the partner calls it (IM6)."""
        return f"{self.object}.{self.operation}"

    @property
    def refs(self) -> tuple[Ref, ...]:
        """The contents that this entry refers to (PU9)."""
        return tuple(ref for ref in (self.target, self.thread, self.in_reply_to) if ref is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a content that an agent acts on: its `actions` decide (IM5, AC4).

    `created_by` is the outbox entry that created it, if one did. `structured` says that it has structured content (ST).
    `incarnation` counts the contents that had its id before it, and `imported_at` is when it was first seen, as it is
    stored (OB13).
    """

    object: str
    id: str
    actions: tuple[str, ...] = ()
    author_id: str | None = None
    recipient_id: str | None = None
    thread_id: str | None = None
    created_by: str | None = None
    deleted: bool = False
    structured: bool = False
    incarnation: int = 0
    imported_at: str = ""

    @property
    def ref(self) -> Ref:
        """A reference to this content, and to no other that has its id later."""
        return Ref(self.object, foreign_id=self.id, incarnation=self.incarnation)

    def came_after(self, other: "Known") -> bool:
        """Whether what `other` refers to by this content's id was another content, which had the id before (OB13)."""
        return self.incarnation > 0 and other.imported_at < self.imported_at


@dataclass(frozen=True, slots=True)
class Outbox:
    """The entries that are pending or referred to by pending ones, in queue order, and the contents they refer to.

    `contents` has the key (object, foreign id). `authors` are the identities that create pending ones, by id, as far as
    they were imported.
    """

    entries: Mapping[str, OutboxEntry] = field(default_factory=dict)
    contents: Mapping[tuple[str, str], Known] = field(default_factory=dict)
    authors: Mapping[str, User] = field(default_factory=dict)

    def after(self, entry: OutboxEntry, known: Known | None = None) -> "Outbox":
        """The outbox once `entry` is settled, and `known` is what became of the content it acted on."""
        contents = {**self.contents, (known.object, known.id): known} if known else self.contents
        return Outbox({**self.entries, entry.id: entry}, contents, self.authors)

    def known(self, object_name: str, foreign_id: str) -> Known:
        """What is known of a content; nothing, if it is not stored."""
        return self.contents.get((object_name, foreign_id), Known(object=object_name, id=foreign_id))

    @property
    def pending(self) -> tuple[OutboxEntry, ...]:
        """The entries still to be sent, in the order in which they were queued (LS8)."""
        return tuple(entry for entry in self.entries.values() if entry.status is Status.PENDING)
