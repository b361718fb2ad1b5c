"""What the daemon does, counted for Prometheus."""

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from crawler.errors import ConfigurationError
from crawler.protocol.envelope import Exchange
from crawler.store import Lease, Standing
from crawler.sync.report import CycleReport

PREFIX = "ringcx_crawler_"
FEW = 50
"""Up to so many sources each has numbers of its own; beyond that there are only those of all together."""

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""Up to where the buckets of durations and lateness go."""

STATES = ("managed", "disabled", "failing")


class _Registry(CollectorRegistry):
    """Makes numbers, and holds them."""

    def counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, what, labels, registry=self)

    def gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(PREFIX + name, what, labels, registry=self)

    def histogram(self, name: str, what: str) -> Histogram:
        return Histogram(PREFIX + name, what, buckets=SECONDS, registry=self)


class Metrics:
    """Counts what an `Observer` is told; `page` is what Prometheus reads.

    What stands in the database is not counted but looked up, when somebody asks.

    Raises `ConfigurationError` where the environment has numbers kept in files that cannot be written.
    """

    def __init__(self) -> None:
        try:
            self._make(_Registry())
        except OSError as error:
            raise ConfigurationError(
                f"PROMETHEUS_MULTIPROC_DIR names a directory that cannot be used: {error.strerror or error}",
                hint="unset it: a daemon is one process, and needs no files for its numbers",
            ) from error

    def _make(self, made: _Registry) -> None:
        self._registry = made
        self._each = _EachSource(made)
        self._ticks = made.counter("ticks", "Looks at what is due.", "outcome")
        self._cycles = made.counter("cycles", "Cycles that ended.", "outcome")
        self._seconds = made.histogram("cycle_duration_seconds", "How long cycles took.")
        self._lateness = made.histogram("cycle_lateness_seconds", "How late cycles began.")
        self._exchanges = made.counter("exchanges", "Requests to partners.", "action", "outcome")
        self._imported = made.counter("contents_imported", "Contents that were new or changed.", "object", "change")
        self._ignored = made.counter("contents_ignored", "Contents that could not be imported.", "object")
        self._exports = made.counter("exports", "Attempts to export, by the status they led to.", "status")
        self._reloads = made.counter("reloads", "Readings of the configuration.", "outcome")
        self._pruned = made.counter("cycles_pruned", "Old cycles that were deleted.")
        self._in_flight = made.gauge("cycles_in_flight", "Cycles that run.")
        self._answers = made.gauge(
            "database_answers", "Whether the database answered when these numbers were asked for."
        )
        self._sources = made.gauge("sources", "Sources of this database, by how they fare.", "state")
        self._due = made.gauge("sources_due", "Sources whose cycle should have begun.")
        self._overdue = made.gauge("overdue_seconds", "For how long the first of them has been due.")
        self._outbox = made.gauge("outbox_pending", "Exports that are to be sent.")
        self._oldest = made.gauge("outbox_oldest_seconds", "Age of the oldest of them.")
        for outcome in ("succeeded", "failed", "interrupted"):
            self._cycles.labels(outcome)

    def ticked(self, in_flight: int) -> None:
        """A tick has claimed what was due."""
        self._ticks.labels("succeeded").inc()
        self._in_flight.set(in_flight)

    def tick_failed(self) -> None:
        """The database did not answer a tick."""
        self._ticks.labels("failed").inc()

    def cycle_started(self, lease: Lease, lateness: float) -> None:
        """A cycle begins."""
        self._lateness.observe(max(lateness, 0.0))
        self._each.started(lease.source, lateness)

    def exchanged(self, source: str, exchange: Exchange) -> None:  # noqa: ARG002 - the observer's signature
        """An exchange has ended."""
        self._exchanges.labels(exchange.action, "failed" if exchange.error else "succeeded").inc()

    def cycle_ended(self, source: str, report: CycleReport, seconds: float) -> None:
        """A cycle has ended."""
        outcome = "failed" if report.failed else "succeeded"
        self._cycles.labels(outcome).inc()
        self._seconds.observe(seconds)
        for name, counted in report.objects.items():
            self._imported.labels(name, "new").inc(counted.new)
            self._imported.labels(name, "updated").inc(counted.updated)
            self._ignored.labels(name).inc(counted.ignored)
        for settled in report.exports:
            self._exports.labels(str(settled.entry.status)).inc()
        self._each.ended(source, outcome, report, seconds)

    def cycle_broke_off(self, source: str) -> None:
        """A cycle ended without a report."""
        self._cycles.labels("interrupted").inc()
        self._each.broke_off(source)

    def reloaded(self, *, succeeded: bool) -> None:
        """The configuration was read again."""
        self._reloads.labels("succeeded" if succeeded else "failed").inc()

    def pruned(self, cycles: int) -> None:
        """Old cycles were deleted."""
        self._pruned.inc(cycles)

    def page(self, standing: Sequence[Standing] | None, *, in_flight: int, now: datetime) -> bytes:
        """All numbers in Prometheus' text format; `standing` is `None` where the database does not answer."""
        self._in_flight.set(in_flight)
        self._answers.set(standing is not None)
        if standing is not None:
            self._look(standing, now)
        return generate_latest(self._registry)

    def _look(self, standing: Sequence[Standing], now: datetime) -> None:
        managed = [found for found in standing if found.managed]
        states = {
            "managed": len(managed),
            "disabled": sum(found.disabled_at is not None for found in managed),
            "failing": sum(found.failures > 0 for found in managed),
        }
        for state in STATES:
            self._sources.labels(state).set(states[state])
        due = [found.due_in or 0.0 for found in standing if found.is_due]
        self._due.set(len(due))
        self._overdue.set(-min(due, default=0.0))
        self._outbox.set(sum(found.outbox for found in standing))
        self._oldest.set(max((_age(found, now) for found in standing), default=0.0))
        self._each.look(managed, now)


