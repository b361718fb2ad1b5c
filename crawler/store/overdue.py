"""Ending transactions with a database server that does not answer.

A server that is stopped, or a pooler in front of one, still acknowledges what it is sent, so that neither a time-out of
the server's nor one of the network ends the wait for its answer. Only this side can.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from time import monotonic


class NoAnswer(Exception):
    """A statement took too long: its connection was cut."""


class Limited:
    """A transaction under way. `fileno` is a number of its own for the connection's socket, which no other one gets."""

    __slots__ = ("_seconds", "deadline", "fileno", "is_cut")

    def __init__(self, fileno: int, seconds: float) -> None:
        self.fileno = os.dup(fileno)
        self.is_cut = False
        self._seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Begin to count again: what was sent was answered, and more is about to be."""
        self.deadline = monotonic() + self._seconds

    def cut(self) -> None:
        """Break the connection, so that whoever waits for it waits no more."""
        self.is_cut = True
        connection = socket.socket(fileno=self.fileno)
        with suppress(OSError):  # it has ended by itself
            connection.shutdown(socket.SHUT_RDWR)
        connection.detach()


class Overdue:
    """Cuts the connections of transactions that are not answered for `seconds`; it looks `every` so many."""

    def __init__(self, seconds: float, *, every: float = 1.0) -> None:
        self._seconds = seconds
        self._every = every
        self._under_way: set[Limited] = set()
        self._lock = Lock()
        self._closed = Event()
        self._thread: Thread | None = None

    @contextmanager
    def limit(self, fileno: int) -> Iterator[Limited]:
        """Limit what the body does with the connection at a socket, from one `renew` to the next, and to its end.

        Raises `NoAnswer` where that took too long.
        """
        transaction = Limited(fileno, self._seconds)
        with self._lock:
            self._under_way.add(transaction)
            if self._thread is None:
                self._thread = Thread(target=self._watch, name="ringcx-crawler database", daemon=True)
                self._thread.start()
        try:
            yield transaction
        except Exception as error:
            if transaction.is_cut:
                raise NoAnswer(f"it has not answered for {self._seconds:g} s") from error
            raise
        finally:
            with self._lock:
                self._under_way.remove(transaction)
                os.close(transaction.fileno)

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(self._every):
            with self._lock:
                for transaction in self._under_way:
                    if monotonic() >= transaction.deadline and not transaction.is_cut:
                        transaction.cut()
