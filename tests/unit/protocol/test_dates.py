"""Dates are read as partners spell them, and are always written in one spelling (OB5, OB11, TR2)."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.dates import read_date
from tests.unit.protocol.samples import unhurried

TR2 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)

anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.lists(st.integers()),
    st.dictionaries(st.text(), st.integers()),
    st.datetimes().map(str),
    st.text("0123456789-:.,TZtz+ UC/W", max_size=30),
)


@pytest.mark.parametrize("absent", [None, ""])
def test_absence_is_no_date_and_nothing_to_tell(absent: object) -> None:
    """OB0."""
    assert read_date(absent) == (None, "")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2012-02-10", "2012-02-10T00:00:00Z"),
        ("2012-10-01T17:18:40Z", "2012-10-01T17:18:40Z"),
        ("2012-10-01T17:18:40+02:00", "2012-10-01T15:18:40Z"),
        ("2012-10-01T17:18:40+0200", "2012-10-01T15:18:40Z"),
        ("2012-10-01T17:18:40-00:30", "2012-10-01T17:48:40Z"),
        ("2012-10-01T17:18:40 +0200", "2012-10-01T15:18:40Z"),
        ("2012-10-01T17:18:40.999999999Z", "2012-10-01T17:18:40Z"),
        ("2012-10-01T17:18:40,5Z", "2012-10-01T17:18:40Z"),
        ("2012-10-01T17:18:40UTC", "2012-10-01T17:18:40Z"),
        ("0999-01-01", "0999-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_what_the_guide_allows_and_offsets_are_read_without_a_word(text: str, date: str) -> None:
    """OB5."""
    assert read_date(text) == (date, "")


@pytest.mark.parametrize(
    ("value", "date", "odd"),
    [
        ("2012-10-01 17:18:40Z", "2012-10-01T17:18:40Z", "has a space instead of the 'T'"),
        ("2012-10-01 17:18:40 +0200", "2012-10-01T15:18:40Z", "has a space instead of the 'T'"),
        ("2012-10-01 17:18:40 UTC", "2012-10-01T17:18:40Z", "has a space instead of the 'T'"),
        ("2012-10-01 17:18", "2012-10-01T17:18:00Z", "has no time zone, and was read as UTC"),
        ("2012-10-01T17:18:40", "2012-10-01T17:18:40Z", "has no time zone, and was read as UTC"),
        (1349111920, "2012-10-01T17:18:40Z", "is a number instead of an ISO 8601 date"),
        (1349111920999, "2012-10-01T17:18:40Z", "is a number instead of an ISO 8601 date"),
        (1349111920.9, "2012-10-01T17:18:40Z", "is a number instead of an ISO 8601 date"),
        (0, "1970-01-01T00:00:00Z", "is a number instead of an ISO 8601 date"),
        (-60, "1969-12-31T23:59:00Z", "is a number instead of an ISO 8601 date"),
    ],
)
def test_what_partners_send_instead_is_read_and_remarked_on(value: object, date: str, odd: str) -> None:
    """OB11: integer milliseconds, a space instead of the T."""
    assert read_date(value) == (date, odd)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("06/11/2017", "is not an ISO 8601 date"),
        ("2012-02-30", "is not an ISO 8601 date"),
        ("2012-13-01T00:00:00Z", "is not an ISO 8601 date"),
        ("2012-10-01T25:18:40Z", "is not an ISO 8601 date"),
        ("2012-10-01T17:18.40Z", "is not an ISO 8601 date"),
        ("2012/10/01T17:18:40Z", "is not an ISO 8601 date"),
        ("0001-01-01T00:00:00+02:00", "is not an ISO 8601 date"),
        ("٢٠١٢-02-10", "is not an ISO 8601 date"),
        ("yesterday", "is not an ISO 8601 date"),
        ("\ud800", "is not an ISO 8601 date"),
        (10**400, "is a number that is no date"),
        (1e30, "is a number that is no date"),
        (float("inf"), "is a number that is no date"),
        (float("nan"), "is a number that is no date"),
        (True, "is not a date"),
        ([], "is not a date"),
        ({"date": "2012-02-10"}, "is not a date"),
    ],
)
def test_what_cannot_be_read_counts_as_absent_and_says_why(value: object, why: str) -> None:
    """OB5."""
    assert read_date(value) == (None, why)


@unhurried
@given(anything)
def test_whatever_is_read_it_never_fails_and_has_one_spelling(value: object) -> None:
    """OB5, TR2."""
    date, odd = read_date(value)
    assert TR2.fullmatch(date) if date is not None else odd or value in (None, "")


@unhurried
@given(st.datetimes(timezones=st.just(UTC)))
def test_what_we_write_is_read_back_as_it_is(moment: datetime) -> None:
    """TR2."""
    text = moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    assert read_date(text) == (text, "")
