"""What the system tells the daemon's process, and what that tells systemd.

Signals end it, or have it read its configuration again, and are obeyed whatever hangs. A thread that does nothing else
waits for them: one that hangs, as in a file system, would never come to see them. It tells the event loop, which obeys
in good order, and ends the process where that takes too long.
"""

import json
import os
import select
import signal
import socket
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic_ns

from crawler.clock import utc_now

Told = tuple[signal.Signals, int]
"""A signal, and how many of those that end the process have come so far."""

ENDING = (signal.SIGTERM, signal.SIGINT)
EVERY_SIGNAL = (*ENDING, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))

IN_ORDER = 4.0
"""Seconds that the process has to end after the first of these, beyond the time for cycles in flight."""

AT_ONCE = 0.8
"""Seconds that it has after the second one."""

DIGITS = 13
"""Of a number of microseconds that means anything: 115 days have so many."""


class Signals:
    """Sees to it that the process ends when it is told to; `grace` is the time for cycles in flight.

    `leave` ends it on the spot, with an exit code: 1, or 0 once `done` is set, when all that is left is waiting.
    """

    def __init__(self, grace: float, *, leave: Callable[[int], object] = os._exit) -> None:
        self.done = False
        self._grace = grace
        self._leave = leave
        self._asked = 0

    @contextmanager
    def told_to(self, loop: AbstractEventLoop, obey: Callable[[Told], None]) -> Iterator[None]:
        """Let the event loop run `obey` at each signal during the body. The time to end runs on after it.

        To be called in the main thread before it starts others, which get no signals then, either.
        """
        ended = threading.Event()

        def listen() -> None:
            while True:
                number = signal.Signals(signal.sigwait(EVERY_SIGNAL))
                if ended.is_set():
                    return
                told = self._hear(number)
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(obey, told)

        before = signal.pthread_sigmask(signal.SIG_BLOCK, EVERY_SIGNAL)
        listening = threading.Thread(target=listen, name="signals", daemon=True)
        listening.start()
        try:
            yield
        finally:
            ended.set()
            signal.pthread_kill(listening.ident or 0, EVERY_SIGNAL[-1])
            listening.join()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _hear(self, number: signal.Signals) -> Told:
        if number in ENDING:
            self._asked += 1
            if self._asked > 2:
                self._leave(128 + number)
            seconds = self._grace + IN_ORDER if self._asked == 1 else AT_ONCE
            threading.Thread(target=self._end_after, args=(seconds,), name="end", daemon=True).start()
        return number, self._asked

    def _end_after(self, seconds: float) -> None:
        threading.Event().wait(seconds)
        if not self.done:
            _say("ended before all was done", "what was stored stays; its leases run out, or are seen to be free")
        self._leave(0 if self.done else 1)


def _say(event: str, advice: str) -> None:
    """Write a line of the log, unless that would wait for whoever reads it."""
    moment = utc_now().isoformat().replace("+00:00", "Z")
    line = json.dumps({"event": event, "advice": advice, "level": "error", "timestamp": moment})
    with suppress(OSError, ValueError):
        if select.select([], [2], [], 0)[1]:
            os.write(2, line.encode() + b"\n")


class Notify:
    """What systemd is told (``Type=notify``): a datagram to the socket that ``NOTIFY_SOCKET`` names, if it is set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        wanted = environ.get("WATCHDOG_USEC", "")
        is_number = wanted.isdecimal() and len(wanted) <= DIGITS
        self.watchdog = int(wanted) / 1e6 if address and is_number and int(wanted) else None
        """Seconds after which systemd wants to have heard of us, if it does."""

    def ready(self, status: str) -> None:
        """All is set up, or set up again."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is being read again."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns() // 1_000}")

    def stopping(self) -> None:
        """The daemon is about to end."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """The watchdog's due."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:  # nobody listens any more
            out.setblocking(False)
            out.sendto("\n".join(lines).encode(), self._address)
