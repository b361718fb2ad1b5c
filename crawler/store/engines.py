"""SQLAlchemy's engines, and PostgreSQL, which is reached through one: a database that several daemons share.

On PostgreSQL transactions are ``READ COMMITTED``: each begins with the row of its source, which it thereby holds. A
process that is stopped in the middle of one would hold it for good; so the server ends such a transaction.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from crawler.errors import ConfigurationError, DatabaseUnavailable
from crawler.network import is_readable
from crawler.store.driver import Statement, Text
from crawler.store.overdue import NoAnswer, Overdue
from crawler.store.samefile import identity
from crawler.store.sqlite import SQLite, advice_among

CONNECT_SECONDS = 10
"""How long a connection to a database server may take."""

IDLE_SECONDS = 30
"""How long a transaction may rest before the database server ends it: nothing is awaited within one."""

ANSWER_SECONDS = 15
"""How long a transaction may take beyond waiting for a lock, which the server limits: then it is given up."""

GONE_SECONDS = 30
"""After how long without a sign of life from the database server a connection to it is given up."""

URL_HINT = "give a path, or a URL such as sqlite:///crawler.db or postgresql://user@host/name"

PATIENCE = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": GONE_SECONDS // 3,
    "keepalives_interval": GONE_SECONDS // 6,
    "keepalives_count": 3,
    "tcp_user_timeout": GONE_SECONDS * 1000,
    "application_name": "ringcx-crawler",
}
"""What libpq is told unless the URL says otherwise: a server whose machine is gone says nothing at all."""

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
    "has not answered": "the database server is stopped, or something between here and there: look for its processes",
    "terminating connection": "the database server was stopped: start it again; what was committed is safe",
    "server closed the connection": "the database server went away: start it again; what was committed is safe",
    'database "': "create it (createdb NAME), or name another one in the database's URL",
    'role "': "create that user (createuser NAME), or name another one in the database's URL",
}
"""By a part of what PostgreSQL or its client says; the first one that fits. A server that speaks another language than
English says the same less well: then the reason alone has to do."""


def database_at(url: str, busy_seconds: float) -> "SQLite | PostgreSQL":
    """The database at a URL. Raises `ConfigurationError`."""
    try:
        url.encode()
        read = sa.make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError("the database is no URL that can be read", hint=URL_HINT) from error
    kind = read.get_backend_name()
    try:
        if kind == "postgresql":
            return PostgreSQL(read.set(drivername="postgresql+psycopg"), busy_seconds)
        if kind == "sqlite":
            with warnings.catch_warnings(action="error"):  # of arguments that are not known
                [where], arguments = read.get_dialect()().create_connect_args(read)
            return SQLite(where, busy_seconds=busy_seconds, **arguments)
    except (ValueError, sa.exc.SAWarning) as error:
        reason = str(error).partition(" (Background")[0]
        raise ConfigurationError(
            f"the arguments in the database's URL cannot be used: {reason}", hint=URL_HINT
        ) from error
    except (NoSuchModuleError, ImportError) as error:
        hint = URL_HINT if kind == "sqlite" else "install the driver: pip install 'ringcx-crawler[postgresql]'"
        raise ConfigurationError(f"a database of {kind} cannot be used", hint=hint) from error
    raise ConfigurationError(f"a database of {kind} cannot be used", hint=URL_HINT)


def engine_of(database: "SQLite | PostgreSQL") -> sa.Engine:
    """An engine whose connections are the database's own."""
    if isinstance(database, PostgreSQL):
        return database.engine
    options: dict[str, Any] = {"poolclass": StaticPool} if database.in_memory else {}
    creator = (lambda: database.connection) if database.in_memory else database.connect
    engine = sa.create_engine("sqlite://", creator=creator, **options)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "commit", lambda _connection: database.check())
    if (path := database.path) is not None:
        _follow(engine, path)
    return engine


def _follow(engine: sa.Engine, path: str) -> None:
    """Use no connection to a file that was replaced since."""

    def note(_connection: object, record: Any) -> None:
        record.info["file"] = identity(path)

    def look(_connection: object, record: Any, _proxy: object) -> None:
        if record.info["file"] != identity(path):
            raise DisconnectionError

    event.listen(engine, "connect", note)
    event.listen(engine, "checkout", look)


