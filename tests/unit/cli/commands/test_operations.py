"""`delete`, `publish`, `unpublish` and `act`."""

import json

import pytest

from crawler.reference import ReferencePartner, Says
from tests.unit.cli.terminal import URL, Terminal


@pytest.fixture
def partner(terminal: Terminal) -> ReferencePartner:
    partner = terminal.partner()
    terminal.run("sync", URL)
    partner.forum.ledger.clear()
    return partner


@pytest.mark.parametrize(
    ("words", "action"),
    [
        (["delete", URL, "7"], "messages.delete"),
        (["unpublish", URL, "7"], "messages.unpublish"),
        (["act", URL, "escalate", "7"], "messages.escalate"),
        (["act", URL, "delete", "12"], "private_messages.delete"),
        (["act", URL, "mark_as_solved", "1"], "threads.mark_as_solved"),
    ],
)
def test_an_operation_is_queued_and_sent_by_the_next_cycle(
    terminal: Terminal, partner: ReferencePartner, words: list[str], action: str
) -> None:
    result = terminal.run(*words)
    assert result.stdout.startswith(f"queued   {action}\nid       id1\ncontent  {words[-1]}\n")
    assert result.stdout.endswith(f"sent by  the next cycle: ringcx-crawler sync {URL}\n")
    assert not partner.forum.ledger.actions
    assert terminal.run("sync", URL).exit_code == 0
    assert partner.forum.ledger.of(action)[0].params["id"] == words[-1]


def test_what_was_unpublished_can_be_published(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("unpublish", URL, "7")
    terminal.run("sync", URL)
    assert terminal.run("publish", URL, "7").exit_code == 0
    terminal.run("sync", URL)
    assert partner.forum.contents["7"].published


def test_a_custom_operation_names_who_acts(terminal: Terminal, partner: ReferencePartner) -> None:
    record = json.loads(terminal.run("act", URL, "escalate", "7", "--author", "jun", "--json").stdout)
    assert (record["author_id"], record["action"], record["cancelled"]) == ("jun", "messages.escalate", [])


def test_what_the_content_does_not_name_is_refused(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("publish", URL, "7")
    assert result.stderr == (
        "error: the actions of 7 do not name publish: they name reply, delete, unpublish, mark_as_solved, escalate "
        "(IM5)\n  The partner must name it in that content's 'actions'.\n"
    )
    assert (result.stdout, result.exit_code) == ("", 1)


def test_what_the_partner_does_not_declare_is_refused(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("act", URL, "explode", "7")
    assert result.stderr == (
        "error: the partner does not declare messages.explode (AC3)\n  'info' shows what it declares.\n"
    )
    assert result.exit_code == 1


def test_what_is_no_operation_on_a_content_is_refused(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("act", URL, "show", "7")
    assert result.stderr == "error: show is not an operation on a content (IM4)\n"
    assert result.exit_code == 1


def test_an_unknown_content_is_a_misuse(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("delete", URL, "99")
    assert result.stderr == (
        f"error: {URL}: no content 99 is known\n"
        "  List what there is: `ringcx-crawler messages`, `threads`, `outbox` or `log`.\n"
    )
    assert result.exit_code == 2


def test_the_object_decides_where_an_id_is_ambiguous(terminal: Terminal, partner: ReferencePartner) -> None:
    thread = {"id": "7", "title": "t", "body": "b", "author": {"id": "marc", "screenname": "m"}, "actions": ["delete"]}
    partner.plan("threads.list", Says([thread]))
    terminal.run("sync", URL)
    result = terminal.run("delete", URL, "7")
    assert "7 is the id of several contents, in messages and threads: say of which (--object)" in result.stderr
    assert result.exit_code == 2
    assert terminal.run("delete", URL, "7", "--object", "threads").stdout.startswith("queued   threads.delete\n")


def test_deleting_what_was_not_sent_says_what_it_cancelled(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    terminal.run("create", URL, "--thread", "id1", "--body", "Half price")
    result = terminal.run("delete", URL, "id1")
    assert result.stdout == (
        "cancelled  threads.create id1: never sent\ncancelled  messages.create id2: never sent; it refers to id1\n"
    )
    assert result.exit_code == 0
    terminal.run("sync", URL)
    assert not [action for action in partner.forum.ledger.actions if action.endswith((".create", ".delete"))]


def test_for_machines_a_cancellation_names_all_that_went(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    terminal.run("reply", URL, "id1", "Half price")
    record = json.loads(terminal.run("delete", URL, "id1", "--json").stdout)
    assert (record["id"], record["status"], record["cancelled"]) == ("id1", "export_aborted", ["id1", "id2"])


def test_what_was_given_up_takes_nothing(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    terminal.run("delete", URL, "id1")
    result = terminal.run("delete", URL, "id1")
    assert result.stderr == (
        "error: the content id1 was not created: export_aborted (PU9)\n  'outbox retry' retries it.\n"
    )
    assert result.exit_code == 1
