"""Structured content and replies to it, as `show` and `messages` have them (ST)."""

import json
from typing import Any

import pytest

from crawler.cli.excerpts import reply_summary, structured_lines, structured_summary
from crawler.reference import MESSAGING, ReferencePartner, Says
from tests.unit.cli.terminal import URL, Terminal

SELECT = {"type": "select", "items": [{"title": "S", "payload": "size:s"}, {"title": "M"}]}
LINK = {
    "type": "rich_link",
    "url": "https://shop.example/42",
    "title": "The shirt",
    "subtitle": "Blue\x1b[31m,\nsoft",
    "url_text": "Have a look",
    "attachment_url": "https://shop.example/42.png",
}
BUTTONS = [
    {"type": "url", "title": "Open", "url": "https://shop.example/43"},
    {"type": "reply", "title": "Buy", "payload": "buy:43"},
]
TEMPLATE = {"type": "template", "title": "The shirt", "url": "https://shop.example/43", "items": BUTTONS}
CAROUSEL = {
    "type": "carousel",
    "items": [{"title": "Blue", "items": BUTTONS}, {"title": "Red", "subtitle": "Sold out"}],
}


@pytest.mark.parametrize(
    ("value", "lines", "summary"),
    [
        (SELECT, ["select:", "  - S [size:s]", "  - M"], "select: S / M"),
        (
            LINK,
            [
                "rich link:",
                "  The shirt",
                "  Blue [31m, soft",
                "  Have a look: https://shop.example/42",
                "  attached: https://shop.example/42.png",
            ],
            "rich link: The shirt",
        ),
        (
            TEMPLATE,
            [
                "template:",
                "  The shirt",
                "  https://shop.example/43",
                "  - Open: https://shop.example/43",
                "  - Buy [buy:43]",
            ],
            "template: The shirt",
        ),
        (
            CAROUSEL,
            [
                "carousel:",
                "  1. Blue",
                "     - Open: https://shop.example/43",
                "     - Buy [buy:43]",
                "  2. Red",
                "     Sold out",
            ],
            "carousel: Blue / Red",
        ),
        ({"type": "carousel", "items": [{}, 7]}, ["carousel:", "  1. ", "  - 7"], "carousel"),
        ({"type": "poll", "items": {"a": 1}}, ["poll:"], "poll"),
        ({"items": ["S", {"title": 7}]}, ["  - S", "  - 7"], "7"),
        ({"type": {"a": 1}, "title": ["x"]}, ["{'a': 1}:", "  ['x']"], "{'a': 1}: ['x']"),
        ("select", ["select"], "select"),
    ],
)
def test_whatever_is_offered_can_be_read(value: object, lines: list[str], summary: str) -> None:
    assert structured_lines(value) == lines
    assert structured_summary(value) == summary


@pytest.mark.parametrize(
    ("value", "summary"), [({"payload": "size:s"}, "size:s"), ({"pay": 1}, "{'pay': 1}"), ("size:s", "size:s")]
)
def test_so_can_what_is_answered(value: object, summary: str) -> None:
    assert reply_summary(value) == summary


def message(content_id: str, **fields: Any) -> dict[str, Any]:
    author = {"id": "agent", "screenname": "The shop", "puppetizable": True}
    return {"id": content_id, "thread_id": "1", "author": author, "format": "text", **fields}


@pytest.fixture
def partner(terminal: Terminal) -> ReferencePartner:
    partner = terminal.partner()
    partner.capabilities = MESSAGING
    listed = [
        message("23", body="M, please", in_reply_to_id="21", structured_reply={"payload": "size:m"}),
        message("22", structured_content=LINK),
        message("21", body="Which size?", structured_content=SELECT),
    ]
    partner.plan("messages.list", Says(listed))
    assert terminal.run("sync", URL).exit_code == 0
    return partner


@pytest.mark.usefixtures("partner")
def test_messages_tell_what_is_offered_and_answered(terminal: Terminal) -> None:
    lines = terminal.run("messages", URL).stdout.splitlines()
    texts = {line.split()[0]: line.split("  ")[-1].strip() for line in lines}
    assert {name: texts[name] for name in ("21", "22", "23")} == {
        "21": "Which size? [select: S / M]",
        "22": "[rich link: The shirt]",
        "23": "M, please [size:m]",
    }


@pytest.mark.usefixtures("partner")
def test_a_content_is_shown_with_what_it_offers_and_as_it_was_received(terminal: Terminal) -> None:
    """OB1: one without a body, too."""
    assert terminal.run("show", URL, "22").stdout.split("\n\n")[1] == (
        "rich link:\n"
        "  The shirt\n"
        "  Blue [31m, soft\n"
        "  Have a look: https://shop.example/42\n"
        "  attached: https://shop.example/42.png"
    )
    assert json.loads(terminal.run("show", URL, "22", "--json").stdout)["structured_content"] == LINK
    shown = terminal.run("show", URL, "23").stdout
    assert "structured reply  size:m\n" in shown
    assert "in reply to       21 by The shop (agent): Which size? [select: S / M]\n" in shown
    assert "\n\nWhich size?\nselect:\n  - S [size:s]\n  - M\n\n" in terminal.run("show", URL, "21").stdout
