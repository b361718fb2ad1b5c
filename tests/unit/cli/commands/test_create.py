"""`create` and `reply`."""

import json
from typing import Any

import pytest

from crawler.reference import DEFAULT, MESSAGING, UNTHREADED, Fails, ReferencePartner
from tests.unit.cli.terminal import URL, Terminal

NEXT = f"sent by      the next cycle: ringcx-crawler sync {URL}\n"


@pytest.fixture
def partner(terminal: Terminal) -> ReferencePartner:
    partner = terminal.partner()
    terminal.run("sync", URL)
    partner.forum.ledger.clear()
    return partner


def queued(terminal: Terminal, *words: str, stdin: bytes | None = None) -> dict[str, Any]:
    result = terminal.run(*words, "--json", stdin=stdin)
    assert result.exit_code == 0, result.stderr
    record: dict[str, Any] = json.loads(result.stdout)
    return record


def test_a_reply_says_what_was_queued_and_when_it_is_sent(terminal: Terminal, partner: ReferencePartner) -> None:
    assert terminal.run("reply", URL, "7", "Merci").stdout == (
        f"queued       messages.create\nid           id1\nthread       2\nin reply to  7\nauthor       agent\n{NEXT}"
    )
    assert not partner.forum.ledger.actions
    terminal.run("sync", URL)
    (sent,) = partner.forum.ledger.of("messages.create")
    assert (sent.params["body"], sent.params["in_reply_to_id"], sent.params["content_id"]) == (
        "<p>Merci</p>",
        "7",
        "id1",
    )


def test_a_reply_to_what_is_queued_says_what_it_waits_for(terminal: Terminal, partner: ReferencePartner) -> None:
    terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    shown = terminal.run("reply", URL, "id1", "When?").stdout
    assert "thread   (queued) id1\n" in shown
    assert "waits    the thread it refers to is itself still to be created (id1) (PU9)\n" in shown


def test_for_machines_it_is_the_entry_of_the_outbox(terminal: Terminal, partner: ReferencePartner) -> None:
    record = queued(terminal, "reply", URL, "7", "Merci")
    assert (record["id"], record["action"], record["status"]) == ("id1", "messages.create", "export_pending")
    assert (record["does"], record["waits"], record["cancelled"]) == ("sends", None, [])


def test_a_title_alone_makes_a_thread(terminal: Terminal, partner: ReferencePartner) -> None:
    record = queued(terminal, "create", URL, "--title", "Sale", "--body", "Now")
    assert (record["action"], record["title"], record["body"]) == ("threads.create", "Sale", "<p>Now</p>")


def test_a_thread_makes_a_message_in_it(terminal: Terminal, partner: ReferencePartner) -> None:
    record = queued(terminal, "create", URL, "--thread", "1", "--title", "Sale", "--body", "Now")
    assert (record["action"], record["thread_id"], record["title"]) == ("messages.create", "1", "Sale")


def test_a_recipient_makes_a_private_message(terminal: Terminal, partner: ReferencePartner) -> None:
    record = queued(terminal, "create", URL, "--recipient", "42", "--body", "Bonjour")
    assert (record["action"], record["recipient_id"], record["format"]) == ("private_messages.create", "42", "text")


def test_a_private_message_to_a_stranger_is_refused(terminal: Terminal, partner: ReferencePartner) -> None:
    """PU12."""
    result = terminal.run("create", URL, "--recipient", "stranger", "--body", "Bonjour")
    assert result.stderr == (
        "error: no user stranger was imported, and a private message goes to one who was (PU12)\n"
        "  Name the id of somebody who wrote or received something here, or reply to a message.\n"
    )
    assert result.exit_code == 1


