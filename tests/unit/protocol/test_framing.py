"""Where an answer ends, and what is said where it does not end as it says (TR12, TR13)."""

import json

import pytest

from crawler.protocol.framing import behind_remark, is_json, length_too_large, length_too_small

BODY = json.dumps([{"body": "Größe 38? 🐘"}], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("behind", "shown"),
    [
        (b"\n", r"1 byte behind the end of an answer: '\n'"),
        (b"0\r\n\r\n", r"5 bytes behind the end of an answer: '0\r\n\r\n'"),
        (b"\x1b[2J\xff\0", r"6 bytes behind the end of an answer: '\x1b[2J\xff\x00'"),
        ("é".encode() * 20, "40 bytes behind the end of an answer: 'éééééééééééééééééééé'"),
        (b"x" * 41, f"41 bytes behind the end of an answer: '{'x' * 40}…'"),
        (b"x" * 4_100, f"4,100 bytes behind the end of an answer: '{'x' * 40}…'"),
    ],
)
def test_what_came_behind_an_answer_is_shown_as_text_that_no_terminal_obeys(behind: bytes, shown: str) -> None:
    assert behind_remark(behind) == f"{shown}; the connection was closed"


@pytest.mark.parametrize(
    ("end", "looks"),
    [
        (len(BODY.decode()), f"{len(BODY.decode())} for {len(BODY)} bytes or more: counted in characters, it seems"),
        (len(BODY.decode()) + 1, f"{len(BODY.decode()) + 1} for {len(BODY)} bytes or more: counted in characters, it"),
        (len(BODY) - 1, f"{len(BODY) - 1} for {len(BODY)} bytes or more: too small, it seems"),
        (0, f"0 for {len(BODY)} bytes or more: too small, it seems"),
    ],
    ids=["characters", "as JavaScript and Java count them", "one", "all"],
)
def test_a_length_that_is_too_small(end: int, looks: str) -> None:
    assert str(length_too_small(BODY[:end], BODY[end:])).startswith(looks)


def test_what_follows_whole_json_is_no_part_of_it() -> None:
    assert length_too_small(BODY, b"\n") is None


def test_a_length_that_is_too_large() -> None:
    said = "99 for an answer that is whole after 2 bytes, and then the end: too large, it seems"
    assert length_too_large("99", b"[]", "the end") == said
    assert length_too_large("99", b"[{", "the end") is None


@pytest.mark.parametrize(
    ("body", "whole"),
    [(b"[]", True), (b' {"a": 1}\n', True), (b"", False), (b"[", False), (b"[]]", False), (b"[" * 100_000, False)],
)
def test_what_is_whole_json(body: bytes, whole: bool) -> None:
    assert is_json(body) is whole
