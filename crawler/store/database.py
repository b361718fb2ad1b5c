"""The database: opened, migrated to the newest schema at start, and its transactions."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

import anyio.lowlevel

from crawler.clock import Clock
from crawler.errors import ConfigurationError, DatabaseTooNew, DatabaseUnavailable
from crawler.store.sql import Statement, Transaction, value
from crawler.store.sqlite import URL_HINT, SQLite, sqlite_at
from crawler.store.writer import Writer

if TYPE_CHECKING:
    from crawler.store.postgresql import PostgreSQL

HEAD = "0003"
"""The newest migration; a test holds it to the migrations' own idea of that."""

BUSY_SECONDS = 30
"""How long a writer waits for another one, unless it is said."""

MIGRATION_ATTEMPTS = 5
"""How often a migration is begun that clashes with another process's."""

P = ParamSpec("P")
T = TypeVar("T")


def database_at(where: str, busy_seconds: float = BUSY_SECONDS) -> "SQLite | PostgreSQL":
    """The database at a URL, or at a path that means an SQLite file; nothing is opened yet.

    Raises `ConfigurationError`.
    """
    if (file := sqlite_at(where, busy_seconds)) is not None:
        return file
    try:
        from crawler.store import postgresql  # heavy, and a file does without it
    except ImportError as error:
        kind = where.partition("://")[0].partition("+")[0]
        hint = URL_HINT if kind != "postgresql" else "install the driver: pip install 'ringcx-crawler[postgresql]'"
        raise ConfigurationError(f"a database of {kind} cannot be used", hint=hint) from error

    return postgresql.database_at(where, busy_seconds)


def too_new(version: str, head: str) -> DatabaseTooNew:
    """What to say of a database of a newer version."""
    return DatabaseTooNew(
        f"the database has schema {version}, and this program knows schemas up to {head}",
        hint="a newer ringcx-crawler wrote it: update this one, or name another file with --database",
    )


