"""The judge at work: holds the conversations that the chosen rules read, and judges each rule by them. I/O."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Self

import anyio
import httpx

from crawler.clock import Clock, NewId, new_id, utc_now
from crawler.conformance.evidence import UNJUDGED, DoesNotApply, NotJudged, Remedy, Seen, Unjudged, no_info
from crawler.conformance.judgement import Judgement
from crawler.conformance.judging import judge
from crawler.conformance.probe import GONE_AT_MOST, Gone, Probe, Talk, Witness, read_info
from crawler.conformance.probes import PROBES
from crawler.conformance.probes.presence import PRESENCE
from crawler.conformance.rule import Result, Rule
from crawler.conformance.rules import RULES
from crawler.protocol.implementation import ImplementationInfo
from crawler.store import Store
from crawler.sync.state import Source

NOT_WRITTEN = "it writes at the partner, and --write was not given"
SECONDS = 300.0
"""The deadline of a whole run."""
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
    created, changed and deleted at the partner. `during` is around each conversation, which may take its time.
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
        during: During = unseen,
        rules: Sequence[Rule] = RULES,
        probes: Iterable[Probe] = PROBES,
    ) -> None:
        self.source = source
        self.rules = {rule.name: rule for rule in rules}
        self.probes = {probe.name: probe for probe in probes}
        self.seen: dict[str, Seen] = {}
        self.judgement: Judgement | None = None
        self._transport = transport
        self._clock = clock
        self._new_id = new_id
        self._write = write
        self._seconds = seconds
        self._during = during
        self._results: dict[str, Result] = {}
        self._gone: Unjudged | None = None  # why it is doubtful, after a conversation, that the endpoint is there
        self._given_up = False

    async def __aenter__(self) -> Self:
        self._partner = Witness(self.source, transport=self._transport, clock=self._clock)
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
            source=self.source, started=now, ended=now, results=results, seen=self.seen
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
        probe = self.probes[name]
        allowed = self._write or not probe.writes
        if probe.writes and allowed:  # what only reads comes first, and sees the partner as it was
            for other in self.probes.values():
                if not other.writes:
                    await self.look(other.name)
        before = {needed: await self.look(needed) for needed in probe.needs}
        seen = self.seen[name] = Seen(probe=name, verified=self.source.verify_signature)
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
        ways = {"partner": self._partner, "store": self._store, "clock": self._clock, "new_id": self._new_id}
        talk = Talk(seen, before, source=source, **ways)  # type: ignore[arg-type]  # one by one
        enough = max(probe.seconds, (GONE_AT_MOST + 1) * self.source.deadline)  # to see that the endpoint is gone
        seconds = min(enough, self._until - anyio.current_time())
        with self._during(probe), anyio.move_on_after(max(seconds, 0)) as scope:
            try:
                await probe.hold(talk)
            except UNJUDGED as reason:
                seen.ended = reason
            except Gone as gone:
                seen.ended = self._gone = NotJudged(str(gone), Remedy.THERE)
                seen.gone = True
        if scope.cancelled_caught:
            what = "the whole run" if seconds < enough else f"the conversation '{probe.name}'"
            seen.ended = self._gone = NotJudged(f"{what} took longer than {max(seconds, 0):.0f} s", Remedy.TIME)
