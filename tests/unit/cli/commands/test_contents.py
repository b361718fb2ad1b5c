"""`threads` and `messages`."""

import json

import pytest

from crawler.cli.excerpts import excerpt
from crawler.reference import DEFAULT, ReferencePartner
from tests.unit.cli.terminal import URL, Terminal

NOTHING = f"{URL}: nothing of that kind is stored.\n"


@pytest.fixture
def partner(terminal: Terminal) -> ReferencePartner:
    partner = terminal.partner()
    terminal.run("sync", URL)
    return partner


def ids(terminal: Terminal, *words: str) -> list[str]:
    result = terminal.run(*words, "--json")
    assert result.exit_code == 0
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


def test_threads_are_a_table(terminal: Terminal, partner: ReferencePartner) -> None:
    assert terminal.run("threads", URL).stdout.splitlines() == [
        "id  created at            author          title             text",
        "1   2024-02-28T12:00:00Z  marc_75 (marc)  Which size?       I am between S and M. What do you advise?",
        "2   2024-02-28T15:00:00Z  Élodie (42)     Colis abîmé       Mon colis est arrivé tout cabossé 😟 [1 attached]",
        "3   2024-02-29T08:00:00Z  Jun 準 (jun)    Open on Sundays?  Are you open this Sunday?",
    ]


def test_messages_are_a_table(terminal: Terminal, partner: ReferencePartner) -> None:
    assert terminal.run("messages", URL, "--thread", "2", "--limit", "2").stdout.splitlines() == [
        "id  created at            author            thread  in reply to  text",
        "7   2024-02-28T17:00:00Z  Élodie (42)       2       6            Voilà 📦 — et le reçu. [2 attached]",
        "8   2024-02-28T20:00:00Z  The shop (agent)  2                    Merci, un nouveau colis part demain.",
    ]


def test_private_messages_are_a_table_with_their_recipients(terminal: Terminal, partner: ReferencePartner) -> None:
    assert terminal.run("messages", URL, "--private", "--limit", "1").stdout.splitlines() == [
        "id  created at            author            recipient    in reply to  text",
        "13  2024-02-28T22:00:00Z  The shop (agent)  Élodie (42)  12           C'est noté.",
    ]


def test_a_narrow_terminal_gets_one_line_for_each_cell(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.width = 40
    lines = terminal.run("messages", URL, "--limit", "1").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["id", "created", "author", "thread", "in", "text"]
    assert max(map(len, lines)) <= 40


def test_messages_for_machines_are_one_object_a_line(terminal: Terminal, partner: ReferencePartner) -> None:
    lines = terminal.run("messages", URL, "--json").stdout.splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["id"] for record in records] == ["4", "5", "6", "7", "8", "9", "10", "11"]
    assert (records[3]["author_id"], records[3]["body"]) == ("42", "<p>Voilà 📦 — et le reçu.</p>")


def test_lists_can_be_filtered(terminal: Terminal, partner: ReferencePartner) -> None:
    assert ids(terminal, "messages", URL, "--thread", "3") == ["9", "10"]
    assert ids(terminal, "messages", URL, "--author", "jun") == ["4", "10"]
    assert ids(terminal, "messages", URL, "--author", "jun", "--contains", "TAKE") == ["4"]
    assert ids(terminal, "messages", URL, "--limit", "1") == ["11"]
    assert ids(terminal, "threads", URL, "--contains", "which size") == ["1"]
    assert ids(terminal, "threads", URL, "--author", "42", "--limit", "5") == ["2"]
    assert ids(terminal, "messages", URL, "--private", "--author", "42") == ["12"]


