"""Values that databases cannot hold as they are, and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content, User, is_storable
from crawler.store.contents import (
    FIELDS,
    PROFILE,
    PUT_CONTENT,
    PUT_EXCHANGE,
    PUT_IDENTITY,
    content_values,
    exchange_values,
    user_values,
)
from crawler.store.pages import Pages
from crawler.store.rows import moment, restored, stamp, storable
from crawler.store.sql import SQLITE, Statement

EXCHANGE = Exchange(
    action="messages.list", request=b"{}", request_size=2, started=datetime(2024, 3, 1, tzinfo=UTC), seconds=1
)

ids = st.text(st.characters(exclude_categories=()), max_size=20) | st.from_regex(r'"[a-z"\\]*"?')


@given(ids | st.none())
def test_any_id_is_stored_and_restored(foreign_id: str | None) -> None:
    stored = storable(foreign_id)

    assert restored(stored) == foreign_id
    assert stored is None or is_storable(stored)


@pytest.mark.parametrize("foreign_id", ["7", "é", "{}", " ", "", "\\ud83d"])
def test_an_ordinary_id_is_stored_as_it_is(foreign_id: str) -> None:
    assert storable(foreign_id) == foreign_id


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_stored_to_the_millisecond(given_moment: datetime) -> None:
    stored = moment(stamp(given_moment))

    assert stored is not None
    assert timedelta() <= given_moment - stored < timedelta(milliseconds=1)


def test_moments_are_stored_in_utc_and_sort_as_text() -> None:
    two_hours_ahead = timezone(timedelta(hours=2))
    noon = datetime(2024, 3, 1, 12, tzinfo=UTC)

    assert stamp(noon) == stamp(datetime(2024, 3, 1, 14, tzinfo=two_hours_ahead)) == "2024-03-01T12:00:00.000Z"
    assert stamp(noon) < stamp(noon + timedelta(milliseconds=1)) < stamp(noon + timedelta(days=400))
    assert moment(None) is None


def test_a_content_has_the_columns_of_its_row_in_their_order() -> None:
    fields = [name.replace("id", "foreign_id") if name == "id" else name for name in Content.__struct_fields__]
    assert SQLITE.text(PUT_CONTENT).names == ("source_id", *fields, "imported_at", "changed_at")
    assert fields[2:] == FIELDS.split(", ")


def test_an_identity_has_the_columns_of_its_row_in_their_order() -> None:
    fields = ["foreign_id", *User.__struct_fields__[1:]]
    assert SQLITE.text(PUT_IDENTITY).names == ("source_id", *fields, "puppetizable")
    assert fields[1:] == PROFILE.split(", ")


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (PUT_CONTENT, content_values(1, Content("messages", "1"), "now")),
        (PUT_IDENTITY, user_values(1, User("1", "Ada"))),
        (PUT_EXCHANGE, exchange_values(1, EXCHANGE)),
    ],
    ids=["content", "identity", "exchange"],
)
def test_a_row_has_a_value_for_each_placeholder(statement: Statement[None], values: tuple[object, ...]) -> None:
    assert len(values) == len(SQLITE.text(statement).names)


def test_a_content_is_read_as_it_was_written() -> None:
    content = Content(
        "messages", "1", "ann", thread_id="7", body="<p>é</p>", actions=("show", "é"), extra='{"ip":"::1"}'
    )
    _, *row, _now, _later = content_values(1, content, "now")
    assert Pages.SHOWN.row(True, *row).content() == content
    assert Pages.SHOWN.row(False, *row).content() is None
