"""The bytes of a request, and what an answer's bytes are worth before their shape is looked at (TR, SG, SP)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from crawler.errors import ErrorStatus, SignatureInvalid
from crawler.protocol.remarks import Remark
from crawler.protocol.signature import HEADER, QUERY_PARAMETER, Secret

if TYPE_CHECKING:
    from crawler.protocol.credentials import Credentials

Params = Mapping[str, object]
"""`params` of a request: JSON values, in the order in which they are to be sent; no floats (SP)."""

CONTENT_TYPE = "application/json"

INFO = "implementation.info"
"""The one action that has no `params` (TR7)."""

INTERRUPTED = "interrupted"
"""The `Exchange.error` of an exchange that this side cut off."""

EXPLANATION_CHARS = 300


def format_time(moment: datetime) -> str:
    """`moment` as TR2 wants it: ISO 8601, UTC, whole seconds, ``Z``. It must be aware."""
    # not strftime: some systems write the year 999 with three digits
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def encode_request(action: str, params: Params | None, time: datetime, *, ascii_json: bool = False) -> bytes:
    r"""The body of a request: `action`, `params`, `time`, compact and in this order (TR1, TR3).

    `params` is there although it is empty, in every action but `implementation.info` (TR7).
    Non-ASCII characters stand as themselves, or as ``\uXXXX`` where the source sets `ascii_json`. A lone surrogate,
    which UTF-8 cannot carry, is always escaped, so that any id a partner gave can be sent back to it (OB12).
    """
    request: dict[str, object] = {"action": action}
    if params or action != INFO:
        request["params"] = params or {}
    request["time"] = format_time(time)
    text = json.dumps(request, ensure_ascii=ascii_json, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request: its `body` byte for byte, and what of `headers` and `query` is not every client's own.

    `action` and `params` are what the body says, for people.
    """

    action: str
    params: Params = field(default_factory=dict)
    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


