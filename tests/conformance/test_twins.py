"""The judge judges: each rule passes a good partner, and fails a partner with exactly one defect."""

import pytest

from crawler.conformance.rule import Outcome
from crawler.conformance.rules import RULES
from crawler.reference import DESTROYING, TITLES_ONLY, UNTHREADED, Capabilities, Listing
from tests.conformance.courtroom import breached, judged, partner
from tests.conformance.twins import TWINS


async def test_the_reference_partner_passes_every_rule_that_applies() -> None:
    judgement = await judged(partner())

    assert breached(judgement) == set()
    skipped = {r.rule.name: r.reason for r in judgement.results if r.outcome is Outcome.SKIPPED}
    assert skipped == {}


@pytest.mark.parametrize("capabilities", [UNTHREADED, TITLES_ONLY, DESTROYING])
async def test_so_it_does_whatever_else_it_declares(capabilities: Capabilities) -> None:
    assert breached(await judged(partner(capabilities=capabilities))) == set()


@pytest.mark.parametrize(
    "listing",
    [Listing(page_size=2), Listing(page_size=1, repeats_since_id=True), Listing(unknown_since_id="nothing")],
    ids=repr,
)
async def test_so_it_does_however_it_lists(listing: Listing) -> None:
    assert breached(await judged(partner(listing=listing))) == set()


@pytest.mark.parametrize("name", TWINS)
async def test_a_partner_with_one_defect_breaks_that_rule_and_what_follows(name: str) -> None:
    twin = TWINS[name]

    assert breached(await judged(twin.made())) == twin.breached


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_a_partner_that_breaks_it(rule: object) -> None:
    broken = {name for twin in TWINS.values() for name in twin.breached}

    assert getattr(rule, "name", None) in broken
