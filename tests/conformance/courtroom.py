"""The judge over the reference partner, in process: every test of a rule stands here."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from junitparser import JUnitXml
from lxml import etree

from crawler.conformance import reports
from crawler.conformance.judgement import Judgement
from crawler.conformance.reports.json import json_report
from crawler.conformance.reports.junit import junit_report
from crawler.conformance.rule import Outcome, Rule
from crawler.conformance.rules import RULES
from crawler.conformance.suite import Suite
from crawler.protocol.signature import Secret
from crawler.reference import AGENT, MESSAGING, ReferencePartner, reference_partner, seeded
from crawler.sync.source import Source

SCHEMA = Path(reports.__file__).with_name("report.schema.json")
SCHEMA_OF_REPORTS = Draft202012Validator(json.loads(SCHEMA.read_text()))
SCHEMA_OF_JUNIT = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))
SECRET = Secret("open sesame")
SOURCE = Source(name="partner", base_uri="http://partner.example/", secret=SECRET)
Endpoint = Callable[..., object] | httpx.AsyncBaseTransport
"""An ASGI application, or whatever else takes the place of the network."""

BREACHED = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.NOTED, Outcome.BROKEN})


@dataclass
class Clock:
    """A clock that goes on by a second whenever it is looked at: so that dates differ, as in life."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@dataclass
class Time:
    """Seconds since the beginning, which pass only when somebody says so; `sleep` stands for `anyio.sleep`."""

    now: float = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)


def partner(fault: str = "", **settings: object) -> ReferencePartner:
    """The reference partner, or its variant with one fault."""
    return reference_partner(SECRET, Clock(), fault=fault, **settings)  # type: ignore[arg-type]  # each has its own type


SELECT = {"type": "select", "items": [{"title": "S", "payload": "size:s"}, {"title": "M"}]}
LINK = {"type": "rich_link", "url": "https://shop.example/42", "title": "The shirt", "url_text": "Have a look"}
TEMPLATE = {"type": "template", "title": "The shirt", "items": [{"type": "reply", "title": "Yes", "payload": "yes"}]}
CARD = {name: value for name, value in TEMPLATE.items() if name != "type"}
CAROUSEL = {"type": "carousel", "items": [CARD, {**CARD, "url": "https://shop.example/43"}]}
STRUCTURED_IDS = {"select": "14", "rich_link": "15", "template": "16", "carousel": "17"}


def messenger() -> ReferencePartner:
    """The reference partner as a messenger, with structured content of each type."""
    forum = seeded(Clock())
    for value in (SELECT, LINK, TEMPLATE, CAROUSEL):
        body = "" if value is LINK else "Which one?"
        forum.add_message(AGENT, "1", body, format="text", structured_content=value)
    return partner(forum=forum, capabilities=MESSAGING)


async def judged(
    endpoint: Endpoint,
    rules: Sequence[Rule] = RULES,
    *,
    write: bool = True,
    source: Source = SOURCE,
    **bounds: float,
) -> Judgement:
    """The judgement over an endpoint; whoever waits waits in its own time, if it has one. `bounds` are the suite's."""
    ids = count(1)
    transport = endpoint if isinstance(endpoint, httpx.AsyncBaseTransport) else httpx.ASGITransport(endpoint)  # type: ignore[arg-type]  # whatever ASGI calls an application
    given = getattr(endpoint, "time", None)
    time = given if isinstance(given, Time) else Time()
    async with Suite(
        source,
        transport=transport,
        clock=Clock(),
        new_id=lambda: f"c{next(ids)}",
        write=write,
        sleep=time.sleep,
        elapsed=lambda: time.now,
        **bounds,  # type: ignore[arg-type]  # each has its own type
    ) as suite:
        return await suite.run(rules)


def reported(judgement: Judgement) -> dict[str, Any]:
    """The JSON report, which keeps the schema that is shipped."""
    report: dict[str, Any] = json.loads(json_report(judgement))
    SCHEMA_OF_REPORTS.validate(report)
    return report


def read_as_junit(judgement: Judgement) -> None:
    """The JUnit report keeps JUnit's schema, and a reader that is not ours finds in it what became of each rule."""
    text = junit_report(judgement).encode()
    SCHEMA_OF_JUNIT.assertValid(etree.fromstring(text))
    read, again = JUnitXml.fromstring(text), JUnitXml.fromstring(text)
    cases = {case.name: case for suite in read for case in suite}
    skipped = (Outcome.NOT_JUDGED, Outcome.DOES_NOT_APPLY, Outcome.ACCEPTED)

    assert read.name == f"ringcx-crawler check partner: {judgement.headline}"
    for result in judgement.results:
        case = cases[result.rule.name]
        assert (case.classname, case.is_failure) == (result.rule.chapter, result in judgement.failures)
        assert case.is_skipped == (result.outcome in skipped)
        assert not case.is_skipped or case.result[0].message.startswith(f"{result.outcome}: ")
    read.update_statistics()  # type: ignore[no-untyped-call]
    assert len({(it.tests, it.failures, it.errors, it.skipped) for it in (read, again)}) == 1


def breached(judgement: Judgement) -> set[str]:
    """The names of the rules that were found broken, at whatever level."""
    return {result.rule.name for result in judgement.results if result.outcome in BREACHED}


def unjudged(judgement: Judgement) -> dict[str, str]:
    """The rules that there was nothing to judge by, with the reason."""
    return {result.rule.name: result.reason for result in judgement.results if result.outcome is Outcome.NOT_JUDGED}


def inapplicable(judgement: Judgement) -> dict[str, str]:
    """The rules that are about what the partner does not declare, with the reason."""
    return {it.rule.name: it.reason for it in judgement.results if it.outcome is Outcome.DOES_NOT_APPLY}
