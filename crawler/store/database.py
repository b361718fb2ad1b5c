"""Opening the database: SQLite by default, or PostgreSQL, migrated to the newest schema at start; its transactions.

A transaction that writes begins with ``BEGIN IMMEDIATE`` on SQLite, so that it waits for other writers at its start and
cannot fail half-way for one. ``synchronous=FULL``: what was committed survives a power cut (PU2).

On PostgreSQL transactions are ``READ COMMITTED``: each begins with the row of its source, which it thereby holds. A
process that is stopped in the middle of one would hold it for good; so the server ends such a transaction.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from math import inf
from pathlib import Path
from time import monotonic, sleep
from typing import Any, ParamSpec, Self, TypeVar

import anyio
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from crawler.clock import Clock
from crawler.errors import ConfigurationError, DatabaseTooNew, DatabaseUnavailable
from crawler.store.driver import Dialect, Driver

HEAD = "0001"
"""The newest migration; a test holds it to the migrations' own idea of that."""

BUSY_SECONDS = 30
"""How long a writer waits for another one, unless it is said."""

CONNECT_SECONDS = 10
"""How long a connection to a database server may take."""

IDLE_SECONDS = 30
"""How long a transaction may rest before the database server ends it: nothing is awaited within one."""

GONE_SECONDS = 30
"""After how long without a sign of life from the database server a connection to it is given up."""

MIGRATION_ATTEMPTS = 5
"""How often a migration is begun that clashes with another process's."""

WAL_ATTEMPTS, WAL_PAUSE = 100, 0.02
"""How often a file is switched to WAL while other programs do the same, and the seconds between."""

P = ParamSpec("P")
T = TypeVar("T")


def database_url(where: str) -> sa.URL:
    """A database URL, or a path that means an SQLite file.

    Raises `ConfigurationError`.
    """
    if "://" not in where:
        return sa.URL.create("sqlite", database=where)
    try:
        url = sa.make_url(where)
    except ArgumentError as error:
        raise ConfigurationError("the database is no URL that can be read", hint=URL_HINT) from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        raise ConfigurationError(f"a database of {url.get_backend_name()} cannot be used", hint=URL_HINT)
    return url


URL_HINT = "give a path, or a URL such as sqlite:///crawler.db or postgresql://user@host/name"


