"""What a page, an idle cycle and a start cost, in counts that are the same on any machine."""

import json
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from crawler.cycle import run_cycle
from crawler.partner import Partner
from crawler.protocol.signature import HEADER
from crawler.store import Store
from crawler.store.sql import Transaction
from crawler.store.sqlite import SQLite
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry, Ref
from tests.performance.forum import SECRET, Forum
from tests.unit.shop import NOON

DATA = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


class Cursor:
    """A driver's cursor that counts: `calls` of it, and the rows that statements were run for."""

    def __init__(self, inner: Any, count: Counter[str]) -> None:
        self._inner = inner
        self._count = count

    def execute(self, text: str, values: Any) -> None:
        self._count["calls"] += 1
        self._count["rows"] += 1
        self._inner.execute(text, values)

    def executemany(self, text: str, rows: Any) -> None:
        counted = list(rows)
        self._count["calls"] += bool(counted)
        self._count["rows"] += len(counted)
        self._inner.executemany(text, counted)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Counted(Store):
    """A store that counts: `hops` to the writer thread, what the driver is told, and what SQLite then does."""

    hops = 0
    told: Counter[str]
    done: Counter[str]

    def submit(self, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        self.hops += 1
        return super().submit(method, *args, **kwargs)

    @contextmanager
    def transaction(self, *, writing: bool = True, limited: bool = True, beside: bool = False) -> Iterator[Transaction]:
        with super().transaction(writing=writing, limited=limited, beside=beside) as tx:
            tx._cursor = Cursor(tx._cursor, self.told)
            yield tx

    def begin_anew(self) -> None:
        self.hops, self.told, self.done = 0, Counter(), Counter()

    def see(self, statement: str) -> None:
        self.done["WRITE" if statement == "BEGIN IMMEDIATE" else statement.split(None, 1)[0]] += 1

    @property
    def costs(self) -> Counter[str]:
        """Statements, hops, and transactions that write."""
        return Counter(statements=self.statements, hops=self.hops, writes=self.done["WRITE"])

    @property
    def statements(self) -> int:
        """Those that the driver was told; that nothing was done past it is looked after."""
        assert self.told["calls"] <= sum(self.done[word] for word in DATA) <= self.told["rows"]
        return self.told["calls"]


class Watched:
    """The counted store, and a forum behind HTTP that never leaves the process. `asked` are the last cycle's calls."""

    def __init__(self, store: Counted) -> None:
        self.store = store
        self.source = Source(name="forum", base_uri="http://forum.example/", secret=SECRET)
        self.asked: list[str] = []
        store.begin_anew()
        assert isinstance(store.backend, SQLite)
        store.backend.connection.set_trace_callback(self.see)

    def see(self, statement: str) -> None:
        self.store.see(statement)

    async def cycle(self, messages: int, page: int = 100, kind: str = "honest") -> CycleReport:
        """A cycle of a forum that has so many messages by now; all counts begin anew with it."""
        forum = Forum(kind, messages, page)
        self.asked.clear()

        def answer(request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            self.asked.append(asked["action"])
            body = forum.answer(asked["action"], asked.get("params", {}))
            return httpx.Response(200, content=body, headers={HEADER: SECRET.sign(body)})

        async with Partner(self.source, transport=httpx.MockTransport(answer), clock=lambda: NOON) as partner:
            self.store.begin_anew()
            report = await run_cycle(self.source, self.store, partner=partner, clock=lambda: NOON)
        assert not report.failed, report.as_json()
        return report


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with Counted.open(str(tmp_path / "crawler.db")) as store:
        yield Watched(store)


async def test_an_idle_cycle_is_three_calls_two_hops_two_writes_and_ten_statements(watched: Watched) -> None:
    await watched.cycle(100)
    assert (await watched.cycle(100)).idle
    assert watched.asked == ["implementation.info", "threads.list", "messages.list"]
    assert watched.store.costs == Counter(statements=10, hops=2, writes=2)
    assert watched.store.done["COMMIT"] == 2


@pytest.mark.parametrize("page", [10, 100])
async def test_a_page_is_one_call_two_hops_one_write_and_eight_statements_whatever_its_size(
    watched: Watched, page: int
) -> None:
    await watched.cycle(page * 10, page)
    ten, ten_calls = watched.store.costs, len(watched.asked)
    watched.source = replace(watched.source, name="bigger")
    await watched.cycle(page * 30, page)
    assert len(watched.asked) - ten_calls == 20
    thirty = watched.store.costs
    assert thirty["hops"] - ten["hops"] == 20 * 2
    assert thirty["writes"] - ten["writes"] == 20
    assert thirty["statements"] - ten["statements"] <= 20 * 8


async def test_a_page_that_is_shown_again_unchanged_writes_nothing(watched: Watched) -> None:
    await watched.cycle(1_000, kind="deaf")
    report = await watched.cycle(1_000, kind="deaf")
    assert report.objects["messages"].unchanged == 1_000
    assert watched.store.costs == Counter(statements=10, hops=2, writes=2)


async def test_an_export_is_one_call_two_hops_and_one_write(watched: Watched) -> None:
    await watched.cycle(0)
    idle, calls = await _with_exports(watched, 1)
    more, more_calls = await _with_exports(watched, 11)
    assert more_calls - calls == 10
    assert more["writes"] - idle["writes"] == 10
    assert more["hops"] - idle["hops"] == 10
    assert more["statements"] - idle["statements"] == 80


async def _with_exports(watched: Watched, exports: int) -> tuple[Counter[str], int]:
    for n in range(exports):
        entry = OutboxEntry(
            id=f"export-{exports}-{n}",
            object="messages",
            operation="create",
            queued_at=NOON,
            author_id="user-0",
            thread=Ref("threads", "thread-1"),
            body="Hi",
        )
        watched.store.queue(watched.source, entry)
    report = await watched.cycle(0)
    assert report.outcomes()["succeeded"] == exports
    return watched.store.costs, len(watched.asked)


@pytest.mark.slow
async def test_the_memory_of_an_import_is_that_of_a_page_however_many_there_are(
    watched: Watched, record_property: Callable[[str, object], None]
) -> None:
    await watched.cycle(200)  # what is made once is made
    peaks = []
    for pages in (5, 50):
        watched.source = replace(watched.source, name=f"of-{pages}")
        tracemalloc.start()
        await watched.cycle(pages * 200, 200)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    record_property("figure", f"{peaks[0] / 1e6:.1f} MB for 5 pages, {peaks[1] / 1e6:.1f} MB for 50")
    assert peaks[1] < 1.3 * peaks[0]


def _imported(code: str) -> set[str]:
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_cycle_imports_neither_the_command_line_nor_the_daemon_nor_what_only_they_need() -> None:
    imported = _imported("import crawler.cycle")
    assert "crawler.store.database" in imported
    roots = {name.partition(".")[0] for name in imported}
    # click is httpx's, too
    assert not roots & {"alembic", "apscheduler", "prometheus_client", "sqlalchemy", "sqlmodel", "structlog", "uvicorn"}
    assert not {name for name in imported if name.startswith(("crawler.cli", "crawler.daemon", "crawler.settings"))}


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_before_it_knows_the_command_the_command_line_imports_what_click_needs_and_five_modules_of_its_own(
    word: str, record_property: Callable[[str, object], None]
) -> None:
    click_alone = "import click; click.Command('alone')(['--help'], standalone_mode=False)"
    imported = _imported(f"""
import sys
from crawler.__main__ import main
sys.argv[1:] = ["{word}"]
try:
    main()
except SystemExit:
    pass
""")
    record_property("figure", f"{len(imported - _imported('pass'))} modules")
    ours = {"crawler", "crawler.__main__", "crawler.cli", "crawler.cli.commands", "crawler.cli.options"}
    assert imported - _imported(click_alone) <= {*ours, "gc"}


def test_settings_import_what_reads_the_file_only_where_there_is_one(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from crawler.settings import read_configuration
configuration = read_configuration(None, {{}}, directory=Path({str(tmp_path)!r}))
configuration.source("http://shop.example/", with_secret=False)
"""
    heavy = {"crawler.settings.file", "crawler.settings.keys", "pydantic", "pydantic_settings", "tomllib"}
    assert not heavy & _imported(code)
    (tmp_path / "crawler.toml").touch()
    assert heavy <= _imported(code)


def test_the_commands_that_run_a_cycle_import_nothing_of_the_daemon_the_judge_and_the_configuration_file() -> None:
    imported = _imported("import crawler.cli.commands.info, crawler.cli.commands.plan, crawler.cli.commands.sync")
    roots = {name.partition(".")[0] for name in imported}
    assert not roots & {
        "apscheduler",
        "prometheus_client",
        "pydantic",
        "sqlalchemy",
        "sqlmodel",
        "structlog",
        "tomllib",
        "uvicorn",
    }
    others = ("crawler.conformance", "crawler.daemon", "crawler.log", "crawler.reference", "crawler.settings.keys")
    assert not {name for name in imported if name.startswith(others)}
