"""What makes a content or an identity another one (LS4, OB11)."""

import msgspec
import pytest

from crawler.protocol.objects import Content, User

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
