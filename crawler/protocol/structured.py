"""Structured content: selects, links, templates and carousels, and what is wrong with one (ST).

`check_structured` asks for what the guide asks for: agents' contents are refused by it, partners' are judged.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from crawler.protocol.envelope import printable
from crawler.protocol.implementation import shape
from crawler.protocol.objects import MAX_DEPTH, NOTHING, is_storable

NAME = "structured_content"
OPTION = "view.messaging"
"""The option that a partner must declare to be sent structured content."""

OPERATIONS: Mapping[str, frozenset[str]] = {
    "messages": frozenset({"publish", "unpublish", "delete", "destroy"}),
    "private_messages": frozenset({"delete", "destroy"}),
}
"""The only operations on a content that has structured content, by object."""

TYPES = ("select", "rich_link", "template", "carousel")
SELECT_ITEMS, CARDS, BUTTONS = 13, 10, 4
"""How many there are at most."""

About = Literal["type", "select", "card", "button", "carousel"]
Kind = Literal["missing", "unknown", "shape", "limit", "address", "uneven"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a structured content.

    `path` says where, from ``structured_content`` on; `about` of what that is a part; `kind` what the mistake is:
    ``missing`` is a required attribute that is blank, ``unknown`` a type that is none. `level` is ``must``, or
    ``should`` for what the guide's own examples do, or what is shown all the same.
    """

    path: str
    about: About
    kind: Kind
    expected: str
    came: str
    level: Literal["must", "should"] = "must"

    @property
    def attribute(self) -> str:
        """The name of the attribute that it is about."""
        return self.path.rpartition(".")[2].partition("[")[0]

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, got {self.came}"


@dataclass(frozen=True, slots=True)
class _Text:
    """What a text may be: of `most` characters, there at all if it is `required`, an address if it is of the `web`."""

    most: int | None = None
    required: bool = False
    web: bool = False


_REQUIRED_URL = _Text(2_048, required=True, web=True)
_SELECT_ITEM = {"title": _Text(80, required=True), "payload": _Text(1_000)}
_CARD = {
    "title": _Text(350, required=True),
    "subtitle": _Text(1_000),
    "url": _Text(2_048, web=True),
    "url_text": _Text(80),
    "attachment_url": _Text(),
}
_LINK = {**_CARD, "url": _REQUIRED_URL}
_BUTTON_TYPES = {
    "url": {"title": _Text(80, required=True), "url": _REQUIRED_URL},
    "reply": {"title": _Text(80, required=True), "payload": _Text(1_000)},
}


def check_structured(value: object) -> list[Problem]:
    """All that is wrong with a structured content, in its order. Fields that the guide does not name are ignored."""
    return list(_structured(value))


def _structured(value: Any) -> Iterator[Problem]:
    match value:
        case {"type": "select"}:
            yield from _count(value, NAME, "select", SELECT_ITEMS, required=True)
            for at, item in _parts(value, NAME):
                yield from _texts(item, at, "select", _SELECT_ITEM)
        case {"type": "rich_link"}:
            yield from _texts(value, NAME, "card", _LINK)
        case {"type": "template"}:
            yield from _card(value, NAME)
        case {"type": "carousel"}:
            yield from _carousel(value)
        case dict():
            yield from _type(value, NAME, "type", TYPES)
        case _:
            yield Problem(NAME, "type", "shape", "an object", shape(value))


def _carousel(value: dict[str, object]) -> Iterator[Problem]:
    yield from _count(value, NAME, "carousel", CARDS, required=True)
    cards = _parts(value, NAME)
    for at, card in cards:
        yield from _card(card, at)
    bare = [at for at, card in cards if _is_blank(card.get("attachment_url"))]
    if 0 < len(bare) < len(cards):
        wanted = "an attachment_url in all cards or in none"
        yield Problem(f"{NAME}.items", "carousel", "uneven", wanted, f"none in {bare[0]}", "should")


