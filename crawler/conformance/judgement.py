"""A whole run of the judge: what became of each rule, and whether the partner conforms. PURE."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from crawler.conformance.evidence import Seen, Sent
from crawler.conformance.rule import Outcome, Result, Rule
from crawler.errors import EndpointUnreachable
from crawler.protocol.signature import Secret
from crawler.sync.state import Source

FAILURES = frozenset({Outcome.FAILED, Outcome.STALE, Outcome.BROKEN})
"""Outcomes with which a partner does not conform; a warning is one more where the run is strict."""


@dataclass(slots=True, kw_only=True)
class Judgement:
    """A run: the `results` in the order of the rules, and the conversations that they rest on.

    `broke_off` says why the run ended early, empty if it did not. With `strict`, warnings count as failures.
    """

    source: Source
    started: datetime
    ended: datetime
    results: Sequence[Result] = ()
    seen: Mapping[str, Seen] = field(default_factory=dict)
    broke_off: str = ""
    strict: bool = False

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
    def judged(self) -> bool:
        """Whether any rule was judged: a run that skipped all of them says nothing about the partner."""
        return any(result.outcome is not Outcome.SKIPPED for result in self.results)

    @property
    def conforms(self) -> bool:
        """Whether rules were judged, to the end, and none failed."""
        return self.judged and not self.failures and not self.broke_off

    @property
    def verdict(self) -> str:
        """What is said of the partner in a few words, to stand after its name."""
        if self.conforms:
            return "conforms"
        if self.unreachable:
            return "was not reached"
        if self.failures:
            return "does not conform"
        return "was not judged to the end" if self.broke_off else "was not judged"

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
        """What was created at the partner and could not be deleted again: objects and ids."""
        found = [it for seen in self.seen.values() for it in seen.facts.get("left_behind", ())]
        return list(dict.fromkeys(found))

    @property
    def _sent(self) -> Sequence[Sent]:
        return [sent for seen in self.seen.values() for sent in seen.sent]

    def redacted(self) -> "Judgement":
        """The judgement as it may be shown: without the secret, which a partner may have spelled in odd ways."""
        results = [redacted(result, self.source.secret) for result in self.results]
        return replace(self, results=results, broke_off=self.source.secret.redact(self.broke_off))

    def cut_short(self, rules: Iterable[Rule], reason: str) -> "Judgement":
        """The judgement as it stands when the run is given up: the rest of `rules` is skipped for `reason`."""
        done = {result.rule.name for result in self.results}
        left = [Result(rule=rule, outcome=Outcome.SKIPPED, reason=reason) for rule in rules if rule.name not in done]
        return replace(self, results=[*self.results, *left], broke_off=reason)


def redacted(result: Result, secret: Secret) -> Result:
    """The result as it may be shown. What was sent and came is redacted where it is shown."""
    breaches = [
        replace(breach, expected=secret.redact(breach.expected), actual=secret.redact(breach.actual))
        for breach in result.breaches
    ]
    return replace(result, reason=secret.redact(result.reason), breaches=breaches)
