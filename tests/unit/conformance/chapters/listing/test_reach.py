from datetime import UTC, datetime
from json import dumps

import pytest

from crawler.conformance.chapters.listing.reach import first_answers, looks_like, reached
from crawler.conformance.evidence import Sent
from crawler.conformance.timeline import Page, pages
from crawler.protocol.envelope import Answer, Exchange

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def page(since_id: str | None, *ids: str, body: str = "") -> Page:
    """An answer to a list, the newest content first."""
    listed = dumps([{"id": it, "body": body} for it in ids]).encode()
    exchange = Exchange(
        action="messages.list",
        params={"since_id": since_id} if since_id else {},
        request=b"",
        request_size=0,
        started=NOON,
        seconds=0,
        answer=Answer(status=200, headers={}, body=listed),
    )
    return pages([Sent(id="p.1", label="", exchange=exchange)], "messages")[0]


def test_the_first_answer_after_a_position_counts() -> None:
    answers = first_answers([page(None, "1"), page("1", "2"), page("1", "2", body="another"), page("2")])

    assert list(answers) == [None, "1", "2"]
    assert answers["1"].contents[0]["body"] == ""


def test_from_each_newest_content_it_goes_on_until_there_is_no_more() -> None:
    answers = first_answers([page("1", "3", "2"), page("3", "5", "4"), page("5")])

    assert list(reached(answers, "1").contents) == ["2", "3", "4", "5"]
    assert list(reached(answers, "3").contents) == ["4", "5"]
    assert reached(answers, "1").whole
    assert reached(answers, "5").contents == {}


def test_a_circle_is_an_end() -> None:
    answers = first_answers([page("1", "2"), page("2", "1")])

    assert set(reached(answers, "1").contents) == {"1", "2"}
    assert reached(answers, "1").whole


def test_where_nobody_asked_on_it_is_told_where_that_was() -> None:
    answers = first_answers([page("1", "3", "2")])
    found = reached(answers, "1")

    assert (list(found.contents), found.ended, found.whole) == (["2", "3"], "3", False)
    assert not reached(answers, None).whole
    assert not reached(answers, "9").whole


def test_a_content_is_as_it_was_listed_last() -> None:
    answers = first_answers([page("1", "2"), page("2", "3", "2", body="edited")])

    assert reached(answers, "1").contents["2"]["body"] == "edited"


@pytest.mark.parametrize(
    ("older", "newer", "named"),
    [("9", "10", True), ("99", "100", True), ("9", "8", False), ("a9", "a10", False), ("٩", "10", False)],
)
def test_a_cause_is_named_where_ids_are_numbers_of_different_lengths(older: str, newer: str, named: bool) -> None:
    assert bool(looks_like(older, newer)) is named
