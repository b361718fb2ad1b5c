"""What the commands say where an id names another content than before (OB13)."""

import json
from itertools import chain

import pytest

from crawler.reference import ReferencePartner
from tests.unit.cli.terminal import URL, Terminal

GONE = "is gone: since 2024-03-01T12:00:00.000Z its id names another content"


@pytest.fixture
def partner(terminal: Terminal) -> ReferencePartner:
    """A message and a thread were created, deleted, and their ids given to a customer's."""
    partner = terminal.partner()
    terminal.run("sync", URL)
    terminal.run("reply", URL, "7", "Sorry!")
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    terminal.run("sync", URL)
    for entry_id in ("id1", "id2"):
        assert terminal.run("delete", URL, entry_id).exit_code == 0
    terminal.run("sync", URL)
    forum = partner.forum
    forum._ids = chain([14, 15], forum._ids)  # type: ignore[assignment]  # it only takes the next
    forum.add_message("marc", "1", "<p>Where is my parcel?</p>")
    forum.add_thread("marc", "Parcels", "<p>Where are they?</p>")
    terminal.run("sync", URL)
    return partner


@pytest.mark.parametrize(
    ("words", "noun", "foreign_id"),
    [
        (["delete", URL, "id1"], "message", "14"),
        (["reply", URL, "id1", "Hm"], "message", "14"),
        (["act", URL, "mark_as_solved", "id1"], "message", "14"),
        (["create", URL, "--thread", "id2", "--body", "Hm"], "thread", "15"),
    ],
)
def test_what_is_done_to_the_old_entry_is_refused_with_the_reason(
    terminal: Terminal, partner: ReferencePartner, words: list[str], noun: str, foreign_id: str
) -> None:
    result = terminal.run(*words)
    entry_id = next(word for word in words if word.startswith("id"))
    assert result.exit_code == 1
    assert f"{noun} {foreign_id}, which {entry_id} made, {GONE} (OB13)" in result.stderr
    assert f"If the other one is meant, say so by its id: {foreign_id}." in result.stderr
    assert "export_pending" not in terminal.run("outbox", URL).stdout
    assert not partner.forum.contents["14"].removed


def test_the_outbox_tells_that_the_id_is_anothers(terminal: Terminal, partner: ReferencePartner) -> None:
    lost = "what it created is gone: since 2024-03-01T12:00:00.000Z the id 14 names another content (OB13)"
    rows = terminal.run("outbox", URL).stdout.splitlines()[1:]
    assert [row.endswith(lost) for row in rows] == [True, False, False, False]
    records = map(json.loads, terminal.run("outbox", URL, "--json").stdout.splitlines())
    at = "2024-03-01T12:00:00.000Z"
    assert [record["foreign_id_lost_at"] for record in records] == [at, at, None, None]


def test_an_entry_is_shown_as_it_was_sent_and_the_other_content_without_it(
    terminal: Terminal, partner: ReferencePartner
) -> None:
    lines = terminal.run("show", URL, "id1").stdout.splitlines()
    assert lines[0].split(None, 1) == ["messages", "id1 (created, and gone)"]
    assert "<p>Sorry!</p>" in lines
    assert any(line.startswith("note") and "the id 14 names another content (OB13)" in line for line in lines)
    shown = terminal.run("show", URL, "14").stdout
    assert "Where is my parcel?" in shown
    assert "created by" not in shown


def test_the_messages_of_the_old_thread_are_not_listed_as_the_new_ones(
    terminal: Terminal, partner: ReferencePartner
) -> None:
    result = terminal.run("messages", URL, "--thread", "id2")
    assert "no thread id2 is known; what it created is gone: since" in result.stderr
