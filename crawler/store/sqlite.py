"""SQLite: an embedded database, in a file or in memory.

A transaction that writes begins with ``BEGIN IMMEDIATE``, so that it waits for other writers at its start and cannot
fail half-way for one. ``synchronous=FULL``: what was committed survives a power cut (PU2).
"""

import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache, cached_property
from itertools import chain, islice
from pathlib import Path
from time import sleep
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from crawler.errors import ConfigurationError
from crawler.store.presence import Presence, presence_beside
from crawler.store.samefile import OpenFile, WrongFile
from crawler.store.sql import SQLITE, Statement

CACHE_KIB, WAL_PAGES = 8_000, 4_000
"""Memory for pages, and pages in the WAL before they are moved: a large import writes its indices' pages less often."""

SqliteValue = str | bytes | int | float | None

URL_HINT = "give a path, or a URL such as sqlite:///crawler.db or postgresql://user@host/name"

WAL_ATTEMPTS, WAL_PAUSE = 100, 0.02
"""How often a file is switched to WAL while other programs do the same, and the seconds between."""

HINTS = {
    "has lost its WAL": "leave alone what ends in -wal and -shm: a part of the database is in it",
    "was deleted": "put it back, or a backup of it: it is opened then; a program that is started anew begins a new one",
    "belongs to the one before": "stop all that has it open, remove what ends in -wal and -shm, and start again",
    "was replaced by one": "put back the right one, or a backup of it; to go on with this one, start the program again",
    "was replaced": "this goes on with the new one as soon as what runs has ended",
    "database is locked": "another program holds it locked: end that program, then run the command again",
    "readonly": "the file or its directory is read-only: change its permissions, or name another with --database",
    "unable to open": "check that the file's directory exists and may be written, or name another with --database",
    "disk is full": "free some space on the disk, then run the command again: what was committed is safe",
    "disk I/O error": "the disk is full, or fails: free some space, read the system's log; what was committed is safe",
    "not a database": "the file is not an SQLite database: name another with --database",
    "malformed": "the file is damaged: restore it from a backup, or name another with --database and import again",
}
"""By a part of what SQLite says; the first one that fits."""


ROWS = (1_000, 300, 100, 30, 10)
"""How many rows one statement inserts: as many as can be. SQLite allows 32,766 values in one."""

ONE_ROW = re.compile(r"(?<= VALUES )\(\?(?:, \?)*\)")


class _Cursor(sqlite3.Cursor):
    """A cursor that inserts many rows by few statements.

    While one of them runs, the interpreter is free for the other threads. `sqlite3` itself gives it away and asks for
    it back at each row: where another thread is busy, that takes longer than all else.
    """

    def executemany(self, text: str, rows: Iterable[Sequence[SqliteValue]]) -> Self:  # type: ignore[override]  # theirs also takes mappings
        """Run a statement once for each of `rows`."""
        rows = iter(rows)
        while chunk := list(islice(rows, ROWS[0])):
            begin = 0
            for size in ROWS:
                while len(chunk) - begin >= size and (insert := _insert_of(text, size)):
                    self.execute(insert, list(chain.from_iterable(chunk[begin : begin + size])))
                    begin += size
            super().executemany(text, chunk[begin:])
        return self


@cache
def _insert_of(text: str, size: int) -> str | None:
    """An INSERT of one row as one of `size` rows; `None` of any other statement."""
    insert, found = ONE_ROW.subn(lambda row: ", ".join([row[0]] * size), text, count=1)
    return insert if found else None


