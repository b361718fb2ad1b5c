"""`show`."""

import json
from typing import Any

import pytest

from crawler.reference import DEFAULT, TITLES_ONLY, ReferencePartner, Says
from tests.unit.cli.terminal import URL, Terminal


@pytest.fixture
def partner(terminal: Terminal) -> ReferencePartner:
    partner = terminal.partner()
    terminal.run("sync", URL)
    return partner


def shown(terminal: Terminal, *words: str) -> dict[str, Any]:
    result = terminal.run("show", URL, *words, "--json")
    assert result.exit_code == 0, result.stderr
    record: dict[str, Any] = json.loads(result.stdout)
    return record


def test_a_message_is_shown_with_its_surroundings(terminal: Terminal, partner: ReferencePartner) -> None:
    assert terminal.run("show", URL, "5").stdout == (
        "messages     5\n"
        "author       The shop (agent)\n"
        "thread       1 Which size? (message 2 of 3 messages)\n"
        "in reply to  4 by Jun 準 (jun): Take the M, it shrinks a little.\n"
        "format       html\n"
        "created at   2024-02-28T14:00:00Z\n"
        "updated at   2024-02-28T14:00:00Z\n"
        "imported at  2024-03-01T12:00:00.000Z\n"
        "changed at   2024-03-01T12:00:00.000Z\n"
        "\n"
        "<p>We agree with Jun: M.</p>\n"
        "\n"
        "puppetizable  yes: agents may write as this author\n"
        "reply         11 by marc_75 (marc): M it is. Thanks!\n"
        "\n"
        "operation       label                  allowed  why not\n"
        "reply           Reply                  yes\n"
        "delete          Delete                 yes\n"
        "publish         Publish                no       the actions of 5 do not name publish: "
        "they name reply, delete, unpublish, mark_as_solved, escalate (IM5)\n"
        "unpublish       Unpublish              yes\n"
        "mark_as_solved  Mark as solved         yes\n"
        "escalate        Escalate to a manager  yes\n"
    )


def test_everything_that_the_partner_says_is_shown(terminal: Terminal, partner: ReferencePartner) -> None:
    lines = terminal.run("show", URL, "7").stdout.splitlines()
    assert "categories    delivery" in lines
    assert "context data  order: A-1042" in lines
    assert "attached      https://shop.example/files/recu.pdf" in lines
    assert "author's email       elodie@example.com" in lines


def test_odd_extras_are_shown_on_one_line(terminal: Terminal, partner: ReferencePartner) -> None:
    message = {
        "id": "m",
        "thread_id": "1",
        "body": "b",
        "author": {"id": "marc", "screenname": "m"},
        "context_data": {"a": [1, None, {"b": True}]},
        "attachments": [{"content": "AAAA", "filename": "a.bin"}],
    }
    partner.plan("messages.list", Says([message]))
    terminal.run("sync", URL)
    lines = terminal.run("show", URL, "m").stdout.splitlines()
    assert "context data  a: 1, None, b: True" in lines
    assert "attached      a.bin" in lines


def test_a_thread_is_shown_with_its_number_of_messages(terminal: Terminal, partner: ReferencePartner) -> None:
    lines = terminal.run("show", URL, "2").stdout.splitlines()
    assert lines[:3] == ["threads      2", "author       Élodie (42)", "messages     3"]
    assert shown(terminal, "2")["thread"] == {"id": "2", "title": "Colis abîmé", "messages": 3, "position": None}


def test_a_private_message_is_shown_with_its_recipient(terminal: Terminal, partner: ReferencePartner) -> None:
    assert "recipient         The shop (agent)" in terminal.run("show", URL, "12").stdout
    record = shown(terminal, "12")
    assert (record["thread"], [reply["id"] for reply in record["replies"]]) == (None, ["13"])


def test_a_body_keeps_its_lines(terminal: Terminal, partner: ReferencePartner) -> None:
    partner.forum.add_message("marc", "1", "one\n\n  two", format="text")
    terminal.run("sync", URL)
    assert "\none\n\n  two\n\n" in terminal.run("show", URL, "14").stdout


