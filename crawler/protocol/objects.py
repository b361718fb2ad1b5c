"""Contents and users twice: exactly as the guide types them, and with all their fields in one spelling (OB).

Also their ids, and what makes one unusable (LS7, OB9, OB12). `User` and `Content` are what the rest of the program
takes from here. All hold nothing but texts, so the garbage collector has nothing to look for in them (`gc=False`).
"""

import math
from decimal import Decimal
from typing import Self

import msgspec

MAX_ID_CHARS = 1_000
"""Longer ids are not stored **[decision]**: databases index them."""

MAX_BODY_CHARS = 20_000
"""Longer bodies are kept and reported (OB6)."""

MAX_DEPTH = 100
"""More deeply nested values are not stored **[decision]**: how deep a decoder goes depends on who calls it."""

EXTRA = ("attachments", "categories", "context_data", "display_url", "ip", "structured_content", "structured_reply")
"""The fields that are kept as they came, as JSON, in `Content.extra`."""

NOTHING: tuple[object, ...] = (None, "", [], {})
"""The values that mean the same as absence (OB0)."""


class WireUser(msgspec.Struct, gc=False):
    """A user exactly as the guide types it; anything else goes the lenient way."""

    id: str
    screenname: str
    firstname: str | None = None
    lastname: str | None = None
    avatar_url: str | None = None
    email: str | None = None
    home_phone: str | None = None
    mobile_phone: str | None = None
    gender: str | None = None
    puppetizable: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None
    context_data: msgspec.Raw = msgspec.Raw()


class User(msgspec.Struct, frozen=True, gc=False):
    """An identity (OB4): `id` and `screenname` are always there; dates are in the spelling of TR2.

    `puppetizable` is `None` where nothing was said of it: then what is known stays.
    """

    id: str
    screenname: str
    firstname: str | None = None
    lastname: str | None = None
    avatar_url: str | None = None
    email: str | None = None
    home_phone: str | None = None
    mobile_phone: str | None = None
    gender: str | None = None
    puppetizable: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None
    context_data: str | None = None

    def is_like(self, other: "User") -> bool:
        """Whether the `other` says nothing new of this one (OB4).

        Dates do not count: some partners send another `created_at` each time (OB11).
        """
        told = self.puppetizable if other.puppetizable is None else other.puppetizable
        dates = {"created_at": self.created_at, "updated_at": self.updated_at}
        return self == msgspec.structs.replace(other, puppetizable=told, **dates)


class WireContent(msgspec.Struct, gc=False):
    """A content exactly as the guide types it; anything else goes the lenient way."""

    id: str
    author: WireUser | None = None
    recipient: WireUser | None = None
    thread_id: str | None = None
    in_reply_to_id: str | None = None
    title: str | None = None
    body: str | None = None
    format: str | None = None
    language: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    actions: tuple[str, ...] | None = None
    attachments: msgspec.Raw = msgspec.Raw()
    categories: msgspec.Raw = msgspec.Raw()
    context_data: msgspec.Raw = msgspec.Raw()
    display_url: str | None = None
    ip: str | None = None
    structured_content: msgspec.Raw = msgspec.Raw()
    structured_reply: msgspec.Raw = msgspec.Raw()


class Content(msgspec.Struct, frozen=True, gc=False):
    """A thread, message or private message (OB1–OB3) with all its fields in one spelling.

    `extra` is a JSON object of the fields in `EXTRA` that are not empty, as the partner spelled them, or `None`.
    `in_reply_to_id` is as the partner gave it, whether or not that content is known (OB8): whoever reads it looks for
    it among the contents of the same object, and `may_reply_to_thread`.
    """

    object: str
    id: str
    author_id: str | None = None
    recipient_id: str | None = None
    thread_id: str | None = None
    in_reply_to_id: str | None = None
    title: str | None = None
    body: str | None = None
    format: str | None = None
    language: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    actions: tuple[str, ...] = ()
    extra: str | None = None

    @property
    def may_reply_to_thread(self) -> bool:
        """Whether it replies to its thread's opening, if no message has that id (OB8)."""
        return self.thread_id is not None and self.in_reply_to_id == self.thread_id


class Unusable(Exception):
    """A content that is ignored (LS7): `rule` and reason; never leaves `crawler.protocol`."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


class WrittenFloat(float):
    """A number that is not written as an integer, with the `text` that it was written as: `float` loses digits."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """The number that `text` says."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def read_id(value: object) -> str | None:
    """The id that a JSON value is: a text that is not empty, or a number as its decimal digits (OB9).

    All ways to write one number are one id: 1000, 1000.0 and 1e3 are ``1000``, -0 is ``0``. No digit is lost of an
    integer of any size, nor of a `WrittenFloat`. Anything else is `None`: true and false are no ids.
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return None
    text = format(Decimal(getattr(value, "text", repr(value))), "f") if value else "0"
    return text.rstrip("0").removesuffix(".") if "." in text else text


def check_id(value: str, name: str) -> None:
    """Raise `Unusable` unless `value` is an id that a database can hold (OB12)."""
    if not value:
        raise Unusable("OB1", f"has no '{name}'")
    if len(value) > MAX_ID_CHARS:
        raise Unusable("OB12", f"'{name}' has more than {MAX_ID_CHARS:,} characters")


def is_storable(text: str) -> bool:
    """Whether every database takes `text`: no NUL character, no lone surrogate (OB12)."""
    return "\0" not in text and (text.isascii() or text.encode("utf-8", "replace").decode() == text)


def check_storable(value: object, name: str) -> None:
    """Raise `Unusable` where a decoded JSON value holds what cannot be stored (OB12).

    That is: NUL characters, numbers beyond 64 bit, and too many nested arrays and objects.
    """
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise Unusable("OB12", f"'{name}' is too deeply nested")
        below: list[object] = []
        for current in level:
            if isinstance(current, str):
                if "\0" in current:
                    raise Unusable("OB12", f"'{name}' holds a NUL character")
            elif isinstance(current, dict):
                below.extend(current)
                below.extend(current.values())
            elif isinstance(current, list):
                below.extend(current)
            elif isinstance(current, int) and not -(2**63) <= current < 2**64:
                raise Unusable("OB12", f"'{name}' holds a number beyond 64 bit")
        level, depth = below, depth + 1
