"""Base URIs as texts: what a partner sees of one is what the user wrote, byte for byte (TR8)."""

from collections.abc import Mapping
from urllib.parse import urlencode


def split_uri(uri: str) -> tuple[str, str]:
    """`uri` in two, exactly as it was written: scheme and place; path and query. A fragment is left out."""
    uri = uri.partition("#")[0]
    start, separator, rest = uri.partition("://")
    if not separator:
        return "", uri
    end = min((rest.find(mark) for mark in "/?" if mark in rest), default=len(rest))
    return f"{start}://{rest[:end]}", rest[end:]


def without_userinfo(uri: str) -> str:
    """`uri` as it may be shown: without user name and password."""
    start, separator, rest = uri.partition("://")
    if not separator:
        return _tail(uri)
    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    return f"{start}://{_tail(rest[:end])}{rest[end:]}"


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


def _tail(text: str) -> str:
    return text.rpartition("@")[2]
