"""``check`` as a process of its own: a real Ctrl-C, a reader that goes away, a real file that changes."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import anyio
import pytest
from lxml import etree

from crawler.cli.serving import served
from crawler.clock import utc_now
from crawler.conformance.rules import RULES
from crawler.reference import ReferencePartner, reference_partner, seeded
from crawler.reference.contents import OBJECTS

pytestmark = pytest.mark.slow

SECRET = "open sesame"
PATIENCE = 60.0
BROKEN_OFF = "interrupted by Ctrl-C"


class Stopping(ReferencePartner):
    """Answers so many requests, and holds the next until `open`; `held` is set when it does."""

    def __init__(self, answers: int) -> None:
        super().__init__(SECRET, seeded(utc_now))
        self.left = answers
        self.held, self.open = threading.Event(), threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.left -= 1
        if self.left < 0:
            self.held.set()
            await anyio.to_thread.run_sync(self.open.wait, PATIENCE)
        await super().__call__(scope, receive, send)


@contextmanager
def checking(
    directory: Path, url: str, *words: str, stdout: int | IO[str] = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """A ``ringcx-crawler check`` for which each warning is an error; it is ended with the body."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RINGCX_CRAWLER_", "PYTHON"))}
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-m", "crawler", "check", url, *words],
        cwd=directory,
        env={
            **kept,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PYTHONUTF8": "1",
            "RINGCX_CRAWLER_SECRET": SECRET,
            "XDG_CACHE_HOME": str(directory / "cache"),
        },
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def assert_quiet(err: str) -> None:
    """No traceback, and no warning of Python's."""
    assert not re.search("Traceback|Warning|ignored|never retrieved", err), err


def assert_whole_but_broken_off(directory: Path, reason: str) -> None:
    """Each form of the report names all rules, and says why the run ended."""
    report = json.loads((directory / "report.json").read_text())
    assert report["broke_off"] == reason
    assert report["verdict"] == "could not be judged"
    assert [result["rule"] for result in report["results"]] == [rule.name for rule in RULES]
    assert {"passed", "not judged"} <= {result["outcome"] for result in report["results"]}
    cases = etree.parse(directory / "report.xml").iter("testcase")
    assert {rule.name for rule in RULES} < {case.get("name") for case in cases}
    page = (directory / "report.html").read_text()
    assert page.endswith("</html>\n")
    assert reason in page
    assert [rule.name for rule in RULES if rule.name not in page] == []


REPORTS = ("--report", "report.json", "--report", "report.xml", "--report", "report.html")


@pytest.mark.parametrize("words", [(), ("--json",), ("--write",)])
def test_ctrl_c_in_the_middle_leaves_whole_reports_that_say_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    partner = Stopping(answers=40)
    with served(partner) as url, checking(tmp_path, url, *REPORTS, *words) as check:
        assert partner.held.wait(PATIENCE)
        check.send_signal(signal.SIGINT)
        out, err = check.communicate(timeout=PATIENCE)
        partner.open.set()
    assert check.returncode == 130
    assert_quiet(err)
    assert_whole_but_broken_off(tmp_path, BROKEN_OFF)
    if "--json" in words:
        assert json.loads(out)["broke_off"] == BROKEN_OFF
    else:
        assert f"broken off: {BROKEN_OFF}" in out
        assert out.splitlines()[0].startswith("could not be judged, ")


def test_sigterm_leaves_whole_reports_that_say_so(tmp_path: Path) -> None:
    partner = Stopping(answers=40)
    with served(partner) as url, checking(tmp_path, url, *REPORTS) as check:
        assert partner.held.wait(PATIENCE)
        check.send_signal(signal.SIGTERM)
        out, err = check.communicate(timeout=PATIENCE)
        partner.open.set()
    assert check.returncode == 143
    assert_quiet(err)
    assert_whole_but_broken_off(tmp_path, "ended by SIGTERM")
    assert "broken off: ended by SIGTERM" in out


