"""A crawler that dies at a step: ``python -m tests.crash.crawling`` reads jobs, one line of JSON each.

All that a crawler needs is imported once; each job then is a process of its own, forked off, which may die by
``os._exit`` as if it had been killed. A step is a request before it is sent, once it is sent and once its answer is
there, and a transaction before and after its commit. For each job a line of JSON says how its process ended, and what
its steps were.
"""

import gc
import json
import os
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

import anyio
import httpx

from crawler.agent import Agent, known_info
from crawler.cycle import cycles_until_idle
from crawler.partner import Partner
from crawler.protocol.signature import Secret
from crawler.store import Lease, Store
from crawler.store.contents import put_cursor
from crawler.store.sql import Transaction
from crawler.sync.pages import Accepted
from crawler.sync.queueing import Draft
from crawler.sync.source import Source

DIED = 86
"""The exit code of a process that died as planned."""

SECRET = Secret("open sesame")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

P = ParamSpec("P")
T = TypeVar("T")

Announce = Callable[[str], None]


def clock() -> datetime:
    """It is always noon: what differs between two runs has other reasons than their time."""
    return NOON


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one process is to do: queue what an agent wants, and crawl until nothing is left to do.

    `die_at` is the number of the step at which it dies, from 1; without it, it lives to the end. `store` is one of
    `STORES`, `agent` one of `AGENTS`. A page is stored before the next one is asked for or, where `late` says so, only
    once that has come: each order can happen.
    """

    database: str
    base_uri: str
    agent: str
    store: str = "good"
    late: bool = False
    die_at: int | None = None


class AnnouncingStore(Store):
    """A store that tells of each commit before and after it."""

    announce: Announce
    late: bool

    def submit(self, method: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        done = [] if self.late else [method(*args, **kwargs)]

        async def outcome() -> T:
            return done[0] if done else await super(AnnouncingStore, self).submit(method, *args, **kwargs)

        return outcome()

    @contextmanager
    def transaction(self, *, writing: bool = True, limited: bool = True, beside: bool = False) -> Iterator[Transaction]:
        with super().transaction(writing=writing, limited=limited, beside=beside) as tx:
            yield tx
            if writing:
                self.announce("before a commit")
        if writing:
            self.announce("after a commit")


class CursorFirst(AnnouncingStore):
    """The usual mistake: the cursor is stored in a transaction of its own, before the contents (LS6)."""

    def save_page(self, lease: Lease, accepted: Accepted, now: datetime, exchanges: Sequence[Any]) -> None:
        with self.transaction() as tx:
            put_cursor(tx, lease, accepted.cursor, now)
        super().save_page(lease, accepted, now, exchanges)


class AttemptLast(AnnouncingStore):
    """Another one: that an attempt began is stored only once its answer is there (PU2)."""

    def begin_attempt(self, lease: Lease, entry: Any, now: datetime) -> Any:
        return replace(entry, attempts=entry.attempts + 1)

    def settle(self, lease: Lease, settled: Any, now: datetime, *rest: Any, **more: Any) -> None:
        before = replace(settled.entry, attempts=settled.entry.attempts - 1)
        super().begin_attempt(lease, before, now)
        super().settle(lease, settled, now, *rest, **more)


STORES: dict[str, type[AnnouncingStore]] = {
    "good": AnnouncingStore,
    "cursor first": CursorFirst,
    "attempt last": AttemptLast,
}


class AnnouncingTransport(httpx.AsyncBaseTransport):
    """The network; it tells of each request before it is sent, once it is sent, and once its answer is there."""

    def __init__(self, announce: Announce) -> None:
        self.announce = announce
        self._network = httpx.AsyncHTTPTransport(verify=False)  # a TLS context takes longer than a cycle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        action = json.loads(request.content)["action"]

        async def trace(event: str, _info: object) -> None:
            if event == "http11.send_request_body.complete":
                self.announce(f"sent {action}")

        request.extensions["trace"] = trace
        self.announce(f"before {action}")
        response = await self._network.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Received(response.stream, lambda: self.announce(f"received {action}"))
        return response

    async def aclose(self) -> None:
        await self._network.aclose()


class _Received(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, received: Callable[[], None]) -> None:
        self._stream, self._received = stream, received

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk
        self._received()

    async def aclose(self) -> None:
        await self._stream.aclose()


# What agents queue. Each change has the id that its key says: one that is there already is not queued twice.


def nobody(_agent: Agent) -> dict[str, Callable[[], object]]:
    """No agent is at work."""
    return {}


def busy_agent(agent: Agent) -> dict[str, Callable[[], object]]:
    """An agent does all that agents can do; see `tests.crash.partner.MOODS` for what becomes of it."""

    def reply(to: str, body: str) -> Callable[[], object]:
        return lambda: agent.reply(to, Draft(object="messages", body=body))

    def create(object_name: str, body: str, **more: Any) -> Callable[[], object]:
        return lambda: agent.create(Draft(object=object_name, body=body, **more))

    def act(operation: str, on: str) -> Callable[[], object]:
        return lambda: agent.act(operation, on)

    return {
        "plain-reply": reply("11", "Glad it fits!"),
        "rejected-once": reply("10", "Bring a friend."),
        "new-thread": create("threads", "Everything in blue", title="Summer sale"),
        "into-new-thread": reply("new-thread", "Half price!"),
        "reply-to-that": reply("into-new-thread", "Until Sunday."),
        "reply-lost-once": reply("4", "It does shrink."),
        "rejected-always": reply("9", "Not on holidays."),
        "rejected-fatally": reply("8", "Merci."),
        "delete-fails-once": act("delete", "5"),
        "delete-fails-always": act("delete", "13"),
        "solved": act("mark_as_solved", "1"),
        "private-reply": reply("12", "Bien noté."),
        "doomed-thread": create("threads", "Nobody wants it", title="Doomed"),
        "into-doomed-thread": reply("doomed-thread", "Nor this"),
    }


AGENTS = {"nobody": nobody, "busy": busy_agent}


def source_at(base_uri: str) -> Source:
    return Source(name="shop", base_uri=base_uri, secret=SECRET, agent_id="agent")


async def work(job: Job, announce: Announce) -> None:
    """One process: what agents queue, then cycles until nothing is left to do."""
    source = source_at(job.base_uri)
    store_class = STORES[job.store]
    store_class.announce, store_class.late = staticmethod(announce), job.late
    with store_class.open(job.database) as store:
        async with Partner(source, transport=AnnouncingTransport(announce), clock=clock) as partner:
            if job.agent != "nobody":
                info = await known_info(source, store, partner, clock=clock)
                queueing = ""
                agent = Agent(source, store, info, clock=clock, new_id=lambda: queueing)
                for queueing, does in AGENTS[job.agent](agent).items():
                    if store.entry(source, queueing) is None:
                        does()
            async for _ in cycles_until_idle(source, store, partner=partner, clock=clock):
                pass


def _live(job: Job, told: int) -> int:
    """The forked process, up to its exit code."""
    steps = 0

    def announce(step: str) -> None:
        nonlocal steps
        steps += 1
        os.write(told, f"{step}\n".encode())
        if steps == job.die_at:
            os._exit(DIED)

    try:
        anyio.run(work, job, announce)
    except BaseException:  # noqa: BLE001 - it is the process's end
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    """Read jobs until there are no more."""
    for name in (
        "anyio._backends._asyncio",
        "httpcore._async.http11",
        "httpcore._backends.anyio",
        "sqlite3",
        "psycopg",
    ):
        import_module(name)  # what a job would import by itself
    gc.freeze()
    for line in sys.stdin:
        job = Job(**json.loads(line))
        hear, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(hear)
            os._exit(_live(job, tell))
        os.close(tell)
        with os.fdopen(hear) as heard:
            steps = heard.read().splitlines()
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "steps": steps}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
