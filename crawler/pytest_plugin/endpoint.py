"""What a partner's tests may give as their endpoint: a URL, an ASGI application, or a WSGI application."""

import inspect
from collections.abc import Mapping
from typing import Any

import anyio.to_thread
import httpx

from crawler.protocol.signature import Secret
from crawler.settings import normal_uri
from crawler.sync.source import Source

IN_PROCESS = "http://testserver/"
"""Where an application in process is, unless the settings say otherwise (`base_uri`)."""


def source_of(endpoint: object, secret: str, settings: Mapping[str, Any]) -> Source:
    """The source that an endpoint is crawled as."""
    base_uri = normal_uri(endpoint) if isinstance(endpoint, str) else IN_PROCESS
    return Source(**{"name": "partner", "base_uri": base_uri, **settings, "secret": Secret(secret)})


def transport_of(endpoint: object) -> httpx.AsyncBaseTransport | None:
    """How to get at an endpoint: `None` for a URL, which is the network.

    Raises `TypeError` for what is none.
    """
    if isinstance(endpoint, str):
        return None
    if isinstance(endpoint, httpx.AsyncBaseTransport):
        return endpoint
    if not callable(endpoint):
        raise TypeError(f"an endpoint is a URL, an ASGI or a WSGI application, not {type(endpoint).__name__}")
    if any(map(inspect.iscoroutinefunction, (endpoint, type(endpoint).__call__))):
        return httpx.ASGITransport(endpoint, raise_app_exceptions=False)
    return WsgiTransport(endpoint)


class WsgiTransport(httpx.AsyncBaseTransport):
    """A WSGI application, called in a worker thread."""

    def __init__(self, application: Any) -> None:
        self._transport = httpx.WSGITransport(application, raise_app_exceptions=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the application."""
        body = await request.aread()
        same = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        return await anyio.to_thread.run_sync(self._answer, same)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101 - httpx's own type is wider
        try:
            body = b"".join(response.stream)
        finally:
            response.close()
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(body))
