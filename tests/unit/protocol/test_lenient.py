"""A content in which something is not as the guide types it is mended, with remarks (OB9, OB11, OB12)."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.lenient import mend, readable_id
from crawler.protocol.objects import Unusable, WireContent, WireUser
from crawler.protocol.remarks import Remarks
from tests.unit.protocol.samples import encoded, json_values, unhurried, user


def mended(content: object, *passed_over: str) -> tuple[WireContent, list[tuple[str, str]]]:
    remarks = Remarks()
    wire = mend(encoded(content), "m1", remarks, passed_over)
    return wire, [(remark.rule, remark.text) for remark in remarks.counts]


def field(name: str, value: object) -> tuple[object, list[tuple[str, str]]]:
    """What becomes of one field, and what is remarked on it."""
    wire, remarks = mended({"id": "m1", name: value})
    return getattr(wire, name), remarks


@pytest.mark.parametrize(
    ("element", "content_id"),
    [
        (b'{"id": "7"}', "7"),
        (b'{"id": 7}', "7"),
        (b'{"id": 0}', "0"),
        (b'{"id": 7.0}', "7"),
        (b'{"id": 1e3}', "1000"),
        (b'{"id": 99999999999999999999999}', "99999999999999999999999"),
        (b'{"id": 1' + b"0" * 400 + b"}", "1" + "0" * 400),
        (rb'{"id": "\ud83d", "body": NaN}', "\ud83d"),
        (rb'{"id": "\u0000"}', "\0"),
        (b'{"id": ""}', None),
        (b'{"id": true}', None),
        (b'{"id": null}', None),
        (b'{"id": NaN}', None),
        (b'{"id": 1e999}', None),
        (b'{"id": ["7"]}', None),
        (b'{"id": {}}', None),
        (b"{}", None),
        (b"7", None),
        (b"\xff", None),
    ],
)
def test_the_id_is_read_whatever_else_is_broken(element: bytes, content_id: str | None) -> None:
    """OB9, OB12: it may be the cursor all the same."""
    assert readable_id(element) == content_id


@unhurried
@given(st.integers() | st.floats() | st.text() | st.booleans() | st.none())
def test_a_content_has_the_id_that_was_read_beforehand(value: object) -> None:
    """OB9, LS2: the cursor is the newest content's id, in the same spelling."""
    element = encoded({"id": value})
    try:
        assert mend(element, None, Remarks(), ()).id == readable_id(element)
    except Unusable as unusable:
        assert unusable.rule == "OB12" or readable_id(element) is None  # noqa: PT017 - either is right


INTEGER = "is a number; the guide wants a string"
FRACTION = "is a number with a fraction; the guide wants a string"
NUMBERS = [
    ("7", "7", INTEGER),
    ("7.0", "7", INTEGER),
    ("7.00", "7", INTEGER),
    ("70e-1", "7", INTEGER),
    ("1e3", "1000", INTEGER),
    ("1E+3", "1000", INTEGER),
    ("100", "100", INTEGER),
    ("0", "0", INTEGER),
    ("-0", "0", INTEGER),
    ("-0.0", "0", INTEGER),
    ("0e9", "0", INTEGER),
    ("-7", "-7", INTEGER),
    ("-7.0", "-7", INTEGER),
    ("9007199254740993", "9007199254740993", INTEGER),
    ("9007199254740993.0", "9007199254740993", INTEGER),
    ("12345678901234567890.0", "12345678901234567890", INTEGER),
    ("12345678901234567890123", "12345678901234567890123", INTEGER),
    ("-9223372036854775809", "-9223372036854775809", INTEGER),
    ("1234567890123456789e4", "12345678901234567890000", INTEGER),
    ("1e300", "1" + "0" * 300, INTEGER),
    ("1.5", "1.5", FRACTION),
    ("1.50", "1.5", FRACTION),
    ("15e-1", "1.5", FRACTION),
    ("1503435956.000247", "1503435956.000247", FRACTION),
    ("0.12345678901234567890123", "0.12345678901234567890123", FRACTION),
]
"""Ids as numbers: as a partner writes them in JSON, and the id that they are."""