def _card(value: dict[str, object], at: str) -> Iterator[Problem]:
    yield from _texts(value, at, "card", _CARD)
    yield from _count(value, at, "button", BUTTONS)
    for place, button in _parts(value, at):
        wrong = list(_type(button, place, "button", _BUTTON_TYPES))
        yield from wrong or _texts(button, place, "button", _BUTTON_TYPES[str(button["type"])])


def _type(value: dict[str, object], at: str, about: About, known: Collection[str]) -> Iterator[Problem]:
    given = value.get("type")
    if not isinstance(given, str) or given not in known:
        kind: Kind = "missing" if _is_blank(given) else "unknown"
        yield Problem(f"{at}.type", about, kind, f"one of {', '.join(known)}", _shown(given))


def _count(value: dict[str, object], at: str, about: About, most: int, *, required: bool = False) -> Iterator[Problem]:
    """Whether the items are an array of objects, and not too many."""
    given, path = value.get("items"), f"{at}.items"
    if given in NOTHING:
        if required:
            yield Problem(path, about, "missing", f"1 to {most} items", _shown(given))
    elif not isinstance(given, list):
        yield Problem(path, about, "shape", "an array", shape(given))
    else:
        if len(given) > most:
            yield Problem(path, about, "limit", f"at most {most} items", str(len(given)))
        odd = (place for place, part in enumerate(given) if not isinstance(part, dict))
        for place in odd:
            yield Problem(f"{path}[{place}]", about, "shape", "an object", shape(given[place]))


def _parts(value: dict[str, object], at: str) -> list[tuple[str, dict[str, object]]]:
    """The items that are objects, each with its path."""
    given = value.get("items")
    items = given if isinstance(given, list) else []
    return [(f"{at}.items[{place}]", part) for place, part in enumerate(items) if isinstance(part, dict)]


def _texts(value: dict[str, object], at: str, about: About, texts: Mapping[str, _Text]) -> Iterator[Problem]:
    for name, text in texts.items():
        given, path = value.get(name), f"{at}.{name}"
        if _is_blank(given):
            if text.required:
                yield Problem(path, about, "missing", "a text", _shown(given))
        elif not isinstance(given, str):
            yield Problem(path, about, "shape", "a text", shape(given))
        else:
            if text.most is not None and len(given) > text.most:
                yield Problem(path, about, "limit", f"at most {text.most:,} characters", f"{len(given):,}")
            if text.web and not _is_web(given):
                yield Problem(path, about, "address", "http(s)://…", _shown(given), "should")


def _is_blank(value: object) -> bool:
    return not value.strip() if isinstance(value, str) else value in NOTHING


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return f"'{printable(value, 60)}'" if isinstance(value, str) and value.strip() else shape(value)


def unsendable(value: object, path: str = NAME, depth: int = 0) -> str:
    """What of a value that is to be sent is no JSON, is spelled in several ways (SP), or cannot be stored (OB12).

    In words, with the place; empty where there is nothing of that kind.
    """
    if depth > MAX_DEPTH:
        return f"{path} is too deeply nested"
    match value:
        case None | bool():
            return ""
        case str():
            return "" if is_storable(value) else f"{path} holds a character that cannot be stored"
        case int():
            return "" if -(2**63) <= value < 2**64 else f"{path} is a number beyond 64 bit"
        case float():
            return f"{path} is a number that not all partners spell alike"
        case list():
            parts = (unsendable(part, f"{path}[{place}]", depth + 1) for place, part in enumerate(value))
            return next(filter(None, parts), "")
        case dict():
            named = (
                _unsendable_name(name, path) or unsendable(it, f"{path}.{name}", depth + 1)
                for name, it in value.items()
            )
            return next(filter(None, named), "")
        case _:
            return f"{path} is no JSON value"


def _unsendable_name(name: object, path: str) -> str:
    if not isinstance(name, str) or not is_storable(name):
        return f"{path} has a name that is no text"
    return f"{path} has a name that not all partners leave in its place: {name}" if name.isdecimal() else ""


def holds_structured(extra: str | None) -> bool:
    """Whether a stored content has structured content; `extra` is that of a `Content`."""
    return extra is not None and f'"{NAME}"' in extra and NAME in json.loads(extra)
