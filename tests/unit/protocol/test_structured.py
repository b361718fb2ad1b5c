"""What is wrong with a structured content, and what of it cannot be sent (ST)."""

from typing import Any

import pytest
from hypothesis import given

from crawler.protocol.structured import TYPES, check_structured, holds_structured, unsendable
from tests.unit.protocol.samples import json_values, unhurried

SELECT = {"type": "select", "items": [{"title": "S", "payload": "size:s"}, {"title": "M"}]}
LINK = {
    "type": "rich_link",
    "url": "https://shop.example/42",
    "title": "The shirt",
    "subtitle": "In blue",
    "url_text": "Have a look",
    "attachment_url": "https://shop.example/42.jpg",
}
URL_BUTTON = {"type": "url", "title": "Order", "url": "https://shop.example/order"}
REPLY_BUTTON = {"type": "reply", "title": "Tell me more", "payload": "more"}
CARD = {"title": "The shirt", "items": [URL_BUTTON, REPLY_BUTTON, {"type": "reply", "title": "No"}]}
TEMPLATE = {**LINK, **CARD, "type": "template"}
CAROUSEL = {"type": "carousel", "items": [CARD, {**CARD, "url": "https://shop.example/43", "url_text": "Blue"}]}
TITLE = "x" * 350


def long(value: dict[str, Any], most: int, *, of: str) -> list[dict[str, Any]]:
    """The value with a text of the longest length, and with one of a character more."""
    return [{**value, of: "x" * most}, {**value, of: "x" * (most + 1)}]


def found(value: object) -> list[tuple[str, str, str, str]]:
    return [(it.level, it.path.removeprefix("structured_content"), it.about, it.kind) for it in check_structured(value)]


@pytest.mark.parametrize(
    "value",
    [
        SELECT,
        {"type": "select", "items": [{"title": "é" * 80, "payload": "p" * 1_000}] * 13},
        LINK,
        {"type": "rich_link", "url": "http://x/" + "x" * 2_039, "title": TITLE},
        {"type": "rich_link", "url": "HTTPS://SHOP.EXAMPLE", "title": "x", "subtitle": "", "url_text": None},
        TEMPLATE,
        {"type": "template", "title": "A text and nothing else"},
        {"type": "template", "title": "x", "items": [REPLY_BUTTON] * 4},
        {"type": "template", "title": "x", "items": []},
        {
            "type": "template",
            "title": "x",
            "items": [{**REPLY_BUTTON, "url": 5}, {**URL_BUTTON, "payload": "x" * 2_000}],
        },
        CAROUSEL,
        {"type": "carousel", "items": [{"title": "x"}] * 10},
        {"type": "carousel", "items": [{**CARD, "type": "template"}]},
        {**SELECT, "note": 5, "attachment_fallback_id": "a"},
    ],
)
def test_what_keeps_the_tables_has_no_problem(value: object) -> None:
    """ST: attributes that go with another type, and such as nobody knows, are ignored."""
    assert check_structured(value) == []


def test_an_address_of_another_kind_is_no_reason_to_refuse() -> None:
    """ST: the guide's own examples link into an app."""
    at_home = "shirts://shop.example/42"
    button = {**URL_BUTTON, "url": at_home}
    values = (
        {**LINK, "url": at_home},
        {**TEMPLATE, "url": at_home, "items": [button]},
        {"type": "carousel", "items": [{**CARD, "items": [button]}, {**CARD, "url": "https://"}]},
        {**LINK, "url": "http://[shop"},
    )
    assert [found(value) for value in values] == [
        [("should", ".url", "card", "address")],
        [("should", ".url", "card", "address"), ("should", ".items[0].url", "button", "address")],
        [("should", ".items[0].items[0].url", "button", "address"), ("should", ".items[1].url", "card", "address")],
        [("should", ".url", "card", "address")],
    ]


