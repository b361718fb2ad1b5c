"""Values that databases cannot hold as they are, and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content, User, is_storable
from crawler.store import statements
from crawler.store.driver import Statement
from crawler.store.rows import (
    content_values,
    exchange_values,
    moment,
    read_content,
    restored,
    stamp,
    storable,
    user_values,
)

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
    assert statements.put_content.values == ("source_id", *fields, "imported_at", "changed_at", "deleted_at")
    assert statements.stored_contents.columns == ("stands", *fields[1:])


def test_an_identity_has_the_columns_of_its_row_in_their_order() -> None:
    fields = ["foreign_id", *User.__struct_fields__[1:]]
    assert statements.put_identity.values == ("source_id", *fields, "puppetizable")
    assert statements.stored_identities.columns == tuple(fields)


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (statements.put_content, content_values(1, Content("messages", "1"), "now")),
        (statements.put_identity, user_values(1, User("1", "Ada"))),
        (statements.insert_exchange, exchange_values(1, EXCHANGE)),
    ],
    ids=lambda it: getattr(it, "name", ""),
)
def test_a_row_has_a_value_for_each_placeholder(statement: Statement, values: tuple[object, ...]) -> None:
    assert len(values) == len(statement.values)


def test_a_content_is_read_as_it_was_written() -> None:
    content = Content(
        "messages", "1", "ann", thread_id="7", body="<p>é</p>", actions=("show", "é"), extra='{"ip":"::1"}'
    )
    _, name, *row, _now, _later, _deleted = content_values(1, content, "now")
    assert read_content(str(name), row) == content