def test_deleted_contents_are_shown_when_asked_for(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("delete", URL, "10")
    terminal.run("sync", URL)
    assert ids(terminal, "messages", URL, "--thread", "3") == ["9"]
    assert ids(terminal, "messages", URL, "--thread", "3", "--deleted") == ["9", "10"]
    assert "Great, see you there! 👋 [deleted]" in terminal.run("messages", URL, "--deleted").stdout


def test_a_thread_can_be_named_by_the_entry_that_created_it(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    queued = terminal.run("messages", URL, "--thread", "id1")
    assert queued.stderr.startswith(f"error: {URL}: no thread id1 is known; it is queued, and has no message yet\n")
    assert queued.exit_code == 2
    terminal.run("create", URL, "--thread", "id1", "--body", "Half price")
    terminal.run("sync", URL)
    assert ids(terminal, "messages", URL, "--thread", "id1") == ["15"]


def test_a_thread_that_only_messages_name_will_do(terminal: Terminal) -> None:
    terminal.partner().capabilities = DEFAULT.declaring("threads")
    terminal.run("sync", URL)
    assert ids(terminal, "messages", URL, "--thread", "3") == ["9", "10"]


def test_an_unknown_thread_is_a_misuse(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("messages", URL, "--thread", "99")
    assert result.stderr == (
        f"error: {URL}: no thread 99 is known\n"
        "  List what there is: `ringcx-crawler messages`, `threads`, `outbox` or `log`.\n"
    )
    assert result.exit_code == 2


def test_private_messages_are_in_no_thread(terminal: Terminal, partner: ReferencePartner) -> None:
    assert terminal.run("messages", URL, "--private", "--thread", "1").exit_code == 2


@pytest.mark.parametrize("name", ["threads", "messages"])
def test_an_empty_list_says_how_to_import(terminal: Terminal, name: str) -> None:
    result = terminal.run(name, URL)
    assert result.stderr == f"{URL}: none was imported yet. To import: ringcx-crawler sync {URL}\n"
    assert (result.stdout, result.exit_code) == ("", 0)


def test_an_empty_list_for_machines_is_empty(terminal: Terminal) -> None:
    result = terminal.run("messages", URL, "--json")
    assert (result.stdout, result.stderr, result.exit_code) == ("", "", 0)


def test_a_list_that_filters_empty_says_so(terminal: Terminal, partner: ReferencePartner) -> None:
    assert terminal.run("threads", URL, "--contains", "zebra").stderr == NOTHING
    assert terminal.run("messages", URL, "--contains", "zebra").stderr == NOTHING


def test_who_has_only_private_messages_is_told_how_to_list_them(terminal: Terminal) -> None:
    terminal.partner().capabilities = DEFAULT.declaring("threads").declaring("messages")
    terminal.run("sync", URL)
    note = f"{URL}: only private messages were imported: --private lists them.\n"
    assert terminal.run("messages", URL).stderr == note


def test_what_a_partner_writes_commands_no_terminal(terminal: Terminal, partner: ReferencePartner) -> None:
    partner.forum.edit_user("marc", screenname="ma\x1b[31mrc")
    partner.forum.add_message("marc", "1", "<p>red &#27;[0m\x1b[2J</p>")
    terminal.run("sync", URL)
    for words in ("messages", URL), ("show", URL, "14"), ("messages", URL, "--json"), ("show", URL, "14", "--json"):
        shown = terminal.run(*words).stdout
        assert "\x1b" not in shown
        assert "red" in shown


def test_looking_needs_no_secret(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.environ.clear()
    assert ids(terminal, "threads", URL) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "body_format", "shown"),
    [
        ("<p>a &lt;b&gt;</p><script>x()</script>\n c", "html", "a <b> c"),
        ("1 < 2 &amp; <b>", "text", "1 < 2 &amp; <b>"),
        ("x" * 61, "text", "x" * 59 + "…"),
        (None, "html", ""),
    ],
)
def test_an_excerpt_is_plain_text_on_one_line(body: str | None, body_format: str, shown: str) -> None:
    assert excerpt({"body": body, "format": body_format, "deleted_at": None}) == shown


def test_an_excerpt_counts_attachments() -> None:
    assert excerpt({"body": None, "format": "html", "deleted_at": None, "attachments": [{}]}) == "[1 attached]"
