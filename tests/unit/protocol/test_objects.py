"""A digest tells whether a content or an identity has changed (LS4, OB11)."""

import msgspec
import pytest

from crawler.protocol.objects import Content, User

CONTENT = Content(object="messages", id="1")
USER = User(id="1", screenname="Ada")
CHANGES = {"puppetizable": True, "actions": ("delete",)}


@pytest.mark.parametrize("name", Content.__struct_fields__)
def test_any_field_changes_a_contents_digest(name: str) -> None:
    """LS4."""
    changed = msgspec.structs.replace(CONTENT, **{name: CHANGES.get(name, "x")})
    assert changed.digest != CONTENT.digest
    assert len(changed.digest) == 32


@pytest.mark.parametrize("name", User.__struct_fields__)
def test_any_field_but_the_dates_changes_an_identitys_digest(name: str) -> None:
    """OB11: an author whose `created_at` differs from message to message is the same author."""
    changed = msgspec.structs.replace(USER, **{name: CHANGES.get(name, "x")})
    assert (changed.digest == USER.digest) is (name in ("created_at", "updated_at"))


def test_equal_contents_have_equal_digests() -> None:
    """LS4."""
    assert CONTENT.digest == Content(object="messages", id="1").digest
    assert Content(object="messages", id="1", title="a").digest != Content(object="messages", id="1", body="a").digest
