"""`queuing-update`."""

import json

import pytest

from crawler.protocol.credentials import WITHHELD
from crawler.reference import DEFAULT, Fails, ReferencePartner, Rejects
from tests.unit.cli.terminal import URL, Terminal

UPDATE = ["queuing-update", URL, "--wait", "60", "--position", "3"]


@pytest.fixture
def partner(terminal: Terminal) -> ReferencePartner:
    partner = terminal.partner()
    partner.capabilities = DEFAULT.with_options("messaging.queuing_update")
    terminal.run("sync", URL)
    partner.forum.ledger.clear()
    return partner


def test_it_is_sent_at_once(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run(*UPDATE, "--thread", "2")
    assert (result.stdout, result.exit_code) == ("The partner was told: 60 s to wait, position 3.\n", 0)
    (sent,) = partner.forum.ledger
    assert (sent.action, sent.params) == (
        "messaging.queuing_update",
        {"estimated_wait_time": 60, "position": 3, "thread_id": "2"},
    )


def test_it_can_name_a_message(terminal: Terminal, partner: ReferencePartner) -> None:
    record = json.loads(terminal.run(*UPDATE, "--in-reply-to", "7", "--json").stdout)
    assert record == {
        "action": "messaging.queuing_update",
        "params": {"estimated_wait_time": 60, "position": 3, "in_reply_to_id": "7"},
    }
    assert partner.forum.ledger[0].params["in_reply_to_id"] == "7"


def test_without_the_option_it_is_refused(terminal: Terminal) -> None:
    partner = terminal.partner()
    terminal.run("sync", URL)
    partner.forum.ledger.clear()
    result = terminal.run(*UPDATE, "--thread", "2")
    assert result.stderr == (
        "error: the partner does not declare the option messaging.queuing_update (PU10)\n"
        "  'info' shows what it declares.\n"
    )
    assert result.exit_code == 1
    assert not partner.forum.ledger.actions


def test_it_needs_somebody_who_waits(terminal: Terminal, partner: ReferencePartner) -> None:
    assert terminal.run(*UPDATE).exit_code == 2
    assert terminal.run(*UPDATE, "--thread", "99").exit_code == 2
    assert not partner.forum.ledger.actions


def test_a_thread_that_is_not_sent_yet_is_refused(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    result = terminal.run(*UPDATE, "--thread", "id1")
    assert result.stderr == "error: the partner does not know (queued) id1 yet (PU9)\n  `sync` sends it first.\n"
    assert result.exit_code == 1


@pytest.mark.parametrize("planned", [Fails(503, "later"), Rejects("later")])
def test_what_the_partner_says_against_it_is_shown(
    terminal: Terminal, partner: ReferencePartner, planned: Fails | Rejects
) -> None:
    partner.plan("messaging.queuing_update", planned)
    result = terminal.run(*UPDATE, "--thread", "2")
    assert "the partner says: later" in result.stderr
    assert (result.stdout, result.exit_code) == ("", 1)


def test_a_refusal_that_quotes_the_secret_does_not_show_it(terminal: Terminal, partner: ReferencePartner) -> None:
    partner.plan("messaging.queuing_update", Rejects("open sesame is no secret"))
    assert f"the partner says: {WITHHELD}" in terminal.run(*UPDATE, "--thread", "2").stderr
