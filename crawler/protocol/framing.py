"""Where an answer ends: what comes behind it, and lengths that are wrong (TR12, TR13)."""

import msgspec

from crawler.protocol.json_split import UNDECODABLE

SHOWN = 40
"""How many bytes of what came behind an answer are shown."""

LENGTH = "a Content-Length that counts the bytes of the answer's body"

_decoder = msgspec.json.Decoder(msgspec.Raw)


def behind_remark(behind: bytes) -> str:
    r"""What to say of bytes that came behind an answer: ``\n`` and the like are shown as such."""
    start = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in _text(behind[:SHOWN]))
    more = "…" if len(behind) > SHOWN else ""
    return f"{_bytes(len(behind))} behind the end of an answer: '{start}{more}'; the connection was closed"


def length_too_small(body: bytes, behind: bytes) -> str | None:
    """What the Content-Length of an answer looks like that ended after `body`, and was followed by `behind`.

    `None` where `body` is whole JSON: then what follows is something else.
    """
    if is_json(body):
        return None
    whole = _text(body + behind)
    in_characters = len(body) in (len(whole), len(whole.encode("utf-16-le", "surrogatepass")) // 2)
    looks = "counted in characters, it seems" if in_characters else "too small, it seems"
    return f"{len(body):,} for {_bytes(len(body) + len(behind))} or more: {looks}"


def length_too_large(given: str, body: bytes, end: str) -> str | None:
    """What the Content-Length `given` with an answer looks like of which only `body` came; `end` says what came then.

    `None` where `body` is not whole JSON: the rest may have been lost.
    """
    if not is_json(body):
        return None
    return f"{given} for an answer that is whole after {_bytes(len(body))}, and then {end}: too large, it seems"


def is_json(body: bytes) -> bool:
    """Whether `body` is one whole JSON value."""
    try:
        _decoder.decode(body)
    except (*UNDECODABLE, RecursionError):
        return False
    return True


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _bytes(count: int) -> str:
    return f"{count:,} byte" if count == 1 else f"{count:,} bytes"
