"""Partners that give an id again: what an agent did or wants means the content that they saw (OB13)."""

from itertools import chain
from typing import Any

import pytest

from crawler.agent import Agent
from crawler.errors import ActionRefused
from crawler.reference import AGENT, DEFAULT, Fails, LosesReply, Says
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.state import Ref
from tests.unit.shop import Shop
from tests.unit.store.writing import rows

REPLY = Draft(object="messages", body="<p>Sorry!</p>")


@pytest.fixture
async def shop(store: Store) -> Shop:
    """A shop whose contents were imported, and whose partner gives the ids of removed contents again."""
    return await crawled(Shop(store))


async def crawled(shop: Shop) -> Shop:
    await shop.imported()
    shop.later(minutes=1)
    return shop


def give_again(shop: Shop, foreign_id: str) -> None:
    """The next content gets this id; nothing tells of what had it before, as in a database."""
    forum = shop.endpoint.forum
    forum._ids = chain([int(foreign_id)], forum._ids)  # type: ignore[assignment]  # it only takes the next
    forum._timelines[forum.contents[foreign_id].object_name]._served.pop(foreign_id, None)


def by_customer(shop: Shop, foreign_id: str, body: str = "<p>Where is my parcel?</p>") -> None:
    """A customer's message under the id of another one, which is removed, if it was not yet."""
    if not shop.endpoint.forum.contents[foreign_id].removed:
        shop.endpoint.forum.remove(foreign_id)
    give_again(shop, foreign_id)
    shop.endpoint.forum.add_message("marc", "1", body)


async def next_cycle(shop: Shop, **passed: float) -> list[tuple[str, str]]:
    """The next cycle, a minute later; what became of its exports, by what their entries say of it."""
    shop.later(**(passed or {"minutes": 1}))
    report = await shop.sync()
    return [(settled.outcome, settled.entry.error or settled.remark) for settled in report.exports]


def sent(shop: Shop, action: str) -> list[Any]:
    return [entry.params for entry in shop.endpoint.forum.ledger.of(action)]


def stored(shop: Shop, foreign_id: str, object_name: str = "messages") -> dict[str, Any]:
    [row] = [
        row for row in rows(shop.store, "content") if (row["object"], row["foreign_id"]) == (object_name, foreign_id)
    ]
    return row


def refused(agent: Agent, entry_id: str, operation: str = "delete") -> str:
    with pytest.raises(ActionRefused) as caught:
        agent.act(operation, entry_id)
    assert (caught.value.rule, caught.value.hint) == ("OB13", "if the other one is meant, say so by its id: 14")
    return str(caught.value)


GONE = "message 14, which q1 made, is gone: since 2024-03-01T12:0{}:00.000Z its id names another content"


# --- What an entry created


async def test_an_entry_does_not_mean_what_has_the_id_of_its_deleted_content_today(shop: Shop) -> None:
    """The case of issue 14."""
    agent = await shop.agent()
    agent.reply("7", REPLY)
    await next_cycle(shop)
    agent.act("delete", "q1")
    await next_cycle(shop)
    by_customer(shop, "14")
    await next_cycle(shop)

    assert refused(agent, "q1") == GONE.format(4)
    assert refused(agent, "q1", "mark_as_solved") == GONE.format(4)
    with pytest.raises(ActionRefused, match="is gone"):
        agent.reply("q1", REPLY)
    row = stored(shop, "14")
    assert (row["content_id"], row["author_id"], row["deleted_at"]) == (None, "marc", None)
    assert row["imported_at"] == row["changed_at"] == "2024-03-01T12:04:00.000Z"
    assert len(sent(shop, "messages.delete")) == 1

    agent.act("delete", "14")  # said by its id, the customer's is meant
    assert await next_cycle(shop) == [("succeeded", "")]


async def test_it_does_not_either_where_the_partner_removed_its_content(shop: Shop) -> None:
    """Of which no list tells; an hour later the cursor is checked (LS11)."""
    agent = await shop.agent()
    agent.reply("7", REPLY)
    await next_cycle(shop)
    await next_cycle(shop)
    by_customer(shop, "14")
    await next_cycle(shop, hours=1)

    assert "is gone" in refused(agent, "q1")
    assert stored(shop, "14")["content_id"] is None


