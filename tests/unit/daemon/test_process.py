"""Signals are told to the event loop, and end the process where that does not (here it only says so)."""

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from crawler.daemon import process
from crawler.daemon.process import Notify, Signals, Told


class Left:
    """How the process was left."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self._left = threading.Event()

    def __call__(self, code: int) -> None:
        self.codes.append(code)
        self._left.set()

    async def wait(self) -> int:
        assert await anyio.to_thread.run_sync(self._left.wait, 10)
        return self.codes[-1]


@pytest.fixture
def left() -> Left:
    return Left()


async def hear(heard: "asyncio.Queue[Told]", number: signal.Signals) -> Told:
    """Send a signal to the thread that listens: other threads of a test run may take those of the process."""
    [listening] = [thread for thread in threading.enumerate() if thread.name == "signals"]
    signal.pthread_kill(listening.ident or 0, number)
    with anyio.fail_after(10):
        return await heard.get()


async def test_the_event_loop_is_told_of_each_and_how_many_have_come_to_end_it(left: Left) -> None:
    heard: asyncio.Queue[Told] = asyncio.Queue()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    ending = Signals(60, leave=left)
    ending.done = True
    with ending.told_to(asyncio.get_running_loop(), heard.put_nowait):
        assert await hear(heard, signal.SIGHUP) == (signal.SIGHUP, 0)
        assert await hear(heard, signal.SIGTERM) == (signal.SIGTERM, 1)
        assert await hear(heard, signal.SIGHUP) == (signal.SIGHUP, 1)
        assert left.codes == []
        assert await hear(heard, signal.SIGINT) == (signal.SIGINT, 2)
        assert await hear(heard, signal.SIGTERM) == (signal.SIGTERM, 3)
        assert left.codes == [128 + signal.SIGTERM]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    assert not [thread for thread in threading.enumerate() if thread.name == "signals"]


@pytest.mark.parametrize(("done", "code"), [(False, 1), (True, 0)])
async def test_what_takes_too_long_is_left(
    left: Left, done: bool, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    heard: asyncio.Queue[Told] = asyncio.Queue()
    ending = Signals(0.05 - process.IN_ORDER, leave=left)
    ending.done = done
    with ending.told_to(asyncio.get_running_loop(), heard.put_nowait):
        await hear(heard, signal.SIGTERM)
        assert await left.wait() == code
    assert ("ended before all was done" in capfd.readouterr().err) is not done


async def test_the_time_to_end_runs_on_when_nobody_listens_any_more(left: Left) -> None:
    """Threads that nothing can interrupt may be waited for by then."""
    heard: asyncio.Queue[Told] = asyncio.Queue()
    with Signals(0.3 - process.IN_ORDER, leave=left).told_to(asyncio.get_running_loop(), heard.put_nowait):
        await hear(heard, signal.SIGTERM)
    assert left.codes == []
    assert await left.wait() == 1


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A service manager's socket, and its name as the environment gives it."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name.replace("@", "\0", 1))
        listener.setblocking(False)
        yield listener, name


def test_each_state_is_one_datagram(manager: tuple[socket.socket, str]) -> None:
    listener, name = manager
    notify = Notify({"NOTIFY_SOCKET": name})
    notify.ready("sources: 2")
    notify.alive()
    notify.reloading()
    notify.stopping()
    assert [listener.recv(999), listener.recv(999)] == [b"READY=1\nSTATUS=sources: 2", b"WATCHDOG=1"]
    assert listener.recv(999).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    assert listener.recv(999) == b"STOPPING=1"


def test_without_a_manager_nothing_happens(tmp_path: Path) -> None:
    Notify({}).stopping()
    Notify({"NOTIFY_SOCKET": str(tmp_path / "gone")}).stopping()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "120000000"}, 120.0),
        ({"NOTIFY_SOCKET": "/x"}, None),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "0"}, None),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "120000000"}, None),
    ],
)
def test_the_watchdog_is_fed_where_systemd_wants_it(environ: dict[str, str], seconds: float | None) -> None:
    assert Notify(environ).watchdog == seconds
