"""Who is told what the daemon does: an observer, for metrics and health, and the log."""

from typing import Protocol

import structlog

from crawler.protocol.envelope import Exchange
from crawler.store import Lease
from crawler.sync.pages import BEGINS_AGAIN
from crawler.sync.report import CycleReport
from crawler.sync.schedule import PATIENCE

AUTO_DISABLED = "content_source.auto_disabled"
"""The platform's own name for switching a failing channel off (CY6)."""


class Observer(Protocol):
    """Is told what the daemon does, for metrics and health."""

    def ticked(self, in_flight: int) -> None:
        """A tick has claimed what was due."""

    def tick_failed(self) -> None:
        """The database did not answer a tick."""

    def cycle_started(self, lease: Lease, lateness: float) -> None:
        """A cycle has begun, `lateness` seconds after it was due, both by the database's clock."""

    def exchanged(self, source: str, exchange: Exchange) -> None:
        """An exchange has ended."""

    def cycle_ended(self, source: str, report: CycleReport, seconds: float) -> None:
        """A cycle has ended, and its report is stored."""

    def cycle_broke_off(self, source: str) -> None:
        """A cycle ended without a report: interrupted, its lease lost, or the database gone."""


def tell(report: CycleReport, seconds: float, log: structlog.stdlib.BoundLogger) -> None:
    """Log what a cycle did."""
    for error in report.errors:
        log.warning("partner failed", action=error.action, error=str(error))
    for name, counted in report.objects.items():
        if text := next((it.text for it in counted.remarks.counts if it.rule == BEGINS_AGAIN), None):
            log.warning("ids begin again", object=name, what=text, rule=BEGINS_AGAIN)
    for settled in report.exports:
        if settled.outcome != "succeeded":
            log.warning("export", outcome=settled.outcome, action=settled.entry.action, error=settled.entry.error)
    imported = {name: counted.new + counted.updated for name, counted in report.objects.items()}
    log.info(
        "cycle",
        outcome="failed" if report.failed else "succeeded",
        seconds=round(seconds, 3),
        imported=sum(imported.values()),
        ignored=sum(counted.ignored for counted in report.objects.values()),
        exported=report.outcomes()["succeeded"],
    )
    if report.outlook is not None and PATIENCE * report.vain_effort > report.outlook.period:
        advice = "it brought nothing for that: its next cycle comes later, so that others have the processor (CY8)"
        log.warning("partner takes the processor", seconds=round(report.vain_effort, 1), advice=advice)
    if report.outlook is not None and report.outlook.disabled:
        advice = f"when the partner is mended: ringcx-crawler enable {report.source}"
        log.error(AUTO_DISABLED, failures=report.outlook.failures, advice=advice)
