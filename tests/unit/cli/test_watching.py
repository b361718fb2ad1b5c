from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from crawler.cli.invocation import Invocation
from crawler.cli.output import Output
from crawler.cli.outside import Outside
from crawler.cli.watching import duration, picture, state, watch
from crawler.protocol.signature import Secret
from crawler.store import Standing, Store
from crawler.sync.source import Source
from tests.unit.cli.terminal import NOON, Terminal, noon

FINE = Standing(
    source="shop", managed=True, disabled_at=None, failures=0, due_in=42.2, crawled_by=None, outbox=0, oldest=None,
    started_at=NOON - timedelta(seconds=18), outcome="succeeded",
)  # fmt: skip
OFF = replace(FINE, source="off", disabled_at=NOON, failures=5, outcome="failed")
FAILING = replace(FINE, source="failing", failures=3, due_in=900.0)
LATE = replace(FINE, source="late", due_in=-130.0, outbox=1_234, oldest=NOON - timedelta(hours=3))
CRAWLED = replace(FINE, source="crawled", crawled_by="process 1 on elsewhere", due_in=-5.0)
ALONE = replace(FINE, source="alone", managed=False, due_in=None, started_at=None, outcome=None)
ALL = [FINE, OFF, FAILING, LATE, CRAWLED, ALONE]


def shown(*found: Standing, width: int = 120) -> list[str]:
    Console(file=(file := StringIO()), width=width).print(picture(found, now=NOON, width=width))
    return file.getvalue().splitlines()


def row(source: str, width: int = 120) -> list[str]:
    (line,) = [line for line in shown(*ALL, width=width) if line.split()[:1] == [source]]
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_each_source_is_a_row() -> None:
    assert row("shop") == ["shop", "waiting", "succeeded 18 s ago", "in 42 s"]
    assert row("late") == ["late", "late", "succeeded 18 s ago", "now", "2 min", "1,234 (3 h)"]
    assert row("failing") == ["failing", "failing", "succeeded 18 s ago", "in 15 min", "3"]
    assert row("off") == ["off", "switched off", "failed 18 s ago", "-", "5"]
    assert row("crawled") == ["crawled", "crawling", "succeeded 18 s ago", "-"]
    assert row("alone") == ["alone", "not crawled", "-", "-"]


def test_those_that_need_a_person_come_first() -> None:
    names = {found.source for found in ALL}
    order = [line.split()[0] for line in shown(*ALL) if line.split() and line.split()[0] in names]
    assert order == ["off", "failing", "crawled", "late", "shop", "alone"]


def test_the_first_line_sums_up() -> None:
    assert shown(*ALL)[0] == ("12:00:00 UTC  6 sources, 1 crawling, 1 late, 1 failing, 1 switched off, 1,234 to export")
    assert shown(FINE)[0] == "12:00:00 UTC  1 source"
    assert shown()[0] == "12:00:00 UTC  0 sources"


@pytest.mark.parametrize("width", [30, 40, 50, 60, 80, 100])
def test_a_narrow_terminal_shows_less_and_breaks_nothing(width: int) -> None:
    lines = shown(*ALL, width=width)
    assert max(map(cell_len, lines)) <= width
    assert row("off", width)[:2] == ["off", "switched off"]
    assert not any(line.endswith("…") for line in lines)


def test_a_start_within_a_second_of_its_due_time_is_not_late() -> None:
    assert state(replace(FINE, due_in=-0.9)) == "waiting"
    assert state(replace(FINE, due_in=-1.1)) == "late"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7_199, "119 min"), (7_200, "2 h"), (200_000, "2 d")],
)
def test_durations_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_names_from_outside_cannot_command_the_terminal() -> None:
    assert not any("\x1b" in line for line in shown(replace(FINE, source="\x1b[31mred")))


def test_it_is_drawn_anew_each_time_of_the_sources_that_were_asked_for(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.configure("")
    database = str(terminal.directory / "crawler.db")
    sources = [Source(name=name, base_uri="http://shop.example/", secret=Secret("s")) for name in ("shop", "other")]
    with Store.open(database) as store:
        store.manage(sources)
    out = Output(is_terminal=True, width=60)
    run = Invocation(outside=Outside(clock=noon, environ=terminal.environ), out=out, database=database)
    watch(run, ["shop"], [None, None, None])
    written = capsys.readouterr().out
    assert "1 source" in written
    assert "shop" in written
    assert "other" not in written
    watch(run, [], [None])
    assert "other" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["status", "--watch"], ["status", "--watch", "--json"]])
def test_without_a_terminal_it_is_refused(terminal: Terminal, words: list[str]) -> None:
    result = terminal.run(*words)
    assert result.exit_code == 2
    assert "--watch needs a terminal" in result.stderr
