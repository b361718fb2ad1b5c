"""Values that databases cannot hold as they are, and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.wire import is_storable
from crawler.store.rows import CHUNK, chunks, moment, restored, stamp, storable

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


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (CHUNK, [CHUNK]), (2 * CHUNK + 1, [CHUNK, CHUNK, 1])])
def test_ids_come_in_portions_that_fit_into_a_statement(count: int, sizes: list[int]) -> None:
    values = [str(number) for number in range(count)]
    portions = list(chunks(values))

    assert [len(portion) for portion in portions] == sizes
    assert [value for portion in portions for value in portion] == values
