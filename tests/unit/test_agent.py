"""What an agent may queue, and how ids are found (AC3, AC4, PU9, PU12, CY5)."""

from dataclasses import replace

import pytest

from crawler.agent import Agent, ask_info, known_info
from crawler.errors import ActionRefused, ErrorStatus, UnexpectedShape, UnknownContent
from crawler.protocol.credentials import WITHHELD
from crawler.protocol.envelope import Exchange
from crawler.reference import DEFAULT, TITLES_ONLY, Fails, Says
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.state import OutboxEntry, Ref, Status
from tests.unit.shop import Shop
from tests.unit.sync.samples import on

pytestmark = pytest.mark.usefixtures("anyio_backend")  # for plain tests on async fixtures


@pytest.fixture
async def shop(store: Store) -> Shop:
    return await Shop(store).imported()


@pytest.fixture
async def agent(shop: Shop) -> Agent:
    return await shop.agent()


def pending(shop: Shop) -> list[str]:
    return [entry.id for entry in shop.store.load_outbox(shop.source).pending]


async def test_capabilities_that_are_known_are_not_asked_for_again(shop: Shop) -> None:
    async with shop.partner() as partner:
        info = await known_info(shop.source, shop.store, partner, clock=shop.clock)
    assert info.allows("messages", "escalate")
    assert shop.asked == []


async def test_changed_settings_ask_for_the_capabilities_once(shop: Shop) -> None:
    shop.source = replace(shop.source, agent_id="agent")
    recorded: list[Exchange] = []
    for _ in range(2):
        async with shop.partner() as partner:
            info = await known_info(shop.source, shop.store, partner, clock=shop.clock, record=recorded.append)
            assert info.allows("messages", "create")
    assert shop.asked == ["implementation.info"]
    assert [exchange.action for exchange in recorded] == ["implementation.info"]


async def test_capabilities_that_cannot_be_had_leave_the_known_ones_alone(shop: Shop) -> None:
    shop.endpoint.plan("implementation.info", Fails(503))
    async with shop.partner() as partner:
        with pytest.raises(ErrorStatus):
            await ask_info(shop.source, shop.store, partner)
        assert (await known_info(shop.source, shop.store, partner)).allows("messages", "create")


async def test_an_answer_that_quotes_the_secret_does_not_show_it(shop: Shop) -> None:
    shop.endpoint.plan("implementation.info", Says("no such secret: open sesame"))
    async with shop.partner() as partner:
        with pytest.raises(UnexpectedShape) as failed:
            await ask_info(shop.source, shop.store, partner)
    assert failed.value.explanation == WITHHELD


def test_a_new_thread_is_queued_and_nothing_is_sent(shop: Shop, agent: Agent) -> None:
    entry = agent.create(Draft(object="threads", title="Hello", body="All"))
    assert (entry.id, entry.action, entry.author_id, entry.queued_at) == ("q1", "threads.create", "agent", shop.now)
    assert shop.store.entry(shop.source, "q1") == entry
    assert shop.asked == ["implementation.info"]


def test_a_message_goes_into_a_thread_that_is_still_queued(shop: Shop, agent: Agent) -> None:
    agent.create(Draft(object="threads", title="Hello", body="All"))
    entry = agent.create(Draft(object="messages", body="me too", thread=agent.find("q1")))
    assert entry.thread == Ref("threads", entry_id="q1")
    assert pending(shop) == ["q1", "q2"]


def test_a_message_into_a_thread_that_nobody_knows_is_refused(agent: Agent) -> None:
    with pytest.raises(UnknownContent, match="no content 99 is known in threads"):
        agent.create(Draft(object="messages", body="hm", thread=Ref("threads", foreign_id="99")))


def test_a_message_into_an_entry_that_nobody_knows_is_refused(agent: Agent) -> None:
    with pytest.raises(UnknownContent, match=r"no content \(queued\) q9 is known in threads"):
        agent.create(Draft(object="messages", body="hm", thread=Ref("threads", entry_id="q9")))


async def test_a_message_into_a_deleted_thread_is_refused(shop: Shop, agent: Agent) -> None:
    agent.act("delete", "3")
    await shop.sync()
    with pytest.raises(ActionRefused, match="3 was deleted") as refused:
        agent.create(Draft(object="messages", body="too late", thread=Ref("threads", foreign_id="3")))
    assert refused.value.rule == "AC3"


