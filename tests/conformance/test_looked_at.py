"""Nothing passes that was not looked at: a property of every rule, and what becomes of partners that show little."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from crawler.conformance.evidence import NotJudged, Remedy, Seen
from crawler.conformance.judgement import Judgement, Verdict
from crawler.conformance.judging import judge
from crawler.conformance.rule import Outcome, Result, Rule
from crawler.conformance.rules import RULES
from crawler.protocol.implementation import OPTIONS, POLLED, STANDARD, ImplementationInfo
from crawler.reference import MESSAGING, TITLES_ONLY, UNTHREADED, ReferencePartner
from crawler.reference.faults.fault import Fault
from crawler.reference.forum import Forum
from crawler.reference.wire import Call, Response
from tests.conformance.courtroom import SOURCE, Clock, breached, judged, messenger, partner, unjudged
from tests.unit.cli.terminal import nothing_there

PASSED = {rule.name: Result(rule=rule, outcome=Outcome.PASSED) for rule in RULES}
UNVERIFIED = replace(SOURCE, verify_signature=False)
SIGNATURE_RULES = {rule.name for rule in RULES if rule.signature}
EVERYTHING = ImplementationInfo(
    declared=dict.fromkeys(POLLED, (*sorted(STANDARD), "mark_as_spam")),
    options=OPTIONS - {"messages.unthreaded", "threads.no_content"},
    locales={"default": {"mark_as_spam": "Spam"}},
)

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@each_rule
@pytest.mark.parametrize("info", [None, EVERYTHING], ids=["nothing declared", "everything declared"])
@pytest.mark.parametrize("verified", [True, False])
def test_no_rule_passes_by_an_empty_recording(rule: Rule, info: ImplementationInfo | None, verified: bool) -> None:
    found = judge(rule, Seen(probe=rule.probe, info=info, verified=verified), PASSED)

    assert found.outcome in (Outcome.NOT_JUDGED, Outcome.DOES_NOT_APPLY)
    assert found.reason
    assert (found.remedy is None) == (found.outcome is Outcome.DOES_NOT_APPLY)


def typing() -> ReferencePartner:
    return partner(capabilities=MESSAGING.with_options("messaging.typing_indicator", "messages.allow_survey"))


GOOD: list[Callable[[], ReferencePartner]] = [
    partner, messenger, typing, lambda: partner(capabilities=UNTHREADED), lambda: partner(capabilities=TITLES_ONLY),
]  # fmt: skip


@pytest.fixture(scope="module")
async def good() -> list[Judgement]:
    return [await judged(made()) for made in GOOD]


async def test_each_rule_passes_on_some_good_partner_with_evidence(good: list[Judgement]) -> None:
    passed = {it.rule.name: it for one in good for it in one.results if it.outcome is Outcome.PASSED}

    assert [rule.name for rule in RULES if rule.name not in passed] == []
    assert [name for name, it in passed.items() if not it.looked_at or not it.evidence] == []
    assert [name for name, it in passed.items() for kept in it.evidence if kept.sent is None] == []


async def test_each_rule_is_not_judged_where_nobody_answers() -> None:
    judgement = await judged(httpx.MockTransport(nothing_there))

    assert set(unjudged(judgement)) == {rule.name for rule in RULES}
    assert (judgement.verdict, judgement.judged, judgement.unreachable) == (Verdict.UNJUDGED, 0, True)


async def test_a_partner_without_contents_is_not_called_good() -> None:
    judgement = await judged(partner(forum=Forum(Clock())))

    assert breached(judgement) <= {"first-list-gives-something", "create-answered-with-success"}
    assert "nothing-skipped-after-a-position" in unjudged(judgement)
    assert "contents-have-an-id" in unjudged(judgement)
    assert not judgement.conforms


def without_signatures(_call: Call, response: Response) -> Response:
    headers = {name: it for name, it in response.headers.items() if name.lower() != "x-smccsdk-signature"}
    return replace(response, headers=headers)


def unsigned() -> ReferencePartner:
    it = partner()
    it.fault = Fault(name="unsigned", rules=(), description="never signs", response=without_signatures)
    return it


async def test_a_partner_that_never_signs_is_judged_by_all_else_where_signatures_are_not_verified() -> None:
    judgement = await judged(unsigned(), source=UNVERIFIED)

    assert breached(judgement) == set()
    assert set(unjudged(judgement)) == SIGNATURE_RULES
    assert {it.remedy for it in judgement.results if it.outcome is Outcome.NOT_JUDGED} == {Remedy.SIGNATURE}
    assert judgement.verdict is Verdict.CLEAR
    assert not judgement.conforms


async def test_signatures_that_are_there_are_judged_though_nobody_verifies_them() -> None:
    right = await judged(partner(), source=UNVERIFIED)
    wrong = await judged(partner("wrongly-signed-answer"), source=UNVERIFIED)

    assert (breached(right), unjudged(right)) == (set(), {})
    assert breached(wrong) == {"answer-signature-is-right", "contents-are-rightly-signed"}
    assert unjudged(wrong) == {}


@pytest.mark.parametrize("status", [401, 403, 422, 500])
async def test_where_the_declaration_is_refused_nothing_else_is_sent(status: int) -> None:
    asked = []

    def refuses(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, text="no")

    judgement = await judged(httpx.MockTransport(refuses))

    assert len(asked) == 2
    assert breached(judgement) == ({"info-answered-with-success"} if status == 500 else set())
    assert judgement.verdict is (Verdict.BREACH if status == 500 else Verdict.UNJUDGED)
    assert (Remedy.FIX if status == 500 else Remedy.SECRET) in judgement.left_out


async def test_a_secret_that_is_a_word_of_the_protocol_changes_nothing() -> None:
    for word in ("list", "messages", "id", "since_id", "1"):
        secret = type(SOURCE.secret)(word)
        it = partner()
        it.secret = secret
        judgement = await judged(it, source=replace(SOURCE, secret=secret))
        assert (breached(judgement), unjudged(judgement)) == (set(), {})


def test_a_reason_is_raised_again_without_the_traceback_of_the_first_time() -> None:
    seen = Seen(probe="p", ended=NotJudged("gone", Remedy.THERE))
    for _ in range(3):
        with pytest.raises(NotJudged) as caught:
            seen.all("x")
        assert len(caught.traceback) == 2
