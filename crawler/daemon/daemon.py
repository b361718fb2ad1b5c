"""Claiming what is due, and running its cycles, a bounded number at a time."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio
import httpx
import structlog
from anyio.abc import TaskGroup
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.clock import Clock, utc_now
from crawler.cycle import Event, run_cycle
from crawler.errors import CrawlerError, LeaseLost, StoreError
from crawler.partner import Partner
from crawler.protocol.envelope import Exchange
from crawler.store import Lease, Store, this_process
from crawler.sync.report import CycleReport
from crawler.sync.state import Source

AUTO_DISABLED = "content_source.auto_disabled"
"""The platform's own name for switching a failing channel off (CY6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonOptions:
    """How the daemon works.

    `max_cycles` may be in flight at a time; `tick` is the number of seconds between two looks at what is due, `grace`
    the number for which a stop waits for the cycles in flight.
    """

    max_cycles: int = 100
    tick: float = 0.5
    grace: float = 30.0


class Observer(Protocol):
    """Is told what the daemon does, for metrics and health."""

    def ticked(self, in_flight: int) -> None:
        """A tick has claimed what was due."""

    def tick_failed(self) -> None:
        """The database did not answer a tick."""

    def cycle_started(self, lease: Lease, lateness: float) -> None:
        """A cycle begins, `lateness` seconds after it was due."""

    def exchanged(self, source: str, exchange: Exchange) -> None:
        """An exchange has ended."""

    def cycle_ended(self, source: str, report: CycleReport, seconds: float) -> None:
        """A cycle has ended, and its report is stored."""

    def cycle_broke_off(self, source: str) -> None:
        """A cycle ended without a report: interrupted, its lease lost, or the database gone."""


