"""``check``, ``explain`` and ``replay``, as a person runs them."""

import json
import os
import signal
import stat
from pathlib import Path

import anyio
import httpx
import pytest

from crawler.cli.bench import cancelled_by_signals
from crawler.conformance.rules import RULES
from crawler.protocol.signature import HEADER, Secret
from tests.unit.cli.terminal import SECRET, URL, Terminal, answering, nothing_there


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path)
    made.environ["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    return made


def test_a_partner_that_keeps_every_rule_conforms(terminal: Terminal) -> None:
    terminal.partner()
    done = terminal.run("check", URL, "--select", "transport")
    assert done.exit_code == 0
    assert "  ✔ unsigned-request-refused" in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1].startswith(f"{URL} conforms: ")


def test_a_partner_that_breaks_one_does_not_and_the_last_run_can_be_replayed(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.partner("accepts-unsigned")
    done = terminal.run("check", URL, "--select", "unsigned-request-refused")
    assert done.exit_code == 1
    assert "failed: unsigned-request-refused (transport and signature, must)" in done.stdout
    kept = tmp_path / "cache" / "ringcx-crawler" / "last-check.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert SECRET not in kept.read_text() + done.stdout
    again = terminal.run("replay", "signatures.1")
    assert again.exit_code == 0
    assert again.stdout.splitlines()[-1] == "the answer is the same"


def test_a_replay_shows_what_is_different_now_and_sends_the_same_bytes(terminal: Terminal) -> None:
    first = terminal.partner("accepts-unsigned")
    terminal.run("check", URL, "--select", "unsigned-request-refused")
    mended = terminal.partner()
    done = terminal.run("replay", "signatures.1")
    assert "-HTTP 200" in done.stdout.splitlines()
    assert "+HTTP 403" in done.stdout.splitlines()
    sent = [entry.body for entry in first.forum.ledger]
    assert [entry.body in sent for entry in mended.forum.ledger] == [True]
    record = json.loads(terminal.run("replay", "signatures.1", "--json").stdout)
    assert (record["same"], record["status"]) == (False, 403)


def test_a_report_may_begin_with_a_byte_order_mark(terminal: Terminal, tmp_path: Path) -> None:
    terminal.partner()
    report = tmp_path / "report.json"
    terminal.run("check", URL, "--select", "no-redirect", "--report", str(report))
    report.write_text("\ufeff" + report.read_text("utf-8"), "utf-8")
    done = terminal.run("replay", "declaration.1", "--report", str(report))
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "the answer is the same")


def test_a_replay_of_nothing_says_what_there_is(terminal: Terminal) -> None:
    assert "cannot be read" in terminal.run("replay", "signatures.1").stderr
    terminal.partner()
    terminal.run("check", URL, "--select", "no-redirect")
    done = terminal.run("replay", "signatures.1")
    assert done.exit_code == 2
    assert "It has declaration.1 to declaration.2" in done.stderr


def test_nobody_there_is_exit_code_3(terminal: Terminal) -> None:
    terminal.endpoints["shop.example"] = httpx.MockTransport(nothing_there)
    done = terminal.run("check", URL)
    assert done.exit_code == 3
    assert done.stdout.splitlines()[1:] == [
        "",
        f"{URL} was not reached: {len(RULES)} rules: {len(RULES)} skipped; 0.0 s",
    ]
    assert "Check the URL" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--select", "nothing-of-that-name"),
        ("--select", "no-redirect", "--skip", "transport"),
        ("--report", "report.pdf"),
        ("--report", "no/such/directory.json"),
        ("--write-baseline", "no/such/directory.toml"),
        ("--baseline", "missing.toml"),
    ],
)
def test_misuse_is_exit_code_2_before_anything_is_sent(terminal: Terminal, words: tuple[str, ...]) -> None:
    partner = terminal.partner()
    assert terminal.run("check", URL, *words).exit_code == 2
    assert list(partner.forum.ledger.actions) == []


