"""The judge at work: holds the conversations that the chosen rules read, and judges each rule by them. I/O."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Self

import anyio
import httpx

from crawler.clock import Clock, NewId, new_id, utc_now
from crawler.conformance.evidence import NotApplicable, Seen
from crawler.conformance.judgement import Judgement
from crawler.conformance.judging import judge
from crawler.conformance.probe import GONE_AT_MOST, Gone, Probe, Talk, read_info
from crawler.conformance.probes import PROBES
from crawler.conformance.probes.presence import PRESENCE
from crawler.conformance.rule import Outcome, Result, Rule
from crawler.conformance.rules import RULES
from crawler.partner import Partner
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
        self._gone = ""  # why it is doubtful, after a conversation, that the endpoint is still there
        self._given_up = False

    async def __aenter__(self) -> Self:
        self._partner = Partner(self.source, transport=self._transport, clock=self._clock)
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
            if self.probes[rule.probe].writes and not self._write:
                result = Result(rule=rule, outcome=Outcome.SKIPPED, reason=NOT_WRITTEN)
            else:
                result = judge(rule, await self.look(rule.probe), needed)
            self._results[rule.name] = result
        return self._results[rule.name]

    async def look(self, name: str) -> Seen:
        """What the probe of that name sees; it is held once."""
        if name in self.seen:
            return self.seen[name]
        probe = self.probes[name]
        if probe.writes:  # what only reads comes first, and sees the partner as it was
            for other in self.probes.values():
                if not other.writes:
                    await self.look(other.name)
        before = {needed: await self.look(needed) for needed in probe.needs}
        seen = self.seen[name] = Seen(probe=name)
        gone = next((earlier.broke_off for earlier in before.values() if earlier.facts.get("gone")), "")
        if gone := gone or await self._is_gone():
            seen.broke_off, seen.facts["gone"] = gone, True
            return seen
        if "declaration" in before:
            seen.info = read_info(before["declaration"].sent[0]) if before["declaration"].sent else None
        await self._hold(probe, seen, before)
        return seen

    async def _is_gone(self) -> str:
        """Why the endpoint is taken for gone; empty where it always was there, or is there again."""
        if self._gone and not self._given_up:
            seen = self.seen.setdefault(PRESENCE.name, Seen(probe=PRESENCE.name))
            before, self._gone = self._gone, ""
            await self._hold(PRESENCE, seen, {})
            self._given_up = bool(seen.broke_off)
            self._gone = before if self._given_up else ""
        return self._gone

    async def _hold(self, probe: Probe, seen: Seen, before: Mapping[str, Seen]) -> None:
        source = replace(
            self.source,
            name=f"{self.source.name} ({probe.name})",  # in the store a source of its own, which begins without cursors
            keep_bytes=self.source.max_answer_bytes,
            max_pages=PAGES,
        )
        ways = {"partner": self._partner, "store": self._store, "clock": self._clock, "new_id": self._new_id}
        talk = Talk(seen, before, source=source, **ways)  # type: ignore[arg-type]  # one by one
        enough = max(probe.seconds, (GONE_AT_MOST + 1) * self.source.deadline)  # to see that the endpoint is gone
        seconds = min(enough, self._until - anyio.current_time())
        with self._during(probe), anyio.move_on_after(max(seconds, 0)) as scope:
            try:
                await probe.hold(talk)
            except NotApplicable as reason:
                seen.broke_off, seen.facts["inapplicable"] = str(reason), True
            except Gone as gone:
                seen.broke_off, seen.facts["gone"] = str(gone), True
                self._gone = str(gone)
        if scope.cancelled_caught:
            what = "the whole run" if seconds < enough else f"the conversation '{probe.name}'"
            seen.broke_off = self._gone = f"{what} took longer than {max(seconds, 0):.0f} s"
