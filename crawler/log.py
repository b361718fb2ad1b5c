"""What the daemon writes down: JSON lines for machines, readable ones for a person at a terminal; on stderr.

Each line is an event with its values, bound to source, cycle and action where there are any. A value that holds a
secret is withheld, and no line above debug has the body of a content. Nobody is kept waiting for whoever reads them.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Full, Queue
from threading import Thread, current_thread
from time import monotonic
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from crawler.protocol.credentials import NOTHING, Credentials

OURS = "crawler"
"""The name of our logger; all others are libraries', and heard from `WARNING` up only."""

MINUTE = 60.0

WAITING = 10_000
"""How many lines wait to be written at most."""

DIFFERENT = 1_000
"""How many lines of libraries are told apart."""

Known = Callable[[], Credentials]
"""Returns the secrets that no line may show, as far as they are known by now."""


def nothing() -> Credentials:
    """No secret is known."""
    return NOTHING


def configure(
    stream: "TextIO | Outlet | None" = None,
    *,
    readable: bool | None = None,
    verbose: bool = False,
    known: Known = nothing,
) -> None:
    """Write the log to `stream` (stderr); `readable` or, without a terminal, as JSON lines; `verbose` with debug lines.

    Whatever holds one of the `known` secrets is withheld first: a value, and of a traceback a line.
    """
    stream = stream if stream is not None else sys.stderr
    if readable is None:
        readable = stream.isatty()
    steps: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # without local variables, which may be anything
        _Withheld(known),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), *steps],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(colors=stream.isatty())
            if readable
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(Repeats())
    root, ours = logging.getLogger(), logging.getLogger(OURS)
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.DEBUG if verbose else logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *steps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class Repeats(logging.Filter):
    """Lets a library's line through once a minute, and then says how often it would have come.

    What fails in a loop that is not ours, as accepting connections, is written thousands of times a second.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._since: dict[tuple[str, str], float] = {}
        self._held_back: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is to be written."""
        if record.name == OURS:
            return True
        now, line = self._clock(), (record.name, str(record.msg))
        if line in self._since and now - self._since[line] < MINUTE:
            self._held_back[line] = self._held_back.get(line, 0) + 1
            return False
        if len(self._since) >= DIFFERENT:  # whatever a library comes up with, this stays small
            self._since.clear()
        self._since[line] = now
        if held_back := self._held_back.pop(line, 0):
            record.msg = f"{record.getMessage()} ({held_back} times more in the minute before)"
            record.args = ()
        return True


class Outlet:
    """A stream that nobody waits for: a thread of its own writes to `stream`, and loses lines where nobody takes them.

    As where a pipe is full that nobody reads, a terminal is halted, or a disk is full. It says later how many are lost.
    """

    def __init__(self, stream: TextIO | None, *, lines: int = WAITING) -> None:
        self._stream = stream
        self._lines: Queue[str | None] = Queue(lines)
        self._lost = 0
        self._own = ""
        self._thread = Thread(target=self._work, name="outlet", daemon=True)
        with _no_signals():
            self._thread.start()

    def write(self, text: str) -> None:
        """Have a text written, if there is room for it; what its own thread says needs none."""
        if current_thread() is self._thread:
            self._own = text
            return
        try:
            self._lines.put_nowait(text)
        except Full:
            self._lost += 1

    def flush(self) -> None:
        """Wait for nothing."""

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def close(self, seconds: float = 1.0) -> None:
        """Let what was given be written, if that does not take longer."""
        with suppress(Full):
            self._lines.put(None, timeout=seconds)
            self._thread.join(seconds)

    def _work(self) -> None:
        told = 0
        text: str | None = ""
        while text is not None:
            text = self._lines.get()
            self._put(text or "")
            lost = self._lost - told
            if lost and self._lines.empty():
                told += lost
                structlog.get_logger(OURS).warning("lines of the log were lost", lines=lost, why="nobody took them")
                said, self._own = self._own, ""
                self._put(said)  # only now: while it is being said, nobody else can say anything

    def _put(self, text: str) -> None:
        with suppress(OSError, ValueError):  # it was closed, or takes nothing
            self._write(text)

    def _write(self, text: str) -> None:
        """Past Python's buffers: who is held up there at the end of the process, breaks it off."""
        if self._stream is None:
            return
        try:
            descriptor = self._stream.fileno()
        except OSError:  # it is none of the system's
            self._stream.write(text)
            return
        left = text.encode(self._stream.encoding, "backslashreplace")
        while left:
            left = left[os.write(descriptor, left) :]


@contextmanager
def _no_signals() -> Iterator[None]:
    """Threads that the body starts get no signals: those are for the one that waits for them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Withheld:
    """The step that withholds every value of a line in which a secret stands."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        credentials = self._known()
        line = repr(event)
        if credentials.may_stand_in(line):
            for name in [name for name in event if not name.startswith("_")]:
                event[credentials.withhold(name)] = _shown(credentials, event.pop(name))
        return event


def _shown(credentials: Credentials, value: object) -> object:
    """A value as it may be shown."""
    text = value if isinstance(value, str) else repr(value)
    shown = credentials.withhold_trace(text)
    return value if shown == text else shown