class Database:
    """A migrated database. Use it as a context manager, or `close` it.

    All methods of its subclasses are synchronous, and each is one transaction; on an event loop use `run`.
    """

    def __init__(self, engine: sa.Engine, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._one_connection = isinstance(engine.pool, StaticPool)
        self._dialect = Dialect(engine.dialect.name, given=clock is not None)
        self._given_seconds = (lambda: clock().timestamp()) if clock is not None else None
        self._turn = threading.RLock()
        self._limiter: anyio.CapacityLimiter | None = None
        self.patient_until = inf
        self._given_up: DatabaseUnavailable | None = None

    @classmethod
    def open(cls, where: str, *, busy_seconds: float = BUSY_SECONDS, clock: Clock | None = None) -> Self:
        """Open, create or migrate the database at a URL or path; ``sqlite://`` is one in memory.

        `busy_seconds` is how long a writer waits for another one. `clock` takes the place of the database's own.

        Raises `ConfigurationError`, `DatabaseUnavailable` or `DatabaseTooNew`.
        """
        url = database_url(where)
        sqlite_file = url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"connect_args": {"timeout": busy_seconds}}
        if not sqlite_file:
            given = {name: value for name, value in PATIENCE.items() if name not in url.query}
            options = {"connect_args": given, "pool_pre_ping": True, "isolation_level": "READ COMMITTED"}
        elif url.database in (None, "", ":memory:"):
            options = {"connect_args": {"check_same_thread": False}, "poolclass": StaticPool}
        try:
            engine = sa.create_engine(url, **options)
        except (NoSuchModuleError, ImportError) as error:
            hint = URL_HINT if sqlite_file else "install the driver: pip install 'ringcx-crawler[postgresql]'"
            raise ConfigurationError(f"a database of {url.get_backend_name()} cannot be used", hint=hint) from error
        if sqlite_file:
            _create_private(url.database)
            event.listen(engine, "connect", _configure)
            event.listen(engine, "begin", _begin)
        else:
            event.listen(engine, "connect", _limit(busy_seconds))
        database = cls(engine, clock)
        try:
            database._migrate()
        except BaseException:
            engine.dispose()
            raise
        return database

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    async def run(self, method: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one of the methods in the writer thread: one at a time, never on the event loop.

        Once begun, a transaction is waited for even if the caller is cancelled: it is short, and then known.

        A process that ends sets `patient_until`, a moment of the event loop's clock: the first transaction that fails
        after that is the last one, and those that queue behind it fail at once instead of waiting as long, each in its
        turn. Raises `DatabaseUnavailable`.
        """
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(1)

        def at_its_turn() -> T:
            if self._given_up is not None:
                raise DatabaseUnavailable(str(self._given_up), hint=self._given_up.hint)
            try:
                return method(*args, **kwargs)
            except DatabaseUnavailable as error:
                if monotonic() > self.patient_until:
                    self._given_up = error
                raise

        return await anyio.to_thread.run_sync(at_its_turn, limiter=self._limiter)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that writes: committed at the end, rolled back by an exception.

        Raises `DatabaseUnavailable`.
        """
        with self._turn, self._session(writing=True) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads.

        Raises `DatabaseUnavailable`.
        """
        if self._one_connection:
            with self._turn, self._session(writing=False) as session:
                yield session
        else:
            with self._session(writing=False) as session:
                yield session

    @contextmanager
    def _session(self, *, writing: bool) -> Iterator[Session]:
        try:
            with (
                self._engine.connect().execution_options(writing=writing) as connection,
                connection.begin(),
                Session(bind=connection) as session,
            ):
                yield session
                session.flush()
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    @contextmanager
    def driving(self, *, writing: bool = True) -> Iterator[Driver]:
        """A transaction of the statements that every cycle runs: see `crawler.store.driver`.

        Raises `DatabaseUnavailable`.
        """
        if writing or self._one_connection:
            with self._turn, self._driver(writing=writing) as driver:
                yield driver
        else:
            with self._driver(writing=writing) as driver:
                yield driver

    @contextmanager
    def _driver(self, *, writing: bool) -> Iterator[Driver]:
        failures = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error)
        try:
            held = self._engine.raw_connection()
        except failures as error:
            raise self._unavailable(error) from error
        try:
            cursor = held.cursor()
            if not self.is_shared:
                cursor.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
            yield Driver(cursor, self._dialect, self._given_seconds)
            held.commit()
        except failures as error:
            if self.is_shared:
                held.invalidate()  # the server may have gone
            raise self._unavailable(error) from error
        finally:
            held.close()  # which rolls back what was not committed

    def _unavailable(self, error: Exception) -> DatabaseUnavailable:
        reason = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        reason = reason.strip().partition("\n")[0]
        where = _shown(self._engine.url)
        hint = "look at the reason, then run the command again: what was committed is safe"
        path = self._engine.url.database
        for sign, advice in (HINTS_OF_SERVERS if self.is_shared else HINTS).items():
            if sign in reason:
                hint = advice
                break
        if "unable to open" in reason and path and not Path(path).parent.is_dir():
            hint = f"the directory {Path(path).parent} does not exist: create it, or name another file with --database"
        return DatabaseUnavailable(f"the database {where} cannot be used: {reason}", hint=hint)

    def insert_into(self, rows: sa.Table) -> sqlite.Insert:
        """An INSERT that can deal with conflicts. SQLite and PostgreSQL spell it alike, SQLAlchemy types it apart."""
        return self._dialect.insert(rows)

    @property
    def is_shared(self) -> bool:
        """Whether daemons on several machines may share this database: PostgreSQL, not a file."""
        return self._engine.dialect.name == "postgresql"

    def clock(self) -> sa.ColumnElement[float]:
        """Seconds since 1970 by the database's clock: leases and due times of several machines go by it alone."""
        if self._clock is not None:
            return sa.literal(self._clock().timestamp(), sa.Float)
        return self._dialect.now

    def _migrate(self) -> None:
        """Bring the schema to `HEAD`.

        On PostgreSQL two processes that do so at once clash, and one fails: it looks again at what the other has done.
        """
        for attempt in reversed(range(MIGRATION_ATTEMPTS if self.is_shared else 1)):
            with self.reading() as session:
                if self._version(session) == HEAD:
                    return
                if self.is_shared:
                    _check_encoding(session)
            try:
                with self.writing() as session:
                    self._upgrade(session)
                return
            except DatabaseUnavailable:
                if not attempt:
                    raise

    def _upgrade(self, session: Session) -> None:
        """Run the migrations that are missing. Alembic is imported only where there is something to do."""
        version = self._version(session)
        if version == HEAD:  # another process was quicker
            return
        if version is not None and version > HEAD:
            raise DatabaseTooNew(
                f"the database has schema {version}, and this program knows schemas up to {HEAD}",
                hint="a newer ringcx-crawler wrote it: update this one, or name another file with --database",
            )
        from alembic import command  # noqa: PLC0415  (heavy, and needed only here)
        from alembic.config import Config  # noqa: PLC0415
        from alembic.util import CommandError  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(files("crawler.store") / "migrations"))
        config.attributes["connection"] = session.connection()
        try:
            command.upgrade(config, "head")
        except CommandError as error:  # the version is no longer the one that it began with
            raise DatabaseUnavailable(
                f"the database {_shown(self._engine.url)} cannot be migrated: {error}",
                hint="another process migrates it at the same time: run the command again",
            ) from error

    @staticmethod
    def _version(session: Session) -> str | None:
        if not sa.inspect(session.connection()).has_table("alembic_version"):
            return None
        version: str | None = session.connection().scalar(sa.text("SELECT version_num FROM alembic_version"))
        return version


