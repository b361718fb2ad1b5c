from dataclasses import replace

import pytest

from crawler.conformance.comparing import Text
from crawler.conformance.texts import GROUPS, HTML, LONG, MIXED, NOT_ASCII, SHORT, Plan, plans
from crawler.protocol.implementation import ImplementationInfo
from crawler.protocol.objects import MAX_BODY_CHARS

TAG = "ringcx-crawler check 0123abcd: please ignore ({})"
BOTH = ImplementationInfo(declared={}, options=frozenset({"messages.text", "messages.html"}), locales={})

each_plan = pytest.mark.parametrize("plan", [*GROUPS, *HTML, MIXED], ids=lambda it: it.name)


def body(plan: Plan) -> str:
    return plan.body(TAG.format(plan.name))


@each_plan
def test_a_body_is_short_unless_it_is_there_for_its_length(plan: Plan) -> None:
    for it in (plan, plan.as_html()):
        size = len(body(it).encode())
        assert len(body(it)) == MAX_BODY_CHARS if plan.fill else size <= SHORT


@each_plan
def test_a_body_bears_its_tag_and_misses_nothing_of_itself(plan: Plan) -> None:
    for it in (plan, plan.as_html()):
        assert (TAG.format(plan.name) in body(it)) is not plan.bare
        for lost in (True, False):
            assert it.missed(Text(body(it), it.format), lost=lost) == []


def test_their_names_are_their_own() -> None:
    names = [it.name for it in (*GROUPS, *HTML)]
    assert len(set(names)) == len(names)
    assert set(names) >= LONG | NOT_ASCII


def test_the_samples_that_are_missing_are_named() -> None:
    plan = next(it for it in GROUPS if it.name == "signs of programs")
    received = Text(body(plan).replace("\\", "").replace("100%", "100 %"))
    assert [it.name for it in plan.missed(received, lost=True)] == ["backslashes", "amounts"]
    assert [it.name for it in plan.missed(received, lost=False)] == ["backslashes", "amounts", "percents"]


@pytest.mark.parametrize(
    ("options", "formats"),
    [({"messages.text"}, {"text"}), ({"messages.html"}, {"html"}), (set(), {"html"}), (BOTH.options, {"text", "html"})],
)
def test_the_table_is_written_in_the_formats_that_are_taken(options: frozenset[str], formats: set[str]) -> None:
    found = [*plans(replace(BOTH, options=frozenset(options)), "messages")]
    assert {it.format for it in found} == formats
    assert len(found) == len(GROUPS) + (len(HTML) if "html" in formats else 0)


def test_what_is_not_of_ascii_can_be_left_out() -> None:
    assert not MIXED.is_ascii
    assert MIXED.in_ascii().is_ascii
    assert [it.name for it in MIXED.in_ascii().samples] == ["signs"]