def sign_request(
    secret: Secret, action: str, params: Params | None, body: bytes, *, signature_in_query: bool = False
) -> Request:
    """The request that carries `body`, signed (TR1, TR4, TR10, SG1), in the query as well where asked for (SG3)."""
    signature = secret.sign(body)
    return Request(
        action=action,
        params=params or {},
        body=body,
        headers={"Content-Type": CONTENT_TYPE, HEADER: signature},
        query={QUERY_PARAMETER: signature} if signature_in_query else {},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer as it came: `status`, `headers` (names in lower case), and the exact `body` bytes.

    Of one whose body is withheld, `size` is how many bytes it had.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    size: int | None = None

    @property
    def signature(self) -> str | None:
        """The signature that the partner sent, if any."""
        return self.headers.get(HEADER.lower())

    @property
    def media(self) -> str:
        """Status and content type, for errors: ``HTTP 200 (text/html, 35 bytes)``."""
        kind = self.headers.get("content-type", "no content type").split(";")[0].strip()
        size = len(self.body) if self.size is None else self.size
        return f"HTTP {self.status} ({printable(kind, 60)}, {size} bytes)"

    def without(self, credentials: "Credentials") -> "Answer":
        """The answer as it may be shown or stored, should a partner have sent a secret back."""
        headers = {credentials.withhold(name): credentials.withhold(value) for name, value in self.headers.items()}
        return replace(self, headers=headers, body=credentials.withhold_bytes(self.body), size=len(self.body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what came of it, byte for byte; what logs, the `log` command and the judge read.

    `answer` is `None` when none came whole; `verdict` is what the signature was worth (SG4): ``valid``, ``missing``,
    ``wrong``, ``unchecked`` (not 2xx, or the source does not verify), or ``none`` without an answer; `error` is the
    text of the error that ended the exchange, empty when all was well; `seconds` is how long it took, and `answered`
    after how many of them the answer's head was there, `None` if it never was. `method`, `headers` and `query` are the
    request's (see `Request`). `remarks` are about the connection (TR12).
    """

    action: str
    params: Params = field(default_factory=dict)
    request: bytes
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    started: datetime
    seconds: float
    answered: float | None = None
    answer: Answer | None = None
    verdict: str = "none"
    error: str = ""
    request_size: int
    answer_size: int = 0
    remarks: tuple[str, ...] = ()

    def cut(self, keep_bytes: int) -> "Exchange":
        """The exchange with its bodies cut at `keep_bytes`; the sizes remain those of the whole."""
        answer = self.answer
        if answer is not None and len(answer.body) > keep_bytes:
            answer = replace(answer, body=answer.body[:keep_bytes])
        elif len(self.request) <= keep_bytes:
            return self
        return replace(self, request=self.request[:keep_bytes], answer=answer)

    def without(self, credentials: "Credentials", keep_bytes: int | None = None) -> "Exchange":
        """The exchange as it may be shown or stored: what a secret stands in is withheld, and bodies are cut then.

        What is compared is compared as it came.
        """
        # A secret that begins before the cut may end behind it.
        kept = self.cut(keep_bytes + credentials.margin) if keep_bytes is not None else self
        if credentials.hold(kept.everything):
            kept = replace(
                kept,
                action=credentials.withhold(self.action),
                params=cast("Params", credentials.withhold_all(self.params)),
                request=credentials.withhold_bytes(kept.request),
                headers=cast("Mapping[str, str]", credentials.withhold_all(self.headers)),
                query=cast("Mapping[str, str]", credentials.withhold_all(self.query)),
                answer=kept.answer.without(credentials) if kept.answer is not None else None,
                error=credentials.withhold(self.error),
                remarks=tuple(map(credentials.withhold, self.remarks)),
            )
        return kept.cut(keep_bytes) if keep_bytes is not None else kept

    @property
    def everything(self) -> bytes:
        """All that may hold a secret. A signature that is right is none."""
        texts = [self.action, self.error, *self.remarks]
        if self.answer is not None:
            right = HEADER.lower() if self.verdict == "valid" else None
            headers = self.answer.headers.items()
            texts += [f"{name}: {it}" for name, it in headers if name != right and it != CONTENT_TYPE]
        parts = [self.request, *(text.encode("utf-8", "surrogatepass") for text in texts)]
        return b" ".join([*parts, self.answer.body if self.answer is not None else b""])


def verdict(answer: Answer, secret: Secret | None) -> str:
    """What the answer's signature is worth (see `Exchange.verdict`); `secret` is `None` where it is not verified."""
    if secret is None or not 200 <= answer.status < 300:
        return "unchecked"
    if answer.signature is None:
        return "missing"
    return "valid" if secret.verifies(answer.body, answer.signature) else "wrong"


def unverified(answer: Answer, secret: Secret) -> Remark | None:
    """What is to be told of the signature of an answer that is read without looking at it; `None` if it is right.

    Of all answers of a source that does not verify this is the same remark, so that it can be told once (SG4).
    """
    match verdict(answer, secret):
        case "missing":
            return Remark("SG4", "answers are not signed; they are read because verify_signature is off")
        case "wrong":
            return Remark("SG4", "answers are wrongly signed; they are read because verify_signature is off")
        case _:
            return None


_MARKS = re.compile(rb"(?:\s*\xef\xbb\xbf)+")

MARKED = Remark("TR6", "the answer begins with a byte-order mark, which was passed over")


def without_mark(body: bytes) -> bytes:
    """The body itself, or what follows the byte-order marks that it begins with (TR6).

    There may be several: PHP sends the one of each file that it includes. They are part of what is signed.
    """
    match = _MARKS.match(body)
    return body[match.end() :] if match else body


def check_answer(
    source: str, action: str, expected: str, answer: Answer, signature_verdict: str, *, raw_non_ascii: bool
) -> None:
    """Raise unless `answer` is a trusted success (TR5, SG4).

    `raw_non_ascii` says that the request held non-ASCII characters as themselves, which some partners answer with 422.

    Raises `ErrorStatus` or `SignatureInvalid`.
    """
    if not 200 <= answer.status < 300:
        came = f"HTTP {answer.status}"
        if 300 <= answer.status < 400:
            target = printable(answer.headers.get("location", "nowhere"), 200)
            came = f"HTTP {answer.status}, a redirect to {target}, which is not followed"
        raise ErrorStatus(
            source,
            action,
            expected="HTTP 2xx",
            came=came,
            explanation=explain(answer.body),
            status=answer.status,
            ascii_hint=answer.status == 422 and raw_non_ascii,
        )
    if signature_verdict in ("missing", "wrong"):
        php_status = printable(answer.headers.get("status", ""), 100)
        came = f"{answer.media} that is {'unsigned' if signature_verdict == 'missing' else 'wrongly signed'}"
        if php_status:
            came += f" and has a header 'Status: {php_status}'"
        raise SignatureInvalid(
            source, action, expected=expected, came=came, explanation=explain(answer.body), php_status=php_status
        )


_MARKUP = re.compile(r"<(style|script)\b.*?</\1\s*>|<[^<>]*>", re.DOTALL | re.IGNORECASE)


def explain(body: bytes) -> str:
    """A partner's free text (TR6) on one printable line: tags and control characters removed, shortened."""
    text = body[: 20 * EXPLANATION_CHARS].decode("utf-8", "replace")
    if "<" in text:
        text = _MARKUP.sub(" ", text)
    return printable(text, EXPLANATION_CHARS)


def printable(text: str, limit: int) -> str:
    """`text` as one line of at most `limit` characters that no terminal takes for a command."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def escaped(body: bytes) -> str:
    r"""`body` as text; bytes that are no UTF-8, and characters that are not printable, as ``\xNN`` or ``\uNNNN``."""
    text = body.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
