"""The judge at work: holds the conversations that the chosen rules read, and judges each rule by them. I/O."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from math import inf
from typing import Self

import anyio
import httpx

from crawler.clock import Clock, NewId, new_id, utc_now
from crawler.conformance.chapters.declaration.probes.declaration import PRESENCE
from crawler.conformance.chapters.errors.probes.survival import SURVIVAL, summed_up
from crawler.conformance.chapters.errors.survival import SURVIVES
from crawler.conformance.evidence import UNJUDGED, DoesNotApply, NotJudged, Remedy, Seen, Unjudged, no_info
from crawler.conformance.judgement import Judgement
from crawler.conformance.judging import judge
from crawler.conformance.probe import GONE_AT_MOST, Gone, Probe, Talk, read_info
from crawler.conformance.probes import PROBES
from crawler.conformance.rule import Result, Rule
from crawler.conformance.rules import RULES
from crawler.conformance.tidying import leave_as_found
from crawler.conformance.witness import RESTART_WAIT, Elapsed, Sleep, Witness
from crawler.protocol.implementation import ImplementationInfo
from crawler.store import Store
from crawler.sync.source import Source

NOT_WRITTEN = "it writes at the partner, and --write was not given"
SECONDS = 300.0
"""The deadline of a whole run."""
REQUESTS = 1000
"""How many requests a run takes at most: on the way 50 ms each, with a little for the answers, are a minute."""
PAGES = 20
"""How many pages of an object one cycle reads at most: a partner with a million messages is sampled, not imported."""

Watch = Callable[[Result], None]
During = Callable[[Probe], AbstractContextManager[object]]
"""What is put around each conversation."""


def unwatched(_result: Result) -> None:
    """Watch nothing."""


def unseen(_probe: Probe) -> AbstractContextManager[None]:
    """Show nothing."""
    return nullcontext()


class Suite:
    """The rules over one endpoint. Use it as an async context manager.

    A conversation is held when the first rule that reads it is judged. After one in which the endpoint was gone, the
    next is held only if it is there again. `transport` replaces the network. `write` says whether contents may be
    created, changed and deleted at the partner. `during` is around each conversation, which may take its time. At most
    `requests_at_most` requests are sent, but that a conversation which writes comes to its end. An endpoint that stops
    answering is waited for, `restart_wait` seconds; `sleep` and `elapsed` are for that, and for the pace that it bears.
    """

    def __init__(
        self,
        source: Source,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = utc_now,
        new_id: NewId = new_id,
        write: bool = False,
        seconds: float = SECONDS,
        requests_at_most: int = REQUESTS,
        restart_wait: float = RESTART_WAIT,
        sleep: Sleep = anyio.sleep,
        elapsed: Elapsed = anyio.current_time,
        during: During = unseen,
        rules: Sequence[Rule] = RULES,
        probes: Iterable[Probe] = PROBES,
    ) -> None:
        self.source = source
        self.rules = {rule.name: rule for rule in rules}
        self.probes = {probe.name: probe for probe in probes if probe is not SURVIVAL}
        self.seen: dict[str, Seen] = {}
        self.judgement: Judgement | None = None
        self._witness = partial(
            Witness, source, transport=transport, clock=clock, sleep=sleep, elapsed=elapsed, restart_wait=restart_wait
        )
        self._clock = clock
        self._new_id = new_id
        self._write = write
        self._seconds = seconds
        self._requests_at_most = requests_at_most
        self._during = during
        self._results: dict[str, Result] = {}
        self._gone: Unjudged | None = None  # why it is doubtful, after a conversation, that the endpoint is there
        self._given_up = False

    async def __aenter__(self) -> Self:
        self._partner = self._witness()
        self._store = Store.open("sqlite://", clock=self._clock)
        self._until = anyio.current_time() + self._seconds
        return self

    async def __aexit__(self, *_: object) -> None:
        self._store.close()
        await self._partner.aclose()

    async def run(self, rules: Sequence[Rule], watch: Watch = unwatched, unwanted: Collection[Rule] = ()) -> Judgement:
        """Judge `rules`, in that order, and with them what keeps any of them from being judged, unless `unwanted`.

        What `watch` raises, and a cancellation, leave what was judged in `judgement`.
        """
        results: list[Result] = []
        now = self._clock()
        judgement = self.judgement = Judgement(
            source=self.source, started=now, ended=now, results=results, seen=self.seen, pace=self._partner.pace
        )
        told = {rule.name for rule in (*rules, *unwanted)}
        for rule in rules:
            result = await self.judge(rule)
            judgement.ended = self._clock()
            if result.blocked_by and result.blocked_by not in told:
                told.add(result.blocked_by)
                results.append(self._results[result.blocked_by])
                watch(results[-1])
            results.append(result)
            watch(result)
        if self._partner.deaths and SURVIVAL.name not in self.seen and SURVIVES.name not in told:
            await self._sum_up(hold_others=False)
            results.append(await self.judge(SURVIVES))
            watch(results[-1])
        judgement.broke_off = next(filter(None, (seen.cut_off for seen in self.seen.values())), "")
        return judgement

    async def judge(self, rule: Rule) -> Result:
        """What becomes of one rule, and first of those that it needs."""
        if rule.name not in self._results:
            needed = {name: await self.judge(self.rules[name]) for name in rule.needs}
            self._results[rule.name] = judge(rule, await self.look(rule.probe), needed)
        return self._results[rule.name]

    async def look(self, name: str) -> Seen:
        """What the probe of that name sees; it is held once."""
        if name in self.seen:
            return self.seen[name]
        if name == SURVIVAL.name:
            return await self._sum_up(hold_others=True)
        probe = self.probes[name]
        allowed = self._write or not probe.writes
        if probe.writes and allowed:  # what only reads comes first, and sees the partner as it was
            for other in self.probes.values():
                if not other.writes:
                    await self.look(other.name)
        before = {needed: await self.look(needed) for needed in probe.needs}
        seen = self.seen[name] = Seen(probe=name, verified=self.source.verify_signature, deaths=self._partner.deaths)
        first = next(iter(before["declaration"].sent), None) if "declaration" in before else None
        seen.info = read_info(first) if first is not None else None
        if seen.info is not None:
            seen.reasons |= {label: DoesNotApply(why) for label, why in probe.undeclared(seen.info).items()}
        gone = next((earlier.ended for earlier in before.values() if earlier.gone), None)
        if not_held := self._inapplicable(probe, seen.info):
            seen.ended = not_held
        elif gone or (allowed and (gone := await self._is_gone())):
            seen.ended, seen.gone = gone, True
        elif not allowed:
            seen.ended = NotJudged(NOT_WRITTEN, Remedy.WRITE)
        elif first is not None and not first.succeeded:
            seen.ended = no_info(first)
        else:
            await self._hold(probe, seen, before)
        return seen

    async def _sum_up(self, *, hold_others: bool) -> Seen:
        """What became of the endpoint in all conversations, of which those that were not held yet may be held first."""
        others = [it for it in self.probes if hold_others or it in self.seen]
        held = [await self.look(it) for it in others]
        self.seen[SURVIVAL.name] = summed_up(held, self._partner.deaths)
        return self.seen[SURVIVAL.name]

    @staticmethod
    def _inapplicable(probe: Probe, info: ImplementationInfo | None) -> DoesNotApply | None:
        """Why the conversation is about something that the partner does not declare, if so."""
        try:
            if info is not None:
                probe.applies(info)
        except DoesNotApply as reason:
            return reason
        return None

    async def _is_gone(self) -> Unjudged | None:
        """Why the endpoint is taken for gone; `None` where it always was there, or is there again."""
        if self._gone and not self._given_up:
            seen = self.seen.setdefault(PRESENCE.name, Seen(probe=PRESENCE.name))
            before, self._gone = self._gone, None
            await self._hold(PRESENCE, seen, {})
            self._given_up = seen.ended is not None
            self._gone = before if self._given_up else None
        return self._gone

    async def _hold(self, probe: Probe, seen: Seen, before: Mapping[str, Seen]) -> None:
        source = replace(
            self.source,
            name=f"{self.source.name} ({probe.name})",  # in the store a source of its own, which begins without cursors
            max_pages=PAGES,
        )
        talk = Talk(
            seen,
            before,
            source=source,
            partner=self._partner,
            store=self._store,
            clock=self._clock,
            new_id=self._new_id,
            requests_at_most=self._most_for(probe),
        )
        enough = max(probe.seconds, (GONE_AT_MOST + 1) * self.source.deadline)  # to see that the endpoint is gone
        seconds = min(enough, self._until - anyio.current_time())
        held = False
        try:
            with self._during(probe), anyio.move_on_after(max(seconds, 0)) as scope:
                self._partner.patience = partial(self._put_off, scope)
                try:
                    await probe.hold(talk)
                    held = True
                except UNJUDGED as reason:
                    seen.ended = reason
                except Gone as gone:
                    seen.ended = self._gone = NotJudged(str(gone), Remedy.THERE)
                    seen.gone = True
        finally:
            if not held:
                await leave_as_found(talk)
        if scope.cancelled_caught:
            what = "the whole run" if seconds < enough else f"the conversation '{probe.name}'"
            seen.ended = self._gone = NotJudged(f"{what} took longer than {max(seconds, 0):.0f} s", Remedy.TIME)

    def _most_for(self, probe: Probe) -> float:
        """How many requests may have been sent in the end: what writes is not begun without room, and tidies up."""
        if probe.writes and self._partner.pace.requests < self._requests_at_most:
            return inf
        return self._requests_at_most

    def _put_off(self, scope: anyio.CancelScope, seconds: float) -> None:
        """Put the deadline of a conversation off by what is waited, but not that of the whole run."""
        scope.deadline = min(scope.deadline + seconds, self._until)
