"""The judge judges: each rule passes a good partner, and fails a partner with exactly one defect."""

from dataclasses import replace

import pytest

from crawler.conformance.rules import RULES
from crawler.conformance.rules.structured import STRUCTURED
from crawler.conformance.suite import NOT_WRITTEN
from crawler.reference import DEFAULT, DESTROYING, TITLES_ONLY, UNTHREADED, Capabilities, Listing
from crawler.reference.contents import OBJECTS
from tests.conformance.courtroom import SOURCE, breached, judged, messenger, partner, skipped
from tests.conformance.twins import TWINS


async def test_the_reference_partner_passes_every_rule_that_applies() -> None:
    judgement = await judged(partner())

    assert breached(judgement) == set()
    assert skipped(judgement) == {
        "queuing-update-answered": "the partner does not declare the option messaging.queuing_update",
        "structured-content-is-kept": "the partner does not declare the option view.messaging",
    } | {
        rule.name: "no content is listed with structured content"
        for rule in STRUCTURED.rules
        if rule.probe == "crawling" and rule.name != "structured-content-needs-view-messaging"
    }


async def test_a_messenger_passes_the_rules_that_the_others_are_spared() -> None:
    judgement = await judged(messenger())

    assert breached(judgement) == set()
    assert skipped(judgement) == {
        "recipient-is-kept": "no private message was created",
        "private-messages-have-a-recipient": "the partner lists no private_messages now: there must be some to judge",
    }


async def test_without_leave_to_write_nothing_is_written() -> None:
    it = partner()
    judgement = await judged(it, write=False)

    asked = {action.partition(".")[2] for action in it.forum.ledger.actions}
    assert {"info", "list", "show"} <= asked
    assert asked.isdisjoint({"create", "reply", "delete", "publish", "unpublish", "mark_as_solved", "escalate"})
    writing = {r.reason for r in judgement.results if r.rule.probe in ("pushing", "arrivals", "structured")}
    assert writing == {NOT_WRITTEN}


NOT_VERIFIED = "the source does not verify signatures (verify_signature = false)"
SIGNATURES = {
    "answer-is-signed",
    "signature-is-lower-case",
    "answer-signature-is-right",
    "contents-are-rightly-signed",
}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("unsigned-answer", f"{NOT_VERIFIED}, and the answers carry none"), ("wrongly-signed-answer", NOT_VERIFIED)],
)
async def test_without_verification_a_partner_is_judged_fully_whatever_it_signs(fault: str, reason: str) -> None:
    """SG4: and of its signatures nothing is said but that they were not looked at."""
    spared = skipped(await judged(partner()))
    judgement = await judged(partner(fault), source=replace(SOURCE, verify_signature=False))

    assert breached(judgement) == set()
    assert skipped(judgement) == spared | dict.fromkeys(SIGNATURES, reason)


async def test_what_the_judge_creates_it_deletes_again() -> None:
    it = partner()
    before = {name: [content.id for content in it.forum.standing(name)] for name in OBJECTS}
    judgement = await judged(it)

    assert {name: [content.id for content in it.forum.standing(name)] for name in OBJECTS} == before
    assert [seen.facts["left_behind"] for seen in judgement.seen.values() if "left_behind" in seen.facts] == [[], []]


async def test_what_cannot_be_deleted_is_named() -> None:
    it = partner(capabilities=DEFAULT.without("messages.delete"))
    before = {content.id for content in it.forum.standing("messages")}
    judgement = await judged(it)

    left = {content.id for content in it.forum.standing("messages")} - before
    named = {item for seen in judgement.seen.values() for item in seen.facts.get("left_behind", ())}
    assert len(left) == 11
    assert named == {("messages", content_id) for content_id in left}


@pytest.mark.parametrize("capabilities", [UNTHREADED, TITLES_ONLY, DESTROYING])
async def test_so_it_does_whatever_else_it_declares(capabilities: Capabilities) -> None:
    assert breached(await judged(partner(capabilities=capabilities))) == set()


@pytest.mark.parametrize(
    ("listing", "noted"),
    [
        (Listing(page_size=2), set()),
        (Listing(page_size=1, repeats_since_id=True), {"since-id-exclusive"}),
        (Listing(unknown_since_id="nothing"), {"unknown-since-id-starts-anew"}),
    ],
    ids=repr,
)
async def test_however_it_lists_it_conforms(listing: Listing, noted: set[str]) -> None:
    judgement = await judged(partner(listing=listing))

    assert breached(judgement) == noted
    assert judgement.conforms


@pytest.mark.thorough
@pytest.mark.parametrize("name", TWINS)
async def test_a_partner_with_one_defect_breaks_that_rule_and_what_follows(name: str) -> None:
    twin = TWINS[name]

    assert breached(await judged(twin.made(), twin.rules)) == twin.breached


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_a_partner_that_breaks_it(rule: object) -> None:
    broken = {name for twin in TWINS.values() for name in twin.breached}

    assert getattr(rule, "name", None) in broken
