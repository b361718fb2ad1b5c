"""The way from the judge to a partner: at the pace that it bears, and with patience where it dies. I/O, by `Partner`.

Nothing that a limiter answers reaches a rule, as long as the partner can be asked more slowly. A partner that stops
answering is waited for, and what it seems to have died of is sent once more, to be sure.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import anyio
import httpx

from crawler.clock import Clock, utc_now
from crawler.conformance.evidence import Death, Sent
from crawler.conformance.pace import Pace, puts_off, says_so
from crawler.errors import (
    AddressRefused,
    ConnectionBroken,
    DeadlineExceeded,
    EndpointUnreachable,
    KeptConnectionBroken,
    PartnerError,
)
from crawler.partner import Partner, Record, unrecorded
from crawler.protocol.envelope import Answer, Exchange, Request
from crawler.sync.source import Source

RESTART_WAIT = 10.0
"""Seconds for which a partner that stopped answering is waited for."""
FIRST_LOOK = 0.25
"""Seconds until a second look whether it is there again; each further one takes twice as long."""
NOBODY_BEHIND = (502, 504)
"""Statuses by which a proxy says that nobody answers behind it; once it is known that somebody died, 503 does too."""

Sleep = Callable[[float], Awaitable[None]]
Elapsed = Callable[[], float]
"""Seconds since some moment; never goes back."""
Keep = Callable[[Exchange, PartnerError | None], Sent | None]
Died = Callable[[Sent], Death]
"""Makes a death of the request that the endpoint died of."""


def kept_by_nobody(_exchange: Exchange, _error: PartnerError | None) -> None:
    """Keep nothing."""


def patient(_seconds: float) -> None:
    """There is no deadline that would have to be put off."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A request that was sent once, and what came of it."""

    exchange: Exchange
    error: PartnerError | None = None

    @property
    def answer(self) -> Answer | None:
        """The answer, trusted or not."""
        return self.exchange.answer

    @property
    def reached(self) -> bool:
        """Whether somebody took the connection."""
        return not isinstance(self.error, EndpointUnreachable)

    @property
    def silent(self) -> bool:
        """Whether perhaps nobody is there who could answer."""
        if isinstance(self.error, AddressRefused | KeptConnectionBroken):
            return False  # that is our own decision; and who closes a connection that was kept may be there (TR11)
        nobody = isinstance(self.error, EndpointUnreachable | DeadlineExceeded | ConnectionBroken)
        return nobody or (self.answer is not None and self.answer.status in NOBODY_BEHIND)