class PostgreSQL:
    """A PostgreSQL database."""

    name = "postgresql"
    shared = True
    in_memory = False
    presence = None  # its holders may be on other machines; and poolers share connections, which a lock would be of
    can_group = False  # rows that several transactions lock may lock out those of another daemon

    def __init__(self, url: sa.URL, busy_seconds: float) -> None:
        given: dict[str, object] = {name: value for name, value in PATIENCE.items() if name not in url.query}
        # A statement that was prepared on one of a pooler's connections is unknown on the next (PgBouncer).
        prepared = url.query.get("prepare_threshold")
        given["prepare_threshold"] = int(prepared) if isinstance(prepared, str) else None
        url = url.difference_update_query(["prepare_threshold"])
        self.engine = sa.create_engine(url, connect_args=given, isolation_level="AUTOCOMMIT")
        self._begin = f"BEGIN ISOLATION LEVEL READ COMMITTED; {_limits(busy_seconds)}"
        event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql(self._begin))
        event.listen(self.engine, "checkout", _look_at)
        self.failures: tuple[type[Exception], ...] = (
            SQLAlchemyError,
            self.engine.dialect.loaded_dbapi.Error,
            NoAnswer,
        )
        self._overdue = Overdue(busy_seconds + ANSWER_SECONDS)
        self._resting: list[Any] = []
        self._shared = threading.local()

    @property
    def shown(self) -> str:
        """The database as messages show it, without a password."""
        url = self.engine.url
        hidden = {name: "***" for name in url.query if "password" in name}
        return url.update_query_dict(hidden).render_as_string(hide_password=True)

    @contextmanager
    def transaction(self, *, writing: bool) -> Iterator[Any]:  # noqa: ARG002 - as of `SQLite`
        """A cursor of a transaction, or of that of `together`: committed at the end, rolled back by an exception."""
        if (outer := getattr(self._shared, "connection", None)) is not None:
            yield outer.cursor()
            return
        connection = self._connection()
        try:
            with self._overdue.limit(connection.fileno()):
                connection.execute(self._begin)
                yield connection.cursor()
                connection.commit()
        except BaseException:
            connection.close()  # which rolls back; and the server may have gone
            raise
        self._resting.append(connection)

    def _connection(self) -> Any:
        """A connection that nobody uses.

        To ask each time whether the server is still there, as SQLAlchemy's pool can, costs half as much as all
        statements of an idle cycle. A server that goes says so: then there is something to read.
        """
        with suppress(IndexError):
            while is_readable((connection := self._resting.pop()).fileno()):
                connection.close()
            return connection
        made = self.engine.raw_connection()
        connection = made.driver_connection
        made.detach()  # from the pool, which would roll back once more
        return connection

    def limit(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """Limit what the body does with a connection: see `Overdue`."""
        driven: Any = connection.connection.driver_connection
        return self._overdue.limit(driven.fileno())

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction around those that this thread runs meanwhile: all of them, or none."""
        with self.transaction(writing=True) as cursor:
            self._shared.connection = cursor.connection
            try:
                yield
            finally:
                del self._shared.connection

    def reopen(self) -> bool:
        """A server's database is found by its name, whatever became of it."""
        return False

    def alone(self, *, writing: bool) -> AbstractContextManager[object]:  # noqa: ARG002 - as of `SQLite`
        """Nobody is kept from anything: the server sees to that."""
        return nullcontext()

    def text(self, statement: Statement) -> Text:
        """How this database spells a statement."""
        return statement.postgresql, statement.values

    def version(self) -> str | None:
        """The schema's version, `None` of an empty database. Raises `DatabaseUnavailable` for a wrong encoding."""
        with self.engine.connect() as connection, self.limit(connection):
            if not sa.inspect(connection).has_table("alembic_version"):
                _check_encoding(connection)
                return None
            version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return version

    def advice(self, reason: str) -> str | None:
        """What to do about a failure."""
        return advice_among(HINTS_OF_SERVERS, reason)

    def close(self) -> None:
        """Close all connections."""
        self._overdue.close()
        while self._resting:
            self._resting.pop().close()
        self.engine.dispose()


def _limits(busy_seconds: float) -> str:
    """What a transaction is told, and nobody's next one: a connection may be a pooler's, which others use as well."""
    lock = f"SET LOCAL lock_timeout = '{busy_seconds * 1000:.0f}ms'"
    return f"{lock}; SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'"


def _look_at(connection: Any, _record: object, _proxy: object) -> None:
    if is_readable(connection.fileno()):  # the server has gone
        raise DisconnectionError


def _check_encoding(connection: sa.Connection) -> None:
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            f"the database's encoding is {encoding}: it cannot hold what people write",
            hint="create one with: createdb --encoding=UTF8 --template=template0 NAME",
        )


def _begin(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("writing", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