async def test_the_same_content_that_comes_back_is_the_entrys_again(shop: Shop) -> None:
    """Nothing of it has changed hands: the partner did not delete it, or thought better of it."""
    agent = await shop.agent()
    agent.reply("7", REPLY)
    await next_cycle(shop)
    before = stored(shop, "14")
    shop.endpoint.plan("messages.delete", Says({}))
    agent.act("delete", "q1")
    await next_cycle(shop)
    assert stored(shop, "14")["deleted_at"] is not None
    shop.endpoint.forum.edit("14", body="<p>Sorry, says the moderator</p>")
    await next_cycle(shop)

    row = stored(shop, "14")
    assert (row["content_id"], row["deleted_at"], row["imported_at"]) == ("q1", None, before["imported_at"])
    assert agent.act("delete", "q1").queued is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"author_id": "marc", "created_at": 1},
        {"author_id": "marc", "body": "<p>x</p>"},
        {"body": "<p>x</p>", "created_at": 1},
    ],
)
async def test_a_partner_may_change_author_date_or_text_of_what_was_sent(shop: Shop, changes: dict[str, Any]) -> None:
    """PU11: two of the three, and it is still what the entry created."""
    agent = await shop.agent()
    agent.reply("7", REPLY)
    await next_cycle(shop)
    shop.later(minutes=7)
    shop.endpoint.forum.edit("14", **{**changes, **({"created_at": shop.now} if "created_at" in changes else {})})
    await next_cycle(shop)

    assert stored(shop, "14")["content_id"] == "q1"
    assert agent.act("delete", "q1").queued is not None


async def test_the_next_reply_gets_the_id_of_the_one_that_was_deleted(shop: Shop) -> None:
    """As in a database whose newest row was deleted; PU4 is of contents that are there."""
    agent = await shop.agent()
    agent.reply("7", REPLY)
    await next_cycle(shop)
    agent.act("delete", "q1")
    agent.reply("7", Draft(object="messages", body="<p>Once more</p>", format="html"))
    give_again(shop, "14")
    assert await next_cycle(shop) == [("succeeded", ""), ("succeeded", "")]

    row = stored(shop, "14")
    assert (row["content_id"], row["body"], row["deleted_at"]) == ("q3", "<p>Once more</p>", None)
    assert refused(agent, "q1") == GONE.format(3)
    assert agent.find("q3") == Ref("messages", foreign_id="14", incarnation=1)
    agent.act("delete", "q3")
    assert await next_cycle(shop) == [("succeeded", "")]
    assert [it["id"] for it in sent(shop, "messages.delete")] == ["14", "14"]


async def test_what_acts_in_the_same_cycle_on_the_entry_whose_id_is_given_again_is_given_up(shop: Shop) -> None:
    agent = await shop.agent()
    agent.reply("7", REPLY)
    agent.act("escalate", "q1")  # waits for q1, and means what it creates
    shop.endpoint.plan("messages.escalate", Fails(500))
    await next_cycle(shop)
    agent.act("delete", "14")
    agent.reply("7", Draft(object="messages", body="<p>Once more</p>", format="html"))
    shop.endpoint.plan("messages.escalate", Fails(500))
    give_again(shop, "14")
    assert [outcome for outcome, _ in await next_cycle(shop)] == ["retried", "succeeded", "succeeded"]
    [(outcome, why)] = await next_cycle(shop)

    assert (outcome, why) == ("given up", f"{GONE.format(3)} (OB13)")
    assert len(sent(shop, "messages.escalate")) == 2


async def test_where_the_next_reply_gets_the_id_of_one_that_the_partner_removed_neither_is_meant(shop: Shop) -> None:
    """PU4: what has the id may be either's; once it is listed it is no entry's."""
    agent = await shop.agent()
    agent.reply("7", REPLY)
    await next_cycle(shop)
    await next_cycle(shop)
    shop.endpoint.forum.remove("14")
    give_again(shop, "14")
    agent.reply("7", Draft(object="messages", body="<p>Once more</p>", format="html"))
    [(outcome, remark)] = await next_cycle(shop)

    assert (outcome, "(PU4)" in remark) == ("succeeded", True)
    assert "is gone" in refused(agent, "q1")
    with pytest.raises(ActionRefused, match="no id of its own"):
        agent.act("delete", "q2")
    await next_cycle(shop, hours=1)
    assert (stored(shop, "14")["body"], stored(shop, "14")["content_id"]) == ("<p>Once more</p>", None)


async def test_a_repeat_that_is_answered_with_what_a_list_showed_meanwhile_is_that(shop: Shop) -> None:
    """PU2: under an id that a deleted content had before."""
    agent = await shop.agent()
    agent.reply("7", REPLY)
    await next_cycle(shop)
    agent.act("delete", "q1")
    await next_cycle(shop)
    give_again(shop, "14")
    shop.endpoint.plan("messages.create", LosesReply())
    agent.reply("7", Draft(object="messages", body="<p>Once more</p>", format="html"))
    assert [outcome for outcome, _ in await next_cycle(shop)] == ["retried"]
    assert [outcome for outcome, _ in await next_cycle(shop)] == ["succeeded"]

    assert stored(shop, "14")["content_id"] == "q3"
    assert "is gone" in refused(agent, "q1")