@pytest.mark.parametrize(("written", "content_id", "what"), NUMBERS)
def test_an_id_that_is_a_number_is_what_the_partner_meant_wherever_it_stands(
    written: str, content_id: str, what: str
) -> None:
    """OB9: one rule for all places, and no digit is lost."""
    text = written.encode()
    person = b'{"id": ' + text + b', "screenname": "Ada"}'
    fields = [b'"%s": %s' % (name, text) for name in (b"id", b"thread_id", b"in_reply_to_id")]
    element = b"{" + b", ".join([*fields, b'"author": ' + person, b'"recipient": ' + person]) + b"}"
    remarks = Remarks()
    wire = mend(element, None, remarks, ())

    assert wire.author is not None
    assert wire.recipient is not None
    assert {wire.id, wire.thread_id, wire.in_reply_to_id, wire.author.id, wire.recipient.id} == {content_id}
    assert readable_id(element) == content_id
    assert [(it.rule, it.text) for it in remarks.counts] == [
        ("OB9", f"'{name}' {what}") for name in ("id", "thread_id", "in_reply_to_id", "author.id", "recipient.id")
    ]


@pytest.mark.parametrize(
    ("name", "value", "read", "remarks"),
    [
        ("thread_id", 7, "7", [("OB9", "'thread_id' is a number; the guide wants a string")]),
        ("in_reply_to_id", 0, "0", [("OB9", "'in_reply_to_id' is a number; the guide wants a string")]),
        ("title", 7.5, "7.5", [("OB1", "'title' is a number; the guide wants a string")]),
        ("title", True, None, [("OB1", "'title' is true instead of a string, and counts as absent")]),
        ("body", ["a"], None, [("OB1", "'body' is an array instead of a string, and counts as absent")]),
        ("ip", {"a": 1}, None, [("OB1", "'ip' is an object instead of a string, and counts as absent")]),
        ("created_at", 1349111920, "2012-10-01T17:18:40Z",
         [("OB11", "'created_at' is a number instead of an ISO 8601 date")]),
        ("updated_at", "06/11/2017", None,
         [("OB5", "'updated_at' does not say which is the day and which is the month")]),
        ("thread_id", True, None, [("OB1", "'thread_id' is true instead of a string, and counts as absent")]),
        ("created_at", ["2012"], None, [("OB5", "'created_at' is not a date")]),
        ("actions", ["delete", 7, None, "", "spam"], ("delete", "spam"), []),
        ("actions", {"0": "delete", "2": "spam"}, ("delete", "spam"),
         [("OB9", "'actions' is an object instead of a list")]),
        ("actions", "delete", None, [("OB9", "'actions' is a string instead of a list")]),
        ("context_data", {"a": [1, "é"]}, msgspec.Raw('{"a":[1,"é"]}'.encode()), []),
        ("categories", False, msgspec.Raw(b"false"), []),
        ("author", ..., None, []),
        ("unheard_of", ..., None, []),
    ],
)  # fmt: skip
def test_a_field_is_mended_and_remarked_on(
    name: str, value: object, read: object, remarks: list[tuple[str, str]]
) -> None:
    """OB9, OB11, OB5."""
    wire, told = mended({"id": "m1"} if value is ... else {"id": "m1", name: value})
    assert getattr(wire, name, None) == read
    assert told == remarks


@pytest.mark.parametrize("empty", [None, [], {}, ""])
@pytest.mark.parametrize("name", [name for name in WireContent.__struct_fields__ if name != "id"])
def test_an_empty_field_is_an_absent_one_in_any_spelling(name: str, empty: object) -> None:
    """OB0."""
    read, remarks = field(name, empty)
    absent = getattr(mended({"id": "m1"})[0], name)
    assert (read, remarks) == (absent, [])
    assert absent in (None, (), msgspec.Raw())


@pytest.mark.parametrize("empty", [None, [], {}, ""])
@pytest.mark.parametrize("name", [name for name in WireUser.__struct_fields__ if name not in ("id", "puppetizable")])
def test_an_empty_field_of_an_author_is_an_absent_one_in_any_spelling(name: str, empty: object) -> None:
    """OB0."""
    wire, remarks = mended({"id": "m1", "author": {"id": "u1", name: empty}})
    without, _ = mended({"id": "m1", "author": {"id": "u1"}})
    assert (wire.author, remarks) == (without.author, [])
    assert without.author == WireUser(id="u1", screenname="")