class SQLite:
    """An SQLite database. `arguments` are those of `sqlite3.connect`.

    Transactions run on one connection, which is kept; those that read beside those of cycles on one of their own, if
    there is a file.
    """

    dialect = "sqlite"
    spelling = SQLITE
    shared = False
    snapshot: tuple[Statement[None], ...] = ()
    """What a transaction is told that reads for long, and all of one moment: each does."""
    begin = "BEGIN IMMEDIATE"
    failures: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, where: str | Path, *, busy_seconds: float, **arguments: Any) -> None:
        self.where = str(where)
        self.in_memory = self.where in ("", ":memory:")
        own = {"isolation_level": None, "check_same_thread": False}  # we begin transactions, one thread at a time
        self._arguments: dict[str, Any] = {"timeout": busy_seconds, **arguments, **own}
        self._kept: sqlite3.Connection | None = None
        self._open: OpenFile | None = None
        self._lock = threading.RLock()
        self._grouped = False
        self._broken: BaseException | None = None
        if not self.in_memory and not self.where.startswith("file:"):
            self.where = os.path.abspath(self.where)  # noqa: PTH100 - a text: the working directory may change

    @property
    def path(self) -> str | None:
        """Where its file is; `None` of a database in memory."""
        if not self.where.startswith("file:"):
            return None if self.in_memory else self.where
        path = unquote(urlsplit(self.where).path)
        return None if path == ":memory:" or "mode=memory" in self.where else path

    @property
    def file(self) -> Path | None:
        """The file that it is, links followed; `None` of one in memory."""
        return Path(self.path).resolve() if self.path is not None else None

    @cached_property
    def presence(self) -> Presence | None:
        """Where those show that hold leases in this file."""
        return presence_beside(self.file) if self.file is not None else None

    @property
    def can_group(self) -> bool:
        """Whether transactions may be committed together; in memory there is nothing to win."""
        return not self.in_memory

    @property
    def shown(self) -> str:
        """The database as messages show it."""
        return f"sqlite:///{'' if self.in_memory else self.where}"

    def connect(self) -> sqlite3.Connection:
        """A connection, configured. Raises `sqlite3.Error`, and `ConfigurationError` for absurd arguments."""
        try:
            if not self.in_memory and not self.where.startswith("file:"):
                _create_private(self.where)
            connection: sqlite3.Connection = sqlite3.connect(self.where or ":memory:", **self._arguments)
        except (OverflowError, TypeError, ValueError) as error:
            hint = "give a path, or a URL such as sqlite:///crawler.db"
            raise ConfigurationError(f"the database cannot be opened: {error}", hint=hint) from error
        try:
            connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows ASCII only
            _make_wal(connection)
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")  # the WAL is there from now on: see `OpenFile`
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection that is kept."""
        kept = self._kept
        if kept is None:
            kept = self._kept = self.connect()
            if self._open is None and (path := self.path) is not None:
                self._open = OpenFile(path)
        return kept

    def check(self, *, briefly: bool = False) -> None:
        """Whether the file is still the one that was opened. Raises `WrongFile`."""
        if self._open is not None:
            self._open.check(briefly=briefly)

    def reopen(self) -> bool:
        """Go on with the file that is there now, if it is another one than before; returns whether it is.

        Raises `sqlite3.Error`, in particular `WrongFile`.
        """
        with self._lock:
            if self._open is None:
                return False
            try:
                self._check_first()
            except WrongFile:
                self._open.check_successor()
                self._kept, self._open = self.connect(), OpenFile(self._open.path)
                return True
            return False

    def _check_first(self, *, briefly: bool = False) -> None:
        """As `check`, before a transaction begins: what is not the right one is left at once."""
        try:
            self.check(briefly=briefly)
        except WrongFile:
            if self._kept is not None and self._open is not None:
                kept, self._kept = self._kept, None
                self._open.leave(kept)
            raise

    @contextmanager
    def transaction(self, *, writing: bool, limited: bool = True, beside: bool = False) -> Iterator[Any]:  # noqa: ARG002 - nothing ends what waits for a file
        """A cursor of a transaction: committed at the end, rolled back by an exception.

        One at a time, but for those that read `beside` them.
        """
        if beside and not writing and not self.in_memory:
            self.check()
            with closing(self.connect()) as connection:
                connection.execute("BEGIN")
                yield connection.cursor()
            return
        with self._lock:
            if self._broken is not None:
                raise self._broken
            begin, commit, roll_back = ("BEGIN IMMEDIATE" if writing else "BEGIN"), "COMMIT", "ROLLBACK"
            if self._grouped:
                begin, commit, roll_back = "SAVEPOINT one", "RELEASE one", "ROLLBACK TO one"
            else:
                self._check_first(briefly=not writing)
            cursor = self.connection.cursor(_Cursor)
            try:
                cursor.execute(begin)
                yield cursor
                if writing and not self._grouped:
                    self.check(briefly=True)
                cursor.execute(commit)
            except BaseException as error:
                if self.connection.in_transaction:
                    cursor.execute(roll_back)
                    if self._grouped:
                        cursor.execute(commit)  # a savepoint outlives its being rolled back to
                elif self._grouped:
                    self._broken = error
                raise
            finally:
                cursor.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Commit all transactions of the body at its end, by one commit; each can still fail alone.

        Where one fails so that SQLite gives up the whole, as on a full disk, that failure is raised: none is stored.
        """
        with self._lock:
            if self._grouped:  # a part of what is committed: whole, or not there
                with self.transaction(writing=True):
                    yield
                return
            self._check_first()
            self.connection.execute("BEGIN IMMEDIATE")
            self._grouped = True
            try:
                yield
                if self._broken is not None:
                    raise self._broken
                self.check(briefly=True)
                self.connection.execute("COMMIT")
            finally:
                self._grouped, self._broken = False, None
                if self.connection.in_transaction:
                    self.connection.rollback()

    def version(self) -> str | None:
        """The schema's version, `None` of an empty database."""
        with self._lock:
            has_one = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
            if not self.connection.execute(has_one).fetchall():
                return None
            rows = self.connection.execute("SELECT version_num FROM alembic_version").fetchall()
            return str(rows[0][0]) if rows else None

    def advice(self, reason: str) -> str | None:
        """What to do about a failure."""
        if "unable to open" in reason and not self.in_memory and not Path(self.where).parent.is_dir():
            directory = Path(self.where).parent
            return f"the directory {directory} does not exist: create it, or name another file with --database"
        return advice_among(HINTS, reason)

    def close(self) -> None:
        """Close the connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        if (presence := self.__dict__.pop("presence", None)) is not None:
            presence.close()


def _truth(text: str) -> bool:
    if text.lower() in ("true", "yes", "on", "y", "t", "1"):
        return True
    if text.lower() in ("false", "no", "off", "n", "f", "0"):
        return False
    raise ValueError(f"{text!r} is neither true nor false")


ARGUMENTS: Mapping[str, Callable[[str], Any]] = {
    "timeout": float,
    "detect_types": int,
    "isolation_level": str,
    "check_same_thread": _truth,
    "cached_statements": int,
    "uri": _truth,
}
"""Those of `sqlite3.connect` that a URL may give, and what they are."""


def sqlite_at(where: str, busy_seconds: float) -> SQLite | None:
    """The database at a path, or at a URL of SQLite; `None` of another URL. Raises `ConfigurationError`.

    With ``uri=true`` the path is SQLite's own kind of URI, and takes what arguments remain.
    """
    path = where.removeprefix("sqlite:///")
    if "://" not in path and not (path != where and ("?" in path or path.startswith("file:"))):
        return SQLite(path, busy_seconds=busy_seconds)
    kind, _, path = where.partition(":///")
    if kind.partition("+")[::2] not in (("sqlite", ""), ("sqlite", "pysqlite")):
        return SQLite("", busy_seconds=busy_seconds) if where == "sqlite://" else None
    path, _, query = path.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    try:
        arguments = {name: ARGUMENTS[name](given.pop(name)) for name in ARGUMENTS if name in given}
        if arguments.get("uri") or path.startswith("file:"):
            arguments["uri"] = True
            path = f"{path}?{urlencode(given)}" if given else path
        elif given:
            raise ValueError(f"{next(iter(given))!r} is not known")
    except ValueError as error:
        hint = "give a path, or a URL such as sqlite:///crawler.db"
        raise ConfigurationError(f"the arguments in the database's URL cannot be used: {error}", hint=hint) from error
    return SQLite(path, busy_seconds=busy_seconds, **arguments)


def advice_among(hints: Mapping[str, str], reason: str) -> str | None:
    """The first of the hints of which the sign is part of a reason."""
    return next((advice for sign, advice in hints.items() if sign in reason), None)


def _create_private(path: str) -> None:
    """Make the file, if it is not there, so that nobody else may read it; SQLite gives its companions the same mode."""
    with suppress(OSError):  # it is there, or SQLite says better what is wrong
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _make_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL. Several programs that do so at once get in each other's way, and SQLite does not wait."""
    for attempt in reversed(range(WAL_ATTEMPTS)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if not attempt:
                raise
            sleep(WAL_PAUSE)


def _lower(value: SqliteValue) -> SqliteValue:
    return value.casefold() if isinstance(value, str) else value
