"""The judge is judged: it names what is wrong with each variant, at the level of its harm, and accuses nobody else."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from crawler.conformance.rule import Outcome
from crawler.conformance.rules import RULES
from crawler.protocol.signature import HEADER
from crawler.reference import AGENT, ReferencePartner
from crawler.reference.wire import Request
from tests.conformance.courtroom import SECRET, judged, read_as_junit, reported
from tests.conformance.variants import CONFORMING, TEN, VARIANTS
from tests.conformance.variants.not_yet import NOT_YET_FAIR, NOT_YET_FOUND
from tests.conformance.variants.reach import REACH
from tests.conformance.variants.texts import REFUSED, SAMPLES, STORED
from tests.conformance.variants.time import Network, Time
from tests.conformance.variants.variant import Conforming, Harm, Variant

NAMES = {rule.name for rule in RULES}
NOT_BY_READING = {
    "commits out of order", "marks as read", "crashes on an unknown cursor", "refuses a deleted cursor",
    "oldest first",
}  # fmt: skip
"""What they lose is lost by something else than reading on: an answer that got lost, a deletion, too slow a walk."""

each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda it: it.name)
each_partner = pytest.mark.parametrize("one", CONFORMING, ids=lambda it: it.name)


@pytest.mark.thorough
@each_variant
async def test_a_variant_is_found_by_name_at_the_level_of_its_harm(variant: Variant) -> None:
    judgement = await judged(variant.made(Time()), write=variant.write, source=variant.source)
    found = variant.found(judgement)

    reported(judgement)
    read_as_junit(judgement)
    if variant.name in NOT_YET_FOUND:
        assert not found, "it is found now: take it off the list, and say by which rule"
    else:
        assert found


@pytest.mark.slow
@each_partner
@pytest.mark.parametrize("write", [False, True], ids=["reading", "writing"])
async def test_nothing_is_wrong_with_a_conforming_partner(one: Conforming, write: bool) -> None:
    judgement = await judged(one.made(Time()), write=write, source=one.source)

    reported(judgement)
    read_as_junit(judgement)
    wrong = {Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN}
    accused = [it.rule.name for it in judgement.results if it.outcome in wrong]
    if one.name in NOT_YET_FAIR[write]:
        assert accused or judgement.broke_off, "it is judged fairly now: take it off the list"
    else:
        assert (accused, judgement.broke_off) == ([], "")


def test_there_are_many_and_their_names_are_their_own() -> None:
    names = [*(it.name for it in VARIANTS), *(it.name for it in CONFORMING)]

    assert len(VARIANTS) >= 70
    assert len(TEN) == 10
    assert len(set(names)) == len(names)


def test_what_is_not_yet_so_is_named_rightly() -> None:
    assert {it.name for it in VARIANTS} >= NOT_YET_FOUND
    assert {it.name for it in CONFORMING} >= NOT_YET_FAIR[True] | NOT_YET_FAIR[False]


@each_variant
def test_what_is_found_says_by_which_rule(variant: Variant) -> None:
    assert {*variant.not_by, *variant.unjudged, variant.found_by or "no-redirect"} <= NAMES
    assert variant.found_by or variant.unjudged or variant.name in NOT_YET_FOUND


@each_variant
def test_it_says_where_it_comes_from(variant: Variant) -> None:
    for origin in variant.origin.split("; "):
        assert re.fullmatch(
            r"issue 15(, its table|, point \d)?|PROTOCOL\.md( [A-Z]+\d*,?)+|[\w.-]+/[\w.-]+#\d+", origin
        )


@pytest.mark.parametrize(("name", "change"), [(row[0], row[3]) for row in STORED])
def test_some_sample_of_a_text_is_changed(name: str, change: Callable[[str], str]) -> None:
    assert any(change(sample) != sample for sample in SAMPLES)


@pytest.mark.parametrize(("name", "look"), [(row[0], row[3]) for row in REFUSED])
def test_some_sample_of_a_text_is_refused(name: str, look: Callable[[str], bool]) -> None:
    assert any(look(sample) for sample in SAMPLES)


def pages(it: ReferencePartner, cursor: str | None) -> Iterator[list[str]]:
    """What a reader gets who goes on from each page's newest message until nothing new comes (LS3)."""
    asked = set[str | None]()
    while cursor not in asked:
        asked.add(cursor)
        params = {"since_id": cursor} if cursor else {}
        body = json.dumps({"action": "messages.list", "params": params}).encode()
        answer = it.respond(Request(headers={HEADER.lower(): SECRET.sign(body)}, body=body))
        page = [content["id"] for content in json.loads(answer.body)]
        yield page
        cursor = page[0] if page else cursor


def write_on(it: ReferencePartner, day: int) -> None:
    """Twelve messages: of one second, of agents alone, or of anybody, in all threads in turn."""
    now = it.forum.clock() + timedelta(days=day // 3)
    for number in range(12):
        author = AGENT if day % 4 == 3 else "zoe"
        created_at = now if day % 4 == 1 else now + timedelta(minutes=number)
        it.forum.add_message(author, "123"[number % 3], f"{day}.{number}", created_at=created_at)


@pytest.mark.parametrize(
    "variant",
    [it for it in REACH if it.harm is Harm.LOST and it.name not in NOT_BY_READING],
    ids=lambda it: it.name,
)
def test_who_reads_on_never_sees_something(variant: Variant) -> None:
    endpoint = variant.made(Time())
    assert isinstance(endpoint, Network)
    it, seen, cursor = endpoint.partner, set[str](), None
    for day in range(9):
        for page in pages(it, cursor):
            cursor = page[0] if page else cursor
            seen.update(page)
        write_on(it, day)
    for page in pages(it, cursor):
        seen.update(page)

    written = {content.id for content in it.forum.standing("messages") if content.body[1:2] == "."}
    by_agents = {content.id for content in it.forum.standing("messages") if content.author_id == AGENT}
    assert written - by_agents - seen
