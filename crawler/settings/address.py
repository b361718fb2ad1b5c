"""Addresses: checked, and their places brought into one spelling."""

from urllib.parse import SplitResult, urlsplit

import httpx

from crawler.protocol.uri import split_uri, without_userinfo

EXPECTED = "a URL such as https://shop.example/channel"
PORTS = {"http": 80, "https": 443}
ADDRESS_EXPECTED = "an address to listen on, such as 127.0.0.1:9180"
LOOPBACK = "127.0.0.1"


def normal_uri(uri: str) -> str:
    """`uri` in one spelling: scheme and host in lower case, no port that goes without saying, no empty path.

    Path and query stay as they were written, byte for byte (TR8).

    Raises `ValueError`, which says what came instead of a URL (it quotes no user name and no password).
    """
    if uri != uri.strip() or not uri.isprintable() or " " in uri:
        raise ValueError("a text with blanks or control characters in it")
    parts = _split(uri)
    if parts.scheme not in PORTS:
        if "://" in uri:
            raise ValueError(f"the scheme '{parts.scheme}'")
        raise ValueError(f"'{without_userinfo(uri)}', without http:// before it")
    if not parts.hostname:
        raise ValueError(f"'{without_userinfo(uri)}', which names no host")
    if parts.fragment:
        raise ValueError(f"'{without_userinfo(uri)}', which has a fragment (#…)")
    try:
        httpx.URL(uri)
        port = parts.port
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(f"'{without_userinfo(uri)}', which is no URL: {_reason(error)}") from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    userinfo = parts.netloc.rpartition("@")[0]
    place = f"{userinfo}@{host}" if userinfo else host
    if port is not None and port != PORTS[parts.scheme]:
        place += f":{port}"
    path = split_uri(uri)[1]
    return f"{parts.scheme}://{place}{path if path.startswith('/') else f'/{path}'}"


def read_address(text: str) -> tuple[str, int]:
    """Host and port to listen on: ``HOST:PORT``, ``[::1]:PORT``, or a port alone, which means this machine only.

    Raises `ValueError`, which says what came instead.
    """
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"'{text}': an IPv6 address stands in brackets")
    if not (port.isascii() and port.isdecimal() and int(port) <= 65_535) or text.startswith(":"):
        raise ValueError(f"'{text}'")
    return host or LOOPBACK, int(port)


def _split(uri: str) -> SplitResult:
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise ValueError(f"'{without_userinfo(uri)}', which is no URL: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Why a URL cannot be read, where the reason does not quote the URL."""
    text = str(error)
    return "it cannot be read" if "@" in text else text[:1].lower() + text[1:]
