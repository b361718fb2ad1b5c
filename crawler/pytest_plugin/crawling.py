"""The crawler in the hands of a partner's tests: plain calls, a clock that they move, and no sleeping."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ParamSpec, Self, TypeVar

from anyio.from_thread import BlockingPortal

from crawler.agent import Agent, Queued, known_info
from crawler.clock import new_id, utc_now
from crawler.cycle import run_cycle
from crawler.journal import Event
from crawler.partner import Partner
from crawler.protocol.envelope import Exchange
from crawler.push import run_push
from crawler.pytest_plugin.endpoint import source_of, transport_of
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.report import CycleReport
from crawler.sync.state import OutboxEntry, Ref

P = ParamSpec("P")
T = TypeVar("T")


WHOLE = 2**31 - 1
"""As many bytes of each body are kept: all."""


class MovableClock:
    """A clock that stands still until it is moved; it begins with the time of day."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time, in UTC."""
        return self.now

    def advance(self, **duration: float) -> None:
        """Move it on; `duration` is a timedelta's: ``advance(minutes=3)``."""
        self.now += timedelta(**duration)


class Crawling:
    """One endpoint, crawled into an empty memory. Use it as a context manager.

    `exchanges` are all that was sent in cycles and what came, in order; `clock` is the crawler's.
    """

    def __init__(self, endpoint: object, secret: str, settings: Mapping[str, Any], portal: BlockingPortal) -> None:
        self.source = source_of(endpoint, secret, {"keep_bytes": WHOLE, **settings})
        self.clock = MovableClock(utc_now())
        self.exchanges: list[Exchange] = []
        self.store = Store.open("sqlite://", clock=self.clock)
        self._portal = portal
        self._partner = Partner(self.source, transport=transport_of(endpoint), clock=self.clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._partner.aclose)
        self.store.close()

    def cycle(self) -> CycleReport:
        """Run one synchronization cycle: import what is new, send what agents have queued."""
        return self._run(run_cycle)

    def poll(self, **duration: float) -> list[CycleReport]:
        """Run cycles at the platform's rhythm (CY1), for so long on the clock: ``poll(hours=2)``."""
        until = self.clock() + timedelta(**duration)
        reports = []
        while self.clock() < until:
            reports.append(self.cycle())
            self.clock.advance(seconds=reports[-1].interval or self.source.list_interval)
        return reports

    def agent(self) -> "AgentAtWork":
        """An agent, under what the endpoint declares.

        What it does is sent by the next cycle, or at once if the setting `push` says so (LS8).
        """
        info = self._call(known_info, self.source, self.store, self._partner, clock=self.clock)
        return AgentAtWork(Agent(self.source, self.store, info, clock=self.clock, new_id=new_id), self._push)

    def contents(self, object_name: str) -> list[dict[str, Any]]:
        """What was imported and not deleted, oldest first; keys as in ``ringcx-crawler messages --json``."""
        return self.store.contents(self.source, object_name)

    def outbox(self) -> list[dict[str, Any]]:
        """What agents did, in order, and what became of it; keys as in ``ringcx-crawler outbox --json``."""
        return self.store.entries(self.source)

    @property
    def actions(self) -> list[str]:
        """The actions that were sent in cycles, in order."""
        return [exchange.action for exchange in self.exchanges]

    def _push(self) -> None:
        if self.source.push == "at once":
            self._run(run_push)

    def _run(self, what: Callable[..., Awaitable[CycleReport]]) -> CycleReport:
        def watch(event: Event) -> None:
            if isinstance(event, Exchange):
                self.exchanges.append(event)

        return self._call(what, self.source, self.store, partner=self._partner, clock=self.clock, watch=watch)

    def _call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._portal.call(partial(function, *args, **kwargs))


class AgentAtWork:
    """What an agent can do. An id is a content's foreign id, or the id of the entry that creates it.

    Each method raises `ActionRefused` for what is not allowed, and `UnknownContent`.
    """

    def __init__(self, agent: Agent, queued: Callable[[], None]) -> None:
        self._agent = agent
        self._queued = queued

    def create(
        self,
        object_name: str = "messages",
        *,
        body: str | None = None,
        thread: str | None = None,
        title: str | None = None,
        recipient_id: str | None = None,
        author_id: str | None = None,
        format: str | None = None,  # noqa: A002 - the protocol's word
        attachments: Sequence[Mapping[str, str]] = (),
        structured_content: Mapping[str, Any] | None = None,
    ) -> OutboxEntry:
        """Queue a new content; `thread` is the id of the one that a message goes into, `format` what `body` is."""
        ref: Ref | None = self._agent.find(thread, object_name="threads") if thread is not None else None
        draft = Draft(
            object=object_name,
            body=body,
            thread=ref,
            title=title,
            recipient_id=recipient_id,
            author_id=author_id,
            format=format,
            attachments=attachments,
            structured_content=structured_content,
        )
        entry = self._agent.create(draft)
        self._queued()
        return entry

    def reply(
        self,
        content_id: str,
        body: str | None = None,
        *,
        author_id: str | None = None,
        format: str | None = None,  # noqa: A002 - the protocol's word
        attachments: Sequence[Mapping[str, str]] = (),
        structured_content: Mapping[str, Any] | None = None,
    ) -> OutboxEntry:
        """Queue a reply to a content; `format` is what `body` is."""
        draft = Draft(
            object="messages",  # of what is replied to, in fact
            body=body,
            author_id=author_id,
            format=format,
            attachments=attachments,
            structured_content=structured_content,
        )
        entry = self._agent.reply(content_id, draft)
        self._queued()
        return entry

    def delete(self, content_id: str) -> Queued:
        """Queue the deletion of a content."""
        return self.act("delete", content_id)

    def publish(self, content_id: str) -> Queued:
        """Queue the publication of a content."""
        return self.act("publish", content_id)

    def unpublish(self, content_id: str) -> Queued:
        """Queue taking a content back."""
        return self.act("unpublish", content_id)

    def act(self, operation: str, content_id: str, *, author_id: str | None = None) -> Queued:
        """Queue an operation on a content, such as a custom one."""
        done = self._agent.act(operation, content_id, author_id=author_id)
        self._queued()
        return done
