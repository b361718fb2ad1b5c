"""``show``: one content, all that is known of it, and what agents may do to it now."""

from typing import Any

import click

from crawler.cli.arguments import content_id
from crawler.cli.excerpts import Record, excerpt, person, reply_summary, structured_lines
from crawler.cli.invocation import Invocation
from crawler.cli.options import stored_source
from crawler.cli.output import clean, made_of
from crawler.cli.queued import entry_records, last_info, lost
from crawler.errors import UnknownContent
from crawler.protocol.implementation import ImplementationInfo
from crawler.store import Store
from crawler.sync.allowed import choices
from crawler.sync.source import Source

FIELDS = ("title", "format", "language", "created_at", "updated_at", "imported_at", "changed_at", "deleted_at")
EXTRA = ("categories", "context_data", "display_url", "ip")
BESIDE = ("attachments", "structured_content", "structured_reply")
"""What a content may hold beside its body, or instead of it."""

PERSON = ("firstname", "lastname", "email", "home_phone", "mobile_phone", "gender", "avatar_url", "context_data")


@click.command()
@stored_source
@content_id
def show(run: Invocation, source: Source, *, content_id: str, object_name: str | None) -> None:
    """Show one content, what is known of its surroundings, and what agents may do to it now.

    ID is a content's id, or that of a queued one, which is shown as it will be sent. Nothing is sent.
    """
    with run.open_store() as store:
        info = last_info(store, source)
        records = store.content(source, content_id)
        exact = [record for record in records if object_name in (None, record["object"])]
        if len(exact) > 1:
            names = " and ".join(record["object"] for record in exact)
            raise UnknownContent(
                f"{source.name}: {content_id} is the id of several contents, in {names}: say of which (--object)"
            )
        if exact:
            found = _content(store, source, info, exact[0])
            run.out.json(found) if run.as_json else _print(run, found)
            return
        entry = _queued(store, source, info, content_id, object_name)
    run.out.json(entry) if run.as_json else _print_queued(run, entry)


def _content(store: Store, source: Source, info: ImplementationInfo | None, record: Record) -> Record:
    """A content's record, and around it: its thread, what it replies to, its replies, its author, its exports."""
    name, foreign_id = record["object"], record["id"]
    thread: Record | None = None
    if name == "threads" or record["thread_id"] is not None:
        listed = [it["id"] for it in store.contents(source, "messages", thread_id=record["thread_id"] or foreign_id)]
        position = listed.index(foreign_id) + 1 if name == "messages" and foreign_id in listed else None
        thread = {
            "id": record["thread_id"] or foreign_id,
            "title": record["thread_title"] if name == "messages" else record["title"],
            "messages": len(listed),
            "position": position,
        }
    known = {known.object: known for known in store.known(source, foreign_id)}
    replies = store.contents(source, name, in_reply_to_id=foreign_id)
    if name == "threads" and "messages" not in known:
        replies += store.contents(source, "messages", thread_id=foreign_id, in_reply_to_id=foreign_id)
    its_thread = next((it for it in store.known(source, known[name].thread_id or "") if it.object == "threads"), None)
    created_by = store.entries(source, ids=[record["content_id"]]) if record["content_id"] else []
    pending = store.entries(source, on=known[name], pending_only=True)
    return {
        **record,
        "thread": thread,
        "in_reply_to": _replied(store, source, record),
        "replies": [_brief(reply) for reply in replies],
        "identity": store.identity(source, record["author_id"]) if record["author_id"] else None,
        "may": [
            {
                "operation": it.operation,
                "label": made_of(it.operation, it.label),
                "allowed": it.allowed,
                "rule": it.rule,
                "reason": it.reason,
            }
            for it in choices(info, known[name], its_thread)
        ]
        if info is not None
        else None,
        "export": next(iter(entry_records(store, source, info, created_by)), None),
        "pending": entry_records(store, source, info, pending),
    }


def _replied(store: Store, source: Source, record: Record) -> Record | None:
    """What a content replies to: one of its own object, else its thread's opening (OB8)."""
    target = record["in_reply_to_id"]
    found = {it["object"]: it for it in store.content(source, target) if it["id"] == target} if target else {}
    replied = found.get(record["object"], found.get("threads"))
    return _brief(replied) if replied is not None else None


def _queued(
    store: Store, source: Source, info: ImplementationInfo | None, entry_id: str, object_name: str | None
) -> Record:
    entries = store.entries(source, ids=[entry_id])
    if not entries or entries[0]["operation"] != "create" or object_name not in (None, entries[0]["object"]):
        among = f" among its {object_name}" if object_name else ""
        raise UnknownContent(f"{source.name}: no content {entry_id} is known{among}")
    return entry_records(store, source, info, entries)[0]


