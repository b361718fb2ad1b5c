"""How much time of the processor a source takes: of the event loop that all of them share, and of threads beside it."""

import types
from collections.abc import Callable, Coroutine, Generator
from time import perf_counter, thread_time
from typing import Any, ParamSpec, TypeVar

import anyio

from crawler.clock import Elapsed

LARGE = 100_000
"""How many bytes of an answer are read in less than some milliseconds."""

STEP = 0.02
"""How many seconds a step on the event loop counts for at most: what takes longer was itself kept from the processor.

To ask for processor time instead costs an idle cycle some percent."""

P = ParamSpec("P")
T = TypeVar("T")


class Effort:
    """Counts `seconds` of whatever is done by its methods: a step's by `elapsed`, a thread's by `processor`."""

    def __init__(self, *, elapsed: Elapsed = perf_counter, processor: Elapsed = thread_time) -> None:
        self.seconds = 0.0
        self._elapsed = elapsed
        self._processor = processor

    async def of(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`, and count its steps; not what it waits for, nor tasks that it starts."""
        return await self._steps(work)

    @types.coroutine
    def _steps(self, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        awaken: Callable[[Any], Any] = work.send
        came: Any = None
        while True:
            begun = self._elapsed()
            try:
                awaited = awaken(came)
            except StopIteration as done:
                result: T = done.value
                return result
            finally:
                self.seconds += min(self._elapsed() - begun, STEP)
            try:
                awaken, came = work.send, (yield awaited)
            except BaseException as raised:  # noqa: BLE001 - it is for the work
                awaken, came = work.throw, raised

    async def beside(self, size: int, decide: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Decide about an answer of `size` bytes: about a large one in another thread, so that no other cycle waits.

        To decide about a page that was read takes a sixteenth of reading it.
        """
        if size <= LARGE:
            return decide(*args, **kwargs)

        def counted() -> T:
            begun = self._processor()
            try:
                return decide(*args, **kwargs)
            finally:
                self.seconds += self._processor() - begun

        return await anyio.to_thread.run_sync(counted)
