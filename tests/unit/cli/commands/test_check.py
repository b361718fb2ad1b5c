"""``check``, ``explain`` and ``replay``, as a person runs them."""

import json
import os
import re
import signal
import stat
from pathlib import Path

import anyio
import httpx
import pytest
from jsonschema import Draft202012Validator

from crawler.cli.judging import cancelled_by_signals
from crawler.conformance import reports
from crawler.conformance.rules import RULES
from crawler.protocol.signature import HEADER, Secret
from crawler.reference import ReferencePartner
from tests.unit.cli.terminal import SECRET, URL, Terminal, answering, nothing_there


def valid(report: object) -> None:
    schema = Path(reports.__file__).with_name("report.schema.json")
    Draft202012Validator(json.loads(schema.read_text())).validate(report)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path)
    made.environ["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    return made


def test_a_partner_that_keeps_every_rule_conforms(terminal: Terminal) -> None:
    terminal.partner()
    done = terminal.run("check", URL, "--select", "transport")
    assert done.exit_code == 0
    assert re.fullmatch(r"conforms: no breach found, (\d+) of \1 rules judged", done.stdout.splitlines()[0])
    assert done.stdout.splitlines()[1].startswith(f"{URL}: ")


def test_a_partner_that_breaks_one_does_not_and_the_last_run_can_be_replayed(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.partner("accepts-unsigned")
    done = terminal.run("check", URL, "--select", "unsigned-request-refused")
    assert done.exit_code == 1
    assert done.stdout.startswith("does not conform: 1 broken, 1 of 1 rules judged\n")
    assert " 1 ✘ unsigned-request-refused: " in done.stdout
    kept = tmp_path / "cache" / "ringcx-crawler" / "last-check.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert SECRET not in kept.read_text() + done.stdout
    for finding in ("signatures.1", "1"):
        again = terminal.run("replay", finding)
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
    done = terminal.run("replay", str(report), "declaration.1")
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
    assert done.stdout.splitlines() == [
        "could not be judged",
        f"{URL}: 1 request in 0.0 s",
        "broken off: the endpoint did not answer: no connection to http://shop.example:",
        "Connection refused",
        "",
        f"not judged ({len(RULES)}):",
        f" {len(RULES)}  the endpoint was not there: see that it stays up, and judge again",
        "",
        f"next: ringcx-crawler check {URL}",
    ]
    assert "Check the URL" in done.stderr


def test_a_partner_that_takes_our_signature_for_wrong_could_not_be_judged(terminal: Terminal) -> None:
    terminal.endpoints["shop.example"] = answering(lambda _: httpx.Response(403, text="no"))
    done = terminal.run("check", URL)
    assert done.exit_code == 3
    assert done.stdout.startswith("could not be judged, ")
    assert "compare the secrets of both sides" in done.stdout


def test_what_was_not_judged_is_no_failure_unless_all_is_required(terminal: Terminal) -> None:
    terminal.partner()
    words = ("check", URL, "--select", "transport", "--select", "create-answers-an-id")
    done = terminal.run(*words)
    assert re.fullmatch(r"no breach found, \d+ of \d+ rules judged", done.stdout.splitlines()[0])
    assert (done.exit_code, terminal.run(*words, "--require-all").exit_code) == (0, 3)
    assert terminal.run("check", URL, "--select", "transport", "--require-all").exit_code == 0


def test_where_nothing_was_judged_nothing_is_said(terminal: Terminal) -> None:
    terminal.partner()
    done = terminal.run("check", URL, "--select", "pushing")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (3, "could not be judged")
    assert done.stdout.splitlines()[-1] == f"next: ringcx-crawler check {URL} --write"


def test_the_first_screen_is_all_there_is_unless_more_is_asked_for(terminal: Terminal) -> None:
    terminal.partner("accepts-unsigned")
    done = terminal.run("check", URL)
    assert len(done.stdout.splitlines()) <= 24
    assert (done.stderr, "Traceback" in done.stdout) == ("", False)
    more = terminal.run("check", URL, "-v")
    assert more.stdout.splitlines()[0] == done.stdout.splitlines()[0]
    assert "1 failed: unsigned-request-refused (transport and signature, must)" in more.stdout
    assert "signatures.1 (unsigned) --> implementation.info" in more.stderr


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
    assert done.stdout.startswith("does not conform: 2 stale in the baseline, ")
    assert "unsigned-request-refused: the baseline accepts its failure" in done.stdout
    done = terminal.run("check", URL, "--select", "no-redirect", "--baseline", str(baseline))
    assert done.exit_code == 0
    named = "accepted by the baseline, and not judged this time: unsigned-request-refused, empty-signature-refused"
    assert done.stderr.splitlines() == [named]
    again = ("--baseline", str(baseline), "--write-baseline", str(tmp_path / "new.toml"))
    done = terminal.run("check", URL, "--select", "no-redirect", *again)
    assert done.stderr.splitlines() == [named.replace("time:", "time, and were carried over:")]
    assert (tmp_path / "new.toml").read_text() == baseline.read_text()


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
    valid(json.loads(done.stdout))
    valid(json.loads(files[0].read_text()))
    assert [file.read_text()[:1] for file in files] == ["{", "<", "<"]


def test_html_is_a_short_way_to_a_page(terminal: Terminal, tmp_path: Path) -> None:
    terminal.partner()
    file = tmp_path / "report.html"
    assert terminal.run("check", URL, "--select", "no-redirect", "--html", str(file)).exit_code == 0
    assert file.read_text().startswith("<!doctype html>")
    assert terminal.run("check", URL, "--html", str(tmp_path / "report.json")).exit_code == 2


def test_ctrl_c_in_the_middle_still_writes_the_reports(terminal: Terminal, tmp_path: Path) -> None:
    answers = 0

    def interrupting(request: httpx.Request) -> httpx.Response:
        nonlocal answers
        answers += 1
        if answers == 2:
            raise KeyboardInterrupt
        return httpx.Response(403)

    terminal.endpoints["shop.example"] = answering(interrupting)
    file = tmp_path / "report.json"
    done = terminal.run("check", URL, "--select", "transport", "--report", str(file))
    assert done.exit_code == 130
    report = json.loads(file.read_text())
    valid(report)
    assert report["broke_off"] == "interrupted by Ctrl-C"
    assert len(report["results"]) == len([rule for rule in RULES if rule.chapter == "transport and signature"])


def test_a_run_that_broke_off_writes_no_baseline(terminal: Terminal, tmp_path: Path) -> None:
    terminal.endpoints["shop.example"] = httpx.MockTransport(nothing_there)
    done = terminal.run("check", URL, "--write-baseline", str(tmp_path / "baseline.toml"))
    assert done.exit_code == 3
    assert not (tmp_path / "baseline.toml").exists()
    assert "was not written, for the run broke off" in done.stderr


def wrote_a_report(terminal: Terminal, tmp_path: Path, *words: str) -> Path:
    """The report of a partner that doubles what is repeated, and accepts what is not signed."""
    terminal.partner("create-ignores-content-id")
    file = tmp_path / "report.json"
    terminal.run("check", URL, "--write", "--report", str(file), *words)
    return file


def test_a_finding_is_explained_with_its_bytes_and_how_to_send_them_again(terminal: Terminal, tmp_path: Path) -> None:
    file = wrote_a_report(terminal, tmp_path)
    done = terminal.run("explain", str(file), "1")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == f"finding 1 of {file}: failed"
    assert "expected: one content" in lines
    assert "     got: 2 of the same content_id" in lines
    assert [line for line in lines if line.startswith("> {") and '"retry":true' in line]
    assert [line for line in lines if line.startswith("level    must, since something comes twice: ")]
    assert lines[-1] == f"again: ringcx-crawler replay {file} 1"
    last = terminal.run("explain", "2", "--json")
    assert json.loads(last.stdout)["rule"] == "repeated-create-answers-the-same-id"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("9",), "has no finding 9"),
        (("missing.json", "1"), "the report missing.json cannot be read"),
        (("no-redirect", "LS3", "x"), "expected one RULE or ID, or REPORT and FINDING"),
        (("REPORT", "no-redirect"), "'no-redirect' is no number of a finding"),
    ],
)
def test_what_cannot_be_explained_is_said(
    terminal: Terminal, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    file = wrote_a_report(terminal, tmp_path, "--select", "repeated-create-makes-no-copy")
    done = terminal.run("explain", *(str(file) if word == "REPORT" else word for word in words))
    assert (done.exit_code, said in done.stderr) == (2, True)


def test_a_rule_of_the_protocol_is_explained_with_the_rules_that_judge_it(terminal: Terminal) -> None:
    done = terminal.run("explain", "ls3")
    assert done.stdout.startswith("LS3  A partner that limits the size of an answer returns the *oldest* contents")
    assert "nothing-skipped-after-a-position" in done.stdout
    chapter = json.loads(terminal.run("explain", "SP", "--json").stdout)
    assert "raw-utf8-body-accepted" in chapter["rules"]
    assert "empty-list-is-an-empty-array" in json.loads(terminal.run("explain", "OB0", "--json").stdout)["rules"]
    assert "no rule of `check` stands on it" in terminal.run("explain", "CY2").stdout


def test_what_writes_is_sent_again_only_if_somebody_wants_it(terminal: Terminal, tmp_path: Path) -> None:
    file = wrote_a_report(terminal, tmp_path)
    again = terminal.partner()
    refused = terminal.run("replay", str(file), "1")
    assert (refused.exit_code, list(again.forum.ledger.actions)) == (2, [])
    assert "messages.create was not sent: it writes there (messages.create)" in refused.stderr
    assert terminal.run("replay", str(file), "1", "--yes").exit_code == 0
    assert list(again.forum.ledger.actions) == ["messages.create"]
    terminal.width = 80
    assert terminal.run("replay", str(file), "1", stdin=b"n\n").exit_code == 1
    assert terminal.run("replay", str(file), "1", stdin=b"y\n").exit_code == 0
    assert list(again.forum.ledger.actions) == ["messages.create"] * 2


def test_it_goes_to_the_host_of_the_report_unless_another_one_is_named_and_wanted(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.partner("accepts-unsigned")
    file = tmp_path / "report.json"
    terminal.run("check", URL, "--select", "unsigned-request-refused", "--report", str(file))
    here, there = terminal.partner(), terminal.partner(host="other.example")
    other = ("replay", str(file), "1", "--to", "http://other.example/")
    refused = terminal.run(*other)
    assert refused.exit_code == 2
    assert "it goes to other.example, and the report is about shop.example" in refused.stderr
    assert list(there.forum.ledger) == []
    assert terminal.run(*other, "--yes").exit_code == 0
    assert (len(list(there.forum.ledger)), len(list(here.forum.ledger))) == (1, 0)
    assert terminal.run("replay", str(file), "1").exit_code == 0
    assert len(list(here.forum.ledger)) == 1


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
    for words in ((), ("pushing",), ("create-answers-an-id",), ("LS3",)):
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


WRITING = ("check", URL, "--write", "--select", "create-answered-with-success")


def created(partner: ReferencePartner) -> list[str]:
    return [action for action in partner.forum.ledger.actions if action.endswith(".create")]


def test_before_it_writes_it_says_what_and_asks_on_a_terminal(terminal: Terminal) -> None:
    partner = terminal.partner()
    terminal.width = 80
    done = terminal.run(*WRITING, stdin=b"n\n")
    assert done.exit_code == 1
    assert "--write creates up to 1 thread, 3 messages and 1 private message there" in " ".join(done.stderr.split())
    assert "go on? [y/N]" in done.stderr
    assert created(partner) == []


@pytest.mark.parametrize(("words", "stdin"), [((), b"y\n"), (("--yes",), b"")])
def test_it_writes_where_somebody_says_so(terminal: Terminal, words: tuple[str, ...], stdin: bytes) -> None:
    partner = terminal.partner()
    terminal.width = 80
    done = terminal.run(*WRITING, *words, stdin=stdin)
    assert done.exit_code == 0
    assert ("go on?" in done.stderr) is not bool(words)
    assert created(partner)


def test_where_nobody_can_be_asked_it_only_says_what_it_writes(terminal: Terminal) -> None:
    partner = terminal.partner()
    done = terminal.run(*WRITING, "--json")
    assert done.exit_code == 0
    assert done.stderr.startswith("--write creates up to ")
    assert json.loads(done.stdout)["left_behind"] == []
    assert created(partner)


@pytest.mark.parametrize("words", [("--select", "transport"), ()])
def test_it_does_not_ask_where_nothing_is_written(terminal: Terminal, words: tuple[str, ...]) -> None:
    if words:
        terminal.partner()
    terminal.width = 80
    done = terminal.run("check", URL, "--write", *words, stdin=b"n\n")
    assert "go on?" not in done.stderr
    assert done.exit_code == (0 if words else 3)
