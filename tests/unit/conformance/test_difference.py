"""What differs between two answers."""

from crawler.conformance.difference import differences

OLD = (200, {"Date": "Mon", "content-type": "application/json"}, b'{"id":"1","body":"a"}')


def test_the_same_answer_at_another_time_has_no_difference() -> None:
    assert (
        differences(OLD, (200, {"date": "Tue", "Content-Type": "application/json"}, b'{"id": "1", "body": "a"}')) == []
    )


def test_status_header_and_one_json_key_are_told_apart() -> None:
    lines = differences(OLD, (403, {"content-type": "text/html"}, b'{"id":"1","body":"b"}'))
    assert lines[:2] == ["--- recorded", "+++ new"]
    assert {line for line in lines if line[0] in "+-" and line[:3] not in ("---", "+++")} == {
        "-HTTP 200", "+HTTP 403", "-content-type: application/json", "+content-type: text/html",
        '-  "body": "a"', '+  "body": "b"',
    }  # fmt: skip


def test_what_is_no_json_is_compared_line_by_line_and_holds_no_commands_for_a_terminal() -> None:
    lines = differences((200, {}, b"a\nb\xff"), (None, {}, b"\x1b[31m"))
    assert "-HTTP 200" in lines
    assert "+no answer" in lines
    assert "-b\\xff" in lines
    assert "+\\x1b[31m" in lines
