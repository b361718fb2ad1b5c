"""A content for people: its excerpt, and what is structured in it (ST), in a few words and as lines.

Whatever a partner wrote there can be shown.
"""

import html
import re
from collections.abc import Iterator
from typing import Any

from crawler.cli.output import clean
from crawler.protocol.envelope import printable

Record = dict[str, Any]
"""A content as the store returns it."""

EXCERPT_CHARS = 60

_MARKUP = re.compile(r"<(style|script)\b.*?</\1\s*>|<[^<>]*>", re.DOTALL | re.IGNORECASE)


def person(record: Record, role: str) -> str:
    """An identity by its name and id."""
    name, identity_id = record[role], record[f"{role}_id"]
    return f"{name} ({identity_id})" if name else str(identity_id or "")


def excerpt(record: Record, limit: int = EXCERPT_CHARS) -> str:
    """The beginning of a content's body as plain text on one line, and what there is beside it."""
    text = record["body"] or ""
    if record["format"] != "text":
        text = html.unescape(_MARKUP.sub(" ", text))
    attachments = len(record.get("attachments") or ())
    notes = [f"[{attachments} attached]"] if attachments else []
    for name, summary in (("structured_content", structured_summary), ("structured_reply", reply_summary)):
        if record.get(name):
            notes.append(f"[{printable(summary(record[name]), limit)}]")
    notes += ["[deleted]"] if record["deleted_at"] else []
    return " ".join(part for part in (printable(text, limit), *notes) if part)


def structured_lines(value: object) -> list[str]:
    """What agents are offered to see, line by line: title, texts and addresses, then each choice, button or card."""
    if not isinstance(value, dict):
        return [_text(value)]
    kind = value.get("type")
    head = [f"{_text(kind).replace('_', ' ')}:"] if kind else []
    return head + [f"  {line}" for line in _lines(value, carousel=kind == "carousel")]


def _lines(value: dict[str, object], *, carousel: bool) -> Iterator[str]:
    for name in ("title", "subtitle"):
        if value.get(name):
            yield _text(value[name])
    if value.get("url"):
        yield _named(value.get("url_text"), value["url"])
    if value.get("attachment_url"):
        yield f"attached: {_text(value['attachment_url'])}"
    for number, item in enumerate(_items(value), 1):
        if carousel and isinstance(item, dict):
            first, *others = [*_lines(item, carousel=False)] or [""]
            yield f"{number}. {first}"
            yield from (f"   {line}" for line in others)
        else:
            yield f"- {_choice(item)}"


def _choice(item: object) -> str:
    """A choice or button, and what happens when it is taken."""
    if not isinstance(item, dict):
        return _text(item)
    title = item.get("title")
    if item.get("url"):
        return _named(title, item["url"])
    return f"{_text(title)} [{_text(item['payload'])}]" if item.get("payload") else _text(title)


def structured_summary(value: object) -> str:
    """The same in a few words: ``select: S / M``."""
    if not isinstance(value, dict):
        return _text(value)
    kind = _text(value.get("type")).replace("_", " ")
    titles = [_text(value.get("title"))]
    if not titles[0]:
        titles = [_text(it.get("title")) for it in _items(value) if isinstance(it, dict)]
    return ": ".join(filter(None, (kind, " / ".join(titles))))


def reply_summary(value: object) -> str:
    """What a structured reply says: its payload."""
    return _text(value.get("payload")) if isinstance(value, dict) and value.get("payload") else _text(value)


def _items(value: dict[str, object]) -> list[object]:
    items = value.get("items")
    return items if isinstance(items, list) else []


def _named(name: object, url: object) -> str:
    return f"{_text(name)}: {_text(url)}" if name else _text(url)


def _text(value: object) -> str:
    return clean(value)
