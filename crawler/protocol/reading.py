"""Reading answers that show contents: lenient, with remarks (LS2, LS7, OB).

Reading has two speeds. A content in which everything has the type that the guide gives it is decoded straight into
`WireContent` (microseconds). One that is odd in any way is decoded to plain values and coerced field by field by
`crawler.protocol.lenient`, which remarks on what it mended and ignores what cannot be mended (LS7). Both end in the
same `Content`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec

from crawler.errors import NotJson, ResourceError, UnexpectedShape
from crawler.protocol.dates import is_usual, read_date
from crawler.protocol.envelope import explain, printable
from crawler.protocol.implementation import ImplementationInfo, explain_value, shape
from crawler.protocol.json_split import UNDECODABLE, elements, member
from crawler.protocol.lenient import mend, readable_id
from crawler.protocol.objects import Content, User
from crawler.protocol.remarks import Ignored, Remarks
from crawler.protocol.wire import (
    EXTRA,
    MAX_ID_CHARS,
    NOTHING,
    Unusable,
    WireContent,
    WireUser,
    check_id,
    check_storable,
)

MAX_BODY_CHARS = 20_000  # OB6
FORMATS = ("html", "text")  # OB1

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
_content_decoder = msgspec.json.Decoder(WireContent)


def read_page(source: str, object_name: str, body: bytes, info: ImplementationInfo) -> Page:
    """Read the answer to ``<object>.list`` (LS2, LS7, OB).

    Raises `NotJson` or `UnexpectedShape` where it is no array at all; what is wrong with one content is in the page.
    """
    _check_crowd(source, f"{object_name}.list", body)
    reader = _Reader(object_name, info)
    try:
        contents: Iterable[WireContent | bytes | msgspec.Raw] = (
            _page_decoder.decode(body) if len(body) <= LARGE else _one_by_one(_parts_decoder.decode(body))
        )
    except UNDECODABLE:  # or not as typed: msgspec.ValidationError is one of these
        contents = _parts(source, f"{object_name}.list", body)
    if b"\\" in body and b"\\u0000" in body:  # rare, and then looked for in each content (OB12)
        contents = _parts(source, f"{object_name}.list", body)
    for position, content in enumerate(contents):
        reader.read(position, content)
    return reader.page()


def _one_by_one(parts: list[msgspec.Raw]) -> Iterator[WireContent | msgspec.Raw]:
    for part in parts:
        try:
            yield _content_decoder.decode(part)
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
    came = "a body that is not JSON" if body.strip() else "an empty body"
    return NotJson(source, action, expected=expected, came=came, explanation=explain(body))


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
        _decode(source, action, "any answer but an error", body)


def read_content(source: str, action: str, object_name: str, body: bytes, info: ImplementationInfo) -> Page:
    """Read an answer that shows one content (AC1, PU5) as a page of one, or of none where the partner has none (OB9).

    Raises `NotJson`, `UnexpectedShape` or `ResourceError`.
    """
    expected = "a JSON object: the content"
    if body.strip():
        try:
            answer = _decode(source, action, expected, body)
        except UNDECODABLE as error:
            if not body.lstrip().startswith(b"{") or elements(body) is None:
                raise _not_json(source, action, expected, body) from error
        else:
            if answer in NOTHING:
                body = b""
            elif not isinstance(answer, dict):
                raise UnexpectedShape(
                    source, action, expected=expected, came=shape(answer), explanation=explain_value(answer)
                )
    return read_page(source, object_name, b"[" + body + b"]", info)


_Read = tuple[Content, User | None, User | None]
"""A content with its author and its recipient, as far as it has them."""


class _Reader:
    """Collects one page."""

    def __init__(self, object_name: str, info: ImplementationInfo) -> None:
        self.object = object_name
        self.titled_only = object_name == "threads" and info.threads_without_content
        self.with_thread = object_name == "messages" and not info.unthreaded
        fields = set(WireContent.__struct_fields__)
        read = {"id", "title"} if self.titled_only else fields - {"thread_id", "recipient"}
        read |= {"thread_id"} if self.with_thread else {"recipient"} if object_name == "private_messages" else set()
        self.passed_over = fields - read
        self.contents: dict[str, Content] = {}
        self.positions: dict[str, int] = {}
        self.users: dict[str, User] = {}
        self.ignored: list[Ignored] = []
        self.remarks = Remarks()
        self.head_id: str | None = None
        self.size = 0

    def read(self, position: int, element: WireContent | bytes | msgspec.Raw) -> None:
        """Read the next element, newest first: decoded already, or the bytes of one to be decoded with care."""
        self.size += 1
        content_id: str | None = None
        try:
            if isinstance(element, WireContent):
                content_id = element.id or None
                content, author, recipient = self._strict(element)
            else:
                content_id = readable_id(bytes(element))
                content, author, recipient = self._careful(bytes(element), content_id)
        except Unusable as unusable:
            self.ignored.append(Ignored(position=position, id=content_id, rule=unusable.rule, reason=str(unusable)))
        else:
            if content.id in self.contents:
                self.remarks.add("LS2", "listed more than once in one answer; the newer one counts", content.id)
            else:
                self.contents[content.id] = content
                self.positions[content.id] = position
                if author is not None:
                    self.users.setdefault(author.id, author)
                if recipient is not None:
                    self.users.setdefault(recipient.id, recipient)
        if self.head_id is None:
            self.head_id = content_id

    def page(self) -> Page:
        return Page(
            contents=tuple(self.contents.values()),
            positions=self.positions,
            users=self.users,
            ignored=tuple(self.ignored),
            remarks=self.remarks,
            head_id=self.head_id,
            size=self.size,
        )

    def _careful(self, element: bytes, content_id: str | None) -> _Read:
        if b"\\u0000" not in element:
            try:
                return self._strict(_content_decoder.decode(element))
            except UNDECODABLE:
                pass
        return self._strict(mend(element, content_id, self.remarks, self.passed_over))

    def _strict(self, wire: WireContent) -> _Read:
        """The content, its author and its recipient. Each microsecond here is a tenth of a first import's time."""
        content_id = wire.id
        if not 0 < len(content_id) <= MAX_ID_CHARS:
            check_id(content_id, "id")
        if self.titled_only:  # IM8
            return Content(self.object, content_id, title=wire.title or None), None, None
        author = self._user(wire.author, "author", content_id)
        recipient = None
        if self.object == "private_messages":
            recipient = self._user(wire.recipient, "recipient", content_id)
        thread_id = None
        if self.with_thread:
            thread_id = wire.thread_id
            if not thread_id:
                raise Unusable("OB1", "has no 'thread_id'")
            if len(thread_id) > MAX_ID_CHARS:
                check_id(thread_id, "thread_id")
        in_reply_to_id = wire.in_reply_to_id or None
        if in_reply_to_id is not None and len(in_reply_to_id) > MAX_ID_CHARS:
            self.remarks.add("OB12", "'in_reply_to_id' is too long, and counts as absent", content_id)
            in_reply_to_id = None
        extra = self._extra(wire, content_id)
        body = wire.body or None
        if body is None and (self.object == "threads" or extra is None or not extra.startswith('{"attachments":')):
            wanted = "'body'" if self.object == "threads" else "'body' and no 'attachments'"
            raise Unusable("OB3" if self.object == "threads" else "OB1", f"has no {wanted}")
        if body is not None and len(body) > MAX_BODY_CHARS:
            self.remarks.add("OB6", f"the body has more than {MAX_BODY_CHARS:,} characters", content_id)
        actions = wire.actions or ()
        content = Content(
            self.object,
            content_id,
            author.id,
            recipient.id if recipient is not None else None,
            thread_id,
            in_reply_to_id,
            wire.title or None,
            body,
            wire.format if wire.format in FORMATS else self._format(wire.format, content_id),
            wire.language or None,
            self._date(wire.created_at, "created_at", content_id),
            self._date(wire.updated_at, "updated_at", content_id),
            actions if "" not in actions else tuple(filter(None, actions)),
            extra,
        )
        return content, author, recipient

    def _user(self, wire: WireUser | None, role: str, content_id: str) -> User:
        rule = "OB2" if role == "recipient" else "OB3" if self.object == "threads" else "OB1"
        if wire is None:
            raise Unusable(rule, f"has no '{role}'")
        if not wire.id:
            raise Unusable("OB4", f"the {role} has no 'id'")
        known = self.users.get(wire.id)
        if known is not None and known.screenname == wire.screenname:
            return known  # a page's newest version of an identity counts; most pages repeat few
        check_id(wire.id, f"{role}.id")
        if not wire.screenname:
            raise Unusable("OB4", f"the {role} has no 'screenname'")
        created_at = self._date(wire.created_at, f"{role}.created_at", content_id)
        updated_at = self._date(wire.updated_at, f"{role}.updated_at", content_id)
        if not (wire.created_at and wire.updated_at):
            self.remarks.add("OB4", f"the {role} lacks 'created_at' or 'updated_at'", content_id)
        gender = wire.gender or None
        if gender not in (None, "man", "woman"):
            self.remarks.add("OB4", "a 'gender' other than 'man' and 'woman' counts as absent", content_id)
            gender = None
        return User(
            id=wire.id,
            screenname=wire.screenname,
            firstname=wire.firstname or None,
            lastname=wire.lastname or None,
            avatar_url=wire.avatar_url or None,
            email=wire.email or None,
            home_phone=wire.home_phone or None,
            mobile_phone=wire.mobile_phone or None,
            gender=gender,
            puppetizable=bool(wire.puppetizable),
            created_at=created_at,
            updated_at=updated_at,
            context_data=self._json(bytes(wire.context_data), f"{role}.context_data", content_id),
        )

    def _format(self, value: str | None, content_id: str) -> str:
        if value:
            self.remarks.add("OB1", "a 'format' other than 'html' and 'text' was read as 'html'", content_id)
        return "html"

    def _date(self, value: str | None, name: str, content_id: str) -> str | None:
        if not value or is_usual(value):
            return value or None
        date, odd = read_date(value)
        if odd:
            self.remarks.add("OB5" if date is None else "OB11", f"'{name}' {odd}", content_id)
        return date

    def _extra(self, wire: WireContent, content_id: str) -> str | None:
        named = wire.attachments or wire.context_data or wire.categories or wire.display_url
        if not (named or wire.ip or wire.structured_content or wire.structured_reply):  # as it is mostly
            return None
        fields = []
        for name in EXTRA:
            value = getattr(wire, name)
            if isinstance(value, msgspec.Raw):
                of = self._attachments if name == "attachments" else self._json
                text = of(bytes(value), name, content_id) if value else None
            else:
                text = msgspec.json.encode(value).decode() if value else None
            if text:
                fields.append(f'"{name}":{text}')
        return "{" + ",".join(fields) + "}" if fields else None

    def _json(self, raw: bytes, name: str, content_id: str) -> str | None:
        value = _storable(raw, name)
        if value in NOTHING:
            return None
        if name.endswith("context_data"):
            self._check_context(value, name, content_id)
        return raw.decode()

    def _check_context(self, value: object, name: str, content_id: str) -> None:
        if not isinstance(value, dict):
            self.remarks.add("OB6", f"'{name}' is {shape(value)} instead of an object", content_id)
        elif not all(_CONTEXT_KEY.fullmatch(key) for key in value):
            self.remarks.add("OB6", f"a key of '{name}' has characters other than a-z, A-Z and '-'", content_id)

    def _attachments(self, raw: bytes, name: str, content_id: str) -> str | None:
        value = _storable(raw, name)
        if value in NOTHING:
            return None
        given = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
        kept = [a for a in given if isinstance(a, dict) and (a.get("url") or (a.get("content") and a.get("filename")))]
        if len(kept) < len(given):
            self.remarks.add("OB7", "an attachment without 'url', or 'content' and 'filename', is left out", content_id)
            return msgspec.json.encode(kept).decode() if kept else None
        return raw.decode() if isinstance(value, list) else msgspec.json.encode(kept).decode()


_CONTEXT_KEY = re.compile(r"[a-zA-Z-]+")


def _storable(raw: bytes, name: str) -> object:
    """The value that is kept as `raw`. Raises `Unusable` where no database takes it (OB12)."""
    if not raw:
        return None
    try:
        value = msgspec.json.decode(raw)
    except UNDECODABLE:
        raise Unusable("OB12", f"'{name}' is not JSON that can be stored") from None
    check_storable(value, name)
    return value
