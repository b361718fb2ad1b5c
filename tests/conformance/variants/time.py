"""Endpoints that are there, or not, as time passes: a `Time` that passes only when somebody says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from crawler.reference import ReferencePartner
from tests.conformance.courtroom import Time

__all__ = ["Limited", "Mortal", "Network", "Stuck", "Time"]

LATENCY = 0.005
"""Seconds that an exchange takes where nothing else is said."""


@dataclass
class Network(httpx.AsyncBaseTransport):
    """The way to a partner: each exchange takes its time."""

    partner: ReferencePartner
    time: Time
    latency: float = LATENCY

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.time.now += self.latency
        return await self.answered(request)

    async def answered(self, request: httpx.Request) -> httpx.Response:
        return await httpx.ASGITransport(self.partner).handle_async_request(request)


@dataclass
class Mortal(Network):
    """A process that dies of some requests, before it answers them, and is started again after a while, or never.

    Meanwhile nobody takes a connection, or a `proxy` before it answers 502. One that `finishes` has done what it was
    asked for when it dies.
    """

    kills: Callable[[bytes], bool] = lambda _body: False
    restart: float | None = 3.0
    finishes: bool = False
    proxy: bool = False
    _dead_until: float = field(default=0.0, init=False)

    async def answered(self, request: httpx.Request) -> httpx.Response:
        dead = self.time.now < self._dead_until
        if not dead and self.kills(request.content):
            if self.finishes:
                await super().answered(request)
            self._dead_until = float("inf") if self.restart is None else self.time.now + self.restart
            if not self.proxy:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
            dead = True
        if not dead:
            return await super().answered(request)
        if self.proxy:
            return httpx.Response(502, headers={"content-type": "text/html"}, text="<h1>502 Bad Gateway</h1>")
        raise httpx.ConnectError("[Errno 111] Connection refused", request=request)


@dataclass
class Stuck(Network):
    """A single worker that gets stuck on some requests: they, and all that come for a while, are never answered."""

    kills: Callable[[bytes], bool] = lambda _body: False
    seconds: float = 60.0
    _stuck_until: float = field(default=0.0, init=False)

    async def answered(self, request: httpx.Request) -> httpx.Response:
        if self.kills(request.content):
            self._stuck_until = self.time.now + self.seconds
        if self.time.now < self._stuck_until:
            self.time.now += min(30.0, self._stuck_until - self.time.now)  # the client's patience
            raise httpx.ReadTimeout("timed out", request=request)
        return await super().answered(request)


@dataclass
class Limited(Network):
    """At most so many requests a second, with a burst of as many; others are answered with an error status."""

    per_second: float = 2.0
    status: int = 429
    headers: Mapping[str, str] = field(default_factory=lambda: {"retry-after": "1"})
    _allowed: float = field(default=0.0, init=False)
    _looked: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._allowed = max(self.per_second, 1.0)

    async def answered(self, request: httpx.Request) -> httpx.Response:
        since, self._looked = self.time.now - self._looked, self.time.now
        self._allowed = min(self._allowed + since * self.per_second, max(self.per_second, 1.0))
        if self._allowed < 1:
            return httpx.Response(self.status, headers=dict(self.headers), text="slow down, please")
        self._allowed -= 1
        return await super().answered(request)