def test_a_baseline_accepts_and_grows_stale(terminal: Terminal, tmp_path: Path) -> None:
    terminal.partner("accepts-unsigned")
    baseline = tmp_path / "baseline.toml"
    words = ("check", URL, "--select", "transport")
    assert terminal.run(*words, "--write-baseline", str(baseline)).exit_code == 1
    assert terminal.run(*words, "--baseline", str(baseline)).exit_code == 2  # the reasons are still to be filled in
    baseline.write_text(baseline.read_text().replace("TODO: say why this is accepted", "known since March"))
    assert terminal.run(*words, "--baseline", str(baseline)).exit_code == 0
    terminal.partner()
    done = terminal.run(*words, "--baseline", str(baseline))
    assert done.exit_code == 1
    assert "stale: unsigned-request-refused" in done.stdout


def test_strict_makes_a_warning_a_failure(terminal: Terminal) -> None:
    text = b'{"objects":{}}'
    headers = {HEADER: Secret(SECRET).sign(text), "content-type": "text/plain"}
    terminal.endpoints["shop.example"] = answering(lambda _: httpx.Response(200, headers=headers, content=text))
    words = ("check", URL, "--select", "answer-says-it-is-json")
    assert [terminal.run(*words).exit_code, terminal.run(*words, "--strict").exit_code] == [0, 1]


def test_reports_are_written_by_their_ending_and_json_goes_to_stdout(terminal: Terminal, tmp_path: Path) -> None:
    terminal.partner()
    files = [tmp_path / f"report{ending}" for ending in (".json", ".xml", ".HTML")]
    reports = [word for file in files for word in ("--report", str(file))]
    done = terminal.run("check", URL, "--select", "transport", "--json", *reports)
    assert json.loads(done.stdout)["conforms"] is True
    assert [file.read_text()[:1] for file in files] == ["{", "<", "<"]


def test_ctrl_c_in_the_middle_still_writes_the_reports(terminal: Terminal, tmp_path: Path) -> None:
    answers = 0

    def interrupting(request: httpx.Request) -> httpx.Response:
        nonlocal answers
        answers += 1
        if answers == 3:
            raise KeyboardInterrupt
        return httpx.Response(403)

    terminal.endpoints["shop.example"] = answering(interrupting)
    file = tmp_path / "report.json"
    done = terminal.run("check", URL, "--select", "transport", "--report", str(file))
    assert done.exit_code == 130
    report = json.loads(file.read_text())
    assert report["broke_off"] == "interrupted by Ctrl-C"
    assert len(report["results"]) == len([rule for rule in RULES if rule.chapter == "transport and signature"])


def test_a_run_that_broke_off_writes_no_baseline(terminal: Terminal, tmp_path: Path) -> None:
    terminal.endpoints["shop.example"] = httpx.MockTransport(nothing_there)
    done = terminal.run("check", URL, "--write-baseline", str(tmp_path / "baseline.toml"))
    assert done.exit_code == 3
    assert not (tmp_path / "baseline.toml").exists()
    assert "was not written, for the run broke off" in done.stderr


def test_ctrl_c_waits_for_what_a_thread_has_begun_at_the_store() -> None:
    ended = []

    def thread() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(5):
            anyio.from_thread.run(anyio.lowlevel.checkpoint)  # the event loop has seen it by then
        ended.append(True)

    async def work() -> None:
        with anyio.CancelScope() as scope, cancelled_by_signals(scope):
            await anyio.to_thread.run_sync(thread)
            await anyio.sleep_forever()

    anyio.run(work)
    assert ended == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_explain_fits_a_narrow_terminal(terminal: Terminal) -> None:
    terminal.width = 40
    for words in ((), ("pushing",), ("create-answers-an-id",)):
        lines = terminal.run("explain", *words).stdout.splitlines()
        assert [line for line in lines if len(line) > 40 and "https://" not in line] == []


def test_explain_tells_all_about_a_rule_and_lists_all_rules(terminal: Terminal) -> None:
    page = terminal.run("explain", "unsigned-request-refused").stdout
    assert "A request without a signature is refused." in page
    assert "SG5  The partner must refuse a request with a missing or wrong signature (conformance)." in page
    listed = terminal.run("explain").stdout
    assert [rule.name for rule in RULES if rule.name not in listed] == []
    records = terminal.run("explain", "--json").stdout.splitlines()
    assert len(records) == len(RULES)
    chapter = terminal.run("explain", "pushing", "--json").stdout.splitlines()
    assert {json.loads(line)["chapter"] for line in chapter} == {"pushing"}
    near = terminal.run("explain", "unsigned-requests-refused")
    assert (near.exit_code, "Did you mean unsigned-request-refused" in near.stderr) == (2, True)
