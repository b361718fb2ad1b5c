"""The edge where time and randomness enter."""

from datetime import UTC, datetime, timedelta

from crawler.clock import new_id, utc_now


def test_the_clock_tells_the_time_in_utc() -> None:
    before, now, after = datetime.now(UTC), utc_now(), datetime.now(UTC)

    assert before <= now <= after
    assert now.utcoffset() == timedelta(0)


def test_ids_are_24_lower_case_hexadecimal_digits_and_never_repeat() -> None:
    ids = [new_id() for _ in range(1_000)]

    assert len(set(ids)) == 1_000
    assert all(len(it) == 24 and set(it) <= set("0123456789abcdef") for it in ids)
