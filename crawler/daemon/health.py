"""The local HTTP endpoint: ``/healthz`` for whoever restarts what is ill, ``/metrics`` for Prometheus.

It runs on the daemon's own event loop, so that it falls silent when that is stuck.
"""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import anyio
from prometheus_client import CONTENT_TYPE_LATEST

from crawler.clock import Clock, utc_now
from crawler.daemon.daemon import Daemon
from crawler.daemon.metrics import Metrics
from crawler.errors import StoreError
from crawler.store import Claimable, Standing

PATIENCE = 3.0
"""Seconds that the database has for an answer."""

TICKS = 10
"""After so many ticks that did not come, and 10 seconds, the tick counts as not running."""

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


class Pulse:
    """When the daemon last looked at what is due. An `Observer` tells it; `clock` counts seconds, from wherever."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._looked: float | None = None
        self.began = anyio.Event()
        """Set by the first look that succeeded."""

    def looked(self, *, succeeded: bool) -> None:
        """A tick has looked, and the database has answered or not."""
        self._looked = self._clock()
        if succeeded:
            self.began.set()

    @property
    def age(self) -> float | None:
        """Seconds since the last look; `None` before the first."""
        return None if self._looked is None else self._clock() - self._looked


class Watching(Metrics):
    """Metrics that feel the pulse as well."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self.pulse = pulse

    def ticked(self, in_flight: int) -> None:
        """A tick has claimed what was due."""
        super().ticked(in_flight)
        self.pulse.looked(succeeded=True)

    def tick_failed(self) -> None:
        """The database did not answer a tick."""
        super().tick_failed()
        self.pulse.looked(succeeded=False)


class Health:
    """What the endpoint answers.

    ``/healthz`` answers 200 if the daemon is ready, which means that cycles that are due do begin, else 503: the tick
    runs, the database answers and is the right one, it knows as many sources as this daemon is to crawl, and none that
    fares well has been due for long while there is room for its cycle. ``/healthz/live`` answers 200 whenever it can.
    """

    def __init__(self, daemon: Daemon, metrics: Metrics, pulse: Pulse, *, clock: Clock = utc_now) -> None:
        self._daemon = daemon
        self._metrics = metrics
        self._pulse = pulse
        self._clock = clock
        self._one = anyio.CapacityLimiter(1)  # of the questions to a database that is stuck, only one hangs

    @property
    def tick_runs(self) -> bool:
        """Whether the last look was not long ago."""
        age = self._pulse.age
        return age is not None and age < self._late

    @property
    def _late(self) -> float:
        return max(10.0, TICKS * self._daemon.options.tick)

    async def state(self) -> dict[str, object]:
        """What ``/healthz`` says."""
        found: list[Claimable] = []
        answers = await self._ask(lambda: found.append(self._daemon.store.ping()))
        claimable = found[0] if answers else None
        age = self._pulse.age
        runs = self.tick_runs and self._pulse.began.is_set() and not self._daemon.is_stopping
        return {
            "live": True,
            "ready": runs and claimable is not None and self._begins(claimable),
            "database_answers": answers,
            "sources": self._daemon.managed,
            "sources_in_database": None if claimable is None else claimable.managed,
            "seconds_overdue": None if claimable is None else round(claimable.overdue, 3),
            "seconds_since_tick": None if age is None else round(age, 3),
            "in_flight": len(self._daemon.in_flight),
            "stopping": self._daemon.is_stopping,
        }

    def _begins(self, claimable: Claimable) -> bool:
        """Whether cycles that are due do begin."""
        in_time = claimable.overdue < self._late or not self._daemon.has_room
        return in_time and claimable.managed == self._daemon.managed

    async def metrics(self) -> bytes:
        """What ``/metrics`` says."""
        found: list[list[Standing]] = []
        answered = await self._ask(lambda: found.append(self._daemon.store.standing()))
        standing = found[0] if answered else None
        return self._metrics.page(standing, in_flight=len(self._daemon.in_flight), now=self._clock())

    async def answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body of what is asked for."""
        if method not in ("GET", "HEAD"):
            return 405, TEXT, b"only GET\n"
        match path:
            case "/healthz":
                state = await self.state()
                return 200 if state["ready"] else 503, JSON, json.dumps(state).encode() + b"\n"
            case "/healthz/live":
                return 200, JSON, b'{"live": true}\n'
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, await self.metrics()
            case _:
                return 404, TEXT, b"there are /healthz, /healthz/live and /metrics\n"

    async def _ask(self, question: Callable[[], None]) -> bool:
        """Whether the database answers in time."""
        asker, begun = object(), threading.Event()

        def ask() -> None:
            begun.set()
            try:
                question()
            finally:
                with suppress(RuntimeError):  # the event loop has ended meanwhile
                    anyio.from_thread.run_sync(self._one.release_on_behalf_of, asker)

        with anyio.move_on_after(PATIENCE):
            await self._one.acquire_on_behalf_of(asker)
            try:
                await anyio.to_thread.run_sync(ask, abandon_on_cancel=True)
            except StoreError:
                return False
            finally:
                if not begun.is_set():
                    self._one.release_on_behalf_of(asker)
            return True
        return False
