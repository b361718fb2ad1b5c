"""What an agent may queue, and what is filled in (AC3, AC4, IM4-IM8, PU1, PU9, PU12, PU13, ST)."""

from dataclasses import replace
from typing import Any

import pytest

from crawler.errors import ActionRefused
from crawler.protocol.implementation import ImplementationInfo
from crawler.sync.queueing import (
    QUEUING_UPDATE,
    Desk,
    Draft,
    cancels_creation,
    queue_create,
    queue_operation,
    queuing_params,
)
from crawler.sync.state import Known, OutboxEntry, Ref, Status
from tests.unit.protocol.samples import info
from tests.unit.sync.samples import NOW, OPERATIONS, SOURCE, creation, known, on, queued

ALL = dict.fromkeys(("threads", "messages", "private_messages"), OPERATIONS)
INFO = info(**ALL)
IN_THREAD = Draft(object="messages", body="Hi", thread=on("threads", "t1"))
PRIVATE = Draft(object="private_messages", body="Hi")
TO_M1 = Draft(object="messages", body="Hi", in_reply_to=on("messages", "m1"))
SELECT = {"type": "select", "items": [{"title": "S", "payload": "s"}, {"title": "M"}]}
ATTACHED = {"url": "https://shop.example/a.png"}


def desk(
    under: ImplementationInfo = INFO,
    puppetizable: tuple[str, ...] = ("agent",),
    recipients: tuple[str, ...] = ("u1", "u2", "u3", "u9"),
    **settings: Any,
) -> Desk:
    source = replace(SOURCE, **settings)
    return Desk(source=source, info=under, puppetizable=puppetizable, now=NOW, recipients=recipients)


def create(
    draft: Draft, replied: Known | OutboxEntry | None = None, under: ImplementationInfo = INFO, **at: Any
) -> OutboxEntry:
    return queue_create(desk(under, **at), "q1", draft, replied)


def act(
    name: str, content: Known | OutboxEntry, under: ImplementationInfo = INFO, author_id: str | None = None, **at: Any
) -> OutboxEntry:
    target = queued(content.object, content.id) if isinstance(content, OutboxEntry) else on(content.object, content.id)
    return queue_operation(desk(under, **at), "q2", name, target, content, author_id=author_id)


def refusal(caught: pytest.ExceptionInfo[ActionRefused]) -> tuple[str, str, str]:
    return caught.value.rule, str(caught.value), caught.value.hint


def test_a_message_is_queued_as_it_was_drafted() -> None:
    """PU1."""
    attachments = ({"url": "u", "type": "video", "filename": "f"},)
    draft = replace(IN_THREAD, title="T", attachments=attachments, structured_content=SELECT)
    entry = create(draft, under=info("messages.attachments", "messages.text", "view.messaging", **ALL))
    assert entry == OutboxEntry(
        id="q1",
        object="messages",
        operation="create",
        queued_at=NOW,
        author_id="agent",
        thread=on("threads", "t1"),
        title="T",
        body="Hi",
        format="text",
        attachments=attachments,
        structured_content=SELECT,
    )


@pytest.mark.parametrize(
    ("object_name", "under"),
    [
        ("messages", info(messages=["list", "reply"])),
        ("threads", info(messages=["create"])),
        ("threads", info("messages.unthreaded", **ALL)),
        ("threads", info("threads.no_content", **ALL)),
        ("users", INFO),
    ],
)
def test_a_content_of_what_the_partner_does_not_let_create_is_refused(
    object_name: str, under: ImplementationInfo
) -> None:
    """AC3, IM7, IM8."""
    with pytest.raises(ActionRefused) as caught:
        create(Draft(object=object_name, body="Hi"), under=under)
    text = f"the partner does not declare {object_name}.create"
    assert refusal(caught) == ("AC3", text, "'info' shows what it declares")


def test_a_reply_to_a_deleted_content_is_refused() -> None:
    """AC3."""
    with pytest.raises(ActionRefused) as caught:
        create(TO_M1, known("m1", thread_id="t1", deleted=True))
    assert refusal(caught)[:2] == ("AC3", "m1 was deleted")


def test_a_reply_needs_the_contents_own_reply_where_reply_is_declared() -> None:
    """AC4."""
    declared = info(messages=["create", "reply"])
    with pytest.raises(ActionRefused) as caught:
        create(TO_M1, known("m1", thread_id="t1"), declared)
    assert refusal(caught) == (
        "AC4",
        "the partner declares messages.reply, and the actions of m1 do not name it",
        "the partner must add 'reply' to that content's 'actions'",
    )
    assert create(TO_M1, known("m1", thread_id="t1", actions=("reply",)), declared).in_reply_to == on("messages", "m1")
    assert create(TO_M1, known("m1", thread_id="t1", actions=())).in_reply_to == on("messages", "m1")