class _EachSource:
    """The numbers of each source, as long as there are few."""

    def __init__(self, made: _Registry) -> None:
        self._cycles = made.counter("source_cycles", "Cycles of a source that ended.", "source", "outcome")
        self._imported = made.counter("source_contents_imported", "Contents imported from a source.", "source")
        self._ignored = made.counter("source_contents_ignored", "Contents of a source not imported.", "source")
        self._exports = made.counter("source_exports", "Attempts to export to a source.", "source", "status")
        self._seconds = made.gauge("source_cycle_duration_seconds", "How long its last cycle took.", "source")
        self._lateness = made.gauge("source_cycle_lateness_seconds", "How late its last cycle began.", "source")
        self._failures = made.gauge("source_failures", "Its failed cycles in a row.", "source")
        self._outbox = made.gauge("source_outbox_pending", "Its exports that are to be sent.", "source")
        self._oldest = made.gauge("source_outbox_oldest_seconds", "Age of the oldest of them.", "source")
        self._all = (
            *(self._cycles, self._imported, self._ignored, self._exports, self._seconds),
            *(self._lateness, self._failures, self._outbox, self._oldest),
        )
        self._named: set[str] = set()

    def _counts(self, source: str) -> bool:
        """Whether the source has numbers of its own: it comes to have them if there is room."""
        if source not in self._named and len(self._named) <= FEW:
            self._named.add(source)
        return len(self._named) <= FEW

    def started(self, source: str, lateness: float) -> None:
        if self._counts(source):
            self._lateness.labels(source).set(lateness)

    def ended(self, source: str, outcome: str, report: CycleReport, seconds: float) -> None:
        if not self._counts(source):
            return
        self._cycles.labels(source, outcome).inc()
        self._seconds.labels(source).set(seconds)
        self._imported.labels(source).inc(sum(counted.new + counted.updated for counted in report.objects.values()))
        self._ignored.labels(source).inc(sum(counted.ignored for counted in report.objects.values()))
        for settled in report.exports:
            self._exports.labels(source, str(settled.entry.status)).inc()

    def broke_off(self, source: str) -> None:
        if self._counts(source):
            self._cycles.labels(source, "interrupted").inc()

    def look(self, managed: Sequence[Standing], now: datetime) -> None:
        """Follow what is managed: sources that are gone lose their numbers, and all do where they are too many."""
        names = {found.source for found in managed}
        for gone in set(self._named) - names:
            for metric in self._all:
                metric.remove_by_labels({"source": gone})
        if len(names) > FEW:
            for metric in self._all:
                metric.clear()
            self._named = names
            return
        self._named = names
        for found in managed:
            self._failures.labels(found.source).set(found.failures)
            self._outbox.labels(found.source).set(found.outbox)
            self._oldest.labels(found.source).set(_age(found, now))


def _age(found: Standing, now: datetime) -> float:
    return max((now - found.oldest).total_seconds(), 0.0) if found.oldest is not None else 0.0
