"""Daemons as processes: two on one PostgreSQL, killed, stopped, continued; and one told to end (CY2, PU2, LS6)."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from crawler.daemon.daemon import LAST
from crawler.store import Store
from crawler.store.schema import metadata
from crawler.sync.leases import LEASE_SECONDS
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry
from tests.database import reading
from tests.integration.daemon.partners import Asked, Partners
from tests.integration.daemon.process import sources_of

pytestmark = pytest.mark.thorough

PATIENCE = 150.0
"""Seconds for which anything may take on a machine that has other things to do.

A source whose process died is due two deadlines of 30 s later than it might be: see `crawler.sync.schedule`.
"""

SLOW = 0.5
"""Seconds that a first request may take from its cycle's start to the partner."""


def until(what: str, happens: Callable[[], object]) -> None:
    """Wait for something to happen."""
    deadline = monotonic() + PATIENCE
    while not happens():
        assert monotonic() < deadline, f"waited in vain for: {what}"
        threading.Event().wait(0.02)


class Fleet:
    """Daemons over the same sources and database."""

    def __init__(self, database: str, partners: Partners, count: int, **settings: float) -> None:
        self.partners = partners
        self.names = [f"s{n:03}" for n in range(count)]
        self.plan: dict[str, Any] = {
            "database": database,
            "sources": [(name, partners.url(name)) for name in self.names],
            "settings": settings,
            "options": {"grace": 20, "tick": 0.2},
        }
        self.before: list[str] = []
        self.environ: dict[str, str] = {}
        self.processes: list[subprocess.Popen[str]] = []
        self.sources: list[Source] = sources_of(self.plan)

    def start(self, name: str, **options: float) -> subprocess.Popen[str]:
        plan = json.dumps({**self.plan, "name": name, "options": {**self.plan["options"], **options}})
        command = [*self.before, sys.executable, "-m", "tests.integration.daemon.process", plan]
        environ, piped = {**os.environ, **self.environ}, {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.processes.append(subprocess.Popen(command, env=environ, text=True, **piped))  # type: ignore[call-overload]
        return self.processes[-1]

    def end(self, process: subprocess.Popen[str]) -> str:
        """Tell it to end, and wait until it has; returns what it said."""
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
        return said

    def clear(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def crawled(self, daemon: str, since: float = 0) -> set[str]:
        """The sources that a daemon has begun cycles of."""
        return {
            asked.source
            for asked in list(self.partners.asked)
            if asked.daemon == daemon and asked.action == "implementation.info" and asked.begun > since
        }


def rows(store: Store, name: str) -> list[dict[str, Any]]:
    table = metadata.tables[name]
    with reading(store) as session:
        return [dict(row) for row in session.execute(sa.select(table).order_by(*table.primary_key)).mappings()]


def message(message_id: str) -> dict[str, Any]:
    return {"id": message_id, "author": {"id": "ann", "screenname": "Ann"}, "body": message_id}


def creation(entry_id: str) -> OutboxEntry:
    when = datetime.now(UTC)
    return OutboxEntry(id=entry_id, object="messages", operation="create", queued_at=when, author_id="ann", body="Hi")


def never_both(partners: Partners, names: list[str]) -> None:
    """No source was asked anything while another daemon's cycle was under way."""
    for name in names:
        assert partners.most_inside[name] <= 1, name
        cycles: list[list[Asked]] = []
        for asked in partners.of(name):
            if asked.action == "implementation.info":
                cycles.append([])
            cycles[-1].append(asked)
        for cycle in cycles:
            assert len({asked.daemon for asked in cycle}) == 1, f"{name}: {cycle}"


@pytest.fixture
def shared(url: str) -> Iterator[Store]:
    with Store.open(url) as store:
        yield store


@pytest.fixture
def fleet_of(url: str, partners: Partners) -> Iterator[Callable[..., Fleet]]:
    fleets: list[Fleet] = []

    def make(count: int, database: str = url, **settings: float) -> Fleet:
        fleets.append(Fleet(database, partners, count, **settings))
        return fleets[-1]

    yield make
    for gate in partners.gates:
        gate.open()
    for fleet in fleets:
        fleet.clear()


# Two daemons


def test_two_daemons_share_the_sources_and_never_crawl_one_at_once(
    shared: Store, partners: Partners, fleet_of: Callable[..., Fleet]
) -> None:
    fleet = fleet_of(100, list_interval=4)
    first, second = fleet.start("a"), fleet.start("b")
    until("both crawl", lambda: fleet.crawled("a") and fleet.crawled("b"))
    until("several cycles of each", lambda: all(partners.begun[name] > 3 for name in fleet.names))
    fleet.end(first)
    fleet.end(second)

    never_both(partners, fleet.names)
    for name in fleet.names:
        starts = [asked.begun for asked in partners.of(name, "implementation.info")]
        assert all(after - before >= 4 for before, after in pairwise(starts)), name
    assert all(row["lease_owner"] is None for row in rows(shared, "source"))
    assert all(row["outcome"] == "succeeded" for row in rows(shared, "cycle"))


def test_the_sources_of_a_daemon_that_was_killed_are_picked_up_by_the_next_look(
    shared: Store, partners: Partners, fleet_of: Callable[..., Fleet]
) -> None:
    """Of a daemon on the same machine, which sees that it is gone."""
    fleet = fleet_of(100, list_interval=4)
    held = [partners.gate(name, "messages.list", "a") for name in fleet.names[:10]]
    doomed = fleet.start("a")
    until("it crawls", lambda: all(gate.reached.is_set() for gate in held))
    fleet.start("b")
    until("the other one crawls", lambda: fleet.crawled("b"))
    owners = {row["name"]: row["lease_owner"] for row in rows(shared, "source")}
    assert all(f"process {doomed.pid} " in str(owners[name]) for name in fleet.names[:10])
    assert not fleet.crawled("b") & set(fleet.names[:10])

    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    killed = monotonic()
    until("all are crawled by the other one", lambda: fleet.crawled("b", killed) == set(fleet.names))
    for gate in held:
        gate.open()
    fleet.end(fleet.processes[1])

    for name in fleet.names[:10]:
        infos = partners.of(name, "implementation")
        due = (
            max(asked.begun for asked in infos if asked.daemon == "a") + 4 + 2 * 30
        )  # answered as late as can be (CY1)
        first = min(asked.begun for asked in infos if asked.daemon == "b")
        assert first > killed
        assert -1 < first - max(due, killed) < LEASE_SECONDS - 5  # that of the look, and what a busy machine adds
    outcomes = [row["outcome"] for row in rows(shared, "cycle")]
    assert outcomes.count("interrupted") >= 10
    assert "running" not in outcomes


def stop_between_transactions(process: subprocess.Popen[str], store: Store) -> None:
    """Stop it when it holds no row: else the server frees what it holds only after `IDLE_SECONDS`."""
    open_ones = sa.text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    )
    while True:
        process.send_signal(signal.SIGSTOP)
        threading.Event().wait(0.05)  # for what the server was asked already
        with reading(store) as session:
            if session.scalar(open_ones) == 0:
                return
        process.send_signal(signal.SIGCONT)
        threading.Event().wait(0.02)


def test_a_daemon_that_was_stopped_past_its_lease_writes_and_sends_nothing_more(
    shared: Store, partners: Partners, fleet_of: Callable[..., Fleet]
) -> None:
    """One cycle is stopped while it lists, one while it sends a message, one between two requests of a long listing."""
    fleet = fleet_of(3, list_interval=2)
    listing, sending, _other = fleet.names
    shared.queue(fleet.sources[1], creation("q1"))
    partners.answers[listing, "messages.list"] = lambda _asked: (
        [message("stale")] if not gates[0].reached.is_set() else []
    )
    partners.answers[sending, "messages.create"] = lambda asked: {"id": f"made-for-{asked.daemon}"}
    gates = [partners.gate(listing, "messages.list", "a"), partners.gate(sending, "messages.create", "a")]
    stopped = fleet.start("a")
    until("it is in the middle of both", lambda: all(gate.reached.is_set() for gate in gates))
    stop_between_transactions(stopped, shared)
    before_that = monotonic()
    fleet.start("b")
    until("the other one has taken over", lambda: fleet.crawled("b") == set(fleet.names))
    assert min(asked.begun for asked in partners.of(sending) if asked.daemon == "b") - before_that > LEASE_SECONDS
    until("it has sent the message", lambda: rows(shared, "outbox")[0]["status"] == "success")
    for gate in gates:
        gate.open()
    before = {name: len([a for a in partners.of(name) if a.daemon == "a"]) for name in (listing, sending)}
    continued = monotonic()
    stopped.send_signal(signal.SIGCONT)
    until("it crawls again", lambda: fleet.crawled("a", continued) or fleet.crawled("b", continued + 8))
    said = fleet.end(stopped)
    fleet.end(fleet.processes[1])

    assert said.count("lease lost") == 2, said
    assert [row["foreign_id"] for row in rows(shared, "content")] == ["made-for-b"]
    [entry] = rows(shared, "outbox")
    assert (entry["foreign_id"], entry["attempts"]) == ("made-for-b", 2)
    assert [asked.params["retry"] for asked in partners.of(sending, "messages.create")] == [False, True]
    assert before == {listing: 2, sending: 3}
    for name in (listing, sending):
        later = [asked for asked in partners.of(name) if asked.daemon == "a"][before[name] :]
        assert not later or later[0].action == "implementation.info"  # a new cycle, under a lease of its own
    assert all(row["lease_owner"] is None for row in rows(shared, "source"))


# One that is told to end


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        url: str = request.getfixturevalue("url")
        return url
    return str(tmp_path / "crawler.db")


def ended_well(store: Store) -> None:
    """No lease is left, and no cycle is called running."""
    assert [row["lease_owner"] for row in rows(store, "source")] == [None]
    assert "running" not in [row["outcome"] for row in rows(store, "cycle")]


def test_in_the_middle_of_a_list(database: str, partners: Partners, fleet_of: Callable[..., Fleet]) -> None:
    fleet = fleet_of(1, database=database, list_interval=2)
    [name] = fleet.names
    shown = {None: [message("1")], "1": [message("2")]}
    partners.answers[name, "messages.list"] = lambda asked: shown.get(asked.params.get("since_id"), [])
    partners.answers[name, "messages.list"](Asked(name, "", "", {}))
    held = threading.Event()
    gate = partners.gate(name, "messages.list")
    gate.holds = lambda asked: asked.params.get("since_id") == "1" and not held.is_set()  # type: ignore[method-assign]
    daemon = fleet.start("a", grace=0.5)
    until("the second page is asked for", gate.reached.is_set)
    told = monotonic()
    fleet.end(daemon)
    took = monotonic() - told
    held.set()
    gate.open()

    assert 0.4 < took < 10
    with Store.open(database) as store:
        ended_well(store)
        assert rows(store, "cycle")[-1]["outcome"] == "interrupted"
        assert [row["foreign_id"] for row in rows(store, "content")] == ["1"]
        again = fleet.start("b")
        until("the next start has gone on", lambda: len(rows(store, "content")) == 2)
        fleet.end(again)
        ended_well(store)
    assert [a.params.get("since_id") for a in partners.of(name, "messages.list") if a.daemon == "b"][:2] == ["1", "2"]


def test_in_the_middle_of_an_export(database: str, partners: Partners, fleet_of: Callable[..., Fleet]) -> None:
    fleet = fleet_of(1, database=database, list_interval=2)
    [name] = fleet.names
    partners.answers[name, "messages.create"] = lambda asked: {"id": f"made-{asked.params['content_id']}"}
    with Store.open(database) as store:
        store.queue(fleet.sources[0], creation("q1"))
        store.queue(fleet.sources[0], creation("q2"))
        gate = partners.gate(name, "messages.create")
        daemon = fleet.start("a", grace=0.5)
        until("it is sent", gate.reached.is_set)
        told = monotonic()
        fleet.end(daemon)
        assert 0.4 < monotonic() - told < 10
        gate.open()
        ended_well(store)
        assert [(row["status"], row["attempts"]) for row in rows(store, "outbox")] == [
            ("export_pending", 1),
            ("export_pending", 0),
        ]
        again = fleet.start("b")
        until("both are sent", lambda: all(row["status"] == "success" for row in rows(store, "outbox")))
        fleet.end(again)
        ended_well(store)
        assert [row["foreign_id"] for row in rows(store, "content")] == ["made-q1", "made-q2"]
    sent = [(asked.params["content_id"], asked.params["retry"]) for asked in partners.of(name, "messages.create")]
    assert sent == [("q1", False), ("q1", True), ("q2", False)]


def test_a_cycle_in_flight_may_finish(database: str, partners: Partners, fleet_of: Callable[..., Fleet]) -> None:
    fleet = fleet_of(1, database=database, list_interval=2)
    [name] = fleet.names
    partners.answers[name, "messages.create"] = lambda asked: {"id": "made"}
    with Store.open(database) as store:
        store.queue(fleet.sources[0], creation("q1"))
        gate = partners.gate(name, "messages.create")
        daemon = fleet.start("a")
        until("it is sent", gate.reached.is_set)
        daemon.send_signal(signal.SIGTERM)
        gate.open()
        fleet.end(daemon)
        ended_well(store)
        assert [row["outcome"] for row in rows(store, "cycle")] == ["succeeded"]
        assert [row["status"] for row in rows(store, "outbox")] == ["success"]
    assert len(partners.of(name, "messages.create")) == 1


@contextmanager
def held_up(database: str) -> Iterator[None]:
    """Another program writes meanwhile: on SQLite to the same file, on PostgreSQL to the rows of the sources."""
    if database.startswith("postgresql"):
        with psycopg.connect(database) as other:
            other.execute("SELECT id FROM source FOR UPDATE")
            yield
    else:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield


def test_in_the_middle_of_a_commit(database: str, partners: Partners, fleet_of: Callable[..., Fleet]) -> None:
    """A transaction that has begun is waited for: here for another program that holds what it writes to."""
    fleet = fleet_of(1, database=database, list_interval=2)
    [name] = fleet.names
    shown = {None: [message("1")], "1": [message("2")]}
    partners.answers[name, "messages.list"] = lambda asked: shown.get(asked.params.get("since_id"), [])
    gate = partners.gate(name, "messages.list")
    daemon = fleet.start("a", grace=0.2)
    until("it lists", gate.reached.is_set)
    with held_up(database):
        gate.open()
        until("it is answered", lambda: partners.of(name, "messages.list")[0].answered)
        daemon.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):  # neither the page nor the lease is dropped
            daemon.wait(1)
    fleet.end(daemon)

    with Store.open(database) as store:
        ended_well(store)
        stored = [row["foreign_id"] for row in rows(store, "content")]
        assert stored in ([], ["1"])
        assert [row["since_id"] for row in rows(store, "cursor")] == stored
        again = fleet.start("b")
        until("the next start has gone on", lambda: len(rows(store, "content")) == 2)
        fleet.end(again)
        ended_well(store)
    asked = [a.params.get("since_id") for a in partners.of(name, "messages.list") if a.daemon == "b"]
    assert asked[0] == (stored[0] if stored else None)


def test_a_database_that_stays_locked_delays_the_end_by_some_moments(
    database: str, partners: Partners, fleet_of: Callable[..., Fleet]
) -> None:
    """However many cycles are in flight, and however long one of them would wait: nobody waits for it any more."""
    grace, start_and_stop = 0.5, 3.0
    fleet = fleet_of(8, database=database, list_interval=60)
    gates = [partners.gate(name, "messages.list") for name in fleet.names]
    daemon = fleet.start("a", grace=grace)
    until("all are in the middle of a list", lambda: all(gate.reached.is_set() for gate in gates))
    with held_up(database):
        told = monotonic()
        said = fleet.end(daemon)
        took = monotonic() - told

    assert grace + LAST - 0.5 < took < grace + LAST + start_and_stop
    assert "leases are left to lapse" in said
    with Store.open(database) as store:
        assert all(row["lease_owner"] for row in rows(store, "source"))
