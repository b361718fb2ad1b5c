"""One daemon to one SQLite file: two would only wait for each other."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crawler.errors import ConfigurationError
from crawler.protocol.envelope import printable
from crawler.store import this_process
from crawler.store.database import database_at
from crawler.store.sqlite import SQLite

if os.name == "posix":
    import fcntl


def lock_file(where: str) -> Path | None:
    """The file that a daemon holds locked beside the SQLite file at a URL or path; `None` for any other database."""
    database = database_at(where)
    if not isinstance(database, SQLite) or database.file is None or os.name != "posix":
        return None
    return Path(f"{database.file}.daemon")


@contextmanager
def only_daemon(where: str) -> Iterator[None]:
    """Be the only daemon of this machine on the SQLite file at a URL or path, while the body runs.

    Databases of a server are not locked: there, leases keep several daemons apart (CY2). The lock ends with the
    process, however that ends; the file stays.

    Raises `ConfigurationError`, which names the process that is there already.
    """
    path = lock_file(where)
    if path is None:
        yield
        return
    try:
        file = path.open("a+", encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="it shows that a daemon runs on the database beside it: check the directory's permissions",
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = printable(file.read(200), 100) or "another process"
            raise ConfigurationError(
                f"a daemon runs already on the database {path.with_suffix('')}: {holder}",
                hint="stop that one first, give this one a database of its own, or let both share one of PostgreSQL",
            ) from None
        file.truncate(0)
        file.write(this_process())
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
