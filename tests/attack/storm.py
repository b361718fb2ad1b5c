"""Everything at once, for a while, and at the end a comparison of partners, outbox and database."""

import random
import shutil
import signal
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import monotonic

from crawler.sync.leases import LEASE_SECONDS, RENEWED_EVERY
from tests.attack.partner import SECRETS
from tests.attack.table import Row, p99
from tests.attack.world import DEADLINE, GRACE, INTERVAL, World, containers_allowed, database_in

LONGEST = GRACE + 5
"""Seconds from SIGTERM to the end, at most, whatever hangs."""

SLACK = 5.0
"""Seconds by which a machine that has other things to do may be late."""

LINES = 200
"""Lines a minute that a daemon may log beside those of its cycles; and a third of it once for each event."""

SOURCES = 24

WEIGHTS = {
    "killed": 6,
    "stood still": 2,
    "database hung": 2,
    "ended while the database hung": 1,
    "synced by a clock of another hour": 1,
    "reloaded": 3,
    "secret rotated": 2,
    "told to end": 2,
    "queueing process killed": 2,
}


class Storm:
    """What happens to a world, by chance; `rows` are told how often, and what went wrong."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.rows = {kind: Row(f"  {kind}") for kind in WEIGHTS}
        self.away: list[tuple[float, float, float]] = []
        """Begin and end of what kept a source from being crawled, and the seconds that it may take afterwards."""
        self.namespaces = containers_allowed()
        self.in_namespaces = self.starts = 0
        self.stops: list[float] = []
        self.begun: list[tuple[float, str]] = []
        faketime = shutil.which("faketime")
        self._kinds = {kind: weight for kind, weight in WEIGHTS.items() if faketime or not kind.startswith("synced")}

    def blow(self, seconds: float) -> None:
        """One thing after the other for so many seconds: first one of each kind, then as often as they weigh."""
        ends = monotonic() + seconds
        first = self.chance.sample(list(self._kinds), len(self._kinds))
        while monotonic() < ends:
            self._wait(0.2, 4 if first else 6)
            [kind] = [first.pop()] if first else self.chance.choices(list(self._kinds), list(self._kinds.values()))
            doing: Callable[[Row], float] = getattr(self, f"_{kind.replace(' ', '_')}")
            self.rows[kind].tried += 1
            begun = monotonic()
            self.begun.append((begun, kind))
            afterwards = doing(self.rows[kind])
            if afterwards:
                self.away.append((begun, monotonic(), afterwards))

    def _wait(self, least: float, most: float) -> None:
        threading.Event().wait(self.chance.uniform(least, most))

    def _start(self, number: int) -> None:
        """Every second time in a namespace."""
        self.starts += 1
        self.world.start(number, contained=self.namespaces and self.starts % 2 == 0)

    @property
    def _any(self) -> int:
        return self.chance.randrange(len(self.world.daemons))

    @property
    def _cut_off(self) -> float:
        """Seconds after which a source that was cut off is called again: when it is due, and nobody else's."""
        known = LEASE_SECONDS if len(self.world.daemons) > 1 else 0
        return 2 * DEADLINE + known + RENEWED_EVERY

    def _killed(self, row: Row) -> float:
        number = self._any
        self.in_namespaces += self.world.contained[number]
        self.world.signal(number, signal.SIGKILL)
        process = self.world.daemons[number].process
        assert process is not None
        process.wait()
        self._start(number)
        return self._cut_off

    def _stood_still(self, row: Row) -> float:
        number = self._any
        self.world.signal(number, signal.SIGSTOP)
        long = self.chance.random() < 0.1  # past its lease
        self._wait(*((LEASE_SECONDS + 1, LEASE_SECONDS + 3) if long else (0.5, 4.0)))
        self.world.signal(number, signal.SIGCONT)
        return self._cut_off

    def _database_hung(self, row: Row) -> float:
        with self.world.hang():
            self._wait(1, 6)
        return self._cut_off

    def _ended_while_the_database_hung(self, row: Row) -> float:
        number = self._any
        with self.world.hang():
            self._wait(0.5, 3)
            took = self.world.stop(number)
        self.stops.append(took)
        row.expect(took < LONGEST, f"ended {took:.1f} s after SIGTERM")
        self._start(number)
        return self._cut_off

    def _synced_by_a_clock_of_another_hour(self, row: Row) -> float:
        """By hand. The clock that counts is the database's: on a file it is the process's own, and what it puts off is
        put off."""
        offset = self.chance.choice(["-1h", "+1h"]) if len(self.world.daemons) > 1 else "-1h"
        name = self.chance.choice(self.world.names)
        code, said = self.world.sync([name], before=("faketime", "-f", offset))
        partners = "is being crawled by" in said or "a broken connection" in said  # they lose one answer in twenty
        row.expect(code == 0 or partners, f"sync at {offset}: {code} {said}")
        return 0

    def _reloaded(self, row: Row) -> float:
        number = self._any
        self.world.configure()
        self.world.signal(number, signal.SIGHUP)
        return 0

    def _secret_rotated(self, row: Row) -> float:
        self.world.secret = (self.world.secret + 1) % len(SECRETS)
        self._reloaded(row)
        return 0

    def _told_to_end(self, row: Row) -> float:
        number = self._any
        took = self.world.stop(number)
        self.stops.append(took)
        process = self.world.daemons[number].process
        row.expect(took < LONGEST, f"ended {took:.1f} s after SIGTERM")
        row.expect(process is not None and process.returncode == 0, "ended with another exit code than 0")
        self._start(number)
        return self._cut_off

    def _queueing_process_killed(self, row: Row) -> float:
        killed = self.chance.choice([queuer for queuer in self.world.queuers if queuer.poll() is None])
        killed.kill()
        self.world.add_queuer()
        return 0


