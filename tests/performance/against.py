"""The program beside that of another checkout, in turn: what a change has cost, or brought.

The other one needs a ``.venv`` of its own: ``git worktree add ../before COMMIT && ../before/scripts/install``. Each
measures itself with its own code, against one server; only the ratio of the medians says anything.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from tests.performance.cases import USUAL, Case, Task
from tests.performance.measuring import Figures, measure, measure_command
from tests.performance.program import MIGRATED

SIZE = replace(USUAL, messages=20_000, pages=(100, 1_000), exports=300, sources=(300,), mixed=60, grown=0)
"""Seconds for each turn, so that many turns are taken."""
ROUNDS = 9
MOST = 1.05
"""How much more CPU time a change may cost."""
HERE = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout with its environment; its database, migrated, is in `directory`, and one on PostgreSQL `database`."""

    home: Path
    directory: Path
    database: str | None

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.home / ".venv" / "bin" / "python")

    @property
    def migrated(self) -> str:
        """A database of its schema with nothing in it."""
        return str(self.directory / "migrated.db")

    def prepare(self) -> None:
        """Make the database. Raises `subprocess.CalledProcessError` where the checkout cannot do that."""
        self.directory.mkdir()
        code = f"from crawler.store import Store; Store.open({self.migrated!r}).close()"
        subprocess.run([self.python, "-c", code], cwd=self.home, check=True)

    def take(self, task: Task, times: int) -> Figures:
        """Measure a task once."""
        function, arguments = task
        if function == "command":
            command = str(self.home / ".venv" / "bin" / "ringcx-crawler")
            words = [word.format(directory=self.directory) for word in arguments["words"][1:]]
            return measure_command([command, *words], times)
        if arguments.get("database"):
            arguments = {**arguments, "database": self.database}
        return measure(function, arguments, self.python, self.home, {**os.environ, MIGRATED: self.migrated})


def compare(before: Path, directory: Path, databases: Sequence[str | None], found: Sequence[Case], rounds: int) -> int:
    """Print what each case costs here, over what it costs there; 1 where one costs more than `MOST`."""
    homes = (before.absolute(), HERE)
    there, here = (Checkout(home, directory / str(at), databases[at]) for at, home in enumerate(homes))
    for checkout in (there, here):
        checkout.prepare()
    worse = 0
    print(f"{'case':32} {'before':>9} {'now':>9}   ratio of CPU seconds, wall, memory: medians of {rounds}")
    for name, task in [task for case in found for task in _tasks(case)]:
        turns = [(there.take(task, SIZE.start_ups), here.take(task, SIZE.start_ups)) for _ in range(rounds)]
        was, now = (_medians([turn[place] for turn in turns]) for place in (0, 1))
        ratios = [b / a if a else 1.0 for a, b in zip(was, now, strict=True)]
        worse += ratios[0] > MOST
        told = " ".join(f"{ratio:6.3f}" for ratio in ratios)
        print(f"{name:32} {was[0]:8.3f}s {now[0]:8.3f}s   {told}{'  MORE' if ratios[0] > MOST else ''}", flush=True)
    return min(worse, 1)


def _tasks(case: Case) -> list[tuple[str, Task]]:
    """What the program does in a case: its own task, or each command of it."""
    if "program" in case.tasks:
        return [(case.name, case.tasks["program"])]
    return [(f"{case.name} {name}", task) for name, task in case.tasks.items() if name != "python"]


def _medians(of: Sequence[Figures]) -> tuple[float, float, float]:
    cpu, wall, peak = zip(*((it.cpu, it.wall, it.peak) for it in of), strict=True)
    return median(cpu), median(wall), median(peak)
