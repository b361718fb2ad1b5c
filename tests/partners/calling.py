"""A `Partner` at one end, and at the other whatever a test says: a raw partner, a transport, or respx's routes.

async with calling(answering(b"[]", 500)) as partner:
    error = await failed(partner)
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx

from crawler.errors import PartnerError
from crawler.partner import Partner
from crawler.protocol.envelope import Answer
from crawler.protocol.signature import HEADER
from crawler.sync.source import Source
from tests.partners.raw import SECRET, RawPartner

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
INFO = "implementation.info"


def fixed_clock() -> datetime:
    return NOON


def source(base_uri: str = "http://shop.example/sdk", **settings: Any) -> Source:
    return Source(**{"name": "shop", "base_uri": base_uri, "secret": SECRET, "deadline": 5.0, **settings})


@asynccontextmanager
async def calling(of: RawPartner | httpx.AsyncBaseTransport | respx.Router, **settings: Any) -> AsyncIterator[Partner]:
    """A `Partner` for one on a socket, for a transport, or for routes."""
    if isinstance(of, RawPartner):
        partner = Partner(source(of.base_uri, **settings), clock=fixed_clock)
    else:
        transport = of if isinstance(of, httpx.AsyncBaseTransport) else httpx.MockTransport(of.async_handler)
        partner = Partner(source(**settings), transport=transport, clock=fixed_clock)
    async with partner:
        yield partner


async def call(partner: Partner, action: str = "messages.list", **more: Any) -> Answer:
    return await partner.ask(action, expected="a JSON array of contents", **more)


async def failed(partner: Partner, action: str = "messages.list", **more: Any) -> PartnerError:
    with pytest.raises(PartnerError) as caught:
        await call(partner, action, **more)
    return caught.value


def answering(body: bytes = b"[]", status: int = 200, *, signed: bool = True, **headers: Any) -> respx.Router:
    """Routes that answer every request alike."""
    own = {HEADER: SECRET.sign(body)} if signed else {}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    router = respx.Router(assert_all_called=False)
    router.post().respond(status, headers={**own, **given}, content=body)
    return router


class Raising(httpx.AsyncBaseTransport):
    """Raises an exception at one moment of an exchange."""

    def __init__(self, error: Exception, moment: str) -> None:
        self.error = error
        self.moment = moment

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.moment == "sending":
            raise self.error
        return httpx.Response(200, headers={HEADER: SECRET.sign(b"[]")}, stream=RaisingStream(self.error, self.moment))


class RaisingStream(httpx.AsyncByteStream):
    def __init__(self, error: Exception, moment: str) -> None:
        self.error = error
        self.moment = moment

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"[]"
        if self.moment == "reading":
            raise self.error

    async def aclose(self) -> None:
        if self.moment == "closing":
            raise self.error
