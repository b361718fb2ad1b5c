"""Whether an SQLite file is still the one that was opened: deleted or replaced, it stays open all the same.

Whatever is written into it from then on nobody will ever find; and the WAL beside it is taken for that of the new file.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

FileId = tuple[int, int]
"""Device and inode; they may become another file's once nobody has this one open."""

BRIEFLY = "PRAGMA busy_timeout=100"
CRAWLED = "SELECT count(*) FROM source WHERE managed"


class WrongFile(sqlite3.OperationalError):
    """The path leads to another file than the one that was opened, or to none."""


def identity(path: str) -> tuple[FileId | None, FileId | None]:
    """Which file a path leads to, and which WAL, or `None`. Raises `WrongFile` where that cannot be seen."""
    return _id_of(path), _id_of(wal_of(path))


def wal_of(path: str) -> str:
    """Where the WAL is: SQLite follows links. It is there from the first read to the last close."""
    return f"{os.path.realpath(path)}-wal"


def _id_of(path: str) -> FileId | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - a text: this is asked for with each transaction
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise WrongFile(f"the file {path} cannot be looked at: {error.strerror}") from error
    return status.st_dev, status.st_ino


class OpenFile:
    """The file at a path that was opened, with its WAL."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._wal_path = wal_of(path)
        self._id, self._wal = identity(path)
        self._left = False
        self._old_wal: FileId | None = None

    def check(self) -> None:
        """Raises `WrongFile`."""
        found, wal = _id_of(self.path), _id_of(self._wal_path)
        if self._left or found != self._id or (wal != self._wal and self._wal is not None):
            what = "was deleted" if found is None else "was replaced by another one"
            if found == self._id and not self._left:
                what = "has lost its WAL, which was deleted or replaced"
            raise WrongFile(f"the file {self.path} {what} while it was open")

    def leave(self, connection: sqlite3.Connection) -> None:
        """Close a connection to it: what was committed is brought into it, and out of the WAL.

        Else whoever opens the new file would find the WAL of the old one beside it, and take it for the new one's.
        """
        self._left, self._old_wal = True, self._wal
        with closing(connection), suppress(sqlite3.Error):
            connection.execute(BRIEFLY)
            [(busy, _, _)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if not busy:
                self._old_wal = None

    def check_successor(self) -> None:
        """Whether what is there instead is a file to go on with: one that daemons have crawled, and whole.

        Raises `sqlite3.Error`, in particular `WrongFile`.
        """
        found, wal = identity(self.path)
        if found is None:
            self.check()
        if wal is not None and wal == self._old_wal:
            raise WrongFile(f"the file {self.path} was replaced, and what ends in -wal belongs to the one before")
        with closing(sqlite3.connect(f"{Path(self.path).absolute().as_uri()}?mode=rw", uri=True)) as looking:
            looking.execute(BRIEFLY)
            try:
                [[managed]] = looking.execute(CRAWLED).fetchall()
            except sqlite3.OperationalError as error:  # no such table
                raise WrongFile(f"the file {self.path} was replaced by one that is no crawler's: {error}") from error
        if not managed:
            raise WrongFile(f"the file {self.path} was replaced by one that no daemon has crawled")
