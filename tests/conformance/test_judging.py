"""What becomes of a rule, by what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.conformance.evidence import NotApplicable, Seen, Sent
from crawler.conformance.judging import BREACHES_KEPT, judge
from crawler.conformance.rule import Breach, Chapter, Check, Level, Outcome, Result, Rule
from crawler.errors import EndpointUnreachable
from crawler.protocol.envelope import INTERRUPTED, Exchange

INFO = "implementation.info"
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
BREACH = Breach(expected="this", actual="that")


def rule(check: Check, level: Level = Level.MUST, needs: tuple[str, ...] = ()) -> Rule:
    chapter = Chapter("tests")
    chapter.rule(level, "TR1", page="polling", probe="p", needs=needs)(check)
    return chapter.rules[0]


def judged(check: Callable[[Seen], Iterator[Breach]], seen: Seen | None = None, level: Level = Level.MUST) -> Result:
    return judge(rule(check, level), seen or Seen(probe="p"), {})


def kept(_seen: Seen) -> Iterator[Breach]:
    yield from ()


def broken(_seen: Seen) -> Iterator[Breach]:
    yield BREACH


def endless(_seen: Seen) -> Iterator[Breach]:
    while True:
        yield BREACH


def not_applicable(_seen: Seen) -> Iterator[Breach]:
    yield from ()
    raise NotApplicable("there is nothing")


def broken_then_not_applicable(_seen: Seen) -> Iterator[Breach]:
    yield BREACH
    raise NotApplicable("there is nothing more")


def stumbles(_seen: Seen) -> Iterator[Breach]:
    yield BREACH
    raise KeyError("id")


def test_a_breach_counts_as_the_rules_level_says() -> None:
    assert [judged(broken, level=level).outcome for level in Level] == [Outcome.FAILED, Outcome.WARNED, Outcome.NOTED]


def test_a_rule_without_a_breach_is_passed() -> None:
    assert judged(kept).outcome is Outcome.PASSED


def test_a_rule_is_not_passed_where_the_conversation_broke_off() -> None:
    result = judged(kept, Seen(probe="p", broke_off="the endpoint is gone"))
    assert (result.outcome, result.reason) == (Outcome.SKIPPED, "the endpoint is gone")


def test_a_breach_stays_one_where_the_conversation_broke_off() -> None:
    assert judged(broken, Seen(probe="p", broke_off="the endpoint is gone")).outcome is Outcome.FAILED


@pytest.mark.parametrize("gone", [True, False])
def test_a_request_that_reached_nobody_or_that_we_cut_off_is_no_breach(gone: bool) -> None:
    exchange = Exchange(action=INFO, request=b"{}", request_size=2, started=NOON, seconds=1, error=INTERRUPTED)
    unreachable = EndpointUnreachable("p", INFO, expected="a JSON object", came="no connection")
    shown = replace(exchange, error="gone") if gone else exchange
    sent = Sent(id="p.1", label="", exchange=shown, error=unreachable if gone else None)

    def breached(_seen: Seen) -> Iterator[Breach]:
        yield replace(BREACH, sent=sent)

    result = judged(breached)
    assert result.outcome is Outcome.SKIPPED
    assert result.reason == ("no connection" if gone else "implementation.info was cut off")


def test_a_rule_that_has_nothing_to_judge_is_skipped_with_its_reason() -> None:
    result = judged(not_applicable)
    assert (result.outcome, result.reason) == (Outcome.SKIPPED, "there is nothing")


def test_what_was_found_before_the_rest_could_not_be_judged_stays_found() -> None:
    result = judged(broken_then_not_applicable)
    assert (result.outcome, list(result.breaches)) == (Outcome.FAILED, [BREACH])


def test_of_endless_breaches_the_first_are_kept() -> None:
    assert len(judged(endless).breaches) == BREACHES_KEPT


def test_a_rule_that_stumbles_is_the_judges_fault() -> None:
    result = judged(stumbles)
    assert result.outcome is Outcome.BROKEN
    assert "KeyError" in result.reason


def test_a_rule_is_blocked_by_what_it_needs_and_says_by_what_at_the_root() -> None:
    root = judged(broken)
    middle = judge(rule(kept, needs=("broken",)), Seen(probe="p"), {"broken": root})
    leaf = judge(rule(kept, needs=("kept",)), Seen(probe="p"), {"kept": middle})
    assert (middle.outcome, middle.blocked_by) == (Outcome.SKIPPED, "broken")
    assert (leaf.outcome, leaf.blocked_by) == (Outcome.SKIPPED, "broken")


def test_what_nobody_can_say_blocks_nothing() -> None:
    noted = judged(broken, level=Level.UNCLEAR)
    assert judge(rule(kept, needs=("broken",)), Seen(probe="p"), {"broken": noted}).outcome is Outcome.PASSED
