"""The judge is fair, and hard to upset: good partners of other kinds, busy ones, and hostile ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from crawler.conformance.chapters.listing.probes.crawling import CYCLES
from crawler.conformance.chapters.listing.probes.positions import SHARE
from crawler.conformance.evidence import Remedy
from crawler.conformance.judgement import Judgement, Verdict
from crawler.conformance.rule import Outcome
from crawler.conformance.rules import RULES, chosen
from crawler.conformance.suite import PAGES, REQUESTS
from crawler.conformance.timeline import Crawled
from crawler.conformance.writing import STRANGER
from crawler.reference import AGENT, DEFAULT, DESTROYING, TITLES_ONLY, UNTHREADED, Listing, ReferencePartner
from crawler.reference.contents import OBJECTS
from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.wire import Call, Raw, Refusal
from tests.conformance.courtroom import SOURCE, breached, judged, partner, unjudged
from tests.conformance.twins.errors import gives_up_after_errors
from tests.conformance.twins.listing.lists import sulks_after_quotes
from tests.conformance.twins.transport import bans_for_a_while

TITLED = replace(DEFAULT, options=tuple(it for it in DEFAULT.options if not it.endswith(".no_title")))
GOOD: Mapping[str, dict[str, Any]] = {
    "without threads": {"capabilities": UNTHREADED},
    "threads without content": {"capabilities": TITLES_ONLY},
    "destroy instead of delete": {"capabilities": DESTROYING},
    "titles everywhere": {"capabilities": TITLED},
    "no options at all": {"capabilities": replace(DEFAULT, options=())},
    "text alone": {
        "capabilities": replace(DEFAULT, options=("threads.text", "messages.text", "private_messages.text"))
    },
    "pages of three": {"listing": Listing(page_size=3)},
    "pages of one": {"listing": Listing(page_size=1)},
    "many pages of two": {"listing": Listing(page_size=2), "messages": 70},
    "lists everything after a removed cursor": {"listing": Listing(forgets_removed=True)},
}


def good(name: str) -> ReferencePartner:
    given = dict(GOOD[name])
    messages = given.pop("messages", 0)
    it = partner(**given)
    it.forum.fill(messages=messages)
    return it


@pytest.mark.parametrize("name", GOOD)
async def test_good_partners_of_other_kinds_break_no_rule(name: str) -> None:
    assert breached(await judged(good(name))) == set()


def busy(page_size: int | None) -> ReferencePartner:
    """People write and edit there between any two requests."""
    it = partner(listing=Listing(page_size=page_size))
    chance = Random(4)

    def act(call: Call, proceed: Proceed) -> object:
        what = chance.random()
        if what < 0.15:
            it.forum.add_message("jun", "1", f"<p>News {chance.random()}</p>")
        elif what < 0.3:
            edited = chance.choice(it.forum.standing("messages"))
            it.forum.edit(edited.id, body=f"{edited.body} (edited)" if edited.content_id == "" else edited.body)
        return proceed(call)

    it.fault = Fault(name="busy", rules=(), description="people are at it", act=act)
    return it


@pytest.mark.parametrize("page_size", [None, 3])
async def test_a_busy_partner_is_not_blamed_for_its_people(page_size: int | None) -> None:
    assert breached(await judged(busy(page_size))) == set()


def sulks(status: int) -> ReferencePartner:
    """A partner that puts off the list after an odd one."""
    it = partner()
    own = sulks_after_quotes(it, status)

    def act(call: Call, proceed: Proceed) -> object:
        return own(call, proceed) if call.operation == "list" else proceed(call)

    it.fault = Fault(name="sulks", rules=(), description="is busy after an odd request", act=act)
    return it


def without_agents() -> ReferencePartner:
    """A partner that shows no identity that agents may act as."""
    it = partner()
    it.forum.users[AGENT] = replace(it.forum.users[AGENT], puppetizable=False)
    return it


async def test_where_nobody_is_puppetizable_the_judge_writes_as_itself() -> None:
    it = without_agents()
    it.forum.add_user(STRANGER, "A check", puppetizable=True)
    before = {content.id for content in it.forum.standing("messages")}
    judgement = await judged(it)

    assert breached(judgement) == set()
    pushing = judgement.seen["pushing"]
    assert {sent.exchange.params["author_id"] for sent in pushing.asked("messages.create")} == {STRANGER}
    assert set(unjudged(judgement)) == {"author-is-kept", "any-agent-accepted"}
    assert {content.id for content in it.forum.standing("messages")} == before


async def test_a_partner_that_refuses_a_stranger_is_not_blamed_and_not_called_good() -> None:
    judgement = await judged(without_agents())

    assert breached(judgement) == set()
    reason = unjudged(judgement)["create-answered-with-success"]
    assert reason.startswith("nobody to write as: no puppetizable identity is listed, and an unknown one is refused")
    assert f"'author_id' names no user: {STRANGER}" in reason
    assert {it.remedy for it in judgement.results if it.outcome is Outcome.NOT_JUDGED} == {Remedy.AGENT}
    assert judgement.verdict is Verdict.CLEAR
    assert not judgement.conforms


@pytest.mark.parametrize("status", [500, 503])
async def test_where_every_create_crashes_no_agent_can_answer_whoever_is_puppetizable(status: int) -> None:
    it = without_agents()

    def act(call: Call, proceed: Proceed) -> object:
        if call.operation == "create":
            raise Refusal(status, "Whoops")
        return proceed(call)

    it.fault = Fault(name="crashes", rules=(), description="crashes on every create", act=act)
    judgement = await judged(it)

    assert breached(judgement) == {"create-answered-with-success"}
    [result] = [it for it in judgement.results if it.breaches]
    assert result.outcome is Outcome.FAILED
    assert "nobody listed is puppetizable" in result.breaches[0].actual
    assert "--agent-id" in result.rule.paragraphs[2]


async def test_where_an_agent_is_named_that_partner_is_judged_by_what_it_does() -> None:
    it = without_agents()
    it.forum.add_user("new", "Somebody who has written nothing yet", puppetizable=True)
    judgement = await judged(it, source=replace(SOURCE, agent_id="new"))

    assert breached(judgement) == set()
    assert unjudged(judgement) == {}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("limited", "rule"),
    [
        (gives_up_after_errors, "answers-again-after-errors"),
        (bans_for_a_while, "right-request-answered-after-forgeries"),
        (sulks, "lists-unharmed-by-strange-cursors"),
    ],
)
async def test_a_limit_that_our_many_requests_ran_into_is_no_breach(
    limited: Callable[[int], ReferencePartner], rule: str, status: int
) -> None:
    judgement = await judged(limited(status), chosen(RULES, [rule]))

    assert breached(judgement) == set()
    assert judgement.pace.put_off


HOSTILE: tuple[object, ...] = (
    None, True, 1, 1.5, "text", [], {}, [None, 1, "x", [], {}], {"id": []}, [{"id": {}}, {"id": True}, {"id": 1.5}],
    [{"id": "1", "author": 3, "recipient": [], "actions": 7, "body": {}, "created_at": [], "structured_content": 4}],
    [{"id": "x" * 5000}], [{"id": "\x00"}], {"error": {"fatal": "perhaps", "message": []}}, {"error": 5},
    Raw('[{"id":"\\ud83d","updated_at":NaN}]'), Raw("[" * 5000 + "]" * 5000), Raw("[{"),
)  # fmt: skip
"""What no guide names, in the place of any answer."""


@pytest.mark.parametrize("seed", range(4))
async def test_hostile_answers_break_no_rule_of_ours(seed: int) -> None:
    it = partner()
    chance = Random(seed)

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        return chance.choice(HOSTILE) if call.action != "implementation.info" and chance.random() < 0.3 else answer

    it.fault = Fault(name="hostile", rules=(), description="answers anything", act=act)
    judgement = await judged(it)

    assert [(r.rule.name, r.reason) for r in judgement.results if r.outcome is Outcome.BROKEN] == []
    assert breached(judgement)


@pytest.mark.slow
async def test_of_a_partner_with_very_many_contents_only_a_part_is_read() -> None:
    it = partner(listing=Listing(page_size=2))
    it.forum.fill(messages=220)
    judgement = await judged(it)

    assert breached(judgement) == set()
    crawl = judgement.seen["crawling"]
    assert crawl.learnt(Crawled).part == {"messages"}
    assert len(crawl.asked("messages.list")) == (CYCLES + 2) * PAGES
    assert len(judgement.seen["positions"].asked("messages.list")) <= REQUESTS * SHARE
    [result] = [it for it in judgement.results if it.rule.name == "older-positions-reach-as-much"]
    assert result.looked_at > 220


async def two_of_each() -> Judgement:
    it = partner()
    for name in OBJECTS:
        for content in it.forum.standing(name)[2:]:
            it.forum.remove(content.id)
    return await judged(it, write=False)


async def test_where_nothing_can_be_passed_over_that_is_not_judged() -> None:
    assert "older-positions-reach-as-much" in unjudged(await two_of_each())


async def cut_short() -> Judgement:
    it = partner(listing=Listing(page_size=2))
    it.forum.fill(messages=220)
    return await judged(it, write=False, requests_at_most=300)


@pytest.mark.slow
async def test_where_there_is_no_room_for_more_requests_the_rule_says_how_far_it_went() -> None:
    judgement = await cut_short()

    assert judgement.requests <= 300
    assert breached(judgement) == set()
    [result] = [it for it in judgement.results if it.rule.name == "older-positions-reach-as-much"]
    assert result.evidence[0].note == "messages: judged up to position 41 of 228, for want of requests"