class Witness(Partner):
    """The partner, of whom `keep` is told each exchange as it was on the wire, with the error that it ended in, if any.

    `pace` is what the partner bears; `deaths` are those that were seen so far. `patience` is called before a wait, with
    its seconds, so that no deadline counts it. For who keeps, `silent` says whether the last request had no answer, and
    `meant` whether one that was busy is the answer to just that request (`Sent.meant`).
    """

    def __init__(
        self,
        source: Source,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = anyio.sleep,
        elapsed: Elapsed = anyio.current_time,
        restart_wait: float = RESTART_WAIT,
    ) -> None:
        super().__init__(source, transport=transport, clock=clock)
        self.keep: Keep = kept_by_nobody
        self.patience: Callable[[float], None] = patient
        self.silent = False
        self.meant = False
        self.pace = Pace()
        self.deaths: list[Death] = []
        self._sleep = sleep
        self._elapsed = elapsed
        self._restart_wait = restart_wait
        self._there = False  # it has answered before, and was not waited for in vain since
        self._before: tuple[Request, Sent | None] | None = None
        self._killers: set[str] = set()
        self._busy: set[str] = set()

    async def send(
        self, request: Request, *, expected: str, record: Record = unrecorded, fresh: bool = False
    ) -> Answer:
        """Send a request, as soon as the partner bears it; see `Partner.send`.

        One over a kept connection that was lost says nothing of a partner that is there, and is not kept: it is
        repeated (TR11).
        """
        tried = await self._paced(request, expected, fresh=fresh)
        if isinstance(tried.error, KeptConnectionBroken):
            if not self._there or not await self._is_down():
                record(tried.exchange)
                raise tried.error
            broken = ConnectionBroken(self.source.name, request.action, expected=expected, came=tried.error.came)
            tried = Tried(tried.exchange, broken)
        died: Died | None = None
        if tried.silent and self._there:
            tried, died = await self._after_silence(request, tried, expected)
        self.meant = request.action in self._busy and tried.answer is not None and not says_so(tried.answer)
        sent = self.keep(tried.exchange, tried.error)
        record(tried.exchange)
        if died is not None and sent is not None:
            self.deaths.append(died(sent))
        self._before = request, sent
        if tried.error is not None:
            raise tried.error
        assert tried.answer is not None  # noqa: S101 - else there is an error
        return tried.answer

    async def wait(self, seconds: float) -> None:
        """Let time pass, which no deadline counts."""
        self.patience(seconds)
        await self._sleep(seconds)

    async def _once(self, request: Request, expected: str, *, fresh: bool = False) -> Tried:
        """Send a request as it stands. One that is cut off was sent all the same, and is kept."""
        if due := self.pace.due(self._elapsed()):
            await self.wait(due)
        self.pace.asked(self._elapsed())
        kept: list[Exchange] = []
        error: PartnerError | None = None
        try:
            await super().send(request, expected=expected, record=kept.append, fresh=fresh)
        except PartnerError as failure:
            error = failure
        except BaseException:
            for exchange in kept:
                self.keep(exchange, None)
            raise
        tried = Tried(kept[0], error)
        self._there = self._there or not tried.silent
        return tried

    async def _paced(self, request: Request, expected: str, *, fresh: bool = False) -> Tried:
        """Send a request, and again after a pause as often as it is put off, within bounds."""
        put_off = 0
        while True:
            tried = await self._once(request, expected, fresh=fresh)
            if tried.answer is None or not puts_off(tried.answer) or not self._may_be_sent_again(request, tried.answer):
                break
            put_off += 1
            pause = self.pace.pause(tried.answer, put_off, self._clock())
            if pause is None or (put_off > 1 and await self._means_it(request, tried.answer)):
                return tried
            await self.wait(pause)
        if tried.answer is not None:
            self.pace.answered(self._elapsed(), after_pauses=put_off > 0)
        return tried

    def _may_be_sent_again(self, request: Request, answer: Answer) -> bool:
        """Whether that can do no harm: who is asked too often has done nothing, but who crashes may have."""
        if not says_so(answer) and request.action in self._busy:
            return False
        reads = request.action.partition(".")[2] in ("info", "list", "show")
        return reads or says_so(answer) or self.pace.interval > 0

    async def _means_it(self, request: Request, answer: Answer) -> bool:
        """Whether a 503 without advice is the answer to just that request: after a pause others are answered."""
        if says_so(answer) or await self._is_down():
            return False
        self._busy.add(request.action)
        return True

    async def _after_silence(self, request: Request, tried: Tried, expected: str) -> tuple[Tried, Died | None]:
        """What came of a request in the end that met with silence; and how the endpoint died of it, if it did."""
        down = await self._back()
        if down is None:
            died = partial(Death, down=self._restart_wait, back=False, sure=False)
            return tried, died if tried.reached else None
        if not down:  # it is there: nobody took the connection by chance, or that is its answer
            return tried if tried.reached else await self._paced(request, expected, fresh=True), None
        if tried.reached:
            if _key(request) in self._killers:
                return tried, partial(Death, down=down)
            again = await self._paced(self._repeated(request), expected, fresh=True)
            if again.silent:
                return tried, partial(Death, down=down, back=self._there) if await self._killed(request) else None
            tried = again
        await self._suspect_the_one_before(down, expected)
        return tried if tried.reached else await self._paced(request, expected, fresh=True), None

    async def _suspect_the_one_before(self, down: float, expected: str) -> None:
        """Send the request before once more, to see whether the endpoint dies of it, though it was answered."""
        if self._before is None:
            return
        request, sent = self._before
        if _key(request) not in self._killers:
            await self._paced(self._repeated(request), expected, fresh=True)
            if not await self._killed(request):
                return
        if sent is not None:
            self.deaths.append(Death(sent, down=down, back=self._there))

    async def _killed(self, request: Request) -> bool:
        """Whether the endpoint is down again, after a request that was repeated; it is waited for once more."""
        down = await self._back()
        if down == 0:
            return False
        self._killers.add(_key(request))
        return True

    async def _back(self) -> float | None:
        """After how many seconds somebody answers: 0 where it is at once, `None` where nobody does within the wait."""
        self.patience(self._restart_wait)
        begun, pause, waited = self._elapsed(), FIRST_LOOK, False
        while await self._is_down():
            left = self._restart_wait - (self._elapsed() - begun)
            if left <= 0:
                self._there = False
                return None
            await self._sleep(min(pause, left))
            pause, waited = pause * 2, True
        return self._elapsed() - begun if waited else 0

    async def _is_down(self) -> bool:
        """Whether nobody answers ``implementation.info``, be it with an error."""
        looked = await self._once(self.request("implementation.info"), "an answer", fresh=True)
        return looked.silent or (looked.answer is not None and looked.answer.status == 503)

    def _repeated(self, request: Request) -> Request:
        """The request as it is repeated: a create says so, as the platform's does (PU2)."""
        if request.params.get("retry") is not False:
            return request
        return self.request(request.action, {**request.params, "retry": True})


def _key(request: Request) -> str:
    """What makes a request the same as another one: all but its time, and whether it is a retry."""
    params = {name: value for name, value in request.params.items() if name != "retry"}
    return json.dumps([request.action, params], sort_keys=True, default=str) if params else request.body.hex()
