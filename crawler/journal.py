"""What a cycle has learned, on its way into the store, under the cycle's lease.

A caller says what is to be stored, in order. Three things make that fast, and none of them is visible outside: a page
is stored while the next one is asked for and read, which saves a first import a fifth of its time; what became of an
export is stored by the commit with which the next attempt begins, without which 500 exports take a quarter longer; and
exchanges go along with whatever is stored next.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import anyio

from crawler.clock import Clock
from crawler.errors import LeaseLost
from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content
from crawler.protocol.reading import Page
from crawler.store import Begun, Lease, Store
from crawler.sync.exports import Send, Settled
from crawler.sync.pages import NOTHING_STORED, Accepted, Stored
from crawler.sync.report import CycleReport, Kind, ObjectReport
from crawler.sync.source import Source
from crawler.sync.state import Known, Outbox, OutboxEntry

P = ParamSpec("P")
T = TypeVar("T")

Event = Begun | Exchange | Accepted | Settled
Watch = Callable[[Event], None]
"""Is called with what happens in a cycle: that it has begun, each exchange, each page stored, each export settled."""


def unwatched(_event: Event) -> None:
    """Watch nothing."""


def _nothing() -> None:
    """Store nothing."""


@dataclass(frozen=True, slots=True)
class _Saving:
    """A page that is being stored; `storing` where it changes anything."""

    report: ObjectReport
    accepted: Accepted
    storing: Awaitable[None] | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """An export that has come to an end, which is still to be stored: by `store`.

    What became of it is `settled` and `known`, or what `store` returns where only the database knows (PU4, OB13).
    `foreign_id` is that of the content that it created or acted on, if any.
    """

    entry: OutboxEntry
    store: Callable[[], object]
    foreign_id: str | None = None
    settled: Settled | None = None
    known: Known | None = None

    def concerns(self, entry: OutboxEntry, outbox: Outbox) -> bool:
        """Whether a decision about `entry` depends on this one (PU9, IM5)."""
        for ref in entry.refs:
            creation = outbox.entries.get(ref.entry_id) if ref.entry_id is not None else None
            foreign_id = creation.foreign_id if creation is not None else ref.foreign_id
            if ref.entry_id == self.entry.id or (foreign_id is not None and foreign_id == self.foreign_id):
                return True
        return False


class Journal:
    """The journal of one cycle: its `report`, and the `outbox` as it is by now."""

    def __init__(self, source: Source, store: Store, begun: Begun, kind: Kind, *, clock: Clock, watch: Watch) -> None:
        lease = begun.lease
        self.outbox = Outbox()
        self.report = CycleReport(source=source.name, started=begun.started, cycle_id=lease.cycle_id, early=lease.early)
        if kind == "push":  # which has no schedule to be early by
            self.report.kind, self.report.early = kind, None
        self._source = source
        self._store = store
        self._begun = begun
        self._lease = lease
        self._clock = clock
        self._watch = watch
        self._exchanges: list[Exchange] = []
        self._saving: _Saving | None = None
        self._outcomes: list[_Outcome] = []

    # the lease, and what is sent under it

    def check_lease(self) -> None:
        """Raise `LeaseLost` once the lease is over, as where this process was stopped: another may be at it (CY2)."""
        if self._lease.tenure.is_over:
            raise LeaseLost(
                f"{self._source.name}: this cycle stops, because its lease could not be renewed in time",
                hint="was this process stopped, or the database away? the next cycle goes on where this one stopped",
            )

    def record(self, exchange: Exchange) -> None:
        """Keep an exchange for the next commit."""
        self._exchanges.append(exchange)
        for remark in exchange.remarks:
            self.report.connections.add("TR12", remark, exchange.action)
        self._watch(exchange)

    def info_ended(self) -> None:
        """The answer to `implementation.info` came, or its end where none did: the interval counts from then (CY1)."""
        if self._exchanges:  # the last one, where it was sent once more (TR11)
            last = self._exchanges[-1]
            ago = last.seconds - last.answered if last.answered is not None else 0.0
            since = anyio.current_time() - self._begun.at - ago
            self._lease = replace(self._lease, answered=self._lease.taken + since)

    # pages

    async def look_up(self, object_name: str, page: Page) -> Stored:
        """What is stored of what a page shows, once the page before it is stored."""
        await self.flush()
        return (
            await self._store.run(self._store.look_up, self._lease, object_name, page) if page.size else NOTHING_STORED
        )

    async def save(self, report: ObjectReport, accepted: Accepted, *, changes: bool) -> None:
        """Let a page be stored with its cursor (LS6), once the one before is; `flush` waits for it."""
        await self.flush()
        storing = None
        if changes or accepted.listing is not None:
            values = (self._lease, accepted, self._clock(), self._recorded())
            storing = self._store.submit(self._store.save_page, *values)
        self._saving = _Saving(report, accepted, storing)

    async def flush(self) -> None:
        """Wait until the page under way, if there is one, is stored."""
        if (saving := self._saving) is not None:
            self._saving = None
            if saving.storing is not None:
                await saving.storing
            saving.report.add(saving.accepted)
            self._watch(saving.accepted)

    async def threads_to_look_up(self, limit: int) -> list[str]:
        """Ids of threads that messages name and nobody knows (LS9)."""
        return await self._store.run(self._store.threads_to_look_up, self._lease, limit)

    async def save_thread(self, thread_id: str, page: Page | None) -> None:
        """Store a thread that was asked for, or that there is none (LS9)."""
        await self._write(self._store.save_lookup, thread_id, page, self._clock(), self._recorded())

    # exports

    async def load_outbox(self) -> Outbox:
        """Load what is queued now."""
        self.outbox = await self._store.run(self._store.load_outbox, self._source)
        return self.outbox

    async def settle_before(self, entry: OutboxEntry) -> None:
        """Store the outcomes on which a decision about `entry` depends (PU9, IM5)."""
        if any(outcome.concerns(entry, self.outbox) for outcome in self._outcomes):
            await self._commit()

    async def begin(self, entry: OutboxEntry) -> OutboxEntry | None:
        """Store that an attempt begins (PU2); `None` where the entry was cancelled meanwhile (PU9)."""
        return await self._write(self._store.begin_attempt, entry, self._clock())

    def settle(
        self, entry: OutboxEntry, settled: Settled, known: Known | None = None, *, deleted: str | None = None
    ) -> None:
        """Let the next commit store what became of an export: that of the next attempt, or of the cycle's end.

        Nothing is sent before, and nothing is decided about what it concerns.
        """
        values = (self._lease, settled, self._clock(), self._recorded())
        store = partial(self._store.settle, *values, deleted=deleted)
        self._outcomes.append(_Outcome(entry, store, known.id if known is not None else None, settled, known))

    def settle_created(self, send: Send, created: Content) -> None:
        """The same of a create that was answered with its content: the database knows what that means (PU4)."""
        values = (self._lease, send, created, self._clock(), self._recorded())
        self._outcomes.append(_Outcome(send.entry, partial(self._store.settle_created, *values), created.id))

    def settle_shown(self, send: Send, settled: Settled, shown: Page | None) -> None:
        """The same of an operation, which may be answered with the content as it is by then (PU5)."""
        if shown is None:
            self.settle(send.entry, settled)
            return
        values = (self._lease, settled, shown, self._clock(), self._recorded())
        self._outcomes.append(_Outcome(send.entry, partial(self._store.settle_shown, *values), send.target_id))

    # the end

    async def close(self, info: bytes | None, *, interrupted: bool = False) -> None:
        """Store what is left and the report, plan the next cycle, and give the lease back."""
        if self._outcomes:  # the report tells of them
            await self._commit()
        self.report.ended = self._clock()
        self.report.outlook = await self._store.run(
            self._store.end_cycle,
            self._source,
            self._lease,
            self.report,
            info,
            self.report.ended,
            exchanges=self._recorded(),
            interrupted=interrupted,
        )

    async def _write(self, method: Callable[Concatenate[Lease, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method that writes under the lease."""
        result: T = await self._commit(partial(method, self._lease, *args, **kwargs))
        return result

    async def _commit(self, last: Callable[[], Any] = _nothing) -> Any:
        """Run a method of the store, and together with it what waits to be stored."""
        waiting, self._outcomes = self._outcomes, []
        if not waiting:
            return await self._store.run(last)
        *found, result = await self._store.run(self._store.together, *(it.store for it in waiting), last)
        for outcome, stored in zip(waiting, found, strict=True):
            settled, known = (outcome.settled, outcome.known) if outcome.settled is not None else stored
            self.outbox = self.outbox.after(settled.entry, known)
            self.report.exports.append(settled)
            self._watch(settled)
        return result

    def _recorded(self) -> list[Exchange]:
        """The exchanges since the last commit, which the next one stores."""
        exchanges, self._exchanges = self._exchanges, []
        return exchanges
