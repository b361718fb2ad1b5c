"""What an agent may queue, and what is filled in for it (AC3, AC4, PU1, PU9, PU12, PU13, ST).

And what a partner is told of the agents' own queue (PU10).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.errors import ActionRefused
from crawler.protocol.formats import fill_in_attachment, text_as_html
from crawler.protocol.implementation import ImplementationInfo
from crawler.protocol.objects import is_storable
from crawler.protocol.structured import OPTION, check_structured, unsendable
from crawler.sync.exports import operation_refusal, reply_refusal
from crawler.sync.source import Source
from crawler.sync.state import Json, Known, OutboxEntry, Ref, Status

QUEUING_UPDATE = "messaging.queuing_update"
"""The action, and the option that declares it."""

REPLY_HINT = "the partner must add 'reply' to that content's 'actions'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A content that an agent wants created; what is `None` is filled in by PU12 and PU13.

    `format` says what `body` is, ``html`` or ``text``, and is `None` for plain text to be sent in whichever format the
    partner prefers. `thread`, `in_reply_to`: foreign ids or entries of the outbox. `attachments`:
    ``{"url", "type"?, "filename"?}``.
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

    `puppetizable` are the ids of imported identities that agents may act as (PU12); `recipients` those of imported
    identities out of all that a private message could go to.
    """

    source: Source
    info: ImplementationInfo
    puppetizable: Sequence[str]
    now: datetime
    recipients: Collection[str] = ()


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
    body, body_format = _body(info, draft)
    structured_content = _structured(info, draft)
    if not body and not draft.attachments and not structured_content:
        raise ActionRefused(f"a content of {name} needs a body or an attachment", rule="PU1")
    attachments = _attachments(info, draft)
    thread = _thread(desk, draft, replied)
    author_id = _author(desk, draft.author_id)
    recipient_id = _recipient(desk, draft, replied, author_id) if name == "private_messages" else None
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
        body=body,
        format=body_format,
        attachments=attachments,
        structured_content=structured_content,
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
    known = content if isinstance(content, Known) else _as_if_known(content, operation)
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


def _as_if_known(creation: OutboxEntry, operation: str) -> Known:
    """What is still to be created, as if it allowed the operation itself."""
    structured = bool(creation.structured_content)
    return Known(object=creation.object, id=creation.id, actions=(operation,), structured=structured)


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


def _recipient(desk: Desk, draft: Draft, replied: Known | OutboxEntry | None, author_id: str) -> str:
    """Who gets a private message: whoever is named, else the other side of the one that it replies to (PU12)."""
    recipient_id = draft.recipient_id
    if recipient_id is None and replied is not None:
        own = isinstance(replied, OutboxEntry) or replied.author_id == author_id
        recipient_id = replied.recipient_id if own else replied.author_id
    if recipient_id is None:
        raise ActionRefused("a private message needs a recipient", rule="PU12", hint="name one, or reply to a message")
    if recipient_id not in desk.recipients:
        raise ActionRefused(
            f"no user {recipient_id} was imported, and a private message goes to one who was",
            rule="PU12",
            hint="name the id of somebody who wrote or received something here, or reply to a message",
        )
    return recipient_id


def _body(info: ImplementationInfo, draft: Draft) -> tuple[str | None, str]:
    """The body as it is sent, and its format (PU13)."""
    formats = info.formats(draft.object)
    if draft.format not in (None, "text", *formats):
        raise ActionRefused(
            f"the options of {draft.object} do not allow the format {draft.format}",
            rule="PU13",
            hint=f"it takes {' or '.join(formats)}",
        )
    sent_as = draft.format if draft.format in formats else formats[0]
    body = draft.body or None
    if body is not None and sent_as == "html" and draft.format != "html":
        body = text_as_html(body) or None
    return body, sent_as


def _attachments(info: ImplementationInfo, draft: Draft) -> tuple[Mapping[str, str], ...]:
    """The attachments as they are sent (PU1, PU13)."""
    if draft.attachments and not info.takes_attachments(draft.object):
        raise ActionRefused(
            f"the partner does not declare the option {draft.object}.attachments", rule="PU13", hint="send it without"
        )
    for given in draft.attachments:
        values: Collection[object] = given.values()  # whoever writes Python may give anything
        texts = all(isinstance(it, str) and is_storable(it) for it in values)
        if not texts or not given.get("url") or not given.keys() <= {"url", "type", "filename"}:
            raise ActionRefused("an attachment has a 'url', and may have 'type' and 'filename': all texts", rule="PU1")
    return tuple(map(fill_in_attachment, draft.attachments))


def _structured(info: ImplementationInfo, draft: Draft) -> Mapping[str, Json] | None:
    """The structured content, once it is found to be right (ST)."""
    if not draft.structured_content:
        return None
    if draft.object == "threads":
        raise ActionRefused("a thread has no structured content", rule="ST", hint="write a message in it")
    if OPTION not in info.options:
        hint = "say the same in the body"
        raise ActionRefused(f"the partner does not declare the option {OPTION}", rule="ST", hint=hint)
    value = dict(draft.structured_content)
    for problem in check_structured(value):
        if problem.level == "must":
            raise ActionRefused(str(problem), rule="ST", hint="crawler/PROTOCOL.md has what may stand there, under ST")
    if reason := unsendable(value):
        raise ActionRefused(reason, rule="ST", hint="say it as a text")
    return value


def queuing_params(
    info: ImplementationInfo,
    *,
    estimated_wait_time: int,
    position: int,
    thread_id: str | None = None,
    in_reply_to_id: str | None = None,
) -> dict[str, Json]:
    """The params of a queuing update; `estimated_wait_time` is seconds, `position` the place in the queue.

    Raises `ActionRefused` where the partner does not declare the option.
    """
    if QUEUING_UPDATE not in info.options:
        raise ActionRefused(
            f"the partner does not declare the option {QUEUING_UPDATE}",
            rule="PU10",
            hint="'info' shows what it declares",
        )
    params: dict[str, Json | None] = {
        "estimated_wait_time": estimated_wait_time,
        "position": position,
        "thread_id": thread_id,
        "in_reply_to_id": in_reply_to_id,
    }
    return {name: value for name, value in params.items() if value is not None}