@pytest.mark.parametrize(
    ("object_name", "target"),
    [("messages", "threads"), ("messages", "private_messages"), ("private_messages", "messages")],
)
def test_a_reply_to_a_content_of_another_object_is_refused(object_name: str, target: str) -> None:
    """OB8."""
    draft = Draft(object=object_name, body="Hi", in_reply_to=on(target, "15"), thread=on("threads", "15"))
    with pytest.raises(ActionRefused) as caught:
        create(draft, known("15", target, actions=("reply",), thread_id="15"))
    assert refusal(caught) == (
        "OB8",
        f"15 is one of {target}, and a reply is to a content of the same object",
        "a message in a thread names it as its thread",
    )


@pytest.mark.parametrize(
    ("draft", "accepted"),
    [
        (Draft(object="threads"), False),
        (Draft(object="threads", body=""), False),
        (Draft(object="threads", body=" \n"), False),
        (Draft(object="threads", body="x"), True),
        (Draft(object="threads", body="", attachments=[ATTACHED]), True),
        (replace(IN_THREAD, body=None, structured_content={}), False),
        (replace(IN_THREAD, body=None, structured_content=SELECT), True),
        (replace(IN_THREAD, body=None, attachments=[ATTACHED]), True),
    ],
)
def test_a_content_needs_something_in_it(draft: Draft, accepted: bool) -> None:
    """PU1, OB0: nothing of a text that is blank is to be seen in html."""
    under = info("threads.attachments", "messages.attachments", "view.messaging", **ALL)
    if accepted:
        assert create(draft, under=under).body == ("<p>x</p>" if draft.body else None)
        return
    with pytest.raises(ActionRefused, match="needs a body or an attachment") as caught:
        create(draft, under=under)
    assert caught.value.rule == "PU1"


def test_attachments_need_the_objects_option() -> None:
    """PU13."""
    with pytest.raises(ActionRefused) as caught:
        create(replace(IN_THREAD, attachments=[ATTACHED]), under=info("threads.attachments", **ALL))
    text = "the partner does not declare the option messages.attachments"
    assert refusal(caught) == ("PU13", text, "send it without")


def test_attachments_have_type_and_name() -> None:
    """PU1: filled in from the URL where they are not given."""
    given = [ATTACHED, {"url": "https://shop.example/7", "type": "audio", "filename": "7.mp4"}]
    entry = create(replace(IN_THREAD, attachments=given), under=info("messages.attachments", **ALL))
    assert entry.attachments == ({"url": ATTACHED["url"], "type": "image", "filename": "a.png"}, given[1])


@pytest.mark.parametrize(
    "given",
    [{}, {"url": ""}, {"filename": "a"}, {**ATTACHED, "type": None}, {**ATTACHED, "content": "AA=="}, {"url": "\0"}],
)
def test_what_is_no_attachment_is_refused(given: Any) -> None:
    """PU1, OB12."""
    with pytest.raises(ActionRefused) as caught:
        create(replace(IN_THREAD, attachments=[given]), under=info("messages.attachments", **ALL))
    text = "an attachment has a 'url', and may have 'type' and 'filename': all texts"
    assert refusal(caught) == ("PU1", text, "")


@pytest.mark.parametrize(
    ("options", "given", "sent"),
    [
        ([], None, ("html", "<p>1 &lt; 2</p>")),
        (["messages.text"], None, ("text", "1 < 2")),
        (["messages.text", "messages.html"], None, ("html", "<p>1 &lt; 2</p>")),
        (["threads.text"], None, ("html", "<p>1 &lt; 2</p>")),
        ([], "text", ("html", "<p>1 &lt; 2</p>")),
        (["messages.text"], "text", ("text", "1 < 2")),
        (["messages.text", "messages.html"], "text", ("text", "1 < 2")),
        ([], "html", ("html", "1 < 2")),
        (["messages.text", "messages.html"], "html", ("html", "1 < 2")),
    ],
)
def test_a_text_becomes_html_where_html_is_sent_and_html_goes_as_it_stands(
    options: list[str], given: str | None, sent: tuple[str, str]
) -> None:
    """PU13: the draft says what its body is; what is said to be text goes as text where the partner takes it."""
    entry = create(replace(IN_THREAD, body="1 < 2", format=given), under=info(*options, **ALL))
    assert (entry.format, entry.body) == sent