def test_attachments_stand_in_all_cards_or_in_none() -> None:
    """ST."""
    cards = [{**CARD, "attachment_url": "https://shop.example/1.png"}, CARD]
    assert found({"type": "carousel", "items": cards}) == [("should", ".items", "carousel", "uneven")]
    [problem] = check_structured({"type": "carousel", "items": cards})
    assert str(problem) == (
        "structured_content.items: expected an attachment_url in all cards or in none, "
        "got none in structured_content.items[1]"
    )
    assert found({"type": "carousel", "items": [cards[0], cards[0]]}) == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, ("", "type", "shape")),
        ([SELECT], ("", "type", "shape")),
        ("select", ("", "type", "shape")),
        ({}, (".type", "type", "missing")),
        ({**SELECT, "type": " "}, (".type", "type", "missing")),
        ({**SELECT, "type": None}, (".type", "type", "missing")),
        ({**SELECT, "type": "buttons"}, (".type", "type", "unknown")),
        ({**SELECT, "type": "Select"}, (".type", "type", "unknown")),
        ({**SELECT, "type": 1}, (".type", "type", "unknown")),
        ({"type": "select"}, (".items", "select", "missing")),
        ({"type": "select", "items": []}, (".items", "select", "missing")),
        ({"type": "select", "items": {"0": {"title": "S"}}}, (".items", "select", "shape")),
        ({"type": "select", "items": [{"title": "S"}] * 14}, (".items", "select", "limit")),
        ({"type": "select", "items": [{"title": "S"}, "M"]}, (".items[1]", "select", "shape")),
        ({"type": "select", "items": [{"payload": "S"}]}, (".items[0].title", "select", "missing")),
        ({"type": "select", "items": [{"title": 5}]}, (".items[0].title", "select", "shape")),
        ({"type": "select", "items": long({}, 80, of="title")}, (".items[1].title", "select", "limit")),
        (
            {"type": "select", "items": long({"title": "S"}, 1_000, of="payload")},
            (".items[1].payload", "select", "limit"),
        ),
        ({**LINK, "url": None}, (".url", "card", "missing")),
        ({**LINK, "url": ["x"]}, (".url", "card", "shape")),
        ({**LINK, "url": "https://x/" + "x" * 2_039}, (".url", "card", "limit")),
        ({**LINK, "title": " \n"}, (".title", "card", "missing")),
        (long(LINK, 350, of="title")[1], (".title", "card", "limit")),
        (long(LINK, 1_000, of="subtitle")[1], (".subtitle", "card", "limit")),
        (long(LINK, 80, of="url_text")[1], (".url_text", "card", "limit")),
        ({**LINK, "attachment_url": 5}, (".attachment_url", "card", "shape")),
        ({**TEMPLATE, "title": ""}, (".title", "card", "missing")),
        ({**TEMPLATE, "items": [REPLY_BUTTON] * 5}, (".items", "button", "limit")),
        ({**TEMPLATE, "items": "x"}, (".items", "button", "shape")),
        ({**TEMPLATE, "items": [None]}, (".items[0]", "button", "shape")),
        ({**TEMPLATE, "items": [{"title": "Yes"}]}, (".items[0].type", "button", "missing")),
        ({**TEMPLATE, "items": [{**REPLY_BUTTON, "type": "call"}]}, (".items[0].type", "button", "unknown")),
        ({**TEMPLATE, "items": [{"type": "reply"}]}, (".items[0].title", "button", "missing")),
        ({**TEMPLATE, "items": long(REPLY_BUTTON, 80, of="title")}, (".items[1].title", "button", "limit")),
        ({**TEMPLATE, "items": long(REPLY_BUTTON, 1_000, of="payload")}, (".items[1].payload", "button", "limit")),
        ({**TEMPLATE, "items": [{"type": "url", "title": "x"}]}, (".items[0].url", "button", "missing")),
        ({"type": "carousel"}, (".items", "carousel", "missing")),
        ({"type": "carousel", "items": [CARD] * 11}, (".items", "carousel", "limit")),
        ({"type": "carousel", "items": [CARD, 5]}, (".items[1]", "carousel", "shape")),
        ({"type": "carousel", "items": [CARD, {}]}, (".items[1].title", "card", "missing")),
        (
            {"type": "carousel", "items": [{**CARD, "items": [REPLY_BUTTON] * 5}]},
            (".items[0].items", "button", "limit"),
        ),
        (
            {"type": "carousel", "items": [CARD, {**CARD, "items": [URL_BUTTON, {**URL_BUTTON, "url": ""}]}]},
            (".items[1].items[1].url", "button", "missing"),
        ),
    ],
)
def test_what_breaks_them_is_found_at_its_place(value: object, problem: tuple[str, str, str]) -> None:
    """ST."""
    assert found(value) == [("must", *problem)]


def test_a_problem_says_what_was_expected_and_names_the_attribute() -> None:
    """ST."""
    problems = check_structured({"type": "carousel", "items": [{"items": [{"type": "url", "title": "x" * 81}]}]})
    assert [(str(it), it.attribute) for it in problems] == [
        ("structured_content.items[0].title: expected a text, got none", "title"),
        ("structured_content.items[0].items[0].title: expected at most 80 characters, got 81", "title"),
        ("structured_content.items[0].items[0].url: expected a text, got none", "url"),
    ]
    assert check_structured({"type": "select", "items": [5]})[0].attribute == "items"
    assert [it.came for value in ("", " ", "x" * 61, 1) for it in check_structured({"type": value})] == [
        "an empty string", "a string", "'" + "x" * 59 + "…'", "a number"
    ]  # fmt: skip


@unhurried
@given(json_values)
def test_any_value_is_checked(value: object) -> None:
    """ST: what partners list is any JSON."""
    for each in (value, *({"type": name, "items": value, "title": value} for name in TYPES)):
        assert all(it.path.startswith("structured_content") for it in check_structured(each))


DEEP: list[Any] = []
for _ in range(101):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"type": "select", "n": None, "ok": True, "items": [{"n": 2**64 - 1}, "é 🐘", -(2**63)]}, ""),
        ({"a": [{"b": "half \ud83d"}]}, "structured_content.a[0].b holds a character that cannot be stored"),
        ({"a": "\0"}, "structured_content.a holds a character that cannot be stored"),
        ({"a": 2**64}, "structured_content.a is a number beyond 64 bit"),
        ({"a": -(2**63) - 1}, "structured_content.a is a number beyond 64 bit"),
        ({"a": [1, 1.0]}, "structured_content.a[1] is a number that not all partners spell alike"),
        ({"a": float("nan")}, "structured_content.a is a number that not all partners spell alike"),
        ({"12": "x"}, "structured_content has a name that not all partners leave in its place: 12"),
        ({"a": {"\0": "x"}}, "structured_content.a has a name that is no text"),
        ({5: "x"}, "structured_content has a name that is no text"),
        ({"a": ("x",)}, "structured_content.a is no JSON value"),
        ({"a": DEEP}, "structured_content.a" + "[0]" * 100 + " is too deeply nested"),
    ],
)
def test_what_cannot_be_sent_or_stored_is_named(value: object, reason: str) -> None:
    """SP, OB12: it would fail in every cycle."""
    assert unsendable(value) == reason


@pytest.mark.parametrize(
    ("extra", "holds"),
    [
        (None, False),
        ('{"attachments":[]}', False),
        ('{"structured_content":{"type":"select"}}', True),
        ('{"context_data":{"structured_content":"x"}}', False),
    ],
)
def test_a_stored_content_tells_whether_it_has_structured_content(extra: str | None, holds: bool) -> None:
    """ST."""
    assert holds_structured(extra) is holds
