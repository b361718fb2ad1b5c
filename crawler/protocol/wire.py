"""Contents and users exactly as the guide types them, their ids, and what makes one unusable (LS7, OB9, OB12)."""

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
