"""`status`: the status of sources."""

import json

from tests.unit.cli.terminal import URL, Terminal


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
