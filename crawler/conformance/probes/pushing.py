"""What agents do: contents are created, repeated, worked on and deleted again, and what must be refused is tried.

All that is created is the judge's own, says so, and is deleted at the end where that can be done.

Labels of cycles: ``before``, ``create``, ``reply``, ``listed``, ``repeated``, ``operate``, ``publish``, ``delete`` and
``deleted``. Labels of single requests: ``repeat`` and ``repeat without retry`` send a create again; ``unknown thread``
and ``no body`` are creates to be refused, ``unknown target`` an operation; ``queuing update`` is one; ``delete again``,
``show deleted``, ``list after deleted`` and ``list from the beginning`` come after the deletion of the content of the
purpose ``message``.

Facts: those of `Writing`, with the purposes ``thread``, ``message``, ``accents``, ``long``, ``attachment``, ``reply``
and ``private message``; ``kind``, the object of the messages among them.
"""

from typing import Any

from crawler.conformance.evidence import NotApplicable
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.probes.cursors import known, unlike
from crawler.conformance.probes.writing import MESSAGES, Creation, Writing
from crawler.errors import ActionRefused, UnknownContent
from crawler.sync.queuing import QUEUING_UPDATE, queuing_params
from crawler.sync.state import Ref

ACCENTS = "zażółć gęślą jaźń, 日本語, 🐘"
BODY_CHARS = 20_000
"""OB6."""
ATTACHMENT = {"url": "https://example.com/ringcx-crawler-check.png", "filename": "ringcx-crawler-check.png"}


async def hold(talk: Talk) -> None:
    """Create, repeat, be refused, operate, delete."""
    info = talk.info
    kinds = [name for name in MESSAGES if info.allows(name, "create")]
    if not kinds and not info.allows("threads", "create"):
        raise NotApplicable("the partner declares no create")
    writing = Writing(talk)
    await writing.begin()
    kind = talk.seen.facts["kind"] = kinds[0] if kinds else "threads"
    await create(writing, kind)
    if QUEUING_UPDATE in info.options:
        await talk.ask("queuing update", QUEUING_UPDATE, queuing_params(info, estimated_wait_time=60, position=1))
    else:
        talk.leave_out("queuing update", f"the partner does not declare the option {QUEUING_UPDATE}")
    message = writing.creations.get("message")
    if message is not None and message.sent is not None:
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
        thread = writing.create("thread", "threads", title=writing.tag("thread"))
    private: dict[str, Any] = {"recipient_id": next(writing.parties(), None)}
    place: dict[str, Any] = {"thread": thread or writing.thread()}
    if kind != "threads":
        fields = private if kind == "private_messages" else place
        writing.create("message", kind, **fields)
        writing.create("accents", kind, f"{{}} {ACCENTS}", **fields)
        short = writing.as_sent(kind, f"{writing.tag('long')} x")
        writing.create("long", kind, "{} x" + "x" * (BODY_CHARS - len(short)), **fields)
        writing.create("attachment", kind, attachments=(ATTACHMENT,), **fields)
    if talk.info.allows("private_messages", "create"):
        writing.create("private message", "private_messages", **private)
    await writing.sync("create")
    message = writing.creations.get("message")
    if message is not None and message.id is not None:
        ref = Ref(kind, foreign_id=message.id)
        writing.create("reply", kind, in_reply_to=ref, **({} if kind == "messages" else private))
    await writing.sync("reply")
    await writing.sync("listed")


async def repeat(writing: Writing, message: Creation) -> None:
    """Send two creates again, the first as the platform does after a crash (PU2)."""
    accents = writing.creations.get("accents")
    for label, creation, retry in (("repeat", message, True), ("repeat without retry", accents, False)):
        if creation is not None and creation.sent is not None and creation.id is not None:
            await writing.repeat(label, creation, retry=retry)


async def be_refused(writing: Writing, message: Creation) -> None:
    """What no partner should do."""
    info, name = writing.talk.info, message.object
    params = message.sent.exchange.params if message.sent else {}
    if "thread_id" in params:
        threads = known(writing.talk.seen, "threads") or [str(params["thread_id"])]
        await writing.send("unknown thread", message, thread_id=unlike(threads))
    else:
        writing.talk.leave_out("unknown thread", "there are no threads to write in")
    await writing.send("no body", message, body=None)
    operations = [it for it in info.operations(name) if it not in ("list", "show", "create", "reply")]
    if operations:
        target = {"id": unlike(known(writing.talk.seen, name)), "user_id": writing.author}
        await writing.talk.ask("unknown target", f"{name}.{operations[0]}", target)
    else:
        writing.talk.leave_out("unknown target", f"the partner declares no operation on {name}")


async def operate(writing: Writing, message: Creation) -> None:
    """All operations that the content itself names but deletion; what is unpublished is published again."""
    info = writing.talk.info
    for label, operations in (
        ("operate", ("unpublish", *info.custom_operations(message.object))),
        ("publish", ("publish",)),
    ):
        for operation in operations:
            try:
                writing.talk.agent().act(
                    operation, message.id or "", object_name=message.object, author_id=writing.author
                )
            except (ActionRefused, UnknownContent) as refused:
                writing.talk.leave_out(label, str(refused))
        await writing.sync(label)


async def look_after(talk: Talk, message: Creation) -> None:
    """What is left of a content that was deleted."""
    info, name, own = talk.info, message.object, {"id": message.id}
    delete = info.delete_name(name)
    deletion = f"{name}.{delete}"
    if delete is None or not any(
        s.action == deletion and s.exchange.params == own and s.succeeded for s in talk.seen.sent
    ):
        for label in ("delete again", "show deleted", "list after deleted", "list from the beginning"):
            talk.leave_out(label, f"the content that was created could not be deleted from {name}")
        return
    await talk.ask("delete again", deletion, own)
    if info.allows(name, "show"):
        await talk.ask("show deleted", f"{name}.show", own)
    if info.allows(name, "list"):
        await talk.ask("list after deleted", f"{name}.list", {"since_id": message.id})
        await talk.ask("list from the beginning", f"{name}.list")


PUSHING = Probe(name="pushing", about="what agents create, change and delete", hold=hold, writes=True, seconds=120)
