"""What a cycle did is counted, and told to people and machines (LS7, PU6)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crawler.errors import DeadlineExceeded, ErrorStatus, PartnerError
from crawler.protocol.objects import Content
from crawler.protocol.remarks import Remark
from crawler.sync.exports import Settled, Wait, settle_failure, settle_given_up, settle_success
from crawler.sync.pages import Accepted, Listing, Stored, accept_page
from crawler.sync.report import IGNORED_KEPT, CycleReport, ObjectReport
from crawler.sync.state import Cursor
from tests.unit.sync.listing_partner import broken, content, page
from tests.unit.sync.samples import NOW, SOURCE, creation, operation

ERROR = DeadlineExceeded("shop", "messages.list", expected="an array", came="no answer", explanation="wait")


def accepted(*listed: Any, cursor: str | None = "0", **stored: Content) -> Accepted:
    listing = Listing.begin(Cursor(object="messages", since_id=cursor))
    return accept_page(SOURCE, listing, page(*listed), Stored(contents=stored), NOW)


def cycle(**changes: Any) -> CycleReport:
    return CycleReport(source="shop", started=NOW, **changes)


def test_pages_are_added_up() -> None:
    report = ObjectReport(object="messages", cursor_before="0", cursor_after="0")
    report.add(
        accepted(
            "c", content("b", in_reply_to_id="?"), "a", broken("x", 3), a=content("a"), b=content("b", title="old")
        )
    )
    report.add(replace(accepted("d"), more_later=True))
    assert (report.requests, report.listed, report.new, report.updated, report.unchanged) == (2, 5, 2, 1, 1)
    assert (report.ignored, report.ignored_contents) == (1, [broken("x", 3)])
    assert (report.cursor_before, report.cursor_after, report.more_later) == ("0", "d", True)
    assert [(remark.rule, count) for remark, count in report.remarks.counts.items()] == [("OB8", 1)]
    report.add(accepted(cursor="d"))
    assert (report.requests, report.listed, report.cursor_after, report.more_later) == (3, 5, "d", False)


def test_ignored_contents_are_all_counted_and_the_first_are_named() -> None:
    """LS7."""
    report = ObjectReport(object="messages")
    for _ in range(3):
        report.add(accepted(*(broken(None, position) for position in range(IGNORED_KEPT - 1))))
    assert (report.ignored, len(report.ignored_contents)) == (3 * (IGNORED_KEPT - 1), IGNORED_KEPT)


SUCCEEDED = settle_success(creation("q1", attempts=1))
RETRIED = settle_failure(creation("q2", attempts=1), ERROR)
GIVEN_UP = settle_given_up(operation("delete", "q3"), "gone")
WAITING = Wait(entry=operation("spam", "q4"), rule="PU8", reason="not declared")


@pytest.mark.parametrize(
    ("exports", "errors", "failed"),
    [([], [], False), ([SUCCEEDED], [], False), ([RETRIED], [], True), ([SUCCEEDED, GIVEN_UP], [], True),
     ([], [ERROR], True)],
)  # fmt: skip
def test_a_cycle_failed_where_the_partner_failed_anywhere_in_it(
    exports: list[Settled], errors: list[PartnerError], failed: bool
) -> None:
    assert cycle(exports=exports, errors=errors, waiting=[WAITING]).failed is failed


@pytest.mark.parametrize(
    ("changes", "idle"),
    [
        ({}, True),
        ({"objects": {"messages": ObjectReport(object="messages", requests=1, unchanged=5, ignored=1)}}, True),
        ({"objects": {"messages": ObjectReport(object="messages", new=1)}}, False),
        ({"objects": {"messages": ObjectReport(object="messages", updated=1)}}, False),
        ({"objects": {"messages": ObjectReport(object="messages", more_later=True)}}, False),
        ({"waiting": [WAITING]}, True),
        ({"exports": [SUCCEEDED]}, False),
        ({"errors": [ERROR]}, False),
    ],
)
def test_a_cycle_is_idle_where_another_one_at_once_would_get_nothing_done(changes: dict[str, Any], idle: bool) -> None:
    assert cycle(**changes).idle is idle


def test_exports_are_counted_by_what_became_of_them() -> None:
    report = cycle(exports=[SUCCEEDED, RETRIED, GIVEN_UP, SUCCEEDED], waiting=[WAITING])
    assert report.outcomes() == {"sent": 4, "succeeded": 2, "retried": 1, "given up": 1, "waiting": 1}
    assert cycle().outcomes() == {"sent": 0, "succeeded": 0, "retried": 0, "given up": 0, "waiting": 0}


def test_the_report_for_machines_has_everything() -> None:
    messages = ObjectReport(object="messages", cursor_before="0")
    messages.add(accepted(broken("x"), content("a", in_reply_to_id="?")))
    created = settle_success(creation("q1", attempts=1, foreign_id="m7"), "odd")
    report = cycle(
        cycle_id=7,
        early=12.3456,
        interval=60,
        ended=NOW + timedelta(seconds=1.5),
        objects={"messages": messages},
        looked_up=2,
        exports=[created, RETRIED, GIVEN_UP],
        waiting=[WAITING],
        remarks=(Remark("IM10", "unknown"),),
        errors=[ERROR],
    )
    report.connections.add("TR12", "a line break", "messages.list")
    text = "expected an array, got no answer; the partner says: wait"
    assert json.loads(json.dumps(report.as_json())) == {
        "source": "shop",
        "cycle": 7,
        "kind": "cycle",
        "started": "2024-03-01T12:00:00.000+00:00",
        "ended": "2024-03-01T12:00:01.500+00:00",
        "seconds": 1.5,
        "failed": True,
        "early": 12.346,
        "interval": 60,
        "objects": {
            "messages": {
                "requests": 1,
                "listed": 2,
                "new": 1,
                "updated": 0,
                "unchanged": 0,
                "ignored": 1,
                "cursor_before": "0",
                "cursor_after": "x",
                "more_later": False,
                "ignored_contents": [{"position": 0, "id": "x", "rule": "OB1", "reason": "has no 'author'"}],
                "remarks": [
                    {
                        "rule": "OB8",
                        "text": "'in_reply_to_id' is no known content of the same object, and counts as absent",
                        "count": 1,
                        "examples": ["a"],
                    }
                ],
            }
        },
        "threads_looked_up": 2,
        "exports": {
            "sent": 3,
            "succeeded": 1,
            "retried": 1,
            "given up": 1,
            "waiting": 1,
            "settled": [
                {"id": "q1", "action": "messages.create", "outcome": "succeeded", "status": "success", "attempts": 1,
                 "foreign_id": "m7", "error": None, "remark": "odd"},
                {"id": "q2", "action": "messages.create", "outcome": "retried", "status": "export_pending",
                 "attempts": 1, "foreign_id": None, "error": text, "remark": None},
                {"id": "q3", "action": "messages.delete", "outcome": "given up", "status": "delete_aborted",
                 "attempts": 0, "foreign_id": None, "error": "gone", "remark": None},
            ],
            "waits": [{"id": "q4", "action": "messages.spam", "rule": "PU8", "reason": "not declared"}],
        },
        "remarks": [{"rule": "IM10", "text": "unknown"}],
        "connections": [{"rule": "TR12", "text": "a line break", "count": 1, "examples": ["messages.list"]}],
        "errors": [
            {"kind": "DeadlineExceeded", "action": "messages.list", "expected": "an array", "came": "no answer",
             "explanation": "wait", "message": f"shop: messages.list: {text}"}
        ],
    }  # fmt: skip


def test_a_cycle_that_has_not_ended_has_no_length() -> None:
    report = cycle().as_json()
    assert (report["ended"], report["seconds"], report["failed"]) == (None, None, False)


LIST_FAILED = ErrorStatus("shop", "messages.list", expected="HTTP 2xx", came="HTTP 500", status=500)
INFO_FAILED = ErrorStatus("shop", "implementation.info", expected="HTTP 2xx", came="HTTP 500", status=500)
HANGS = DeadlineExceeded("shop", "messages.list", expected="an answer", came="none in 30 s")


@pytest.mark.parametrize(
    ("pages", "errors", "failing"),
    [
        ({}, [], False),
        ({}, [INFO_FAILED], True),
        ({"messages": 0}, [LIST_FAILED], True),
        ({"messages": 0, "threads": 1}, [LIST_FAILED], False),
        ({"messages": 3}, [LIST_FAILED], False),  # it failed at its fourth page
        ({"threads": 1, "messages": 0}, [HANGS], True),
    ],
)
def test_a_source_is_failing_where_nothing_could_be_had_of_it(
    pages: dict[str, int], errors: list[PartnerError], *, failing: bool
) -> None:
    objects = {name: ObjectReport(object=name, requests=requests) for name, requests in pages.items()}
    report = CycleReport(source="shop", started=NOW, objects=objects, errors=errors)
    assert report.nothing_had is failing
    assert report.failed is bool(errors)