@pytest.mark.parametrize(
    ("element", "rule", "reason"),
    [
        (b'{"id": "7", "body": NaN}', "OB12", "is not JSON that can be stored"),
        (rb'{"id": "7", "body": "\ud800"}', "OB12", "is not JSON that can be stored"),
        (b'{"id": "7", "body": "\xff"}', "OB12", "is not JSON that can be stored"),
        (b'{"id": "7", "body": 1e999}', "OB12", "is not JSON that can be stored"),
        (b'{"id": "7", "body": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "OB12", "is too deeply nested"),
        (rb'{"id": "7", "body": "\u0000"}', "OB12", "'body' holds a NUL character"),
        (rb'{"id": "7", "actions": ["\u0000"]}', "OB12", "'actions' holds a NUL character"),
        (b'{"id": 1' + b"0" * 5_000 + b"}", "OB12", "is not JSON that can be stored"),
        (b'{"id": "7", "title": 99999999999999999999}', "OB12", "'title' holds a number beyond 64 bit"),
        (b"null", "TR6", "is null instead of an object"),
        (b'"7"', "TR6", "is a string instead of an object"),
        (b"[1]", "TR6", "is an array instead of an object"),
        (b"{}", "OB1", "has no 'id'"),
        (b'{"id": true}', "OB1", "has no 'id'"),
        (b'{"id": "7", "author": "Ada"}', "OB4", "the author is a string instead of an object"),
        (b'{"id": "7", "recipient": [1]}', "OB4", "the recipient is an array instead of an object"),
    ],
)
def test_what_cannot_be_mended_is_unusable(element: bytes, rule: str, reason: str) -> None:
    """LS7, OB12, OB4."""
    with pytest.raises(Unusable) as caught:
        mend(element, None, Remarks(), ())
    assert caught.value.rule == rule
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(
    ("changes", "remarks"),
    [
        ({"id": 7}, [("OB9", "'author.id' is a number; the guide wants a string")]),
        ({"screenname": 7}, [("OB1", "'author.screenname' is a number; the guide wants a string")]),
        ({"created_at": 0}, [("OB11", "'author.created_at' is a number instead of an ISO 8601 date")]),
        ({"puppetizable": 1}, [("OB4", "'author.puppetizable' is a number instead of true or false")]),
        ({"puppetizable": 1.0}, [("OB4", "'author.puppetizable' is a number instead of true or false")]),
        ({"puppetizable": "true"}, [("OB4", "'author.puppetizable' is a string instead of true or false")]),
    ],
)
def test_an_author_is_mended_like_a_content(changes: dict[str, Any], remarks: list[tuple[str, str]]) -> None:
    """OB9, OB11, OB4."""
    plain, _ = mended({"id": "m1", "author": user("7", screenname="7", created_at="1970-01-01", puppetizable=True)})
    given_author = {**user("7", screenname="7", created_at="1970-01-01", puppetizable=True), **changes}
    wire, told = mended({"id": "m1", "author": given_author})
    assert (wire.author, told) == (plain.author, remarks)


@pytest.mark.parametrize(
    ("value", "puppetizable"),
    [
        (None, None),
        ("", None),
        ([], None),
        ({}, None),
        ("maybe", None),
        (7, None),
        (["true"], None),
        (False, False),
        (0, False),
        ("0", False),
        ("false", False),
        (True, True),
        (1, True),
        ("1", True),
        ("true", True),
    ],
)
def test_whether_an_agent_may_act_as_an_author_is_read_from_what_real_partners_send(
    value: object, puppetizable: bool | None
) -> None:
    """OB4, OB0, PU12: where it says nothing, it is not told, and what is known stays."""
    wire, told = mended({"id": "m1", "author": user(puppetizable=value)})
    assert wire.author is not None
    assert wire.author.puppetizable is puppetizable
    unread = puppetizable is None and value not in (None, "", [], {})
    assert [text.endswith("counts as absent") for _, text in told] == [unread] * (
        unread or (puppetizable is not None and not isinstance(value, bool))
    )


def test_fields_that_are_passed_over_may_be_anything() -> None:
    """IM7, IM8."""
    wire, remarks = mended({"id": "m1", "author": "Ada", "thread_id": "\0", "title": "T"}, "author", "thread_id")
    assert (wire, remarks) == (WireContent(id="m1", title="T", actions=()), [])


@unhurried
@given(st.dictionaries(st.sampled_from([*WireContent.__struct_fields__, "x"]), json_values))
def test_whatever_the_fields_hold_a_content_is_mended_or_unusable(content: dict[str, object]) -> None:
    """LS7."""
    try:
        wire, _ = mended(content)
    except Unusable:
        return
    assert wire.id
    texts = [value for value in msgspec.structs.asdict(wire).values() if isinstance(value, str)]
    assert all(texts)
