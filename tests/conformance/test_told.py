"""What is said of every rule over partners that show much, little, and odd things."""

import pytest

from tests.conformance.courtroom import read_as_junit, reported
from tests.conformance.telling import PARTNERS, TOLD, file_of, page, telling


@pytest.mark.parametrize("name", PARTNERS)
async def test_of_each_rule_the_same_is_said_as_before(name: str) -> None:
    judgement = await telling(name)()

    assert page(judgement) == file_of(name).read_text("utf-8")
    reported(judgement)
    read_as_junit(judgement)


def test_nothing_is_kept_of_others() -> None:
    assert {it.stem for it in TOLD.iterdir()} == {*PARTNERS}
