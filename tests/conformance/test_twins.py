"""The judge judges: each rule passes a good partner, and fails a partner with exactly one defect."""

from dataclasses import replace

import pytest

from crawler.conformance.chapters.structured import shape
from crawler.conformance.evidence import Remedy
from crawler.conformance.returned import Written, written
from crawler.conformance.rule import Outcome
from crawler.conformance.rules import RULES
from crawler.conformance.suite import NOT_WRITTEN
from crawler.reference import DEFAULT, DESTROYING, TITLES_ONLY, UNTHREADED, Capabilities, Listing
from crawler.reference.contents import OBJECTS
from tests.conformance.courtroom import (
    SOURCE,
    breached,
    inapplicable,
    judged,
    messenger,
    partner,
    read_as_junit,
    reported,
    unjudged,
)
from tests.conformance.twins import TABLES, TWINS


async def test_the_reference_partner_passes_every_rule_that_applies() -> None:
    judgement = await judged(partner())

    assert breached(judgement) == set()
    assert unjudged(judgement) == {}
    assert inapplicable(judgement) == {
        "queuing-update-answered": "the partner declares no option messaging.queuing_update",
        "no-threads-where-unthreaded": "the partner does not declare the option messages.unthreaded",
        "titled-threads-only-list-and-show": "the partner does not declare the option threads.no_content",
        "messaging-view-with-one-resource": "the partner does not declare the option view.messaging",
        "messaging-view-is-text-only": "the partner does not declare the option view.messaging",
        "typing-indicator-with-messaging-view": "the partner does not declare the option messaging.typing_indicator",
        "survey-comes-with-messages": "the partner does not declare the option messages.allow_survey",
        "structured-content-is-kept": "the partner does not declare the option view.messaging",
    } | {
        rule.name: "the partner does not declare the option view.messaging, and lists no structured content"
        for rule in shape.PART.rules
        if rule.probe == "crawling" and rule.name != "structured-content-needs-view-messaging"
    }
    assert judgement.conforms
    assert judgement.headline == f"conforms: no breach found, {judgement.judged} of {judgement.judged} rules judged"


async def test_a_messenger_passes_the_rules_that_the_others_are_spared() -> None:
    judgement = await judged(messenger())

    assert breached(judgement) == set()
    assert unjudged(judgement) == {}
    assert inapplicable(judgement) == {
        "no-threads-where-unthreaded": "the partner does not declare the option messages.unthreaded",
        "titled-threads-only-list-and-show": "the partner does not declare the option threads.no_content",
        "typing-indicator-with-messaging-view": "the partner does not declare the option messaging.typing_indicator",
        "survey-comes-with-messages": "the partner does not declare the option messages.allow_survey",
        "private-messages-have-a-recipient": "the partner declares no list of private_messages",
        "private-messages-go-to-somebody-else": "the partner declares no list of private_messages",
        "private-messages-stay-private": "the partner declares no list of private_messages",
        "recipient-is-kept": "the partner declares no create of private messages",
        "private-create-stays-private": "the partner declares no create of private messages",
        "structured-content-needs-view-messaging": "the partner declares the option view.messaging",
    }


async def test_without_leave_to_write_nothing_is_written() -> None:
    it = partner()
    judgement = await judged(it, write=False)

    asked = {action.partition(".")[2] for action in it.forum.ledger.actions}
    assert {"info", "list", "show"} <= asked
    assert asked.isdisjoint({"create", "reply", "delete", "publish", "unpublish", "mark_as_solved", "escalate"})
    writing = [r for r in judgement.results if r.rule.probe in ("pushing", "arrivals", "afterwards", "structured")]
    assert {r.reason for r in writing if r.outcome is Outcome.NOT_JUDGED} == {NOT_WRITTEN}
    assert {r.remedy for r in judgement.results} == {None, Remedy.WRITE}


async def test_what_does_not_apply_is_known_before_anything_is_written() -> None:
    read, written = [await judged(messenger(), write=write) for write in (False, True)]

    assert inapplicable(read) == inapplicable(written)
    assert read.applicable == written.applicable
    assert not read.conforms
    assert read.headline == f"no breach found, {read.judged} of {read.applicable} rules judged"


SIGNATURES = {
    "answer-is-signed",
    "signature-is-lower-case",
    "answer-signature-is-right",
    "contents-are-rightly-signed",
}


async def test_without_verification_a_partner_that_never_signs_is_judged_in_all_but_that() -> None:
    """SG4: of its signatures nothing is said but that they were not looked at."""
    spared = unjudged(await judged(partner()))
    judgement = await judged(partner("unsigned-answer"), source=replace(SOURCE, verify_signature=False))

    assert breached(judgement) == set()
    assert unjudged(judgement).keys() - spared.keys() == SIGNATURES


async def test_what_the_judge_creates_it_deletes_again() -> None:
    it = partner()
    before = {name: [content.id for content in it.forum.standing(name)] for name in OBJECTS}
    judgement = await judged(it)

    assert {name: [content.id for content in it.forum.standing(name)] for name in OBJECTS} == before
    left = [wrote.left_behind for seen in judgement.seen.values() if (wrote := seen.known(Written))]
    assert left == [[]] * 5


async def test_what_cannot_be_deleted_is_named() -> None:
    it = partner(capabilities=DEFAULT.without("messages.delete"))
    before = {content.id for content in it.forum.standing("messages")}
    judgement = await judged(it)

    left = {content.id for content in it.forum.standing("messages")} - before
    named = {item for seen in judgement.seen.values() for item in written(seen).left_behind}
    assert len(left) == 39
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

    judgement = await judged(twin.made(), twin.rules)

    assert breached(judgement) == twin.breached
    assert len(reported(judgement)["results"]) == len(twin.rules)
    read_as_junit(judgement)


def test_the_names_of_twins_are_their_own() -> None:
    assert len(TWINS) == sum(map(len, TABLES))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_a_partner_that_breaks_it(rule: object) -> None:
    broken = {name for twin in TWINS.values() for name in twin.breached}

    assert getattr(rule, "name", None) in broken
