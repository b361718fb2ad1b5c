"""A server that does not answer: the connection is cut on this side, and no other one."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.store.overdue import NoAnswer, Overdue


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        yield ours, theirs


@pytest.fixture
def overdue() -> Iterator[Overdue]:
    overdue = Overdue(0.1, every=0.01)
    yield overdue
    overdue.close()


def test_what_waits_for_a_silent_server_is_ended(overdue: Overdue, pair: tuple[socket.socket, socket.socket]) -> None:
    def wait() -> None:
        with overdue.limit(pair[0].fileno()):
            assert pair[0].recv(1) == b""
            raise ConnectionError("closed")

    with pytest.raises(NoAnswer, match=r"it has not answered for 0\.1 s"):
        wait()


def test_what_is_answered_in_time_is_not_touched(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    overdue = Overdue(60, every=0.001)
    for number in range(50):
        with overdue.limit(ours.fileno()):
            theirs.sendall(b"x")
            assert ours.recv(1) == b"x", number
    with pytest.raises(ZeroDivisionError), overdue.limit(ours.fileno()):
        raise ZeroDivisionError
    overdue.close()


def test_what_is_answered_over_and_over_may_take_longer_in_all(pair: tuple[socket.socket, socket.socket]) -> None:
    """A page of many rows, on a server that has other things to do."""
    ours, theirs = pair
    overdue = Overdue(0.5, every=0.01)
    with overdue.limit(ours.fileno()) as limited:
        for _ in range(10):
            threading.Event().wait(0.1)
            theirs.sendall(b"x")
            assert ours.recv(1) == b"x"
            limited.renew()
    overdue.close()


def test_a_time_that_is_over_cuts_nothing_more(overdue: Overdue, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with overdue.limit(ours.fileno()):
        pass
    threading.Event().wait(0.3)
    theirs.sendall(b"x")
    assert ours.recv(1) == b"x"


def test_a_connection_that_gets_the_number_of_one_that_was_closed_is_left_alone(overdue: Overdue) -> None:
    """The driver closes a connection by itself where it breaks; the next one to be opened has its number."""
    ours, theirs = socket.socketpair()
    other, others = socket.socketpair()
    with other, others, theirs, overdue.limit(ours.fileno()):
        number = ours.detach()
        os.dup2(other.fileno(), number)
        assert theirs.recv(1) == b""  # it is cut
        others.sendall(b"x")
        with socket.socket(fileno=number) as again:
            assert again.recv(1) == b"x"


def test_no_descriptor_is_left(overdue: Overdue, pair: tuple[socket.socket, socket.socket]) -> None:
    with overdue.limit(pair[0].fileno()):
        pass
    before = len([*Path("/proc/self/fd").iterdir()])
    for _ in range(20):
        with overdue.limit(pair[0].fileno()):
            pass
    assert len([*Path("/proc/self/fd").iterdir()]) == before
