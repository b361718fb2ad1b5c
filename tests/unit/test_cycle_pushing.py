"""One cycle: what is pushed, when it is repeated, given up or made to wait, and what is stored of it (PU, IM5, IM6)."""

from dataclasses import replace
from typing import Any

import anyio
import pytest

from crawler.agent import Agent
from crawler.journal import Event
from crawler.protocol.envelope import Exchange
from crawler.reference import AGENT, DEFAULT, DESTROYING, UNTHREADED, Fails, LosesReply, Rejects, Says
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.state import OutboxEntry, Ref, Status
from tests.unit.cycling import HELLO, Between, cycle, ids
from tests.unit.shop import NOON, Shop
from tests.unit.store.writing import rows

AT = "2024-03-01T12:00:00Z"


@pytest.fixture
async def shop(store: Store) -> Shop:
    """A shop whose contents were imported."""
    return await Shop(store).imported()


def sent(shop: Shop, action: str) -> list[Any]:
    """The params of the requests of an action."""
    return [entry.params for entry in shop.endpoint.forum.ledger.of(action)]


def entry(shop: Shop, entry_id: str = "q1") -> OutboxEntry:
    found = shop.store.entry(shop.source, entry_id)
    assert found is not None
    return found


def stored(shop: Shop, foreign_id: str) -> dict[str, Any]:
    """The row of a content."""
    [row] = [row for row in rows(shop.store, "content") if row["foreign_id"] == foreign_id]
    return row


def in_thread(thread_id: str = "1", **fields: Any) -> Draft:
    return Draft(**{"object": "messages", "body": "Hi", "thread": Ref("threads", foreign_id=thread_id), **fields})


REPLY = Draft(object="messages", body="Sorry!")


# --- What is sent


async def test_a_created_message_is_sent_with_exactly_these_params(shop: Shop) -> None:
    shop.source = replace(shop.source, sender_name="Ann of the shop")
    agent = await shop.agent()
    draft = replace(REPLY, attachments=[{"url": "https://shop.example/é.png", "type": "image", "filename": "é.png"}])
    agent.reply("7", draft)
    agent.reply("7", replace(REPLY, body="plain", format="text"))
    await shop.sync()

    first, second = sent(shop, "messages.create")
    assert first == {
        "attachments": [{"url": "https://shop.example/é.png", "type": "image", "filename": "é.png"}],
        "author_id": AGENT,
        "body": "<p>Sorry!</p>",
        "content_id": "q1",
        "created_at": AT,
        "format": "html",
        "in_reply_to_id": "7",
        "retry": False,
        "sender_name": "Ann of the shop",
        "thread_id": "2",
        "updated_at": AT,
    }
    assert list(first) == sorted(first)
    assert (second["format"], second["content_id"]) == ("text", "q2")


async def test_a_created_private_message_is_sent_with_exactly_these_params(shop: Shop) -> None:
    (await shop.agent()).reply("12", Draft(object="private_messages", body="Merci"))
    await shop.sync()

    assert sent(shop, "private_messages.create") == [
        {
            "author_id": AGENT,
            "body": "Merci",
            "content_id": "q1",
            "created_at": AT,
            "format": "text",
            "in_reply_to_id": "12",
            "recipient_id": "42",
            "retry": False,
            "sender_name": "The shop",
            "updated_at": AT,
        }
    ]


async def test_a_created_thread_is_sent_with_exactly_these_params(shop: Shop) -> None:
    (await shop.agent()).create(HELLO)
    await shop.sync()

    assert sent(shop, "threads.create") == [
        {
            "author_id": AGENT,
            "body": "<p>All</p>",
            "content_id": "q1",
            "created_at": AT,
            "format": "html",
            "retry": False,
            "sender_name": "The shop",
            "title": "Hello",
        }
    ]


