"""A whole run of the judge: what became of each rule, and the verdict. PURE."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from crawler.conformance.evidence import NotJudged, Remedy, Seen, Sent, no_info
from crawler.conformance.pace import Pace
from crawler.conformance.returned import written
from crawler.conformance.rule import JUDGED, Harm, Level, Outcome, Result, Rule
from crawler.errors import EndpointUnreachable
from crawler.protocol.credentials import Credentials
from crawler.sync.source import Source

FAILURES = frozenset({Outcome.FAILED, Outcome.STALE})
"""Outcomes with which a partner does not conform; a warning is one more where the run is strict."""
TROUBLED = (
    Outcome.FAILED, Outcome.STALE, Outcome.BROKEN, Outcome.WARNED, Outcome.NOTED, Outcome.ACCEPTED,
)  # fmt: skip
"""Outcomes that somebody should look at, the most urgent first."""
LOOKED_AT = 65_536
"""How many bytes of what was sent and came are looked through for secrets that a text about it may quote in part."""
HARM = {harm: place for place, harm in enumerate(Harm)}


class Verdict(StrEnum):
    """What a run says of a partner; no breach found is no proof that there is none."""

    BREACH = "does not conform"
    CLEAR = "no breach found"
    UNJUDGED = "could not be judged"


@dataclass(slots=True, kw_only=True)
class Judgement:
    """A run: the `results` in the order of the rules, and the conversations that they rest on.

    `broke_off` says why the run ended early, empty if it did not. With `strict`, warnings count as failures.
    `pace` is that at which the partner could be asked.
    """

    source: Source
    started: datetime
    ended: datetime
    results: Sequence[Result] = ()
    seen: Mapping[str, Seen] = field(default_factory=dict)
    broke_off: str = ""
    strict: bool = False
    pace: Pace = field(default_factory=Pace)

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many rules had each outcome."""
        return {outcome: sum(r.outcome is outcome for r in self.results) for outcome in Outcome}

    @property
    def failures(self) -> Sequence[Result]:
        """The results for which the partner does not conform."""
        counted = FAILURES | {Outcome.WARNED} if self.strict else FAILURES
        return [result for result in self.results if result.outcome in counted]

    @property
    def findings(self) -> Sequence[Result]:
        """What somebody should look at: by outcome, and then by harm. The first is finding 1."""
        found = [result for result in self.results if result.outcome in TROUBLED]
        return sorted(found, key=lambda it: (TROUBLED.index(it.outcome), HARM[it.rule.harm]))

    @property
    def judged(self) -> int:
        """How many rules were judged."""
        return sum(result.outcome in JUDGED for result in self.results)

    @property
    def applicable(self) -> int:
        """How many rules there are to judge this partner by: all but those that do not apply."""
        return sum(result.outcome is not Outcome.DOES_NOT_APPLY for result in self.results)

    @property
    def verdict(self) -> Verdict:
        """Whether a breach was found, or else whether what there is to judge was judged to its end."""
        if self.failures:
            return Verdict.BREACH
        if not self.judged or self.broke_off or self.undeclared or self.counts[Outcome.BROKEN]:
            return Verdict.UNJUDGED
        return Verdict.CLEAR

    @property
    def undeclared(self) -> str:
        """Why nothing was learnt of what the partner declares, if so: without that, next to nothing is asked."""
        declaration = self.seen.get("declaration")
        first = next(iter(declaration.sent), None) if declaration is not None else None
        return "" if first is None or first.succeeded else str(no_info(first))

    @property
    def conforms(self) -> bool:
        """Whether no breach was found, and each ``must`` that applies was judged."""
        left = (it for it in self.results if it.outcome is Outcome.NOT_JUDGED and it.rule.level is Level.MUST)
        return self.verdict is Verdict.CLEAR and not any(left)

    @property
    def headline(self) -> str:
        """The verdict with its figures, on one line."""
        counts = self.counts
        warned = [f"{counts[Outcome.WARNED]} warning{'s' if counts[Outcome.WARNED] != 1 else ''}"]
        more = [*(warned if counts[Outcome.WARNED] else ())]
        more += [f"{counts[Outcome.ACCEPTED]} accepted"] if counts[Outcome.ACCEPTED] else []
        figures = f"{self.judged} of {self.applicable} rules judged"
        match self.verdict:
            case Verdict.BREACH:
                broken = [f"{counts[Outcome.FAILED]} broken"] if counts[Outcome.FAILED] else []
                stale = [f"{counts[Outcome.STALE]} stale in the baseline"] if counts[Outcome.STALE] else []
                return ", ".join([f"{Verdict.BREACH}: {', '.join([*broken, *stale, *more])}", figures])
            case Verdict.CLEAR:
                return ", ".join([f"{'conforms: ' if self.conforms else ''}{Verdict.CLEAR}", figures, *more])
            case _:
                return ", ".join([Verdict.UNJUDGED, *([figures, *more] if self.judged else ())])

    @property
    def why_unjudged(self) -> str:
        """Why the verdict is that it could not be judged; empty where it is another one."""
        if self.verdict is not Verdict.UNJUDGED:
            return ""
        troubled = [it for it in self.results if it.outcome in (Outcome.BROKEN, Outcome.NOT_JUDGED)]
        reasons = [it.reason for it in sorted(troubled, key=lambda it: it.outcome is not Outcome.BROKEN)]
        reasons.append("no rule applies to what the partner declares")
        return self.broke_off or self.undeclared or reasons[0]

    @property
    def left_out(self) -> Mapping[Remedy, Sequence[Result]]:
        """What was not judged, by what would change that; the largest group first."""
        found: dict[Remedy, list[Result]] = {}
        for result in self.results:
            if result.remedy is not None:
                found.setdefault(result.remedy, []).append(result)
        return dict(sorted(found.items(), key=lambda it: -len(it[1])))

    @property
    def requests(self) -> int:
        """How many requests were sent, those that no rule reads included."""
        return max(self.pace.requests, len(self._sent))

    @property
    def unreached(self) -> Sequence[EndpointUnreachable]:
        """Why requests did not find an endpoint, in their order."""
        return [it.error for it in self._sent if isinstance(it.error, EndpointUnreachable)]

    @property
    def unreachable(self) -> bool:
        """Whether no request ever found an endpoint."""
        return bool(self._sent) and len(self.unreached) == len(self._sent)

    @property
    def left_behind(self) -> Sequence[tuple[str, str]]:
        """What was created at the partner and could not be deleted again: objects and ids, as they may be shown."""
        found = [it for seen in self.seen.values() for it in written(seen).left_behind]
        return [(name, self.shown(content_id)) for name, content_id in dict.fromkeys(found)]

    @property
    def _sent(self) -> Sequence[Sent]:
        return [sent for seen in self.seen.values() for sent in seen.sent]

    def shown(self, text: str) -> str:
        """A text as it may be shown: withheld where it holds a secret. What is compared is compared as it came."""
        return self.source.credentials.withhold(text)

    def withheld(self) -> "Judgement":
        """The judgement with results that may be shown."""
        results = [withheld(it, self.source.credentials) for it in self.results]
        return replace(self, results=results, broke_off=self.shown(self.broke_off))

    def cut_short(self, rules: Iterable[Rule], reason: str) -> "Judgement":
        """The judgement as it stands when the run is given up: the rest of `rules` is not judged for `reason`."""
        done = {result.rule.name for result in self.results}
        why = NotJudged(reason, Remedy.AGAIN)
        left = [
            Result(rule=rule, outcome=Outcome.NOT_JUDGED, reason=str(why), remedy=why.remedy)
            for rule in rules
            if rule.name not in done
        ]
        return replace(self, results=[*self.results, *left], broke_off=reason)


def withheld(result: Result, credentials: Credentials) -> Result:
    """The result as it may be shown; what was sent and came is as it was, and withheld by `exhibit`."""

    def shown(text: str, sent: Sent | None) -> str:
        """A text about what was sent, which may quote some of its bytes and break off anywhere."""
        cut = sent is not None and credentials.hold(sent.exchange.cut(LOOKED_AT).everything)
        return credentials.withhold(text, cut=cut)

    breaches = [
        replace(it, expected=shown(it.expected, it.sent), actual=shown(it.actual, it.sent)) for it in result.breaches
    ]
    evidence = [replace(it, note=shown(it.note, it.sent)) for it in result.evidence]
    return replace(result, reason=credentials.withhold(result.reason), breaches=breaches, evidence=evidence)
