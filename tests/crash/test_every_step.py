"""The crawler dies at each of its steps, once at each, and is started again: nothing is lost, nothing is doubled."""

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.serving import served
from crawler.reference import Forum, seeded
from crawler.store import Store
from tests.crash.comparing import EndState, compare, end_state
from tests.crash.crawling import DIED, Job, clock
from tests.crash.partner import LastingPartner, a_day_passes
from tests.postgresql import PostgresServer

pytestmark = pytest.mark.thorough

Databases = Callable[[str], str]
"""Makes a new database that is a copy of the one given, or an empty one of the empty string; returns where it is."""


class Crawlers:
    """Processes that crawl, one after the other."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.crash.crawling"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, job: Job) -> tuple[int, list[str]]:
        """Run a job; returns the exit code of its process, and its steps."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        return ended["code"], ended["steps"]

    def close(self) -> None:
        self._process.communicate()


@dataclass
class Stage:
    """Where a scenario is played: `begin` is the partner's forum as it begins, `origin` the database."""

    crawlers: Crawlers
    partner: LastingPartner
    base_uri: str
    databases: Databases
    agent: str
    begin: Forum
    origin: str
    store: str = "good"
    late: bool = False

    def play(self, die_at: int | None = None) -> tuple[list[str], EndState]:
        """Play it from its beginning, with a death if one is wanted; returns its steps, and the end state."""
        database = self.databases(self.origin)
        self.partner.set_back(self.begin)
        job: dict[str, Any] = {"database": database, "base_uri": self.base_uri, "agent": self.agent}
        job |= {"store": self.store, "late": self.late}
        code, steps = self.crawlers.run(Job(**job, die_at=die_at))
        self.partner.wait_for(sum(step.startswith("sent ") for step in steps))
        if die_at is not None:
            assert (code, len(steps)) == (DIED, die_at)
            code, _ = self.crawlers.run(Job(**job))
        assert code == 0
        return steps, end_state(database, self.partner.forum)


@pytest.fixture
def crawlers() -> Iterator[Crawlers]:
    crawlers = Crawlers()
    yield crawlers
    crawlers.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    if request.param == "sqlite":
        yield sqlite_files(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with ExitStack() as stack:
        names: dict[str, str] = {"": "template1"}
        current = ExitStack()

        def copied(origin: str) -> str:
            if origin:
                current.close()  # the copy before this one
            keeping = current if origin else stack
            name = keeping.enter_context(server.database(names[origin]))
            names[server.url(name)] = name
            return server.url(name)

        stack.push(current)
        yield copied


def sqlite_files(directory: Path) -> Databases:
    numbers = iter(range(10_000))

    def copied(origin: str) -> str:
        path = directory / f"{next(numbers)}.db"
        if origin:
            shutil.copy(origin, path)
        return str(path)

    return copied


@pytest.fixture
def stage(crawlers: Crawlers, databases: Databases) -> Iterator[Callable[[str], Stage]]:
    partner = LastingPartner()
    with served(partner) as base_uri:

        def set_up(scenario: str) -> Stage:
            database = databases("")
            Store.open(database).close()  # migrated once, not at each step
            partner.set_back(seeded(clock))
            if scenario == "first crawl":
                return Stage(crawlers, partner, base_uri, databases, "nobody", seeded(clock), database)
            assert crawlers.run(Job(database=database, base_uri=base_uri, agent="nobody"))[0] == 0
            forum = copy.deepcopy(partner.forum)
            forum.ledger.clear()
            a_day_passes(forum)
            return Stage(crawlers, partner, base_uri, databases, "busy", forum, database)

        yield set_up


def die_at_each_step(stage: Stage, part: int = 1, parts: int = 1) -> tuple[str, EndState]:
    """One death at each step, or at those of one part of them; returns a figure, and the state that all ended in."""
    steps, wanted = stage.play()
    compare(wanted, wanted, stage.partner.forum)
    deaths = range(part, len(steps) + 1, parts)
    for step in deaths:
        before, got = stage.play(die_at=step)
        try:
            assert before == steps[:step]
            compare(got, wanted, stage.partner.forum)
        except AssertionError as error:
            error.add_note(f"after a death at step {step} of {len(steps)}: {steps[step - 1]}")
            raise
    contents, exports = len(wanted.tables["content"]), len(wanted.tables["outbox"])
    died = f"died at {len(deaths)} of {len(steps)} steps"
    return f"{died}; {contents} contents, {exports} exports: 0 lost, 0 doubled", wanted


@pytest.mark.parametrize(
    ("databases", "late", "scenario", "part"),
    [
        ("sqlite", False, "first crawl", (1, 1)),
        ("sqlite", True, "first crawl", (1, 1)),
        ("sqlite", False, "busy day", (1, 2)),
        ("sqlite", False, "busy day", (2, 2)),
        ("sqlite", True, "busy day", (1, 2)),
        ("sqlite", True, "busy day", (2, 2)),
        ("postgresql", True, "first crawl", (1, 1)),
        ("postgresql", False, "busy day", (1, 2)),
        ("postgresql", False, "busy day", (2, 2)),
    ],
    indirect=["databases"],
)  # in parts, so that several cores share them
def test_a_death_at_any_step_loses_nothing_and_doubles_nothing(
    stage: Callable[[str], Stage],
    scenario: str,
    part: tuple[int, int],
    late: bool,
    record_property: Callable[[str, object], None],
) -> None:
    played = stage(scenario)
    played.late = late
    figure, wanted = die_at_each_step(played, *part)
    record_property("figure", figure)
    if scenario == "busy day":
        statuses = {name: row["status"] for name, row in wanted.tables["outbox"].items()}
        assert set(statuses.values()) == {"success", "export_failure", "export_aborted", "delete_aborted"}
        assert statuses["into-doomed-thread"] == "export_aborted"
        assert wanted.creates["reply-lost-once"] == [False, True]


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("store", "scenario", "mistake"),
    [
        ("cursor first", "first crawl", "lost: content"),
        ("attempt last", "busy day", "sent and not counted"),
    ],
)
def test_a_store_with_a_usual_mistake_is_found_out(
    stage: Callable[[str], Stage], store: str, scenario: str, mistake: str
) -> None:
    bad = stage(scenario)
    bad.store = store
    with pytest.raises(AssertionError, match=mistake):
        die_at_each_step(bad)
