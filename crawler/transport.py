"""The way to partners: HTTP/1.1 by h11 over connections that are kept, as a transport of httpx (TR8, TR11, TR12).

What httpx has no words for stands in a request's `extensions`. It may ask for ``target``, the bytes in its first line,
and with ``fresh`` for a connection that served nobody yet. It is told ``unsent`` as long as nothing of it was sent for
certain, ``stray``, bytes that came behind the answer before, and ``behind``, bytes that came behind its own.
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import anyio
import h11
import httpx
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from crawler.connection import Connection
from crawler.errors import ConfigurationError
from crawler.network import Resolve, SocketStream, connect, resolve
from crawler.proxies import proxy_for
from crawler.sync.source import Source

if TYPE_CHECKING:
    from crawler.tunnel import ProxyTransport

KEEPALIVE = 600.0
"""Seconds for which an unused connection is kept: longer than any interval between cycles (CY1)."""

KEPT_CONNECTIONS = 2
"""How many unused connections of a source are kept at most."""

PORTS = {"http": 80, "https": 443}


@functools.cache
def tls_context(ca_bundle: str | None, verify: bool) -> ssl.SSLContext:
    """The shared TLS context for these settings.

    Raises `ConfigurationError` where the bundle cannot be read, or the file of SSLKEYLOGFILE cannot be written.
    """
    try:
        if verify and ca_bundle is not None:
            context = ssl.create_default_context(cafile=ca_bundle)
        else:
            context = httpx.create_ssl_context(verify=verify, trust_env=False)
        context.set_alpn_protocols(["http/1.1"])
        return context
    except OSError as error:
        reason = error.strerror or str(error)
        if error.filename is not None:  # as Python names it here alone
            hint = "unset that variable, or let it name a file that can be written"
            raise ConfigurationError(f"SSLKEYLOGFILE cannot be used: {reason}", hint=hint) from None
        is_there = isinstance(error, ssl.SSLError | PermissionError | IsADirectoryError)
        shown = ca_bundle if is_there else "that ca_bundle names"  # what names no file may be a secret
        raise ConfigurationError(
            f"the CA bundle {shown} cannot be used: {reason}", hint="ca_bundle must name a PEM file"
        ) from None


class Transport(httpx.AsyncBaseTransport):
    """The connections to one source, or, where a `proxy` is named, the way through that.

    `tls` is for https; `private` says that private addresses may be connected to. Raises what httpx's transports do,
    `ConnectionRefused` and `KeptConnectionLost`.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, private: bool, proxy: str | None = None, resolve: Resolve = resolve
    ) -> None:
        self._tls = tls
        self._private = private
        self._proxied = _through(proxy, tls) if proxy is not None else None
        self._resolve = resolve
        self._kept: list[tuple[Connection, float]] = []  # each with the moment until which it is kept
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the answer as soon as its headers are there."""
        if self._proxied is not None:
            return await self._proxied.handle_async_request(request)
        connection = None if request.extensions.get("fresh") else await self._rested(request)
        if connection is None:
            connection = await self._connected(request)
        try:
            head = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        told = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        body = _Body(self, connection, request)
        return httpx.Response(head.status_code, headers=list(head.headers), stream=body, extensions=told)

    async def aclose(self) -> None:
        """Close the connections."""
        self._closed = True
        while self._kept:
            self._kept.pop()[0].close()
        if self._proxied is not None:
            await self._proxied.aclose()

    def keep(self, connection: Connection) -> None:
        """Keep a connection whose answer is at its end for another request; close it where that cannot be."""
        if self._closed or not connection.rest():
            connection.close()
            return
        self._kept.append((connection, anyio.current_time() + KEEPALIVE))
        if len(self._kept) > KEPT_CONNECTIONS:
            self._kept.pop(0)[0].close()

    async def _rested(self, request: httpx.Request) -> Connection | None:
        """A kept connection over which nothing has come meanwhile: no bytes, and no end."""
        while self._kept:
            connection, until = self._kept.pop()
            behind, ended = b"", True
            try:
                if anyio.current_time() < until:
                    behind, ended = await connection.at_hand()
            finally:
                if behind or ended:
                    connection.close()
            if not behind and not ended:
                return connection
            if behind:
                request.extensions["stray"] = behind
        return None

    async def _connected(self, request: httpx.Request) -> Connection:
        """A new connection. Raises `ConnectionRefused`, and httpx's errors for one that does not come about."""
        url, timeout = request.url, request.extensions.get("timeout", {}).get("connect")
        if url.scheme not in PORTS:
            raise httpx.UnsupportedProtocol(f"the scheme '{url.scheme}' is neither http nor https")
        if not url.host:
            raise httpx.UnsupportedProtocol("the URL names no host")
        host, port = url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]
        request.extensions["unsent"] = True
        try:
            with anyio.fail_after(timeout):
                plain = await connect(host, port, private=self._private, resolve=self._resolve)
                return Connection(plain, await self._secured(plain, host) if url.scheme == "https" else plain)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(str(error)) from error

    async def _secured(self, plain: SocketStream, host: str) -> ByteStream:
        """Speak TLS from now on. Raises `OSError` where that does not come about."""
        try:
            return await TLSStream.wrap(plain, ssl_context=self._tls, hostname=host, standard_compatible=False)
        except (anyio.BrokenResourceError, anyio.EndOfStream) as error:
            plain.close()
            raise ConnectionError("the connection ended during the TLS handshake") from error
        except BaseException:
            plain.close()
            raise


class _Body(httpx.AsyncByteStream):
    """An answer's body as it comes. At its end the connection is kept, before that `aclose` closes it."""

    def __init__(self, transport: Transport, connection: Connection, request: httpx.Request) -> None:
        self._transport = transport
        self._connection = connection
        self._request = request
        self._clean = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        event = await self._connection.event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        behind, ended = await self._connection.at_hand()
        self._clean = not behind and not ended
        if behind:
            self._request.extensions["behind"] = behind
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Keep the connection, or close it."""
        if self._clean:
            self._clean = False
            self._transport.keep(self._connection)
        else:
            self._connection.close()


def way_to(source: Source) -> Transport:
    """The way to a source: by checked addresses, or through the proxy that the environment names, if it is trusted.

    Raises `ConfigurationError` for a proxy or a CA bundle that cannot be used.
    """
    proxy = proxy_for(source.base_uri) if source.trust_env else None
    encrypted = proxy is not None or source.base_uri.lower().startswith("https:")
    tls = tls_context(source.ca_bundle, source.verify_tls) if encrypted else None
    return Transport(tls=tls, private=source.private_addresses, proxy=proxy)


def _through(proxy: str, tls: ssl.SSLContext | None) -> ProxyTransport:
    from crawler.tunnel import ProxyTransport

    return ProxyTransport(proxy, tls)
