from datetime import UTC, datetime, timedelta

import pytest

from crawler.conformance.causes import date_cause

SENT = datetime(2026, 2, 3, 23, 47, 58, tzinfo=UTC)
SHOWN = datetime(2026, 2, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("received", "cause"),
    [
        (SENT + timedelta(hours=2), "2 h ahead: a local time is shown as UTC"),
        (SENT - timedelta(hours=5.5), "5.5 h behind: UTC is taken for local time"),
        (SENT.replace(day=2, month=3), "day and month changed places"),
        (SENT.replace(minute=2), "the month stands for the minutes"),
        (SENT.replace(month=1), "months are counted from 0"),
        (SENT.replace(hour=11), "hours are counted up to 12"),
        (SENT.replace(hour=0, minute=0, second=0), "the time of day is gone"),
        (SHOWN + timedelta(seconds=30), "its own clock"),
        (SENT - timedelta(days=30, minutes=7), "another date"),
        (SENT + timedelta(minutes=7), "another date"),
    ],
)
def test_the_likely_cause_is_named(received: datetime, cause: str) -> None:
    assert date_cause(SENT, received, SHOWN).startswith(cause)


def test_a_day_that_is_no_month_cannot_have_changed_places() -> None:
    sent = SENT.replace(day=28)
    assert date_cause(sent, sent.replace(day=1), SHOWN).startswith("another date")
