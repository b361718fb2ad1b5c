"""Taking a JSON text apart without decoding it: how one broken content is kept from hiding its neighbours (OB12)."""

import json
import re
from collections.abc import Iterator

import msgspec

from crawler.protocol.objects import WrittenFloat

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)  # a string that does not end takes all the rest
_MEMBER = re.compile(rb'\s*("(?:[^"\\]|\\.)*+")\s*:(.*)', re.DOTALL)

_decoder = json.JSONDecoder(parse_float=WrittenFloat)

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for a text that is no JSON, or more deeply nested than it goes."""


def elements(text: bytes) -> list[bytes] | None:
    """The members of the array or object in `text` as they stand there, `None` if its brackets do not match.

    Only strings, commas and brackets are looked at, in linear time and without recursion, so a member may hold what no
    decoder takes: ``NaN``, lone surrogates, 100,000 nested arrays. A member of an object keeps its key: ``"id": 7``.
    """
    text = text.strip()
    if text[:1] + text[-1:] not in (b"[]", b"{}"):
        return None
    found = list(_members(text))
    return found[:-1] if found and found[-1] is _END else None


_END = b"end"


def _members(text: bytes) -> Iterator[bytes]:
    depth, start = 0, 1
    for token in _TOKEN.finditer(text):
        match text[token.start()]:
            case 0x5B | 0x7B:  # [ {
                depth += 1
            case 0x5D | 0x7D if depth == 1:  # the outermost ] }
                if text[start : token.start()].strip():
                    yield text[start : token.start()]
                if token.end() == len(text):
                    yield _END
                return
            case 0x5D | 0x7D:
                depth -= 1
            case 0x2C if depth == 1:  # ,
                yield text[start : token.start()]
                start = token.end()


def member(text: bytes, name: str) -> object:
    """The value of the member `name` of the JSON object in `text`, by itself; `None` if there is none to be had.

    Reads what it can of an object of which another part cannot be decoded. Python's own decoder is used, because it
    takes the lone surrogates that a partner may have in an id. A number with a fraction or an exponent is a
    `WrittenFloat`.
    """
    plain = json.dumps(name).encode()  # as nearly everybody writes it
    for part in reversed(elements(text) or ()):  # of two members of one name, decoders take the last
        match = _MEMBER.match(part)
        if match is None:
            continue
        try:
            odd = b"\\" in match[1] or not match[1].isascii()
            if match[1] == plain or (odd and json.loads(match[1]) == name):
                value: object = _decoder.decode(match[2].decode("utf-8", "surrogatepass"))
                return value
        except (ValueError, RecursionError):
            continue
    return None