def everything_at_once(name: str, world: World, seconds: float) -> list[Row]:
    """All of it to one world for so many seconds; the first row is the whole's."""
    chance = random.Random(f"{world.seed} {name}")
    whole = Row(f"everything at once, {name}")
    begun = monotonic()
    with world:
        storm = Storm(world, chance)
        storm.blow(seconds)
        crawled = monotonic()
        for number in range(len(world.daemons)):
            storm.stops.append(world.stop(number))
            whole.expect(storm.stops[-1] < LONGEST, f"ended {storm.stops[-1]:.1f} s after SIGTERM in the end")
        said = world.settle()
        whole.expect(not said, f"sync in the end: {said}")
        found = world.ask("compare", world.database, str(world.accepted))
        mixed = world.ask("mixed")
        whole.expect(not mixed, f"{mixed} cycles were signed with several secrets")
        lateness = _check_lateness(whole, storm, world.ask("begun"), begun, crawled)
        lines = _check_logs(whole, storm, (crawled - begun) / 60)
    whole.tried = sum(row.tried for row in storm.rows.values())
    whole.compare(found["wrong"])
    whole.figure = (
        f"{seconds:.0f} s, {len(world.names)} sources, {found['requests']} requests, {found['contents']} contents, "
        f"{found['exports']} exports, {found['given_up']} cut off thrice; {lateness}; {lines}; "
        f"ended in {max(storm.stops):.1f} s at most"
    )
    storm.rows["killed"].figure = f"{storm.in_namespaces} of them in PID namespaces"
    return [whole, *storm.rows.values()]


def _check_lateness(whole: Row, storm: Storm, calls: dict[str, list[float]], since: float, until: float) -> str:
    """Each good source's cycle follows the one before, but for what was away; one that was late, half a period more."""
    quiet: list[float] = []
    worst = 0.0
    for name, moments in calls.items():
        for before, after in pairwise([since, *(moment for moment in moments if moment < until), until]):
            touching = [it for it in storm.away if it[0] < after and it[1] > before]
            late = max(after - before - 1.5 * INTERVAL, 0.0)
            if not touching and before > since:
                quiet.append(late)
            away = sum(min(end, after) - max(start, before) for start, end, _ in touching)
            allowed = away + max((it[2] for it in touching), default=0.0) + SLACK
            worst = max(worst, late)
            happened = [f"{moment - since:.0f} s {kind}" for moment, kind in storm.begun if moment < after][-3:]
            when = f"at {after - since:.0f} s, after {', '.join(happened)}"
            whole.expect_in_time(late < allowed, f"{name} began {late:.1f} s late {when}; {allowed:.1f} s are allowed")
    whole.expect_in_time(p99(quiet) < SLACK, f"lateness in quiet times, p99: {p99(quiet):.1f} s")
    return f"late by {p99(quiet):.2f} s (p99 of {len(quiet)} undisturbed), {worst:.1f} s (worst)"


def _check_logs(whole: Row, storm: Storm, minutes: float) -> str:
    most = 0.0
    for daemon in storm.world.daemons:
        texts = [path.read_text(errors="replace") for path in sorted(daemon.directory.glob("err*"))]
        for text in texts:
            _, found, rest = text.partition("Traceback")
            told = rest.split('\n{"')[0][-1_000:]
            whole.expect(not found, f"a traceback, and at its end: {told}")
        beside = [line for text in texts for line in text.splitlines() if '"event": "cycle"' not in line]
        events = sum(row.tried for row in storm.rows.values())
        allowed = LINES * minutes + LINES / 3 * events
        whole.expect(len(beside) < allowed, f"{len(beside)} lines beside those of cycles, {allowed:.0f} are allowed")
        most = max(most, len(beside) / minutes)
    return f"{most:.0f} log lines a minute"


def storms(directory: Path, seed: str, seconds: float, databases: list[str], sources: int = SOURCES) -> list[Row]:
    """Everything at once: one daemon on SQLite, then two on PostgreSQL."""
    rows: list[Row] = []
    for name in databases:
        there = directory / name
        there.mkdir()
        with database_in(there, name) as database:
            world = World(database, seed=seed, sources=sources, daemons=1 if name == "sqlite" else 2)
            rows += everything_at_once("PostgreSQL" if name == "postgresql" else "SQLite", world, seconds)
    return rows
