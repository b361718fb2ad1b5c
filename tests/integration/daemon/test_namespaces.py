"""Who holds a lease, across PID namespaces, as containers have them, and across clocks that are set (CY2)."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

import anyio
import pytest

from crawler.cycle import run_cycle
from crawler.errors import SourceBusy
from crawler.store import Store
from crawler.sync.leases import LEASE_SECONDS
from tests.integration.daemon.partners import Partners
from tests.integration.daemon.test_processes import Fleet, never_both, rows, until

pytestmark = pytest.mark.thorough

CONTAINER = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
START = 12.0
"""Seconds that a process may take to start on a machine that has other things to do."""

QUICK = {"list_interval": 1, "deadline": 2}
DUE_AFTER = 1 + 2 * 2 + 0.1
"""Seconds after which a source is due whose cycle was killed: its interval, and two deadlines (CY1)."""


@pytest.fixture(autouse=True)
def _namespaces() -> None:
    tried = shutil.which("unshare") and subprocess.run([*CONTAINER, "true"], check=False, capture_output=True)
    if not tried or tried.returncode:
        pytest.skip("this machine lets nobody make PID namespaces")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(request.getfixturevalue("url") if request.param == "postgresql" else tmp_path / "crawler.db")


class Containers(Fleet):
    """Daemons, each in a PID namespace of its own, or beside them."""

    def contain(self, name: str, *, first: str = "") -> subprocess.Popen[str]:
        """Start one in a new PID namespace; `first` is done there before, by a shell that stays process 1."""
        self.before = [*CONTAINER, *(("sh", "-c", f'{first}; "$@"; exit $?', "sh") if first else ())]
        try:
            return self.start(name)
        finally:
            self.before = []

    def inside(self, process: subprocess.Popen[str]) -> int:
        """The daemon that `unshare` has started, by its process id outside."""
        [child] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return int(child)

    def end_inside(self, process: subprocess.Popen[str]) -> str:
        """Tell the daemon to end, and wait until all have; returns what it said."""
        inside = self.inside(process)
        below = Path(f"/proc/{inside}/task/{inside}/children").read_text().split()
        os.kill(int(below[0]) if below else inside, signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        return said

    def kill(self, process: subprocess.Popen[str]) -> None:
        """As a machine does that has no memory left: the daemon ends at once, and everything in its namespace."""
        os.kill(self.inside(process), signal.SIGKILL)
        process.wait()


@pytest.fixture
def fleet_of(partners: Partners) -> Iterator[Callable[..., Containers]]:
    with ExitStack() as stack:

        def make(database: str, count: int, **settings: float) -> Containers:
            fleet = Containers(database, partners, count, **settings)
            stack.callback(fleet.clear)
            return fleet

        yield make
        for gate in partners.gates:
            gate.open()


def first_call(partners: Partners, daemon: str) -> float:
    """When a daemon has begun its first cycle."""
    until(f"{daemon} crawls", lambda: [asked for asked in list(partners.asked) if asked.daemon == daemon])
    return min(asked.begun for asked in list(partners.asked) if asked.daemon == daemon)


# A container that is killed, and started again


@pytest.mark.parametrize("where", ["container", "machine"])
def test_where_the_death_is_proven_a_source_that_is_due_is_called_within_2_s_of_the_start(
    where: str,
    request: pytest.FixtureRequest,
    partners: Partners,
    fleet_of: Callable[..., Containers],
    record_property: Callable[..., None],
) -> None:
    """Beside SQLite the kernel has dropped the lock that showed it: both are process 1, each in its own namespace.

    With PostgreSQL it is proven where both count the same process ids.
    """
    contained = where == "container"
    at = request.getfixturevalue("tmp_path" if contained else "url")
    fleet = fleet_of(f"{at}/crawler.db" if contained else at, 1, **QUICK)
    gate = partners.gate(fleet.names[0], "messages.list", "a")
    killed = fleet.contain("a") if contained else fleet.start("a")
    until("it lists", gate.reached.is_set)
    with kept(fleet.inside(killed) if contained else killed.pid):
        fleet.kill(killed) if contained else killed.kill()
        killed.wait()
        gate.open()
        due = partners.of(fleet.names[0])[0].begun + DUE_AFTER
        until("the source is due", lambda: monotonic() > due)
        again = fleet.contain("b") if contained else fleet.start("b")
        called = first_call(partners, "b")
        said = fleet.end_inside(again) if contained else fleet.end(again)
    waited = called - float(said.partition("at=")[2].split()[0])
    record_property("figure", f"called {waited:.2f} s after the start")
    assert waited < 2
    never_both(partners, fleet.names)


def test_a_container_that_is_started_again_waits_for_one_lease_at_most_on_postgresql(
    url: str, partners: Partners, fleet_of: Callable[..., Containers], record_property: Callable[..., None]
) -> None:
    """Nothing proves there that it is gone. For whom it waits, and until when, is said once."""
    fleet = fleet_of(url, 1, **QUICK)
    gate = partners.gate(fleet.names[0], "messages.list", "a")
    killed = fleet.contain("a")
    until("it lists", gate.reached.is_set)
    with kept(fleet.inside(killed)):
        fleet.kill(killed)
        gate.open()
        started = monotonic()
        again = fleet.contain("b")
        waited = first_call(partners, "b") - started
        said = fleet.end_inside(again)
    record_property("figure", f"called {waited:.1f} s after the process was started")
    assert LEASE_SECONDS - 1 < waited < LEASE_SECONDS + START
    [line] = [line for line in said.splitlines() if "sources wait for a lease" in line]
    assert f"process 1 on {socket.gethostname()} (id " in line
    assert "until" in line
    assert fleet.names[0] in line


@contextmanager
def kept(process: int) -> Iterator[None]:
    """A PID namespace that keeps its number although all in it have ended: so the next one has another."""
    with Path(f"/proc/{process}/ns/pid").open("rb"):
        yield


# Two at once


def test_two_containers_of_the_same_name_take_nothing_away_from_each_other(
    url: str, partners: Partners, fleet_of: Callable[..., Containers]
) -> None:
    """Nor does one see that the other's process id is nobody's, where it is."""
    fleet = fleet_of(url, 13, list_interval=2, deadline=100)
    busy, free = fleet.names[:12], fleet.names[12]
    gates = [partners.gate(name, "messages.list", "a") for name in busy]
    one = fleet.contain("a", first="for i in $(seq 60); do /bin/true; done")
    until("the first is in the middle of twelve lists", lambda: all(gate.reached.is_set() for gate in gates))
    two = fleet.contain("b")
    until(
        "the second crawls what is left",
        lambda: len(partners.of(free, "implementation")) > 3 and "b" in daemons(partners, free),
    )
    begun = monotonic()
    until("both have renewed their leases", lambda: monotonic() - begun > LEASE_SECONDS + 3)
    assert all(daemons(partners, name) == {"a"} for name in busy)
    for gate in gates:
        gate.open()
    until("both crawl on", lambda: all(partners.begun[name] > 2 for name in busy))
    said = fleet.end_inside(one) + fleet.end_inside(two)

    assert "lease lost" not in said
    never_both(partners, fleet.names)
    with Store.open(url) as store:
        assert {row["outcome"] for row in rows(store, "cycle")} == {"succeeded"}


def daemons(partners: Partners, name: str) -> set[str]:
    return {asked.daemon for asked in partners.of(name)}


def test_a_sync_beside_a_container_leaves_it_its_source_and_takes_over_once_it_is_gone(
    database: str, partners: Partners, fleet_of: Callable[..., Containers]
) -> None:
    """On the machine itself, which has the container's name and network, and where its process id is another's."""
    fleet = fleet_of(database, 1, list_interval=600)
    [source] = fleet.sources
    gate = partners.gate(source.name, "messages.list", "a")
    container = fleet.contain("a")
    until("it lists", gate.reached.is_set)
    with Store.open(database) as store:

        async def by_hand() -> None:
            await run_cycle(source, store)

        with pytest.raises(SourceBusy, match=f"process 1 on {socket.gethostname()}") as caught:
            anyio.run(by_hand)
        assert 0 < caught.value.seconds <= LEASE_SECONDS
        fleet.kill(container)
        gate.open()
        until("the partner is at rest", lambda: all(asked.answered for asked in list(partners.asked)))
        if store.is_shared:
            with pytest.raises(SourceBusy):
                anyio.run(by_hand)
        else:
            anyio.run(by_hand)
            assert [row["outcome"] for row in rows(store, "cycle")] == ["interrupted", "succeeded"]
    assert len(partners.of(source.name, "implementation")) == 2 - store.is_shared
    never_both(partners, fleet.names)


def test_a_long_cycle_by_hand_keeps_its_source_from_a_daemon(
    database: str, partners: Partners, fleet_of: Callable[..., Containers]
) -> None:
    """A timer renews its lease while it does nothing but wait for the partner."""
    fleet = fleet_of(database, 2, list_interval=1, deadline=100)
    source, other = fleet.sources
    gate = partners.gate(source.name, "messages.list")
    with Store.open(database) as store, ThreadPoolExecutor(1) as pool:

        async def by_hand() -> bool:
            return (await run_cycle(source, store)).failed

        cycle = pool.submit(anyio.run, by_hand)
        until("it lists", gate.reached.is_set)
        container = fleet.contain("a")
        first_call(partners, "a")
        begun = monotonic()
        until("two leases would have run out", lambda: monotonic() - begun > 2 * LEASE_SECONDS + 3)
        assert daemons(partners, other.name) == {"a"}
        assert daemons(partners, source.name) == {""}
        gate.open()
        assert cycle.result(60) is False
        until("the daemon crawls it", lambda: "a" in daemons(partners, source.name))
        fleet.end_inside(container)
    never_both(partners, fleet.names)


# One that stands still, and clocks that are set


def test_by_hand_nobody_takes_over_from_a_container_that_stands_still(
    tmp_path: Path, partners: Partners, fleet_of: Callable[..., Containers]
) -> None:
    """It can be seen to run, and it may be the clock that was set. It goes on by itself: its lease is still its own."""
    database = str(tmp_path / "crawler.db")
    fleet = fleet_of(database, 1, list_interval=1, deadline=100)
    [source] = fleet.sources
    gate = partners.gate(source.name, "messages.list", "a")
    container = fleet.contain("a")
    until("it lists", gate.reached.is_set)
    os.kill(fleet.inside(container), signal.SIGSTOP)
    stopped = monotonic()
    gate.open()
    until("its lease has run out", lambda: monotonic() - stopped > LEASE_SECONDS + 1)
    with Store.open(database) as store:

        async def by_hand() -> None:
            await run_cycle(source, store)

        with pytest.raises(SourceBusy, match="process 1 on") as caught:
            anyio.run(by_hand)
        assert "it runs, but has not renewed its lease" in caught.value.hint
        os.kill(fleet.inside(container), signal.SIGCONT)
        until("it crawls again", lambda: len(partners.of(source.name, "implementation")) > 2)
        fleet.end_inside(container)
        assert {row["outcome"] for row in rows(store, "cycle")[1:]} == {"succeeded"}
    never_both(partners, fleet.names)


@pytest.mark.parametrize("offset", ["+1h", "-1h"])
def test_a_sync_whose_clock_is_an_hour_off_takes_nothing_from_a_daemon(
    tmp_path: Path, partners: Partners, fleet_of: Callable[..., Containers], offset: str
) -> None:
    faketime = shutil.which("faketime")
    if faketime is None:
        pytest.skip("there is no faketime on this machine")
    database = str(tmp_path / "crawler.db")
    fleet = fleet_of(database, 1, list_interval=600)
    [name] = fleet.names
    gate = partners.gate(name, "messages.list", "a")
    container = fleet.contain("a")
    until("it lists", gate.reached.is_set)
    config = tmp_path / "crawler.toml"
    config.write_text(f'[sources.{name}]\nbase_uri = "{partners.url(name)}"\nsecret = "open sesame"')
    config.chmod(0o600)
    words = ["--config", str(config), "--database", database, "sync"]
    done = subprocess.run(
        [faketime, "-f", offset, sys.executable, "-m", "crawler", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1"},
    )
    assert f"is being crawled by process 1 on {socket.gethostname()}" in done.stderr, done.stderr
    gate.open()
    said = fleet.end_inside(container)
    assert "lease lost" not in said
    never_both(partners, fleet.names)


def test_a_daemon_whose_clock_is_set_by_an_hour_both_ways_keeps_its_leases(
    tmp_path: Path, partners: Partners, fleet_of: Callable[..., Containers]
) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("there is no faketime on this machine")
    moment = tmp_path / "faketime"
    moment.write_text("+0")
    fleet = fleet_of(str(tmp_path / "crawler.db"), 2, list_interval=2, deadline=100)
    held, free = fleet.names
    gate = partners.gate(held, "messages.list", "a")
    fleet.environ = {
        "LD_PRELOAD": str(next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))),
        "FAKETIME_TIMESTAMP_FILE": str(moment),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    daemon = fleet.start("a")
    until("it lists", gate.reached.is_set)
    for offset in ("+1h", "-1h", "+0"):
        moment.write_text(offset)
        begun, cycles = monotonic(), partners.begun[free]
        until("it has renewed its lease twice", lambda begun=begun: monotonic() - begun > 22)  # type: ignore[misc]
        assert offset != "+1h" or partners.begun[free] > cycles
    gate.open()
    until("it crawls on", lambda: partners.begun[held] > 2)
    said = fleet.end(daemon)
    assert "lease lost" not in said, json.dumps(said)
    never_both(partners, fleet.names)