async def test_a_repeat_that_is_answered_with_an_id_that_changed_hands_meanwhile_means_nothing(shop: Shop) -> None:
    """The partner remembers under which id it kept what the first attempt created, and not that it removed it."""
    agent = await shop.agent()
    shop.endpoint.plan("messages.create", LosesReply(), Says({"id": "14"}))
    agent.reply("7", REPLY)
    await next_cycle(shop)
    by_customer(shop, "14")
    [(outcome, remark)] = await next_cycle(shop)

    assert (outcome, "(PU4)" in remark) == ("succeeded", True)
    assert (stored(shop, "14")["author_id"], stored(shop, "14")["content_id"]) == ("marc", None)
    with pytest.raises(ActionRefused, match="no id of its own"):
        agent.act("delete", "q1")


# --- What waits while an id changes hands


def act(agent: Agent) -> None:
    agent.act("escalate", "11")


def delete(agent: Agent) -> None:
    agent.act("delete", "11")


def reply(agent: Agent) -> None:
    agent.reply("11", REPLY)


@pytest.mark.parametrize("queue", [act, delete, reply])
@pytest.mark.parametrize("attempted", [False, True])
async def test_what_waits_while_the_id_changes_hands_is_given_up_and_never_sent(
    shop: Shop, queue: Any, attempted: bool
) -> None:
    """Also where an attempt was made, and its answer lost."""
    agent = await shop.agent()
    queue(agent)
    entry = shop.store.entry(shop.source, "q1")
    assert entry is not None
    if attempted:
        shop.endpoint.plan(entry.action, Fails(500))
        assert [outcome for outcome, _ in await next_cycle(shop)] == ["retried"]
    by_customer(shop, "11")
    before = len(sent(shop, entry.action))
    outcome, why = (await next_cycle(shop, hours=2))[0]

    at = f"2024-03-01T14:0{2 if attempted else 1}:00.000Z"
    assert (outcome, why) == ("given up", f"message 11 is gone: since {at} its id names another content (OB13)")
    assert len(sent(shop, entry.action)) == before
    assert not shop.endpoint.forum.contents["11"].removed
    assert shop.store.load_outbox(shop.source).pending == ()


async def test_a_message_that_waits_while_its_threads_id_changes_hands_is_given_up(shop: Shop) -> None:
    agent = await shop.agent()
    agent.create(Draft(object="messages", body="<p>Hi</p>", thread=Ref("threads", foreign_id="3")))
    shop.endpoint.plan("messages.create", Fails(500))
    await next_cycle(shop)
    shop.endpoint.forum.remove("3")
    give_again(shop, "3")
    shop.endpoint.forum.add_thread("marc", "Parcels", "<p>Where are they?</p>")
    [(outcome, why)] = await next_cycle(shop, hours=2)

    assert (outcome, why[:17]) == ("given up", "thread 3 is gone:")
    assert len(sent(shop, "messages.create")) == 1


async def test_what_an_operation_shows_to_be_another_content_ends_what_waits_behind_it(shop: Shop) -> None:
    """PU5: in the same cycle."""
    agent = await shop.agent()
    agent.act("escalate", "7")
    agent.act("delete", "7")
    other = {"id": "7", "thread_id": "1", "author": {"id": "x", "screenname": "x"}, "body": "b"}
    shop.endpoint.plan("messages.escalate", Says({**other, "created_at": "2024-03-01T00:00:00Z"}))
    assert [outcome for outcome, _ in await next_cycle(shop)] == ["succeeded", "given up"]
    assert sent(shop, "messages.delete") == []


async def test_nothing_is_sent_to_the_id_of_a_deleted_content(shop: Shop) -> None:
    """PU5: a repeat could meet whatever has the id by now."""
    agent = await shop.agent()
    agent.act("escalate", "7")
    agent.reply("7", REPLY)
    agent.act("delete", "7")
    shop.endpoint.plan("messages.escalate", Fails(500))
    shop.endpoint.plan("messages.create", Fails(500))
    await next_cycle(shop)
    assert await next_cycle(shop) == [("given up", "7 was deleted, and its id may be another's by now (OB13)")] * 2
    assert (len(sent(shop, "messages.escalate")), len(sent(shop, "messages.create"))) == (1, 1)


# --- What refers to contents by their ids