def test_a_private_message_needs_a_recipient(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("create", URL, "--private", "--body", "Bonjour")
    assert result.stderr == "error: a private message needs a recipient (PU12)\n  Name one, or reply to a message.\n"
    assert result.exit_code == 1


def test_a_message_needs_a_thread(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("create", URL, "--body", "Hello")
    assert result.stderr == "error: a message needs a thread (PU1)\n  Name one, or reply to a message.\n"
    assert result.exit_code == 1


def test_a_message_without_threads_needs_none(terminal: Terminal) -> None:
    terminal.partner().capabilities = UNTHREADED
    terminal.run("sync", URL)
    record = queued(terminal, "create", URL, "--body", "Hello")
    assert (record["action"], record["thread_id"]) == ("messages.create", None)
    assert queued(terminal, "create", URL, "--object", "messages", "--title", "T", "--body", "x")["title"] == "T"


@pytest.mark.parametrize(
    "words",
    [
        ["--private", "--thread", "1"],
        ["--recipient", "42", "--object", "messages"],
        ["--thread", "1", "--object", "threads"],
    ],
)
def test_options_that_contradict_each_other_are_a_misuse(
    terminal: Terminal, partner: ReferencePartner, words: list[str]
) -> None:
    assert terminal.run("create", URL, *words, "--body", "x").exit_code == 2


def test_attachments_format_and_author_can_be_given(terminal: Terminal, partner: ReferencePartner) -> None:
    urls = ["https://shop.example/a.jpg", "http://shop.example/files/re%C3%A7u"]
    words = ["--format", "text", "--author", "jun", "--attach", urls[0], "--attach", urls[1]]
    record = queued(terminal, "reply", URL, "7", *words)
    assert (record["format"], record["author_id"], record["body"]) == ("text", "jun", None)
    assert record["attachments"] == [
        {"url": urls[0], "type": "image", "filename": "a.jpg"},
        {"url": urls[1], "type": "other", "filename": "reçu"},
    ]
    record = queued(terminal, "create", URL, "--thread", "1", *words)
    assert (record["format"], record["author_id"], len(record["attachments"])) == ("text", "jun", 2)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "shop.example/a.jpg", "https://shop.example/a b", "http://a\x07"]
)
def test_an_attachment_must_be_a_url(terminal: Terminal, partner: ReferencePartner, url: str) -> None:
    result = terminal.run("reply", URL, "7", "x", "--attach", url)
    assert "is no URL such as https://shop.example/photo.jpg" in result.stderr
    assert "\x07" not in result.stderr
    assert result.exit_code == 2


def test_attachments_that_the_partner_does_not_take_are_refused(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("reply", URL, "12", "x", "--attach", "https://shop.example/a.jpg")
    assert result.stderr == (
        "error: the partner does not declare the option private_messages.attachments (PU13)\n  Send it without.\n"
    )
    assert result.exit_code == 1


def test_a_format_that_the_partner_does_not_take_is_refused(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("reply", URL, "12", "x", "--format", "html")
    assert result.stderr == (
        "error: the options of private_messages do not allow the format html (PU13)\n  It takes text.\n"
    )
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (b"caf\xc3\xa9\n", "café"),
        (b"a\r\nb\r\n", "a\r\nb"),
        (b"a\n\n", "a\n"),
        (b" a ", " a "),
        (b"\xef\xbb\xbfa\r\n", "a"),
    ],
)
@pytest.mark.parametrize("kind", ["text", "html"])
def test_a_body_can_come_from_stdin(
    terminal: Terminal, partner: ReferencePartner, given: bytes, body: str, kind: str
) -> None:
    for words in (["reply", URL, "7", "-"], ["create", URL, "--thread", "1", "--body", "-"]):
        record = queued(terminal, *words, "--format", kind, stdin=given)
        assert (record["body"], record["format"]) == (body, kind)


def test_what_an_agent_types_arrives_as_that_text(terminal: Terminal, partner: ReferencePartner) -> None:
    """PU13: escaped and wrapped, unless it is said to be html."""
    terminal.run("reply", URL, "7", "5 < 6 & 7\n\nbye")
    terminal.run("reply", URL, "7", "<b>yes</b> &amp; no", "--format", "html")
    terminal.run("reply", URL, "12", "5 < 6 & 7")
    terminal.run("sync", URL)
    bodies = [(it.params["body"], it.params["format"]) for it in partner.forum.ledger.of("messages.create")]
    assert bodies == [("<p>5 &lt; 6 &amp; 7</p><p>bye</p>", "html"), ("<b>yes</b> &amp; no", "html")]
    (private,) = partner.forum.ledger.of("private_messages.create")
    assert (private.params["body"], private.params["format"]) == ("5 < 6 & 7", "text")
    # what is stored as sent is what was sent
    assert json.loads(terminal.run("show", URL, "14", "--json").stdout)["body"] == bodies[0][0]


