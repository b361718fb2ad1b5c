"""`outbox`."""

import json
from typing import Any

import pytest

from crawler.reference import Fails, ReferencePartner, Rejects
from tests.unit.cli.terminal import URL, Terminal


@pytest.fixture
def partner(terminal: Terminal) -> ReferencePartner:
    partner = terminal.partner()
    terminal.run("sync", URL)
    return partner


def listed(terminal: Terminal, *words: str) -> list[dict[str, Any]]:
    result = terminal.run("outbox", URL, "--json", *words)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_it_lists_what_is_queued_and_what_it_waits_for(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    terminal.run("create", URL, "--thread", "id1", "--body", "Half price")
    terminal.run("reply", URL, "7", "Merci")
    terminal.run("act", URL, "escalate", "7")
    queued_at = "2024-03-01T12:00:00.000Z"
    why = "waits: the thread it refers to is itself still to be created (id1) (PU9)"
    assert [line.rstrip() for line in terminal.run("outbox", URL).stdout.splitlines()] == [
        "id   action             on   status          attempts  foreign id  queued at                 why",
        f"id1  threads.create          export_pending  0 of 3                {queued_at}",
        f"id2  messages.create    id1  export_pending  0 of 3                {queued_at}  {why}",
        f"id3  messages.create    7    export_pending  0 of 3                {queued_at}",
        f"id4  messages.escalate  7    export_pending  0 of 3                {queued_at}",
    ]


def test_for_machines_it_is_one_object_a_line(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", URL, "7", "Merci")
    terminal.run("sync", URL)
    (entry,) = listed(terminal)
    assert (entry["id"], entry["action"], entry["status"], entry["foreign_id"]) == (
        "id1",
        "messages.create",
        "success",
        "14",
    )
    assert (entry["does"], entry["waits"]) == (None, None)


def test_it_shows_why_something_was_tried_again_or_given_up(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", URL, "7", "Merci")
    terminal.run("delete", URL, "5")
    partner.plan("messages.create", Rejects("too chatty", fatal=True))
    partner.plan("messages.delete", Fails(503, "later"))
    terminal.run("sync", URL)
    first, second = terminal.run("outbox", URL).stdout.splitlines()[1:]
    assert "export_aborted  1 of 3" in first
    assert first.endswith("the partner says: too chatty")
    assert "export_pending  1 of 3" in second
    assert second.endswith("the partner says: later")


def test_an_attempt_whose_end_was_never_seen_will_be_given_up(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", URL, "7", "Merci")
    for _ in range(3):
        partner.plan("messages.create", Fails(503))
        terminal.run("sync", URL)
    terminal.run("outbox", "retry", URL, "id1")
    assert listed(terminal, "--pending")[0]["granted"] == 6


def test_it_can_be_what_is_pending_or_the_newest(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", URL, "7", "one")
    terminal.run("sync", URL)
    terminal.run("reply", URL, "7", "two")
    terminal.run("reply", URL, "7", "three")
    assert [entry["id"] for entry in listed(terminal, "--pending")] == ["id2", "id3"]
    assert [entry["id"] for entry in listed(terminal, "--limit", "1")] == ["id3"]
    assert [json.loads(line)["id"] for line in terminal.run("outbox", "list", URL, "--json").stdout.splitlines()] == [
        "id1",
        "id2",
        "id3",
    ]


def test_options_may_stand_before_the_source(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", URL, "7", "one")
    assert json.loads(terminal.run("outbox", "--json", URL).stdout)["id"] == "id1"


def test_an_empty_one_says_so(terminal: Terminal) -> None:
    result = terminal.run("outbox", URL)
    assert (result.stdout, result.stderr, result.exit_code) == ("", f"{URL}: nothing is queued.\n", 0)


def test_without_a_source_it_shows_its_help(terminal: Terminal) -> None:
    for words in ["outbox"], ["outbox", "--help"]:
        result = terminal.run(*words)
        assert "outbox SOURCE | COMMAND SOURCE …" in result.output
        assert "retry" in result.output


def test_cancelling_takes_back_what_was_never_sent(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("delete", URL, "7")
    assert terminal.run("outbox", "cancel", URL, "id1").stdout == "cancelled  messages.delete id1: never sent\n"
    assert [(entry["status"], entry["error"]) for entry in listed(terminal)] == [
        ("delete_aborted", "cancelled before it was ever sent")
    ]


def test_for_machines_cancelling_names_all_that_went(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    terminal.run("reply", URL, "id1", "Half price")
    record = json.loads(terminal.run("outbox", "cancel", URL, "id1", "--json").stdout)
    assert (record["id"], record["cancelled"]) == ("id1", ["id1", "id2"])


def test_what_was_sent_cannot_be_cancelled(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", URL, "7", "Merci")
    partner.plan("messages.create", Fails(503))
    terminal.run("sync", URL)
    result = terminal.run("outbox", "cancel", URL, "id1")
    assert result.stderr == (
        "error: id1 was sent already, 1 of 3 times (PU9)\n  Delete the content once it is created.\n"
    )
    assert result.exit_code == 1
    terminal.run("sync", URL)
    assert terminal.run("outbox", "cancel", URL, "id1").exit_code == 2


def test_retrying_grants_further_attempts(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", URL, "7", "Merci")
    partner.plan("messages.create", Fails(503), times=3)
    for _ in range(3):
        terminal.run("sync", URL)
    result = terminal.run("outbox", "retry", URL, "id1")
    assert result.stdout == (
        "queued again  messages.create\nid            id1\nattempts      3 more, after 3\n"
        f"sent by       the next cycle: ringcx-crawler sync {URL}\n"
    )
    terminal.run("sync", URL)
    assert [(entry["status"], entry["attempts"]) for entry in listed(terminal)] == [("success", 4)]
    assert partner.forum.ledger.of("messages.create")[-1].params["retry"] is True


def test_retrying_what_depends_on_something_given_up_says_so(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    terminal.run("reply", URL, "id1", "Half price")
    terminal.run("outbox", "cancel", URL, "id1")
    why = "the thread it refers to was not created: export_aborted (id1) (PU9)"
    assert terminal.run("outbox", "retry", URL, "id2").stdout.endswith(f"gives up      {why}\n")
    record = json.loads(terminal.run("outbox", URL, "--pending", "--json").stdout)
    assert (record["does"], record["waits"]) == ("gives up", why)


def test_for_machines_retrying_shows_the_entry(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("delete", URL, "7")
    terminal.run("outbox", "cancel", URL, "id1")
    record = json.loads(terminal.run("outbox", "retry", URL, "id1", "--json").stdout)
    assert (record["id"], record["status"], record["does"]) == ("id1", "export_pending", "sends")


def test_only_what_was_given_up_can_be_retried(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("reply", URL, "7", "Merci")
    for entry_id in ("id1", "id9"):
        result = terminal.run("outbox", "retry", URL, entry_id)
        assert result.stderr.startswith(f"error: {URL}: no entry {entry_id} that was given up is in the outbox\n")
        assert result.exit_code == 2