class Daemon:
    """Crawls the sources it is given, until `stop`.

    `transport` makes the transport to a source, `None` for httpx's own; `sleep` waits for a number of seconds. Both and
    the clock are passed in so that a day of polling can pass in a second.
    """

    def __init__(
        self,
        store: Store,
        observer: Observer,
        *,
        options: DaemonOptions = DaemonOptions(),
        clock: Clock = utc_now,
        transport: Callable[[Source], httpx.AsyncBaseTransport | None] = lambda _source: None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.store = store
        self.observer = observer
        self.options = options
        self.owner = this_process()
        self._clock = clock
        self._transport = transport
        self._sleep = sleep
        self._sources: dict[str, Source] = {}
        self._partners: dict[str, Partner] = {}
        self._in_flight: set[str] = set()
        self._owed: list[Lease] = []
        self._stopping = anyio.Event()
        self._database_away = False
        self._log = structlog.get_logger("crawler")

    @property
    def in_flight(self) -> frozenset[str]:
        """The sources whose cycles run at the moment."""
        return frozenset(self._in_flight)

    async def manage(self, sources: Sequence[Source]) -> None:
        """Crawl exactly these sources from now on; those whose settings changed, at once (CY5). Raises `StoreError`."""
        await self.store.run(self.store.manage, sources)
        before, self._sources = self._sources, {source.name: source for source in sources}
        for name in [name for name in self._partners if self._sources.get(name) != before.get(name)]:
            if name not in self._in_flight:  # else its cycle goes on with what it began with, and closes it
                await self._partners.pop(name).aclose()
        self._log.info("sources loaded", sources=len(sources))

    async def run(self) -> None:
        """Crawl until `stop`; then claim nothing more, and let the cycles in flight finish for `grace` seconds.

        Cycles that take longer are interrupted: they store what they have, and give their leases back.
        """
        async with anyio.create_task_group() as cycles:

            async def tick() -> None:
                await self.tick(cycles)

            scheduler = AsyncIOScheduler(timezone="UTC")
            every = {"seconds": self.options.tick, "max_instances": 1, "coalesce": True, "misfire_grace_time": None}
            scheduler.add_job(tick, "interval", **every)
            scheduler.start()
            try:
                await self.tick(cycles)
                await self._stopping.wait()
            finally:
                scheduler.shutdown(wait=False)
            self._log.info("stopping", in_flight=len(self._in_flight))
            cycles.cancel_scope.deadline = anyio.current_time() + self.options.grace
        with anyio.CancelScope(shield=True):
            for partner in self._partners.values():
                await partner.aclose()

    def stop(self) -> None:
        """Claim nothing more, and end when the cycles in flight have."""
        self._stopping.set()

    async def tick(self, cycles: TaskGroup) -> int:
        """Claim what is due before the next tick, and start its cycles in `cycles`; returns how many."""
        free = self.options.max_cycles - len(self._in_flight)
        if self._stopping.is_set() or free <= 0:
            self.observer.ticked(len(self._in_flight))
            return 0
        try:
            while self._owed:
                await self.store.run(self.store.release, self._owed[-1])
                self._owed.pop()
            leases = await self.store.run(self.store.claim, self.owner, limit=free, ahead=self.options.tick)
        except StoreError as error:
            self._note_database(error)
            return 0
        self._note_database(None)
        for lease in leases:
            self._in_flight.add(lease.source)
            cycles.start_soon(self._crawl, lease)
        self.observer.ticked(len(self._in_flight))
        return len(leases)

    async def _crawl(self, lease: Lease) -> None:
        log = self._log.bind(source=lease.source)
        source = self._sources.get(lease.source)
        begun = False
        try:
            if source is None or self._stopping.is_set():  # another daemon's, or just removed
                return
            if lease.due > lease.taken:
                await self._sleep(lease.due - lease.taken)
            begun = True
            self.observer.cycle_started(lease, lease.started - lease.due)
            await self._cycle(source, lease, log)
        except LeaseLost as error:
            log.warning("lease lost", error=str(error))
            self.observer.cycle_broke_off(lease.source)
        except CrawlerError as error:  # the database: this cycle cannot even give its lease back
            log.warning("cycle broke off", error=str(error), advice=getattr(error, "hint", ""))
            self._owed.append(lease)
            self.observer.cycle_broke_off(lease.source)
        except Exception:
            log.exception("unexpected")  # a fault of ours: told in full, and kept from the other sources (CY4)
            self.observer.cycle_broke_off(lease.source)
        finally:
            if not begun:
                with anyio.CancelScope(shield=True):
                    await self._release(lease)
            self._in_flight.discard(lease.source)

    async def _cycle(self, source: Source, lease: Lease, log: structlog.stdlib.BoundLogger) -> None:
        partner = self._partners.get(source.name)
        if partner is None or partner.source != source:
            if partner is not None:
                await partner.aclose()
            partner = Partner(source, transport=self._transport(source), clock=self._clock)
            self._partners[source.name] = partner

        def watch(event: Event) -> None:
            if isinstance(event, Exchange):
                self.observer.exchanged(source.name, event)
                log.debug("exchange", action=event.action, verdict=event.verdict, seconds=round(event.seconds, 3))

        began = anyio.current_time()
        report = await run_cycle(source, self.store, partner=partner, clock=self._clock, watch=watch, lease=lease)
        seconds = anyio.current_time() - began
        self.observer.cycle_ended(source.name, report, seconds)
        self._tell(report, seconds, log)

    def _tell(self, report: CycleReport, seconds: float, log: structlog.stdlib.BoundLogger) -> None:
        log = log.bind(cycle=report.cycle_id)
        for error in report.errors:
            log.warning("partner failed", action=error.action, error=str(error))
        for settled in report.exports:
            if settled.outcome != "succeeded":
                log.warning("export", outcome=settled.outcome, action=settled.entry.action, error=settled.entry.error)
        imported = {name: counted.new + counted.updated for name, counted in report.objects.items()}
        log.info(
            "cycle",
            outcome="failed" if report.failed else "succeeded",
            seconds=round(seconds, 3),
            imported=sum(imported.values()),
            ignored=sum(counted.ignored for counted in report.objects.values()),
            exported=report.outcomes()["succeeded"],
        )
        if report.outlook is not None and report.outlook.disabled:
            log.error(AUTO_DISABLED, failures=report.outlook.failures)

    async def _release(self, lease: Lease) -> None:
        try:
            await self.store.run(self.store.release, lease)
        except StoreError:
            self._owed.append(lease)

    def _note_database(self, error: StoreError | None) -> None:
        """Say once that the database is away, and once that it is back."""
        if error is not None:
            self.observer.tick_failed()
            if not self._database_away:
                self._log.warning("database away", error=str(error), advice=error.hint)
        elif self._database_away:
            self._log.info("database back")
        self._database_away = error is not None
