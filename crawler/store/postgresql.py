"""PostgreSQL: a database that several daemons share.

Transactions are ``READ COMMITTED``: each begins with the row of its source, which it locks. A process that is stopped
in the middle of one would hold it for good; so the server ends such a transaction.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, unquote

import psycopg

from crawler.errors import ConfigurationError, DatabaseUnavailable
from crawler.network import is_readable
from crawler.store.overdue import Limited, NoAnswer, Overdue
from crawler.store.sql import POSTGRESQL, Statement
from crawler.store.sqlite import URL_HINT, advice_among

CONNECT_SECONDS = 10
"""How long a connection to a database server may take."""

IDLE_SECONDS = 30
"""How long a transaction may rest before the database server ends it: nothing is awaited within one."""

ANSWER_SECONDS = 15
"""How long a statement may take beyond waiting for a lock, which the server limits: then it is given up."""

AT_ONCE = 1_000
"""So many rows a statement is run for before the time that it may take begins again."""

GONE_SECONDS = 30
"""After how long without a sign of life from the database server a connection to it is given up."""

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


URL = re.compile(
    r"(?P<kind>\w+)(?:\+\w+)?://(?:(?P<user>[^:/@]*)(?::(?P<password>[^@]*))?@)?"
    r"(?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?(?::(?P<port>[^/?]*))?(?:/(?P<dbname>[^?]*))?(?:\?(?P<query>.*))?",
    re.DOTALL,
)


def database_at(url: str, busy_seconds: float) -> "PostgreSQL":
    """The database at a URL. Raises `ConfigurationError`."""
    found = URL.fullmatch(url)
    if found is None or not url.isprintable():
        raise ConfigurationError("the database is no URL that can be read", hint=URL_HINT)
    if found["kind"] != "postgresql":
        raise ConfigurationError(f"a database of {found['kind']} cannot be used", hint=URL_HINT)
    named = {name: unquote(found[name]) for name in ("user", "password") if found[name]}
    named |= {name: found[name] for name in ("host", "port", "dbname") if found[name]}
    if found["ipv6"]:
        named["host"] = found["ipv6"]
    given = {name: ",".join(values) for name, values in parse_qs(found["query"] or "", keep_blank_values=True).items()}
    try:
        return PostgreSQL({**named, **given}, busy_seconds)
    except ValueError as error:
        raise ConfigurationError(
            f"the arguments in the database's URL cannot be used: {error}", hint=URL_HINT
        ) from error


class Cursor:
    """A driver's cursor whose statements are limited one by one: a large page takes its time on a busy server."""

    __slots__ = ("_cursor", "_limited")

    def __init__(self, cursor: "psycopg.Cursor[Any]", limited: Limited) -> None:
        self._cursor = cursor
        self._limited = limited

    def execute(self, text: str, values: Sequence[object] | None = None) -> "psycopg.Cursor[Any]":
        """Run a statement."""
        self._limited.renew()
        return self._cursor.execute(text, values)

    def executemany(self, text: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement for each of many rows."""
        left = iter(rows)
        while portion := list(islice(left, AT_ONCE)):
            self._limited.renew()
            self._cursor.executemany(text, portion)

    def fetchall(self) -> list[Any]:
        """The rows of the last one."""
        return self._cursor.fetchall()

    @property
    def rowcount(self) -> int:
        """How many rows it touched."""
        return self._cursor.rowcount


class PostgreSQL:
    """A PostgreSQL database."""

    dialect = "postgresql+psycopg"
    spelling = POSTGRESQL
    shared = True
    snapshot = (
        Statement("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
        Statement("SET LOCAL idle_in_transaction_session_timeout = 0"),
    )
    """What a transaction is told that reads for long, and all of one moment."""
    in_memory = False
    presence = None  # its holders may be on other machines; and poolers share connections, which a lock would be of
    can_group = False  # rows that several transactions lock may lock out those of another daemon

    def __init__(self, arguments: dict[str, str], busy_seconds: float) -> None:
        """`arguments` are those of libpq, and `prepare_threshold`."""
        # A statement that was prepared on one of a pooler's connections is unknown on the next (PgBouncer).
        prepared = arguments.pop("prepare_threshold", None)
        self._given = arguments
        self._arguments: dict[str, Any] = {
            **PATIENCE,
            **arguments,
            "prepare_threshold": int(prepared) if prepared is not None else None,
        }
        self._connect = psycopg.connect
        self.begin = f"BEGIN ISOLATION LEVEL READ COMMITTED; {_limits(busy_seconds)}"
        self.failures: tuple[type[Exception], ...] = (psycopg.Error, NoAnswer)
        self._overdue = Overdue(busy_seconds + ANSWER_SECONDS)
        self._resting: list[psycopg.Connection[Any]] = []
        self._shared = threading.local()

    @property
    def shown(self) -> str:
        """The database as messages show it, without a password."""
        given = {name: "***" if "password" in name else it for name, it in self._given.items()}
        user, host, port, dbname = (given.pop(name, "") for name in ("user", "host", "port", "dbname"))
        password = f":{given.pop('password')}" if "password" in given else ""
        place = f"{user}{password}@" if user or password else ""
        place += f"[{host}]" if ":" in host else host
        place += f":{port}" if port else ""
        query = "&".join(f"{name}={it}" for name, it in given.items())
        return f"postgresql://{place}/{dbname}{f'?{query}' if query else ''}"

    def connect(self) -> "psycopg.Connection[Any]":
        """A connection. Raises `psycopg.Error`."""
        return self._connect(**self._arguments, autocommit=True)

    @contextmanager
    def transaction(self, *, writing: bool, limited: bool = True, beside: bool = False) -> Iterator[Any]:  # noqa: ARG002 - as of `SQLite`
        """A cursor of a transaction, or of that of `together`: committed at the end, rolled back by an exception."""
        if (outer := getattr(self._shared, "cursor", None)) is not None:
            yield outer
            return
        connection = self._connection()
        try:
            with self._overdue.limit(connection.fileno()) if limited else nullcontext() as limit:
                connection.execute(self.begin)
                yield Cursor(connection.cursor(), limit) if limit is not None else connection.cursor()
                if limit is not None:
                    limit.renew()
                connection.commit()
        except BaseException:
            connection.close()  # which rolls back; and the server may have gone
            raise
        self._resting.append(connection)

    def _connection(self) -> "psycopg.Connection[Any]":
        """A connection that nobody uses.

        To ask each time whether the server is still there costs half as much as all statements of an idle cycle. A
        server that goes says so: then there is something to read.
        """
        with suppress(IndexError):
            while is_readable((connection := self._resting.pop()).fileno()):
                connection.close()
            return connection
        return self.connect()

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction around those that this thread runs meanwhile: all of them, or none."""
        with self.transaction(writing=True) as cursor:
            self._shared.cursor = cursor
            try:
                yield
            finally:
                del self._shared.cursor

    def reopen(self) -> bool:
        """A server's database is found by its name, whatever became of it."""
        return False

    def version(self) -> str | None:
        """The schema's version, `None` of an empty database. Raises `DatabaseUnavailable` for a wrong encoding."""
        with self.transaction(writing=False) as cursor:
            [[found]] = cursor.execute("SELECT to_regclass('alembic_version')").fetchall()
            if found is None:
                [[encoding]] = cursor.execute("SHOW server_encoding").fetchall()
                _check_encoding(encoding)
                return None
            rows = cursor.execute("SELECT version_num FROM alembic_version").fetchall()
            return str(rows[0][0]) if rows else None

    def advice(self, reason: str) -> str | None:
        """What to do about a failure."""
        return advice_among(HINTS_OF_SERVERS, reason)

    def close(self) -> None:
        """Close all connections."""
        self._overdue.close()
        while self._resting:
            self._resting.pop().close()


def _limits(busy_seconds: float) -> str:
    """What a transaction is told, and nobody's next one: a connection may be a pooler's, which others use as well."""
    lock = f"SET LOCAL lock_timeout = '{busy_seconds * 1000:.0f}ms'"
    return f"{lock}; SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'"


def _check_encoding(encoding: str) -> None:
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            f"the database's encoding is {encoding}: it cannot hold what people write",
            hint="create one with: createdb --encoding=UTF8 --template=template0 NAME",
        )
