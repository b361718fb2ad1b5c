"""`log`: past cycles and their exchanges."""

import json

from tests.unit.cli.terminal import URL, Terminal, columns


def test_log_lists_cycles_the_newest_last(terminal: Terminal) -> None:
    terminal.partner()
    for _ in range(3):
        terminal.run("sync", URL)
    lines = terminal.run("log", URL, "--json", "--limit", "2").stdout.splitlines()
    assert [json.loads(line)["cycle"] for line in lines] == [2, 3]
    first = ["1", "cycle", "2024-03-01T12:00:00.000Z", "0.0", "succeeded", "13"]
    assert columns(terminal.run("log", URL), "1")[:6] == first


def test_log_of_a_source_that_was_never_crawled_says_so(terminal: Terminal) -> None:
    assert terminal.run("log", URL).stderr == f"{URL} was never crawled.\n"


def test_log_shows_exchanges_byte_for_byte(terminal: Terminal) -> None:
    sent = terminal.partner().forum.ledger
    terminal.run("sync", URL)
    shown = terminal.run("log", URL, "last").stdout
    assert "[1] " + sent[0].body.decode() in shown
    assert "<-- HTTP 200, signature valid, 636 bytes, " in shown
    assert "Jun 準" in shown


def test_log_writes_one_body_exactly(terminal: Terminal) -> None:
    sent = terminal.partner().forum.ledger
    terminal.run("sync", URL)
    assert terminal.run("log", URL, "1", "--raw", "3").stdout_bytes == sent[1].body
    result = terminal.run("log", URL, "1", "--raw", "99")
    assert result.stderr.startswith("error: no body 99 is there: the cycle has 14\n")
    assert result.exit_code == 2
    assert terminal.run("log", URL, "--raw", "1").exit_code == 2


def test_log_for_machines_holds_the_report_and_the_exchanges(terminal: Terminal) -> None:
    terminal.partner()
    terminal.run("sync", URL)
    record = json.loads(terminal.run("log", URL, "last", "--json").stdout)
    assert record["report"]["objects"]["threads"]["new"] == 3
    assert json.loads(record["exchanges"][0]["request"])["action"] == "implementation.info"
    assert record["exchanges"][0]["verdict"] == "valid"


def test_log_says_which_cycles_are_kept(terminal: Terminal) -> None:
    terminal.partner()
    terminal.run("sync", URL)
    result = terminal.run("log", URL, "7")
    assert result.stderr.startswith(f"error: {URL}: no cycle 7 is known: 1 to 1 are kept\n")
    assert result.exit_code == 2


def test_log_says_that_a_body_was_cut(terminal: Terminal) -> None:
    terminal.configure('[sources.shop]\nbase_uri = "http://shop.example"\nkeep_bytes = 10\n')
    terminal.partner()
    terminal.run("sync", "shop")
    assert (
        '[1] {"action":\n    (cut: 10 of 62 bytes were kept, see keep_bytes)'
        in terminal.run("log", "shop", "last").stdout
    )
