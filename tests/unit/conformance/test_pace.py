from datetime import UTC, datetime

import pytest

from crawler.conformance.pace import LONGEST, PAUSES, SLOWER, SLOWEST, Pace, advice, puts_off, says_so
from crawler.protocol.envelope import Answer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answer(status: int = 429, **headers: str) -> Answer:
    return Answer(status=status, headers={name.replace("_", "-"): it for name, it in headers.items()}, body=b"")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("9" * 5_000, 999_999_999.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(given: str, seconds: float | None) -> None:
    assert advice(answer(retry_after=given), NOON) == seconds


def test_an_answer_without_retry_after_gives_no_advice() -> None:
    assert advice(answer(), NOON) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(429), (True, True)),
        (answer(503), (True, False)),
        (answer(503, retry_after="1"), (True, True)),
        (answer(500), (False, False)),
        (answer(200), (False, False)),
    ],
)
def test_what_puts_a_request_off_and_what_says_so(given: Answer, expected: tuple[bool, bool]) -> None:
    assert (puts_off(given), says_so(given)) == expected


def test_no_answer_puts_nothing_off() -> None:
    assert not puts_off(None)


def test_the_pauses_grow_where_nothing_is_advised_and_then_end() -> None:
    pace = Pace()
    pauses = [pace.pause(answer(503), tries, NOON) for tries in range(1, len(PAUSES) + 2)]

    assert pauses == [*PAUSES, None]
    assert (pace.put_off, pace.last) == (len(PAUSES) + 1, 503)


@pytest.mark.parametrize(
    ("advised", "tries", "seconds"),
    [("0", 1, 0.0), ("5", 1, 5.0), ("0", 2, 2.0), ("1", 3, 4.0), ("60", 1, LONGEST), ("61", 1, None)],
)
def test_what_is_advised_counts_and_from_the_second_time_on_no_less_than_the_pauses(
    advised: str, tries: int, seconds: float | None
) -> None:
    assert Pace().pause(answer(retry_after=advised), tries, NOON) == seconds


def asked(pace: Pace, times: int, begun: float, every: float) -> None:
    for number in range(times):
        pace.asked(begun + number * every)
        pace.answered(begun + number * every, after_pauses=False)


def test_nothing_is_due_before_anything_was_put_off() -> None:
    pace = Pace()
    assert pace.due(0.0) == 0.0
    asked(pace, 9, begun=0.0, every=0.01)

    assert (pace.due(0.08), pace.interval, pace.requests, str(pace)) == (0.0, 0.0, 9, "")


def test_the_pace_is_what_was_borne_with_the_pauses() -> None:
    pace = Pace()
    asked(pace, 2, begun=10.0, every=0.0)
    assert pace.pause(answer(retry_after="1"), 1, NOON) == 1.0
    pace.asked(11.0)
    pace.answered(11.0, after_pauses=True)

    assert pace.interval == 0.5
    assert pace.due(11.0) == 0.5
    assert pace.due(11.4) == pytest.approx(0.1)
    assert pace.due(12.0) == 0.0
    assert str(pace) == "asked once in 0.5 s, since it put off 1 request (HTTP 429)"


def test_a_pace_that_was_still_too_fast_slows_by_a_quarter_at_least_and_has_an_end() -> None:
    pace = Pace()
    asked(pace, 2, begun=0.0, every=0.0)
    pace.answered(1.0, after_pauses=True)
    asked(pace, 99, begun=1.0, every=0.5)
    pace.answered(51.0, after_pauses=True)
    assert pace.interval == 0.5 * SLOWER
    pace.answered(999.0, after_pauses=True)

    assert pace.interval == SLOWEST


def test_who_was_busy_from_the_beginning_is_not_slowed_down_for() -> None:
    pace = Pace()
    pace.asked(0.0)
    pace.pause(answer(503), 1, NOON)
    pace.answered(1.0, after_pauses=True)

    assert pace.interval == 0.0
    assert str(pace) == "it put off 1 request (HTTP 503)"


def test_without_a_slower_pace_it_is_told_how_many_were_put_off() -> None:
    assert str(Pace(put_off=2, last=429)) == "it put off 2 requests (HTTP 429)"
