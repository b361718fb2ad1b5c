"""Proxies: which one the environment names for a source, and the way through it (only with `trust_env`).

httpcore speaks to them. It is imported by whoever needs one, and by nobody else.
"""

import importlib.util
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import httpx

from crawler.errors import ConfigurationError

if TYPE_CHECKING:
    import httpcore

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


class ProxyTransport(httpx.AsyncBaseTransport):
    """The way through a proxy. Each request has a connection of its own: httpcore does not look behind answers (TR12).

    A proxy connects to an address of its own choice, which cannot be checked here.
    """

    def __init__(self, proxy: str, tls: ssl.SSLContext | None) -> None:
        import httpcore  # noqa: PLC0415 - only for proxies

        url = httpx.URL(proxy)
        auth = (url.username.encode(), url.password.encode()) if url.userinfo else None
        at = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/")
        self._pool: httpcore.AsyncConnectionPool
        if url.scheme in SOCKS:
            self._pool = httpcore.AsyncSOCKSProxy(at, proxy_auth=auth, ssl_context=tls, max_keepalive_connections=0)
        else:
            self._pool = httpcore.AsyncHTTPProxy(
                at,
                proxy_auth=auth,
                ssl_context=tls,
                proxy_ssl_context=tls if url.scheme == "https" else None,
                max_keepalive_connections=0,
            )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the answer as soon as its headers are there; see `crawler.transport`."""
        import httpcore  # noqa: PLC0415 - only for proxies

        extensions = request.extensions
        extensions["unsent"] = True

        async def trace(_event: str, info: Mapping[str, Any]) -> None:
            sent = info.get("request")
            if sent is not None and sent.method != b"CONNECT":  # the tunnel is there
                extensions.pop("unsent", None)

        url = request.url
        target = extensions.get("target", url.raw_path)
        sent = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target),
            headers=request.headers.raw,
            content=await request.aread(),
            extensions={"timeout": extensions.get("timeout", {}), "trace": trace},
        )
        try:
            answer = await self._pool.handle_async_request(sent)
        except Exception as error:
            raise _translated(error, unsent="unsent" in extensions) from error
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: "httpcore.Response") -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.aiter_stream():
                yield chunk
        except Exception as error:
            raise _translated(error, unsent=False) from error

    async def aclose(self) -> None:
        await self._answer.aclose()


def _translated(error: Exception, *, unsent: bool) -> httpx.TransportError:
    """What httpx calls an error of httpcore's; before anything was sent to the endpoint it is the proxy's fault."""
    import httpcore  # noqa: PLC0415 - only for proxies

    if unsent:
        kind: type[httpx.TransportError] = httpx.ProxyError
        if isinstance(error, httpcore.ConnectTimeout):
            kind = httpx.ConnectTimeout
        return kind(str(error))
    kind = httpx.RemoteProtocolError if isinstance(error, httpcore.RemoteProtocolError) else httpx.ReadError
    return kind(str(error))
