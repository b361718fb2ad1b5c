"""What a probe is: one conversation with a partner, recorded for rules to judge. I/O, through `Witness` alone."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import inf

from crawler.agent import Agent
from crawler.clock import Clock, NewId
from crawler.conformance.evidence import UNJUDGED, Cycle, NotJudged, Remedy, Seen, Sent, Unjudged
from crawler.conformance.timeline import Page, pages
from crawler.conformance.witness import NOBODY_BEHIND, Witness, kept_by_nobody
from crawler.cycle import run_cycle
from crawler.errors import GONE, ConnectionBroken, ErrorStatus, PartnerError, StoreError
from crawler.protocol.envelope import INTERRUPTED, Exchange, Params, Request, verdict
from crawler.protocol.implementation import ImplementationInfo, read_implementation
from crawler.store import Store
from crawler.sync.source import Source

GONE_AT_MOST = 2
"""After how many requests in a row that found nobody a conversation ends; each may take the whole deadline."""

PAGES = 40
"""How many pages are read on at most from a position."""
INFO = "implementation.info"
NO_ANSWER = (*GONE, ConnectionBroken)
"""Errors of requests to which there was no answer, or only the beginning of one."""


class Gone(Exception):
    """Raised to end a conversation with an endpoint that does not answer any more, or not to ``implementation.info``.

    Without that nothing else is sent in a cycle (IM1).
    """


def always(_info: ImplementationInfo) -> None:
    """Any partner declares what the conversation is about."""


def nothing(_info: ImplementationInfo) -> Mapping[str, int]:
    """Nothing is created."""
    return {}


def everything(_info: ImplementationInfo) -> Mapping[str, str]:
    """Nothing is left out, whatever the partner declares."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A conversation under a `name`; `about` says what it is for.

    `hold` has it; it comes after those in `needs`. One that `writes` changes something at the partner, and is held only
    if that is allowed. `applies` raises `DoesNotApply` where the partner does not declare what it is about, and
    `undeclared` says for which labels nothing is sent for that reason, and why; `count` how many contents of each
    object it creates, where the partner does all that it declares. `seconds` is its deadline.
    """

    name: str
    about: str
    hold: Callable[["Talk"], Awaitable[None]]
    needs: tuple[str, ...] = ("declaration",)
    writes: bool = False
    applies: Callable[[ImplementationInfo], object] = always
    undeclared: Callable[[ImplementationInfo], Mapping[str, str]] = everything
    count: Callable[[ImplementationInfo], Mapping[str, int]] = nothing
    seconds: float = 60


class Talk:
    """A conversation under way: sends, and records what came into `seen`.

    Nothing that a partner does is raised, but `Gone` when it has not been there for `GONE_AT_MOST` requests, and
    `NotJudged` where it puts cycles off.
    `before` are the conversations that this one comes after. Once `requests_at_most` were sent in the whole run, no
    further one is: that raises `NotJudged`.
    """

    def __init__(
        self,
        seen: Seen,
        before: Mapping[str, Seen],
        *,
        source: Source,
        partner: Witness,
        store: Store,
        clock: Clock,
        new_id: NewId,
        requests_at_most: float = inf,
    ) -> None:
        self.seen = seen
        self.before = before
        self.source = source
        self.partner = partner
        self.store = store
        self.clock = clock
        self.new_id = new_id
        self._requests_at_most = requests_at_most
        self._gone = 0

    @property
    def info(self) -> ImplementationInfo:
        """What the partner declared. Raises `NotJudged`."""
        return self.seen.declared

    @property
    def left(self) -> float:
        """How many requests may be sent yet."""
        return max(self._requests_at_most - self.partner.pace.requests, 0)

    async def sleep(self, seconds: float) -> None:
        """Let time pass, which no deadline counts."""
        await self.partner.wait(seconds)

    async def ask(self, label: str, action: str, params: Params | None = None) -> Sent:
        """Send an action as the platform sends it."""
        return await self.send(label, self.partner.request(action, params))

    async def send(self, label: str, request: Request) -> Sent:
        """Send a request as it stands; over a fresh connection once more where a kept one is lost (TR11)."""
        for fresh in (False, True):
            self._spend()
            with self._recording(label) as recorded, suppress(PartnerError):
                await self.partner.send(request, expected="a signed answer", fresh=fresh)
            if recorded:
                break
        self._count(recorded[-1].error)
        return recorded[-1]

    async def walk(self, label: str, object_name: str, since_id: str | None) -> AsyncIterator[Page]:
        """List from a position, and on from each answer's newest content until nothing is newer; `PAGES` at most.

        What is answered with no page ends it.
        """
        for _ in range(PAGES):
            sent = await self.ask(label, f"{object_name}.list", {"since_id": since_id} if since_id else None)
            page = next(iter(pages([sent], object_name)), None)
            if page is None:
                return
            yield page
            if page.head in (None, since_id):
                return
            since_id = page.head

    async def cycle(self, label: str) -> Cycle:
        """Run one synchronization cycle, the same as the crawler's. One that is cut off leaves what it has sent."""
        self._spend()
        with self._recording(label) as recorded:
            try:
                report = await run_cycle(self.source, self.store, partner=self.partner, clock=self.clock)
            except StoreError as error:  # the store is in memory, and ours alone
                raise AssertionError(f"the judge's own store failed: {error}") from error
        cycle = Cycle(label=label, report=report, sent=recorded)
        self.seen.cycles.append(cycle)
        failed = next((error for error in report.errors if error.action == INFO), None)
        if isinstance(failed, ErrorStatus) and failed.status in (429, 503) and self.seen.info is not None:
            raise NotJudged(
                f"implementation.info was put off, since the judge asks so often: {failed.came}", Remedy.PACE
            )
        if failed is not None and self.seen.info is not None:
            raise Gone(f"the endpoint did not answer implementation.info in the middle of it: {failed.came}")
        self._count(next((error for error in report.errors if isinstance(error, GONE)), None))
        return cycle

    def agent(self) -> Agent:
        """An agent at the source, under what the partner declared."""
        return Agent(self.source, self.store, self.info, clock=self.clock, new_id=self.new_id)

    def leave_out(self, label: str, reason: Unjudged) -> None:
        """Nothing is sent for `label`, because of `reason`."""
        self.seen.reasons.setdefault(label, reason)

    @contextmanager
    def where_possible(self, *labels: str) -> Iterator[None]:
        """Leave `labels` out for the reason that the body raises, if it does."""
        try:
            yield
        except UNJUDGED as reason:
            for label in labels:
                self.seen.reasons.setdefault(label, reason)

    @contextmanager
    def _recording(self, label: str) -> Iterator[list[Sent]]:
        """Note under `label` what the body sends, also where that is cut off."""
        recorded: list[Sent] = []

        def keep(exchange: Exchange, error: PartnerError | None) -> Sent:
            nobody_behind = exchange.answer is not None and exchange.answer.status in NOBODY_BEHIND
            silent = nobody_behind or isinstance(error, NO_ANSWER)
            sent = Sent(
                id=f"{self.seen.probe}.{len(self.seen.sent) + 1}",
                label=label,
                exchange=self._verified(exchange),
                error=error,
                found_nobody=silent and self.partner.silent,
                meant=self.partner.meant,
            )
            if exchange.error != INTERRUPTED:
                self.partner.silent = silent
            recorded.append(sent)
            self.seen.sent.append(sent)
            return sent

        self.partner.keep = keep
        try:
            yield recorded
        finally:
            self.partner.keep = kept_by_nobody

    def _verified(self, exchange: Exchange) -> Exchange:
        """The exchange with what its signature is worth, also where signatures are not verified but one is there."""
        answer = exchange.answer
        if exchange.verdict != "unchecked" or answer is None or answer.signature is None:
            return exchange
        return replace(exchange, verdict=verdict(answer, self.source.secret))

    def _spend(self) -> None:
        if not self.left:
            raise NotJudged(f"the {self._requests_at_most:.0f} requests that it may take were sent", Remedy.REQUESTS)

    def _count(self, error: PartnerError | None) -> None:
        self._gone = self._gone + 1 if isinstance(error, GONE) else 0
        if self._gone == GONE_AT_MOST:
            raise Gone(f"the endpoint did not answer {GONE_AT_MOST} times in a row: {error.came if error else ''}")


def must_be_there(sent: Sent) -> None:
    """Raises `Gone` where the request found nobody: for one without which no other makes sense."""
    if isinstance(sent.error, GONE):
        raise Gone(f"the endpoint did not answer: {sent.error.came}")


def read_info(sent: Sent) -> ImplementationInfo | None:
    """What an answer to ``implementation.info`` declares, `None` where it cannot be read."""
    if not sent.succeeded:
        return None
    try:
        return read_implementation("", sent.body)
    except PartnerError:
        return None
