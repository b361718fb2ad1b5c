"""How long a source rests between two cycles (CY1, CY3)."""

from dataclasses import replace

import pytest

from crawler.sync.schedule import interval
from tests.unit.protocol.samples import info
from tests.unit.sync.samples import SOURCE


@pytest.mark.parametrize(
    ("declared", "options", "seconds"),
    [
        ({"messages": ["list"]}, [], 60),
        ({"private_messages": ["list", "show"]}, [], 60),
        ({"messages": ["create", "show"]}, [], 180),
        ({"threads": ["list"]}, [], 60),
        ({"threads": ["list"]}, ["messages.unthreaded"], 180),
        ({"threads": ["list"]}, ["threads.no_content"], 60),
    ],
)
def test_a_partner_that_lists_nothing_is_asked_less_often(
    declared: dict[str, list[str]], options: list[str], seconds: float
) -> None:
    """CY1, IM7, IM8."""
    assert interval(SOURCE, info(*options, **declared)) == seconds


def test_a_partner_whose_capabilities_are_not_known_is_asked_each_minute() -> None:
    """CY3."""
    assert interval(SOURCE, None) == 60


def test_the_intervals_are_settings() -> None:
    """CY1."""
    source = replace(SOURCE, list_interval=90, no_list_interval=300)
    assert interval(source, info(messages=["list"])) == 90
    assert interval(source, info(messages=["create"])) == 300
