import json
from collections.abc import Iterator
from threading import Event
from time import time
from typing import Any

import anyio
import httpx
import pytest

from crawler.daemon import Daemon, DaemonOptions
from crawler.daemon.health import Health, Pulse, Watching
from crawler.errors import DatabaseUnavailable
from crawler.store import Claimable, Standing, Store
from crawler.sync.source import Source
from tests.unit.store.writing import NOON, SECRET, change


class Moody(Store):
    """A store that answers, refuses or hangs."""

    mood = ""
    asked = 0
    released = Event()

    def ping(self) -> Claimable:
        self._feel()
        return super().ping()

    def standing(self) -> list[Standing]:
        self._feel()
        return super().standing()

    def _feel(self) -> None:
        self.asked += 1
        if self.mood == "away":
            raise DatabaseUnavailable("it is away")
        if self.mood == "hangs":
            self.released.wait(30)


class Patient:
    """A daemon's health. `now` is what the pulse's clock says."""

    def __init__(self, store: Moody) -> None:
        self.now, self.store = 1_000.0, store
        self.pulse = Pulse(lambda: self.now)
        self.metrics = Watching(self.pulse)
        self.daemon = Daemon(store, self.metrics)
        self.health = Health(self.daemon, self.metrics, self.pulse, clock=lambda: NOON)

    async def get(self, path: str, method: str = "GET") -> httpx.Response:
        status, kind, body = await self.health.answer(method, path)
        return httpx.Response(status, headers={"content-type": kind}, content=body)

    async def healthz(self) -> tuple[int, dict[str, Any]]:
        answer = await self.get("/healthz")
        return answer.status_code, json.loads(answer.content)


@pytest.fixture
def patient() -> Iterator[Patient]:
    Moody.released.clear()
    with Moody.open("sqlite://") as store:
        yield Patient(store)


async def test_it_is_ready_when_the_tick_runs_and_the_database_answers(patient: Patient) -> None:
    patient.metrics.ticked(0)
    patient.now += 0.25
    assert await patient.healthz() == (
        200,
        {
            "live": True,
            "ready": True,
            "database_answers": True,
            "sources": 0,
            "sources_in_database": 0,
            "seconds_overdue": 0.0,
            "seconds_since_tick": 0.25,
            "in_flight": 0,
            "stopping": False,
        },
    )


SHOP = Source(name="shop", base_uri="http://shop.example/", secret=SECRET)
OTHER = Source(name="other", base_uri="http://other.example/", secret=SECRET)


async def test_it_is_not_ready_where_the_database_knows_of_other_sources_than_it_is_to_crawl(patient: Patient) -> None:
    """As of one that was restored."""
    patient.metrics.ticked(0)
    await patient.daemon.manage([SHOP, OTHER])
    assert (await patient.healthz())[0] == 200
    patient.store.manage([SHOP])
    status, state = await patient.healthz()
    assert (status, state["sources"], state["sources_in_database"]) == (503, 2, 1)


async def test_it_is_not_ready_where_what_is_due_does_not_begin(patient: Patient) -> None:
    """But for sources that fail, are crawled by somebody, are off or still have a moment."""
    patient.metrics.ticked(0)
    await patient.daemon.manage([SHOP, OTHER])
    for due, state, status in (
        (9, "failures = 0", 200),
        (99, "failures = 0", 503),
        (99, "failures = 1", 200),
        (99, "failures = 0, lease_owner = 'me'", 200),
        (99, "failures = 0, lease_owner = NULL, disabled_at = '2024'", 200),
    ):
        change(patient.store, f"UPDATE source SET {state}, due_at = :due WHERE name = 'shop'", due=time() - due)  # noqa: S608
        assert (await patient.healthz())[0] == status


async def test_it_is_ready_where_what_is_due_has_to_wait_for_room(patient: Patient) -> None:
    daemon = Daemon(patient.store, patient.metrics, options=DaemonOptions(max_cycles=1))
    patient.daemon = patient.health._daemon = daemon
    patient.metrics.ticked(0)
    await daemon.manage([SHOP, OTHER])
    change(patient.store, "UPDATE source SET due_at = :due", due=time() - 99)
    assert (await patient.healthz())[0] == 503
    async with anyio.create_task_group() as tasks:
        await daemon.tick(tasks)
        assert (await patient.healthz())[0] == 200
        tasks.cancel_scope.cancel()


async def test_it_is_not_ready_before_the_first_tick_that_succeeds(patient: Patient) -> None:
    status, state = await patient.healthz()
    assert (status, state["ready"], state["seconds_since_tick"]) == (503, False, None)
    patient.metrics.tick_failed()
    assert (await patient.healthz())[0] == 503
    patient.metrics.ticked(0)
    assert (await patient.healthz())[0] == 200


@pytest.mark.parametrize(("passed", "status"), [(9.9, 200), (10.0, 503)])
async def test_it_is_not_ready_when_the_tick_stands_still(patient: Patient, passed: float, status: int) -> None:
    patient.metrics.ticked(0)
    patient.now += passed
    assert (await patient.healthz())[0] == status


async def test_it_is_not_ready_while_the_database_is_away(patient: Patient) -> None:
    patient.metrics.ticked(0)
    patient.store.mood = "away"
    status, state = await patient.healthz()
    assert (status, state["database_answers"], state["live"]) == (503, False, True)


@pytest.mark.slow
async def test_a_database_that_hangs_keeps_nobody_waiting(patient: Patient) -> None:
    patient.metrics.ticked(0)
    patient.store.mood = "hangs"
    try:
        with anyio.fail_after(20):
            assert (await patient.healthz())[0] == 503
            assert "ringcx_crawler_database_answers 0.0" in (await patient.get("/metrics")).text
            assert patient.store.asked == 1  # one thread hangs, however many ask
            patient.store.mood = ""
            patient.store.released.set()
            assert (await patient.healthz())[0] == 200
    finally:
        patient.store.released.set()


async def test_it_is_not_ready_while_it_stops(patient: Patient) -> None:
    patient.metrics.ticked(0)
    patient.daemon.stop()
    status, state = await patient.healthz()
    assert (status, state["stopping"]) == (503, True)


async def test_liveness_asks_nobody(patient: Patient) -> None:
    patient.store.mood = "away"
    answer = await patient.get("/healthz/live")
    assert (answer.status_code, answer.text) == (200, '{"live": true}\n')


async def test_metrics_are_in_the_format_of_prometheus(patient: Patient) -> None:
    patient.store.manage([Source(name="shop", base_uri="http://shop.example/", secret=SECRET)])
    answer = await patient.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'ringcx_crawler_sources{state="managed"} 1.0' in answer.text
    assert 'ringcx_crawler_source_outbox_pending{source="shop"} 0.0' in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/", 404), ("POST", "/metrics", 405)])
async def test_there_is_nothing_else(patient: Patient, method: str, path: str, status: int) -> None:
    assert (await patient.get(path, method)).status_code == status
