"""The commands that look: info, plan, status, log, send, init, partner."""

import base64
import json
from pathlib import Path

import httpx
import pytest

from crawler.reference import FAULTS, UNTHREADED, Says
from crawler.settings import read_configuration
from tests.unit.cli.terminal import URL, Terminal, answering, columns


def test_info_shows_objects_by_operations(terminal: Terminal) -> None:
    terminal.partner()
    result = terminal.run("info", URL)
    head = ["object", "list", "show", "create", "reply", "delete", "publish", "unpublish", "mark_as_solved", "escalate"]
    assert columns(result, "object") == head
    assert columns(result, "private_messages") == ["private_messages", *["yes"] * 5, "-", "-", "-", "yes"]
    assert result.exit_code == 0


def test_info_shows_options_labels_and_the_interval(terminal: Terminal) -> None:
    terminal.partner()
    lines = terminal.run("info", URL).stdout.splitlines()
    assert any(line.startswith("options") and "messages.html, messages.no_title" in line for line in lines)
    assert "interval  60 s from cycle to cycle: objects are listed (CY1)" in lines
    assert "mark_as_solved    Mark as solved         Marquer comme résolu" in lines


def test_info_shows_what_is_ignored_and_why(terminal: Terminal) -> None:
    terminal.partner("unthreaded-with-threads")
    result = terminal.run("info", URL)
    assert columns(result, "threads")[1:3] == ["ignored", "ignored"]
    assert "IM7   threads: list, show, create" in result.stdout


def test_info_follows_what_no_list_means(terminal: Terminal) -> None:
    terminal.partner().plan("implementation.info", Says({"objects": {"messages": ["create"], "typing": ["start"]}}))
    result = terminal.run("info", URL)
    assert "interval  180 s from cycle to cycle: no list is declared (CY1)" in result.stdout
    assert "Send API  typing.start: the partner sends these, they are not polled" in result.stdout


def test_info_of_nothing_says_so(terminal: Terminal) -> None:
    terminal.partner().plan("implementation.info", Says({"objects": {}}))
    assert terminal.run("info", URL).stdout.startswith("No operation is declared.\n")


def test_info_for_machines(terminal: Terminal) -> None:
    terminal.partner().capabilities = UNTHREADED
    report = json.loads(terminal.run("info", URL, "--json").stdout)
    assert report["interval"] == 60
    assert "messages.unthreaded" in report["options"]
    assert report["objects"]["messages"]["operations"][0] == "list"


def test_plan_sends_only_the_implementation_info(terminal: Terminal) -> None:
    asked = terminal.partner().forum.ledger
    result = terminal.run("plan", URL)
    assert list(asked.actions) == ["implementation.info"]
    assert [line.split()[:2] for line in result.stdout.splitlines()[1:]] == [
        ["sends", "implementation.info"],
        ["sends", "threads.list"],
        ["sends", "messages.list"],
        ["sends", "private_messages.list"],
    ]


def test_plan_asks_from_the_cursors_on(terminal: Terminal) -> None:
    terminal.partner()
    terminal.run("sync", URL)
    steps = json.loads(terminal.run("plan", URL, "--json").stdout)["steps"]
    assert [step["params"] for step in steps] == [{}, {"since_id": "3"}, {"since_id": "11"}, {"since_id": "13"}]


def test_plan_says_what_is_sent_what_waits_and_why(terminal: Terminal) -> None:
    partner = terminal.partner()
    terminal.run("sync", URL)
    terminal.run("create", URL, "--title", "New", "--body", "<p>x</p>")
    terminal.run("create", URL, "--thread", "id1", "--body", "<p>y</p>")
    partner.forum.ledger.clear()
    sends, waits = json.loads(terminal.run("plan", URL, "--json").stdout)["steps"][-2:]
    assert (sends["does"], sends["action"], sends["why"]) == ("sends", "threads.create", "attempt 1 of 3")
    assert sends["params"]["content_id"] == "id1"
    assert (waits["does"], waits["id"]) == ("waits", "id2")
    assert waits["why"].endswith("(id1) (PU9)")
    assert list(partner.forum.ledger.actions) == ["implementation.info"]


def test_status_without_any_source_says_what_to_do(terminal: Terminal) -> None:
    result = terminal.run("status")
    assert result.stdout == ""
    assert result.stderr.startswith("No source yet: try `ringcx-crawler sync http://localhost:3000/`")
    assert result.exit_code == 0