@pytest.mark.parametrize(
    ("options", "wanted", "hint"),
    [
        ([], "markdown", "it takes html"),
        (["messages.text"], "html", "it takes text"),
        (["messages.html", "messages.text"], "markdown", "it takes html or text"),
    ],
)
def test_a_format_that_the_options_do_not_allow_is_refused(options: list[str], wanted: str, hint: str) -> None:
    """PU13."""
    with pytest.raises(ActionRefused) as caught:
        create(replace(IN_THREAD, format=wanted), under=info(*options, **ALL))
    assert refusal(caught) == ("PU13", f"the options of messages do not allow the format {wanted}", hint)


@pytest.mark.parametrize(
    ("given", "agent_id", "puppetizable", "author"),
    [
        ("eve", "bob", ("ada",), "eve"),
        (None, "bob", ("ada",), "bob"),
        (None, None, ("ada",), "ada"),
        ("eve", None, (), "eve"),
        ("", None, ("ada",), "ada"),
    ],
)
def test_who_acts_is_given_or_set_or_the_only_one_there_is(
    given: str | None, agent_id: str | None, puppetizable: tuple[str, ...], author: str
) -> None:
    """PU12."""
    at: dict[str, Any] = {"agent_id": agent_id, "puppetizable": puppetizable}
    assert create(replace(IN_THREAD, author_id=given), **at).author_id == author
    assert act("spam", known(), author_id=given, **at).author_id == author


@pytest.mark.parametrize(
    ("puppetizable", "several"),
    [((), "no puppetizable identity"), (("ada", "bob"), "2 puppetizable identities")],
)
def test_without_anybody_to_act_as_it_is_refused_with_that_advice(puppetizable: tuple[str, ...], several: str) -> None:
    """PU12."""
    expected = (
        "PU12",
        f"nobody to act as: {several} imported",
        "give the author with the action (--author), or set agent_id for the source",
    )
    with pytest.raises(ActionRefused) as caught:
        create(IN_THREAD, puppetizable=puppetizable)
    assert refusal(caught) == expected
    with pytest.raises(ActionRefused) as caught:
        act("spam", known(), puppetizable=puppetizable)
    assert refusal(caught) == expected


@pytest.mark.parametrize("name", ["delete", "publish", "unpublish"])
def test_standard_operations_need_nobody_to_act_as(name: str) -> None:
    """PU12, PU5."""
    assert act(name, known(), puppetizable=()).author_id is None
    assert act(name, known(), puppetizable=(), author_id="eve").author_id == "eve"


@pytest.mark.parametrize(
    ("draft", "replied", "thread"),
    [
        (IN_THREAD, None, on("threads", "t1")),
        (replace(IN_THREAD, thread=queued("threads", "q0")), None, queued("threads", "q0")),
        (TO_M1, known("m1", thread_id="t7"), on("threads", "t7")),
        (replace(TO_M1, thread=on("threads", "t1")), known("m1", thread_id="t7"), on("threads", "t1")),
        (TO_M1, creation("q0", thread=queued("threads", "q9")), queued("threads", "q9")),
    ],
)
def test_a_message_goes_where_it_is_told_or_where_what_it_replies_to_is(
    draft: Draft, replied: Known | OutboxEntry | None, thread: Ref
) -> None:
    """PU12, PU9."""
    assert create(draft, replied).thread == thread


@pytest.mark.parametrize("replied", [None, known("m1"), creation("q0", thread=None)])
def test_a_message_without_a_thread_is_refused(replied: Known | OutboxEntry | None) -> None:
    """PU1."""
    with pytest.raises(ActionRefused) as caught:
        create(TO_M1, replied)
    assert refusal(caught) == ("PU1", "a message needs a thread", "name one, or reply to a message")


def test_unthreaded_messages_and_other_objects_go_into_no_thread() -> None:
    """IM7, PU1."""
    under = info("messages.unthreaded", **ALL)
    assert create(IN_THREAD, under=under).thread is None
    assert create(TO_M1, known("m1", thread_id="t7"), under).thread is None
    assert create(replace(PRIVATE, recipient_id="u1", thread=on("threads", "t1"))).thread is None
    assert create(Draft(object="threads", body="x", thread=on("threads", "t1"))).thread is None