async def test_messages_have_titles_where_the_partner_does_not_decline_them(store: Store) -> None:
    """PU1, PU14: `null` where none is given, which the partner takes for none; it is stored as it was sent."""
    declined = {"messages.no_title", "private_messages.no_title"}
    titled = replace(DEFAULT, options=tuple(it for it in DEFAULT.options if it not in declined))
    shop = await Shop(store, settings={"capabilities": titled}).imported()
    agent = await shop.agent()
    agent.create(in_thread())
    agent.create(in_thread(title="Sale"))
    agent.create(Draft(object="private_messages", body="Hi", recipient_id="42", title="For you"))
    await shop.sync()

    public, private = sent(shop, "messages.create"), sent(shop, "private_messages.create")
    assert [params["title"] for params in (*public, *private)] == [None, "Sale", "For you"]
    assert [stored(shop, foreign_id)["title"] for foreign_id in ("14", "15", "16")] == [None, "Sale", "For you"]


async def test_what_was_queued_before_keeps_its_id_and_is_sent_as_it_was(shop: Shop) -> None:
    """PU1, PU2: by its id a repeat is recognised; then ids had 32 digits."""
    before = OutboxEntry(
        id="2aec931270804715a6820f1330f1fc7c",
        object="messages",
        operation="create",
        queued_at=NOON,
        author_id=AGENT,
        thread=Ref("threads", foreign_id="1"),
        body="5 < 6",
        format="html",
        attachments=({"url": "https://shop.example/a.png"},),
        attempts=1,
    )
    shop.store.queue(shop.source, before)
    await shop.sync()

    [params] = sent(shop, "messages.create")
    assert (params["content_id"], params["retry"], params["body"]) == (before.id, True, "5 < 6")
    assert params["attachments"] == [{"url": "https://shop.example/a.png"}]


async def test_a_sender_is_named_as_the_newest_import_has_it(shop: Shop) -> None:
    """PU1: filled in when it is sent."""
    agent = await shop.agent()
    agent.create(in_thread())
    shop.endpoint.forum.edit_user(AGENT, firstname="Ann", lastname="Müller")
    shop.endpoint.forum.add_message(AGENT, "1", "<p>News</p>")
    await shop.sync()

    [params] = sent(shop, "messages.create")
    assert params["sender_name"] == "Ann Müller"


async def test_a_message_without_threads_is_sent_without_thread_id(store: Store) -> None:
    shop = await Shop(store, settings={"capabilities": UNTHREADED}).imported()
    (await shop.agent()).reply("7", REPLY)
    await shop.sync()

    [params] = sent(shop, "messages.create")
    assert "thread_id" not in params
    assert params["in_reply_to_id"] == "7"


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("delete", {"id": "7"}),
        ("unpublish", {"id": "7"}),
        ("mark_as_solved", {"id": "7", "user_id": AGENT}),
    ],
)
async def test_an_operation_is_sent_with_exactly_these_params(
    shop: Shop, operation: str, params: dict[str, str]
) -> None:
    (await shop.agent()).act(operation, "7")
    report = await shop.sync()

    assert sent(shop, f"messages.{operation}") == [params]
    assert report.outcomes()["succeeded"] == 1
    assert entry(shop).status is Status.SUCCESS


async def test_a_deletion_goes_by_the_name_that_the_partner_declares(store: Store) -> None:
    shop = await Shop(store, settings={"capabilities": DESTROYING}).imported()
    (await shop.agent()).act("delete", "7")
    await shop.sync()

    assert (sent(shop, "messages.destroy"), sent(shop, "messages.delete")) == ([{"id": "7"}], [])
    assert stored(shop, "7")["deleted_at"] is not None


