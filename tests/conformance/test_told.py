"""What is said of every rule over partners that show much, little, and odd things."""

from collections import defaultdict

import pytest

from crawler.conformance.rules import RULES
from tests.conformance.courtroom import read_as_junit, reported
from tests.conformance.telling import PARTNERS, TOLD, file_of, page, telling

ANY_ANSWER = {
    "answers-within-deadline", "answer-is-whole", "nothing-behind-answers", "no-redirect", "answer-is-not-encoded",
}  # fmt: skip
"""What is judged by any answer."""


@pytest.mark.parametrize("name", PARTNERS)
async def test_of_each_rule_the_same_is_said_as_before(name: str) -> None:
    judgement = await telling(name)()

    assert page(judgement) == file_of(name).read_text("utf-8")
    reported(judgement)
    read_as_junit(judgement)


def test_nothing_is_kept_of_others() -> None:
    assert {it.stem for it in TOLD.iterdir()} == {*PARTNERS}


def test_each_rule_passes_somewhere_and_is_not_judged_elsewhere_though_somebody_answers() -> None:
    outcomes: dict[str, set[str]] = defaultdict(set)
    for name in PARTNERS:
        outcome = ""
        for line in file_of(name).read_text("utf-8").splitlines():
            if line.startswith("    "):
                for rule in line.strip().rstrip(",").split(", "):
                    outcomes[rule].add(outcome)
            else:
                outcome = line.partition(";")[0]

    assert [rule.name for rule in RULES if "passed" not in outcomes[rule.name]] == []
    assert {rule.name for rule in RULES if "not judged" not in outcomes[rule.name]} == ANY_ANSWER
