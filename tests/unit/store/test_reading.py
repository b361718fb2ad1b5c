"""Looking at what is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from crawler.cycle import run_cycle
from crawler.reference import DEFAULT, MESSAGING, UNTHREADED, Fails, Says
from crawler.store import Store
from crawler.store.sql import Statement, Transaction
from crawler.sync.queueing import Draft
from crawler.sync.source import Source
from crawler.sync.state import Cursor, Known, Status
from tests.unit.shop import NOON, SECRET, Shop
from tests.unit.store.writing import end, lapse

pytestmark = pytest.mark.usefixtures("anyio_backend")  # for plain tests on async fixtures


@pytest.fixture
async def shop(store: Store) -> Shop:
    shop = Shop(store)
    await shop.sync()
    return shop


@pytest.fixture
def neighbour() -> Source:
    return Source(name="neighbour", base_uri="http://neighbour.example/", secret=SECRET)


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["id"] for record in records]


async def delete(shop: Shop, content_id: str) -> None:
    (await shop.agent()).act("delete", content_id)
    await shop.sync()


def test_contents_come_oldest_first(shop: Shop) -> None:
    assert ids(shop.store.contents(shop.source, "messages")) == ["4", "5", "6", "7", "8", "9", "10", "11"]
    assert ids(shop.store.contents(shop.source, "private_messages")) == ["12", "13"]
    assert ids(shop.store.contents(shop.source, "threads")) == ["1", "2", "3"]


def test_a_limit_leaves_the_newest(shop: Shop) -> None:
    assert ids(shop.store.contents(shop.source, "messages", limit=2)) == ["10", "11"]


async def test_contents_of_the_same_moment_come_in_the_order_of_their_import(shop: Shop) -> None:
    for _ in range(2):
        shop.endpoint.forum.add_message("marc", "1", "<p>again</p>")
        await shop.sync()
    assert ids(shop.store.contents(shop.source, "messages", limit=2)) == ["14", "15"]


def test_contents_can_be_those_of_a_thread(shop: Shop) -> None:
    assert ids(shop.store.contents(shop.source, "messages", thread_id="3")) == ["9", "10"]


def test_contents_can_be_those_of_an_author(shop: Shop) -> None:
    assert ids(shop.store.contents(shop.source, "messages", author_id="jun")) == ["4", "10"]


def test_contents_can_be_the_replies_to_one(shop: Shop) -> None:
    assert ids(shop.store.contents(shop.source, "messages", in_reply_to_id="5")) == ["11"]


@pytest.mark.parametrize(
    ("contains", "found"), [("JUN", ["5"]), ("voilÀ", ["7"]), ("📦", ["7"]), ("%", []), ("_", []), ("10 to 4", ["9"])]
)
def test_contents_can_be_those_that_contain_a_text_in_any_case(shop: Shop, contains: str, found: list[str]) -> None:
    assert ids(shop.store.contents(shop.source, "messages", contains=contains)) == found


def test_titles_are_searched_too(shop: Shop) -> None:
    assert ids(shop.store.contents(shop.source, "threads", contains="ABÎMÉ")) == ["2"]
    assert ids(shop.store.contents(shop.source, "threads", contains="between s and m")) == ["1"]


async def test_deleted_contents_are_left_out_unless_asked_for(shop: Shop) -> None:
    await delete(shop, "10")
    assert ids(shop.store.contents(shop.source, "messages", thread_id="3")) == ["9"]
    kept = shop.store.contents(shop.source, "messages", thread_id="3", with_deleted=True)
    assert [(record["id"], record["deleted_at"]) for record in kept] == [
        ("9", None),
        ("10", "2024-03-01T12:00:00.000Z"),
    ]


async def test_every_source_has_its_own_contents(shop: Shop, neighbour: Source) -> None:
    shop.store.register(neighbour)
    assert shop.store.contents(neighbour, "messages") == []
    assert shop.store.content(neighbour, "7") == []
    assert shop.store.known(neighbour, "7") == []
    assert shop.store.identity(neighbour, "42") is None
    assert shop.store.puppetizable(neighbour) == []
    assert shop.store.cycles(neighbour) == []
    assert shop.store.exchanges(neighbour, 1) == []
    assert shop.store.cursors(neighbour) == {}
    assert not shop.store.names_thread(neighbour, "1")


def test_a_content_has_all_its_fields(shop: Shop) -> None:
    (record,) = shop.store.content(shop.source, "7")
    assert record == {
        "object": "messages",
        "id": "7",
        "content_id": None,
        "author_id": "42",
        "author": "Élodie",
        "recipient_id": None,
        "recipient": None,
        "thread_id": "2",
        "thread_title": "Colis abîmé",
        "in_reply_to_id": "6",
        "title": None,
        "body": "<p>Voilà 📦 — et le reçu.</p>",
        "format": "html",
        "language": "fr",
        "created_at": "2024-02-28T17:00:00Z",
        "updated_at": "2024-02-28T17:00:00Z",
        "actions": ["reply", "delete", "unpublish", "mark_as_solved", "escalate"],
        "attachments": [
            {"url": "https://shop.example/files/carton.jpg", "filename": "carton.jpg"},
            {"url": "https://shop.example/files/recu.pdf", "filename": "reçu.pdf"},
        ],
        "categories": ["delivery"],
        "context_data": {"order": "A-1042"},
        "display_url": "https://shop.example/forum/2#7",
        "imported_at": "2024-03-01T12:00:00.000Z",
        "changed_at": "2024-03-01T12:00:00.000Z",
        "deleted_at": None,
    }


async def test_a_content_replies_only_to_what_is_known(shop: Shop) -> None:
    message = {"thread_id": "1", "body": "b", "author": {"id": "marc", "screenname": "m"}, "in_reply_to_id": "later"}
    shop.endpoint.plan("messages.list", Says([{**message, "id": "early"}]))
    await shop.sync()
    (record,) = shop.store.content(shop.source, "early")
    assert record["in_reply_to_id"] is None
    shop.endpoint.plan("messages.list", Says([{**message, "id": "later", "in_reply_to_id": None}]))
    await shop.sync()
    (record,) = shop.store.content(shop.source, "early")
    assert record["in_reply_to_id"] == "later"


@pytest.mark.parametrize(
    ("object_name", "fields", "known"),
    [
        ("messages", {"thread_id": "3", "in_reply_to_id": "3"}, True),
        ("messages", {"thread_id": "1", "in_reply_to_id": "3"}, False),
        ("messages", {"thread_id": "3", "in_reply_to_id": "12"}, False),
        ("messages", {"thread_id": "3", "in_reply_to_id": "4"}, True),
        ("private_messages", {"in_reply_to_id": "4"}, False),
        ("private_messages", {"in_reply_to_id": "3"}, False),
        ("private_messages", {"in_reply_to_id": "12"}, True),
    ],
)
async def test_a_reply_is_to_a_content_of_its_own_object_or_to_its_threads_opening(
    shop: Shop, object_name: str, fields: dict[str, str], known: bool
) -> None:
    """OB8: 1 to 3 are threads, 4 to 11 messages, 12 and 13 private messages."""
    person = {"id": "marc", "screenname": "m"}
    content = {"id": "r", "body": "b", "author": person, "recipient": person, **fields}
    shop.endpoint.plan(f"{object_name}.list", Says([content]))
    await shop.sync()
    (record,) = shop.store.content(shop.source, "r")
    assert record["in_reply_to_id"] == (fields["in_reply_to_id"] if known else None)


def test_a_private_message_has_its_recipient(shop: Shop) -> None:
    (record,) = shop.store.content(shop.source, "12")
    assert (record["recipient_id"], record["recipient"], record["thread_id"]) == ("agent", "The shop", None)


async def test_a_content_is_found_by_the_id_of_the_entry_that_created_it(shop: Shop) -> None:
    (await shop.agent()).create(Draft(object="threads", title="Hello", body="All"))
    assert shop.store.content(shop.source, "q1") == []
    await shop.sync()
    (record,) = shop.store.content(shop.source, "q1")
    assert (record["id"], record["content_id"]) == ("14", "q1")


def test_what_decides_about_an_action_is_known(shop: Shop) -> None:
    assert shop.store.known(shop.source, "7") == [
        Known(
            object="messages",
            id="7",
            actions=("reply", "delete", "unpublish", "mark_as_solved", "escalate"),
            author_id="42",
            thread_id="2",
            imported_at="2024-03-01T12:00:00.000Z",
        )
    ]
    assert shop.store.known(shop.source, "99") == []


async def test_a_content_is_known_to_have_structured_content(shop: Shop) -> None:
    """ST: it allows few operations."""
    select = {"type": "select", "items": [{"title": "é"}]}
    shop.endpoint.forum.add_message("agent", "1", "Which?", structured_content=select)
    await shop.sync()
    found = [shop.store.known(shop.source, foreign_id)[0].structured for foreign_id in ("14", "7")]
    assert found == [True, False]


async def test_a_deleted_content_is_known_as_such(shop: Shop) -> None:
    await delete(shop, "10")
    assert [known.deleted for known in shop.store.known(shop.source, "10")] == [True]


async def test_a_thread_is_named_by_its_messages_even_if_it_is_not_imported(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": DEFAULT.declaring("threads")})
    await shop.sync()
    assert store.contents(shop.source, "threads") == []
    assert store.names_thread(shop.source, "2")
    assert not store.names_thread(shop.source, "99")


async def test_an_unthreaded_message_has_no_thread(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": UNTHREADED})
    await shop.sync()
    (record,) = store.content(shop.source, "7")
    assert (record["thread_id"], record["thread_title"]) == (None, None)


async def test_an_identity_has_all_its_fields(shop: Shop) -> None:
    author = {"id": "u", "screenname": "Ü", "gender": "woman", "context_data": {"vip": True}, "home_phone": "0123"}
    shop.endpoint.plan("messages.list", Says([{"id": "m", "thread_id": "1", "body": "b", "author": author}]))
    await shop.sync()
    assert shop.store.identity(shop.source, "u") == {
        "id": "u",
        "screenname": "Ü",
        "firstname": None,
        "lastname": None,
        "avatar_url": None,
        "email": None,
        "home_phone": "0123",
        "mobile_phone": None,
        "gender": "woman",
        "puppetizable": False,
        "created_at": None,
        "updated_at": None,
        "context_data": {"vip": True},
    }
    elodie = shop.store.identity(shop.source, "42")
    assert elodie is not None
    assert (elodie["email"], elodie["context_data"]) == ("elodie@example.com", None)
    assert shop.store.identity(shop.source, "nobody") is None


def test_puppetizable_are_the_identities_that_agents_may_act_as(shop: Shop) -> None:
    assert shop.store.puppetizable(shop.source) == ["agent"]


async def test_outbox_entries_come_in_queue_order_with_all_their_fields(shop: Shop) -> None:
    agent = await shop.agent()
    agent.reply("12", Draft(object="", body="C'est noté", attachments=()))
    agent.act("escalate", "7")
    first, second = shop.store.entries(shop.source)
    assert first == {
        "id": "q1",
        "object": "private_messages",
        "operation": "create",
        "status": "export_pending",
        "attempts": 0,
        "granted": 3,
        "error": None,
        "foreign_id": None,
        "author_id": "agent",
        "recipient_id": "42",
        "target_id": None,
        "target_entry": None,
        "thread_id": None,
        "thread_entry": None,
        "in_reply_to_id": "12",
        "in_reply_to_entry": None,
        "title": None,
        "body": "C'est noté",
        "format": "text",
        "attachments": None,
        "structured_content": None,
        "queued_at": "2024-03-01T12:00:00.000Z",
        "begun_at": None,
        "settled_at": None,
        "foreign_id_lost_at": None,
    }
    assert (second["id"], second["operation"], second["target_id"]) == ("q2", "escalate", "7")


async def test_attachments_and_structured_content_of_an_entry_are_json_values(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": MESSAGING})
    await shop.sync()
    attachment = {"url": "https://shop.example/reçu.pdf", "type": "pdf", "filename": "reçu.pdf"}
    structured = {"type": "select", "items": [{"title": "é"}]}
    agent = await shop.agent()
    draft = Draft(object="messages", attachments=[attachment], structured_content=structured)
    agent.reply("7", draft)
    (entry,) = shop.store.entries(shop.source)
    assert (entry["attachments"], entry["structured_content"]) == ([attachment], structured)
    stored = shop.store.entry(shop.source, "q1")
    assert stored is not None
    assert (stored.attachments, stored.structured_content) == ((attachment,), structured)


async def test_outbox_entries_can_be_the_pending_ones_or_some_or_the_newest(shop: Shop, neighbour: Source) -> None:
    agent = await shop.agent()
    agent.act("escalate", "7")
    await shop.sync()
    agent.act("escalate", "5")
    agent.act("delete", "5")
    assert ids(shop.store.entries(shop.source)) == ["q1", "q2", "q3"]
    assert ids(shop.store.entries(shop.source, pending_only=True)) == ["q2", "q3"]
    assert ids(shop.store.entries(shop.source, limit=2)) == ["q2", "q3"]
    assert ids(shop.store.entries(shop.source, ids=["q3", "q1", "q9"])) == ["q1", "q3"]
    assert shop.store.entries(neighbour) == []


async def test_an_entry_is_found_by_its_id_pending_or_settled(shop: Shop, neighbour: Source) -> None:
    queued = (await shop.agent()).act("escalate", "7").queued
    assert shop.store.entry(shop.source, "q1") == queued
    await shop.sync()
    settled = shop.store.entry(shop.source, "q1")
    assert settled is not None
    assert (settled.status, settled.attempts) == (Status.SUCCESS, 1)
    assert shop.store.entry(shop.source, "q2") is None
    assert shop.store.entry(neighbour, "q1") is None


async def test_cycles_come_oldest_first_with_their_reports(shop: Shop) -> None:
    shop.later(minutes=1)
    shop.endpoint.plan("implementation.info", Fails(503))
    report = await shop.sync()
    first, second = shop.store.cycles(shop.source)
    assert (first["cycle"], first["outcome"], first["started_at"]) == (1, "succeeded", "2024-03-01T12:00:00.000Z")
    assert second == {
        "cycle": 2,
        "kind": "cycle",
        "started_at": "2024-03-01T12:01:00.000Z",
        "ended_at": "2024-03-01T12:01:00.000Z",
        "outcome": "failed",
        "report": report.as_json(),
    }
    assert [cycle["cycle"] for cycle in shop.store.cycles(shop.source, limit=1)] == [2]


def test_a_cycle_that_is_running_has_no_report_yet(shop: Shop) -> None:
    shop.store.begin_cycle(shop.source, "process 1 on elsewhere", NOON)
    (running,) = shop.store.cycles(shop.source, limit=1)
    assert (running["outcome"], running["report"], running["ended_at"]) == ("running", None, None)


async def test_exchanges_come_in_their_order_as_bytes(shop: Shop) -> None:
    exchanges = shop.store.exchanges(shop.source, 1)
    actions = ["implementation.info", *["threads.list"] * 2, *["messages.list"] * 2, *["private_messages.list"] * 2]
    assert [exchange["action"] for exchange in exchanges] == actions
    assert exchanges[0]["request"] == b'{"action":"implementation.info","time":"2024-03-01T12:00:00Z"}'
    assert exchanges[0]["headers"]["content-type"] == "application/json"
    assert (exchanges[0]["status"], exchanges[0]["verdict"], exchanges[0]["error"]) == (200, "valid", "")
    assert exchanges[1]["response"].startswith(b'[{"id":')


async def test_an_exchange_without_an_answer_has_no_headers(shop: Shop) -> None:
    shop.source = replace(shop.source, base_uri="ftp://shop.example/")
    report = await run_cycle(shop.source, shop.store, clock=shop.clock)
    (exchange,) = shop.store.exchanges(shop.source, report.cycle_id or 0)
    assert (exchange["headers"], exchange["response"], exchange["status"]) == (None, None, None)
    assert "no connection" in exchange["error"]


async def test_cursors_are_those_of_the_last_page(shop: Shop) -> None:
    assert shop.store.cursors(shop.source) == {"threads": "3", "messages": "11", "private_messages": "13"}
    loaded = shop.store.load_cursors(shop.source)
    assert loaded["threads"] == Cursor(object="threads", since_id="3", checked_at=NOON)


@pytest.mark.parametrize("odd", ["\ud800x", '"x"'])
async def test_a_cursor_that_no_database_takes_comes_back_as_it_was(shop: Shop, odd: str) -> None:
    message = {"id": odd, "thread_id": "1", "body": "b", "author": {"id": "marc", "screenname": "m"}}
    forum = {"messages.list": [Says([message]), Says([message])]}
    for action, planned in forum.items():
        shop.endpoint.plan(action, *planned)
    report = await shop.sync()
    assert report.objects["messages"].cursor_after == odd
    assert shop.store.cursors(shop.source)["messages"] == odd
    assert shop.store.overview()[0]["cursors"]["messages"] == odd


async def test_the_overview_counts_what_a_source_has(shop: Shop, neighbour: Source) -> None:
    await delete(shop, "10")
    (await shop.agent()).act("escalate", "7")
    shop.store.register(neighbour)
    first, second = shop.store.overview()
    assert first == {
        "source": "neighbour",
        "base_uri": "http://neighbour.example/",
        "contents": {},
        "identities": 0,
        "exports": {},
        "cursors": {},
        "failures": 0,
        "last_cycle": None,
        "crawled_by": None,
        "crawled_until": None,
    }
    assert (second["source"], second["contents"], second["identities"], second["exports"]) == (
        "shop",
        {"threads": 3, "messages": 7, "private_messages": 2},
        4,
        {"export_pending": 1, "success": 1},
    )
    assert second["last_cycle"] == shop.store.cycles(shop.source)[-1]
    assert [record["source"] for record in shop.store.overview(["shop", "nobody"])] == ["shop"]


def test_the_overview_of_many_sources_takes_as_few_statements_as_that_of_one(store: Store) -> None:
    for n in range(30):
        source = Source(name=f"s{n}", base_uri="http://x.example/", secret=SECRET)
        end(store, source, store.begin_cycle(source, "me", NOON))
    asked: list[object] = []

    class Counting(Transaction):
        def _execute(self, statement: Statement[Any], values: dict[str, Any]) -> None:
            asked.append(statement)
            super()._execute(statement, values)

    class Counted(Store):
        @contextmanager
        def transaction(self, **kind: bool) -> Iterator[Transaction]:
            with super().transaction(**kind) as tx:
                yield Counting(tx._cursor, tx._spelling)

    counted = Counted(store.backend)
    assert len(counted.overview(["s7"])) == 1
    of_one = len(asked)
    assert len(counted.overview()) == 30
    assert len(asked) - of_one == of_one <= 6  # one for each table that is counted


def test_the_overview_says_who_crawls_a_source_now_and_until_when(where: str, source: Source) -> None:
    holder = "process 1 on elsewhere (id 0123456789ab)"
    with Store.open(where, clock=lambda: NOON) as store:
        store.begin_cycle(source, f"{holder} boot=1 spaces=2 started=3", NOON)
        (overview,) = store.overview()
        (standing,) = store.standing()
    assert (overview["crawled_by"], overview["crawled_until"]) == (holder, "2024-03-01T12:00:30.000Z")
    assert standing.crawled_by == holder


def test_nobody_crawls_a_source_whose_lease_has_run_out(store: Store, source: Source) -> None:
    store.begin_cycle(source, "process 1 on elsewhere", NOON)
    lapse(store)
    (overview,) = store.overview()
    assert (overview["crawled_by"], overview["crawled_until"]) == (None, None)
