"""How the judge goes about it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from crawler.conformance.probe import Probe
from crawler.conformance.rules import RULES, chosen
from crawler.conformance.suite import Suite
from crawler.reference import ReferencePartner
from tests.conformance.courtroom import SOURCE, Clock, judged, messenger, partner, reported


async def test_each_conversation_is_told_while_it_is_held() -> None:
    it = partner()
    told: list[str] = []

    @contextmanager
    def during(probe: Probe) -> Iterator[None]:
        before = len(it.forum.ledger.actions)
        yield
        told.append(probe.name)
        assert len(it.forum.ledger.actions) > before

    async with Suite(SOURCE, transport=httpx.ASGITransport(it), clock=Clock(), during=during) as suite:
        await suite.run(chosen(RULES, ["no-redirect", "unsigned-request-refused", "newest-first"]))
    assert told == ["declaration", "signatures", "crawling", "positions"]


async def test_a_rule_that_blocks_a_chosen_one_is_told_before_it_once_and_unless_it_is_unwanted() -> None:
    rules = chosen(RULES, ["list-answers-an-array", "newest-first", "no-redirect"])
    blocking = chosen(RULES, ["info-answered-with-success"])
    for unwanted, expected in ((), blocking), (blocking, []):
        async with Suite(SOURCE, transport=httpx.ASGITransport(partner("server-error")), clock=Clock()) as suite:
            judgement = await suite.run(rules, unwanted=unwanted)
        assert [result.rule for result in judgement.results] == [rules[0], *expected, *rules[1:]]
        assert judgement.failures == [result for result in judgement.results if result.rule in expected]


@pytest.mark.parametrize(("made", "read", "written"), [(partner, 150, 430), (messenger, 150, 430)])
async def test_a_run_takes_so_many_requests_at_most(
    made: Callable[[], ReferencePartner], read: int, written: int
) -> None:
    """At 15 ms each, which is much, that is 2 s without writing and 6 s with it; and with 50 ms of latency 26 s."""
    for write, most in ((False, read), (True, written)):
        judgement = await judged(made(), write=write)
        assert judgement.requests == sum(len(seen.sent) for seen in judgement.seen.values())
        assert judgement.requests <= most
        assert reported(judgement)["requests"] == judgement.requests


async def test_only_the_conversations_that_the_chosen_rules_read_are_held() -> None:
    judgement = await judged(partner(), chosen(RULES, ["no-redirect"]))
    assert list(judgement.seen) == ["declaration"]
