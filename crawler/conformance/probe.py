"""What a probe is: one conversation with a partner, recorded for rules to judge. I/O, through `Partner` alone."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from crawler.agent import Agent
from crawler.clock import Clock, NewId
from crawler.conformance.evidence import Cycle, NotApplicable, Seen, Sent
from crawler.cycle import Event, run_cycle
from crawler.errors import GONE, KeptConnectionBroken, PartnerError, StoreError
from crawler.partner import Partner
from crawler.protocol.envelope import Exchange, Params, Request
from crawler.protocol.implementation import ImplementationInfo, read_implementation
from crawler.store import Store
from crawler.sync.state import Source

GONE_AT_MOST = 2
"""After how many requests in a row that found nobody a conversation ends; each may take the whole deadline."""


INFO = "implementation.info"


class Gone(Exception):
    """Raised to end a conversation with an endpoint that does not answer any more, or not to ``implementation.info``.

    Without that nothing else is sent in a cycle (IM1).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A conversation under a `name`; `about` says what it is for.

    `hold` has it; it comes after those in `needs`. One that `writes` changes something at the partner, and is held only
    if that is allowed. `seconds` is its deadline.
    """

    name: str
    about: str
    hold: Callable[["Talk"], Awaitable[None]]
    needs: tuple[str, ...] = ("declaration",)
    writes: bool = False
    seconds: float = 60


class Talk:
    """A conversation under way: sends, and records what came into `seen`.

    Nothing that a partner does is raised, but `Gone` when it has not been there for `GONE_AT_MOST` requests.
    `before` are the conversations that this one comes after.
    """

    def __init__(
        self,
        seen: Seen,
        before: Mapping[str, Seen],
        *,
        source: Source,
        partner: Partner,
        store: Store,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self.seen = seen
        self.before = before
        self.source = source
        self.partner = partner
        self.store = store
        self.clock = clock
        self.new_id = new_id
        self._gone = 0

    @property
    def info(self) -> ImplementationInfo:
        """What the partner declared. Raises `NotApplicable`."""
        return self.seen.declared

    async def ask(self, label: str, action: str, params: Params | None = None) -> Sent:
        """Send an action as the platform sends it."""
        return await self.send(label, self.partner.request(action, params))

    async def send(self, label: str, request: Request) -> Sent:
        """Send a request as it stands; over a fresh connection once more where a kept one is lost (TR11)."""
        kept: list[Exchange] = []
        error: PartnerError | None = None
        for fresh in (False, True):
            try:
                await self.partner.send(request, expected="a signed answer", record=kept.append, fresh=fresh)
                error = None
            except PartnerError as failure:
                error = failure
            if not isinstance(error, KeptConnectionBroken):
                break
        sent = self._keep(label, kept[-1], error)
        self._count(error)
        return sent

    async def cycle(self, label: str) -> Cycle:
        """Run one synchronization cycle, the same as the crawler's. One that is cut off leaves what it has sent."""
        kept: list[Exchange] = []
        sent: list[Sent] = []
        errors: dict[str, PartnerError] = {}

        def watch(event: Event) -> None:
            if isinstance(event, Exchange):
                kept.append(event)

        try:
            report = await run_cycle(self.source, self.store, partner=self.partner, clock=self.clock, watch=watch)
            errors = {error.action: error for error in report.errors}
        except StoreError as error:  # the store is in memory, and ours alone
            raise AssertionError(f"the judge's own store failed: {error}") from error
        finally:
            sent += [self._keep(label, it, errors.get(it.action) if it.error else None) for it in kept]
        cycle = Cycle(label=label, report=report, sent=sent)
        self.seen.cycles.append(cycle)
        failed = next((error for error in report.errors if error.action == INFO), None)
        if failed is not None and self.seen.info is not None:
            raise Gone(f"the endpoint did not answer implementation.info in the middle of it: {failed.came}")
        self._count(next((error for error in report.errors if isinstance(error, GONE)), None))
        return cycle

    def agent(self) -> Agent:
        """An agent at the source, under what the partner declared."""
        return Agent(self.source, self.store, self.info, clock=self.clock, new_id=self.new_id)

    def leave_out(self, label: str, reason: str) -> None:
        """Nothing is sent for `label`, because of `reason`."""
        self.seen.reasons[label] = reason

    @contextmanager
    def where_possible(self, *labels: str) -> Iterator[None]:
        """Leave `labels` out for the reason that the body raises `NotApplicable` with, if it does."""
        try:
            yield
        except NotApplicable as reason:
            for label in labels:
                self.seen.reasons.setdefault(label, str(reason))

    def _keep(self, label: str, exchange: Exchange, error: PartnerError | None) -> Sent:
        number = len(self.seen.sent) + 1
        sent = Sent(id=f"{self.seen.probe}.{number}", label=label, exchange=exchange, error=error)
        self.seen.sent.append(sent)
        return sent

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
