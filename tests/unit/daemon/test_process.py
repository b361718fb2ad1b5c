"""Signals are told to the event loop, and end the process where that does not (here it only says so)."""

import asyncio
import signal
import threading

import anyio
import pytest

from crawler.daemon import process
from crawler.daemon.process import Signals, Told


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
