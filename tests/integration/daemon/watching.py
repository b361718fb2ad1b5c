"""Observers of a daemon."""

from collections.abc import Callable
from dataclasses import dataclass, field

from crawler.protocol.envelope import Exchange
from crawler.store import Lease
from crawler.sync.report import CycleReport


@dataclass
class Seen:
    """What a daemon told; `changed` is called each time a cycle is over."""

    begun: list[tuple[str, float]] = field(default_factory=list)
    reports: list[CycleReport] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    late: list[tuple[str, float]] = field(default_factory=list)
    failed_ticks: int = 0
    ticks: int = 0
    changed: Callable[[], None] = lambda: None

    def ticked(self, in_flight: int) -> None:
        self.ticks += 1

    def tick_failed(self) -> None:
        self.failed_ticks += 1

    def cycle_started(self, lease: Lease, lateness: float) -> None:
        self.begun.append((lease.source, lease.started))
        self.late.append((lease.source, lateness))

    def exchanged(self, source: str, exchange: Exchange) -> None:
        pass

    def cycle_ended(self, source: str, report: CycleReport, seconds: float) -> None:
        self.reports.append(report)
        self.changed()

    def cycle_broke_off(self, source: str) -> None:
        self.broken.append(source)
        self.changed()
