"""The daemon as a process: what stands around it from the first message to the last signal."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import httpx
import structlog

from crawler.clock import Clock, utc_now
from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.daemon.database import keep_house, open_store
from crawler.daemon.endpoint import Endpoint
from crawler.daemon.health import Health, Pulse, Watching
from crawler.daemon.process import ENDING, Notify, Signals, Told
from crawler.daemon.reload import ConfigurationFile, Look, Reload
from crawler.daemon.single import only_daemon
from crawler.store import Store
from crawler.sync.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the daemon is to do.

    `load` reads the sources from the configuration and raises `ConfigurationError`; `config` is the file to watch, if
    there is one, and `secret_files` are those that it names. `listener` is the listening socket of the HTTP endpoint,
    if there is to be one; `keep_days` is how long cycles are kept.
    """

    database: str
    load: Callable[[], Sequence[Source]]
    config: Path | None = None
    secret_files: Callable[[], Mapping[Path, Look | None]] = dict
    options: DaemonOptions = DaemonOptions()  # noqa: RUF009 - frozen
    keep_days: float = 30.0
    listener: socket.socket | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = utc_now
    transport: Callable[[Source], httpx.AsyncBaseTransport | None] = lambda _source: None


async def operate(setup: Setup, ready: Callable[[int], None]) -> None:
    """Run the daemon until a signal ends it; `ready` is called once it serves, with the number of sources.

    SIGTERM and SIGINT let cycles in flight end, for `grace` seconds; a second one interrupts them at once. Whatever
    hangs, the process ends within 5 s after that time, and within a second after the second signal. SIGHUP reads the
    configuration again.

    Raises `ConfigurationError` or `StoreError` where it cannot begin.
    """
    await _Operation(setup, ready).run()


class _Operation:
    """The parts of the process, and the signals that come to it."""

    def __init__(self, setup: Setup, ready: Callable[[int], None]) -> None:
        self._setup = setup
        self._ready = ready
        self._notify = Notify(setup.environ)
        self._log = structlog.get_logger("crawler")
        self._daemon: Daemon | None = None
        self._reload: Reload | None = None
        self._signals = Signals(setup.options.grace)
        self._beside = anyio.CancelScope()

    async def run(self) -> None:
        heard: asyncio.Queue[Told] = asyncio.Queue()
        with self._signals.told_to(asyncio.get_running_loop(), heard.put_nowait):
            try:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._obey, heard, tasks.cancel_scope)
                    store = await open_store(self._setup.database)
                    with store, only_daemon(self._setup.database):
                        await self._crawl(store)
                    tasks.cancel_scope.cancel()
            except BaseExceptionGroup as group:
                if len(group.exceptions) == 1:  # the one that this program's callers know how to deal with
                    raise group.exceptions[0] from None
                raise
            self._signals.done = True

    async def _crawl(self, store: Store) -> None:
        setup, pulse = self._setup, Pulse()
        metrics = Watching(pulse)
        daemon = Daemon(store, metrics, options=setup.options, clock=setup.clock, transport=setup.transport)
        health = Health(daemon, metrics, pulse, clock=setup.clock)
        file = ConfigurationFile(setup.config, setup.secret_files)
        self._reload = Reload(
            file,
            setup.load,
            daemon.manage,
            notify=self._notify,
            told=lambda succeeded: metrics.reloaded(succeeded=succeeded),
        )
        sources = setup.load()
        await daemon.manage(sources)
        self._daemon = daemon
        async with anyio.create_task_group() as tasks:
            if setup.listener is not None:
                tasks.start_soon(Endpoint(health.answer, setup.listener).serve)
            tasks.start_soon(self._announce, pulse, len(sources))
            tasks.start_soon(self._feed_watchdog, health)
            tasks.start_soon(self._look_after, store, metrics, self._reload)
            await daemon.run()
            self._signals.done = True
            tasks.cancel_scope.cancel()
        self._log.info("stopped")

    async def _announce(self, pulse: Pulse, sources: int) -> None:
        """Say that it serves, once it does."""
        await pulse.began.wait()
        self._notify.ready(f"sources: {sources}")
        self._ready(sources)

    async def _feed_watchdog(self, health: Health) -> None:
        """Show systemd that the tick runs, or that the daemon is ending; twice as often as it wants."""
        if self._notify.watchdog is None:
            return
        while True:
            if health.tick_runs or self._daemon is None or self._daemon.is_stopping:
                self._notify.alive()
            await anyio.sleep(self._notify.watchdog / 2)

    async def _look_after(self, store: Store, metrics: Watching, reload: Reload) -> None:
        """What is done beside the cycles until a signal ends it."""
        with self._beside:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(reload.follow)
                days, clock = self._setup.keep_days, self._setup.clock
                await keep_house(store, days, clock=clock, pruned=metrics.pruned)

    async def _obey(self, heard: asyncio.Queue[Told], everything: anyio.CancelScope) -> None:
        """Do what signals say."""
        while True:
            number, asked = await heard.get()
            if number not in ENDING:
                if self._reload is not None and not asked:
                    self._reload.ask()
                continue
            self._log.info("signal", name=number.name, at_once=asked > 1)
            self._notify.stopping()
            self._beside.cancel()
            if self._daemon is None:
                everything.cancel()
            else:
                self._daemon.stop(at_once=asked > 1)
