"""A partner that puts commands for the terminal into everything: no command's output has one (threat model)."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from crawler.protocol.signature import HEADER, Secret
from tests.unit.cli.terminal import SECRET, URL, Terminal

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\x08\r\u202ereversed\u2028"
ALLOWED = re.compile(r"[^\n\x20-\x7e\xa0-\u200f\u2010-\u2027\u2030-\u2065\u2070-\U0010ffff]")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""What rich writes of itself, around a table's head."""


def user(user_id: str) -> dict[str, Any]:
    names = ("screenname", "firstname", "lastname", "email", "home_phone", "avatar_url")
    return {"id": user_id + EVIL, **{name: name + EVIL for name in names}, "puppetizable": True}


def message(number: int) -> dict[str, Any]:
    return {
        "id": f"{number}{EVIL}", "author": user("ann"), "body": f"Body {EVIL}\nof two lines {EVIL}", "title": EVIL,
        "thread_id": f"t{EVIL}", "language": EVIL, "display_url": EVIL, "categories": [EVIL],
        "actions": [EVIL, "delete"], "context_data": {EVIL: EVIL}, "created_at": EVIL, "format": EVIL,
        "attachments": [{"url": EVIL}],
    }  # fmt: skip


INFO = {
    "objects": {"messages": ["list", "show", "create", "delete", EVIL], EVIL: [EVIL], "threads": ["list", "show"]},
    "options": [EVIL],
    "locales": {"default": {EVIL: EVIL}, EVIL: {EVIL: EVIL}},
}


def partner(request: httpx.Request) -> httpx.Response:
    call = json.loads(request.content)
    match call["action"]:
        case "implementation.info":
            answer: object = INFO
        case "messages.list":
            answer = [message(3), {"id": EVIL}, message(2)]
        case "messages.create":
            answer = {"error": {"fatal": False, "message": EVIL}}
        case "messages.delete":
            return httpx.Response(500, headers={"X-Evil": "\x1b[2J"}, content=EVIL.encode())
        case _:
            answer = {"error": EVIL}
    body = json.dumps(answer, ensure_ascii=False).encode()
    return httpx.Response(200, headers={HEADER: Secret(SECRET).sign(body)}, content=body)


def commands(found: str) -> list[list[str]]:
    named = [URL, found]
    return [
        ["info", URL], ["sync", "-v", URL], ["messages", URL], ["threads", URL], ["show", *named],
        ["reply", *named, "Hello"], ["delete", *named], ["outbox", URL], ["plan", URL], ["sync", URL], ["outbox", URL],
        ["log", URL], ["log", URL, "last"], ["log", URL, "1"], ["status", URL], ["status"],
        ["send", URL, "messages.list"], ["send", URL, "messages.delete", "--param", f"id={found}"], ["show", URL, EVIL],
        ["act", URL, EVIL, found], ["outbox", "cancel", URL, EVIL], ["export", URL], ["enable", URL],
        ["show", EVIL, EVIL],
    ]  # fmt: skip


@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "json"])
@pytest.mark.parametrize("width", [None, 60, 300])
def test_no_command_shows_a_control_character(tmp_path: Path, width: int | None, as_json: bool) -> None:
    terminal = Terminal(tmp_path, endpoints={"shop.example": httpx.MockTransport(partner)}, width=width)
    shown = 0
    for words in commands(f"3{EVIL}"):
        result = terminal.run(*words, *(["--json"] if as_json else []))
        text = COLOURS.sub("", result.stdout) + result.stderr
        assert not ALLOWED.search(text), f"{words}: {ALLOWED.findall(text)[:5]!r} in {text!r}"
        shown += "owned" in text
    assert shown > 8  # the partner's texts were there, without their commands