HINTS = {
    "database is locked": "another program holds it locked: end that program, then run the command again",
    "readonly": "the file or its directory is read-only: change its permissions, or name another with --database",
    "unable to open": "check that the file's directory exists and may be written, or name another with --database",
    "disk is full": "free some space on the disk, then run the command again: what was committed is safe",
    "disk I/O error": "the disk is full, or fails: free some space, read the system's log; what was committed is safe",
    "not a database": "the file is not an SQLite database: name another with --database",
    "malformed": "the file is damaged: restore it from a backup, or name another with --database and import again",
}


HINTS_OF_SERVERS = {
    "password authentication failed": "check the user's name and password in the database's URL",
    "no password supplied": "the server wants a password: postgresql://user:password@host/name, or a file ~/.pgpass",
    "no pg_hba.conf entry": "the server lets nobody in from here: its pg_hba.conf decides",
    "does not support SSL": "the server speaks no TLS: leave sslmode out of the database's URL",
    "failed to resolve host": "check the host's name in the database's URL",
    "could not translate host": "check the host's name in the database's URL",
    "Connection refused": "start the database server, or check the host and port in the database's URL",
    "No such file or directory": "start the database server, or name its host in the database's URL",
    "timeout expired": "the database server does not answer: check the host in the URL, and firewalls",
    "connection timeout": "the database server does not answer: check the host in the URL, and firewalls",
    "starting up": "the database server is about to start: try again in a moment",
    "shutting down": "the database server is about to stop: start it again",
    "too many": "raise the server's max_connections, or close other programs' connections",
    "connection slots": "raise the server's max_connections, or close other programs' connections",
    "permission denied": "let the user create tables: GRANT ALL ON SCHEMA public TO the user, as the database's owner",
    "read-only transaction": "this server only reads, as a standby does: name the one that writes",
    "lock timeout": "another program holds rows or tables locked: end that program's transaction",
    "deadlock detected": "another program wrote in another order: run the command again",
    "o space left": "free some space on the server's disk: what was committed is safe",
    "idle-in-transaction": "this process was stopped in the middle of a transaction, which the server then ended",
    "terminating connection": "the database server was stopped: start it again; what was committed is safe",
    "server closed the connection": "the database server went away: start it again; what was committed is safe",
    'database "': "create it (createdb NAME), or name another one in the database's URL",
    'role "': "create that user (createuser NAME), or name another one in the database's URL",
}
"""By a part of what PostgreSQL or its client says; the first one that fits. A server that speaks another language than
English says the same less well: then the reason alone has to do."""

PATIENCE = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": GONE_SECONDS // 3,
    "keepalives_interval": GONE_SECONDS // 6,
    "keepalives_count": 3,
    "tcp_user_timeout": GONE_SECONDS * 1000,
    "application_name": "ringcx-crawler",
}
"""What libpq is told unless the URL says otherwise: a server whose machine is gone says nothing at all."""


def _shown(url: sa.URL) -> str:
    """A URL as messages show it, without a password."""
    hidden = {name: "***" for name in url.query if "password" in name}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def _limit(busy_seconds: float) -> Callable[[Any, object], None]:
    def limit(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:  # not by libpq's `options`, which connection poolers refuse
            cursor.execute(f"SET lock_timeout = '{busy_seconds * 1000:.0f}ms'")
            cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        connection.commit()

    return limit


def _check_encoding(session: Session) -> None:
    encoding = session.connection().scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            f"the database's encoding is {encoding}: it cannot hold what people write",
            hint="create one with: createdb --encoding=UTF8 --template=template0 NAME",
        )


def _create_private(path: str | None) -> None:
    """Make the file, if it is not there, so that nobody else may read it; SQLite gives its companions the same mode."""
    if path and path != ":memory:" and not path.startswith("file:"):
        with suppress(OSError):  # it is there, or SQLite says better what is wrong
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy begins, in `_begin`; not Python's driver
    connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows ASCII only
    cursor = connection.cursor()
    _make_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _make_wal(cursor: Any) -> None:
    """Switch the file to WAL. Several programs that do so at once get in each other's way, and SQLite does not wait."""
    for attempt in reversed(range(WAL_ATTEMPTS)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if not attempt:
                raise
            sleep(WAL_PAUSE)


def _lower(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _begin(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("writing", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
