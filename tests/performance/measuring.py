"""One measurement: a function in a process of its own, of which it says itself from where on and until when to measure.

``python -m tests.performance.measuring MODULE:FUNCTION`` calls the function with the keyword arguments that it reads as
JSON, and prints the figures that it returns.
"""

import dataclasses
import importlib
import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time


@dataclass(slots=True)
class Figures:
    """What a measurement brought: `wall` and `cpu` (user + system, all threads) are seconds, `peak` is MB of memory.

    `done` is how many contents, calls or cycles it was, so that nobody is the quicker for having done less.
    """

    wall: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    done: int = 0


@contextmanager
def measured() -> Iterator[Figures]:
    """Measure what is done within; `done` is to be set there."""
    figures = Figures()
    wall, cpu = perf_counter(), process_time()
    yield figures
    figures.cpu, figures.wall = process_time() - cpu, perf_counter() - wall


def measure(
    function: str,
    arguments: dict[str, object],
    python: str = sys.executable,
    home: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Figures:
    """Call ``MODULE:FUNCTION`` of this package in a process of its own, that of the checkout `home` if one is given."""
    command = [python, "-m", "tests.performance.measuring", function]
    done = subprocess.run(
        command, input=json.dumps(arguments), capture_output=True, text=True, check=False, cwd=home, env=environment
    )
    if done.returncode != 0:
        raise RuntimeError(f"{function} failed:\n{done.stderr[-3_000:]}")
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def measure_command(words: list[str], times: int) -> Figures:
    """Run a command some times; the figures are those of one time."""
    figures = Figures(done=1)
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    for _ in range(times):
        subprocess.run(words, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures.wall = (perf_counter() - begun) / times
    figures.cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / times
    return figures


def peak() -> float:
    """The most memory that this process ever had, in MB: not that of the process that it was forked from."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # bytes, on macOS


def _main(function: str) -> None:
    module, _, name = function.partition(":")
    figures: Figures = getattr(importlib.import_module(f"tests.performance.{module}"), name)(**json.load(sys.stdin))
    figures.peak = peak()
    print(json.dumps(dataclasses.asdict(figures)))  # noqa: T201


if __name__ == "__main__":
    _main(*sys.argv[1:])