class Database:
    """A migrated database. Use it as a context manager, or `close` it.

    All methods of its subclasses are synchronous, and each is one transaction; on an event loop use `run`.
    """

    def __init__(self, backend: "SQLite | PostgreSQL", clock: Clock | None = None) -> None:
        self.backend = backend
        self.patient_until = inf
        self._clock = clock
        self._given_seconds = (lambda: clock().timestamp()) if clock is not None else None
        self._writer = Writer(self._group if backend.can_group else None, backend.failures, self._gave_up)
        self._given_up: DatabaseUnavailable | None = None

    @classmethod
    def open(cls, where: str, *, busy_seconds: float = BUSY_SECONDS, clock: Clock | None = None) -> Self:
        """Open, create or migrate the database at a URL or path; ``sqlite://`` is one in memory.

        `busy_seconds` is how long a writer waits for another one. `clock` takes the place of the database's own.

        Raises `ConfigurationError`, `DatabaseUnavailable` or `DatabaseTooNew`.
        """
        database = cls(database_at(where, busy_seconds), clock)
        try:
            database._migrate()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close all connections; not those that a transaction uses which nobody waits for any more."""
        self._writer.close()
        if self._writer.abandoned is not None:
            return
        self.backend.close()

    def reopen(self) -> bool:
        """Open the file that is there now, where the one that was opened was deleted or replaced; returns whether.

        It must be one that daemons have crawled. Nothing may be under way that began with the one before: it would go
        on in this one, as if that had brought it there. Raises `DatabaseUnavailable`.
        """
        try:
            return self.backend.reopen()
        except self.backend.failures as error:
            raise self._unavailable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    async def run(self, method: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one of the methods in the writer thread: one at a time, never on the event loop.

        Once begun, a transaction is waited for even if the caller is cancelled: it is short, and then known.

        Raises `DatabaseUnavailable`.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        return await self.submit(method, *args, **kwargs)

    def submit(self, method: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """As `run`, but begun at once: after all that was given to the thread before. Await what is returned."""
        return self._writer.submit(partial(self._at_its_turn, partial(method, *args, **kwargs)))

    def end_by(self, patient_until: float, at_last: float) -> asyncio.TimerHandle:
        """Let what waits for the database come to an end; both are moments of the event loop's clock.

        The first transaction that fails after `patient_until` is the last one, and those that queue behind it fail at
        once instead of waiting as long, each in its turn. After `at_last` nobody waits for any: not for a server that
        was stopped, and not for a file system that hangs. What has begun by then may be stored or not. Whoever has
        nothing to wait for any more cancels what is returned.
        """
        self.patient_until = min(self.patient_until, patient_until)
        return asyncio.get_running_loop().call_at(at_last, self._abandon)

    def _abandon(self) -> None:
        hint = "look whether it is stopped, or another program holds it locked; what was committed is safe"
        self._writer.abandon(DatabaseUnavailable(f"the database {self.backend.shown} does not answer", hint=hint))

    def _at_its_turn(self, method: Callable[[], T]) -> T:
        if self._given_up is not None:
            raise DatabaseUnavailable(str(self._given_up), hint=self._given_up.hint)
        try:
            return method()
        except DatabaseUnavailable as error:
            raise self._gave_up(error) from error.__cause__

    def _group(self) -> AbstractContextManager[object]:
        """What is committed together; once there is no patience left, each fails at once by itself."""
        return self.backend.together() if self._given_up is None else nullcontext()

    def _gave_up(self, error: Exception) -> DatabaseUnavailable:
        """A transaction's failure; the last one, where there is no patience left."""
        unavailable = error if isinstance(error, DatabaseUnavailable) else self._unavailable(error)
        if monotonic() > self.patient_until:
            self._given_up = unavailable
        return unavailable

    @property
    def is_shared(self) -> bool:
        """Whether daemons on several machines may share this database: PostgreSQL, not a file."""
        return self.backend.shared

    def together(self, *methods: Callable[[], Any]) -> list[Any]:
        """Run several methods one after the other, in one transaction; returns their results.

        Where one of them fails, none is stored. Raises what they raise, and `DatabaseUnavailable`.
        """
        try:
            with self.backend.together():
                return [method() for method in methods]
        except self.backend.failures as error:
            raise self._unavailable(error) from error

    @contextmanager
    def transaction(self, *, writing: bool = True, limited: bool = True, beside: bool = False) -> Iterator[Transaction]:
        """A transaction: committed at the end, rolled back by an exception.

        `limited`: a server has some seconds for each statement. `beside`: it may run beside those of cycles.

        Raises `DatabaseUnavailable`.
        """
        try:
            with self.backend.transaction(writing=writing, limited=limited, beside=beside) as cursor:
                yield Transaction(cursor, self.backend.spelling, self._given_seconds)
        except self.backend.failures as error:
            raise self._unavailable(error) from error

    def reading(self, *, limited: bool = False) -> AbstractContextManager[Transaction]:
        """A transaction that only reads, beside those of cycles; `limited` as those of cycles are.

        Raises `DatabaseUnavailable`.
        """
        return self.transaction(writing=False, limited=limited, beside=True)

    def _unavailable(self, error: Exception) -> DatabaseUnavailable:
        reason = str(error).strip().partition("\n")[0]
        advice = (
            self.backend.advice(reason) or "look at the reason, then run the command again: what was committed is safe"
        )
        return DatabaseUnavailable(f"the database {self.backend.shown} cannot be used: {reason}", hint=advice)

    SCHEMA_VERSION = Statement("SELECT version_num FROM alembic_version", value)

    def _check_schema(self, tx: Transaction) -> None:
        """Whether the schema is still this program's. Raises `DatabaseTooNew` or `DatabaseUnavailable`."""
        version = tx.one(self.SCHEMA_VERSION)
        if version == HEAD:
            return
        if version is not None and version > HEAD:
            raise too_new(version, HEAD)
        raise DatabaseUnavailable(
            f"the database {self.backend.shown} has schema {version} by now, and this program works with {HEAD}",
            hint="start the program again: it migrates the database then",
        )

    def _version(self) -> str | None:
        try:
            return self.backend.version()
        except self.backend.failures as error:
            raise self._unavailable(error) from error

    def _migrate(self) -> None:
        """Bring the schema to `HEAD`.

        On PostgreSQL two processes that do so at once clash, and one fails: it looks again at what the other has done.
        """
        for attempt in reversed(range(MIGRATION_ATTEMPTS if self.is_shared else 1)):
            if self._version() == HEAD:
                return
            from crawler.store.upgrading import upgrade  # heavy, and needed only here

            try:
                upgrade(self.backend, HEAD)
                return
            except self.backend.failures as error:
                if not attempt:
                    raise self._unavailable(error) from error
            except DatabaseUnavailable:
                if not attempt:
                    raise