def test_for_machines_it_is_one_object(terminal: Terminal, partner: ReferencePartner) -> None:
    record = shown(terminal, "5")
    assert (record["object"], record["id"], record["body"]) == ("messages", "5", "<p>We agree with Jun: M.</p>")
    assert record["thread"] == {"id": "1", "title": "Which size?", "messages": 3, "position": 2}
    assert (record["in_reply_to"]["id"], record["replies"][0]["id"]) == ("4", "11")
    assert record["identity"]["screenname"] == "The shop"
    assert [it["operation"] for it in record["may"] if not it["allowed"]] == ["publish"]
    assert (record["export"], record["pending"]) == (None, [])


def test_a_reply_to_what_is_not_known_replies_to_nothing(terminal: Terminal, partner: ReferencePartner) -> None:
    message = {"id": "m", "thread_id": "1", "body": "b", "author": {"id": "marc", "screenname": "m"}}
    partner.plan("messages.list", Says([{**message, "in_reply_to_id": "0"}]))
    terminal.run("sync", URL)
    assert (shown(terminal, "m")["in_reply_to"], shown(terminal, "m")["in_reply_to_id"]) == (None, None)
    assert "in reply to" not in terminal.run("show", URL, "m").stdout


def test_a_reply_to_a_threads_opening_is_one_until_a_message_has_that_id(
    terminal: Terminal, partner: ReferencePartner
) -> None:
    """OB8: and thread 3 is nothing that a message of thread 1 replies to."""
    author = {"id": "marc", "screenname": "m"}
    opening = {"id": "a", "thread_id": "3", "body": "b", "author": author, "in_reply_to_id": "3"}
    partner.plan("messages.list", Says([opening, {**opening, "id": "b", "thread_id": "1"}]))
    terminal.run("sync", URL)
    assert (shown(terminal, "a")["in_reply_to"]["object"], shown(terminal, "b")["in_reply_to"]) == ("threads", None)
    assert [it["id"] for it in shown(terminal, "3")["replies"]] == ["a"]

    partner.plan("messages.list", Says([{**opening, "id": "3", "in_reply_to_id": None}]))
    terminal.run("sync", URL)
    assert [shown(terminal, it)["in_reply_to"]["object"] for it in ("a", "b")] == ["messages", "messages"]
    assert shown(terminal, "3", "--object", "threads")["replies"] == []
    assert [it["id"] for it in shown(terminal, "3", "--object", "messages")["replies"]] == ["a", "b"]


