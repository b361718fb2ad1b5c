"""What must not be shown of a source, found in any text however it is spelled there. PURE.

A text is folded: to lower case, and without what spellings put between the characters of a secret (backslashes, blanks,
line breaks, the second byte of UTF-16). Escapes are undone, and base64 and hexadecimal digits decoded at each offset,
up to `DEPTH` times. Where a secret is found then, the whole value is withheld and says so: what is left of a value of
which a part was taken out tells too much, and a secret that was found in one spelling may stand there in another one.
"""

import re
import string
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from itertools import groupby
from typing import NoReturn

from crawler.protocol.implementation import OPTIONS, POLLED, SEND_API_OBJECTS, STANDARD
from crawler.protocol.objects import WireContent, WireUser
from crawler.protocol.signature import HEADER, Secret
from crawler.protocol.uri import secrets_in

WITHHELD = "[withheld: it holds a secret]"
"""Stands in the place of a value in which a secret was found."""

SHORTEST = 8
"""Characters that a secret has at least to be told from any other text."""

DEPTH = 3
"""How many spellings are undone that lie one in another."""

LONGEST_RUN = 56
"""Digits of base64 that stand in a line without a break, at least, where it is broken into lines at all."""

LONGEST_SPELLING = 36
"""Bytes by which one byte of a secret may be spelled: an escape of each character of an escape."""

ELLIPSIS = "…"
"""Stands where a text was cut."""

_ESCAPED_ELLIPSIS = "\\u2026"

LEAST_CUT = 4
"""Characters of a secret that may be left of it where a text was cut, at least, to be noticed."""

LEAST_DECODED = 6
"""The same for what was decoded, for that may be anything."""

LONGEST_CUT = 600
"""Characters before a cut that are looked at: no text that is cut has more."""

HALF_ESCAPE = len("u0041")
"""Characters that may be left of an escape where a text was cut."""

Json = object

_EVERY = bytes(range(256))
_LETTERS = (string.ascii_letters + string.digits).encode()
_DIGITS = _LETTERS + b"+/"
_HEX = b"0123456789abcdefABCDEF"
_LOWER = _EVERY.lower()
_FOLDS = (
    bytes(set(_EVERY) - set(_LETTERS)),
    bytes({*range(33), *range(127, 256), *b"\\+"}),
    bytes({*range(33), 127, *b"\\+"}),
)
"""What is left out of a text, from the most to the least: what is not a letter or digit; not printable; not legible."""

_CUTS = re.compile(r"[…'\"]")
_PLACE = re.compile(r'  File "|Traceback \(most recent call last\):$')

_STANDARD = bytes.maketrans(b"-_", b"+/")
_NO_DIGITS = bytes(set(_EVERY) - set(_DIGITS) - set(b"-_"))
_NO_HEX = bytes(set(_EVERY) - set(_HEX))
_RUNS = bytes(ord("a") if byte in _DIGITS + b"-_=\\\r\n\0" else ord(" ") for byte in _EVERY)

_WORDS = (
    *POLLED, *SEND_API_OBJECTS, *STANDARD, *OPTIONS,
    *(f"{name}.{operation}" for name in POLLED for operation in STANDARD),
    *WireContent.__struct_encode_fields__, *WireUser.__struct_encode_fields__, HEADER, WITHHELD,
    "implementation.info", "messaging.queuing_update", "identities", "attachments", "structured_content", "locales",
    "operations", "options", "objects", "since_id", "estimated_wait_time", "position", "sender_name", "author_id",
    "content-type", "content-length", "transfer-encoding", "connection", "keep-alive", "accept-encoding", "user-agent",
    "authorization", "location", "retry-after", "application/json", "text/html", "text/plain", "charset=utf-8",
    "identity", "chunked", "ringcx-crawler", "signature", "succeeded", "interrupted", "export_pending",
    "export_failure", "export_aborted", "delete_aborted", "unpublish_aborted", "exception", "timestamp", "database", "https://",
)  # fmt: skip
"""Texts that stand in any exchange, in our log and in our reports."""


def weakness(secret: str) -> str | None:
    """Why a secret cannot be told from other text, and is therefore not looked for; `None` if it can."""
    if len(secret) < SHORTEST:
        return f"it is shorter than {SHORTEST} characters"
    found = _folded(secret)
    if found is None:
        return f"it has fewer than {SHORTEST} characters that can be seen"
    folded, dropped = found
    if any(folded in _fold(word.encode(), dropped) for word in _WORDS):
        return "it is a word of the protocol"
    return None


