"""Requests and responses as the partner sees them, and JSON that may be written by hand."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.protocol.signature import HEADER, Secret
from crawler.reference.contents import Shown

SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Raw:
    """A text that goes out as it stands, in UTF-8, where `json.dumps` would not write it."""

    text: str


class Refusal(Exception):
    """A request that is answered with an error `status` and a text that explains it (TR6)."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP request; the names of `headers` are in lower case."""

    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def signature(self) -> str:
        """The signature that it carries, in the header or else in the query (SG3); empty if it has none."""
        return self.headers.get(HEADER.lower(), self.query.get("signature", ""))


@dataclass(frozen=True)
class Call:
    """A signed request's action and `params`."""

    action: str
    params: Shown

    @property
    def object_name(self) -> str:
        """The part of the action before the dot."""
        return self.action.partition(".")[0]

    @property
    def operation(self) -> str:
        """The part of the action after the dot."""
        return self.action.partition(".")[2]


@dataclass(frozen=True)
class Response:
    """An HTTP response; `lost` says that the connection breaks half way through its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    lost: bool = False


def read_call(body: bytes) -> Call:
    """The call in a request's body; raises `Refusal` where it is not one."""
    try:
        request = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"the body is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise Refusal(400, "the body is not a JSON object")
    action, params = request.get("action"), request.get("params") or {}
    if not isinstance(action, str):
        raise Refusal(400, "'action' is missing")
    if not isinstance(params, dict):
        raise Refusal(400, "'params' is not an object")
    return Call(action, params)


def signed(secret: Secret, answer: object) -> Response:
    """An answer as signed JSON (SG4)."""
    body = encode(answer)
    return Response(200, {"content-type": "application/json", HEADER.lower(): secret.sign(body)}, body)


def plain(status: int, text: str, **headers: str) -> Response:
    """A text that explains an error."""
    return Response(status, {"content-type": "text/plain; charset=utf-8", **headers}, text.encode("utf-8", "replace"))


def encode(value: object) -> bytes:
    """`value` as compact JSON in UTF-8, characters as themselves, `Raw` as it stands."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, UnicodeEncodeError):
        return _by_hand(value).encode()


def _by_hand(value: object) -> str:
    match value:
        case Raw(text):
            return text
        case dict():
            return "{" + ",".join(f"{_by_hand(name)}:{_by_hand(item)}" for name, item in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_by_hand, value)) + "]"
        case _:
            text = json.dumps(value, ensure_ascii=False)
            return json.dumps(value) if SURROGATES.search(text) else text


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
