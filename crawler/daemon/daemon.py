"""Claiming what is due, and running its cycles, a bounded number at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import anyio
import httpx
import structlog
from anyio.abc import TaskGroup
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.clock import Clock, Elapsed, since_boot, utc_now
from crawler.cycle import run_cycle
from crawler.daemon.leases import Leases
from crawler.daemon.telling import Observer, tell
from crawler.errors import ConfigurationError, DatabaseUnavailable, LeaseLost, StoreError
from crawler.journal import Event, Watch
from crawler.partner import Partner
from crawler.protocol.envelope import Exchange
from crawler.store import Begun, Lease, Store
from crawler.store.samefile import WrongFile
from crawler.sync.leases import RENEWED_EVERY
from crawler.sync.report import CycleReport
from crawler.sync.source import Source

LAST, LAST_AT_ONCE = 2.0, 0.3
"""Seconds that the database has, once the time for cycles in flight is over, to store what became of them."""

SILENCE = 10.0
"""After so many seconds without an answer the database counts as away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonOptions:
    """How the daemon works.

    `max_cycles` may be in flight at a time, half of them of sources that fail: partners that hang hold theirs until
    their deadline, and must not hold all (CY4). The connections of `max_kept` sources stay open between cycles. `tick`
    is the number of seconds between two looks at what is due, `grace` the number for which a stop waits for the cycles
    in flight.
    """

    max_cycles: int = 200
    max_kept: int = 100_000
    tick: float = 0.5
    grace: float = 30.0


class Cycle(Protocol):
    """What `run_cycle` is: one cycle under a lease that was claimed. It tells `watch` when it has begun."""

    async def __call__(
        self, source: Source, store: Store, *, partner: Partner, clock: Clock, watch: Watch, lease: Lease
    ) -> CycleReport:
        """Run it. Raises `StoreError`."""