def test_status_shows_what_is_stored_and_needs_no_secret(terminal: Terminal) -> None:
    terminal.partner()
    terminal.run("sync", URL)
    terminal.environ.clear()
    assert terminal.run("status").stdout.splitlines() == [
        URL,
        "  last cycle  1, 2024-03-01T12:00:00.000Z, succeeded",
        "  contents    threads 3, messages 8, private_messages 2",
        "  identities  4",
        "  cursors     messages 11, private_messages 13, threads 3",
    ]


def test_status_counts_failures(terminal: Terminal) -> None:
    for _ in range(2):
        terminal.run("sync", URL)
    shown = terminal.run("status", URL).stdout
    assert "failed in a row  2" in shown
    assert "failed: http://shop.example/: implementation.info: expected" in shown


def test_status_lists_configured_sources_that_were_never_crawled(terminal: Terminal) -> None:
    terminal.configure('[sources.shop]\nbase_uri = "http://jo:pw@shop.example"\nsecret_env = "UNSET"\n')
    record = json.loads(terminal.run("status", "--json").stdout)
    assert (record["source"], record["base_uri"], record["last_cycle"]) == ("shop", URL, None)
    assert "never crawled" in terminal.run("status").stdout


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


def test_send_shows_the_bytes_both_ways(terminal: Terminal) -> None:
    terminal.partner()
    result = terminal.run("send", URL, "messages.show", "--param", "id=7")
    assert '{"action":"messages.show","params":{"id":"7"},"time":"2024-03-01T12:00:00Z"}\n' in result.stdout
    assert "<-- HTTP 200, signature valid, " in result.stdout
    assert '{"id":"7","actions":' in result.stdout
    assert result.exit_code == 0
    assert not (terminal.directory / "crawler.db").exists()


def test_send_takes_json_values_in_their_order(terminal: Terminal) -> None:
    sent = terminal.partner().forum.ledger
    terminal.run("send", URL, "x.y", "--param", "b:=[1,null]", "--param", "a=1=2")
    assert b'"params":{"b":[1,null],"a":"1=2"}' in sent[0].body


@pytest.mark.parametrize("pair", ["id", "=7", ":=7", "id:=x"])
def test_a_param_that_cannot_be_read_is_a_misuse(terminal: Terminal, pair: str) -> None:
    asked = terminal.partner().forum.ledger
    result = terminal.run("send", URL, "messages.show", "--param", pair)
    assert f"--param {pair}: " in result.stderr
    assert result.exit_code == 2
    assert not asked.actions


def test_send_for_machines_keeps_what_is_not_text(terminal: Terminal) -> None:
    terminal.partner("compressed-answer")
    result = terminal.run("send", URL, "implementation.info", "--json")
    assert json.loads(result.stdout)["status"] is None
    assert result.exit_code == 1


def test_send_for_machines_encodes_bytes_that_are_not_utf_8(terminal: Terminal) -> None:
    terminal.endpoints["shop.example"] = answering(lambda _request: httpx.Response(500, content=b"\xff\xfe"))
    exchange = json.loads(terminal.run("send", URL, "x.y", "--json").stdout)
    assert base64.b64decode(exchange["response_base64"]) == b"\xff\xfe"


def test_init_writes_a_configuration_that_can_be_read(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    assert terminal.run("init", "--config", str(path)).stdout.startswith(f"Wrote {path}.\n")
    configuration = read_configuration(str(path), {"SHOP_SECRET": "x"})
    assert configuration.source("shop").base_uri == "https://shop.example/channel"


def test_init_never_overwrites_unless_forced(terminal: Terminal) -> None:
    path = terminal.configure("# mine\n")
    result = terminal.run("init")
    assert result.stderr == (
        f"error: {path} is there already\n  Name another file with --config, or overwrite it with --force.\n"
    )
    assert result.exit_code == 2
    assert path.read_text() == "# mine\n"
    assert terminal.run("init", "--force").exit_code == 0
    assert "[sources.shop]" in path.read_text()


def test_init_says_where_it_cannot_write(terminal: Terminal, tmp_path: Path) -> None:
    result = terminal.run("init", "--config", str(tmp_path / "none" / "crawler.toml"))
    assert "cannot be written: No such file or directory" in result.stderr
    assert result.exit_code == 2


def test_partner_lists_its_faults(terminal: Terminal) -> None:
    lines = terminal.run("partner", "--list-faults", "--json").stdout.splitlines()
    assert {json.loads(line)["fault"] for line in lines} == set(FAULTS)


def test_partner_refuses_an_unknown_fault(terminal: Terminal) -> None:
    result = terminal.run("partner", "--fault", "laziness")
    assert result.stderr == "error: there is no fault 'laziness'\n  `ringcx-crawler partner --list-faults`.\n"
    assert result.exit_code == 2
