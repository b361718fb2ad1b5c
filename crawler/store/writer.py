"""The thread that runs the store's transactions, one after the other, beside the event loop.

Transactions that wait at the same time are committed together: a commit that survives a power cut costs more than all
that a cycle writes. Each is still whole or not there at all, by a savepoint of its own, and none of them is known to
its caller before the commit.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext, suppress
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

import anyio

T = TypeVar("T")

TOGETHER = 50
"""How many transactions are committed together at most, so that none waits long for the others."""


class _Job:
    """A transaction that waits, runs or has run, for a caller on an event loop."""

    __slots__ = ("_begun", "ended", "error", "loop", "method", "result", "wake")

    def __init__(self, method: Callable[[], Any]) -> None:
        self.method = method
        self.loop = asyncio.get_running_loop()
        self.wake = self.loop.create_future()
        self.ended = False
        self.result: Any = None
        self.error: BaseException | None = None
        self._begun = Lock()

    def begin(self) -> bool:
        """Be the first who asks: the thread that then runs it, or the caller who then lets it be."""
        return self._begun.acquire(blocking=False)

    def run(self) -> None:
        try:
            self.result = self.method()
        except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
            self.error = error

    def end(self) -> None:
        self.ended = True
        if not self.wake.done():
            self.wake.set_result(None)

    async def outcome(self) -> Any:
        """Wait for the end; returns the result, or raises the error."""
        try:
            await self.wake
        except asyncio.CancelledError:
            if self.begin():
                raise
            with anyio.CancelScope(shield=True):
                while not self.ended:
                    self.wake = self.loop.create_future()
                    await self.wake
        if self.error is not None:
            raise self.error
        return self.result


class Writer:
    """The thread, which begins with the first transaction.

    `together` is the context in which several are committed at once, and `failures` what it may raise; `None` where
    each must be alone.
    """

    def __init__(
        self,
        together: Callable[[], AbstractContextManager[object]] | None,
        failures: tuple[type[Exception], ...],
        failed: Callable[[Exception], Exception],
    ) -> None:
        self._together = together
        self._failures = failures
        self._failed = failed
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._awaited: set[_Job] = set()
        self._thread: Thread | None = None
        self.abandoned: Exception | None = None
        """Why nothing more is run, if that is so."""

    def submit(self, method: Callable[[], T]) -> Coroutine[Any, Any, T]:
        """Let the thread run a transaction, after those that it was given before; await what is returned.

        Once begun, it is waited for even if the caller is cancelled: it is short, then known. One that has not begun by
        then is not run at all, and nothing is once the thread was left to itself.
        """
        if self.abandoned is not None:
            return _failing(self.abandoned)
        if self._thread is None:
            self._thread = Thread(target=self._work, name="ringcx-crawler writer", daemon=True)
            self._thread.start()
        job = _Job(method)
        self._awaited.add(job)
        self._jobs.put(job)
        return job.outcome()

    def abandon(self, why: Exception) -> None:
        """Wait no more for the thread, which nothing can interrupt: whoever awaits something is told `why`.

        On the event loop. What the thread has begun may still be stored; it begins nothing more.
        """
        self.abandoned = self.abandoned or why
        for job in list(self._awaited):
            job.begin()
            job.error = job.error or why
            job.end()

    def close(self) -> None:
        """End the thread, after what it was given, unless it was left to itself."""
        if self._thread is not None:
            self._jobs.put(None)
            if self.abandoned is None:
                self._thread.join()
            self._thread = None

    def _work(self) -> None:
        most = TOGETHER if self._together is not None else 1
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < most and not self._jobs.empty():
                jobs.append(self._jobs.get())
            self._run([job for job in jobs if job is not None])
            if None in jobs:
                return

    def _run(self, jobs: list[_Job]) -> None:
        try:
            with self._together() if self._together is not None and len(jobs) > 1 else nullcontext():
                for job in jobs:
                    if job.begin():
                        job.run()
        except BaseException as error:  # noqa: BLE001 - at the beginning or the commit: nothing of it is stored
            told = self._failed(error) if isinstance(error, self._failures) else error
            for job in jobs:
                job.error = told
        for loop in {job.loop for job in jobs}:
            with suppress(RuntimeError):  # a loop that was closed waits for nothing
                loop.call_soon_threadsafe(self._end, [job for job in jobs if job.loop is loop])

    def _end(self, jobs: list[_Job]) -> None:
        for job in jobs:
            self._awaited.discard(job)
            job.end()


async def _failing(error: Exception) -> Any:
    raise error
