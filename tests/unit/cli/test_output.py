import json
import os

import pytest

from crawler.cli.output import Output, _width, as_json, clean
from crawler.protocol.envelope import escaped

Capsys = pytest.CaptureFixture[str]
LONG = "a-very-long-id-that-must-not-be-cut-anywhere-at-all"
ROWS: list[list[object]] = [["first", 7, "żółć 準"], [LONG, None, None]]


def test_a_pipe_gets_aligned_columns_and_nothing_cut(capsys: Capsys) -> None:
    Output(is_terminal=False, width=20).table(["id", "count", "text"], ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "id".ljust(len(LONG)) + "  count  text",
        "first".ljust(len(LONG)) + "      7  żółć 準",
        LONG,
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_terminal_gets_every_character_of_an_id(capsys: Capsys, width: int) -> None:
    Output(is_terminal=True, width=width).table(["id", "count", "text"], ROWS)
    shown = capsys.readouterr().out
    letters = "".join(c for c in shown if c.isalnum() or c == "-")
    assert LONG in letters


def test_a_terminal_that_does_not_know_its_size_is_taken_for_a_usual_one() -> None:
    ours, theirs = os.openpty()  # its size is 0, as in many containers
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "w") as terminal:
        assert os.get_terminal_size(terminal.fileno()).columns == 0
        assert _width(terminal) >= 40


def test_clean_leaves_letters_and_removes_commands() -> None:
    assert clean("Élodie 準 👩‍👧\x1b[31m\x9b\u202e\n\tx\ud800") == "Élodie 準 👩‍👧 [31m    x "
    assert clean("one\ntwo\x07", lines=True) == "one\ntwo "
    assert clean(None) == ""


def test_json_is_the_same_value_without_anything_unprintable() -> None:
    value = {"id": "\x9b31m\u202e\ud800 é\U000e0001", "list": [1, None]}
    text = as_json(value)
    assert text.isprintable()
    assert "é" in text
    assert json.loads(text) == value
    assert json.loads(as_json(value, indent=2)) == value


def test_escaped_bytes_are_readable_and_harmless() -> None:
    assert escaped(b"\xc3\xa9\xff\x1b[1m\nx") == "é\\xff\\x1b[1m\nx"


def test_facts_leave_out_what_is_empty(capsys: Capsys) -> None:
    Output(is_terminal=False).facts([("a", 0), ("bb", None), ("ccc", "")])
    assert capsys.readouterr().out == "a  0\n"


def test_records_are_lines_of_json_for_machines_and_a_table_for_people(capsys: Capsys) -> None:
    records = [{"id": "1", "more": [1]}, {"id": "2", "more": []}]
    Output(is_terminal=False, as_json=True).records(records, ["id"], empty="none")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == records
    Output(is_terminal=False).records(records, ["id"], empty="none")
    assert capsys.readouterr().out == "id\n1\n2\n"


def test_an_empty_list_says_so_on_stderr_only(capsys: Capsys) -> None:
    Output(is_terminal=False).records([], ["id"], empty="There are none.")
    assert capsys.readouterr() == ("", "There are none.\n")
    Output(is_terminal=False, as_json=True).records([], ["id"], empty="There are none.")
    assert capsys.readouterr() == ("", "")
