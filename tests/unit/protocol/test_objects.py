"""What makes a content or an identity another one (LS4, OB11), and what no database takes of it (OB12, LS7)."""

import sqlite3
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.objects import (
    MAX_DEPTH,
    MAX_ID_CHARS,
    Content,
    Unusable,
    User,
    check_id,
    check_storable,
    is_storable,
)
from tests.unit.protocol.samples import unhurried

CONTENT = Content(object="messages", id="1")
USER = User(id="1", screenname="Ada")
CHANGES = {"puppetizable": True, "actions": ("delete",)}


@pytest.mark.parametrize("name", Content.__struct_fields__)
def test_any_field_makes_another_content(name: str) -> None:
    """LS4."""
    assert msgspec.structs.replace(CONTENT, **{name: CHANGES.get(name, "x")}) != CONTENT
    assert Content(object="messages", id="1") == CONTENT


@pytest.mark.parametrize("name", User.__struct_fields__)
def test_an_identity_is_like_another_one_where_nothing_but_dates_differs(name: str) -> None:
    """OB11: an author whose `created_at` differs from message to message is the same author."""
    changed = msgspec.structs.replace(USER, **{name: CHANGES.get(name, "x")})
    assert USER.is_like(changed) is (name in ("created_at", "updated_at"))
    assert changed.is_like(USER) is (name in ("created_at", "updated_at", "puppetizable"))


@pytest.mark.parametrize(
    ("known", "told", "like"),
    [
        (True, None, True),
        (False, None, True),
        (None, None, True),
        (True, True, True),
        (False, False, True),
        (True, False, False),
        (False, True, False),
        (None, True, False),
    ],
)
def test_what_is_not_said_of_being_puppetizable_changes_nothing(
    known: bool | None, told: bool | None, like: bool
) -> None:
    """OB4."""
    assert User(id="1", screenname="Ada", puppetizable=known).is_like(User("1", "Ada", puppetizable=told)) is like


def nested(depth: int, innermost: object = 1) -> object:
    value: Any = innermost
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def test_an_id_is_any_text_of_a_size_that_can_be_indexed() -> None:
    """OB12, LS2."""
    for good in ("0", " ", "é/😀", "x" * MAX_ID_CHARS):
        check_id(good, "id")


@pytest.mark.parametrize(
    ("value", "rule", "reason"),
    [("", "OB1", "has no 'thread_id'"), ("x" * 1_001, "OB12", "'thread_id' has more than 1,000 characters")],
)
def test_an_id_that_is_none_or_too_long_is_refused(value: str, rule: str, reason: str) -> None:
    """OB1, OB12."""
    with pytest.raises(Unusable, match=reason) as caught:
        check_id(value, "thread_id")
    assert caught.value.rule == rule


@unhurried
@given(st.text(st.characters()))
def test_a_text_is_storable_where_a_database_returns_what_it_was_given(text: str) -> None:
    """OB12."""
    database = sqlite3.connect(":memory:")
    try:
        stored = database.execute("SELECT ?", (text,)).fetchone()[0] == text and "\0" not in text
    except UnicodeEncodeError:
        stored = False
    finally:
        database.close()
    assert is_storable(text) is stored


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "é\udfff"])
def test_nul_and_lone_surrogates_are_not_storable(text: str) -> None:
    """OB12."""
    assert not is_storable(text)


@pytest.mark.parametrize(
    "value",
    [None, True, 1.5, "é", [], {}, 2**64 - 1, -(2**63), {"a": [1, {"b": "c"}]}, nested(MAX_DEPTH), [1] * 10_000],
)
def test_ordinary_values_are_storable(value: object) -> None:
    check_storable(value, "context_data")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("\0", "holds a NUL character"),
        ({"a\0": 1}, "holds a NUL character"),
        ([{"a": ["\0"]}], "holds a NUL character"),
        (2**64, "holds a number beyond 64 bit"),
        ({"a": [-(2**63) - 1]}, "holds a number beyond 64 bit"),
        (nested(MAX_DEPTH + 1), "is too deeply nested"),
        (nested(100_000), "is too deeply nested"),
    ],
)
def test_what_no_database_takes_is_refused_wherever_it_stands(value: object, reason: str) -> None:
    """OB12."""
    with pytest.raises(Unusable, match=f"^'context_data' {reason}$") as caught:
        check_storable(value, "context_data")
    assert caught.value.rule == "OB12"