@pytest.mark.parametrize(
    ("given", "replied", "recipient"),
    [
        ("u9", None, "u9"),
        ("u9", known("p1", "private_messages"), "u9"),
        (None, known("p1", "private_messages", author_id="u1", recipient_id="agent"), "u1"),
        (None, known("p1", "private_messages", author_id="agent", recipient_id="u3"), "u3"),
        (None, creation("q0", "private_messages", recipient_id="u2"), "u2"),
    ],
)
def test_a_private_message_goes_to_the_other_side(
    given: str | None, replied: Known | OutboxEntry | None, recipient: str
) -> None:
    """PU12: a reply goes to the author of what it replies to, unless that is the agent's own."""
    assert create(replace(PRIVATE, recipient_id=given), replied).recipient_id == recipient


@pytest.mark.parametrize("replied", [None, known("p1", "private_messages", author_id=None)])
def test_a_private_message_to_nobody_is_refused(replied: Known | None) -> None:
    """PU12."""
    with pytest.raises(ActionRefused) as caught:
        create(PRIVATE, replied)
    assert refusal(caught) == ("PU12", "a private message needs a recipient", "name one, or reply to a message")


@pytest.mark.parametrize(
    ("given", "replied"),
    [("u1", None), (None, known("p1", "private_messages", author_id="u1")), ("u1", known("p1", "private_messages"))],
)
def test_a_private_message_to_somebody_who_was_never_imported_is_refused(given: str | None, replied: Any) -> None:
    """PU12."""
    with pytest.raises(ActionRefused) as caught:
        create(replace(PRIVATE, recipient_id=given), replied, recipients=("u2", "agent"))
    assert refusal(caught) == (
        "PU12",
        "no user u1 was imported, and a private message goes to one who was",
        "name the id of somebody who wrote or received something here, or reply to a message",
    )


def test_other_objects_have_no_recipient() -> None:
    """PU1."""
    assert create(replace(IN_THREAD, recipient_id="u9")).recipient_id is None


def test_structured_content_needs_its_option_and_a_message() -> None:
    """ST."""
    draft = replace(IN_THREAD, structured_content=SELECT)
    with pytest.raises(ActionRefused) as caught:
        create(draft)
    text = "the partner does not declare the option view.messaging"
    assert refusal(caught) == ("ST", text, "say the same in the body")
    under = info("view.messaging", **ALL)
    with pytest.raises(ActionRefused) as caught:
        create(replace(draft, object="threads"), under=under)
    assert refusal(caught) == ("ST", "a thread has no structured content", "write a message in it")
    assert create(draft, under=under).structured_content == SELECT
    private = replace(PRIVATE, recipient_id="u1", body=None, structured_content=SELECT)
    assert create(private, under=under).structured_content == SELECT


@pytest.mark.parametrize(
    ("value", "reason", "hint"),
    [
        ({"items": []}, "structured_content.type: expected one of select, rich_link, template, carousel, got none",
         "crawler/PROTOCOL.md has what may stand there, under ST"),
        ({**SELECT, "items": [{"title": "x" * 81}]},
         "structured_content.items[0].title: expected at most 80 characters, got 81",
         "crawler/PROTOCOL.md has what may stand there, under ST"),
        ({**SELECT, "note": 0.5},
         "structured_content.note is a number that not all partners spell alike",
         "say it as a text"),
    ],
)  # fmt: skip
def test_structured_content_that_is_wrong_is_refused_with_its_place(value: Any, reason: str, hint: str) -> None:
    """ST, SP."""
    with pytest.raises(ActionRefused) as caught:
        create(replace(IN_THREAD, structured_content=value), under=info("view.messaging", **ALL))
    assert refusal(caught) == ("ST", reason, hint)


def test_structured_content_that_should_be_otherwise_is_queued() -> None:
    """ST: the guide's own examples link into an app."""
    link = {"type": "rich_link", "url": "shirts://42", "title": "The shirt"}
    entry = create(replace(IN_THREAD, structured_content=link), under=info("view.messaging", **ALL))
    assert entry.structured_content == link


@pytest.mark.parametrize("name", ["list", "show", "create", "reply"])
def test_operations_on_an_object_are_none_on_a_content(name: str) -> None:
    """IM4, AC4: whatever the content's own actions say."""
    with pytest.raises(ActionRefused) as caught:
        act(name, known(actions=(name,)), info(messages=[*OPERATIONS, "reply"]))
    assert refusal(caught)[:2] == ("IM4", f"{name} is not an operation on a content")