class Daemon:
    """Crawls the sources it is given, until `stop`.

    `transport` makes the transport to a source, `None` for the network; `sleep` waits for a number of seconds, and
    `elapsed` tells how many have passed, however the clock is set. All these and the clock are passed in so that a day
    of polling can pass in seconds; so is what a `cycle` does.
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
        elapsed: Elapsed = since_boot,
        cycle: Cycle = run_cycle,
    ) -> None:
        self.store = store
        self.observer = observer
        self.options = options
        self.owner = store.owner
        self._clock = clock
        self._transport = transport
        self._sleep = sleep
        self._run_cycle = cycle
        self._sources: dict[str, Source] = {}
        self._partners: dict[str, Partner] = {}
        self._in_flight: dict[str, Lease] = {}
        self._owed: list[Lease] = []
        self._leases = Leases(store, clock=clock, elapsed=elapsed)
        self._stopping = False
        self._wake = anyio.Event()
        self._cycles: TaskGroup | None = None
        self._last_moments: list[asyncio.TimerHandle] = []
        self._database_away = ""
        self._log = structlog.get_logger("crawler")

    @property
    def in_flight(self) -> frozenset[str]:
        """The sources whose cycles run at the moment."""
        return frozenset(self._in_flight)

    async def manage(self, sources: Sequence[Source]) -> None:
        """Crawl exactly these sources from now on; those whose settings changed, at once (CY5). Raises `StoreError`."""
        with self._noting_silence():
            await self._manage(sources)
        before, self._sources = self._sources, {source.name: source for source in sources}
        for name in [name for name in self._partners if self._sources.get(name) != before.get(name)]:
            if name not in self._in_flight:  # else its cycle goes on with what it began with, and closes it
                await self._partners.pop(name).aclose()
        self._log.info("sources loaded", sources=len(sources))

    @property
    def managed(self) -> int:
        """How many sources it crawls."""
        return len(self._sources)

    @property
    def has_room(self) -> bool:
        """Whether another cycle could begin."""
        return len(self._in_flight) < self.options.max_cycles

    async def run(self) -> None:
        """Crawl until `stop`; then claim nothing more, and let the cycles in flight finish for `grace` seconds.

        Cycles that take longer are interrupted: they store what they have, and give their leases back.
        """
        scheduler = AsyncIOScheduler(timezone="UTC")
        # The job only wakes: a job that is under way when the scheduler ends is cut off, and a claim must not be.
        every = {"seconds": self.options.tick, "max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        scheduler.add_job(self._awake, "interval", **every)
        scheduler.start()
        try:
            async with anyio.create_task_group() as self._cycles:
                await self._tick_until(lambda: self._stopping, self._cycles)
                await self._tick_until(lambda: not self._in_flight, self._cycles)  # what runs keeps its lease
        finally:
            scheduler.pause()
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()  # a job just begun ends: one cut off is logged as an error
                scheduler.shutdown(wait=False)
                await self._settle_up()
            for moment in self._last_moments:
                moment.cancel()

    async def _tick_until(self, happens: Callable[[], bool], cycles: TaskGroup) -> None:
        while not happens():
            await self.tick(cycles)
            with anyio.move_on_after(RENEWED_EVERY):
                await self._wake.wait()
            self._wake = anyio.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping

    def stop(self, *, at_once: bool = False) -> None:
        """Claim nothing more, and end when the cycles in flight have; `at_once` grants them no time.

        On the event loop's thread only. What is to be stored after the grace has a moment for that, and the database no
        longer: then leases are left as they are.
        """
        if not self._stopping:
            self._log.info("stopping", in_flight=len(self._in_flight))
        self._stopping = True
        self._wake.set()
        ending = anyio.current_time() + (0 if at_once else self.options.grace)
        if self._cycles is not None:
            scope = self._cycles.cancel_scope
            scope.deadline = min(scope.deadline, ending)
            self._last_moments.append(self.store.end_by(ending, ending + (LAST_AT_ONCE if at_once else LAST)))

    async def tick(self, cycles: TaskGroup) -> int:
        """Keep the leases, claim what is due before the next tick, start its cycles in `cycles`; returns how many."""
        free = self.options.max_cycles - len(self._in_flight)
        failing = max(self.options.max_cycles // 2, 1) - sum(lease.failing for lease in self._in_flight.values())
        leases: list[Lease] = []
        try:
            with self._noting_silence():
                if self._database_away:
                    await self._resume()
                await self._leases.keep(list(self._in_flight.values()), self._sources)
                await self._give_back()
                if free > 0 and not self._stopping:
                    most = {"limit": free, "failing": failing}
                    leases = await self.store.run(self.store.claim, self.owner, ahead=self.options.tick, **most)
        except StoreError as error:
            self._note_database(error)
            return 0
        self._note_database(None)
        for lease in leases:
            if lease.source in self._in_flight:  # its lease was made free, and it does not know yet
                self._owed.append(lease)
            else:
                self._in_flight[lease.source] = lease
                cycles.start_soon(self._crawl, lease)
        self.observer.ticked(len(self._in_flight))
        return len(leases)

    async def _awake(self) -> None:
        self._wake.set()

    async def _crawl(self, lease: Lease) -> None:
        log = self._log.bind(source=lease.source)
        source: Source | None = None
        begun = ended = False
        due: float | None = None
        try:
            if lease.due > lease.taken and not self.is_stopping:  # counted from after the claim: never early (CY1)
                await self._sleep(lease.due - lease.taken)
            source = self._sources.get(lease.source)  # not before: its settings may have changed meanwhile (CY5)
            if source is None or self.is_stopping:  # another daemon's, or just removed
                return
            begun = True
            await self._cycle(source, lease, log)
            ended = True
        except LeaseLost as error:
            log.warning("lease lost", error=str(error))
            self._owed.append(lease)  # it may have run out without anybody taking it
            begun, ended = False, True
            self.observer.cycle_broke_off(lease.source)
        except StoreError as error:  # this cycle cannot even give its lease back
            log.warning("cycle broke off", error=str(error), advice=error.hint)
            self._owed.append(lease)
            begun, ended = False, True
            self.observer.cycle_broke_off(lease.source)
        except ConfigurationError as error:
            log.warning("source cannot be crawled", error=str(error), advice=error.hint)
            due = _later(lease, source)
        except Exception:
            log.exception("unexpected")  # a fault of ours: told in full, and kept from the other sources (CY4)
            due = _later(lease, source)
        finally:
            if begun and not ended:
                self.observer.cycle_broke_off(lease.source)
            if not ended:  # a cycle that was interrupted before it began has not given its lease back
                with anyio.CancelScope(shield=True):
                    await self._release(lease, due)
            del self._in_flight[lease.source]
            if self._stopping:
                self._wake.set()

    async def _cycle(self, source: Source, lease: Lease, log: structlog.stdlib.BoundLogger) -> None:
        partner = self._partners.pop(source.name, None)
        if partner is not None and partner.source != source:  # its settings changed while its last cycle ran
            await partner.aclose()
            partner = None
        if partner is None:
            partner = Partner(source, transport=self._transport(source), clock=self._clock)
        self._partners[source.name] = partner  # the last one: first are those that have rested the longest
        await self._keep_few()

        def watch(event: Event) -> None:
            nonlocal log
            if isinstance(event, Begun):
                log = log.bind(cycle=event.lease.cycle_id)
                self.observer.cycle_started(event.lease, event.lease.taken - event.lease.due)
            elif isinstance(event, Exchange):
                self.observer.exchanged(source.name, event)
                log.debug("exchange", action=event.action, verdict=event.verdict, seconds=round(event.seconds, 3))

        began = anyio.current_time()
        report = await self._run_cycle(source, self.store, partner=partner, clock=self._clock, watch=watch, lease=lease)
        seconds = anyio.current_time() - began
        self.observer.cycle_ended(source.name, report, seconds)
        tell(report, seconds, log)

    async def _keep_few(self) -> None:
        """Close the connections that have rested the longest, where the system allows no more."""
        while len(self._partners) > self.options.max_kept:
            name = next((name for name in self._partners if name not in self._in_flight), None)
            if name is None:
                return
            await self._partners.pop(name).aclose()

    async def _release(self, lease: Lease, due: float | None) -> None:
        try:
            await self.store.run(self.store.release, lease, due)
        except StoreError:
            self._owed.append(lease)

    async def _manage(self, sources: Sequence[Source]) -> None:
        for name, pending in (await self.store.run(self.store.manage, sources)).items():
            advice = f"configure it again, or look at them (outbox {name}) and let them go (forget {name})"
            self._log.warning("source left with entries pending", source=name, pending=pending, advice=advice)

    async def _resume(self) -> None:
        """The database may be another one than before, restored from a backup. Raises `StoreError`.

        What began with the one before does not go on in it.
        """
        if not self._in_flight and await self.store.run(self.store.reopen):
            self._owed.clear()
            await self.store.run(self.store.forget_leases, self.owner)
            self._log.warning("database replaced", advice="it is crawled from the cursors that stand in it")
        await self._manage(list(self._sources.values()))

    async def _give_back(self) -> None:
        """Give back what could not be given back while the database was away. Raises `StoreError`."""
        while self._owed:
            lease = self._owed.pop()
            try:
                await self.store.run(self.store.release, lease)
            except StoreError:
                self._owed.append(lease)
                raise

    async def _settle_up(self) -> None:
        try:
            await self._give_back()
        except StoreError as error:
            self._log.warning("leases are left to lapse", leases=len(self._owed), error=str(error), advice=error.hint)
        for partner in self._partners.values():
            await partner.aclose()

    @contextmanager
    def _noting_silence(self) -> Iterator[None]:
        """Say so where the body waits too long for the database."""
        reason = f"the database does not answer: it has not for {SILENCE:g} s"
        hint = "look whether it is stopped, or another program holds it locked: this goes on once it answers"
        note = asyncio.get_running_loop().call_later(
            SILENCE, self._note_database, DatabaseUnavailable(reason, hint=hint)
        )
        try:
            yield
        finally:
            note.cancel()

    def _note_database(self, error: StoreError | None) -> None:
        """Say once that the database is away, and once that it is back; also what is wrong with what came instead."""
        away = str(error) if error is not None else ""
        if error is not None:
            self.observer.tick_failed()
            if not self._database_away or (isinstance(error.__cause__, WrongFile) and away != self._database_away):
                self._log.warning("database away", error=away, advice=error.hint)
        elif self._database_away:
            self._log.info("database back")
        self._database_away = away


def _later(lease: Lease, source: Source | None) -> float | None:
    """When a source is tried again whose cycle could not even begin."""
    return lease.started + source.list_interval if source else None
