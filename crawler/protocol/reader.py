"""The contents of one answer, one after the other, each with its author and its recipient (LS7, OB).

Reading has two speeds. A content in which everything has the type that the guide gives it is decoded straight into
`WireContent` (microseconds). One that is odd in any way is decoded to plain values and coerced field by field by
`crawler.protocol.lenient`, which remarks on what it mended and ignores what cannot be mended (LS7). Both end in the
same `Content`.
"""

import re

import msgspec

from crawler.protocol.dates import is_usual, read_date
from crawler.protocol.implementation import ImplementationInfo, shape
from crawler.protocol.json_split import UNDECODABLE
from crawler.protocol.lenient import mend, readable_id
from crawler.protocol.objects import (
    EXTRA,
    MAX_BODY_CHARS,
    MAX_ID_CHARS,
    NOTHING,
    Content,
    Unusable,
    User,
    WireContent,
    WireUser,
    check_id,
    check_storable,
)
from crawler.protocol.remarks import Ignored, Remarks

FORMATS = ("html", "text")  # OB1

content_decoder = msgspec.json.Decoder(WireContent)

_Read = tuple[Content, User | None, User | None]
"""A content with its author and its recipient, as far as it has them."""


class Reader:
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
                    self._keep(author)
                if recipient is not None:
                    self._keep(recipient)
        if self.head_id is None:
            self.head_id = content_id

    def _keep(self, user: User) -> None:
        """Of an identity the newest version counts; but it may be told once that it is puppetizable (OB4)."""
        known = self.users.setdefault(user.id, user)
        if known is not user and known.puppetizable is None and user.puppetizable is not None:
            self.users[user.id] = msgspec.structs.replace(known, puppetizable=user.puppetizable)

    def _careful(self, element: bytes, content_id: str | None) -> _Read:
        if b"\\u0000" not in element:
            try:
                return self._strict(content_decoder.decode(element))
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
        if in_reply_to_id is not None and (in_reply_to_id == "0" or len(in_reply_to_id) > MAX_ID_CHARS):
            none = in_reply_to_id == "0"
            rule, odd = ("OB8", "is '0', which means none") if none else ("OB12", "is too long, and counts as absent")
            self.remarks.add(rule, f"'in_reply_to_id' {odd}", content_id)
            in_reply_to_id = None
        extra = self._extra(wire, content_id)
        body = wire.body or None
        if body is None and not self._will_do_without(extra):
            wanted = "'body'" if self.object == "threads" else "'body', 'attachments' or 'structured_content'"
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

    def _will_do_without(self, extra: str | None) -> bool:
        """Whether a content without a body holds something else to be shown (OB1, OB2)."""
        if self.object == "threads" or extra is None:
            return False
        return extra.startswith('{"attachments":') or isinstance(
            msgspec.json.decode(extra).get("structured_content"), dict
        )

    def _user(self, wire: WireUser | None, role: str, content_id: str) -> User:
        rule = "OB2" if role == "recipient" else "OB3" if self.object == "threads" else "OB1"
        if wire is None:
            raise Unusable(rule, f"has no '{role}'")
        if not wire.id:
            raise Unusable("OB4", f"the {role} has no 'id'")
        known = self.users.get(wire.id)
        told = wire.puppetizable
        if (
            known is not None
            and known.screenname == wire.screenname
            and (known.puppetizable is not None or told is None)
        ):
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
            puppetizable=told,
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
