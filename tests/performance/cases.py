"""What is measured: which contestants do the same work, and which ratios between them count."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.performance.server import Serving

Task = tuple[str, dict[str, Any]]
"""A function as ``MODULE:FUNCTION``, and its keyword arguments; or ``command`` and the words of one."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One contestant's `measure` over another's; `bound` is how much is asked for at most, if anything is."""

    of: str
    over: str
    measure: str = "cpu"
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Contestants by name. `alike` says that all of them must have done the same number of things."""

    name: str
    title: str
    tasks: Mapping[str, Task]
    ratios: tuple[Ratio, ...]
    alike: bool = True
    rounds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much each case does."""

    messages: int
    pages: tuple[int, ...]
    deaf: int
    exports: int
    sources: tuple[int, ...]
    poll_rounds: int
    mixed: int
    grown: int
    added: int
    start_ups: int


USUAL = Size(
    messages=100_000,
    pages=(100, 1_000, 10_000),
    deaf=10_000,
    exports=1_000,
    sources=(1_000, 5_000),
    poll_rounds=2,
    mixed=200,
    grown=500_000,
    added=100_000,
    start_ups=5,
)
QUICK_ONES = ("import-1000", "ignores-since-id", "exports", "poll-50", "start-up")
FULL = replace(USUAL, grown=5_000_000, added=1_000_000)
QUICK = Size(
    messages=5_000,
    pages=(1_000,),
    deaf=2_000,
    exports=50,
    sources=(50,),
    poll_rounds=1,
    mixed=20,
    grown=0,
    added=0,
    start_ups=1,
)


def cases(size: Size, server: Serving, postgresql: str | None, python: str, command: str) -> list[Case]:
    """All cases. `postgresql` is the URL of an empty database, if there is a server; `command` is ringcx-crawler."""
    url, n = server.url, size.messages
    made = [_import(url("honest", n, page), page) for page in size.pages]
    made += [_again(url("honest", n)), _update(url("honest", n), url("changed", n)), _deaf(url("deaf", size.deaf))]
    made += [_exports(url("honest", 0), size.exports)]
    for sources in size.sources:
        made.append(_poll(f"poll-{sources}", [url("honest", 0)] * sources, size.poll_rounds))
        if postgresql:
            made.append(_poll(f"poll-{sources}-postgresql", [url("honest", 0)] * sources, size.poll_rounds, postgresql))
    few = size.sources[0]
    made.append(_poll(f"poll-{few}-tls", [url("honest", 0, tls=True)] * few, size.poll_rounds))
    made.append(_mix([url("honest", 0)] * size.mixed, [url("honest", 2_000, 100)] * (size.mixed // 10)))
    if size.grown:
        made.append(_grown("grown", "honest", server, size))
        made.append(_grown("grown-scattered", "scattered", server, size))
    made.append(_start_up(url("honest", 0), python, command))
    return made


def _import(url: str, page: int) -> Case:
    tasks = {name: (f"{name}:pull", {"urls": [url]}) for name in ("floor", "adhoc", "program")}
    cpu, wall = {1_000: (1.6, 0.8), 10_000: (1.35, 0.8)}.get(page, (None, None))
    ratios = (
        Ratio("program", "floor", bound=cpu),
        Ratio("program", "adhoc", "wall", wall),
        Ratio("adhoc", "floor"),
    )
    return Case(f"import-{page}", f"first import, pages of {page:,}", tasks, ratios)


def _again(url: str) -> Case:
    tasks: dict[str, Task] = {
        "floor": ("floor:pull", {"urls": [url, url]}),
        "program": ("program:pull", {"urls": [url, url]}),
        "import": ("program:pull", {"urls": [url]}),
    }
    ratios = (Ratio("program", "import", bound=0.05), Ratio("program", "floor"))
    return Case("nothing-new", "a second cycle, nothing new", tasks, ratios, alike=False)


def _update(first: str, then: str) -> Case:
    tasks = {name: (f"{name}:pull", {"urls": [first, then]}) for name in ("floor", "adhoc", "program")}
    return Case("update", "1 % of the contents changed", tasks, (Ratio("program", "floor"), Ratio("program", "adhoc")))


def _deaf(url: str) -> Case:
    tasks: dict[str, Task] = {
        "import": ("program:pull", {"urls": [url]}),
        "program": ("program:again", {"urls": [url] * 2}),
    }
    ratios = (Ratio("program", "import", bound=0.25),)
    return Case("ignores-since-id", "a second cycle, all is shown again", tasks, ratios, alike=False)


def _exports(url: str, exports: int) -> Case:
    tasks: dict[str, Task] = {
        "bare": ("floor:push", {"url": url, "exports": exports}),
        "durable": ("floor:push", {"url": url, "exports": exports, "durable": True}),
        "program": ("program:push", {"url": url, "exports": exports}),
    }
    ratios = (
        Ratio("program", "bare", "wall", 1 / 0.7),
        Ratio("program", "bare"),
        Ratio("durable", "bare", "wall"),
        Ratio("program", "durable", "wall"),
    )
    return Case("exports", f"{exports:,} exports", tasks, ratios)


def _poll(name: str, urls: list[str], rounds: int, database: str | None = None) -> Case:
    tasks: dict[str, Task] = {
        "bare": ("floor:poll", {"urls": urls, "rounds": rounds}),
        "program": ("daemon:poll", {"urls": urls, "rounds": rounds, "database": database}),
    }
    ratios = (Ratio("program", "bare", bound=1 / 0.75), Ratio("program", "bare", "wall"))
    return Case(name, f"{len(urls):,} idle sources, {rounds} cycles each", tasks, ratios)


def _mix(idle: list[str], full: list[str]) -> Case:
    work = {"idle": idle, "full": full, "exports": 10}
    tasks: dict[str, Task] = {"bare": ("floor:mix", work), "program": ("daemon:mix", work)}
    title = f"{len(idle)} idle sources, {len(full)} imports of 2,000, {len(full)} x 10 exports"
    return Case("mixed", title, tasks, (Ratio("program", "bare"), Ratio("program", "bare", "wall")))


def _grown(name: str, kind: str, server: Serving, size: Size) -> Case:
    first, then = server.url(kind, size.grown), server.url(kind, size.grown + size.added)
    tasks: dict[str, Task] = {
        "empty": ("program:pull", {"urls": [server.url(kind, size.added)]}),
        "grown": ("program:pull", {"urls": [first, then]}),
    }
    ratios = (Ratio("grown", "empty", "wall", 1 / 0.8), Ratio("grown", "empty", bound=1 / 0.8))
    order = "ids in their order" if kind == "honest" else "ids at random"
    title = f"{size.added:,} messages into a database of {size.grown:,}, {order}"
    return Case(name, title, tasks, ratios, rounds=1)


def _start_up(url: str, python: str, command: str) -> Case:
    # `sync` and `info` save what they learn: into a database of this case's own, which `--database` names.
    words = {
        "python": [python, "-c", "pass"],
        "--version": [command, "--version"],
        "--help": [command, "--help"],
        "info": [command, "info", url, "--database", "{directory}/start-up.db"],
        "sync": [command, "sync", url, "--database", "{directory}/start-up.db"],
    }
    tasks: dict[str, Task] = {name: ("command", {"words": found}) for name, found in words.items()}
    bounds = {"--version": 5.0, "--help": 5.0, "info": None, "sync": 30.0}
    ratios = tuple(Ratio(name, "python", bound=bound) for name, bound in bounds.items())
    return Case("start-up", "start-up", tasks, ratios, alike=False)
