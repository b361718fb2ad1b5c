"""The judge over the reference partner, in process: every test of a rule stands here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx

from crawler.conformance.judgement import Judgement
from crawler.conformance.rule import Outcome, Rule
from crawler.conformance.rules import RULES
from crawler.conformance.suite import Suite
from crawler.protocol.signature import Secret
from crawler.reference import ReferencePartner, reference_partner
from crawler.sync.state import Source

SECRET = Secret("open sesame")
SOURCE = Source(name="partner", base_uri="http://partner.example/", secret=SECRET)
BREACHED = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.NOTED, Outcome.BROKEN})


@dataclass
class Clock:
    """A clock that goes on by a second whenever it is looked at: so that dates differ, as in life."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def partner(fault: str = "", **settings: object) -> ReferencePartner:
    """The reference partner, or its variant with one fault."""
    return reference_partner(SECRET, Clock(), fault=fault, **settings)  # type: ignore[arg-type]  # each has its own type


async def judged(app: Callable[..., object], rules: Sequence[Rule] = RULES, *, write: bool = True) -> Judgement:
    """The judgement over an ASGI application."""
    ids = count(1)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # whatever ASGI calls an application
    clock = Clock()
    async with Suite(SOURCE, transport=transport, clock=clock, new_id=lambda: f"c{next(ids)}", write=write) as suite:
        return await suite.run(rules)


def breached(judgement: Judgement) -> set[str]:
    """The names of the rules that were found broken, at whatever level."""
    return {result.rule.name for result in judgement.results if result.outcome in BREACHED}
