"""A day in seconds: a clock that a test moves, partners in process, and a daemon between them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count

import anyio
import httpx

from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.protocol.signature import HEADER, Secret
from crawler.store import Store
from crawler.sync.source import Source
from tests.integration.daemon.watching import Seen

SECRET = Secret("open sesame")
START = datetime(2024, 3, 1, 12, tzinfo=UTC).timestamp()
LISTING = json.dumps({"objects": {"messages": ["list"]}}).encode()
SILENT = json.dumps({"objects": {"messages": ["create"]}}).encode()


class Time:
    """The time, as the daemon and its database see it. It moves when all who wait for it have nothing else to do."""

    def __init__(self) -> None:
        self.now = START
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._numbers = count()
        self.changed = anyio.Event()

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    async def sleep(self, seconds: float) -> None:
        woken = anyio.Event()
        entry = (self.now + seconds, next(self._numbers), woken)
        heappush(self._sleepers, entry)
        self.notice()
        try:
            await woken.wait()
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)

    def notice(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    @property
    def sleeping(self) -> int:
        return len(self._sleepers)

    def wake_next(self, before: float) -> bool:
        """Move to the next moment for which somebody waits, if that is `before`."""
        if not self._sleepers or self._sleepers[0][0] >= before:
            return False
        moment, _, woken = heappop(self._sleepers)
        self.now = max(self.now, moment)
        woken.set()
        return True


@dataclass
class Endpoint:
    """A partner that counts. `takes` is how long it thinks; while `fails`, it answers 503.

    `starts` are when cycles began, each with the interval that had been declared last, this time included.
    """

    time: Time
    lists: bool = True
    takes: float = 0.0
    fails: bool = False
    declared: float = 60
    starts: list[tuple[float, float]] = field(default_factory=list)
    inside: int = 0
    most_inside: int = 0

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            if b'"implementation.info"' in request.content:
                self.declared = self.declared if self.fails else 60 if self.lists else 180
                self.starts.append((self.time.now, self.declared))
                body = LISTING if self.lists else SILENT
            else:
                body = b"[]"
            if self.takes:
                await self.time.sleep(self.takes)
        finally:
            self.inside -= 1
        if self.fails:
            return httpx.Response(503, text="come back later")
        return httpx.Response(200, content=body, headers={HEADER: SECRET.sign(body)})


class World:
    """Sources, their partners and one daemon at a time."""

    def __init__(self, store: Store, time: Time, sources: list[Source], *, tick: float = 30) -> None:
        self.store = store
        self.time = time
        self.sources = sources
        self.endpoints = {source.name: Endpoint(time) for source in sources}
        self.seen = Seen(changed=time.notice)
        self.options = DaemonOptions(tick=tick, max_cycles=len(sources))

    def transport(self, source: Source) -> httpx.AsyncBaseTransport:
        return httpx.MockTransport(self.endpoints[source.name].handle)

    async def live(self, until: float) -> None:
        """Let a daemon run until that moment; then it ends, in good order."""
        ways = {"clock": self.time, "transport": self.transport, "sleep": self.time.sleep}
        daemon = Daemon(self.store, self.seen, options=self.options, **ways)  # type: ignore[arg-type]  # one by one
        await daemon.manage(self.sources)
        async with anyio.create_task_group() as cycles:
            while self.time.now < until:
                await daemon.tick(cycles)
                await self.rest(daemon)
                following = min(self.time.now + self.options.tick, until)
                while self.time.wake_next(following):
                    await self.rest(daemon)
                self.time.now = following
            daemon.stop()
            while self.time.wake_next(float("inf")):
                await self.rest(daemon)

    async def rest(self, daemon: Daemon) -> None:
        """Wait until every cycle in flight waits for the time."""
        with anyio.fail_after(30):
            while len(daemon.in_flight) > self.time.sleeping:
                with anyio.move_on_after(0.005):  # a lease that is given back without a cycle is not told of
                    await self.time.changed.wait()