SELECT = {"type": "select", "items": [{"title": "Petit", "payload": "s"}, {"title": "Grand"}]}


def test_structured_content_is_read_from_json_or_a_file(terminal: Terminal) -> None:
    """ST: without a body, too."""
    partner = terminal.partner()
    partner.capabilities = MESSAGING
    terminal.run("sync", URL)
    file = terminal.directory / "select.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(SELECT).encode())
    for words in (["reply", URL, "7", "Which?"], ["create", URL, "--thread", "1"]):
        for given in (json.dumps(SELECT), f"@{file}"):
            record = queued(terminal, *words, "--structured-content", given)
            assert record["structured_content"] == SELECT
    shown = terminal.run("show", URL, record["id"]).stdout
    assert "structured content  type: select, items: title: Petit, payload: s, title: Grand\n" in shown
    assert terminal.run("sync", URL).exit_code == 0
    creates = partner.forum.ledger.of("messages.create")
    assert [it.params.get("body") for it in creates] == ["Which?", "Which?", None, None]
    assert all(it.params["structured_content"] == SELECT for it in creates)
    refused = terminal.run("act", URL, "escalate", "14")
    assert "14 has structured content, which allows no operation but delete, publish, unpublish (ST)" in refused.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{", "this is not JSON: "),
        ("[]", "this is an empty array; it must be an object with a 'type'"),
        ("{}", "this is an empty object; it must be an object with a 'type'"),
        ('"select"', "this is a string; it must be an object with a 'type'"),
        ("[" * 100_000, "this is too deeply nested"),
        ("@/nowhere/select.json", "the file /nowhere/select.json cannot be read: No such file or directory"),
        ("@/bin/true", "the file /bin/true cannot be read: it is not text in UTF-8"),
        ("@a\0b", "cannot be read: "),
    ],
)
def test_what_is_no_structured_content_is_a_misuse(
    terminal: Terminal, partner: ReferencePartner, given: str, words: str
) -> None:
    result = terminal.run("reply", URL, "7", "--structured-content", given)
    assert words in result.stderr
    assert result.exit_code == 2


def test_structured_content_is_refused_with_the_place_or_queued_with_a_warning(terminal: Terminal) -> None:
    """ST."""
    terminal.partner().capabilities = MESSAGING
    terminal.run("sync", URL)
    link = {"type": "rich_link", "url": "shirts://42", "title": "x" * 351}
    words = ["reply", URL, "7", "--structured-content"]
    refused = terminal.run(*words, json.dumps(link))
    assert refused.stderr.startswith(
        "error: structured_content.title: expected at most 350 characters, got 351 (ST)\n  "
    )
    assert refused.exit_code == 1
    warned = terminal.run(*words, json.dumps({**link, "title": "x"}))
    assert warned.stderr == "warning: structured_content.url: expected http(s)://…, got 'shirts://42' (ST)\n"
    assert warned.exit_code == 0


def test_structured_content_needs_its_option(terminal: Terminal, partner: ReferencePartner) -> None:
    result = terminal.run("reply", URL, "7", "Which?", "--structured-content", json.dumps(SELECT))
    assert result.stderr == (
        "error: the partner does not declare the option view.messaging (ST)\n  Say the same in the body.\n"
    )
    assert result.exit_code == 1


