import json
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, Sent
from crawler.conformance.timeline import is_page, listings, newest_date, pages, timeline
from crawler.protocol.envelope import Answer, Exchange
from crawler.protocol.implementation import ImplementationInfo


def sent(answer: object, action: str = "messages.list", status: int = 200) -> Sent:
    exchange = Exchange(
        action=action,
        request=b"{}",
        started=datetime(2026, 3, 1, tzinfo=UTC),
        seconds=0,
        answer=Answer(status=status, headers={}, body=json.dumps(answer).encode()),
        error="" if status == 200 else f"HTTP {status}",
        request_size=2,
    )
    return Sent(id="x.1", label="x", exchange=exchange)


def content(content_id: object, updated_at: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    return {"id": content_id, "updated_at": updated_at}


@pytest.mark.parametrize("answer", [[], [1], None, "", {}])
def test_an_array_is_a_page_and_so_is_what_counts_as_an_empty_one(answer: object) -> None:
    assert is_page(sent(answer))


@pytest.mark.parametrize("answer", [{"messages": []}, "no", 1, True])
def test_nothing_else_is_a_page(answer: object) -> None:
    assert not is_page(sent(answer))


def test_an_error_is_no_page() -> None:
    assert not is_page(sent([], status=500))


def test_a_page_leaves_out_what_has_no_id() -> None:
    [page] = pages([sent([content("2"), 7, {}, content(1)]), sent([content("9")], "threads.list")], "messages")

    assert page.ids == ["2", "1"]
    assert [it["id"] for it in page.contents] == ["2", 1]
    assert page.head == "2"


def test_a_timeline_goes_on_page_by_page_and_takes_no_content_twice() -> None:
    line = timeline(pages([sent([content("2"), content("1")]), sent([content("3"), content("2")])], "messages"))

    assert line.ids == ["1", "2", "3"]
    assert line.newest == "3"
    assert line.moved == set()


def test_a_content_that_was_edited_meanwhile_has_moved() -> None:
    later = sent([content("1", "2026-02-01T00:00:00Z")])
    line = timeline(pages([sent([content("2"), content("1")]), later], "messages"))

    assert line.ids == ["1", "2"]
    assert line.moved == {"1"}


def test_the_newest_date_is_that_of_any_content_that_has_one() -> None:
    listed = pages([sent([content("2", "never"), content("1"), {"id": "0", "created_at": "2026-01-02"}])], "messages")

    assert newest_date(listed) == "2026-01-02T00:00:00Z"


def test_no_list_is_nothing_to_judge() -> None:
    declares = {name: ImplementationInfo(declared={"messages": (name,)}, locales={}) for name in ("list", "show")}
    with pytest.raises(NotJudged, match="no list") as caught:
        dict(listings(Seen(probe="x", info=declares["list"], sent=[sent([], "messages.show")])))
    assert caught.value.remedy is Remedy.FIX
    with pytest.raises(DoesNotApply, match="declares no list"):
        dict(listings(Seen(probe="x", info=declares["show"])))
    with pytest.raises(NotJudged, match="nothing to go by"):
        dict(listings(Seen(probe="x")))