async def test_a_thread_that_only_messages_name_can_be_written_to(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": DEFAULT.declaring("threads")})
    await shop.sync()
    agent = await shop.agent()
    ref = agent.find("2", object_name="threads")
    assert ref == Ref("threads", foreign_id="2")
    agent.create(Draft(object="messages", body="Here you go", thread=ref))
    await shop.sync()
    assert shop.endpoint.forum.ledger.of("messages.create")[0].params["thread_id"] == "2"
    with pytest.raises(UnknownContent, match="no content 99 is known among its threads"):
        agent.find("99", object_name="threads")


def test_a_reply_goes_to_the_thread_of_what_it_replies_to(agent: Agent) -> None:
    entry = agent.reply("7", Draft(object="messages", body="Merci"))
    assert (entry.object, entry.in_reply_to) == ("messages", on("messages", "7", 0))
    assert entry.thread == on("threads", "2", 0)


def test_a_reply_to_a_private_message_goes_to_its_author(agent: Agent) -> None:
    entry = agent.reply("12", Draft(object="messages", body="C'est noté"))
    assert (entry.object, entry.recipient_id) == ("private_messages", "42")


def test_a_private_message_goes_to_whoever_was_imported(shop: Shop, agent: Agent) -> None:
    """PU12: authors and recipients of any object were."""
    for user_id in ("42", "marc", "jun", "agent"):
        draft = Draft(object="private_messages", body="Hi", recipient_id=user_id)
        assert agent.create(draft).recipient_id == user_id
    for user_id in ("stranger", ""):
        draft = Draft(object="private_messages", body="Hi", recipient_id=user_id)
        with pytest.raises(ActionRefused, match="was imported") as refused:
            agent.create(draft)
        assert refused.value.rule == "PU12"
    with pytest.raises(ActionRefused, match="no user stranger was imported"):
        agent.reply("12", Draft(object="private_messages", body="Hi", recipient_id="stranger"))


def test_a_reply_to_a_thread_is_a_message_in_it(agent: Agent) -> None:
    entry = agent.reply("1", Draft(object="threads", body="M"))
    assert (entry.action, entry.thread, entry.in_reply_to) == (
        "messages.create",
        on("threads", "1", 0),
        None,
    )


def test_a_reply_to_a_queued_thread_is_a_message_in_it(agent: Agent) -> None:
    agent.create(Draft(object="threads", title="Hello", body="All"))
    assert agent.reply("q1", Draft(object="messages", body="M")).thread == Ref("threads", entry_id="q1")


async def test_a_reply_to_a_queued_message_stays_in_its_thread(shop: Shop, agent: Agent) -> None:
    agent.create(Draft(object="messages", body="one", thread=Ref("threads", foreign_id="1")))
    entry = agent.reply("q1", Draft(object="messages", body="two"))
    assert (entry.in_reply_to, entry.thread) == (Ref("messages", entry_id="q1"), on("threads", "1", 0))
    await shop.sync()
    first, second = shop.endpoint.forum.ledger.of("messages.create")
    assert second.params["in_reply_to_id"] == agent.find("q1").foreign_id
    assert "in_reply_to_id" not in first.params


@pytest.mark.parametrize("content_id", ["1", "7", "12"])
async def test_a_content_whose_actions_lack_reply_takes_none(shop: Shop, agent: Agent, content_id: str) -> None:
    shop.endpoint.forum.edit(content_id, allowed=frozenset({"delete"}))
    await shop.sync()
    with pytest.raises(ActionRefused, match=f"the actions of {content_id} do not name it") as refused:
        agent.reply(content_id, Draft(object="messages", body="M"))
    assert (refused.value.rule, refused.value.hint) == (
        "AC4",
        "the partner must add 'reply' to that content's 'actions'",
    )
    assert pending(shop) == []


async def test_a_thread_without_content_takes_replies(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": TITLES_ONLY})
    await shop.sync()
    entry = (await shop.agent()).reply("1", Draft(object="messages", body="M"))
    assert entry.thread == on("threads", "1", 0)


def test_a_content_without_a_body_is_refused(agent: Agent) -> None:
    with pytest.raises(ActionRefused, match="needs a body or an attachment"):
        agent.reply("7", Draft(object="messages", body=""))


def test_an_operation_is_queued(shop: Shop, agent: Agent) -> None:
    done = agent.act("escalate", "7", author_id="agent")
    assert done.queued is not None
    assert (done.queued.action, done.queued.target, done.queued.author_id) == (
        "messages.escalate",
        on("messages", "7", 0),
        "agent",
    )
    assert done.cancelled == ()
    assert pending(shop) == ["q1"]


def test_an_operation_that_the_partner_does_not_declare_is_refused(agent: Agent) -> None:
    with pytest.raises(ActionRefused, match=r"the partner does not declare private_messages\.publish") as refused:
        agent.act("publish", "12")
    assert refused.value.rule == "AC3"


async def test_an_operation_that_the_content_does_not_name_is_refused(shop: Shop, agent: Agent) -> None:
    shop.endpoint.forum.edit("7", allowed=frozenset({"delete"}))
    await shop.sync()
    with pytest.raises(ActionRefused, match="the actions of 7 do not name escalate: they name delete") as refused:
        agent.act("escalate", "7")
    assert refused.value.rule == "IM5"


def test_deleting_an_unsent_content_cancels_it_and_what_depends_on_it(shop: Shop, agent: Agent) -> None:
    agent.create(Draft(object="threads", title="Hello", body="All"))
    agent.reply("q1", Draft(object="messages", body="one"))
    agent.create(Draft(object="threads", title="Other", body="stays"))
    done = agent.act("delete", "q1")
    assert done.queued is None
    assert [(entry.id, entry.status) for entry in done.cancelled] == [("q1", Status.ABORTED), ("q2", Status.ABORTED)]
    assert pending(shop) == ["q3"]
    assert shop.asked == ["implementation.info"]


async def test_deleting_a_content_whose_creation_was_begun_waits_for_it(shop: Shop, agent: Agent) -> None:
    agent.create(Draft(object="threads", title="Hello", body="All"))
    shop.endpoint.plan("threads.create", Fails(500))
    await shop.sync()
    done = agent.act("delete", "q1")
    assert done.queued is not None
    assert done.queued.target == Ref("threads", entry_id="q1")
    await shop.sync()
    assert [entry["status"] for entry in shop.store.entries(shop.source)] == ["success", "success"]
    assert shop.endpoint.forum.standing("threads")[-1].title == "Open on Sundays?"


async def test_deleting_a_content_that_was_sent_by_its_content_id_deletes_it(shop: Shop, agent: Agent) -> None:
    agent.create(Draft(object="threads", title="Hello", body="All"))
    await shop.sync()
    done = agent.act("delete", "q1")
    assert done.queued is not None
    assert done.queued.target == on("threads", "14", 0)


async def test_what_refers_to_a_creation_that_was_given_up_is_refused(shop: Shop, agent: Agent) -> None:
    agent.create(Draft(object="threads", title="Hello", body="All"))
    shop.endpoint.plan("threads.create", Fails(500), times=3)
    for _ in range(3):
        await shop.sync()
    with pytest.raises(ActionRefused, match="the content q1 was not created: export_failure") as refused:
        agent.reply("q1", Draft(object="messages", body="one"))
    assert (refused.value.rule, refused.value.hint) == ("PU9", "'outbox retry' retries it")


def test_an_id_that_names_nothing_is_unknown(agent: Agent) -> None:
    with pytest.raises(UnknownContent, match=r"^shop: no content 99 is known$"):
        agent.act("delete", "99")


def test_the_id_of_an_entry_that_creates_nothing_names_no_content(agent: Agent) -> None:
    agent.act("escalate", "7")
    with pytest.raises(UnknownContent, match="no content q1 is known"):
        agent.find("q1")


def test_an_entry_is_found_only_among_contents_of_its_object(agent: Agent) -> None:
    agent.create(Draft(object="threads", title="Hello", body="All"))
    assert agent.find("q1", object_name="threads") == Ref("threads", entry_id="q1")
    with pytest.raises(UnknownContent, match="no content q1 is known among its messages"):
        agent.act("delete", "q1", object_name="messages")


async def test_an_id_of_several_contents_needs_its_object(shop: Shop, agent: Agent) -> None:
    forum = shop.endpoint.forum
    forum._ids = iter(["x", "x"])  # type: ignore[assignment]
    forum.add_thread("marc", "A thread", "<p>with the id of a message</p>")
    thread = forum.contents["x"]
    await shop.sync()
    forum.contents["x"] = forum.add_message("marc", "1", "<p>with the id of a thread</p>")
    await shop.sync()
    assert thread.id == "x"
    with pytest.raises(UnknownContent, match=r"x is the id of several contents, in messages and threads: say of which"):
        agent.find("x")
    assert agent.find("x", object_name="threads") == on("threads", "x", 0)
    assert agent.find("x", object_name="messages") == on("messages", "x", 0)
    for name in ("messages", "threads"):
        queued = agent.act("mark_as_solved", "x", object_name=name).queued
        assert queued is not None
        assert queued.object == name


async def test_the_only_puppetizable_identity_acts_unless_another_is_given(shop: Shop, agent: Agent) -> None:
    shop.endpoint.forum.add_user("second", "Second agent", puppetizable=True)
    shop.endpoint.forum.add_message("second", "1", "<p>Here as well</p>")
    assert agent.reply("7", Draft(object="messages", body="M")).author_id == "agent"
    await shop.sync()
    with pytest.raises(ActionRefused, match="2 puppetizable identities") as refused:
        agent.reply("7", Draft(object="messages", body="M"))
    assert refused.value.rule == "PU12"
    assert agent.reply("7", Draft(object="messages", body="M", author_id="second")).author_id == "second"


def test_ids_are_made_up_where_no_maker_is_given(shop: Shop, agent: Agent) -> None:
    own = Agent(shop.source, shop.store, agent.info)
    entry: OutboxEntry = own.create(Draft(object="threads", title="Hello", body="All"))
    assert len(entry.id) == 24
