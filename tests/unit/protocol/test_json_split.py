"""A JSON text is taken apart without being decoded, in linear time, whatever its members hold (OB12)."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.json_split import elements, member
from tests.unit.protocol.samples import json_values, unhurried

jsonish = st.lists(st.sampled_from(['"', "\\", "[", "]", "{", "}", ",", ":", "1", " ", "NaN", '"id"', '"id":1'])).map(
    lambda parts: "".join(parts).encode()
)


@pytest.mark.parametrize(
    ("text", "members"),
    [
        (b"[]", []),
        (b" { } ", []),
        (b"[1,2]", [b"1", b"2"]),
        (b' [ 1 , "a,]" ]\n', [b" 1 ", b' "a,]" ']),
        (rb'["\"]", "\\"]', [rb'"\"]"', rb' "\\"']),
        (b'{"id": 7, "a": [1, {"b": 2}]}', [b'"id": 7', b' "a": [1, {"b": 2}]']),
        (rb'[NaN, "\ud800", ' + b"[" * 100_000 + b"]" * 100_000 + b"]", None),
    ],
)
def test_members_stand_as_they_were(text: bytes, members: list[bytes] | None) -> None:
    found = elements(text)
    assert found == members if members is not None else found is not None and len(found) == 3


@pytest.mark.parametrize(
    "text",
    [b"", b"1", b"[", b"]", b"[1", b"[1]]", b"[[1]", b"[1}", b"{1]", b"[1],[2]", b'["]', b'["a]', b'["a\\', b"<[]>"],
)
def test_what_does_not_match_is_no_array(text: bytes) -> None:
    assert elements(text) is None


def test_a_string_that_does_not_end_costs_no_more_than_reading_it() -> None:
    """OB12: no partner holds the cycle up by its spelling."""
    text = b'["' + b'\\"' * 50_000 + b"]"
    begun = time.perf_counter()
    assert elements(text) is None
    assert time.perf_counter() - begun < 2


@unhurried
@given(st.lists(json_values))
def test_an_array_is_taken_apart_as_a_decoder_would(values: list[object]) -> None:
    found = elements(json.dumps(values).encode())
    assert found is not None
    assert [json.dumps(json.loads(part)) for part in found] == [json.dumps(value) for value in values]


@unhurried
@given(st.dictionaries(st.text(st.characters()), json_values), st.text(st.characters()))
def test_a_member_is_what_a_decoder_would_find(values: dict[str, object], name: str) -> None:
    text = json.dumps(values).encode()
    for wanted in (name, *values):
        assert json.dumps(member(text, wanted)) == json.dumps(json.loads(text).get(json.loads(json.dumps(wanted))))


@unhurried
@given(st.binary() | jsonish | jsonish.map(lambda text: b"[" + text + b"]"))
def test_whatever_the_bytes_are_nothing_fails(text: bytes) -> None:
    found = elements(text)
    assert found is None or b",".join(found).strip() in text
    assert elements(b"[" + text) is None or text.strip().endswith(b"]")
    assert not isinstance(member(text, "id"), bytes)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"id": 7, "a": NaN}', 7),
        (rb'{"a": "\ud800", "id": "\ud83d"}', "\ud83d"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b', "id": "x"}', "x"),
        (b'{"a": \xff, "id": "x"}', "x"),
        (b'{"id": "old", "id": "new"}', "new"),
        (b'{"id": "old", "id": nonsense}', "old"),
        (rb'{"\u0069d": "x"}', "x"),
        (b'{"a": {"id": "x"}}', None),
        (b'{"id" "x"}', None),
        (b'{"id": }', None),
        (b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", None),
        (b'{"id": ' + b"9" * 5_000 + b"}", None),
        (b'{"\xff": 1, 7: 1, "id": "x"}', "x"),
        (b'{"id": "x"', None),
        (b"", None),
    ],
)
def test_a_member_is_found_beside_what_no_decoder_takes(text: bytes, value: object) -> None:
    """OB12, LS7; of two members of one name the last counts, as for decoders."""
    assert member(text, "id") == value
