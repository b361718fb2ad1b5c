"""The judge is fair, and hard to upset: good partners of other kinds, busy ones, and hostile ones."""

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crawler.conformance.probes.crawling import CYCLES
from crawler.conformance.probes.positions import AGAIN, POSITIONS
from crawler.conformance.rule import Outcome
from crawler.conformance.suite import PAGES
from crawler.reference import DESTROYING, TITLES_ONLY, UNTHREADED, Listing, ReferencePartner
from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.wire import Call, Raw
from tests.conformance.courtroom import breached, judged, partner

GOOD: Mapping[str, dict[str, Any]] = {
    "without threads": {"capabilities": UNTHREADED},
    "threads without content": {"capabilities": TITLES_ONLY},
    "destroy instead of delete": {"capabilities": DESTROYING},
    "pages of three": {"listing": Listing(page_size=3)},
    "pages of one": {"listing": Listing(page_size=1)},
    "lists everything after a removed cursor": {"listing": Listing(forgets_removed=True)},
}


@pytest.mark.parametrize("name", GOOD)
async def test_good_partners_of_other_kinds_break_no_rule(name: str) -> None:
    assert breached(await judged(partner(**GOOD[name]))) == set()


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
    assert crawl.facts["partial"] == {"messages"}
    assert len(crawl.asked("messages.list")) == (CYCLES + 2) * PAGES
    assert len(judgement.seen["positions"].asked("messages.list")) <= POSITIONS + AGAIN + 3
