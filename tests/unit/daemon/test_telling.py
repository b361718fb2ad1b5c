"""What the log says of a cycle."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from crawler.daemon.telling import AUTO_DISABLED, tell
from crawler.errors import EndpointUnreachable
from crawler.sync.exports import Settled
from crawler.sync.pages import BEGINS_AGAIN
from crawler.sync.report import CycleReport, ObjectReport
from crawler.sync.schedule import PATIENCE, Outlook
from crawler.sync.state import OutboxEntry, Status

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def lines(report: CycleReport) -> list[tuple[str, str]]:
    """The level and the event of each line."""
    with structlog.testing.capture_logs() as found:
        tell(report, 1.5, structlog.get_logger("crawler"))
    return [(line["log_level"], line["event"]) for line in found]


def outlook(**given: Any) -> Outlook:
    return Outlook(**{"failures": 0, "period": 60.0, "due": 60.0, "disabled": False, **given})


def failed(report: CycleReport) -> None:
    report.errors.append(EndpointUnreachable("shop", "implementation.info", expected="an answer", came="nothing"))


def exported(report: CycleReport) -> None:
    for status in (Status.SUCCESS, Status.PENDING):
        entry = OutboxEntry(id=status, object="messages", operation="create", queued_at=NOON, status=status)
        report.exports.append(Settled(entry=entry))


def begun_again(report: CycleReport) -> None:
    report.objects["messages"] = ObjectReport("messages")
    report.objects["messages"].remarks.add(BEGINS_AGAIN, "the ids begin again", "1")


def laborious(report: CycleReport) -> None:
    report.effort, report.outlook = 61 / PATIENCE, outlook()


def disabled(report: CycleReport) -> None:
    report.outlook = outlook(failures=9, disabled=True)


CYCLE = ("info", "cycle")


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (lambda _report: None, [CYCLE]),
        (failed, [("warning", "partner failed"), CYCLE]),
        (exported, [("warning", "export"), CYCLE]),
        (begun_again, [("warning", "ids begin again"), CYCLE]),
        (laborious, [CYCLE, ("warning", "partner takes the processor")]),
        (disabled, [CYCLE, ("error", AUTO_DISABLED)]),
    ],
)
def test_each_cycle_is_a_line_and_what_somebody_should_look_at_is_another(
    happens: Callable[[CycleReport], None], said: list[tuple[str, str]]
) -> None:
    report = CycleReport("shop", NOON)
    happens(report)
    assert lines(report) == said
