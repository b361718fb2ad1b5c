"""What an agent may queue, and what is filled in for it (AC3, AC4, PU12, PU13, PU9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.errors import ActionRefused
from crawler.protocol.implementation import ImplementationInfo
from crawler.sync.exports import operation_refusal, reply_refusal
from crawler.sync.state import Json, Known, OutboxEntry, Ref, Source, Status

REPLY_HINT = "the partner must add 'reply' to that content's 'actions'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A content that an agent wants created; what is `None` is filled in by PU12 and PU13.

    `thread`, `in_reply_to`: foreign ids or entries of the outbox. `attachments`: ``{"url", "type"?, "filename"?}``.
    """

    object: str
    body: str | None = None
    title: str | None = None
    thread: Ref | None = None
    in_reply_to: Ref | None = None
    recipient_id: str | None = None
    author_id: str | None = None
    format: str | None = None
    attachments: Sequence[Mapping[str, str]] = ()
    structured_content: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that decides what an agent may do at a source: its newest capabilities, and who could act.

    `puppetizable` are the ids of imported identities that agents may act as (PU12).
    """

    source: Source
    info: ImplementationInfo
    puppetizable: Sequence[str]
    now: datetime


def queue_create(desk: Desk, entry_id: str, draft: Draft, replied: Known | OutboxEntry | None) -> OutboxEntry:
    """The outbox entry for a new content; `replied` is what `draft.in_reply_to` names.

    Raises `ActionRefused`.
    """
    info, name = desk.info, draft.object
    if not info.allows(name, "create"):
        raise _undeclared(name, "create")
    if draft.in_reply_to is not None and draft.in_reply_to.object != name:
        raise ActionRefused(
            f"{draft.in_reply_to} is one of {draft.in_reply_to.object}, and a reply is to a content of the same object",
            rule="OB8",
            hint="a message in a thread names it as its thread",
        )
    if isinstance(replied, Known):
        if replied.deleted:
            raise ActionRefused(f"{replied.id} was deleted", rule="AC3")
        if refusal := reply_refusal(info, replied):
            raise ActionRefused(refusal, rule="AC4", hint=REPLY_HINT)
    structured = name != "threads" and draft.structured_content
    if not draft.body and not draft.attachments and not structured:
        raise ActionRefused(f"a content of {name} needs a body or an attachment", rule="PU1")
    if draft.attachments and not info.takes_attachments(name):
        raise ActionRefused(
            f"the partner does not declare the option {name}.attachments", rule="PU13", hint="send it without"
        )
    thread = _thread(desk, draft, replied)
    author_id = _author(desk, draft.author_id)
    recipient_id = _recipient(draft, replied, author_id) if name == "private_messages" else None
    return OutboxEntry(
        id=entry_id,
        object=name,
        operation="create",
        queued_at=desk.now,
        author_id=author_id,
        thread=thread,
        in_reply_to=draft.in_reply_to,
        recipient_id=recipient_id,
        title=draft.title,
        body=draft.body,
        format=_format(desk, draft),
        attachments=tuple(dict(a) for a in draft.attachments),
        structured_content=draft.structured_content,
    )


def queue_operation(
    desk: Desk,
    entry_id: str,
    operation: str,
    target: Ref,
    content: Known | OutboxEntry,
    *,
    author_id: str | None = None,
) -> OutboxEntry:
    """The outbox entry that applies `operation` to `content`, which is what `target` names.

    Of a content that is itself still to be created nobody knows the `actions` yet: only the declaration is asked for
    now, and IM5 is kept when the entry is sent.

    Raises `ActionRefused` (AC3).
    """
    operation = "delete" if operation == "destroy" else operation
    known = content if isinstance(content, Known) else Known(object=target.object, id="", actions=(operation,))
    refusal = operation_refusal(desk.info, known, operation)
    if refusal is not None:
        rule, reason = refusal
        if rule == "PU8":
            raise _undeclared(target.object, operation)
        hint = "the partner must name it in that content's 'actions'" if rule == "IM5" and not known.deleted else ""
        raise ActionRefused(reason, rule=rule, hint=hint)
    standard = operation in ("delete", "publish", "unpublish")
    return OutboxEntry(
        id=entry_id,
        object=target.object,
        operation=operation,
        queued_at=desk.now,
        author_id=author_id if standard else _author(desk, author_id),
        target=target,
    )


def cancels_creation(operation: str, content: Known | OutboxEntry) -> bool:
    """Whether deleting `content` just cancels its creation, because it was never sent (PU9)."""
    return (
        operation in ("delete", "destroy")
        and isinstance(content, OutboxEntry)
        and content.status is Status.PENDING
        and content.attempts == 0
    )


def _undeclared(object_name: str, operation: str) -> ActionRefused:
    return ActionRefused(
        f"the partner does not declare {object_name}.{operation}",
        rule="AC3",
        hint="'info' shows what it declares",
    )


def _thread(desk: Desk, draft: Draft, replied: Known | OutboxEntry | None) -> Ref | None:
    """The thread a message goes to: the one given, else that of the message it replies to (PU12)."""
    if draft.object != "messages" or desk.info.unthreaded:
        return None
    if draft.thread is not None:
        return draft.thread
    if isinstance(replied, OutboxEntry) and replied.thread is not None:
        return replied.thread
    if isinstance(replied, Known) and replied.thread_id is not None:
        return Ref("threads", foreign_id=replied.thread_id)
    raise ActionRefused("a message needs a thread", rule="PU1", hint="name one, or reply to a message")


def _author(desk: Desk, given: str | None) -> str:
    """Who acts (PU12)."""
    if given or desk.source.agent_id:
        return given or desk.source.agent_id or ""
    if len(desk.puppetizable) == 1:
        return desk.puppetizable[0]
    several = f"{len(desk.puppetizable)} puppetizable identities" if desk.puppetizable else "no puppetizable identity"
    raise ActionRefused(
        f"nobody to act as: {several} imported",
        rule="PU12",
        hint="give the author with the action (--author), or set agent_id for the source",
    )


def _recipient(draft: Draft, replied: Known | OutboxEntry | None, author_id: str) -> str:
    """Who gets a private message: whoever is named, else the other side of the one that it replies to (PU12)."""
    if draft.recipient_id is not None:
        return draft.recipient_id
    if replied is not None:
        own = isinstance(replied, OutboxEntry) or replied.author_id == author_id
        other = replied.recipient_id if own else replied.author_id
        if other is not None:
            return other
    raise ActionRefused("a private message needs a recipient", rule="PU12", hint="name one, or reply to a message")


def _format(desk: Desk, draft: Draft) -> str:
    formats = desk.info.formats(draft.object)
    if draft.format is not None and draft.format not in formats:
        raise ActionRefused(
            f"the options of {draft.object} do not allow the format {draft.format}",
            rule="PU13",
            hint=f"it takes {' or '.join(formats)}",
        )
    return draft.format or formats[0]
