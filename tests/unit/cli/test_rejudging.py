"""``check --watch``: judging again, driven by changes that a test makes."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from crawler.cli.invocation import Invocation
from crawler.cli.judging import Bench
from crawler.cli.output import Output
from crawler.cli.outside import Outside
from crawler.cli.rejudging import RESTLESS, changes, rejudge, snapshot
from crawler.conformance.baseline import Baseline
from crawler.conformance.rules import RULES, chosen
from crawler.protocol.signature import Secret
from crawler.sync.source import Source
from tests.unit.cli.terminal import SECRET, URL, Terminal, answering, noon, nothing_there


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path)
    made.environ["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    return made


def no_sleep(_seconds: float) -> None:
    raise AssertionError("there is nothing to wait for")


def sitting(terminal: Terminal, sleep: Callable[[float], None] = no_sleep) -> Bench:
    """The bench for a few rules; the endpoint is whatever stands at `terminal` when it is judged."""
    outside = Outside(
        clock=noon, new_id=lambda: "c1", sleep=sleep, environ=terminal.environ,
        transport=lambda _: terminal.endpoints.get("shop.example", httpx.MockTransport(nothing_there)),
    )  # fmt: skip
    return Bench(
        run=Invocation(outside=outside, out=Output(is_terminal=False)),
        source=Source(name=URL, base_uri=URL, secret=Secret(SECRET)),
        rules=chosen(RULES, ["unsigned-request-refused", "no-redirect"]),
        baseline=Baseline(),
        reports=[terminal.directory / "report.json"],
        write=False,
        strict=False,
        seconds=60,
        restart_wait=0.001,
    )


def test_it_judges_at_each_change_and_says_what_is_new(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    def edits() -> Iterator[Sequence[str]]:
        terminal.partner()
        yield ()
        terminal.partner("accepts-unsigned")
        yield ["app.py"]
        yield ["a.py", "b.py", "c.py", "d.py"]
        terminal.partner("redirect")
        yield ["app.py"]

    judgement = rejudge(sitting(terminal), edits())

    assert not judgement.conforms
    out, err = capsys.readouterr()
    told = ("conforms", "does not", "now", "no longer", "no rule", "the same")
    assert [line for line in out.splitlines() if line.startswith(told)] == [
        "conforms: no breach found, 2 of 2 rules judged",
        "does not conform: 1 broken, 2 of 2 rules judged",
        "now broken: unsigned-request-refused",
        "does not conform: 1 broken, 2 of 2 rules judged",
        "the same rules are broken as before",
        "does not conform: 1 broken, 1 of 2 rules judged",
        "no longer judged: unsigned-request-refused",
        "now broken: no-redirect",
    ]
    assert err.splitlines() == ["changed: app.py", "changed: a.py, b.py, c.py and 1 more", "changed: app.py"]


def test_what_was_mended_is_said_and_the_report_is_that_of_the_last_run(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    def edits() -> Iterator[Sequence[str]]:
        terminal.partner("accepts-unsigned")
        yield ()
        terminal.partner()
        yield ["app.py"]

    assert rejudge(sitting(terminal), edits()).conforms
    assert capsys.readouterr().out.splitlines()[-1] == "now kept: unsigned-request-refused"
    assert '"conforms": true' in (terminal.directory / "report.json").read_text()


def test_an_endpoint_that_starts_again_is_waited_for(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    looks = 0

    def sleep(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            terminal.partner()

    assert rejudge(sitting(terminal, sleep), [()]).conforms
    assert looks == 3
    out, err = capsys.readouterr()
    assert out.count("could not be judged") == 1
    assert "waiting until somebody answers there" in err


def test_an_endpoint_that_goes_away_in_the_middle_after_a_change_is_judged_once_more(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    it = httpx.ASGITransport(terminal.partner())
    asked = 0

    async def starting_again(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked in (2, 3, 4):
            raise httpx.ConnectError("Connection refused", request=request)
        return await it.handle_async_request(request)

    def edits() -> Iterator[Sequence[str]]:
        yield ()
        terminal.endpoints["shop.example"] = httpx.MockTransport(starting_again)
        yield ["app.py"]

    assert rejudge(sitting(terminal), edits()).conforms
    assert "it went away in the middle of that" in capsys.readouterr().err


def test_ctrl_c_while_it_judges_ends_it(terminal: Terminal) -> None:
    def interrupting(_request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    terminal.endpoints["shop.example"] = answering(interrupting)
    assert rejudge(sitting(terminal), iter([(), ["never.py"]])).broke_off == "interrupted by Ctrl-C"


def test_ctrl_c_while_it_waits_for_the_endpoint_ends_it(terminal: Terminal) -> None:
    def sleep(_seconds: float) -> None:
        raise KeyboardInterrupt

    assert rejudge(sitting(terminal, sleep), iter([(), ["never.py"]])).unreachable


class Files:
    """A directory that is watched; each sleep of who watches it does the next of `steps`, and Ctrl-C ends them."""

    def __init__(self, directory: Path, *steps: Callable[[], object]) -> None:
        self.directory = directory
        self.steps = list(steps)
        self.run = Invocation(outside=Outside(sleep=self.sleep), out=Output(is_terminal=False))

    def sleep(self, _seconds: float) -> None:
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()

    def write(self, name: str, text: str) -> Callable[[], object]:
        def step() -> None:
            path = self.directory / name
            path.write_text(text)
            ahead = time.time_ns() + len(text) * 10**9  # a file system's clock may be coarse
            os.utime(path, ns=(ahead, ahead))

        return step

    def changes(self, *own: str) -> Iterator[list[str]]:
        for changed in changes([self.directory], self.run, [self.directory / name for name in own]):
            yield [Path(name).name for name in changed]


def nothing() -> None:
    """A second in which nothing happens."""


def test_the_first_run_waits_for_no_change_and_the_next_until_the_files_rest(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("app.py", "1")()
    files.steps = [
        nothing, files.write("app.py", "12"), files.write("view.py", "1"), nothing,
        (tmp_path / "view.py").unlink, nothing,
    ]  # fmt: skip
    assert list(files.changes()) == [[], ["app.py", "view.py"], ["view.py"]]


def test_a_file_that_changes_while_the_endpoint_is_judged_is_not_missed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    moments = files.changes()
    assert next(moments) == []
    files.write("app.py", "1")()
    files.steps = [nothing]
    assert next(moments) == ["app.py"]
    assert list(moments) == []


def test_reports_below_what_is_watched_are_no_change(tmp_path: Path) -> None:
    files = Files(tmp_path)
    moments = files.changes("out.html")
    next(moments)
    files.write("out.html", "1")()
    assert list(moments) == []


def test_a_log_that_grows_with_each_run_is_watched_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = Files(tmp_path)
    moments = files.changes()
    seen = []
    for run in range(RESTLESS):
        seen.append(next(moments))
        files.write("app.log", "x" * (run + 1))()
        files.steps = [nothing]
    assert seen == [[], ["app.log"], ["app.log"]]
    files.steps = [nothing, files.write("app.py", "1"), nothing]
    assert next(moments) == ["app.py"]
    assert "app.log changes whenever the endpoint is judged" in capsys.readouterr().err


def test_what_is_watched_are_files_that_are_not_hidden_or_compiled(tmp_path: Path) -> None:
    for name in ("app.py", ".app.py.swp", ".git/index", "__pycache__/app.pyc", "below/view.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    before = snapshot([tmp_path])
    assert {Path(name).name for name in before} == {"app.py", "view.py"}
    (tmp_path / "app.py").write_text("xy")
    assert snapshot([tmp_path]) != before
    assert set(snapshot([tmp_path / "app.py"])) == {str(tmp_path / "app.py")}


def test_to_watch_what_is_not_there_is_misuse(terminal: Terminal) -> None:
    partner = terminal.partner()
    done = terminal.run("check", URL, "--watch", "no-such-directory")
    assert (done.exit_code, list(partner.forum.ledger.actions)) == (2, [])
    assert "--watch no-such-directory: there is no such file or directory" in done.stderr