@pytest.mark.parametrize("name", ["delete", "publish", "spam"])
def test_an_operation_is_refused_by_the_side_that_does_not_allow_it(name: str) -> None:
    """AC3, IM5."""
    with pytest.raises(ActionRefused) as caught:
        act(name, known(), info(messages=["list"]))
    assert refusal(caught)[:2] == ("AC3", f"the partner does not declare messages.{name}")
    with pytest.raises(ActionRefused) as caught:
        act(name, known(actions=("x",)))
    reason = f"the actions of m1 do not name {name}: they name x"
    assert refusal(caught) == ("IM5", reason, "the partner must name it in that content's 'actions'")
    with pytest.raises(ActionRefused) as caught:
        act(name, known(deleted=True))
    assert refusal(caught) == ("IM5", "m1 was deleted", "")
    entry = act(name, known())
    assert (entry.id, entry.action, entry.target, entry.queued_at) == (
        "q2", f"messages.{name}", on("messages", "m1"), NOW
    )  # fmt: skip


@pytest.mark.parametrize("declared", ["delete", "destroy"])
@pytest.mark.parametrize("named", ["delete", "destroy"])
@pytest.mark.parametrize("wanted", ["delete", "destroy"])
def test_a_deletion_has_two_names_and_is_queued_under_one(wanted: str, named: str, declared: str) -> None:
    """IM6."""
    entry = act(wanted, known(actions=(named,)), info(messages=[declared]))
    assert entry.operation == "delete"


def test_an_operation_on_a_content_still_to_be_created_needs_only_its_declaration() -> None:
    """PU9: IM5 is kept when it is sent."""
    pending = creation("q0", attempts=1)
    assert act("delete", pending).target == queued("messages", "q0")
    assert act("spam", pending).target == queued("messages", "q0")
    with pytest.raises(ActionRefused) as caught:
        act("spam", pending, info(messages=["create"]))
    assert caught.value.rule == "AC3"


@pytest.mark.parametrize(
    ("object_name", "allowed"), [("messages", ["delete", "publish", "unpublish"]), ("private_messages", ["delete"])]
)
def test_a_content_with_structured_content_allows_few_operations(object_name: str, allowed: list[str]) -> None:
    """ST: whatever its actions name, queued or known."""
    known_one = known("m1", object_name, structured=True)
    for content in (known_one, creation("q0", object_name, attempts=1, structured_content=SELECT)):
        for name in ("delete", "publish", "unpublish", "spam"):
            if name in allowed:
                assert act(name, content).operation == name
                continue
            with pytest.raises(ActionRefused) as caught:
                act(name, content)
            reason = f"{content.id} has structured content, which allows no operation but {', '.join(allowed)}"
            assert refusal(caught) == ("ST", reason, "")
    assert act("destroy", known_one, info(**{object_name: ["destroy"]})).operation == "delete"


@pytest.mark.parametrize(
    ("name", "content", "cancels"),
    [
        ("delete", creation(), True),
        ("destroy", creation(), True),
        ("spam", creation(), False),
        ("delete", creation(attempts=1), False),
        ("delete", creation(status=Status.ABORTED), False),
        ("delete", creation(status=Status.SUCCESS, foreign_id="m7"), False),
        ("delete", known(), False),
    ],
)
def test_deleting_what_was_never_sent_cancels_it(name: str, content: Known | OutboxEntry, cancels: bool) -> None:
    """PU9: what was attempted once may have arrived."""
    assert cancels_creation(name, content) is cancels


DECLARED = info("messaging.queuing_update")


def test_a_queuing_update_says_how_long_and_whom_it_concerns() -> None:
    """PU10."""
    params = queuing_params(DECLARED, estimated_wait_time=90, position=3, thread_id="t1", in_reply_to_id="m1")
    assert list(params.items()) == [
        ("estimated_wait_time", 90),
        ("position", 3),
        ("thread_id", "t1"),
        ("in_reply_to_id", "m1"),
    ]
    assert QUEUING_UPDATE == "messaging.queuing_update"


def test_what_is_not_given_is_left_out() -> None:
    """PU10, TR7: and nought is given."""
    params = queuing_params(DECLARED, estimated_wait_time=0, position=0)
    assert params == {"estimated_wait_time": 0, "position": 0}


def test_without_the_option_it_is_refused() -> None:
    """PU10, IM9."""
    with pytest.raises(ActionRefused, match=r"does not declare the option messaging\.queuing_update") as refused:
        queuing_params(info("view.messaging"), estimated_wait_time=1, position=1)
    assert refused.value.rule == "PU10"