def _brief(record: Record) -> Record:
    names = ("object", "id", "author", "author_id", "body", "format", "deleted_at")
    return {name: record[name] for name in (*names, *(it for it in BESIDE if it in record))}


def _print(run: Invocation, record: Record) -> None:
    out = run.out
    thread = record["thread"]
    attachments = [it.get("url") or it.get("filename") for it in record.get("attachments") or ()]
    out.facts(
        [
            (record["object"], record["id"]),
            ("author", person(record, "author")),
            ("recipient", person(record, "recipient")),
            ("thread", _thread(thread) if thread and record["object"] == "messages" else None),
            ("messages", thread["messages"] if thread and record["object"] == "threads" else None),
            ("in reply to", _line(record["in_reply_to"]) if record["in_reply_to"] else None),
            *((name.replace("_", " "), record[name]) for name in FIELDS),
            *((name.replace("_", " "), _flat(record.get(name))) for name in EXTRA),
            *(("attached", url) for url in attachments),
            ("structured reply", _reply(record.get("structured_reply"))),
        ]
    )
    _print_body(run, record)
    identity = record["identity"] or {}
    about = [(f"author's {name.replace('_', ' ')}", _flat(identity.get(name))) for name in PERSON]
    about += [("puppetizable", "yes: agents may write as this author")] if identity.get("puppetizable") else []
    about += [("reply", _line(reply)) for reply in record["replies"]]
    if any(value for _, value in about):
        out.facts(about)
        out.text()
    _print_may(run, record)
    created = record["export"]
    if created is not None:
        tried = f"{created['attempts']} attempt{'s' if created['attempts'] != 1 else ''}"
        out.facts([("created by", f"{created['action']} {created['id']}: {created['status']}, {tried}")])
    for entry in record["pending"]:
        waits = f": {entry['does']}, {entry['waits']}" if entry["waits"] else ""
        out.facts([("queued", f"{entry['action']} {entry['id']}{waits}")])


def _print_may(run: Invocation, record: Record) -> None:
    """What agents may do, and why not the rest."""
    if record["may"] is None:
        run.out.text("What agents may do is not known: ask the partner with `ringcx-crawler info`.")
        return
    run.out.table(
        ["operation", "label", "allowed", "why not"],
        [
            [it["operation"], it["label"], "yes" if it["allowed"] else "no", _why(it["reason"], it["rule"])]
            for it in record["may"]
        ],
    )


def _print_queued(run: Invocation, record: Record) -> None:
    run.out.facts(
        [
            (record["object"], f"{record['id']} ({_fate(record)})"),
            ("status", record["status"]),
            (str(record["does"] or ""), record["waits"]),
            ("attempts", f"{record['attempts']} of {record['granted']}"),
            ("error", record["error"]),
            ("foreign id", record["foreign_id"]),
            ("note", lost(record)),
            ("author", record["author_id"]),
            ("recipient", record["recipient_id"]),
            ("thread", record["thread_id"] or record["thread_entry"]),
            ("in reply to", record["in_reply_to_id"] or record["in_reply_to_entry"]),
            ("title", record["title"]),
            ("format", record["format"]),
            ("queued at", record["queued_at"]),
            ("structured content", _flat(record["structured_content"])),
            *(("attached", it["url"]) for it in record["attachments"] or ()),
        ]
    )
    _print_body(run, record)


def _fate(record: Record) -> str:
    """What became of a content that is not stored as what an entry created."""
    if record["foreign_id_lost_at"]:
        return "created, and gone"
    return "created, without an id of its own" if record["status"] == "success" else "queued, not sent"


def _print_body(run: Invocation, record: Record) -> None:
    """A body with its own lines, and what is offered below it."""
    structured = record.get("structured_content")
    lines = clean(record["body"], lines=True).split("\n") if record["body"] else []
    lines += structured_lines(structured) if structured else []
    if lines:
        run.out.text()
        for line in lines:
            run.out.text(line)
        run.out.text()


def _reply(reply: object) -> str | None:
    return reply_summary(reply) if reply else None


def _thread(thread: dict[str, Any]) -> str:
    title = f" {thread['title']}" if thread["title"] else ""
    count = f"{thread['messages']} message{'s' if thread['messages'] != 1 else ''}"
    place = f"message {thread['position']} of {count}" if thread["position"] else count
    return f"{thread['id']}{title} ({place})"


def _line(record: Record) -> str:
    return f"{record['id']} by {person(record, 'author')}: {excerpt(record)}"


def _flat(value: object) -> str | None:
    """A list or object of the partner's on one line."""
    match value:
        case dict():
            return ", ".join(f"{name}: {_flat(item)}" for name, item in value.items())
        case list():
            return ", ".join(str(_flat(item)) for item in value)
        case _:
            return None if value is None else str(value)


def _why(reason: str, rule: str) -> str:
    return f"{reason} ({rule})" if reason else ""
