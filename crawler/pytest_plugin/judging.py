"""One rule of the judge as the outcome of a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

import pytest
from anyio.from_thread import BlockingPortal

from crawler.conformance.judgement import withheld
from crawler.conformance.reports.evidence import evidence
from crawler.conformance.rule import Outcome, Result, Rule
from crawler.conformance.rules import RULES
from crawler.conformance.suite import Suite
from crawler.pytest_plugin.endpoint import source_of, transport_of

BODY = 2_000
"""How many bytes of each body a failure shows."""


@dataclass(frozen=True)
class JudgedRule:
    """A rule, one of `every`, and the judge that knows the endpoint."""

    every: ClassVar[Sequence[Rule]] = RULES

    rule: Rule
    suite: Suite
    portal: BlockingPortal

    @staticmethod
    def suite_over(endpoint: object, secret: str, settings: Mapping[str, Any], *, write: bool) -> Suite:
        """The judge over an endpoint. The whole of it has no deadline: other tests may run in between."""
        source = source_of(endpoint, secret, settings)
        return Suite(source, transport=transport_of(endpoint), write=write, seconds=float("inf"))

    def judge(self) -> Result:
        """What becomes of the rule, as it may be shown."""
        return withheld(self.portal.call(self.suite.judge, self.rule), self.suite.source.credentials)

    def check(self) -> None:
        """End the test as the rule ends.

        A breach of a ``must`` is a failure, one of a ``should`` an expected failure (xfail), both with the evidence;
        one of an ``unclear`` rule is a pass. A rule that was not judged, or does not apply, is a skip, with its reason;
        but a failure where the endpoint was gone, for a run in which nobody answered must not be a success.
        """
        __tracebackhide__ = True
        result = self.judge()
        match result.outcome:
            case Outcome.DOES_NOT_APPLY:
                pytest.skip(f"does not apply: {result.reason}")
            case Outcome.NOT_JUDGED:
                seen = self.suite.seen.get(self.rule.probe)
                if seen is not None and seen.cut_off and not result.blocked_by:
                    pytest.fail(f"{self.rule.name} was not judged: {result.reason}", pytrace=False)
                pytest.skip(f"not judged: {result.reason}" + (f" ({result.remedy.do})" if result.remedy else ""))
            case Outcome.FAILED | Outcome.BROKEN:
                self._fail(result)
            case Outcome.WARNED:
                pytest.xfail(f"{self.rule.title}\n{self._evidence(result)}")

    def _fail(self, result: Result) -> NoReturn:
        __tracebackhide__ = True
        pytest.fail(f"{self.rule.name} ({self.rule.chapter})\n{self._evidence(result)}", pytrace=False)

    def _evidence(self, result: Result) -> str:
        return evidence(result, self.suite.source, body=BODY)
