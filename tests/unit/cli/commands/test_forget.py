"""A source that was taken out of the configuration: it is still read by its stored name, and forgotten on demand."""

import json

import pytest

from tests.unit.cli.terminal import SECRET, URL, Terminal

SHOP = f'[sources.shop]\nbase_uri = "{URL}"\nsecret = "{SECRET}"\n'
OTHER = f'[sources.other]\nbase_uri = "http://other.example/"\nsecret = "{SECRET}"\n'


@pytest.fixture
def left(terminal: Terminal) -> Terminal:
    """`shop` was crawled, has a reply that was not sent, and is gone from the configuration."""
    terminal.configure(SHOP + OTHER)
    terminal.partner()
    assert terminal.run("sync", "shop").exit_code == 0
    assert terminal.run("reply", "shop", "13", "Thank you").exit_code == 0
    terminal.configure(OTHER)
    return terminal


@pytest.mark.parametrize("where", ["shop", URL])
def test_it_is_read_by_the_name_that_it_is_stored_under_or_by_its_url(left: Terminal, where: str) -> None:
    [status] = [json.loads(line) for line in left.run("status", where, "--json").stdout.splitlines()]
    assert (status["source"], status["configured"], status["exports"]) == ("shop", False, {"export_pending": 1})
    assert "Thank you" not in left.run("messages", where).stdout
    assert len(left.run("messages", where, "--json").stdout.splitlines()) > 1
    [entry] = [json.loads(line) for line in left.run("outbox", where, "--json").stdout.splitlines()]
    assert entry["status"] == "export_pending"
    assert left.run("log", where).exit_code == 0
    assert '"source": {"name": "shop"' in left.run("export", where).stdout


def test_a_name_that_nothing_is_stored_of_is_still_an_error(left: Terminal) -> None:
    result = left.run("messages", "shopp")
    assert (result.exit_code, "has no source 'shopp'" in result.stderr) == (2, True)
    result = left.run("forget", "http://nobody.example/", "--yes")
    assert (result.exit_code, "nothing is stored of http://nobody.example/" in result.stderr) == (2, True)


def test_it_is_forgotten_after_what_goes_was_shown(left: Terminal) -> None:
    refused = left.run("forget", "shop")
    assert refused.exit_code == 2
    assert "shop was not forgotten: contents 13, identities 4, cursors 3, outbox 1, cycles 1, exch" in refused.stderr
    assert "Give --yes" in refused.stderr

    left.width = 120
    declined = left.run("forget", "shop", stdin=b"n\n")
    assert declined.exit_code == 1
    assert "contents 13" in declined.stderr
    assert "1 of the outbox pending, never to be sent" in declined.stderr
    assert len(left.run("messages", "shop", "--json").stdout.splitlines()) > 1

    assert left.run("forget", "shop", stdin=b"y\n").stdout == "shop is forgotten.\n"
    assert left.run("messages", "shop").exit_code == 2


def test_with_yes_nobody_is_asked(left: Terminal) -> None:
    done = json.loads(left.run("forget", URL, "--yes", "--json").stdout)
    assert (done["source"], done["forgotten"]["contents"], done["forgotten"]["pending"]) == ("shop", 13, 1)


def test_one_that_stands_in_the_configuration_is_not_forgotten(left: Terminal) -> None:
    left.configure(SHOP)
    result = left.run("forget", "shop", "--yes")
    assert result.exit_code == 2
    assert "the next cycle would import it anew" in result.stderr
