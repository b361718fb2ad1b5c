"""Pushing: what may be sent now, with which params, and what its answer settles (PU, IM5, AC4)."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum

from crawler.errors import EndpointUnreachable, NotJson, PartnerError, ResourceError, UnexpectedShape
from crawler.protocol.envelope import format_time
from crawler.protocol.implementation import COLLECTION_LEVEL, ImplementationInfo
from crawler.protocol.objects import MAX_ID_CHARS, Content, User, is_storable
from crawler.protocol.reading import Page, read_content
from crawler.protocol.structured import OPERATIONS, OPTION, holds_structured
from crawler.sync.source import Source
from crawler.sync.state import Json, Known, Outbox, OutboxEntry, Ref, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send this entry now: `action` by the partner's own name for it (IM6), with `params`."""

    entry: OutboxEntry
    action: str
    params: dict[str, Json]

    @property
    def target_id(self) -> str:
        """The foreign id of the content that is acted on; empty for a create."""
        return str(self.params.get("id", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Send nothing for this entry in this cycle; it uses up no attempt (PU8, PU9)."""

    entry: OutboxEntry
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Settle this entry without sending it: what it needs will never be there (PU6, PU9)."""

    entry: OutboxEntry
    reason: str


NOUNS = {"threads": "thread", "messages": "message", "private_messages": "private message"}
"""What one content of an object is called."""

Decision = Send | Wait | GiveUp


class _NotNow(Exception):
    """Why an entry waits; never leaves this module."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


class _Never(Exception):
    """Why an entry is given up; never leaves this module."""


def decide_export(source: Source, info: ImplementationInfo, entry: OutboxEntry, outbox: Outbox) -> Decision:
    """Whether a pending entry is sent now, waits, or is given up."""
    try:
        if entry.attempts >= entry.granted:  # the last attempt was begun, and its end never seen
            raise _Never(f"attempt {entry.attempts} was cut off before its answer was seen (PU6)")
        found = {ref: _resolve(ref, outbox) for ref in entry.refs}
        if entry.operation == "create":
            action, params = _create(info, entry, found, sender_name(source, outbox.authors.get(entry.author_id or "")))
        else:
            action, params = _act(info, entry, found)
    except _NotNow as wait:
        return Wait(entry=entry, rule=wait.rule, reason=str(wait))
    except _Never as never:
        return GiveUp(entry=entry, reason=str(never))
    return Send(entry=entry, action=action, params=params)


def _resolve(ref: Ref, outbox: Outbox) -> Known:
    """The content that `ref` names, once the partner knows it (PU9)."""
    if ref.entry_id is not None:
        creation = outbox.entries[ref.entry_id]
        if creation.status is Status.PENDING:
            raise _NotNow("PU9", f"the {NOUNS[ref.object]} it refers to is itself still to be created ({creation.id})")
        if creation.foreign_id is None:
            why = "the partner gave it no id of its own" if creation.status is Status.SUCCESS else str(creation.status)
            raise _Never(f"the {NOUNS[ref.object]} it refers to was not created: {why} ({creation.id}) (PU9)")
        known = outbox.known(ref.object, creation.foreign_id)
        if known.created_by != creation.id:
            raise _Never(f"{gone(known, made_by=creation.id)} (OB13)")
        return known
    known = outbox.known(ref.object, ref.foreign_id or "")
    if ref.incarnation not in (None, known.incarnation):
        raise _Never(f"{gone(known)} (OB13)")
    return known


def gone(known: Known, made_by: str | None = None) -> str:
    """Why nothing is done any more to the content that had an id, and that an entry made, before `known` (OB13)."""
    which = f"{NOUNS[known.object]} {known.id}" + (f", which {made_by} made," if made_by else "")
    return f"{which} is gone: since {known.imported_at} its id names another content"


def _gone_for_now(entry: OutboxEntry, content: Known, rule: str) -> _NotNow | _Never:
    """Why nothing that refers to a deleted content is sent: its id may name another one by now (OB13).

    What was never sent waits, in case the same content comes back; what was begun would never end (PU5).
    """
    reason = f"{content.id} was deleted"
    return _Never(f"{reason}, and its id may be another's by now (OB13)") if entry.attempts else _NotNow(rule, reason)


def sender_name(source: Source, author: User | None) -> str | None:
    """Who a content says it is from (PU1): as the source's setting has it, else as its author is called.

    `author` is `None` where nothing is known of who acts; then nobody is named.
    """
    if source.sender_name or author is None:
        return source.sender_name or None
    return " ".join(filter(None, (author.firstname, author.lastname))) or author.screenname


def _create(
    info: ImplementationInfo, entry: OutboxEntry, found: dict[Ref, Known], sender: str | None
) -> tuple[str, dict[str, Json]]:
    if not info.allows(entry.object, "create"):
        raise _NotNow("PU8", f"the partner does not declare {entry.object}.create at the moment")
    target = found.get(entry.in_reply_to) if entry.in_reply_to else None
    addressed = target or (found.get(entry.thread) if entry.thread and not info.unthreaded else None)
    if addressed is not None and addressed.deleted:
        raise _gone_for_now(entry, addressed, "AC3")
    if target is not None and (refusal := reply_refusal(info, target)):
        raise _NotNow("AC4", refusal)
    thread_id = None
    if entry.object == "messages" and not info.unthreaded:
        if entry.thread is not None:
            thread_id = found[entry.thread].id
        elif target is not None:
            thread_id = target.thread_id
        if thread_id is None:
            raise _NotNow("PU1", "the partner does not declare messages.unthreaded any more, and no thread was given")
    message = entry.object != "threads"
    if entry.structured_content and message and OPTION not in info.options:
        raise _NotNow("ST", f"the partner does not declare the option {OPTION} at the moment")
    queued_at = format_time(entry.queued_at)
    private = entry.object == "private_messages"
    params: dict[str, Json | None] = {
        "attachments": [dict(a) for a in entry.attachments] if info.takes_attachments(entry.object) else None,
        "author_id": entry.author_id,
        "body": entry.body,
        "content_id": entry.id,
        "created_at": queued_at,
        "format": entry.format,
        "in_reply_to_id": target.id if target else None,
        "recipient_id": entry.recipient_id if private else None,
        "retry": entry.attempts > 0,
        "sender_name": sender,
        "structured_content": dict(entry.structured_content) if entry.structured_content and message else None,
        "thread_id": thread_id,
        "title": entry.title,
        "updated_at": queued_at if message else None,
    }
    titled = info.takes_title(entry.object)  # and then `null` is said of a title that was not given
    return entry.action, {
        name: value for name, value in params.items() if (titled if name == "title" else value not in (None, []))
    }


def _act(info: ImplementationInfo, entry: OutboxEntry, found: dict[Ref, Known]) -> tuple[str, dict[str, Json]]:
    if entry.target is None:
        raise _Never("it names no content to act on")
    target = found[entry.target]
    refusal = operation_refusal(info, target, entry.operation)
    if refusal is not None and refusal[0] == "IM5" and target.deleted:
        raise _gone_for_now(entry, target, "IM5")
    # An attempt whose answer was lost may be the very reason why the content no longer names the operation (PU5).
    if refusal is not None and not (refusal[0] == "IM5" and entry.attempts):
        raise _NotNow(*refusal)
    operation = entry.operation
    if operation == "delete":
        operation = info.delete_name(entry.object) or operation
    params: dict[str, Json] = {"id": target.id}
    if operation not in ("delete", "destroy", "publish", "unpublish"):
        params["user_id"] = entry.author_id
    return f"{entry.object}.{operation}", params


def operation_refusal(info: ImplementationInfo, content: Known, operation: str) -> tuple[str, str] | None:
    """Why IM4, IM5 and ST do not let `operation` be applied to `content` now, as (rule, reason); `None` if they do."""
    if operation in COLLECTION_LEVEL:
        return "IM4", f"{operation} is not an operation on a content"
    names = {"delete", "destroy"} if operation == "delete" else {operation}
    label = f"{content.object}.{operation}"
    if not any(info.allows(content.object, name) for name in names):
        return "PU8", f"the partner does not declare {label}"
    if content.deleted:
        return "IM5", f"{content.id} was deleted"
    if content.structured and names.isdisjoint(OPERATIONS.get(content.object, ())):
        possible = sorted(OPERATIONS.get(content.object, frozenset()) - {"destroy"})
        return "ST", f"{content.id} has structured content, which allows no operation but {', '.join(possible)}"
    if names.isdisjoint(content.actions):
        named = ", ".join(content.actions) or "none"
        return "IM5", f"the actions of {content.id} do not name {operation}: they name {named}"
    return None


def reply_refusal(info: ImplementationInfo, content: Known) -> str | None:
    """Why AC4 does not let an agent reply to `content` now; `None` if it does."""
    if info.allows(content.object, "reply") and "reply" not in content.actions:
        return f"the partner declares {content.object}.reply, and the actions of {content.id} do not name it"
    return None


def created_content(source: str, send: Send, page: Page) -> Content:
    """The content that a create made: as it was sent (PU3, PU11), under the id of the answer, which `page` has read.

    Its `actions` are those that the answer shows, if it shows the content.

    Raises `UnexpectedShape` where the answer has no id: then the attempt failed (PU3).
    """
    foreign_id = page.head_id
    if foreign_id is None or not is_storable(foreign_id) or len(foreign_id) > MAX_ID_CHARS:
        came = "an answer without an 'id'" if foreign_id is None else "an 'id' that cannot be stored"
        raise UnexpectedShape(source, send.action, expected="the created content with its 'id'", came=came)
    params = send.params

    def text(name: str) -> str | None:
        value = params.get(name)
        return value if isinstance(value, str) else None

    extra = {name: params[name] for name in ("attachments", "structured_content") if name in params}
    return Content(
        object=send.entry.object,
        id=foreign_id,
        author_id=text("author_id"),
        recipient_id=text("recipient_id"),
        thread_id=text("thread_id"),
        in_reply_to_id=text("in_reply_to_id"),
        title=text("title"),
        body=text("body"),
        format=text("format"),
        created_at=text("created_at"),
        updated_at=text("updated_at"),
        actions=page.contents[0].actions if page.contents else (),
        extra=json.dumps(extra, ensure_ascii=False, separators=(",", ":")) if extra else None,  # as lists spell it
    )


def known_content(content: Content) -> Known:
    """What decides about agents' actions on a content."""
    return Known(
        object=content.object,
        id=content.id,
        actions=content.actions,
        author_id=content.author_id,
        recipient_id=content.recipient_id,
        thread_id=content.thread_id,
        structured=holds_structured(content.extra),
    )


def shown_content(source: str, send: Send, body: bytes, info: ImplementationInfo) -> tuple[Page | None, str]:
    """The content as an answer to an operation on it shows it (PU5), under the id that was asked for; and a remark.

    An answer that does not show it is a success all the same **[decision]**: repeating the operation could do harm.

    Raises `ResourceError`.
    """
    try:
        page = read_content(source, send.action, send.entry.object, body, info).under(send.target_id)
    except (NotJson, UnexpectedShape) as error:
        return None, f"the answer does not show the content: it is {error.came} (PU5)"
    if page.contents:
        return page, ""
    reason = f": it {page.ignored[0].reason}" if page.ignored else ""
    return None, f"the answer does not show the content{reason} (PU5)"


class Meant(StrEnum):
    """Which content the id means that a create was answered with (PU4, OB13)."""

    CREATED = "the one that it created"
    CREATED_AGAIN = "the one that it created, under the id of one that was deleted"
    ANOTHER = "another one, which stays as it is"
    UNSURE = "the one that another entry created, or this one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What an attempt, or giving up, makes of an entry. Pending again means that a later cycle tries once more.

    `meant` says of a create which content its answer's id means.
    """

    entry: OutboxEntry
    remark: str = ""
    meant: Meant = Meant.CREATED

    @property
    def outcome(self) -> str:
        """``succeeded``, ``retried`` (tried again at the next cycle) or ``given up``."""
        match self.entry.status:
            case Status.SUCCESS:
                return "succeeded"
            case Status.PENDING:
                return "retried"
            case _:
                return "given up"


def settle_success(entry: OutboxEntry, remark: str = "") -> Settled:
    """The attempt succeeded, and created nothing."""
    return Settled(entry=replace(entry, status=Status.SUCCESS, error=None), remark=remark)


def settle_created(send: Send, foreign_id: str, found: Known | None) -> Settled:
    """The attempt created the content that the partner calls `foreign_id` (PU3).

    `found` is the content of that id that was there already. On a repeat it may be what an earlier attempt created. One
    that was deleted has left its id to the new one (OB13). Else the answer carries somebody else's id (PU4): a success,
    but the entry gets no foreign id, lest a later operation on what it created hits that other content. Where another
    entry created that one, it may be gone, and its id given again: neither entry is acted on by that id any more.
    """
    entry = replace(send.entry, status=Status.SUCCESS, error=None)
    if found is None or _may_have_created(send, found):
        return Settled(entry=replace(entry, foreign_id=foreign_id))
    of_its_own = found.id not in (send.params.get("in_reply_to_id"), send.params.get("thread_id"))
    if found.deleted and of_its_own:
        return Settled(entry=replace(entry, foreign_id=foreign_id), meant=Meant.CREATED_AGAIN)
    remark = f"the answer's id {foreign_id} is that of another content, which stays as it is (PU4)"
    unsure = of_its_own and found.created_by is not None
    return Settled(entry=entry, remark=remark, meant=Meant.UNSURE if unsure else Meant.ANOTHER)


def known_after(settled: Settled, created: Content, found: Known | None, stamp: str) -> Known:
    """What is known of the content of a create's answer once it is stored; `stamp` is when that was (OB13)."""
    made = replace(known_content(created), created_by=settled.entry.id, imported_at=stamp)
    if found is None:
        return made
    match settled.meant:
        case Meant.CREATED:
            return replace(found, created_by=settled.entry.id)
        case Meant.CREATED_AGAIN:
            return replace(made, incarnation=found.incarnation + 1)
        case Meant.UNSURE:
            return replace(found, created_by=None, incarnation=found.incarnation + 1, imported_at=stamp)
        case _:
            return found


def _may_have_created(send: Send, found: Known) -> bool:
    """Whether an earlier attempt may have created the content that was `found`."""
    return (
        send.entry.attempts > 1
        and found.id != send.params.get("in_reply_to_id")
        and found.author_id == send.entry.author_id
        and found.created_by in (None, send.entry.id)
    )


def settle_failure(entry: OutboxEntry, error: PartnerError) -> Settled:
    """The attempt failed: tried again at the next cycle, or given up (PU6, PU7).

    One of which nothing was sent for certain was none: it is taken back.
    """
    text = error.what
    if isinstance(error, EndpointUnreachable) and not error.sent:
        text = f"{text}; not sent: no attempt was used up (PU6)"
        return Settled(entry=replace(entry, attempts=entry.attempts - 1, error=text))
    if isinstance(error, ResourceError) and error.fatal:
        return Settled(entry=replace(entry, status=_aborted(entry, Status.ABORTED), error=text))
    if entry.attempts >= entry.granted:
        return Settled(entry=replace(entry, status=_aborted(entry, Status.FAILURE), error=text))
    return Settled(entry=replace(entry, error=text))


def settle_given_up(entry: OutboxEntry, reason: str) -> Settled:
    """The entry is given up without an answer: attempts used up unseen (PU6), or what it refers to is gone (PU9)."""
    default = Status.FAILURE if entry.attempts >= entry.granted else Status.ABORTED
    return Settled(entry=replace(entry, status=_aborted(entry, default), error=reason))


def _aborted(entry: OutboxEntry, default: Status) -> Status:
    return {"delete": Status.DELETE_ABORTED, "unpublish": Status.UNPUBLISH_ABORTED}.get(entry.operation, default)