class Credentials:
    """Secrets that must not be shown, which are found in texts; `texts` that cannot be told from others are not.

    Two are put together by ``|``, any number by `union`.
    """

    __slots__ = ("_cut", "_folds", "_full", "_run", "_secrets", "margin")

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._secrets = frozenset(text for text in texts if weakness(text) is None)
        folds: dict[bytes, set[bytes]] = {}
        cut: set[bytes] = set()
        for text in self._secrets:
            _, dropped = _folded(text) or (b"", b"")
            spelled = list(_encoded(text))
            spelled += [_unescaped(it, full=True) for it in spelled]  # it may look as if it held escapes
            if dropped == _FOLDS[0]:  # base64 whose case was lost, as in a header's name
                spelled += [*_base64_of(text.encode())]
            found = {_fold(_with_breaks(it), dropped) for it in spelled}
            folds.setdefault(dropped, set()).update(it for it in found if len(it) >= SHORTEST)
            cut |= {*found, text.encode().hex().encode()}
        self._folds = [(dropped, _Needles(needles)) for dropped, needles in folds.items()]
        self._cut = _Needles(cut)
        self._full = not all(text.isascii() for text in self._secrets)
        lengths = [len(text.encode()) for text in self._secrets]
        self._run = min([LONGEST_RUN, *(-(-length * 4 // 3) for length in lengths)])
        self.margin = LONGEST_SPELLING * max(lengths, default=0)
        """How many bytes behind a cut can belong to a secret that begins before it."""

    @classmethod
    def of(cls, secret: Secret, base_uri: str) -> "Credentials":
        """Those of a source: its secret, and what of its base URI is one."""
        return cls([secret.reveal(), *secrets_in(base_uri)])

    @classmethod
    def union(cls, several: Iterable["Credentials"]) -> "Credentials":
        """All of several."""
        return cls(frozenset().union(*(it._secrets for it in several)))  # noqa: SLF001 - its own kind

    def __or__(self, other: "Credentials") -> "Credentials":
        return Credentials(self._secrets | other._secrets)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and self._secrets == other._secrets

    def __hash__(self) -> int:
        return hash(self._secrets)

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def __repr__(self) -> str:
        return "Credentials(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials are not copied or pickled: build them again from their source")

    def hold(self, data: bytes) -> bool:
        """Whether one of them stands in `data`, in whatever spelling."""
        return bool(self._folds) and self._found(data, DEPTH)

    def may_stand_in(self, text: str) -> bool:
        """Whether something in a long text may have to be withheld; JSON's escapes in it do not matter."""
        cut = ELLIPSIS in text or _ESCAPED_ELLIPSIS in text
        return bool(self._folds) and (cut or self.hold(text.encode("utf-8", "surrogatepass")))

    def withhold(self, text: str, *, cut: bool = False) -> str:
        """`text`, or that it is withheld: where one of them stands in it, or the beginning of one where it was cut.

        `cut` says that it may be cut anywhere, and not only where it says so.
        """
        if not self._folds:
            return text
        held = self.hold(text.encode("utf-8", "surrogatepass"))
        if not held and (cut or ELLIPSIS in text):
            held = self._begins_before_cut(_CUTS.split(text) if cut else text.split(ELLIPSIS)[:-1])
        return WITHHELD if held else text

    def withhold_trace(self, trace: str) -> str:
        """A traceback, or another text of several lines: of one that holds a secret only the places are left."""
        if self.withhold(trace) == trace:
            return trace
        lines = (line if _PLACE.match(line) else WITHHELD for line in map(self.withhold, trace.split("\n")))
        return "\n".join(line for line, _ in groupby(lines))

    def withhold_bytes(self, body: bytes) -> bytes:
        """The same for bytes; those without any are not copied."""
        return WITHHELD.encode() if self.hold(body) else body

    def withhold_all(self, value: Json) -> Json:
        """A JSON value, each of whose texts is withheld that holds one, names of members included."""
        match value:
            case str():
                return self.withhold(value)
            case bytes():
                return self.withhold_bytes(value)
            case Mapping():
                return {self.withhold_all(name): self.withhold_all(member) for name, member in value.items()}
            case list() | tuple():
                return [self.withhold_all(member) for member in value]
            case _:
                return value

    def _found(self, data: bytes, depth: int) -> bool:
        data = _with_breaks(data)
        if any(needles.found(data.translate(_LOWER, dropped)) for dropped, needles in self._folds):
            return True
        return depth > 0 and any(self._found(undone, depth - 1) for undone in self._undone(data, self._run))

    def _undone(self, data: bytes, run: int) -> Iterator[bytes]:
        """What `data` may be a spelling of; `run` is how many digits stand in a line at least."""
        plain = _unescaped(data, full=self._full)
        if plain != data:
            yield plain
        if data.count(b"\0") * 16 > len(data):
            yield data.replace(b"\0", b"")
        if runs := b" ".join(_long_runs(data, run)):
            digits = runs.translate(_STANDARD, _NO_DIGITS)
            for offset in range(4):
                yield a2b_base64(digits[offset : len(digits) - (len(digits) - offset) % 4])
            digits = runs.translate(None, _NO_HEX)
            for offset in range(2):
                yield bytes.fromhex(digits[offset : len(digits) - (len(digits) - offset) % 2].decode())

    def _begins_before_cut(self, pieces: Iterable[str]) -> bool:
        """Whether one of the `pieces` of a text ends with the beginning of one."""
        ends = (piece[-LONGEST_CUT:].encode("utf-8", "surrogatepass") for piece in pieces)
        return any(self._begins(end, LEAST_CUT, DEPTH - 1) for end in ends)

    def _begins(self, data: bytes, least: int, depth: int) -> bool:
        if any(self._cut.begins(data.translate(_LOWER, dropped), least) for dropped in _FOLDS):
            return True
        undone = self._undone(data, SHORTEST) if depth else ()
        return any(self._begins(it, LEAST_DECODED, depth - 1) for it in undone)


class _Needles:
    """Folded secrets, few or many: of many each place of a text is looked up, so that their number does not count."""

    FEW = 16

    def __init__(self, folded: Iterable[bytes]) -> None:
        self._all = sorted(folded)
        self._starts = {needle[:SHORTEST] for needle in self._all}
        self._longest = max(map(len, self._all), default=0) + HALF_ESCAPE
        self._by_start: dict[bytes, list[bytes]] = {}
        for needle in self._all:
            self._by_start.setdefault(needle[:LEAST_CUT], []).append(needle)

    def found(self, folded: bytes) -> bool:
        """Whether one stands in a folded text."""
        if len(self._all) > self.FEW:
            places = (folded[at : at + SHORTEST] for at in range(len(folded) - SHORTEST + 1))
            if self._starts.isdisjoint(places):
                return False
        return any(needle in folded for needle in self._all)

    def begins(self, folded: bytes, least: int) -> bool:
        """Whether a folded text ends with `least` characters of one or more, perhaps before half an escape."""
        for at in range(max(0, len(folded) - self._longest), len(folded) - least + 1):
            rest = folded[at:]
            for needle in self._by_start.get(rest[:LEAST_CUT], ()):
                ends = range(max(len(rest) - HALF_ESCAPE, least), len(rest) + 1)
                if any(needle.startswith(rest[:end]) for end in ends):
                    return True
        return False


def _long_runs(data: bytes, run: int) -> Iterator[bytes]:
    """What stands in `data` without a break and may be base64 or hex, if it is as long as `run` at least."""
    marked, end = data.translate(_RUNS), 0
    while (start := marked.find(b"a" * run, end)) >= 0:
        end = marked.find(b" ", start)
        end = end if end >= 0 else len(data)
        yield data[start:end]


def _fold(data: bytes, dropped: bytes) -> bytes:
    return data.translate(_LOWER, dropped)


def _folded(secret: str) -> tuple[bytes, bytes] | None:
    """A secret folded as far as enough is left of it, and what was left out; `None` where there is never enough."""
    for dropped in _FOLDS[1:] if secret.isdecimal() else _FOLDS:  # 20261128 is no date without its hyphens
        folded = _fold(secret.encode(), dropped)
        if len(folded) >= SHORTEST:
            return folded, dropped
    return None


def _encoded(secret: str) -> Iterator[bytes]:
    """A secret as bytes: in UTF-8, and where it is not ASCII in what else may have become of it."""
    for text in {secret, *({secret.lower(), secret.upper()} if not secret.isascii() else ())}:
        yield text.encode()
        if not text.isascii():
            yield text.encode("latin-1", "ignore")
            units = text.encode("utf-16-be")
            yield units
            yield text.encode("utf-16-le")
            yield b"".join(_code(int.from_bytes(units[at : at + 2], "big")) for at in range(0, len(units), 2))


def _base64_of(secret: bytes) -> Iterator[bytes]:
    """What a secret certainly looks like in base64, at each offset."""
    for offset in range(3):
        digits = b64encode(b"\0" * offset + secret)
        yield digits[(0, 2, 3)[offset] : len(digits) - 3]


# Each begins with a letter that stands for itself, by which the next place is found at once.
_BREAK = re.compile(rb"\\[nrt]")
_JSON_ASCII = re.compile(rb"\\(?:U000000|[uU]00|[xX]|u\{0*)([0-7][0-9a-fA-F])\}?")
_JSON_UNIT = re.compile(rb"\\(?:U([0-9a-fA-F]{8})|[uU]([0-9a-fA-F]{4})|[xX]([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\})")
_PERCENT = re.compile(rb"%(?:[uU]00)?([0-9a-fA-F]{2})")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z]{2,24};)")


def _with_breaks(data: bytes) -> bytes:
    """`data` with line breaks in the place of their escapes, so that neither counts."""
    return _BREAK.sub(b"\n", data) if b"\\" in data else data


def _unescaped(data: bytes, *, full: bool) -> bytes:
    """`data` with the escapes of JSON, URLs and HTML undone; of characters beyond ASCII only where `full`."""
    if b"\\" in data:
        data = _JSON_UNIT.sub(_unit, data) if full else _JSON_ASCII.sub(_ascii, data)
    if b"%" in data:
        data = _PERCENT.sub(_ascii, data)
    if b"&" in data:
        data = _ENTITY.sub(_entity, data)
    return data


def _ascii(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode())


def _unit(match: re.Match[bytes]) -> bytes:
    return _code(int(next(group for group in match.groups() if group), 16))


def _entity(match: re.Match[bytes]) -> bytes:
    return unescape(match[0].decode()).encode("utf-8", "surrogatepass")


def _code(code: int) -> bytes:
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b" "


NOTHING = Credentials()
"""No secret is known."""
