"""What is said of every rule over partners that show much, little, and odd things."""

import pytest

from tests.conformance.telling import PARTNERS, TOLD, file_of, page, telling


@pytest.mark.parametrize("name", PARTNERS)
async def test_of_each_rule_the_same_is_said_as_before(name: str) -> None:
    assert page(await telling(name)()) == file_of(name).read_text("utf-8")


def test_nothing_is_kept_of_others() -> None:
    assert {it.stem for it in TOLD.iterdir()} == {*PARTNERS}
