"""Addresses: checked, and their places brought into one spelling."""

from urllib.parse import SplitResult, urlsplit

import httpx

from crawler.protocol.credentials import SHORTEST
from crawler.protocol.envelope import printable
from crawler.protocol.uri import split_uri

PORTS = {"http": 80, "https": 443}
LOOPBACK = "127.0.0.1"


def normal_uri(uri: str) -> str:
    """`uri` in one spelling: scheme and host in lower case, no port that is the default, no empty path.

    Path and query stay as they were written, byte for byte (TR8).

    Raises `ValueError`, which says what was received instead of a URL, and quotes nothing: it may hold a secret.
    """
    if uri != uri.strip() or not uri.isprintable() or " " in uri:
        raise ValueError("a text with blanks or control characters in it")
    parts = _split(uri)
    if parts.scheme not in PORTS:
        if "://" in uri:
            raise ValueError("a URL of another scheme than http and https")
        raise ValueError("a text without http:// before it")
    if not parts.hostname:
        raise ValueError("a URL that names no host")
    if parts.fragment:
        raise ValueError("a URL with a fragment (#…)")
    try:
        httpx.URL(uri)
        port = parts.port
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(f"no URL: {_reason(error)}") from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    userinfo = parts.netloc.rpartition("@")[0]
    place = f"{userinfo}@{host}" if userinfo else host
    if port is not None and port != PORTS[parts.scheme]:
        place += f":{port}"
    path = split_uri(uri)[1]
    return f"{parts.scheme}://{place}{path if path.startswith('/') else f'/{path}'}"


def read_address(text: str) -> tuple[str, int]:
    """Host and port to listen on: ``HOST:PORT``, ``[::1]:PORT``, or a port alone, which means this machine only.

    Raises `ValueError`, which says what was received instead.
    """
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{quoted(text)}: an IPv6 address stands in brackets")
    if not (port.isascii() and port.isdecimal() and int(port) <= 65_535) or text.startswith(":"):
        raise ValueError(quoted(text))
    return host or LOOPBACK, int(port)


def quoted(text: str) -> str:
    """A text in the wrong place, as it may be shown: only if it is too short to be a secret of any worth."""
    return f"the text '{printable(text, 60)}'" if 0 < len(text) < SHORTEST else "a text" if text else "an empty text"


def _split(uri: str) -> SplitResult:
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise ValueError(f"no URL: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Why a URL cannot be read, where the reason does not quote the URL."""
    text = str(error)
    return "it cannot be read" if {*"@'\""} & {*text} else text[:1].lower() + text[1:]
