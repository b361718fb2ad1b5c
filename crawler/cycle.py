"""One synchronization cycle of one source: the one flow that the daemon, the command line and the judge all run.

It decides, calls, stores; decides, calls, stores. The decisions are the pure functions of `crawler.sync`, the calls go
through `crawler.partner`, and what is learned goes into the `Journal`, which stores it under the source's lease.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import anyio

from crawler.clock import Clock, utc_now
from crawler.effort import Effort
from crawler.errors import GONE, LeaseLost, PartnerError, StoreError
from crawler.journal import Journal, Watch, unwatched
from crawler.partner import Partner
from crawler.protocol.envelope import Answer, Params, unverified
from crawler.protocol.implementation import ImplementationInfo, read_implementation
from crawler.protocol.objects import Content
from crawler.protocol.reading import Page, check_no_error, read_content, read_page
from crawler.store import Begun, Lease, Store, renewing
from crawler.sync.exports import (
    GiveUp,
    Send,
    Wait,
    created_content,
    decide_export,
    settle_failure,
    settle_given_up,
    settle_success,
    shown_content,
)
from crawler.sync.pages import Accepted, Listing, accept_page, page_mark, recognize
from crawler.sync.plan import ListStep, plan_cycle
from crawler.sync.report import CycleReport, Kind, ObjectReport
from crawler.sync.schedule import interval
from crawler.sync.source import Source
from crawler.sync.state import Outbox, OutboxEntry

LOOKUPS = 100
"""How many unknown threads are fetched in one cycle at most (LS9)."""

CYCLES_AT_ONCE = 100
"""How many cycles `cycles_until_idle` runs at most."""

T = TypeVar("T")


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
        journal = Journal(source, store, begun, kind, clock=clock, watch=watch)
        steps = Steps(source, partner, journal, begun, clock=clock)
        try:
            await steps.effort.of(work(steps))
        except PartnerError as error:
            journal.report.errors.append(error)
        except LeaseLost:
            with suppress(StoreError):  # it may have run out without anybody taking it
                await steps.end(interrupted=True)
            raise
        except StoreError:
            raise  # nothing more can be written
        except BaseException:
            await steps.end(interrupted=True)
            raise
        await steps.end()
        return journal.report


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


class Steps:
    """The steps of one cycle under way: what they share, and a method for each."""

    def __init__(self, source: Source, partner: Partner, journal: Journal, begun: Begun, *, clock: Clock) -> None:
        self.source = source
        self.partner = partner
        self.journal = journal
        self.report = journal.report
        self.begun = begun
        self.clock = clock
        self.effort = Effort()
        self.info_body: bytes | None = None
        self.begins_again = False

    async def run(self) -> None:
        """All of them, in the order of LS8."""
        info = await self.ask_info()
        for step in plan_cycle(self.source, info, self.begun.cursors, Outbox()).lists:
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
        for entry in (await self.journal.load_outbox()).pending:
            if not (untried and entry.attempts):
                await self.push(info, entry)

    @property
    def imported(self) -> bool:
        """Whether this cycle has stored anything that it pulled."""
        return any(report.new or report.updated for report in self.report.objects.values())

    async def ask_info(self) -> ImplementationInfo:
        """`implementation.info`, first in every cycle (IM1). From its answer to the next one is the interval (CY1)."""
        try:
            info = await self.ask("implementation.info", None, self.read_info, "a JSON object with 'objects'")
        finally:
            self.journal.info_ended()
        self.report.remarks += info.remarks
        self.report.interval = interval(self.source, info)
        return info

    def read_info(self, answer: Answer) -> ImplementationInfo:
        """What an answer declares."""
        info = read_implementation(self.source.name, answer.body)
        self.info_body = answer.body
        return info

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
                changes = accepted.changes or accepted.cursor != listing.cursor
                await self.journal.save(report, accepted, changes=changes)
                listing, self.begins_again = accepted.listing, accepted.begins_again
        finally:
            await self.journal.flush()

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
        stored = await self.journal.look_up(listing.cursor.object, page)
        return await self.effort.beside(size // 16, accept_page, self.source, listing, page, stored, now, mark=mark)

    async def look_up_threads(self, info: ImplementationInfo) -> None:
        """`threads.show` for each thread that a message names and nobody knows, once each (LS9)."""
        for thread_id in await self.journal.threads_to_look_up(LOOKUPS):
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
            await self.journal.save_thread(thread_id, page)

    def read_thread(self, info: ImplementationInfo, thread_id: str, answer: Answer) -> Page:
        """A thread that was asked for."""
        return read_content(self.source.name, "threads.show", "threads", answer.body, info).under(thread_id)

    async def push(self, info: ImplementationInfo, entry: OutboxEntry) -> None:
        """Send one export, or let it wait, or give it up (PU8, PU9)."""
        await self.journal.settle_before(entry)
        match decide_export(self.source, info, entry, self.journal.outbox):
            case Wait() as wait:
                self.report.waiting.append(wait)
            case GiveUp(reason=reason):
                self.journal.settle(entry, settle_given_up(entry, reason))
            case Send() as send:
                begun = await self.journal.begin(entry)
                if begun is None:
                    return
                try:
                    await self.attempt(info, replace(send, entry=begun))
                except PartnerError as error:
                    self.journal.settle(begun, settle_failure(begun, error))
                    if isinstance(error, GONE):
                        raise

    async def attempt(self, info: ImplementationInfo, send: Send) -> None:
        """One attempt, already committed as begun: sent, and settled by its answer (PU2, PU3, PU5)."""
        read = partial(self.read_outcome, info, send)
        outcome = await self.ask(send.action, send.params, read, "a JSON object: the content")
        if outcome is None:
            known = replace(self.journal.outbox.known(send.entry.object, send.target_id), deleted=True)
            self.journal.settle(send.entry, settle_success(send.entry), known, deleted=send.target_id)
        elif isinstance(outcome, Content):
            self.journal.settle_created(send, outcome)
        else:
            shown, remark = outcome
            self.journal.settle_shown(send, settle_success(send.entry, remark), shown)

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

    async def ask(self, action: str, params: Params | None, read: Callable[[Answer], T], expected: str) -> T:
        """Send an action; returns what `read` makes of its trusted answer."""

        def heard(answer: Answer) -> T:
            if not self.source.verify_signature:
                remark = unverified(answer, self.source.secret)
                if remark is not None and remark not in self.report.remarks:
                    self.report.remarks += (remark,)
            return read(answer)

        return await self.partner.ask(
            action,
            params,
            heard,
            expected=expected,
            record=self.journal.record,
            guard=self.journal.check_lease,
            keep_bytes=self.source.keep_bytes,
            effort=self.effort,
        )

    def note(self, error: PartnerError) -> None:
        """Report an error and go on, unless the endpoint is gone: then nothing else in this cycle can succeed."""
        if isinstance(error, GONE):
            raise error
        self.report.errors.append(error)

    async def end(self, *, interrupted: bool = False) -> None:
        """End the cycle, cancelled or not: what it has is stored, and the lease given back."""
        self.report.effort = self.effort.seconds
        with anyio.CancelScope(shield=True):
            await self.journal.close(self.info_body, interrupted=interrupted)