async def test_a_thread_does_not_get_the_messages_of_the_one_that_had_its_id(shop: Shop) -> None:
    agent = await shop.agent()
    agent.act("delete", "3")
    await next_cycle(shop)
    give_again(shop, "3")
    shop.endpoint.forum.add_thread("marc", "Parcels", "<p>Where are they?</p>")
    shop.endpoint.forum.add_message("marc", "3", "<p>Where?</p>")
    await next_cycle(shop)

    listed = shop.store.contents(shop.source, "messages", thread_id="3")
    assert [(it["id"], it["thread_title"]) for it in listed] == [("14", "Parcels")]
    with pytest.raises(ActionRefused, match="thread 3 is gone") as caught:
        agent.reply("10", REPLY)
    assert caught.value.rule == "OB13"
    assert agent.reply("14", REPLY).thread == Ref("threads", foreign_id="3", incarnation=1)
    assert agent.reply("3", REPLY, object_name="threads").thread == Ref("threads", foreign_id="3", incarnation=1)
    assert {outcome for outcome, _ in await next_cycle(shop)} == {"succeeded"}


async def test_a_reference_that_was_kept_for_long_is_refused(shop: Shop) -> None:
    agent = await shop.agent()
    ref = agent.find("11")
    by_customer(shop, "11")
    await next_cycle(shop, hours=2)
    with pytest.raises(ActionRefused, match="message 11 is gone"):
        agent.create(Draft(object="messages", body="x", in_reply_to=ref))
    assert agent.create(
        Draft(object="messages", body="x", in_reply_to=Ref("messages", foreign_id="11"))
    ).in_reply_to == (Ref("messages", foreign_id="11", incarnation=1))


async def test_a_thread_that_is_only_shown_is_asked_for_again_when_a_message_names_it(store: Store) -> None:
    """LS9: a partner that lists no threads."""
    shop = await crawled(Shop(store, settings={"capabilities": DEFAULT.without("threads.list")}))
    agent = await shop.agent()
    agent.act("delete", "3")
    await next_cycle(shop)
    give_again(shop, "3")
    shop.endpoint.forum.add_thread("marc", "Parcels", "<p>Where are they?</p>")
    shop.endpoint.forum.add_message("marc", "3", "<p>Where?</p>")
    await next_cycle(shop)

    assert stored(shop, "3", "threads")["title"] == "Parcels"
    assert agent.reply("14", REPLY).thread == Ref("threads", foreign_id="3", incarnation=1)


async def test_a_new_content_that_has_the_id_of_the_deleted_cursor_is_not_passed_over(shop: Shop) -> None:
    """LS11: by the time of the next list there is a newer one."""
    agent = await shop.agent()
    agent.act("delete", "11")
    await next_cycle(shop)
    by_customer(shop, "11")
    shop.endpoint.forum.add_message("marc", "1", "<p>And mine?</p>")
    await next_cycle(shop)

    assert (stored(shop, "11")["author_id"], stored(shop, "11")["deleted_at"]) == ("marc", None)
    assert stored(shop, "14")["body"] == "<p>And mine?</p>"


async def test_a_page_that_was_recognised_is_read_again_when_it_shows_another_content(store: Store) -> None:
    """LS5: a partner that ignores since_id."""
    shop = await crawled(Shop(store, settings={"fault": "ignores-since-id"}))
    agent = await shop.agent()
    for _ in range(2):
        await next_cycle(shop)
    agent.act("delete", "11")
    await next_cycle(shop)
    by_customer(shop, "11")
    await next_cycle(shop)

    assert stored(shop, "11")["author_id"] == "marc"


async def test_a_users_id_is_that_user_for_good(shop: Shop) -> None:
    """OB10: nothing tells a user who changed from another one; whom agents may act as is asked when they act."""
    agent = await shop.agent()
    shop.endpoint.forum.edit_user(AGENT, screenname="Carla", puppetizable=False)
    shop.endpoint.forum.add_message(AGENT, "1", "<p>I am a customer</p>")
    await next_cycle(shop)
    with pytest.raises(ActionRefused, match="no puppetizable identity imported"):
        agent.reply("7", REPLY)


async def test_what_changed_hands_moves_to_another_database(shop: Shop) -> None:
    agent = await shop.agent()
    agent.reply("7", REPLY)
    await next_cycle(shop)
    agent.act("delete", "q1")
    await next_cycle(shop)
    agent.act("escalate", "11")
    by_customer(shop, "14")
    await next_cycle(shop)
    agent.act("escalate", "14")
    by_customer(shop, "14", "<p>And mine?</p>")
    lines = list(shop.store.export_state())
    with Store.open("sqlite://") as other:
        other.import_state(lines)
        assert list(other.export_state()) == lines
        shop.store = other
        agent = await shop.agent()
        assert "is gone" in refused(agent, "q1")
        assert shop.store.load_outbox(shop.source).pending[0].target == Ref("messages", foreign_id="14", incarnation=1)
        [(outcome, _)] = await next_cycle(shop, hours=1)
        assert outcome == "given up"