@pytest.mark.parametrize("answers", [172, 190, 310])
def test_ctrl_c_while_it_writes_names_all_that_is_left_behind(tmp_path: Path, answers: int) -> None:
    partner = Stopping(answers)
    before = set(partner.forum.contents)
    with served(partner) as url, checking(tmp_path, url, *REPORTS, "--write") as check:
        assert partner.held.wait(PATIENCE)
        check.send_signal(signal.SIGINT)
        out, err = check.communicate(timeout=PATIENCE)
        created = {it.id for name in OBJECTS for it in partner.forum.standing(name)} - before
        partner.open.set()
    assert check.returncode == 130
    assert_quiet(err)
    named = {it["id"] for it in json.loads((tmp_path / "report.json").read_text())["left_behind"]}
    assert created
    assert named == created
    assert "left behind, for it could not be deleted again: " in out


@pytest.mark.parametrize("answers", [172, 290])
def test_ctrl_c_while_it_writes_takes_away_what_was_created(tmp_path: Path, answers: int) -> None:
    partner = Stopping(answers)
    before = set(partner.forum.contents)
    with served(partner) as url, checking(tmp_path, url, *REPORTS, "--write") as check:
        assert partner.held.wait(PATIENCE)
        created = {it.id for name in OBJECTS for it in partner.forum.standing(name)} - before
        check.send_signal(signal.SIGINT)
        partner.left = 10_000
        partner.open.set()
        _, err = check.communicate(timeout=PATIENCE)
    assert check.returncode == 130
    assert_quiet(err)
    assert "taking away what was created" in err
    assert created
    assert {it.id for name in OBJECTS for it in partner.forum.standing(name)} - before == set()
    assert json.loads((tmp_path / "report.json").read_text())["left_behind"] == []


def test_a_reader_that_goes_away_leaves_whole_reports(tmp_path: Path) -> None:
    partner = Stopping(answers=0)
    with served(partner) as url, checking(tmp_path, url, *REPORTS) as check:
        assert partner.held.wait(PATIENCE)
        assert check.stdout is not None
        check.stdout.close()
        partner.left = 10_000
        partner.open.set()
        assert check.wait(PATIENCE) == 141
        assert check.stderr is not None
        assert_quiet(check.stderr.read())
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["broke_off"] == ""
    assert len(report["results"]) == len(RULES)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_an_output_that_has_no_room_leaves_whole_reports_and_no_traceback(tmp_path: Path) -> None:
    with (
        Path("/dev/full").open("w") as full,
        served(reference_partner(SECRET, utc_now)) as url,
        checking(tmp_path, url, *REPORTS, stdout=full) as check,
    ):
        _, err = check.communicate(timeout=PATIENCE)
    assert check.returncode == 1
    assert_quiet(err)
    assert "error: the output cannot be written: " in err
    assert len(json.loads((tmp_path / "report.json").read_text())["results"]) == len(RULES)


def until(file: IO[str], found: Callable[[str], bool]) -> str:
    """The first line for which `found` is true; what comes before it is dropped."""
    return next(line for line in file if found(line))


def test_it_judges_again_when_a_file_changes_until_ctrl_c(tmp_path: Path) -> None:
    watched = tmp_path / "endpoint"
    watched.mkdir()
    app = watched / "app.py"
    app.write_text("accepts = 'unsigned'")
    partner = reference_partner(SECRET, utc_now, fault="accepts-unsigned")
    rules = ("--select", "unsigned-request-refused")
    with served(partner) as url, checking(tmp_path, url, "--watch", str(watched), *rules) as check:
        watchdog = threading.Timer(PATIENCE, check.kill)
        watchdog.start()
        assert check.stdout is not None
        assert check.stderr is not None
        verdict = re.compile(r"^(conforms|does not conform): ")
        assert "does not conform" in until(check.stdout, lambda line: bool(verdict.search(line)))
        until(check.stderr, lambda line: line.startswith("waiting for a change below"))
        partner.fault = reference_partner(SECRET, utc_now).fault
        app.write_text("accepts = 'what is signed'")
        assert "app.py" in until(check.stderr, lambda line: line.startswith("changed: "))
        assert "conforms: " in until(check.stdout, lambda line: bool(verdict.search(line)))
        assert until(check.stdout, lambda line: line.startswith("now ")) == "now kept: unsigned-request-refused\n"
        until(check.stderr, lambda line: line.startswith("waiting for a change below"))
        check.send_signal(signal.SIGINT)
        assert check.wait(PATIENCE) == 0
        assert_quiet(check.stderr.read())
        watchdog.cancel()
