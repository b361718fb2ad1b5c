"""What a rule is: one requirement, judged by a small pure function over what a probe saw. PURE.

A rule is a generator of breaches. It yields nothing where the partner keeps it, and raises `NotApplicable` where there
is nothing to judge. Its docstring is its page: the requirement in the first paragraph, then ``Why:`` and ``Mend:``::

    @rule(Level.MUST, "SG5", page="request-response", probe="signatures", needs=["info-answers"])
    def unsigned_refused(seen: Seen) -> Iterator[Breach]:
        '''A request without a signature is refused.

        Why: …

        Mend: …
        '''
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crawler.conformance.evidence import Seen, Sent


class Level(StrEnum):
    """What a breach means: the partner does not conform, or it should do better, or nobody can say.

    Nobody can say where the guide is silent or contradicts itself.
    """

    MUST = "must"
    SHOULD = "should"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One place where a rule is broken: what was `expected`, what was the case (`actual`), and the exchange if any."""

    expected: str
    actual: str
    sent: Sent | None = None


Check = Callable[[Seen], Iterator[Breach]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A requirement, under a `name` that stays.

    `ids` are the rules of PROTOCOL.md that it stands on, `page` is the page of the vendor's guide, `probe` the
    conversation that it reads, `needs` the rules without which judging it makes no sense.
    """

    name: str
    chapter: str
    level: Level
    ids: tuple[str, ...]
    page: str
    probe: str
    needs: tuple[str, ...]
    check: Check

    @property
    def paragraphs(self) -> tuple[str, str, str]:
        """The requirement, why the platform cares, and how to mend it."""
        requirement, why, mend = (" ".join(part.split()) for part in (inspect.getdoc(self.check) or "").split("\n\n"))
        return requirement, why.removeprefix("Why: "), mend.removeprefix("Mend: ")

    @property
    def title(self) -> str:
        """The requirement in one sentence."""
        return self.paragraphs[0]


class Chapter:
    """Collects the rules of one chapter, in the order in which they are written."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rules: list[Rule] = []

    def rule(
        self, level: Level, *ids: str, page: str, probe: str, needs: Iterable[str] = ()
    ) -> Callable[[Check], Check]:
        """Make a rule of a function; its name with hyphens is the rule's."""

        def register(check: Check) -> Check:
            name = check.__name__.replace("_", "-")
            self.rules.append(
                Rule(
                    name=name,
                    chapter=self.name,
                    level=level,
                    ids=ids,
                    page=page,
                    probe=probe,
                    needs=tuple(needs),
                    check=check,
                )
            )
            return check

        return register


class Outcome(StrEnum):
    """What became of a rule.

    A breach makes a ``must`` failed, a ``should`` warned, an ``unclear`` noted. A failure that the baseline lists is
    accepted; an entry of the baseline that no longer fails is stale. `BROKEN` is a fault of the judge itself.
    """

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOTED = "noted"
    SKIPPED = "skipped"
    ACCEPTED = "accepted"
    STALE = "stale"
    BROKEN = "broken"


BREACHED = {Level.MUST: Outcome.FAILED, Level.SHOULD: Outcome.WARNED, Level.UNCLEAR: Outcome.NOTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one rule.

    `reason` says why it was skipped, accepted, stale or broken; `blocked_by` names the rule whose breach kept this one
    from being judged.
    """

    rule: Rule
    outcome: Outcome
    breaches: Sequence[Breach] = ()
    reason: str = ""
    blocked_by: str = ""
