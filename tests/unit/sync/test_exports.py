"""What may be sent now, with which params, and what its answer settles (PU, IM4-IM8, AC1, AC4)."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import (
    AddressRefused,
    DeadlineExceeded,
    EndpointUnreachable,
    ErrorStatus,
    NotJson,
    PartnerError,
    ResourceError,
    UnexpectedShape,
)
from crawler.protocol.implementation import ImplementationInfo
from crawler.protocol.objects import User
from crawler.protocol.reading import Page, read_content
from crawler.sync.exports import (
    Decision,
    GiveUp,
    Meant,
    Send,
    Settled,
    Wait,
    created_content,
    decide_export,
    known_after,
    known_content,
    operation_refusal,
    reply_refusal,
    settle_created,
    settle_failure,
    settle_given_up,
    settle_success,
    shown_content,
)
from crawler.sync.state import Known, Outbox, OutboxEntry, Ref, Status
from tests.unit.protocol.samples import encoded, info, message, unhurried
from tests.unit.sync.samples import OPERATIONS, SOURCE, creation, known, on, operation, outbox, queued

ALL = dict.fromkeys(("threads", "messages", "private_messages"), OPERATIONS)
INFO = info(**ALL)


def decided(entry: OutboxEntry, *others: OutboxEntry | Known, under: ImplementationInfo = INFO) -> Decision:
    return decide_export(SOURCE, under, entry, outbox(*others, entry))


def sent(entry: OutboxEntry, *others: OutboxEntry | Known, under: ImplementationInfo = INFO) -> Send:
    decision = decided(entry, *others, under=under)
    assert isinstance(decision, Send), decision
    return decision


def waits(entry: OutboxEntry, *others: OutboxEntry | Known, under: ImplementationInfo = INFO) -> tuple[str, str]:
    decision = decided(entry, *others, under=under)
    assert isinstance(decision, Wait), decision
    return decision.rule, decision.reason


def test_a_message_is_sent_with_all_it_has_in_the_guides_order() -> None:
    """PU1, PU2, PU12, TR3."""
    entry = creation(
        attachments=({"url": "https://shop.example/a.png", "type": "image/png", "filename": "a.png"},),
        in_reply_to=on("messages", "m1"),
        title="Hello",
        structured_content={"type": "select", "items": [{"title": "S"}]},
        queued_at=datetime(2012, 10, 1, 17, 18, 40, 5, tzinfo=UTC),
        recipient_id="nobody",
    )
    source = replace(SOURCE, sender_name="Support")
    under = info("messages.attachments", "view.messaging", **ALL)
    send = decide_export(source, under, entry, outbox(entry, known("m1", thread_id="t7")))
    assert isinstance(send, Send)
    assert (send.action, send.target_id) == ("messages.create", "")
    assert list(send.params.items()) == [
        ("attachments", [{"url": "https://shop.example/a.png", "type": "image/png", "filename": "a.png"}]),
        ("author_id", "agent"),
        ("body", "<p>Hi</p>"),
        ("content_id", "q1"),
        ("created_at", "2012-10-01T17:18:40Z"),
        ("format", "html"),
        ("in_reply_to_id", "m1"),
        ("retry", False),
        ("sender_name", "Support"),
        ("structured_content", {"type": "select", "items": [{"title": "S"}]}),
        ("thread_id", "t1"),
        ("title", "Hello"),
        ("updated_at", "2012-10-01T17:18:40Z"),
    ]


def test_a_private_message_is_sent_to_its_recipient_and_into_no_thread() -> None:
    """PU1."""
    send = sent(creation(object_name="private_messages", in_reply_to=on("private_messages", "p1")))
    assert send.action == "private_messages.create"
    assert list(send.params) == [
        "author_id", "body", "content_id", "created_at", "format", "in_reply_to_id", "recipient_id", "retry", "title",
        "updated_at",
    ]  # fmt: skip
    assert (send.params["recipient_id"], send.params["in_reply_to_id"]) == ("u1", "p1")


def test_a_thread_is_sent_with_a_title_and_without_what_only_messages_have() -> None:
    """PU1."""
    send = sent(creation(object_name="threads", title="T", structured_content={"type": "select"}, recipient_id="u1"))
    assert list(send.params) == ["author_id", "body", "content_id", "created_at", "format", "retry", "title"]


@pytest.mark.parametrize(
    ("options", "absent"),
    [
        ([], "attachments"),
        (["messages.no_title"], "title"),
        (["messages.unthreaded"], "thread_id"),
    ],
)
def test_what_the_options_do_not_allow_is_not_sent(options: list[str], absent: str) -> None:
    """PU13, PU14, IM7."""
    entry = creation(attachments=({"url": "u"},), title="T")
    assert absent in sent(entry, under=info("messages.attachments", **ALL)).params
    assert absent not in sent(entry, under=info(*options, **ALL)).params


@pytest.mark.parametrize("object_name", ["messages", "private_messages", "threads"])
def test_a_title_is_sent_as_null_where_titles_are_on_and_none_is_given(object_name: str) -> None:
    """PU1, PU14."""
    entry = creation(object_name=object_name)
    params = sent(entry).params
    assert params["title"] is None
    assert sent(replace(entry, title="T")).params == {**params, "title": "T"}
    if object_name != "threads":
        for draft in (entry, replace(entry, title="T")):
            assert "title" not in sent(draft, under=info(f"{object_name}.no_title", **ALL)).params


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ({"firstname": "Ada", "lastname": "Lovelace"}, "Ada Lovelace"),
        ({"firstname": "Ada"}, "Ada"),
        ({"lastname": "Lovelace"}, "Lovelace"),
        ({}, "The shop"),
    ],
)
def test_the_sender_is_named_as_who_acts_is_unless_the_source_says_otherwise(names: dict[str, Any], name: str) -> None:
    """PU1, PU12."""
    author = User(id="agent", screenname="The shop", **names)
    entry = creation()
    own = replace(outbox(entry), authors={"agent": author, "other": User(id="other", screenname="Other")})
    for sender_name, expected in ((None, name), ("Support", "Support")):
        send = decide_export(replace(SOURCE, sender_name=sender_name), INFO, entry, own)
        assert isinstance(send, Send)
        assert send.params["sender_name"] == expected


def test_a_sender_of_whom_nothing_is_known_is_not_named() -> None:
    """PU12: a partner need not list who writes for it."""
    assert "sender_name" not in sent(creation()).params


@pytest.mark.parametrize(("attempts", "retry"), [(0, False), (1, True), (2, True), (5, True)])
def test_any_attempt_but_the_first_says_that_it_is_a_repeat(attempts: int, retry: bool) -> None:
    """PU2, PU6: three more may be granted."""
    send = sent(creation(attempts=attempts, granted=6))
    assert (send.params["retry"], send.params["content_id"]) == (retry, "q1")


def test_a_reply_stays_in_the_thread_of_what_it_replies_to() -> None:
    """PU12, PU1."""
    reply = creation(thread=None, in_reply_to=on("messages", "m1"))
    assert sent(reply, known("m1", thread_id="t7")).params["thread_id"] == "t7"
    assert "thread_id" not in sent(reply, known("m1", thread_id="t7"), under=info("messages.unthreaded", **ALL)).params


def test_a_message_that_was_queued_without_a_thread_waits_while_one_is_needed() -> None:
    """PU1, IM2: capabilities may change at any cycle."""
    for entry in (creation(thread=None), creation(thread=None, in_reply_to=on("messages", "m1"))):
        assert waits(entry, known("m1"))[0] == "PU1"
        assert sent(entry, known("m1"), under=info("messages.unthreaded", **ALL)).action == "messages.create"


@pytest.mark.parametrize(
    ("entry", "under"),
    [
        (creation(), info(messages=["list"])),
        (creation(object_name="threads"), info("messages.unthreaded", **ALL)),
        (creation(object_name="threads"), info("threads.no_content", **ALL)),
        (creation(object_name="private_messages"), info(messages=OPERATIONS)),
        (operation("spam"), info(messages=["list", "create"])),
        (operation("delete"), info(messages=["list", "create"])),
        (operation("delete", target=on("threads", "t1")), info("messages.unthreaded", **ALL)),
    ],
)
def test_what_the_partner_does_not_declare_at_the_moment_waits(entry: OutboxEntry, under: ImplementationInfo) -> None:
    """PU8, IM5, IM7, IM8."""
    rule, reason = waits(entry, known("m1"), known("t1", "threads"), under=under)
    assert (rule, reason.removesuffix(" at the moment")) == ("PU8", f"the partner does not declare {entry.action}")
    assert decided(entry, known("m1"), known("t1", "threads"), under=under).entry == entry


def test_a_reply_needs_reply_in_the_contents_actions_where_it_is_declared() -> None:
    """AC4."""
    reply = creation(in_reply_to=on("messages", "m1"))
    declared = info(messages=["create", "reply"])
    reason = "the partner declares messages.reply, and the actions of m1 do not name it"
    assert waits(reply, known("m1", actions=("delete",)), under=declared) == ("AC4", reason)
    assert waits(reply, under=declared)[0] == "AC4"
    assert sent(reply, known("m1", actions=("reply",)), under=declared).action == "messages.create"
    assert sent(reply, known("m1", actions=()), under=info(messages=["create"])).action == "messages.create"
    assert reply_refusal(declared, known("m1", actions=("reply",))) is None


def test_a_reply_alone_is_no_create() -> None:
    """AC4: `reply` is never sent."""
    reply = creation(in_reply_to=on("messages", "m1"))
    assert waits(reply, known("m1", actions=("reply",)), under=info(messages=["reply"]))[0] == "PU8"


@pytest.mark.parametrize("name", ["delete", "publish", "unpublish", "spam"])
def test_an_operation_needs_the_declaration_and_the_contents_actions(name: str) -> None:
    """IM5, PU5."""
    entry = operation(name)
    send = sent(entry, known("m1", actions=(name,)))
    assert (send.action, send.target_id) == (f"messages.{name}", "m1")
    assert list(send.params.items()) == [("id", "m1")] + ([("user_id", "agent")] if name == "spam" else [])
    assert waits(entry, known("m1", actions=())) == (
        "IM5", f"the actions of m1 do not name {name}: they name none"
    )  # fmt: skip
    assert waits(entry, known("m1", actions=("x", "y")))[1].endswith("they name x, y")
    assert waits(entry)[0] == "IM5"
    assert waits(entry, known("m1", deleted=True)) == ("IM5", "m1 was deleted")


def test_an_operation_whose_answer_was_lost_is_repeated_though_the_content_no_longer_names_it() -> None:
    """PU5: that it was done may be why; it would wait for ever. What the partner no longer declares still waits."""
    entry, content = operation("spam", attempts=1), known("m1", actions=())
    assert sent(entry, content).params == {"id": "m1", "user_id": "agent"}
    assert waits(entry, content, under=info(messages=["list"]))[0] == "PU8"


def test_structured_content_waits_while_the_partner_does_not_declare_its_option() -> None:
    """ST, IM2."""
    entry = creation(structured_content={"type": "select", "items": [{"title": "S"}]}, body=None)
    assert waits(entry) == ("ST", "the partner does not declare the option view.messaging at the moment")
    params = sent(entry, under=info("view.messaging", **ALL)).params
    assert params["structured_content"] == entry.structured_content
    assert "body" not in params


def test_an_operation_waits_that_structured_content_does_not_allow() -> None:
    """ST: the content may have got it since."""
    reason = "m1 has structured content, which allows no operation but delete, publish, unpublish"
    assert waits(operation("spam"), known(structured=True)) == ("ST", reason)
    assert waits(operation("spam", attempts=1), known(structured=True)) == ("ST", reason)
    assert sent(operation("publish"), known(structured=True)).action == "messages.publish"
    private = replace(operation("publish", target=on("private_messages", "m1")))
    reason = "m1 has structured content, which allows no operation but delete"
    assert waits(private, known("m1", "private_messages", structured=True)) == ("ST", reason)


@pytest.mark.parametrize("named", ["delete", "destroy"])
@pytest.mark.parametrize(
    ("declared", "action"),
    [(["delete"], "messages.delete"), (["destroy"], "messages.destroy"), (["destroy", "delete"], "messages.delete")],
)
def test_a_deletion_goes_by_the_name_that_the_partner_declares(declared: list[str], action: str, named: str) -> None:
    """IM6, PU5."""
    send = sent(operation("delete"), known("m1", actions=(named,)), under=info(messages=declared))
    assert (send.action, send.params, send.entry.action) == (action, {"id": "m1"}, "messages.delete")


def test_an_operation_without_a_target_is_given_up() -> None:
    """PU5."""
    assert decided(replace(operation(), target=None)) == GiveUp(
        entry=replace(operation(), target=None), reason="it names no content to act on"
    )


@pytest.mark.parametrize(
    "entry",
    [
        creation("q2", thread=queued("threads", "q1")),
        creation("q2", in_reply_to=queued("messages", "q1")),
        operation("delete", target=queued("messages", "q1")),
        operation("spam", target=queued("threads", "q1")),
    ],
)
def test_what_refers_to_a_content_that_is_still_to_be_created_waits_for_it(entry: OutboxEntry) -> None:
    """PU9: for its end, whichever it is."""
    object_name = next(ref.object for ref in entry.refs if ref.entry_id)
    first = creation("q1", object_name)
    noun = {"threads": "thread", "messages": "message"}[object_name]
    assert waits(entry, first) == ("PU9", f"the {noun} it refers to is itself still to be created (q1)")
    assert waits(entry, replace(first, attempts=2, error="x"))[0] == "PU9"
    for status in (Status.FAILURE, Status.ABORTED):
        decision = decided(entry, replace(first, status=status))
        reason = f"the {noun} it refers to was not created: {status} (q1) (PU9)"
        assert decision == GiveUp(entry=entry, reason=reason)
    created = replace(first, status=Status.SUCCESS, foreign_id="x7")
    assert "x7" in sent(entry, created, known("x7", object_name, created_by="q1")).params.values()


def test_an_operation_on_a_created_content_waits_until_its_own_actions_name_it() -> None:
    """PU9, IM5."""
    created = creation("q1", status=Status.SUCCESS, foreign_id="m7")
    entry = operation("spam", target=queued("messages", "q1"))
    assert waits(entry, created, known("m7", actions=("delete",), created_by="q1"))[0] == "IM5"
    assert sent(entry, created, known("m7", created_by="q1")).target_id == "m7"


def test_a_reply_to_a_queued_reply_waits_for_it_and_not_for_what_that_replies_to() -> None:
    """PU9."""
    first = creation("q1", in_reply_to=on("messages", "m1"))
    second = creation("q2", in_reply_to=queued("messages", "q1"), thread=None)
    assert waits(second, first, known("m1"))[0] == "PU9"
    created = replace(first, status=Status.SUCCESS, foreign_id="m7")
    send = sent(second, created, known("m1"), known("m7", thread_id="t7", created_by="q1"))
    assert (send.params["in_reply_to_id"], send.params["thread_id"]) == ("m7", "t7")


def test_a_message_whose_thread_was_given_up_is_given_up_although_its_reply_could_be_sent() -> None:
    """PU9."""
    gone = creation("q1", "threads", status=Status.ABORTED)
    reply = creation("q2", thread=queued("threads", "q1"), in_reply_to=on("messages", "m1"))
    assert isinstance(decided(reply, gone, known("m1")), GiveUp)


@pytest.mark.parametrize(("attempts", "granted"), [(3, 3), (6, 6), (4, 3)])
def test_an_attempt_that_a_crash_cut_off_counts(attempts: int, granted: int) -> None:
    """PU6."""
    entry = creation(attempts=attempts, granted=granted)
    reason = f"attempt {attempts} was cut off before its answer was seen (PU6)"
    assert decided(entry, under=info(messages=["list"])) == GiveUp(entry=entry, reason=reason)


@pytest.mark.parametrize("attempts", [0, 1, 2])
def test_three_attempts_may_be_made(attempts: int) -> None:
    """PU6."""
    assert sent(creation(attempts=attempts)).entry.attempts == attempts


def page(body: object, under: ImplementationInfo = INFO, object_name: str = "messages") -> Page:
    return read_content("shop", f"{object_name}.create", object_name, encoded(body), under)


def test_a_created_content_is_what_was_sent_under_the_answers_id() -> None:
    """PU3, PU11: whatever text the answer shows."""
    entry = creation(title="T", attachments=({"url": "é"},), structured_content={"type": "select"})
    send = sent(entry, under=info("messages.attachments", "view.messaging", **ALL))
    content = created_content("shop", send, page(message("m7", body="changed", actions=["delete"])))
    assert (content.object, content.id, content.body, content.title) == ("messages", "m7", "<p>Hi</p>", "T")
    assert (content.author_id, content.thread_id, content.format) == ("agent", "t1", "html")
    assert (content.created_at, content.updated_at) == ("2024-03-01T12:00:00Z", "2024-03-01T12:00:00Z")
    assert (content.in_reply_to_id, content.recipient_id, content.language) == (None, None, None)
    assert content.actions == ("delete",)
    assert json.loads(content.extra or "") == {"attachments": [{"url": "é"}], "structured_content": {"type": "select"}}


@pytest.mark.parametrize(
    ("answer", "foreign_id"), [({"id": "m7"}, "m7"), ({"id": 7}, "7"), ({"id": 0, "error": None}, "0")]
)
def test_an_id_alone_will_do(answer: object, foreign_id: str) -> None:
    """PU3, OB9."""
    content = created_content("shop", sent(creation()), page(answer))
    assert (content.id, content.actions, content.extra) == (foreign_id, (), None)


@pytest.mark.parametrize("answer", [{}, None, [], "", {"id": None}, {"id": ""}, {"id": True}, {"body": "x"}])
def test_an_answer_without_an_id_is_a_failure(answer: object) -> None:
    """PU3, PU11, OB0."""
    with pytest.raises(UnexpectedShape) as caught:
        created_content("shop", sent(creation()), page(answer))
    error = caught.value
    assert (error.source, error.action, error.came) == ("shop", "messages.create", "an answer without an 'id'")


@pytest.mark.parametrize("foreign_id", ["\0", "\ud83d", "x" * 1_001])
def test_an_id_that_cannot_be_stored_is_a_failure(foreign_id: str) -> None:
    """PU3, OB12."""
    with pytest.raises(UnexpectedShape) as caught:
        created_content("shop", sent(creation()), page({"id": foreign_id}))
    assert caught.value.came == "an 'id' that cannot be stored"


def test_what_is_known_of_a_created_content_decides_about_the_next() -> None:
    """PU9."""
    content = created_content("shop", sent(creation()), page(message("m7", actions=["spam"])))
    assert known_content(content) == Known(
        object="messages", id="m7", actions=("spam",), author_id="agent", recipient_id=None, thread_id="t1"
    )


def test_a_created_content_with_structured_content_is_known_for_it() -> None:
    """ST."""
    entry = creation(structured_content={"type": "select", "items": [{"title": "S"}]})
    content = created_content("shop", sent(entry, under=info("view.messaging", **ALL)), page({"id": "m7"}))
    assert known_content(content).structured


def test_an_operations_answer_shows_the_content_under_the_id_that_was_asked_for() -> None:
    """PU5, OB11."""
    send = sent(operation("spam"), known("m1"))
    shown, remark = shown_content("shop", send, encoded(message("M-1", actions=["ham"])), INFO)
    assert shown is not None
    assert ([(it.id, it.actions) for it in shown.contents], remark) == ([("m1", ("ham",))], "")


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        (b"", "the answer does not show the content (PU5)"),
        (b"{}", "the answer does not show the content (PU5)"),
        (b"ok", "the answer does not show the content: it is a body that is not JSON (PU5)"),
        (b"[1]", "the answer does not show the content: it is an array (PU5)"),
        (b'{"ok":true}', "the answer does not show the content: it has no 'id' (PU5)"),
        (b'{"id":"m1"}', "the answer does not show the content: it has no 'author' (PU5)"),
    ],
)
def test_an_operations_answer_that_does_not_show_the_content_is_remarked_on(body: bytes, remark: str) -> None:
    """PU5: and is success all the same, for repeating the operation could do harm."""
    assert shown_content("shop", sent(operation("spam"), known("m1")), body, INFO) == (None, remark)


def test_an_operations_answer_that_is_an_error_is_none_the_less() -> None:
    """PU7."""
    send = sent(operation("spam"), known("m1"))
    with pytest.raises(ResourceError):
        shown_content("shop", send, b'{"error":{"fatal":true}}', INFO)


def failed(kind: type[PartnerError] = DeadlineExceeded, **fields: Any) -> PartnerError:
    return kind("shop", "messages.create", expected="x", came="y", **fields)


FATAL = failed(ResourceError, explanation="never", fatal=True)
LATER = failed(ResourceError, explanation="later", fatal=False)
WORDS = {  # what was queued → (given up after three attempts, given up at once)
    "create": ("export_failure", "export_aborted"),
    "delete": ("delete_aborted", "delete_aborted"),
    "publish": ("export_failure", "export_aborted"),
    "unpublish": ("unpublish_aborted", "unpublish_aborted"),
    "spam": ("export_failure", "export_aborted"),
}


def begun(name: str, attempts: int = 1, **changes: Any) -> OutboxEntry:
    make = creation("q1") if name == "create" else operation(name)
    return replace(make, attempts=attempts, **changes)


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("error", [failed(), failed(ErrorStatus, status=500), failed(NotJson), LATER])
def test_what_failed_is_tried_again_twice_and_then_given_up(name: str, error: PartnerError) -> None:
    """PU6, PU7."""
    for attempts in (1, 2):
        settled = settle_failure(begun(name, attempts), error)
        assert (settled.outcome, settled.entry.status) == ("retried", Status.PENDING)
        assert (settled.entry.error, settled.entry.attempts) == (error.what, attempts)
    settled = settle_failure(begun(name, 3), error)
    assert (settled.outcome, str(settled.entry.status), settled.entry.error) == ("given up", WORDS[name][0], error.what)


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("kind", [EndpointUnreachable, AddressRefused])
@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_what_was_certainly_not_sent_is_taken_back(name: str, kind: type[PartnerError], attempts: int) -> None:
    """PU6: so often as it takes."""
    settled = settle_failure(begun(name, attempts), failed(kind))
    assert (settled.outcome, settled.entry.attempts) == ("retried", attempts - 1)
    assert settled.entry.error == "expected x, got y; not sent: no attempt was used up (PU6)"


def test_what_was_sent_before_over_a_connection_that_broke_is_not_taken_back() -> None:
    """TR11, PU6."""
    error = EndpointUnreachable("shop", "messages.create", expected="x", came="y")
    error.sent = True
    settled = settle_failure(begun("create", 3), error)
    assert (settled.outcome, settled.entry.attempts, settled.entry.error) == ("given up", 3, "expected x, got y")


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_a_fatal_error_gives_up_at_once_and_keeps_the_message(name: str, attempts: int) -> None:
    """PU7."""
    settled = settle_failure(begun(name, attempts), FATAL)
    assert (settled.outcome, str(settled.entry.status)) == ("given up", WORDS[name][1])
    assert settled.entry.error == "expected x, got y; the partner says: never"


@pytest.mark.parametrize("name", WORDS)
def test_what_is_given_up_unsent_has_the_word_for_its_operation(name: str) -> None:
    """PU6, PU9: an attempt that was cut off is a failure, a lost reference an abortion."""
    failure, abortion = WORDS[name]
    for attempts, word in ((3, failure), (0, abortion), (2, abortion)):
        settled = settle_given_up(begun(name, attempts), "because")
        assert (settled.outcome, str(settled.entry.status), settled.entry.error) == ("given up", word, "because")


def test_a_person_may_grant_three_more() -> None:
    """PU6."""
    granted = begun("create", 4, granted=6)
    assert settle_failure(granted, LATER).outcome == "retried"
    assert settle_failure(replace(granted, attempts=6), LATER).outcome == "given up"


@unhurried
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([FATAL, LATER, failed()]), st.sampled_from(sorted(WORDS)))
def test_nothing_is_pending_that_has_no_attempt_left(
    attempts: int, granted: int, error: PartnerError, name: str
) -> None:
    """PU6."""
    settled = settle_failure(begun(name, attempts, granted=granted), error)
    assert settled.entry.status is not Status.PENDING or attempts < granted
    assert (settled.entry.attempts, settled.entry.granted) == (attempts, granted)
    assert settled.entry.status is not Status.SUCCESS


def test_success_forgets_the_error_before_it() -> None:
    settled = settle_success(begun("spam", 2, error="later"), "odd")
    assert (settled.outcome, settled.entry.status, settled.entry.error) == ("succeeded", Status.SUCCESS, None)
    assert (settled.remark, settle_success(begun("spam")).remark) == ("odd", "")


REPLY = creation(in_reply_to=on("messages", "m1"), error="later")


def answered(attempts: int, foreign_id: str, found: Known | None) -> Settled:
    entry = replace(REPLY, attempts=attempts, error="earlier")
    send = Send(entry=entry, action=entry.action, params={"in_reply_to_id": "m1"})
    return settle_created(send, foreign_id, found)


def test_a_create_is_known_by_the_id_of_its_answer() -> None:
    """PU3."""
    settled = answered(1, "m7", None)
    assert (settled.outcome, settled.entry.foreign_id, settled.entry.error) == ("succeeded", "m7", None)
    assert settled.remark == ""


@pytest.mark.parametrize(
    ("attempts", "foreign_id", "author_id", "created_by"),
    [
        (1, "m7", REPLY.author_id, None),
        (1, "m1", REPLY.author_id, None),
        (2, "m1", REPLY.author_id, None),
        (2, "m7", "ann", None),
        (2, "m7", REPLY.author_id, "q9"),
    ],
)
def test_an_answer_with_another_contents_id_is_a_success_without_a_foreign_id(
    attempts: int, foreign_id: str, author_id: str, created_by: str | None
) -> None:
    """PU4: what is done to our content later must not hit the other one."""
    found = Known(object="messages", id=foreign_id, author_id=author_id, created_by=created_by)
    settled = answered(attempts, found.id, found)
    assert (settled.outcome, settled.entry.foreign_id, settled.entry.error) == ("succeeded", None, None)
    assert settled.remark == f"the answer's id {found.id} is that of another content, which stays as it is (PU4)"


@pytest.mark.parametrize("created_by", [None, REPLY.id])
def test_on_a_repeat_a_known_content_may_be_what_the_earlier_attempt_created(created_by: str | None) -> None:
    """PU2, PU4."""
    found = Known(object="messages", id="m7", author_id=REPLY.author_id, created_by=created_by)
    settled = answered(2, "m7", found)
    assert (settled.outcome, settled.entry.foreign_id, settled.remark) == ("succeeded", "m7", "")


def test_what_refers_to_a_content_without_an_id_of_its_own_is_given_up() -> None:
    """PU4, PU9."""
    nameless = replace(REPLY, status=Status.SUCCESS)
    decision = decided(replace(REPLY, id="q5", in_reply_to=Ref("messages", entry_id=nameless.id)), nameless)
    assert isinstance(decision, GiveUp)
    assert "the partner gave it no id of its own" in decision.reason


# --- An id that is given again (OB13)


SINCE = "2024-03-02T00:00:00.000Z"
GONE = f"is gone: since {SINCE} its id names another content (OB13)"


@pytest.mark.parametrize(
    ("entry", "which"),
    [
        (operation("delete", target=on("messages", "m1", 0)), "message m1"),
        (operation("spam", target=on("threads", "t1", 1), attempts=2), "thread t1"),
        (creation(in_reply_to=on("messages", "m1", 0)), "message m1"),
        (creation(thread=on("threads", "t1", 0), attempts=1), "thread t1"),
        (creation(object_name="private_messages", in_reply_to=on("private_messages", "p1", 1)), "private message p1"),
    ],
)
def test_what_waited_while_the_id_that_it_names_was_given_to_another_is_given_up(
    entry: OutboxEntry, which: str
) -> None:
    names = {"messages": "m1", "threads": "t1", "private_messages": "p1"}
    others = [known(it, name, incarnation=2, imported_at=SINCE) for name, it in names.items()]
    assert decided(entry, *others) == GiveUp(entry=entry, reason=f"{which} {GONE}")


def test_what_names_the_content_that_has_the_id_now_is_sent() -> None:
    for incarnation in (2, None):
        entry = operation("spam", target=on("messages", "m1", incarnation))
        assert sent(entry, known("m1", incarnation=2)).target_id == "m1"


@pytest.mark.parametrize("created_by", [None, "q9"])
def test_what_names_an_entry_means_what_that_created(created_by: str | None) -> None:
    created = creation("q1", status=Status.SUCCESS, foreign_id="m7")
    entry = operation("delete", target=queued("messages", "q1"))
    assert sent(entry, created, known("m7", created_by="q1")).target_id == "m7"
    other = known("m7", created_by=created_by, incarnation=1, imported_at=SINCE)
    reason = f"message m7, which q1 made, {GONE}"
    assert decided(entry, created, other) == GiveUp(entry=entry, reason=reason)


ON_WHAT_IS_DELETED = [
    (operation("delete"), "IM5"),
    (operation("spam", target=on("threads", "m1")), "IM5"),
    (creation(in_reply_to=on("messages", "m1")), "AC3"),
    (creation(thread=on("threads", "m1")), "AC3"),
    (creation(object_name="private_messages", in_reply_to=on("private_messages", "m1")), "AC3"),
]


@pytest.mark.parametrize(("entry", "rule"), ON_WHAT_IS_DELETED)
def test_nothing_is_sent_that_names_a_deleted_content(entry: OutboxEntry, rule: str) -> None:
    """It may come back, or its id be given again before a list shows that; PU5: what was begun does not wait for it."""
    deleted = [known("m1", name, deleted=True) for name in ALL]
    assert waits(entry, *deleted) == (rule, "m1 was deleted")
    begun = replace(entry, attempts=1)
    reason = "m1 was deleted, and its id may be another's by now (OB13)"
    assert decided(begun, *deleted) == GiveUp(entry=begun, reason=reason)


def test_a_reply_goes_into_a_thread_that_was_deleted_where_its_message_was_not() -> None:
    """PU12: that the message is there says that its thread is; and where there are no threads (IM7), none matters."""
    reply = creation(thread=on("threads", "t1"), in_reply_to=on("messages", "m1"))
    gone = known("t1", "threads", deleted=True)
    assert sent(reply, known("m1"), gone).params["thread_id"] == "t1"
    assert sent(creation(), gone, under=info("messages.unthreaded", **ALL)).action == "messages.create"


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_create_that_is_answered_with_a_deleted_contents_id_was_given_that_id_again(attempts: int) -> None:
    found = known("m7", deleted=True, created_by="q9", incarnation=4)
    settled = answered(attempts, "m7", found)
    assert (settled.entry.foreign_id, settled.meant, settled.remark) == ("m7", Meant.CREATED_AGAIN, "")
    made = created_content("shop", sent(creation()), page({"id": "m7"}))
    after = known_after(settled, made, found, SINCE)
    assert (after.created_by, after.incarnation, after.imported_at, after.deleted) == (REPLY.id, 5, SINCE, False)
    assert (after.author_id, after.thread_id) == (made.author_id, made.thread_id)


def test_on_a_repeat_a_deleted_content_may_be_what_the_earlier_attempt_created() -> None:
    found = known("m7", deleted=True, author_id=REPLY.author_id)
    settled = answered(2, "m7", found)
    assert (settled.entry.foreign_id, settled.meant) == ("m7", Meant.CREATED)
    made = created_content("shop", sent(creation()), page({"id": "m7"}))
    assert known_after(settled, made, found, SINCE) == replace(found, created_by=REPLY.id)


def test_what_the_partner_calls_by_the_id_of_what_another_entry_created_is_neithers() -> None:
    """PU4: that one may be gone, and its id given again."""
    found = known("m7", created_by="q9", incarnation=4, imported_at="before")
    settled = answered(1, "m7", found)
    assert (settled.entry.foreign_id, settled.meant) == (None, Meant.UNSURE)
    made = created_content("shop", sent(creation()), page({"id": "m7"}))
    after = known_after(settled, made, found, SINCE)
    assert after == replace(found, created_by=None, incarnation=5, imported_at=SINCE)


@pytest.mark.parametrize(
    "found", [known("m1", created_by="q9"), known("m1", deleted=True, created_by="q9"), known("m7")]
)
def test_an_answer_with_the_replied_to_id_or_that_of_a_customers_content_changes_nothing(found: Known) -> None:
    """PU4."""
    settled = answered(1, found.id, found)
    assert (settled.entry.foreign_id, settled.meant) == (None, Meant.ANOTHER)
    made = created_content("shop", sent(creation()), page({"id": found.id}))
    assert known_after(settled, made, found, SINCE) == found


def test_an_answer_with_the_threads_id_is_no_message_that_was_given_that_id_again() -> None:
    """PU4: a partner that numbers threads and messages apart, and names the wrong one."""
    entry = replace(REPLY, attempts=1)
    send = Send(entry=entry, action=entry.action, params={"in_reply_to_id": "m1", "thread_id": "7"})
    for found in (known("7", deleted=True), known("7", created_by="q9")):
        assert settle_created(send, "7", found).meant is Meant.ANOTHER


def test_what_is_known_of_a_content_that_is_new() -> None:
    made = created_content("shop", sent(creation()), page({"id": "m7"}))
    after = known_after(answered(1, "m7", None), made, None, SINCE)
    assert after == replace(known_content(made), created_by=REPLY.id, imported_at=SINCE)


names = st.lists(st.sampled_from([*OPERATIONS, "reply", "destroy", "ham"]), unique=True)
objects = st.sampled_from(["threads", "messages", "private_messages"])
infos = st.builds(
    lambda declared, options: info(*options, **(declared or {"messages": []})),
    st.dictionaries(objects, names),
    st.lists(st.sampled_from(["messages.unthreaded", "threads.no_content", "messages.attachments"]), unique=True),
)
operations = st.sampled_from(["create", "delete", "publish", "unpublish", "spam", "ham", "reply", "list", "show"])


@st.composite
def entries(draw: st.DrawFn) -> tuple[OutboxEntry, Outbox]:
    """An entry for anything, and what it refers to, in any state."""
    object_name, name = draw(objects), draw(operations)
    first = creation("q0", object_name, status=draw(st.sampled_from(list(Status))))
    if first.status is Status.SUCCESS:
        first = replace(first, foreign_id="x")
    ref = draw(st.sampled_from([on(object_name, "x"), queued(object_name, "q0")]))
    attempts = draw(st.integers(0, 4))
    changes: dict[str, Any] = {"attempts": attempts}
    if name == "create":
        changes["in_reply_to"] = draw(st.none() | st.just(ref))
        entry = creation("q1", object_name, **changes)
    else:
        entry = operation(name, "q1", ref, **changes)
    created_by = draw(st.sampled_from(["q0", None]))
    content = known("x", object_name, actions=tuple(draw(names)), deleted=draw(st.booleans()), created_by=created_by)
    return entry, outbox(first, entry, *([content] if draw(st.booleans()) else []))


def forbidden(send: Send, under: ImplementationInfo, content: Known) -> list[str]:
    """The rules that sending this breaks, told without asking the code that decided."""
    object_name, _, name = send.action.partition(".")
    declared = under.declared.get(object_name, ())
    broken = []
    if name not in declared:
        broken.append("IM5/PU8")
    if name in ("list", "show", "reply"):
        broken.append("IM4/AC4")
    if object_name == "threads" and "messages.unthreaded" in under.options:
        broken.append("IM7")
    if object_name == "threads" and "threads.no_content" in under.options:
        broken.append("IM8")
    if name == "destroy" and "delete" in declared:
        broken.append("IM6")
    if name == "create":
        if "in_reply_to_id" in send.params and "reply" in declared and "reply" not in content.actions:
            broken.append("AC4")
        if "messages.unthreaded" in under.options and "thread_id" in send.params:
            broken.append("IM7")
    elif not send.entry.attempts and (
        content.deleted
        or not {name, *({"delete", "destroy"} if name in ("delete", "destroy") else ())} & set(content.actions)
    ):
        broken.append("IM5")
    return broken


@unhurried
@given(infos, entries())
def test_nothing_is_sent_that_is_forbidden(under: ImplementationInfo, queue: tuple[OutboxEntry, Outbox]) -> None:
    """IM4, IM5, IM6, IM7, IM8, AC4, PU6, PU8, PU9."""
    entry, its_outbox = queue
    decision = decide_export(SOURCE, under, entry, its_outbox)
    assert decision.entry == entry
    if isinstance(decision, Send):
        assert forbidden(decision, under, its_outbox.known(entry.object, "x")) == []
        assert entry.attempts < entry.granted
        first = its_outbox.entries["q0"]
        assert first.status is Status.SUCCESS or all(ref.entry_id is None for ref in entry.refs)
        assert all(value not in (None, []) for name, value in decision.params.items() if name != "title")
        assert not any(isinstance(value, float) for value in decision.params.values())


@pytest.mark.parametrize("order", list(permutations(["delete", "destroy"])))
def test_a_refusal_names_the_side_that_did_not_allow_it(order: tuple[str, str]) -> None:
    """AC3, IM5, IM6."""
    declared, named = order
    assert operation_refusal(info(messages=[declared]), known("m1", actions=(named,)), "delete") is None
    assert operation_refusal(info(messages=["list"]), known("m1", actions=(named,)), "delete") == (
        "PU8", "the partner does not declare messages.delete"
    )  # fmt: skip
    refusal = operation_refusal(info(messages=[declared]), known("m1", actions=("spam",)), "delete")
    assert refusal == ("IM5", "the actions of m1 do not name delete: they name spam")
