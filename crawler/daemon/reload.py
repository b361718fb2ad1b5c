"""Following the configuration while the daemon runs: when it is asked to, and when the file has changed (CY5)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import anyio
import structlog

from crawler.daemon.process import Notify
from crawler.errors import ConfigurationError, StoreError
from crawler.sync.source import Source

EVERY = 1.0
"""Seconds from one look at the file to the next."""

Look = tuple[int, int, int]


def look(path: Path) -> Look | None:
    """What changes when the file does: inode, moment of change, size. `None` while there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


class ConfigurationFile:
    """A file that is watched: `changed` says so once for each change, when two looks in a row have found the same.

    So one that is being written is not read in the middle, and one that vanishes is waited for. `beside` names the
    files that count like it, those of secrets that it names at the moment, and what they looked like before they were
    read: a secret that is rotated while it is read is a change.
    """

    def __init__(self, path: Path | None, beside: Callable[[], Mapping[Path, Look | None]] = dict) -> None:
        self._path = path
        self._beside = beside
        self._read = self._last = self._look()

    def _look(self) -> dict[Path, Look | None]:
        own = () if self._path is None else (self._path,)
        return {path: look(path) for path in (*own, *self._beside())}

    def reading(self) -> None:
        """It is about to be read: what stands in it now is no change."""
        self._read = self._last = self._look()

    def changed(self) -> bool:
        """Whether one of them is another file than the one that was read, and all stay as they are."""
        before, self._last = self._last, self._look()
        if self._last != before or None in self._last.values():
            return False
        self._read = {**self._last, **self._beside(), **self._read}  # those that the file names since it was read
        return any(found != self._read[path] for path, found in self._last.items())

    @property
    def missing(self) -> set[Path]:
        """Those that were not there at the last look."""
        return {path for path, found in self._last.items() if found is None}


class Reload:
    """Reads the configuration again where there is reason to, and lets the daemon crawl what stands in it.

    `load` reads the sources, and raises `ConfigurationError`: then the old ones stay. `manage` takes the new ones over;
    while the database is away it is tried again and again. `told` is told of each reading whether it succeeded.
    """

    def __init__(
        self,
        file: ConfigurationFile,
        load: Callable[[], Sequence[Source]],
        manage: Callable[[Sequence[Source]], Awaitable[None]],
        *,
        notify: Notify,
        told: Callable[[bool], None],
    ) -> None:
        self._file = file
        self._load = load
        self._manage = manage
        self._notify = notify
        self._told = told
        self._asked = anyio.Event()
        self._missing: set[Path] = set()
        self._told_missing: set[Path] = set()
        self._waiting: Sequence[Source] | None = None
        self._log = structlog.get_logger("crawler")

    def ask(self) -> None:
        """Have it read again, changed or not."""
        self._asked.set()

    async def follow(self) -> None:
        """Read it whenever there is reason to, until cancelled."""
        while True:
            with anyio.move_on_after(EVERY):
                await self._asked.wait()
            await self.step()

    async def step(self) -> None:
        """Read it now if there is reason to."""
        asked, self._asked = self._asked.is_set(), anyio.Event()
        if asked or self._file.changed():
            await self._reload("asked" if asked else "the file changed")
        elif self._waiting is not None:
            await self._take_over(self._waiting)
        self._note_missing(self._file.missing)

    def _note_missing(self, missing: set[Path]) -> None:
        """Say once that a file is gone; not of one that is being replaced at the moment of one look."""
        told, self._told_missing = self._told_missing & missing, self._missing & missing
        self._missing = missing
        for path in sorted(self._told_missing - told):
            advice = "put it back: it is read then; a daemon that is started needs it"
            self._log.warning("a file is gone, what it said last still counts", file=str(path), advice=advice)

    async def _reload(self, why: str) -> None:
        self._notify.reloading()
        self._log.info("reading the configuration", why=why)
        self._file.reading()
        try:
            sources = await anyio.to_thread.run_sync(self._load)
        except ConfigurationError as error:
            self._log.error("configuration refused, the old one stays", error=str(error), advice=error.hint)
            self._told(False)
            self._notify.ready("the configuration file is broken, its last version counts")
        else:
            await self._take_over(sources)

    async def _take_over(self, sources: Sequence[Source]) -> None:
        try:
            await self._manage(sources)
        except StoreError as error:
            if self._waiting is None:
                self._log.warning("the new configuration has to wait", error=str(error), advice=error.hint)
            self._waiting = sources
        else:
            self._waiting = None
            self._told(True)
            self._notify.ready(f"sources: {len(sources)}")
