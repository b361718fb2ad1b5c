"""Proxies: which one the environment names for a source (only with `trust_env`)."""

import importlib.util
from collections.abc import Callable, Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network
from urllib.request import getproxies

import httpx

from crawler.errors import ConfigurationError

PORTS = {"http": 80, "https": 443}
SOCKS = ("socks5", "socks5h")
SCHEMES = ("http", "https", *SOCKS)


def proxy_for(base_uri: str, named: Callable[[], Mapping[str, str]] = getproxies) -> str | None:
    """The URL of the proxy through which a source is reached, `None` for none.

    `named` tells what the environment names, by scheme, with ``no`` for the hosts that need none.

    Raises `ConfigurationError` for a proxy that cannot be used.
    """
    try:
        url = httpx.URL(base_uri)
    except httpx.InvalidURL:  # whoever sends something there says so
        return None
    proxies = named()
    name = next((name for name in (url.scheme, "all") if proxies.get(name)), None)
    if name is None or needs_none(url, proxies.get("no", "")):
        return None
    proxy = proxies[name] if "://" in proxies[name] else f"http://{proxies[name]}"
    variable = f"{name.upper()}_PROXY"
    try:
        parsed = httpx.URL(proxy)
    except httpx.InvalidURL:
        raise _unusable(variable, "what is no URL") from None
    if parsed.scheme not in SCHEMES or not parsed.host:
        raise _unusable(variable, f"'{parsed.scheme}://{parsed.host}'")
    if parsed.scheme in SOCKS and importlib.util.find_spec("socksio") is None:
        raise _unusable(variable, f"'{parsed.scheme}://{parsed.host}', and the package socksio is not installed")
    return proxy


def _unusable(variable: str, came: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable} names no proxy that can be used: expected http://, https:// or socks5://, got {came}",
        hint="correct it, name the endpoint in NO_PROXY, or set trust_env = false",
    )


def needs_none(url: httpx.URL, no_proxy: str) -> bool:
    """Whether `url` is among what NO_PROXY lists: names with all below them, addresses, ranges of these, ``*``.

    A port restricts an entry to itself; IPv6 addresses may stand in brackets, and must before a port. No name is
    looked up: ranges are for URLs with an address.
    """
    return any(_names(entry.lower(), url) for entry in no_proxy.replace(",", " ").split())


def _names(entry: str, url: httpx.URL) -> bool:
    scheme, separator, place = entry.rpartition("://")
    if separator and scheme not in ("all", url.scheme):
        return False
    if place == "*":
        return True
    host, port = _place(place)
    if port and port != str(url.port or PORTS.get(url.scheme)):
        return False
    wanted = url.host.rstrip(".").lower()
    with suppress(ValueError):
        return ip_address(wanted) in ip_network(host, strict=False)
    host = host.removeprefix("*").strip(".")
    return bool(host) and (wanted == host or wanted.endswith(f".{host}"))


def _place(text: str) -> tuple[str, str]:
    """Host, or range, and port; ``[fd00::]/8`` as well as ``[fd00::/8]``."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        rest, _, port = rest.partition(":")
        return host + rest, port
    host, separator, port = text.partition(":")
    return (text, "") if ":" in port else (host, port if separator else "")
