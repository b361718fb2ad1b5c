"""What a variant is: a partner with one fault that partners really have, and what the judge must say of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from crawler.conformance.judgement import Judgement
from crawler.conformance.rule import BREACHED, Level, Outcome
from crawler.sync.source import Source
from tests.conformance.courtroom import SOURCE, Endpoint
from tests.conformance.variants.time import Time

Made = Callable[[Time], Endpoint]
"""Makes the endpoint anew; time passes for it only as the `Time` says."""

TABLE = "issue 15, its table"


class Harm(StrEnum):
    """What comes of a fault. The first four are what makes a rule a `must`; with the others the platform copes."""

    LOST = "lost"
    DOUBLED = "doubled"
    EXPOSED = "shown to the wrong person"
    MUTE = "an agent cannot answer"
    TEXT = "wrong text"
    DATE = "wrong order or waiting time"
    NAME = "under the wrong name"
    LOOSE = "a reply without its question"
    UNSEEN = "its later changes are not heard of"
    PUZZLED = "agents are puzzled"
    SETTING = "works with a setting of its own"
    UNLOOKED = "called good without a look"


SERIOUS = frozenset({Harm.LOST, Harm.DOUBLED, Harm.EXPOSED, Harm.MUTE})


class Kind(StrEnum):
    """The kind of rule that should name a fault."""

    TEXT = "a text that was created comes back"
    FIELDS = "the other fields of what was created come back"
    DATES = "dates are right"
    REACH = "every position leads to the end"
    ONCE = "what is created is there once"
    ANSWERABLE = "an agent can answer"
    CHANGE = "an operation does what it says, and nothing else"
    DEATH = "what kills the endpoint is named"
    SIGNED = "who is trusted"
    SHAPE = "contents and users as they are shown"
    EVIDENCE = "nothing passes unlooked-at"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A partner with one fault.

    `slip` is what a tired programmer did, `origin` where it was seen. With `write` it can be found only by writing.
    `found_by` names the rule that finds it today, at whatever level; `None` where none does. `not_by` are rules that
    are broken by it and say something else than what is wrong. `unjudged` are rules that had nothing to look at, and so
    must not have passed: for such a variant that is all there is to find.
    """

    name: str
    slip: str
    harm: Harm
    kind: Kind
    origin: str
    made: Made
    write: bool = True
    found_by: str | None = None
    not_by: frozenset[str] = frozenset()
    unjudged: frozenset[str] = frozenset()
    source: Source = field(default=SOURCE)

    @property
    def level(self) -> Level:
        """By the harm, and by nothing else."""
        return Level.MUST if self.harm in SERIOUS else Level.SHOULD

    def found(self, judgement: Judgement) -> bool:
        """Whether a judgement names the fault, at its level."""
        outcomes = {result.rule.name: result.outcome for result in judgement.results}
        if self.unjudged:
            return all(outcomes[name] is not Outcome.PASSED for name in self.unjudged & outcomes.keys())
        names = {name for name, outcome in outcomes.items() if outcome is BREACHED[self.level]} - self.not_by
        return self.found_by in names if self.found_by else bool(names)


@dataclass(frozen=True)
class Conforming:
    """A partner that keeps every `must`, in a way of its own: no rule may find it broken."""

    name: str
    about: str
    made: Made
    source: Source = field(default=SOURCE)