async def test_exports_are_sent_after_the_lists_in_the_order_in_which_they_were_queued(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(in_thread())
    agent.create(HELLO)
    agent.act("delete", "7")
    agent.act("escalate", "12")
    shop.endpoint.forum.ledger.clear()
    await shop.sync()

    assert shop.asked[-5:] == [
        "private_messages.list",
        "messages.create",
        "threads.create",
        "messages.delete",
        "private_messages.escalate",
    ]


# --- What is stored of it


async def test_a_created_content_is_stored_under_the_id_of_the_answer(shop: Shop) -> None:
    (await shop.agent()).create(in_thread(format="text", body="Hi"))
    await shop.sync()

    row = stored(shop, "14")
    assert (row["content_id"], row["body"], row["format"], row["thread_id"]) == ("q1", "Hi", "text", "1")
    assert (row["author_id"], row["created_at"], row["actions"][:10]) == (AGENT, AT, '["reply", ')
    assert (entry(shop).status, entry(shop).foreign_id, entry(shop).attempts) == (Status.SUCCESS, "14", 1)


async def test_what_was_created_is_not_imported_once_more(shop: Shop) -> None:
    (await shop.agent()).create(in_thread())
    await shop.sync()
    await shop.sync()
    report = await shop.sync()

    assert ids(shop).count("14") == 1
    assert stored(shop, "14")["content_id"] == "q1"
    assert report.idle


@pytest.mark.parametrize("fault", ["create-without-id", "create-empty-object", "create-error-page", "create-error"])
async def test_a_create_that_is_answered_without_an_id_failed(store: Store, fault: str) -> None:
    shop = await Shop(store, settings={"fault": fault}).imported()
    (await shop.agent()).create(in_thread())
    report = await shop.sync()

    assert [settled.outcome for settled in report.exports] == ["retried"]
    assert (entry(shop).status, entry(shop).attempts) == (Status.PENDING, 1)
    assert (entry(shop).error or "").startswith("expected ")
    assert ids(shop)[8:] == []


@pytest.mark.parametrize("fault", ["create-id-alone", "create-id-number", "create-changes-text"])
async def test_what_was_sent_is_stored_whatever_the_answer_says(store: Store, fault: str) -> None:
    shop = await Shop(store, settings={"fault": fault}).imported()
    (await shop.agent()).create(in_thread())
    report = await shop.sync()

    assert report.outcomes()["succeeded"] == 1
    assert (stored(shop, "14")["body"], stored(shop, "14")["author_id"]) == ("<p>Hi</p>", AGENT)
    assert entry(shop).body == "<p>Hi</p>"


async def test_a_later_list_updates_what_was_sent_but_not_the_outbox(shop: Shop) -> None:
    (await shop.agent()).create(in_thread())
    await shop.sync()
    shop.endpoint.forum.edit("14", body="<p>Hi, says the moderator</p>")
    await shop.sync()

    assert stored(shop, "14")["body"] == "<p>Hi, says the moderator</p>"
    assert entry(shop).body == "<p>Hi</p>"


async def test_an_answer_with_the_replied_to_id_is_a_success_that_changes_no_content(store: Store) -> None:
    shop = await Shop(store, settings={"fault": "create-replied-to-id"}).imported()
    before = stored(shop, "7")
    (await shop.agent()).reply("7", REPLY)
    report = await shop.sync()

    assert (entry(shop).status, entry(shop).foreign_id) == (Status.SUCCESS, None)
    assert "(PU4)" in report.exports[0].remark
    assert stored(shop, "7") == before


async def test_an_operation_updates_our_copy_from_the_answer(shop: Shop) -> None:
    agent = await shop.agent()
    agent.act("unpublish", "7")
    agent.act("mark_as_solved", "7")
    await shop.sync()

    row = stored(shop, "7")
    assert '"publish"' in row["actions"]
    assert '"mark_as_solved"' not in row["actions"]
    assert '"mark-as-solved":"agent"' in row["extra"]


@pytest.mark.parametrize("fault", ["", "delete-empty-object", "delete-null"])
async def test_a_deletion_is_a_success_whatever_the_answer_shows(store: Store, fault: str) -> None:
    shop = await Shop(store, settings={"fault": fault}).imported()
    (await shop.agent()).act("delete", "7")
    report = await shop.sync()

    assert report.outcomes()["succeeded"] == 1
    assert stored(shop, "7")["deleted_at"] is not None
    assert shop.endpoint.forum.contents["7"].removed


@pytest.mark.parametrize("fault", ["operation-without-content", "operation-empty-body"])
async def test_an_operation_whose_answer_shows_nothing_is_a_success_with_a_remark(store: Store, fault: str) -> None:
    shop = await Shop(store, settings={"fault": fault}).imported()
    before = stored(shop, "7")
    (await shop.agent()).act("mark_as_solved", "7")
    report = await shop.sync()

    assert [(settled.outcome, "(PU5)" in settled.remark) for settled in report.exports] == [("succeeded", True)]
    assert stored(shop, "7") == before


# --- Repeats, and giving up


GIVEN_UP = {
    "create": Status.FAILURE,
    "delete": Status.DELETE_ABORTED,
    "unpublish": Status.UNPUBLISH_ABORTED,
    "mark_as_solved": Status.FAILURE,
}


def queue(agent: Agent, operation: str) -> None:
    if operation == "create":
        agent.create(in_thread())
    else:
        agent.act(operation, "7")


@pytest.mark.parametrize("operation", GIVEN_UP)
async def test_what_fails_is_tried_three_times_once_a_cycle_and_then_given_up(shop: Shop, operation: str) -> None:
    queue(await shop.agent(), operation)
    shop.endpoint.plan(f"messages.{operation}", Fails(500, "no driver"), times=5)
    seen = []
    for _ in range(4):
        report = await shop.sync()
        seen.append((report.outcomes()["retried"], report.outcomes()["given up"], report.failed))

    assert seen == [(1, 0, True), (1, 0, True), (0, 1, True), (0, 0, False)]
    assert len(sent(shop, f"messages.{operation}")) == 3
    assert (entry(shop).status, entry(shop).attempts) == (GIVEN_UP[operation], 3)
    assert "HTTP 500; the partner says: no driver" in (entry(shop).error or "")


async def test_only_the_very_first_attempt_is_no_retry_and_the_content_id_stays(shop: Shop) -> None:
    (await shop.agent()).create(in_thread())
    shop.endpoint.plan("messages.create", Fails(500), Rejects("not now"))
    for _ in range(3):
        await shop.sync()

    params = sent(shop, "messages.create")
    assert [it["retry"] for it in params] == [False, True, True]
    assert [{**it, "retry": None} for it in params] == [{**params[0], "retry": None}] * 3
    assert entry(shop).status is Status.SUCCESS
    assert entry(shop).error is None


async def test_a_person_may_have_it_tried_three_times_more_all_of_them_retries(shop: Shop) -> None:
    (await shop.agent()).create(in_thread())
    shop.endpoint.plan("messages.create", Fails(500), times=5)
    for _ in range(3):
        await shop.sync()
    shop.store.retry(shop.source, "q1")
    for _ in range(4):
        await shop.sync()

    assert [it["retry"] for it in sent(shop, "messages.create")] == [False, True, True, True, True, True]
    assert entry(shop).status is Status.SUCCESS


async def test_a_resource_error_is_retried(shop: Shop) -> None:
    (await shop.agent()).create(in_thread())
    shop.endpoint.plan("messages.create", Rejects("the thread is busy"))
    report = await shop.sync()
    assert [settled.outcome for settled in report.exports] == ["retried"]
    assert "an error; the partner says: the thread is busy" in (entry(shop).error or "")

    await shop.sync()
    assert entry(shop).status is Status.SUCCESS


@pytest.mark.parametrize("operation", GIVEN_UP)
async def test_a_fatal_resource_error_is_given_up_at_once(shop: Shop, operation: str) -> None:
    queue(await shop.agent(), operation)
    shop.endpoint.plan(f"messages.{operation}", Rejects("never", fatal=True))
    await shop.sync()
    await shop.sync()

    status = GIVEN_UP[operation]
    assert entry(shop).status is (Status.ABORTED if status is Status.FAILURE else status)
    assert (entry(shop).error or "").endswith("a fatal error; the partner says: never")
    assert len(sent(shop, f"messages.{operation}")) == 1
    assert stored(shop, "7")["deleted_at"] is None


async def test_an_export_that_fails_does_not_hold_up_the_next(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(in_thread())
    agent.create(in_thread())
    shop.endpoint.plan("messages.create", Fails(500))
    report = await shop.sync()

    assert [(settled.entry.id, settled.outcome) for settled in report.exports] == [
        ("q1", "retried"),
        ("q2", "succeeded"),
    ]


async def lose_the_answer(shop: Shop) -> None:
    shop.endpoint.plan("messages.create", LosesReply())
    report = await shop.sync()
    assert [settled.outcome for settled in report.exports] == ["retried"]


async def crash_in_mid_send(shop: Shop) -> None:
    """Cancelled when the partner has done what was asked for, and its answer has not come."""
    way = Between(shop)
    with anyio.CancelScope() as scope:
        way.after = lambda action: scope.cancel() if action == "messages.create" else None
        await cycle(shop, way)
    assert scope.cancelled_caught


@pytest.mark.parametrize("accident", [lose_the_answer, crash_in_mid_send])
async def test_what_the_partner_did_before_its_answer_was_lost_is_not_done_twice(shop: Shop, accident: Any) -> None:
    (await shop.agent()).create(in_thread())
    await accident(shop)
    assert (entry(shop).status, entry(shop).attempts) == (Status.PENDING, 1)
    assert [it.content_id for it in shop.endpoint.forum.standing("messages")].count("q1") == 1

    report = await shop.sync()
    assert [it["retry"] for it in sent(shop, "messages.create")] == [False, True]
    assert [it.content_id for it in shop.endpoint.forum.standing("messages")].count("q1") == 1
    assert (report.outcomes()["succeeded"], ids(shop).count("14")) == (1, 1)
    assert (entry(shop).status, entry(shop).foreign_id, stored(shop, "14")["content_id"]) == (
        Status.SUCCESS,
        "14",
        "q1",
    )


async def test_three_attempts_that_were_cut_off_are_enough(shop: Shop) -> None:
    (await shop.agent()).create(in_thread())
    for _ in range(3):
        await crash_in_mid_send(shop)
    report = await shop.sync()

    assert [it["retry"] for it in sent(shop, "messages.create")] == [False, True, True]
    assert [settled.outcome for settled in report.exports] == ["given up"]
    assert entry(shop).status is Status.FAILURE
    assert entry(shop).error == "attempt 3 was cut off before its answer was seen (PU6)"


# --- Waiting


async def test_an_export_that_the_partner_does_not_declare_waits_and_uses_up_nothing(shop: Shop) -> None:
    (await shop.agent()).create(in_thread())
    shop.endpoint.capabilities = DEFAULT.without("messages.create")
    for _ in range(4):
        report = await shop.sync()
        assert [(wait.entry.id, wait.rule) for wait in report.waiting] == [("q1", "PU8")]
        assert not report.failed
    assert (sent(shop, "messages.create"), entry(shop).attempts) == ([], 0)

    shop.endpoint.capabilities = DEFAULT
    await shop.sync()
    assert [it["retry"] for it in sent(shop, "messages.create")] == [False]


async def test_an_operation_that_a_content_no_longer_names_waits(shop: Shop) -> None:
    (await shop.agent()).act("escalate", "7")
    shop.endpoint.forum.edit("7", allowed=frozenset({"delete"}))
    report = await shop.sync()

    assert [(wait.rule, sent(shop, "messages.escalate")) for wait in report.waiting] == [("IM5", [])]


async def test_a_thread_its_message_and_a_reply_to_that_are_sent_in_one_cycle(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(HELLO)
    agent.create(in_thread(thread=agent.find("q1")))
    agent.reply("q2", REPLY)
    report = await shop.sync()

    assert report.outcomes()["succeeded"] == 3
    assert [(it.get("thread_id"), it.get("in_reply_to_id")) for it in sent(shop, "messages.create")] == [
        ("14", None),
        ("14", "15"),
    ]


async def test_what_depends_on_a_creation_that_failed_waits_for_it(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(HELLO)
    agent.create(in_thread(thread=agent.find("q1")))
    shop.endpoint.plan("threads.create", Fails(500))
    report = await shop.sync()
    assert [(wait.entry.id, wait.rule) for wait in report.waiting] == [("q2", "PU9")]
    assert (sent(shop, "messages.create"), entry(shop, "q2").attempts) == ([], 0)

    await shop.sync()
    assert [it["thread_id"] for it in sent(shop, "messages.create")] == ["14"]


async def test_what_depends_on_a_creation_that_was_given_up_is_given_up_with_it(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(HELLO)
    agent.create(in_thread(thread=agent.find("q1")))
    agent.reply("q2", REPLY)
    shop.endpoint.plan("threads.create", Rejects("never", fatal=True))
    report = await shop.sync()

    assert [(settled.entry.id, settled.outcome) for settled in report.exports] == [
        (name, "given up") for name in ("q1", "q2", "q3")
    ]
    assert {entry(shop, name).status for name in ("q1", "q2", "q3")} == {Status.ABORTED}
    assert "was not created: export_aborted (q1) (PU9)" in (entry(shop, "q2").error or "")
    assert sent(shop, "messages.create") == []


async def test_deleting_what_was_never_sent_sends_nothing(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(in_thread())
    agent.act("delete", "q1")
    report = await shop.sync()

    assert (report.exports, report.waiting, sent(shop, "messages.create")) == ([], [], [])


async def test_an_operation_on_what_is_still_to_be_created_is_sent_once_its_actions_name_it(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(in_thread())
    agent.act("mark_as_solved", "q1")
    report = await shop.sync()

    assert report.outcomes()["succeeded"] == 2
    assert sent(shop, "messages.mark_as_solved") == [{"id": "14", "user_id": AGENT}]


async def test_it_waits_for_a_list_where_the_answer_does_not_say(store: Store) -> None:
    shop = await Shop(store, settings={"fault": "create-id-alone"}).imported()
    agent = await shop.agent()
    agent.create(in_thread())
    agent.act("mark_as_solved", "q1")
    first = await shop.sync()
    assert [(wait.entry.id, wait.rule) for wait in first.waiting] == [("q2", "IM5")]

    await shop.sync()
    assert sent(shop, "messages.mark_as_solved") == [{"id": "14", "user_id": AGENT}]


async def test_what_is_cancelled_while_a_cycle_runs_is_not_sent(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(HELLO)
    agent.create(in_thread())

    def cancel_the_second(event: Event) -> None:
        if isinstance(event, Exchange) and event.action == "threads.create":
            agent.act("delete", "q2")

    report = await cycle(shop, watch=cancel_the_second)

    assert [settled.entry.id for settled in report.exports] == ["q1"]
    assert sent(shop, "messages.create") == []
    assert (entry(shop, "q2").status, entry(shop, "q2").attempts) == (Status.ABORTED, 0)


async def test_an_answer_that_makes_no_sense_is_retried_like_any_other_failure(shop: Shop) -> None:
    (await shop.agent()).create(in_thread())
    shop.endpoint.plan("messages.create", Says("OK"), Says([1]), Says({"id": "x" * 1_001}))
    errors = []
    for _ in range(3):
        await shop.sync()
        errors.append(entry(shop).error or "")

    assert ["a string" in errors[0], "an array" in errors[1], "cannot be stored" in errors[2]] == [True] * 3
    assert entry(shop).status is Status.FAILURE


async def test_the_stored_report_tells_of_the_last_export_too(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(HELLO)
    shop.endpoint.plan("threads.create", Rejects("not now"))
    report = await shop.sync()

    [stored] = [cycle for cycle in shop.store.cycles(shop.source) if cycle["cycle"] == report.cycle_id]
    assert stored["outcome"] == "failed"
    assert stored["report"]["exports"]["retried"] == 1
