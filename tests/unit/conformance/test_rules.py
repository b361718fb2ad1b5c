"""Which rules are judged."""

import pytest

from crawler.conformance.rule import Level
from crawler.conformance.rules import RULES, chosen, named
from crawler.errors import ConfigurationError


def names(*select: str, skip: tuple[str, ...] = ()) -> list[str]:
    return [rule.name for rule in chosen(RULES, select, skip)]


def test_all_rules_are_judged_where_none_is_named() -> None:
    assert chosen(RULES) == list(RULES)


def test_a_rule_a_level_and_a_chapter_are_names() -> None:
    assert names("unsigned-request-refused") == ["unsigned-request-refused"]
    assert names("should") == [rule.name for rule in RULES if rule.level is Level.SHOULD]
    chapter = [rule.name for rule in RULES if rule.chapter == "transport and signature"]
    assert names("transport and signature") == names("transport-and-signature") == names("Transport") == chapter


def test_several_names_add_up_in_the_order_of_the_rules() -> None:
    assert names("no-redirect", "answer-is-whole") == ["answer-is-whole", "no-redirect"]


def test_what_is_skipped_wins_over_what_is_selected() -> None:
    left = names("transport", skip=("must", "unclear"))
    assert left
    assert left == [r.name for r in RULES if r.chapter == "transport and signature" and r.level is Level.SHOULD]


def test_an_unknown_name_suggests_near_ones() -> None:
    with pytest.raises(ConfigurationError) as caught:
        chosen(RULES, ["unsigned-requests-refused"])
    assert "no rule, chapter or level is called 'unsigned-requests-refused'" in str(caught.value)
    assert "unsigned-request-refused" in caught.value.hint


def test_a_name_that_is_near_nothing_is_told_where_to_look() -> None:
    with pytest.raises(ConfigurationError) as caught:
        named(RULES, "xyzzy")
    assert caught.value.hint == "`ringcx-crawler explain` lists all rules"


def test_no_rule_left_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="no rule is left to judge"):
        chosen(RULES, ["no-redirect"], ["must"])
