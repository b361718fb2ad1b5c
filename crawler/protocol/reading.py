"""Reading answers that show contents: lenient, with remarks (LS2, LS7, OB)."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec

from crawler.errors import NotJson, ResourceError, UnexpectedShape
from crawler.protocol.envelope import MARKED, explain, printable, without_mark
from crawler.protocol.implementation import ImplementationInfo, explain_value, shape
from crawler.protocol.json_split import UNDECODABLE, elements, member
from crawler.protocol.objects import NOTHING, Content, User, WireContent
from crawler.protocol.reader import Reader, content_decoder
from crawler.protocol.remarks import Ignored, Remarks

LARGE = 1_000_000
"""A larger page is decoded content by content: all of them at once are slower in memory that is touched anew."""

CROWD_BYTES, CROWDED = 100_000, 4
"""A larger answer with a value in less than so many bytes is refused (OB12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a `list` answer brought: contents newest first without repeats, their users, what was ignored, and why.

    `positions` are those of the contents in the answer, by id; `size` is how many elements it has. `head_id` is the id
    of the newest element that has one, ignored ones included: the cursor that follows (LS2, LS7).
    """

    contents: tuple[Content, ...]
    positions: Mapping[str, int]
    users: Mapping[str, User]
    ignored: tuple[Ignored, ...]
    remarks: Remarks
    head_id: str | None
    size: int

    def under(self, foreign_id: str) -> "Page":
        """The page of one content that was asked for by `foreign_id`, which it may spell differently (OB11)."""
        contents = tuple(msgspec.structs.replace(content, id=foreign_id) for content in self.contents)
        return replace(self, contents=contents)


_page_decoder = msgspec.json.Decoder(list[WireContent])
_parts_decoder = msgspec.json.Decoder(list[msgspec.Raw])


def read_page(source: str, object_name: str, body: bytes, info: ImplementationInfo) -> Page:
    """Read the answer to ``<object>.list`` (LS2, LS7, OB). A body that is empty is an empty list (LS2).

    Raises `NotJson` or `UnexpectedShape` where it is no array at all; what is wrong with one content is in the page.
    """
    reader, text = _begin(object_name, body, info)
    if text and not text.isspace():
        _read_array(reader, source, text)
    else:
        reader.remarks.add("LS2", "the body is empty, and was read as an empty list", "")
    return _page(reader)


def _begin(object_name: str, body: bytes, info: ImplementationInfo) -> tuple[Reader, bytes]:
    """A reader of an answer, and the answer's text."""
    reader, text = Reader(object_name, info), without_mark(body)
    if text is not body:
        reader.remarks.add(MARKED.rule, MARKED.text, "")
    return reader, text


def _page(reader: Reader) -> Page:
    return Page(
        contents=tuple(reader.contents.values()),
        positions=reader.positions,
        users=reader.users,
        ignored=tuple(reader.ignored),
        remarks=reader.remarks,
        head_id=reader.head_id,
        size=reader.size,
    )


def _read_array(reader: Reader, source: str, body: bytes) -> None:
    """Read each content of the JSON array `body`. Raises `NotJson` or `UnexpectedShape`."""
    action = f"{reader.object}.list"
    _check_crowd(source, action, body)
    try:
        contents: Iterable[WireContent | bytes | msgspec.Raw] = (
            _page_decoder.decode(body) if len(body) <= LARGE else _one_by_one(_parts_decoder.decode(body))
        )
    except UNDECODABLE:  # or not as typed: msgspec.ValidationError is one of these
        contents = _parts(source, action, body)
    if b"\\" in body and b"\\u0000" in body:  # rare, and then looked for in each content (OB12)
        contents = _parts(source, action, body)
    for position, content in enumerate(contents):
        reader.read(position, content)


def _one_by_one(parts: list[msgspec.Raw]) -> Iterator[WireContent | msgspec.Raw]:
    for part in parts:
        try:
            yield content_decoder.decode(part)
        except UNDECODABLE:
            yield part


def _check_crowd(source: str, action: str, body: bytes) -> None:
    """Raise `UnexpectedShape` for a large answer of many tiny values: decoded, it takes a hundred times its size."""
    values = body.count(b",") + 1 if len(body) > CROWD_BYTES else 0
    if values * CROWDED > len(body):
        came = f"{values:,} values in {len(body):,} bytes, which cannot be contents"
        raise UnexpectedShape(source, action, expected="a JSON array of contents", came=came)


def _parts(source: str, action: str, body: bytes) -> list[bytes]:
    """The elements of a page in which not everything is as the guide types it."""
    expected = "a JSON array of contents"
    try:
        return [bytes(part) for part in _parts_decoder.decode(body)]
    except UNDECODABLE:  # or no array
        parts = elements(body) if body.strip()[:1] == b"[" else None
        if parts is not None:
            return parts
    try:
        answer = _decode(source, action, expected, body)
    except UNDECODABLE as error:
        raise _not_json(source, action, expected, body) from error
    if answer in NOTHING:
        return []
    raise UnexpectedShape(source, action, expected=expected, came=shape(answer), explanation=explain_value(answer))


def _decode(source: str, action: str, expected: str, body: bytes) -> object:
    """The JSON value that `body` holds.

    Raises `ResourceError`, even where other parts than the error cannot be decoded, and any of `UNDECODABLE`.
    """
    try:
        answer = msgspec.json.decode(body)
    except UNDECODABLE:
        _raise_resource_error(source, action, expected, {"error": member(body, "error")})
        raise
    _raise_resource_error(source, action, expected, answer)
    return answer


def _not_json(source: str, action: str, expected: str, body: bytes) -> NotJson:
    return NotJson(source, action, expected=expected, came="a body that is not JSON", explanation=explain(body))


def _raise_resource_error(source: str, action: str, expected: str, answer: object) -> None:
    """Raise `ResourceError` where `answer` is ``{"error": …}`` (PU7); do nothing otherwise."""
    if not isinstance(answer, dict) or not answer.get("error"):
        return
    error = answer["error"]
    fatal = isinstance(error, dict) and error.get("fatal") in (True, 1, "true", "1")
    message = error.get("message") if isinstance(error, dict) else error
    text = printable(message, 300) if isinstance(message, str) else ""
    came = "a fatal error" if fatal else "an error"
    raise ResourceError(source, action, expected=expected, came=came, explanation=text, fatal=fatal)


def check_no_error(source: str, action: str, body: bytes) -> None:
    """Raise `ResourceError` where a successful answer is ``{"error": …}``; any other body will do (PU5)."""
    with suppress(*UNDECODABLE):
        _decode(source, action, "any answer but an error", without_mark(body))


def read_content(source: str, action: str, object_name: str, body: bytes, info: ImplementationInfo) -> Page:
    """Read an answer that shows one content (AC1, PU5) as a page of one, or of none where the partner has none (OB9).

    Raises `NotJson`, `UnexpectedShape` or `ResourceError`.
    """
    expected = "a JSON object: the content"
    reader, text = _begin(object_name, body, info)
    if text.strip():
        try:
            answer = _decode(source, action, expected, text)
        except UNDECODABLE as error:
            if not text.lstrip().startswith(b"{") or elements(text) is None:
                raise _not_json(source, action, expected, text) from error
        else:
            if answer in NOTHING:
                text = b""
            elif not isinstance(answer, dict):
                raise UnexpectedShape(
                    source, action, expected=expected, came=shape(answer), explanation=explain_value(answer)
                )
    _read_array(reader, source, b"[" + text + b"]")
    return _page(reader)
