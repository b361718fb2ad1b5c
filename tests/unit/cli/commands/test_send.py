"""`send`: one signed request by hand."""

import base64
import json

import httpx
import pytest

from tests.unit.cli.terminal import URL, Terminal, answering


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
