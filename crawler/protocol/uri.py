"""Base URIs as texts: what a partner sees of one is what the user wrote, byte for byte (TR8)."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from urllib.parse import unquote, unquote_plus, urlencode

_SECRET_VALUE = re.compile(
    r"([?&](?:[^=&#]*(?:token|secret|passw|pwd|credential|jwt|api.?key|access.?key|auth.?key)[^=&#]*"
    r"|(?:[^=&#]*[^a-z=&#])?(?:key|pass|auth|authorization|sig|signature|session|otp|pin|code)(?:[^a-z=&#][^=&#]*)?)=)"
    r"([^&#]+)",
    re.IGNORECASE,
)
"""A query parameter that holds a secret, as far as its name tells."""

_MARK = re.compile(r"withheld-[0-9a-f]{8}")


def split_uri(uri: str) -> tuple[str, str]:
    """`uri` in two, exactly as it was written: scheme and place; path and query. A fragment is left out."""
    uri = uri.partition("#")[0]
    start, separator, rest = uri.partition("://")
    if not separator:
        return "", uri
    end = min((rest.find(mark) for mark in "/?" if mark in rest), default=len(rest))
    return f"{start}://{rest[:end]}", rest[end:]


def showable(uri: str) -> str:
    """`uri` as it may be shown and stored: without user name and password, and without secrets in its query.

    In the place of such a secret stands a mark that is the same for the same one: two endpoints that differ in it only
    remain two.
    """
    start, separator, rest = uri.partition("://")
    if not separator:
        return _without_values(_tail(uri))
    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    return f"{start}://{_tail(rest[:end])}{_without_values(rest[end:])}"


def is_marked(uri: str) -> bool:
    """Whether `uri` is one as it is shown, with a mark in the place of a secret."""
    return any(_MARK.fullmatch(value) for _, value in _SECRET_VALUE.findall(uri))


def secrets_in(uri: str) -> list[str]:
    """What of `uri` must not be shown, as it is written and as it is meant: see `showable`."""
    rest = uri.partition("://")[2] or uri
    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    userinfo = rest[:end].rpartition("@")[0]
    user, colon, password = userinfo.partition(":")
    written = [user, password, *([userinfo] if colon else [])]
    written += [found[1] for found in _SECRET_VALUE.findall(rest[end:])]
    return list(dict.fromkeys(text for it in written for text in (it, unquote(it), unquote_plus(it)) if text))


def with_query(uri: str, query: Mapping[str, str]) -> str:
    """`uri` with `query` behind its own, which is not touched (SG3); without a fragment."""
    uri = uri.partition("#")[0]
    if not query:
        return uri
    start, path = split_uri(uri)
    mark = "?" if "?" not in path else "" if path.endswith(("?", "&")) else "&"
    return f"{start}{path or '/'}{mark}{urlencode(query)}"


def request_target(uri: str) -> bytes:
    """What of `uri` stands in a request's first line: path and query as they were written.

    Only what cannot stand there at all, blanks and characters beyond ASCII, is escaped.
    """
    path = split_uri(uri)[1]
    target = path if path.startswith("/") else f"/{path}"
    return b"".join(c.encode() if "!" <= c <= "~" else _escaped(c) for c in target)


def _escaped(character: str) -> bytes:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass")).encode()


def _without_values(query: str) -> str:
    return _SECRET_VALUE.sub(lambda found: f"{found[1]}withheld-{_mark(found[2])}", query)


def _mark(value: str) -> str:
    if _MARK.fullmatch(value):  # it was shown before
        return value.removeprefix("withheld-")
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _tail(text: str) -> str:
    return text.rpartition("@")[2]