def test_a_body_may_begin_with_a_dash(terminal: Terminal, partner: ReferencePartner) -> None:
    assert terminal.run("reply", URL, "7", "--", "-5 degrees").exit_code == 0
    assert json.loads(terminal.run("outbox", URL, "--json").stdout)["body"] == "<p>-5 degrees</p>"
    assert queued(terminal, "create", URL, "--thread", "1", "--body", "-5 degrees")["body"] == "<p>-5 degrees</p>"


@pytest.mark.parametrize("words", [["reply", URL, "7"], ["reply", URL, "7", ""], ["create", URL, "--thread", "1"]])
def test_nothing_to_say_is_a_misuse(terminal: Terminal, partner: ReferencePartner, words: list[str]) -> None:
    result = terminal.run(*words)
    assert "give a body (- reads it from stdin), --attach URL or --structured-content JSON" in result.stderr
    assert result.exit_code == 2


@pytest.mark.parametrize("given", [b"\xff", b"a\0b"])
def test_a_body_on_stdin_must_be_text(terminal: Terminal, partner: ReferencePartner, given: bytes) -> None:
    result = terminal.run("reply", URL, "7", "-", stdin=given)
    assert "the body on stdin is not text in UTF-8, or it holds a NUL character" in result.stderr
    assert result.exit_code == 2


@pytest.mark.parametrize("words", [["7", "caf\udce9"], ["\udce9", "café"]])
def test_arguments_must_be_text(terminal: Terminal, partner: ReferencePartner, words: list[str]) -> None:
    result = terminal.run("reply", URL, *words)
    assert "this is not text in UTF-8, or it holds a NUL character" in result.stderr
    assert result.exit_code == 2


def test_a_body_that_is_longer_than_the_guide_allows_is_queued_with_a_warning(
    terminal: Terminal, partner: ReferencePartner
) -> None:
    result = terminal.run("reply", URL, "7", "x" * 19_994)
    assert result.stderr == "warning: the body has 20,001 characters; partners take 20,000 (OB6)\n"
    assert result.exit_code == 0
    assert terminal.run("reply", URL, "7", "x" * 19_993).stderr == ""
    assert terminal.run("reply", URL, "7", "x" * 20_000, "--format", "text").stderr == ""


def test_a_reply_to_an_unknown_content_is_a_misuse(terminal: Terminal, partner: ReferencePartner) -> None:
    for words in (["reply", URL, "99", "x"], ["create", URL, "--thread", "99", "--body", "x"]):
        result = terminal.run(*words)
        assert result.stderr.startswith(f"error: {URL}: no content 99 is known")
        assert "  List what there is: `ringcx-crawler messages`" in result.stderr
        assert result.exit_code == 2


def test_what_the_partner_does_not_declare_is_refused(terminal: Terminal, partner: ReferencePartner) -> None:
    partner.capabilities = DEFAULT.without("threads.create")
    terminal.run("info", URL)
    result = terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    assert result.stderr == (
        "error: the partner does not declare threads.create (AC3)\n  'info' shows what it declares.\n"
    )
    assert result.exit_code == 1


def test_capabilities_that_are_not_known_are_asked_for_first(terminal: Terminal) -> None:
    partner = terminal.partner()
    for _ in range(2):
        record = queued(terminal, "create", URL, "--author", "agent", "--title", "Sale", "--body", "Now")
        assert record["action"] == "threads.create"
    assert partner.forum.ledger.actions == ["implementation.info"]


def test_a_partner_that_cannot_be_asked_ends_in_advice(terminal: Terminal) -> None:
    words = ["create", URL, "--title", "Sale", "--body", "Now"]
    assert terminal.run(*words).exit_code == 3
    terminal.partner().plan("implementation.info", Fails(503))
    result = terminal.run(*words)
    assert "HTTP 503" in result.stderr
    assert result.exit_code == 1


def test_nobody_to_act_as_is_refused(terminal: Terminal) -> None:
    terminal.partner()
    result = terminal.run("create", URL, "--title", "Sale", "--body", "Now")
    assert result.stderr == (
        "error: nobody to act as: no puppetizable identity imported (PU12)\n"
        "  Give the author with the action (--author), or set agent_id for the source.\n"
    )
    assert result.exit_code == 1
