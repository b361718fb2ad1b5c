"""The way through a proxy. httpcore speaks to it: `crawler.transport` imports this where a source has one."""

import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpcore
import httpx

from crawler.proxies import SOCKS


class ProxyTransport(httpx.AsyncBaseTransport):
    """The way through a proxy. Each request has a connection of its own: httpcore does not look behind answers (TR12).

    A proxy connects to an address of its own choice, which cannot be checked here.
    """

    def __init__(self, proxy: str, tls: ssl.SSLContext | None) -> None:
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
    def __init__(self, answer: httpcore.Response) -> None:
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
    if unsent:
        kind: type[httpx.TransportError] = httpx.ProxyError
        if isinstance(error, httpcore.ConnectTimeout):
            kind = httpx.ConnectTimeout
        return kind(str(error))
    kind = httpx.RemoteProtocolError if isinstance(error, httpcore.RemoteProtocolError) else httpx.ReadError
    return kind(str(error))
