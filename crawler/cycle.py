"""One synchronization cycle of one source: the one flow that the daemon, the command line and the judge all run.

It decides, calls, commits; decides, calls, commits. The decisions are the pure functions of `crawler.sync`, the calls
go through `crawler.partner`, and each commit is one method of `crawler.store`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import anyio

from crawler.clock import Clock, utc_now
from crawler.effort import Effort
from crawler.errors import GONE, LeaseLost, PartnerError, StoreError
from crawler.partner import Partner
from crawler.protocol.envelope import Answer, Exchange, Params, unverified
from crawler.protocol.implementation import ImplementationInfo, read_implementation
from crawler.protocol.objects import Content
from crawler.protocol.reading import Page, check_no_error, read_content, read_page
from crawler.store import Begun, Lease, Store, renewing
from crawler.sync.exports import (
    GiveUp,
    Send,
    Settled,
    Wait,
    created_content,
    decide_export,
    settle_failure,
    settle_given_up,
    settle_success,
    shown_content,
)
from crawler.sync.pages import NOTHING_STORED, Accepted, Listing, accept_page, page_mark, recognize
from crawler.sync.plan import ListStep, plan_cycle
from crawler.sync.report import CycleReport, Kind, ObjectReport
from crawler.sync.schedule import interval
from crawler.sync.state import Known, Outbox, OutboxEntry, Source

LOOKUPS = 100
"""How many unknown threads are fetched in one cycle at most (LS9)."""

CYCLES_AT_ONCE = 100
"""How many cycles `cycles_until_idle` runs at most."""

P = ParamSpec("P")
T = TypeVar("T")

Event = Begun | Exchange | Accepted | Settled
Watch = Callable[[Event], None]
"""Is told what happens in a cycle: that it has begun, each exchange, each page stored, each export settled."""


def unwatched(_event: Event) -> None:
    """Watch nothing."""


async def run_cycle(
    source: Source,
    store: Store,
    *,
    partner: Partner | None = None,
    clock: Clock = utc_now,
    watch: Watch = unwatched,
    lease: Lease | None = None,
) -> CycleReport:
    """Run one cycle and report on it: pull what is new, then push what agents queued (LS8).

    What fails at the partner is in the report's `errors`, and ends only what depends on it: a failed
    `implementation.info` ends the cycle (IM1), a failed list its object, a failed export its attempt; an endpoint that
    is gone ends the cycle. A `partner` that is passed in stays open, with its connections, for the next cycle. `lease`
    is one that was claimed already, and that somebody renews, as the daemon does; else it is taken and renewed here.

    Raises `SourceBusy` where another process crawls the source, `LeaseLost`, and other `StoreError`s.
    """
    return await under_lease(Steps.run, source, store, partner=partner, clock=clock, watch=watch, lease=lease)


async def under_lease(
    work: Callable[["Steps"], Coroutine[Any, Any, None]],
    source: Source,
    store: Store,
    *,
    kind: Kind = "cycle",
    partner: Partner | None = None,
    clock: Clock = utc_now,
    watch: Watch = unwatched,
    lease: Lease | None = None,
) -> CycleReport:
    """Do `work` by the steps of a cycle, between its beginning and its end in the store; as `run_cycle` in all else."""
    async with AsyncExitStack() as stack:
        if partner is None:
            partner = await stack.enter_async_context(Partner(source, clock=clock))
        begun = await store.run(store.begin_cycle, source, store.owner, clock(), lease, kind=kind)
        if lease is None:
            await stack.enter_async_context(renewing(store, begun.lease))
        watch(begun)
        steps = Steps(source, store, partner, begun, clock=clock, watch=watch)
        if kind == "push":  # which has no schedule to be early by
            steps.report.kind, steps.report.early = kind, None
        try:
            await steps.effort.of(work(steps))
        except PartnerError as error:
            steps.report.errors.append(error)
        except LeaseLost:
            with suppress(StoreError), anyio.CancelScope(shield=True):  # it may have run out without anybody taking it
                await steps.end(interrupted=True)
            raise
        except StoreError:
            raise  # nothing more can be written
        except BaseException:
            with anyio.CancelScope(shield=True):
                await steps.end(interrupted=True)
            raise
        with anyio.CancelScope(shield=True):  # a cycle that is done gives its lease back, cancelled or not
            await steps.end()
        return steps.report


async def cycles_until_idle(
    source: Source, store: Store, *, partner: Partner, clock: Clock = utc_now, watch: Watch = unwatched
) -> AsyncIterator[CycleReport]:
    """Run cycles at once, one after the other, until nothing is left to pull, send or retry, or nothing gets done.

    At most `CYCLES_AT_ONCE`: some partners show something new each time.
    """
    for _ in range(CYCLES_AT_ONCE):
        report = await run_cycle(source, store, partner=partner, clock=clock, watch=watch)
        yield report
        if report.idle or (report.errors and not report.exports):
            return


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class _Saving:
    """A page that is being stored; `storing` where it changes anything."""

    report: ObjectReport
    accepted: Accepted
    storing: Awaitable[None] | None


@dataclass(frozen=True, slots=True)
class _Unsettled:
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
        """Whether a decision about `entry` depends on what became of this one (PU9, IM5)."""
        for ref in entry.refs:
            creation = outbox.entries.get(ref.entry_id) if ref.entry_id is not None else None
            foreign_id = creation.foreign_id if creation is not None else ref.foreign_id
            if ref.entry_id == self.entry.id or (foreign_id is not None and foreign_id == self.foreign_id):
                return True
        return False


class Steps:
    """The steps of one cycle under way: what they share, and a method for each."""

    def __init__(
        self,
        source: Source,
        store: Store,
        partner: Partner,
        begun: Begun,
        *,
        clock: Clock,
        watch: Watch,
    ) -> None:
        self.source = source
        self.store = store
        self.partner = partner
        self.clock = clock
        self.watch = watch
        self.begun = begun
        self.lease = begun.lease
        self.report = CycleReport(
            source=source.name, started=begun.started, cycle_id=begun.lease.cycle_id, early=begun.lease.early
        )
        self.effort = Effort()
        self.outbox = Outbox()
        self.info_body: bytes | None = None
        self.exchanges: list[Exchange] = []
        self.begins_again = False
        self.saving: _Saving | None = None
        self.unsettled: list[_Unsettled] = []

    async def run(self) -> None:
        """All of them, in the order of LS8."""
        info = await self.ask_info()
        for step in plan_cycle(self.source, info, self.begun.cursors, self.outbox).lists:
            try:
                await self.pull(info, step)
            except PartnerError as error:
                self.note(error)
            if self.begins_again:  # what is queued may mean other contents
                return
            named = step.cursor.object == "messages" and (self.begun.lookups or self.imported)
            if named and info.allows("threads", "show"):
                await self.look_up_threads(info)
        if self.begun.exports or self.imported:  # what was queued during a long import goes with it
            await self.push_all(info)

    async def push_all(self, info: ImplementationInfo, *, untried: bool = False) -> None:
        """Send what is queued, in the order in which it was (LS8); with `untried`, only what was never attempted."""
        self.outbox = await self.store.run(self.store.load_outbox, self.source)
        for entry in self.outbox.pending:
            if not (untried and entry.attempts):
                await self.push(info, entry)

    @property
    def imported(self) -> bool:
        """Whether this cycle has stored anything that it pulled."""
        return any(report.new or report.updated for report in self.report.objects.values())

    async def ask_info(self) -> ImplementationInfo:
        """`implementation.info`, first in every cycle (IM1). From its answer to the next one is the interval (CY1)."""
        try:
            info, body = await self.ask("implementation.info", None, self.read_info, "a JSON object with 'objects'")
        finally:
            if self.exchanges:  # the last one, where it was sent once more (TR11); its end, where no answer came
                last = self.exchanges[-1]
                ago = last.seconds - last.answered if last.answered is not None else 0.0
                since = anyio.current_time() - self.begun.at - ago
                self.lease = replace(self.lease, answered=self.lease.taken + since)
        self.info_body = body
        self.report.remarks += info.remarks
        self.report.interval = interval(self.source, info)
        return info

    def read_info(self, answer: Answer) -> tuple[ImplementationInfo, bytes]:
        """What an answer declares, and its bytes."""
        return read_implementation(self.source.name, answer.body), answer.body

    async def pull(self, info: ImplementationInfo, step: ListStep) -> None:
        """`<object>.list`, page after page until nothing new comes (LS3); each page is stored with its cursor (LS6).

        While one is stored, the next is asked for and read; nothing is decided about it before that is done.
        """
        name, cursor = step.cursor.object, step.cursor.since_id
        report = ObjectReport(object=name, cursor_before=cursor, cursor_after=cursor)
        self.report.objects[name] = report
        listing: Listing | None = Listing.begin(step.cursor, exporting=self.begun.exports)
        try:
            while listing is not None:
                params = {"since_id": listing.ask} if listing.ask is not None else None
                read = partial(self.read_page, info, listing)  # and the answer is not kept beside the next
                asked = self.ask(step.action, params, read, "a JSON array of contents")
                accepted = await self.accept(listing, *await asked)
                await self.save(report, accepted, changes=accepted.changes or accepted.cursor != listing.cursor)
                listing, self.begins_again = accepted.listing, accepted.begins_again
        finally:
            await self.saved()

    async def save(self, report: ObjectReport, accepted: Accepted, *, changes: bool) -> None:
        """Let a page be stored, with its cursor, once the one before is; `saved` waits for it."""
        await self.saved()
        storing = None
        if changes or accepted.listing is not None:
            values = (self.lease, accepted, self.clock(), self.recorded())
            storing = self.store.submit(self.store.save_page, *values)
        self.saving = _Saving(report, accepted, storing)

    async def saved(self) -> None:
        """Wait until the page under way, if there is one, is stored."""
        if (saving := self.saving) is not None:
            self.saving = None
            if saving.storing is not None:
                await saving.storing
            saving.report.add(saving.accepted)
            self.watch(saving.accepted)

    def read_page(
        self, info: ImplementationInfo, listing: Listing, answer: Answer
    ) -> tuple[Page | Accepted, datetime, str | None, int]:
        """A page, when it came, its mark and size; one that came before and changed nothing is not read again (LS5)."""
        source, size, now, mark = self.source, len(answer.body), self.clock(), None
        if source.verify_signature and self.info_body is not None and answer.signature is not None:
            mark = page_mark(source, listing, self.info_body, answer.signature)
            if accepted := recognize(source, listing, mark, now):
                return accepted, now, mark, size
        return read_page(source.name, listing.cursor.object, answer.body, info), now, mark, size

    async def accept(
        self, listing: Listing, page: Page | Accepted, now: datetime, mark: str | None, size: int
    ) -> Accepted:
        """What a page means."""
        if isinstance(page, Accepted):
            return page
        name = listing.cursor.object
        await self.saved()
        stored = await self.store.run(self.store.look_up, self.lease, name, page) if page.size else NOTHING_STORED
        return await self.effort.beside(size // 16, accept_page, self.source, listing, page, stored, now, mark=mark)

    async def look_up_threads(self, info: ImplementationInfo) -> None:
        """`threads.show` for each thread that a message names and nobody knows, once each (LS9)."""
        for thread_id in await self.store.run(self.store.threads_to_look_up, self.lease, LOOKUPS):
            page = None
            try:
                read = partial(self.read_thread, info, thread_id)
                page = await self.ask("threads.show", {"id": thread_id}, read, "a JSON object: the thread")
            except PartnerError as error:
                if isinstance(error, GONE):
                    raise
                text = f"a thread that messages name cannot be had: {error.what}"
                self.report.objects["messages"].remarks.add("LS9", text, thread_id)
            self.report.looked_up += 1
            await self.write(self.store.save_lookup, thread_id, page, self.clock(), self.recorded())

    def read_thread(self, info: ImplementationInfo, thread_id: str, answer: Answer) -> Page:
        """A thread that was asked for."""
        return read_content(self.source.name, "threads.show", "threads", answer.body, info).under(thread_id)

    async def push(self, info: ImplementationInfo, entry: OutboxEntry) -> None:
        """Send one export, or let it wait, or give it up (PU8, PU9)."""
        if any(it.concerns(entry, self.outbox) for it in self.unsettled):
            await self.commit()
        match decide_export(self.source, info, entry, self.outbox):
            case Wait() as wait:
                self.report.waiting.append(wait)
            case GiveUp(reason=reason):
                self.settle(entry, settle_given_up(entry, reason))
            case Send() as send:
                begun = await self.write(self.store.begin_attempt, entry, self.clock())
                if begun is None:
                    return
                try:
                    await self.attempt(info, replace(send, entry=begun))
                except PartnerError as error:
                    self.settle(begun, settle_failure(begun, error))
                    if isinstance(error, GONE):
                        raise

    async def attempt(self, info: ImplementationInfo, send: Send) -> None:
        """One attempt, already committed as begun: sent, and settled by its answer (PU2, PU3, PU5)."""
        read = partial(self.read_outcome, info, send)
        outcome = await self.ask(send.action, send.params, read, "a JSON object: the content")
        if outcome is None:
            known = replace(self.outbox.known(send.entry.object, send.target_id), deleted=True)
            self.settle(send.entry, settle_success(send.entry), known, deleted=send.target_id)
        elif isinstance(outcome, Content):
            values = (self.lease, send, outcome, self.clock(), self.recorded())
            self.unsettled.append(_Unsettled(send.entry, partial(self.store.settle_created, *values), outcome.id))
        else:
            shown, remark = outcome
            settled = settle_success(send.entry, remark)
            if shown is None:
                self.settle(send.entry, settled)
                return
            store = partial(self.store.settle_shown, self.lease, settled, shown, self.clock(), self.recorded())
            self.unsettled.append(_Unsettled(send.entry, store, send.target_id))

    def read_outcome(
        self, info: ImplementationInfo, send: Send, answer: Answer
    ) -> Content | tuple[Page | None, str] | None:
        """The content that was created, or what was shown of one that was changed; nothing of a deletion (PU3, PU5)."""
        name, source = send.entry.object, self.source.name
        match send.entry.operation:
            case "delete":
                check_no_error(source, send.action, answer.body)
                return None
            case "create":
                return created_content(source, send, read_content(source, send.action, name, answer.body, info))
            case _:
                return shown_content(source, send, answer.body, info)

    def settle(
        self,
        entry: OutboxEntry,
        settled: Settled,
        known: Known | None = None,
        *,
        deleted: str | None = None,
    ) -> None:
        """Let the next commit store what became of an export: that of the next attempt, or of the cycle's end.

        Nothing is sent before, and nothing is decided about what it concerns.
        """
        values = (self.lease, settled, self.clock(), self.recorded())
        store = partial(self.store.settle, *values, deleted=deleted)
        self.unsettled.append(_Unsettled(entry, store, known.id if known is not None else None, settled, known))

    async def write(self, method: Callable[Concatenate[Lease, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method that writes under the lease."""
        result: T = await self.commit(partial(method, self.lease, *args, **kwargs))
        return result

    async def commit(self, last: Callable[[], Any] = nothing) -> Any:
        """Run a method of the store, and together with it what waits to be stored."""
        waiting, self.unsettled = self.unsettled, []
        if not waiting:
            return await self.store.run(last)
        *outcomes, result = await self.store.run(self.store.together, *(it.store for it in waiting), last)
        for unsettled, outcome in zip(waiting, outcomes, strict=True):
            settled, known = (unsettled.settled, unsettled.known) if unsettled.settled is not None else outcome
            self.outbox = self.outbox.after(settled.entry, known)
            self.report.exports.append(settled)
            self.watch(settled)
        return result

    async def ask(self, action: str, params: Params | None, read: Callable[[Answer], T], expected: str) -> T:
        """Send an action; returns what `read` makes of its trusted answer."""

        def heard(answer: Answer) -> T:
            if not self.source.verify_signature:
                remark = unverified(answer, self.source.secret)
                if remark is not None and remark not in self.report.remarks:
                    self.report.remarks += (remark,)
            return read(answer)

        keep = self.source.keep_bytes
        return await self.partner.ask(
            action,
            params,
            heard,
            expected=expected,
            record=self.record,
            guard=self.guard,
            keep_bytes=keep,
            effort=self.effort,
        )

    def guard(self) -> None:
        """Nothing is sent once the lease is over, as where this process was stopped: another may be at it (CY2)."""
        if self.lease.tenure.is_over:
            raise LeaseLost(
                f"{self.source.name}: this cycle stops, because its lease could not be renewed in time",
                hint="was this process stopped, or the database away? the next cycle goes on where this one stopped",
            )

    def record(self, exchange: Exchange) -> None:
        """Keep an exchange for the next commit."""
        self.exchanges.append(exchange)
        for remark in exchange.remarks:
            self.report.connections.add("TR12", remark, exchange.action)
        self.watch(exchange)

    def recorded(self) -> list[Exchange]:
        """The exchanges since the last commit, which the next one stores."""
        exchanges, self.exchanges = self.exchanges, []
        return exchanges

    def note(self, error: PartnerError) -> None:
        """Report an error and go on, unless the endpoint is gone: then nothing else in this cycle can succeed."""
        if isinstance(error, GONE):
            raise error
        self.report.errors.append(error)

    async def end(self, *, interrupted: bool = False) -> None:
        """Store the report, and give the lease back."""
        if self.unsettled:  # the report tells of it
            await self.commit()
        self.report.ended = self.clock()
        self.report.effort = self.effort.seconds
        self.report.outlook = await self.store.run(
            self.store.end_cycle,
            self.source,
            self.lease,
            self.report,
            self.info_body,
            self.report.ended,
            exchanges=self.recorded(),
            interrupted=interrupted,
        )
