from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.daemon.metrics import FEW, Metrics
from crawler.errors import EndpointUnreachable
from crawler.store import Lease, Standing
from crawler.store.leases import Tenure
from crawler.sync.exports import settle_given_up, settle_success
from crawler.sync.report import CycleReport, ObjectReport
from tests.unit.store.writing import NOON, creation, exchange

Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


def standing(source: str = "shop", **fields: Any) -> Standing:
    given: dict[str, Any] = {
        "managed": True,
        "disabled_at": None,
        "failures": 0,
        "due_in": 30.0,
        "crawled_by": None,
        "outbox": 0,
        "oldest": None,
        "started_at": NOON,
        "outcome": "succeeded",
    }
    return Standing(source=source, **{**given, **fields})


def numbers(metrics: Metrics, found: Sequence[Standing] | None = (), in_flight: int = 0) -> Numbers:
    """The page as Prometheus reads it."""
    families = text_string_to_metric_families(metrics.page(found, in_flight=in_flight, now=NOON).decode())
    samples = [sample for family in families for sample in family.samples]
    return {(s.name.removeprefix("ringcx_crawler_"), frozenset(s.labels.items())): s.value for s in samples}


def of(found: Numbers, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


def lease(source: str = "shop") -> Lease:
    return Lease(source_id=1, source=source, fence=1, due=100.0, taken=100.0, tenure=Tenure(0))


def report(**fields: Any) -> CycleReport:
    return CycleReport(source="shop", started=NOON, **fields)


def test_cycles_are_counted_by_their_outcome() -> None:
    metrics = Metrics()
    failed = EndpointUnreachable("shop", "implementation.info", expected="an answer", came="none")
    metrics.cycle_ended("shop", report(), 0.2)
    metrics.cycle_ended("shop", report(), 0.3)
    metrics.cycle_ended("shop", report(errors=[failed]), 5.0)
    metrics.cycle_broke_off("shop")
    found = numbers(metrics, [standing()])
    outcomes = {"succeeded": 2, "failed": 1, "interrupted": 1}
    assert {name: of(found, "cycles_total", outcome=name) for name in outcomes} == outcomes
    assert {name: of(found, "source_cycles_total", source="shop", outcome=name) for name in outcomes} == outcomes
    assert of(found, "cycle_duration_seconds_sum") == pytest.approx(5.5)
    assert of(found, "cycle_duration_seconds_count") == 3
    assert of(found, "source_cycle_duration_seconds", source="shop") == 5.0


def test_lateness_is_measured_and_never_below_nothing() -> None:
    metrics = Metrics()
    metrics.cycle_started(lease(), 0.3)
    metrics.cycle_started(lease(), -0.1)
    found = numbers(metrics, [standing()])
    assert of(found, "cycle_lateness_seconds_sum") == pytest.approx(0.3)
    assert of(found, "cycle_lateness_seconds_bucket", le="0.25") == 1
    assert of(found, "source_cycle_lateness_seconds", source="shop") == -0.1


def test_contents_are_counted_by_object() -> None:
    metrics = Metrics()
    objects = {
        "messages": ObjectReport(object="messages", new=3, updated=2, ignored=1),
        "threads": ObjectReport(object="threads", new=4),
    }
    metrics.cycle_ended("shop", report(objects=objects), 0.1)
    found = numbers(metrics, [standing()])
    assert of(found, "contents_imported_total", object="messages", change="new") == 3
    assert of(found, "contents_imported_total", object="messages", change="updated") == 2
    assert of(found, "contents_ignored_total", object="messages") == 1
    assert of(found, "source_contents_imported_total", source="shop") == 9
    assert of(found, "source_contents_ignored_total", source="shop") == 1


def test_exports_are_counted_by_the_status_they_led_to() -> None:
    metrics = Metrics()
    exports = [settle_success(creation("q1")), settle_success(creation("q2")), settle_given_up(creation("q3"), "no")]
    metrics.cycle_ended("shop", report(exports=exports), 0.1)
    found = numbers(metrics, [standing()])
    assert of(found, "exports_total", status="success") == 2
    assert of(found, "exports_total", status="export_aborted") == 1
    assert of(found, "source_exports_total", source="shop", status="success") == 2


def test_exchanges_ticks_reloads_and_housekeeping_are_counted() -> None:
    metrics = Metrics()
    metrics.exchanged("shop", exchange())
    metrics.exchanged("shop", exchange(error="it broke"))
    metrics.ticked(3)
    metrics.tick_failed()
    metrics.reloaded(succeeded=False)
    metrics.pruned(7)
    found = numbers(metrics, in_flight=2)
    assert of(found, "exchanges_total", action="messages.list", outcome="succeeded") == 1
    assert of(found, "exchanges_total", action="messages.list", outcome="failed") == 1
    assert of(found, "ticks_total", outcome="succeeded") == of(found, "ticks_total", outcome="failed") == 1
    assert of(found, "reloads_total", outcome="failed") == 1
    assert of(found, "cycles_pruned_total") == 7
    assert of(found, "cycles_in_flight") == 2


def test_what_stands_in_the_database_is_told_in_total_and_by_source() -> None:
    found = numbers(
        Metrics(),
        [
            standing("late", due_in=-7.0, failures=3, outbox=2, oldest=NOON - timedelta(minutes=5)),
            standing("later", due_in=-2.0, outbox=1, oldest=NOON - timedelta(minutes=1)),
            standing("off", due_in=-99.0, disabled_at=NOON, failures=9),
            standing("crawled", due_in=-99.0, crawled_by="process 1 on elsewhere"),
            standing("alone", managed=False, due_in=None, outbox=4),
        ],
    )
    assert [of(found, "sources", state=name) for name in ("managed", "disabled", "failing")] == [4, 1, 2]
    assert (of(found, "sources_due"), of(found, "overdue_seconds")) == (2, 7.0)
    assert (of(found, "outbox_pending"), of(found, "outbox_oldest_seconds")) == (7, 300.0)
    assert of(found, "source_failures", source="off") == 9
    assert of(found, "source_outbox_pending", source="later") == 1
    assert of(found, "source_outbox_oldest_seconds", source="later") == 60.0
    assert of(found, "database_answers") == 1


def test_a_database_that_does_not_answer_is_told() -> None:
    metrics = Metrics()
    assert of(numbers(metrics), "database_answers") == 1
    assert of(numbers(metrics, None), "database_answers") == 0


def test_a_source_that_is_gone_loses_its_numbers() -> None:
    metrics = Metrics()
    metrics.cycle_ended("gone", report(), 0.1)
    metrics.cycle_ended("shop", report(), 0.1)
    assert of(numbers(metrics, [standing(), standing("gone")]), "source_failures", source="gone") == 0
    found = numbers(metrics, [standing()])
    assert [key for key in found if ("source", "gone") in key[1]] == []
    assert of(found, "source_cycles_total", source="shop", outcome="succeeded") == 1
    assert of(found, "cycles_total", outcome="succeeded") == 2


def test_many_sources_have_no_numbers_of_their_own() -> None:
    metrics, many = Metrics(), [standing(f"s{n}") for n in range(FEW + 1)]
    assert of(numbers(metrics, many[:FEW]), "source_failures", source="s1") == 0
    metrics.cycle_ended("s1", report(), 0.1)
    numbers(metrics, many)
    metrics.cycle_ended("s1", report(), 0.1)
    metrics.cycle_started(lease("s1"), 1.0)
    metrics.cycle_broke_off("s1")
    found = numbers(metrics, many)
    assert [key for key in found if "source" in dict(key[1])] == []
    assert of(found, "cycles_total", outcome="succeeded") == 2
    assert of(found, "sources", state="managed") == FEW + 1
