"""Showing others on the same machine that a process runs: by a lock that the kernel drops with it, whatever ends it."""

import os
import struct
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "linux":
    import fcntl

FLOCK = "hhqqi0q"
"""The C structure `flock`: type, whence, start, length, process."""


class Presence:
    """A file beside an SQLite file. Each holder of leases keeps a byte of it locked; nobody writes to it.

    It works across PID namespaces, where process ids say nothing. The locks are those of an open file: unlike a
    process's own (`fcntl.lockf`) they are seen by other stores of the same process as well, and end with this object.
    """

    def __init__(self, path: Path) -> None:
        """Raises `OSError`."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        status = os.fstat(self._file)
        self.name = f"{status.st_dev}:{status.st_ino}"
        """Which file it is, by whatever path this machine's processes know it."""
        self._own: set[int] = set()

    def show(self, place: int) -> bool:
        """Lock a byte for as long as this object is open; returns whether that could be done."""
        try:
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0))
        except OSError:
            return False
        self._own.add(place)
        return True

    def shows(self, place: int) -> bool | None:
        """Whether somebody keeps a byte locked; `None` where that cannot be told."""
        if place in self._own:  # against one's own locks nothing stands
            return True
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0)
        with suppress(OSError):
            found, *_ = struct.unpack(FLOCK, fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, asked))
            return bool(found != fcntl.F_UNLCK)
        return None

    def close(self) -> None:
        """Stop showing."""
        os.close(self._file)


def presence_beside(path: Path) -> Presence | None:
    """The presence of those who hold leases in an SQLite file; `None` where this system or directory allows none."""
    if sys.platform != "linux":
        return None
    with suppress(OSError):
        return Presence(Path(f"{path}.leases"))
    return None