def test_what_was_sent_shows_the_export_that_created_it(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", URL, "7", "Merci")
    terminal.run("sync", URL)
    assert shown(terminal, "id1")["id"] == "14"
    assert shown(terminal, "14")["export"]["attempts"] == 1
    assert "created by  messages.create id1: success, 1 attempt\n" in terminal.run("show", URL, "14").stdout


def test_what_is_queued_for_a_content_is_shown_with_it(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("delete", URL, "7")
    terminal.run("act", URL, "escalate", "7")
    partner.capabilities = DEFAULT.without("messages.escalate")
    terminal.run("info", URL)
    assert terminal.run("show", URL, "7").stdout.endswith(
        "queued  messages.delete id1\n"
        "queued  messages.escalate id2: waits, the partner does not declare messages.escalate (PU8)\n"
    )
    assert [entry["id"] for entry in shown(terminal, "7")["pending"]] == ["id1", "id2"]


def test_a_deleted_content_takes_nothing(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("delete", URL, "10")
    terminal.run("sync", URL)
    record = shown(terminal, "10")
    assert not any(choice["allowed"] for choice in record["may"])
    assert record["thread"]["position"] is None
    assert "(1 message)" in terminal.run("show", URL, "10").stdout


def test_what_is_queued_is_shown_as_it_will_be_sent(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    terminal.run("create", URL, "--thread", "id1", "--body", "one\ntwo", "--attach", "https://shop.example/a.jpg")
    assert terminal.run("show", URL, "id2").stdout == (
        "messages   id2 (queued, not sent)\n"
        "status     export_pending\n"
        "waits      the thread it refers to is itself still to be created (id1) (PU9)\n"
        "attempts   0 of 3\n"
        "author     agent\n"
        "thread     id1\n"
        "format     html\n"
        "queued at  2024-03-01T12:00:00.000Z\n"
        "attached   https://shop.example/a.jpg\n"
        "\n"
        "<p>one<br>two</p>\n"
        "\n"
    )
    assert shown(terminal, "id1")["does"] == "sends"


def test_what_has_no_body_is_shown_without(terminal: Terminal) -> None:
    terminal.partner().capabilities = TITLES_ONLY
    terminal.run("sync", URL)
    lines = terminal.run("show", URL, "1").stdout.splitlines()
    assert lines[:3] == ["threads      1", "messages     3", "title        Which size?"]
    assert lines[-2:] == ["operation  label  allowed  why not", "reply      Reply  yes"]
    terminal.run("reply", URL, "7", "--attach", "https://shop.example/a.jpg")
    assert terminal.run("show", URL, "id1").stdout.endswith("attached     https://shop.example/a.jpg\n")


def test_a_source_whose_capabilities_are_not_known_says_so(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.configure(f'[sources.shop]\nbase_uri = "{URL}"\nagent_id = "agent"\n')
    terminal.run("sync", "shop")
    partner.capabilities = DEFAULT.without("messages.create")
    terminal.configure(f'[sources.shop]\nbase_uri = "{URL}"\nagent_id = "other"\n')
    terminal.run("delete", "shop", "99")  # the settings changed: the partner was asked
    assert not shown_at(terminal, "shop", "7")["may"][0]["allowed"]
    terminal.configure(f'[sources.shop]\nbase_uri = "{URL}"\nagent_id = "third"\n')
    partner.secret = type(partner.secret)("changed")
    terminal.run("sync", "shop")  # refused: now nothing is known under these settings
    assert shown_at(terminal, "shop", "7")["may"] is None
    assert terminal.run("show", "shop", "7").stdout.endswith(
        "What agents may do is not known: ask the partner with `ringcx-crawler info`.\n"
    )


def shown_at(terminal: Terminal, source: str, content_id: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(terminal.run("show", source, content_id, "--json").stdout)
    return record


def test_an_unknown_id_is_a_misuse(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("show", URL, "99")
    assert result.stderr.startswith(f"error: {URL}: no content 99 is known\n  List what there is: ")
    assert result.exit_code == 2


def test_an_entry_that_creates_nothing_is_no_content(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("delete", URL, "7")
    assert terminal.run("show", URL, "id1").exit_code == 2


def test_the_object_narrows_what_is_looked_for(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("show", URL, "7", "--object", "threads")
    assert result.stderr.startswith(f"error: {URL}: no content 7 is known among its threads\n")
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    assert terminal.run("show", URL, "id1", "--object", "messages").exit_code == 2
    assert shown(terminal, "id1", "--object", "threads")["id"] == "id1"


def test_an_ambiguous_id_needs_its_object(terminal: Terminal, partner: ReferencePartner) -> None:
    thread = {"id": "7", "title": "t", "body": "b", "author": {"id": "marc", "screenname": "m"}}
    partner.plan("threads.list", Says([thread]))
    terminal.run("sync", URL)
    result = terminal.run("show", URL, "7")
    assert result.stderr.startswith(f"error: {URL}: 7 is the id of several contents, in messages and threads: say ")
    assert result.exit_code == 2
    assert shown(terminal, "7", "--object", "threads")["title"] == "t"
    partner.forum.add_message("marc", "2", "<p>Me too</p>", in_reply_to_id="7")
    terminal.run("sync", URL)
    assert shown(terminal, "14")["in_reply_to"]["object"] == "messages"
    terminal.run("delete", URL, "7", "--object", "messages")
    assert shown(terminal, "7", "--object", "threads")["pending"] == []
    assert len(shown(terminal, "7", "--object", "messages")["pending"]) == 1
