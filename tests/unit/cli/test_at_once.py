"""`push = "at once"`: what is queued by a command is sent by it (LS8)."""

import json

import pytest

from crawler.reference import Fails, ReferencePartner
from crawler.settings import read_configuration
from crawler.store import Store
from tests.unit.cli.terminal import NOON, Terminal, columns

SHOP = '[sources.shop]\nbase_uri = "http://shop.example/"\nsecret = "open sesame"\npush = "at once"\n'


@pytest.fixture
def partner(terminal: Terminal) -> ReferencePartner:
    terminal.configure(SHOP)
    partner = terminal.partner()
    terminal.run("sync", "shop")
    partner.forum.ledger.clear()
    return partner


def test_a_reply_is_sent_and_says_what_became_of_it(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("reply", "shop", "7", "Merci")

    assert partner.forum.ledger.actions == ["messages.create"]
    assert result.stdout.endswith("author       agent\nstatus       success\nforeign id   14\n")
    assert (result.stderr, result.exit_code) == ("", 0)


def test_a_delete_is_sent_as_well(terminal: Terminal, partner: ReferencePartner) -> None:
    assert "status   success\n" in terminal.run("delete", "shop", "7").stdout
    assert partner.forum.ledger.actions == ["messages.delete"]


def test_one_that_fails_is_told_with_its_reason_and_who_tries_again(
    terminal: Terminal, partner: ReferencePartner
) -> None:
    partner.plan("messages.create", Fails(500))
    shown = terminal.run("reply", "shop", "7", "Merci").stdout

    assert "status       export_pending\n" in shown
    assert "because      expected HTTP 2xx, got HTTP 500" in shown
    assert "sent by      the next cycle: ringcx-crawler sync shop\n" in shown


def test_an_endpoint_that_is_not_there_is_warned_of_and_the_entry_waits(
    terminal: Terminal, partner: ReferencePartner
) -> None:
    del terminal.endpoints["shop.example"]
    result = terminal.run("reply", "shop", "7", "Merci")

    assert "warning: shop: messages.create: expected a JSON object: the content, got no connection to" in result.stderr
    assert "sent by      the next cycle: ringcx-crawler sync shop\n" in result.stdout
    assert result.exit_code == 0


def test_where_another_process_crawls_the_source_the_command_says_so(
    terminal: Terminal, partner: ReferencePartner
) -> None:
    with Store.open(str(terminal.directory / "crawler.db")) as store:
        source = read_configuration(str(terminal.directory / "crawler.toml"), terminal.environ).source("shop")
        store.begin_cycle(source, "process 7 on another-machine", NOON)
    result = terminal.run("reply", "shop", "7", "Merci")

    assert partner.forum.ledger.actions == []
    assert "shop: is being crawled by process 7 on another-machine: this is sent by that cycle" in result.stderr
    assert "sent by      the next cycle: ringcx-crawler sync shop\n" in result.stdout


def test_for_machines_the_push_comes_along(terminal: Terminal, partner: ReferencePartner) -> None:
    record = json.loads(terminal.run("reply", "shop", "7", "Merci", "--json").stdout)

    assert (record["status"], record["push"]["kind"]) == ("success", "push")


def test_the_log_has_a_row_of_its_own_kind(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", "shop", "7", "Merci")

    assert columns(terminal.run("log", "shop"), "2")[:2] == ["2", "push"]
    assert terminal.run("log", "shop", "2").stdout.startswith("shop: push 2 done")
