"""`info`: what a partner declares."""

import json

from crawler.reference import UNTHREADED, Says
from tests.unit.cli.terminal import URL, Terminal, columns


def test_info_shows_objects_by_operations(terminal: Terminal) -> None:
    terminal.partner()
    result = terminal.run("info", URL)
    head = ["object", "list", "show", "create", "reply", "delete", "publish", "unpublish", "mark_as_solved", "escalate"]
    assert columns(result, "object") == head
    assert columns(result, "private_messages") == ["private_messages", *["yes"] * 5, "-", "-", "-", "yes"]
    assert result.exit_code == 0


def test_info_shows_options_labels_and_the_interval(terminal: Terminal) -> None:
    terminal.partner()
    lines = terminal.run("info", URL).stdout.splitlines()
    assert any(line.startswith("options") and "messages.html, messages.no_title" in line for line in lines)
    assert "interval  60 s from cycle to cycle: objects are listed (CY1)" in lines
    assert "mark_as_solved    Mark as solved         Marquer comme résolu" in lines


def test_info_shows_what_is_ignored_and_why(terminal: Terminal) -> None:
    terminal.partner("unthreaded-with-threads")
    result = terminal.run("info", URL)
    assert columns(result, "threads")[1:3] == ["ignored", "ignored"]
    assert "IM7   threads: list, show, create" in result.stdout


def test_info_follows_what_no_list_means(terminal: Terminal) -> None:
    terminal.partner().plan("implementation.info", Says({"objects": {"messages": ["create"], "typing": ["start"]}}))
    result = terminal.run("info", URL)
    assert "interval  180 s from cycle to cycle: no list is declared (CY1)" in result.stdout
    assert "Send API  typing.start: the partner sends these, they are not polled" in result.stdout


def test_info_of_nothing_says_so(terminal: Terminal) -> None:
    terminal.partner().plan("implementation.info", Says({"objects": {}}))
    assert terminal.run("info", URL).stdout.startswith("No operation is declared.\n")


def test_info_for_machines(terminal: Terminal) -> None:
    terminal.partner().capabilities = UNTHREADED
    report = json.loads(terminal.run("info", URL, "--json").stdout)
    assert report["interval"] == 60
    assert "messages.unthreaded" in report["options"]
    assert report["objects"]["messages"]["operations"][0] == "list"
