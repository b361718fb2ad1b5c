"""What agents do: contents are created, repeated, worked on and deleted again, and what must be refused is tried.

All that is created is the judge's own, says so, and is deleted at the end where that can be done.

Labels of cycles: ``before``, ``create``, ``reply``, ``listed``, ``repeated``, ``operate``, ``publish``, ``delete`` and
``deleted``. Labels of single requests: ``repeat`` and ``repeat without retry`` send a create again; ``unknown thread``
and ``no body`` are creates to be refused, ``unknown target`` an operation; ``queuing update`` is one; ``delete again``,
``show deleted``, ``list after deleted`` and ``list from the beginning`` come after the deletion of the content of the
purpose ``message``.

Learns what `Writing` does, with the purposes ``thread``, ``message``, ``accents``, ``reply`` and ``private message``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from crawler.conformance.chapters.listing.probes.cursors import known, unlike
from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.returned import Creation
from crawler.conformance.writing import MESSAGES, Writing
from crawler.errors import ActionRefused, UnknownContent
from crawler.protocol.implementation import POLLED, ImplementationInfo
from crawler.sync.queueing import QUEUING_UPDATE, queuing_params
from crawler.sync.state import Ref

ACCENTS = "zażółć gęślą jaźń, 日本語, 🐘"


def creates(info: ImplementationInfo) -> None:
    """Raises `DoesNotApply` where nothing can be created."""
    if not any(info.allows(name, "create") for name in POLLED):
        raise DoesNotApply("the partner declares no create")


def kind_of(info: ImplementationInfo) -> str:
    """The object of the messages that are created; threads where none can be."""
    return next((name for name in MESSAGES if info.allows(name, "create")), "threads")


def undeclared(info: ImplementationInfo) -> Mapping[str, str]:
    """The purposes and labels for which nothing is sent, since the partner does not declare what they need: why."""
    kind = kind_of(info)
    custom = info.custom_operations(kind)
    published = info.allows(kind, "publish") or info.allows(kind, "unpublish")
    needed = {
        "thread": info.allows("threads", "create") or "create of threads",
        "message": kind != "threads" or "create of messages",
        "private message": info.allows("private_messages", "create") or "create of private messages",
        "queuing update": QUEUING_UPDATE in info.options or f"option {QUEUING_UPDATE}",
        "unknown thread": (kind == "messages" and not info.unthreaded) or "threads that messages are written in",
        "unknown target": bool(operations(info, kind)) or f"operation on {kind}",
        "operate": bool(custom) or published or f"operation on {kind}",
        "publish": published or f"publish of {kind}",
        "delete": any(map(info.delete_name, POLLED)) or "deletion",
        "delete again": bool(info.delete_name(kind)) or f"deletion of {kind}",
        "show deleted": bool(info.delete_name(kind) and info.allows(kind, "show")) or f"show and deletion of {kind}",
        "list after deleted": bool(info.delete_name(kind) and info.allows(kind, "list"))
        or f"list and deletion of {kind}",
    }
    for purpose in ("accents", "reply"):
        needed[purpose] = needed["message"]
    needed["list from the beginning"] = needed["list after deleted"]
    return {label: f"the partner declares no {what}" for label, what in needed.items() if isinstance(what, str)}


def operations(info: ImplementationInfo, kind: str) -> Sequence[str]:
    """What can be done to a content of that kind."""
    return [it for it in info.operations(kind) if it not in ("list", "show", "create", "reply")]


async def hold(talk: Talk) -> None:
    """Create, repeat, be refused, operate, delete."""
    info = talk.info
    writing = Writing(talk)
    await writing.begin()
    kind = kind_of(info)
    await create(writing, kind)
    if QUEUING_UPDATE in info.options:
        await talk.ask("queuing update", QUEUING_UPDATE, queuing_params(info, estimated_wait_time=60, position=1))
    message = writing.creations.get("message")
    if message is not None and message.request is not None:
        await repeat(writing, message)
        await writing.sync("repeated")
        await be_refused(writing, message)
        await operate(writing, message)
    await writing.tidy("delete")
    if message is not None and message.id is not None:
        await look_after(talk, message)
    await writing.sync("deleted")


async def create(writing: Writing, kind: str) -> None:
    """One of each; messages in a thread of our own if there can be one."""
    talk = writing.talk
    thread = None
    if talk.info.allows("threads", "create"):
        thread = writing.create("thread", "threads", title=writing.written.tag("thread"))
    private: dict[str, Any] = {"recipient_id": next(writing.parties(), None)}
    place: dict[str, Any] = {"thread": thread or writing.thread()}
    if kind != "threads":
        fields = private if kind == "private_messages" else place
        writing.create("message", kind, **fields)
        writing.create("accents", kind, f"{{}} {ACCENTS}", **fields)
    if talk.info.allows("private_messages", "create"):
        writing.create("private message", "private_messages", **private)
    await writing.sync("create")
    message = writing.creations.get("message")
    if message is not None and message.id is not None:
        ref = Ref(kind, foreign_id=message.id)
        writing.create("reply", kind, in_reply_to=ref, **({} if kind == "messages" else private))
    await writing.sync("reply")
    await writing.follow("listed")


async def repeat(writing: Writing, message: Creation) -> None:
    """Send two creates again, the first as the platform does after a crash (PU2)."""
    accents = writing.creations.get("accents")
    for label, creation, retry in (("repeat", message, True), ("repeat without retry", accents, False)):
        if creation is not None and creation.request is not None and creation.id is not None:
            await writing.repeat(label, creation, retry=retry)


async def be_refused(writing: Writing, message: Creation) -> None:
    """What no partner should do."""
    info, name = writing.talk.info, message.object
    params = message.sent.exchange.params if message.request else {}
    if "thread_id" in params:
        threads = known(writing.talk.seen, "threads") or [str(params["thread_id"])]
        await writing.send("unknown thread", message, thread_id=unlike(threads))
    await writing.send("no body", message, body=None)
    if declared := operations(info, name):
        target = {"id": unlike(known(writing.talk.seen, name)), "user_id": writing.author}
        await writing.talk.ask("unknown target", f"{name}.{declared[0]}", target)


async def operate(writing: Writing, message: Creation) -> None:
    """All operations that the content itself names but deletion; what is unpublished is published again."""
    info = writing.talk.info
    for label, names in (
        ("operate", ("unpublish", *info.custom_operations(message.object))),
        ("publish", ("publish",)),
    ):
        for operation in (it for it in names if info.allows(message.object, it)):
            try:
                writing.talk.agent().act(
                    operation, message.id or "", object_name=message.object, author_id=writing.author
                )
            except (ActionRefused, UnknownContent) as refused:
                writing.talk.leave_out(label, NotJudged(str(refused), Remedy.CONTENTS))
        await writing.sync(label)


async def look_after(talk: Talk, message: Creation) -> None:
    """What is left of a content that was deleted."""
    info, name, own = talk.info, message.object, {"id": message.id}
    delete = info.delete_name(name)
    deletion = f"{name}.{delete}"
    if delete is None or not any(
        s.action == deletion and s.exchange.params == own and s.succeeded for s in talk.seen.sent
    ):
        reason = f"the content that was created could not be deleted from {name}"
        for label in ("delete again", "show deleted", "list after deleted", "list from the beginning"):
            talk.leave_out(label, NotJudged(reason, Remedy.FIX))
        return
    await talk.ask("delete again", deletion, own)
    if info.allows(name, "show"):
        await talk.ask("show deleted", f"{name}.show", own)
    if info.allows(name, "list"):
        await talk.ask("list after deleted", f"{name}.list", {"since_id": message.id})
        await talk.ask("list from the beginning", f"{name}.list")


def count(info: ImplementationInfo) -> Mapping[str, int]:
    """How many contents of each object are created; what is to be refused is not among them."""
    kind = kind_of(info)
    found = Counter({kind: 0 if kind == "threads" else 3})
    return found + Counter(name for name in ("threads", "private_messages") if info.allows(name, "create"))


PUSHING = Probe(
    name="pushing",
    about="what agents create, change and delete",
    hold=hold,
    count=count,
    needs=("declaration", "crawling"),
    writes=True,
    applies=creates,
    undeclared=undeclared,
    seconds=120,
)
