"""What a rule is: one requirement, judged by a small pure function over what a probe saw. PURE.

A rule is a generator over the cases that it looked at: each is `Kept` or a `Breach`. One that yields nothing was not
judged; so that nothing passes that was not looked at. It raises `NotJudged` where there is nothing to judge by, and
`DoesNotApply` where it is about something that the partner does not declare. Its docstring is its page: the requirement
in the first paragraph, then ``Why:`` and ``Mend:``; its harm says why it has its level::

    @rule(Level.MUST, "SG5", page="request-response", probe="signatures", needs=["info-answers"])
    @harm(Harm.EXPOSED, "whoever finds the URL reads what customers wrote")
    def unsigned_refused(seen: Seen) -> Iterator[Case]:
        '''A request without a signature is refused.

        Why: …

        Mend: …
        '''
        sent = seen.one("unsigned")
        yield case(not sent.succeeded, sent, expected="an error status", actual=sent.came)
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crawler.conformance.evidence import Remedy, Seen, Sent


class Chapter(StrEnum):
    """The chapters, in the order in which their rules are judged and shown."""

    TRANSPORT = "transport and signature"
    DECLARATION = "implementation info"
    LISTING = "listing and cursors"
    OBJECTS = "objects and fields"
    PUSHING = "pushing"
    ERRORS = "errors and retries"
    STRUCTURED = "structured content"


class Level(StrEnum):
    """What a breach means: the partner does not conform, or it should do better, or nobody can say.

    A ``must`` does harm: something is lost, doubled, shown to the wrong person, or an agent cannot answer. With a
    broken ``should`` the platform copes. Nobody can say where the guide is silent or contradicts itself.
    """

    MUST = "must"
    SHOULD = "should"
    UNCLEAR = "unclear"


class Harm(StrEnum):
    """What a breach does, the worst first; those of a ``must`` are in `GRAVE`."""

    LOST = "something is lost"
    DOUBLED = "something comes twice"
    EXPOSED = "shown to the wrong person"
    UNANSWERED = "an agent cannot answer"
    ALTERED = "shown otherwise than it was meant"
    BRITTLE = "it works today, and breaks on another day"
    WASTED = "work for nothing"
    UNKNOWN = "nobody can say"


GRAVE = (Harm.LOST, Harm.DOUBLED, Harm.EXPOSED, Harm.UNANSWERED)
"""The harm for which a rule is a ``must``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One place where a rule is kept: the exchange, and what was looked at in it, in a few words."""

    sent: Sent | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One place where a rule is broken: what was `expected`, what was the case (`actual`), and the exchange if any."""

    expected: str
    actual: str
    sent: Sent | None = None


Case = Kept | Breach
"""One thing that a rule looked at."""
Check = Callable[[Seen], Iterator[Case]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A check, with what a breach of it does, and the sentence for which its rule has its level."""

    check: Check
    harm: Harm
    because: str


def harm(kind: Harm, because: str) -> Callable[[Check], Claim]:
    """Say what a breach does; `because` is a sentence without its full stop."""
    return lambda check: Claim(check, kind, because)


def case(kept: object, sent: Sent | None, *, expected: str, actual: str, note: str = "") -> Case:
    """A case of a rule: `Kept` where `kept` is true."""
    return Kept(sent=sent, note=note) if kept else Breach(expected=expected, actual=actual, sent=sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A requirement, under a `name` that stays.

    `harm` is what a breach does, and `because` the sentence for which it has its `level`. `ids` are the rules of
    PROTOCOL.md that it stands on, `page` is the page of the vendor's guide, `probe` the conversation that it reads,
    `needs` the rules without which judging it makes no sense. One that is about the `signature` of answers keeps none
    of these from being judged where signatures are not verified.
    """

    name: str
    chapter: Chapter
    level: Level
    harm: Harm
    because: str
    ids: tuple[str, ...]
    page: str
    probe: str
    needs: tuple[str, ...]
    check: Check
    signature: bool = False

    @property
    def paragraphs(self) -> tuple[str, str, str]:
        """The requirement, why the platform cares, and how to mend it."""
        requirement, why, mend = (" ".join(part.split()) for part in (inspect.getdoc(self.check) or "").split("\n\n"))
        return requirement, why.removeprefix("Why: "), mend.removeprefix("Mend: ")

    @property
    def title(self) -> str:
        """The requirement in one sentence."""
        return self.paragraphs[0]


class Part:
    """Collects the rules of one module, which are all of one chapter, in the order in which they are written."""

    def __init__(self, chapter: Chapter) -> None:
        self.chapter = chapter
        self.rules: list[Rule] = []

    def rule(
        self,
        level: Level,
        *ids: str,
        page: str,
        probe: str,
        needs: Iterable[str] = (),
        signature: bool = False,
    ) -> Callable[[Claim], Check]:
        """Make a rule of a function, under its `harm`; its name with hyphens is the rule's."""

        def register(claim: Claim) -> Check:
            name = claim.check.__name__.replace("_", "-")
            self.rules.append(
                Rule(
                    name=name,
                    chapter=self.chapter,
                    level=level,
                    harm=claim.harm,
                    because=claim.because,
                    ids=ids,
                    page=page,
                    probe=probe,
                    needs=tuple(needs),
                    check=claim.check,
                    signature=signature,
                )
            )
            return claim.check

        return register


class Outcome(StrEnum):
    """What became of a rule.

    A breach makes a ``must`` failed, a ``should`` warned, an ``unclear`` noted. A rule that had nothing to look at was
    not judged; one about what the partner does not declare does not apply. A failure that the baseline lists is
    accepted; an entry of the baseline that no longer fails is stale. `BROKEN` is a fault of the judge itself.
    """

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOTED = "noted"
    NOT_JUDGED = "not judged"
    DOES_NOT_APPLY = "does not apply"
    ACCEPTED = "accepted"
    STALE = "stale"
    BROKEN = "broken"


BREACHED = {Level.MUST: Outcome.FAILED, Level.SHOULD: Outcome.WARNED, Level.UNCLEAR: Outcome.NOTED}
JUDGED = frozenset({Outcome.PASSED, *BREACHED.values(), Outcome.ACCEPTED, Outcome.STALE})
"""Outcomes of rules that were judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one rule.

    `looked_at` is how many cases it judged, and `evidence` the first of them that are kept. `reason` says why it was
    not judged, does not apply, is accepted, stale or broken; `remedy` what would let it be judged; `blocked_by` names
    the rule whose breach kept this one from being judged.
    """

    rule: Rule
    outcome: Outcome
    breaches: Sequence[Breach] = ()
    looked_at: int = 0
    evidence: Sequence[Kept] = ()
    reason: str = ""
    remedy: Remedy | None = None
    blocked_by: str = ""


GUIDE = "https://developers.ringcentral.com/engage/digital/guide/sdks/source-sdk/"
"""Where the pages of the vendor's guide are."""

_RULE = re.compile(r"- \*\*([A-Z]{2}\d+)\*\* (.*)")
_CHAPTER = re.compile(r"## ([A-Z]{2}) (.*)")
_SENTENCE = re.compile(r"([^.]+) \(([A-Z]{2}0)\)\.")


def requirements(protocol: str) -> Mapping[str, str]:
    """Id → text, of all rules in PROTOCOL.md; a chapter's id (``SP``) has its title, and OB0 is a sentence."""
    found = {}
    for line in protocol.splitlines():
        if match := _RULE.match(line) or _CHAPTER.match(line):
            found[match[1]] = match[2].replace("**", "")
        elif match := _SENTENCE.search(line):
            found[match[2]] = match[1]
    return found
