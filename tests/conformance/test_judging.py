"""What becomes of a rule, by what it looked at."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, Sent
from crawler.conformance.judging import BREACHES_KEPT, EVIDENCE_KEPT, judge
from crawler.conformance.rule import (
    Breach,
    Case,
    Chapter,
    Check,
    Harm,
    Kept,
    Level,
    Outcome,
    Part,
    Result,
    Rule,
    case,
    harm,
)
from crawler.errors import EndpointUnreachable
from crawler.protocol.envelope import INTERRUPTED, Answer, Exchange
from crawler.protocol.implementation import ImplementationInfo

INFO = "implementation.info"
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
BREACH = Breach(expected="this", actual="that")
GONE = NotJudged("the endpoint is gone", Remedy.THERE)


def rule(check: Check, level: Level = Level.MUST, needs: tuple[str, ...] = (), *, signature: bool = False) -> Rule:
    part = Part(Chapter.ERRORS)
    claim = harm(Harm.LOST, "it is lost")(check)
    part.rule(level, "TR1", page="polling", probe="p", needs=needs, signature=signature)(claim)
    return part.rules[0]


def judged(check: Callable[[Seen], Iterator[Case]], seen: Seen | None = None, level: Level = Level.MUST) -> Result:
    return judge(rule(check, level), seen or Seen(probe="p"), {})


def sent(status: int | None = 200, headers: dict[str, str] | None = None, **more: object) -> Sent:
    answer = Answer(status=status, headers=headers or {}, body=b"{}") if status else None
    error = "" if status == 200 else f"HTTP {status}"
    exchange = Exchange(action=INFO, request=b"{}", request_size=2, started=NOON, seconds=1, answer=answer, error=error)
    return Sent(id="p.1", label="", exchange=exchange, **more)  # type: ignore[arg-type]  # one by one


def kept(_seen: Seen) -> Iterator[Case]:
    yield Kept(note="all is well")


def broken(_seen: Seen) -> Iterator[Case]:
    yield BREACH


def silent(_seen: Seen) -> Iterator[Case]:
    yield from ()


def yielding(*cases: Case) -> Check:
    def check(_seen: Seen) -> Iterator[Case]:
        yield from cases

    return check


def raising(reason: Exception, *before: Case) -> Check:
    def check(_seen: Seen) -> Iterator[Case]:
        yield from before
        raise reason

    return check


def test_a_breach_counts_as_the_rules_level_says() -> None:
    assert [judged(broken, level=level).outcome for level in Level] == [Outcome.FAILED, Outcome.WARNED, Outcome.NOTED]


def test_a_rule_passes_with_what_it_looked_at_in_hand() -> None:
    found = judged(yielding(*[Kept(note=str(number)) for number in range(9)]))
    assert (found.outcome, found.looked_at) == (Outcome.PASSED, 9)
    assert [it.note for it in found.evidence] == ["0", "1"][:EVIDENCE_KEPT]


def test_a_rule_that_looked_at_nothing_is_not_judged() -> None:
    found = judged(silent)
    assert (found.outcome, found.remedy, found.looked_at) == (Outcome.NOT_JUDGED, Remedy.CONTENTS, 0)


def test_why_it_was_not_judged_and_what_would_change_that_is_kept() -> None:
    found = judged(raising(NotJudged("it writes", Remedy.WRITE)))
    assert (found.outcome, found.reason, found.remedy) == (Outcome.NOT_JUDGED, "it writes", Remedy.WRITE)


def test_a_rule_about_what_is_not_declared_does_not_apply_whatever_became_of_the_conversation() -> None:
    for seen in (Seen(probe="p"), Seen(probe="p", ended=GONE)):
        found = judged(raising(DoesNotApply("no option")), seen)
        assert (found.outcome, found.reason, found.remedy) == (Outcome.DOES_NOT_APPLY, "no option", None)
    assert judged(kept, Seen(probe="p", ended=DoesNotApply("no create"))).outcome is Outcome.DOES_NOT_APPLY


@pytest.mark.parametrize("check", [kept, silent, raising(NotJudged("nothing there", Remedy.CONTENTS))])
def test_a_rule_is_not_judged_where_the_conversation_broke_off(check: Check) -> None:
    found = judged(check, Seen(probe="p", ended=GONE))
    assert (found.outcome, found.reason, found.remedy) == (Outcome.NOT_JUDGED, str(GONE), Remedy.THERE)


def test_a_breach_stays_one_where_the_conversation_broke_off() -> None:
    assert judged(broken, Seen(probe="p", ended=GONE)).outcome is Outcome.FAILED


VOID = {
    "it reached nobody": (
        sent(None, error=EndpointUnreachable("p", INFO, expected="x", came="no connection")), Remedy.THERE,
    ),
    "it found nobody": (sent(None, found_nobody=True), Remedy.THERE),
    "we cut it off": (replace(sent(None), exchange=replace(sent(None).exchange, error=INTERRUPTED)), Remedy.AGAIN),
    "too many requests": (sent(429), Remedy.PACE),
    "come again later": (sent(503, {"retry-after": "3"}), Remedy.PACE),
}  # fmt: skip


@pytest.mark.parametrize("name", VOID)
@pytest.mark.parametrize("is_kept", [True, False])
def test_what_says_nothing_about_the_partner_is_no_case(name: str, is_kept: bool) -> None:
    exchange, remedy = VOID[name]
    found = judged(yielding(case(is_kept, exchange, expected="this", actual="that")))
    assert (found.outcome, found.remedy, found.looked_at) == (Outcome.NOT_JUDGED, remedy, 0)


def test_no_answer_is_no_proof_that_a_rule_is_kept_but_may_be_a_breach_of_it() -> None:
    outcomes = [judged(yielding(case(it, sent(None), expected="a", actual="b"))).outcome for it in (True, False)]
    assert outcomes == [Outcome.NOT_JUDGED, Outcome.FAILED]


def test_a_busy_endpoint_that_names_no_time_is_a_case_unless_it_answers_the_like_at_other_times() -> None:
    busy = yielding(case(False, sent(503), expected="a", actual="b"))
    assert judged(busy).outcome is Outcome.FAILED
    info = ImplementationInfo(declared={"messages": ("list", "create")}, locales={})
    assert judged(busy, Seen(probe="p", info=info)).remedy is Remedy.PACE

    create = replace(sent(503), exchange=replace(sent(503).exchange, action="messages.create"))
    created = replace(sent(200), exchange=replace(sent(200).exchange, action="messages.create"))
    crashed = yielding(case(False, create, expected="a", actual="b"))
    assert judged(crashed, Seen(probe="p", info=info, sent=[create])).outcome is Outcome.FAILED
    assert judged(crashed, Seen(probe="p", info=info, sent=[create, created])).remedy is Remedy.PACE


def test_what_was_found_before_the_rest_could_not_be_judged_stays_found() -> None:
    found = judged(raising(NotJudged("no more", Remedy.CONTENTS), Kept(), BREACH))
    assert (found.outcome, list(found.breaches), found.looked_at) == (Outcome.FAILED, [BREACH], 2)


def test_a_rule_of_which_a_part_could_not_be_judged_is_not_passed() -> None:
    assert judged(raising(NotJudged("no more", Remedy.CONTENTS), Kept())).outcome is Outcome.NOT_JUDGED
    assert judged(yielding(Kept(sent=sent()), Kept(sent=sent(429)))).outcome is Outcome.NOT_JUDGED


def test_of_endless_breaches_the_first_are_kept() -> None:
    def endless(_seen: Seen) -> Iterator[Case]:
        while True:
            yield BREACH

    assert len(judged(endless).breaches) == BREACHES_KEPT


def test_a_rule_that_stumbles_is_the_judges_fault() -> None:
    found = judged(raising(KeyError("id"), BREACH))
    assert found.outcome is Outcome.BROKEN
    assert "KeyError" in found.reason


def test_a_rule_is_blocked_by_what_it_needs_and_says_by_what_at_the_root() -> None:
    root = judged(broken)
    middle = judge(rule(kept, needs=("broken",)), Seen(probe="p"), {"broken": root})
    leaf = judge(rule(kept, needs=("kept",)), Seen(probe="p"), {"kept": middle})
    assert (middle.outcome, middle.blocked_by, middle.remedy) == (Outcome.NOT_JUDGED, "broken", Remedy.FIX)
    assert (leaf.outcome, leaf.blocked_by) == (Outcome.NOT_JUDGED, "broken")


def test_what_nobody_can_say_blocks_nothing_and_neither_does_what_was_not_judged() -> None:
    for needed in (judged(broken, level=Level.UNCLEAR), judged(silent)):
        assert judge(rule(kept, needs=("broken",)), Seen(probe="p"), {"broken": needed}).outcome is Outcome.PASSED


@pytest.mark.parametrize("verified", [True, False])
def test_a_wrong_signature_blocks_nothing_where_signatures_are_not_verified(verified: bool) -> None:
    wrong = judge(rule(broken, signature=True), Seen(probe="p", verified=verified), {})
    found = judge(rule(kept, needs=("broken",)), Seen(probe="p", verified=verified), {"broken": wrong})
    assert wrong.outcome is Outcome.FAILED
    assert found.outcome is (Outcome.NOT_JUDGED if verified else Outcome.PASSED)
