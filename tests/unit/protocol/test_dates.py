"""Dates are read as partners spell them, and are always written in one spelling (OB5, OB11, TR2)."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.dates import (
    NO_DATE,
    NO_NUMBER,
    OUTSIDE,
    WHICH_CENTURY,
    WHICH_COUNT,
    WHICH_IS_THE_DAY,
    WHICH_UNIT,
    read_date,
)
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


ZONELESS = "has no time zone, and was read as UTC"
SPACE = "has a space instead of the 'T'"
SLASHES = "has slashes instead of '-'"
NUMBER = "is a number instead of an ISO 8601 date"

READ = [
    # a day
    ("2012-02-10", "2012-02-10T00:00:00Z", ""),
    ("2012-02-29", "2012-02-29T00:00:00Z", ""),
    ("0999-01-01", "0999-01-01T00:00:00Z", ""),
    ("2012/02/10", "2012-02-10T00:00:00Z", SLASHES),
    # a day and a time
    ("2012-10-01T17:18:40Z", "2012-10-01T17:18:40Z", ""),
    ("2012-10-01t17:18:40z", "2012-10-01T17:18:40Z", ""),
    ("2012-10-01T17:18Z", "2012-10-01T17:18:00Z", ""),
    ("20121001T171840Z", "2012-10-01T17:18:40Z", ""),
    ("20121001T1718Z", "2012-10-01T17:18:00Z", ""),
    ("20121001T17:18:40Z", "2012-10-01T17:18:40Z", ""),
    ("20121001T171840.25+0200", "2012-10-01T15:18:40Z", ""),
    ("2012-10-01 17:18:40Z", "2012-10-01T17:18:40Z", SPACE),
    ("2012-10-01 17:18:40 +0200", "2012-10-01T15:18:40Z", SPACE),
    ("2012-10-01 17:18:40 UTC", "2012-10-01T17:18:40Z", SPACE),
    ("2012-10-01 17:18:40.123456+00", "2012-10-01T17:18:40Z", SPACE),
    ("2012/10/01 17:18:40Z", "2012-10-01T17:18:40Z", SLASHES),
    ("2012/10/01T17:18:40Z", "2012-10-01T17:18:40Z", SLASHES),
    # its zone
    ("2012-10-01T17:18:40+02:00", "2012-10-01T15:18:40Z", ""),
    ("2012-10-01T17:18:40+0200", "2012-10-01T15:18:40Z", ""),
    ("2012-10-01T17:18:40+02", "2012-10-01T15:18:40Z", ""),
    ("2012-10-01T17:18:40-00:30", "2012-10-01T17:48:40Z", ""),
    ("2012-10-01T17:18:40-00:00", "2012-10-01T17:18:40Z", ""),
    ("2012-10-01T17:18:40+05:45", "2012-10-01T11:33:40Z", ""),
    ("2012-10-01T17:18:40 +0200", "2012-10-01T15:18:40Z", ""),
    ("2012-10-01T17:18:40UTC", "2012-10-01T17:18:40Z", ""),
    ("2012-10-01T17:18:40 GMT", "2012-10-01T17:18:40Z", ""),
    ("2012-01-01T00:30:00+01:00", "2011-12-31T23:30:00Z", ""),
    ("2012-10-01T17:18:40", "2012-10-01T17:18:40Z", ZONELESS),
    ("2012-10-01 17:18", "2012-10-01T17:18:00Z", ZONELESS),
    ("2012/10/01 17:18", "2012-10-01T17:18:00Z", ZONELESS),
    # fractions of a second, which go
    ("2012-10-01T17:18:40.9Z", "2012-10-01T17:18:40Z", ""),
    ("2012-10-01T17:18:40,5Z", "2012-10-01T17:18:40Z", ""),
    ("2012-10-01T17:18:40.999999999Z", "2012-10-01T17:18:40Z", ""),
    ("2012-10-01T17:18:40.9999999999999Z", "2012-10-01T17:18:40Z", ""),
    ("2012-10-01T17:18:40." + "9" * 5_000 + "Z", "2012-10-01T17:18:40Z", ""),
    # the end of a day, and a leap second
    ("2012-12-31T24:00:00Z", "2013-01-01T00:00:00Z", ""),
    ("2012-12-31T24:00Z", "2013-01-01T00:00:00Z", ""),
    ("2012-12-31T24:00:00.000Z", "2013-01-01T00:00:00Z", ""),
    ("20121231T240000Z", "2013-01-01T00:00:00Z", ""),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", ""),
    ("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00Z", ""),
    ("2016-12-31T18:29:60.5-05:30", "2017-01-01T00:00:00Z", ""),
    # seconds and milliseconds since 1970
    (1349111920, "2012-10-01T17:18:40Z", NUMBER),
    (1349111920.9, "2012-10-01T17:18:40Z", NUMBER),
    (1349111920999, "2012-10-01T17:18:40Z", NUMBER),
    ("1349111920", "2012-10-01T17:18:40Z", NUMBER),
    ("1349111920.9", "2012-10-01T17:18:40Z", NUMBER),
    ("1349111920999", "2012-10-01T17:18:40Z", NUMBER),
    (2012100117, "2033-10-05T04:41:57Z", NUMBER),
    (0, "1970-01-01T00:00:00Z", NUMBER),
    ("0", "1970-01-01T00:00:00Z", NUMBER),
    (-60, "1969-12-31T23:59:00Z", NUMBER),
    ("-60", "1969-12-31T23:59:00Z", NUMBER),
    # the ends of what a database sorts rightly as text
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", ""),
    ("0001-01-01T02:00:00+02:00", "0001-01-01T00:00:00Z", ""),
    ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", ""),
    (253402300799000, "9999-12-31T23:59:59Z", NUMBER),
]
"""What is written, what is read, and what is remarked on it: OB5 where that is nothing, else OB11."""

ABSENT = [
    # might mean two things
    ("06/11/2017", WHICH_IS_THE_DAY),
    ("6/11/2017 10:30", WHICH_IS_THE_DAY),
    ("06.11.2017", WHICH_IS_THE_DAY),
    ("06-11-2017T10:30:00Z", WHICH_IS_THE_DAY),
    ("25/12/2017", WHICH_IS_THE_DAY),
    ("06/11/17", WHICH_CENTURY),
    ("12-10-01", WHICH_CENTURY),
    ("12-10-01T17:18:40Z", WHICH_CENTURY),
    ("1.2.17", WHICH_CENTURY),
    (2012, WHICH_COUNT),
    ("201210", WHICH_COUNT),
    ("20121001", WHICH_COUNT),
    (20121001, WHICH_COUNT),
    (20121001.0, WHICH_COUNT),
    ("201210011718", WHICH_COUNT),
    ("20121001171840", WHICH_COUNT),
    (10_000_000_000, WHICH_UNIT),
    ("99999999999", WHICH_UNIT),
    (-10_000_000_000, WHICH_UNIT),
    # are no such day or time
    ("2012-02-30", NO_DATE),
    ("2013-02-29", NO_DATE),
    ("2012-13-01T00:00:00Z", NO_DATE),
    ("0000-00-00 00:00:00", NO_DATE),
    ("0000-01-01", NO_DATE),
    ("2012-10-01T25:18:40Z", NO_DATE),
    ("2012-10-01T17:60:40Z", NO_DATE),
    ("2012-10-01T17:18:61Z", NO_DATE),
    ("2012-10-01T17:18:60Z", NO_DATE),
    ("2016-12-31T23:59:60+01:00", NO_DATE),
    ("2012-10-01T24:00:01Z", NO_DATE),
    ("2012-10-01T24:01Z", NO_DATE),
    ("2012-10-01T24:00:00.1Z", NO_DATE),
    ("2012-10-01T24:00:60Z", NO_DATE),
    ("2012-10-01T17:18:40+24:00", NO_DATE),
    ("2012-10-01T17:18:40+02:60", NO_DATE),
    # lie outside what a database sorts rightly as text
    ("0001-01-01T00:00:00+02:00", OUTSIDE),
    ("9999-12-31T23:00:00-01:00", OUTSIDE),
    ("9999-12-31T24:00:00Z", OUTSIDE),
    ("9999-12-31T23:59:60Z", OUTSIDE),
    ("10000-01-01T00:00:00Z", NO_DATE),
    ("+12012-10-01T00:00:00Z", NO_DATE),
    ("-0044-03-15", NO_DATE),
    (253402300800000, NO_NUMBER),
    (-62135596801000, NO_NUMBER),
    ("1349111920000000", NO_NUMBER),
    (10**400, NO_NUMBER),
    pytest.param(10**5_000, NO_NUMBER, id="5,001 digits"),
    ("9" * 5_000, NO_NUMBER),
    (1e30, NO_NUMBER),
    (float("inf"), NO_NUMBER),
    (float("nan"), NO_NUMBER),
    # are spelled in no such way
    ("2012-10", NO_DATE),
    ("2012-1-5", NO_DATE),
    ("2012.10.01", NO_DATE),
    ("2012-10/01", NO_DATE),
    ("2012-275", NO_DATE),
    ("2012-W40-1", NO_DATE),
    ("2012-10-01T", NO_DATE),
    ("2012-10-01T17Z", NO_DATE),
    ("2012-10-01Z", NO_DATE),
    ("2012-10-01T17:18.40Z", NO_DATE),
    ("2012-10-01T17:18:40.Z", NO_DATE),
    ("2012-10-01T17:18:40+2", NO_DATE),
    ("2012-10-01T17:18:40 02:00", NO_DATE),
    ("2012-10-01T17:18:40\u221202:00", NO_DATE),
    ("2012-10-01T17:18:40CEST", NO_DATE),
    ("2012-10-01T17:18:40+02:00[Europe/Paris]", NO_DATE),
    ("2012-10-01  17:18:40Z", NO_DATE),
    (" 2012-10-01", NO_DATE),
    ("2012-10-01\n", NO_DATE),
    ("2012-10-01T17:18:40Z\n", NO_DATE),
    ("Mon, 01 Oct 2012 17:18:40 GMT", NO_DATE),
    ("1.35e9", NO_DATE),
    ("0x5069d170", NO_DATE),
    ("٢٠١٢-02-10", NO_DATE),
    ("٢٠١٢-10-01T17:18:40Z", NO_DATE),
    ("yesterday", NO_DATE),
    ("\ud800", NO_DATE),
    (True, "is not a date"),
    ([], "is not a date"),
    ({"date": "2012-02-10"}, "is not a date"),
]
"""What is written, and why it counts as absent: OB5."""


@pytest.mark.parametrize(("value", "date", "odd"), READ)
def test_what_means_one_moment_is_read(value: object, date: str, odd: str) -> None:
    """OB5, OB11."""
    assert read_date(value) == (date, odd)


@pytest.mark.parametrize(("value", "why"), ABSENT)
def test_what_cannot_be_read_or_may_mean_two_things_counts_as_absent_and_says_why(value: object, why: str) -> None:
    """OB5: nothing is guessed."""
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
