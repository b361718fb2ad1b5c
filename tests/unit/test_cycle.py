"""One cycle: what is pulled, in which order, and what a cycle that does not come to its end leaves (IM1, LS, CY2).

The partner is the reference partner in process, the clock stands still until it is told to go on.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import anyio
import httpx
import pytest

from crawler.cycle import cycles_until_idle, run_cycle
from crawler.errors import (
    ConnectionBroken,
    DeadlineExceeded,
    EndpointUnreachable,
    ErrorStatus,
    LeaseLost,
    PartnerError,
    ResourceError,
    SourceBusy,
    UnexpectedShape,
)
from crawler.journal import Event
from crawler.partner import Partner
from crawler.protocol.credentials import WITHHELD
from crawler.protocol.envelope import Exchange
from crawler.protocol.remarks import Remark
from crawler.reference import DEFAULT, TITLES_ONLY, UNTHREADED, Fails, Listing, Obeys, Says
from crawler.reference.wire import Raw, Request
from crawler.store import Begun, Lease, Store
from crawler.sync.exports import Settled
from crawler.sync.pages import Accepted
from crawler.sync.queueing import Draft
from crawler.sync.source import Source
from crawler.sync.state import Ref
from tests.unit.cycling import HELLO, INFO, LISTS, MESSAGES, PRIVATE, THREADS, Between, counts, cycle, ids, since_ids
from tests.unit.shop import SECRET, Shop
from tests.unit.store.writing import everything, lapse, rows


@pytest.fixture
def shop(store: Store) -> Shop:
    return Shop(store)


# --- Pulling


UNSIGNED = "answers are not signed; they are read because verify_signature is off"
FORGED = "answers are wrongly signed; they are read because verify_signature is off"


@pytest.mark.parametrize(
    ("fault", "told"), [("", []), ("unsigned-answer", [UNSIGNED]), ("wrongly-signed-answer", [FORGED])]
)
async def test_without_verification_a_partner_is_served_whatever_it_signs_and_that_is_told_once(
    store: Store, fault: str, told: list[str]
) -> None:
    """SG4: once in the report of each cycle, and not at each exchange."""
    shop = Shop(store, settings={"fault": fault})
    shop.source = replace(shop.source, verify_signature=False)
    report = await shop.sync()
    assert (ids(shop), report.errors) == (MESSAGES[::-1], [])
    assert [(it.rule, it.text) for it in report.remarks] == [("SG4", text) for text in told]
    assert [(it.rule, it.text) for it in (await shop.info()).remarks] == [("SG4", text) for text in told]

    (await shop.agent()).create(HELLO)
    report = await shop.sync()
    assert [(it.outcome, it.entry.foreign_id) for it in report.exports] == [("succeeded", "14")]
    assert [it.text for it in report.remarks] == told


@pytest.mark.parametrize(("fault", "signed"), [("unsigned-answer", False), ("", True)])
async def test_an_empty_body_of_a_list_is_an_empty_list_and_of_nothing_else(
    store: Store, fault: str, signed: bool
) -> None:
    """LS2: unsigned without verification, or rightly signed over no bytes."""
    shop = Shop(store, settings={"fault": fault})
    shop.source = replace(shop.source, verify_signature=signed)
    shop.endpoint.plan("messages.list", Says(Raw("")))
    report = await shop.sync()
    assert (report.errors, counts(report), report.objects["messages"].cursor_after) == ([], (0, 0, 0, 0), None)
    told = [it for it in report.objects["messages"].remarks.counts.items() if it[0].rule == "LS2"]
    assert told == [(Remark("LS2", "the body is empty, and was read as an empty list"), 1)]

    shop.later(minutes=1)
    assert counts(await shop.sync()) == (8, 0, 0, 0)

    (await shop.agent()).create(HELLO)
    shop.endpoint.plan("threads.create", Says(Raw("")))
    report = await shop.sync()
    assert [(it.outcome, it.entry.error) for it in report.exports] == [
        ("retried", "expected the created content with its 'id', got an answer without an 'id'")
    ]
    shop.endpoint.plan(INFO, Says(Raw("")))
    [error] = (await shop.sync()).errors
    assert (error.action, error.came) == (INFO, "an empty body")


async def test_the_first_cycle_imports_everything(shop: Shop) -> None:
    report = await shop.sync()

    assert (ids(shop, "threads"), ids(shop, "private_messages")) == (THREADS[::-1], PRIVATE[::-1])
    assert ids(shop) == MESSAGES[::-1]
    assert {name: counts(report, name)[0] for name in report.objects} == {
        "threads": 3,
        "messages": 8,
        "private_messages": 2,
    }
    assert (report.failed, report.errors, report.interval) == (False, [], 60)
    assert (report.started, report.ended) == (shop.now, shop.now)
    assert sorted(row["foreign_id"] for row in rows(shop.store, "identity")) == ["42", "agent", "jun", "marc"]


async def test_objects_are_listed_in_the_order_of_the_guide_each_until_nothing_new_comes(shop: Shop) -> None:
    await shop.sync()

    assert shop.asked == [INFO, *(action for action in LISTS for _ in range(2))]
    assert since_ids(shop, "messages.list") == [None, "11"]


async def test_the_second_cycle_asks_from_where_the_first_one_ended_and_changes_not_one_row(shop: Shop) -> None:
    await shop.sync()
    before = everything(shop.store)
    shop.endpoint.forum.ledger.clear()
    shop.later(minutes=1)
    report = await shop.sync()
    after = everything(shop.store)

    assert shop.asked == [INFO, *LISTS]
    assert since_ids(shop, "messages.list") == ["11"]
    assert report.idle
    for table in ("content", "identity", "cursor", "lookup", "outbox"):
        assert after[table] == before[table]


async def test_what_is_new_or_changed_at_the_partner_is_pulled_and_nothing_else(shop: Shop) -> None:
    await shop.sync()
    shop.later(minutes=1)
    shop.endpoint.forum.edit("6", body="<p>Sorry!</p>")
    added = shop.endpoint.forum.add_message("jun", "1", "<p>One more thing</p>")
    report = await shop.sync()

    assert (counts(report), ids(shop)[-1]) == ((1, 1, 0, 0), added.id)
    assert [row["body"] for row in rows(shop.store, "content") if row["foreign_id"] == "6"] == ["<p>Sorry!</p>"]


@pytest.mark.parametrize("repeats", [False, True])
async def test_a_partner_that_limits_its_pages_is_followed_page_by_page(store: Store, repeats: bool) -> None:
    shop = Shop(store, settings={"listing": Listing(page_size=3, repeats_since_id=repeats)})
    seen: list[Event] = []
    report = await cycle(shop, watch=seen.append)

    assert since_ids(shop, "messages.list") == [None, "6", "9", "11"]
    assert sorted(ids(shop), key=int) == MESSAGES
    assert [event.cursor.since_id for event in seen if isinstance(event, Accepted) and event.object == "messages"] == [
        "6",
        "9",
        "11",
        "11",
    ]
    assert counts(report)[0] == 8


class Unhurried(Store):
    """Stores a page only once the next one is asked for."""

    asked: threading.Event

    def save_page(self, lease: Lease, accepted: Accepted, *args: Any) -> None:
        if accepted.listing is not None:
            assert self.asked.wait(10), "nothing is asked for before the page is stored"
            self.asked.clear()
        super().save_page(lease, accepted, *args)


async def test_while_a_page_is_stored_the_next_is_asked_for() -> None:
    with Unhurried.open("sqlite://") as store:
        store.asked = threading.Event()
        shop = Shop(store, settings={"listing": Listing(page_size=3)})
        way = Between(shop)
        way.before = lambda action: store.asked.set() if way.asked[-2:] == [action] * 2 else None
        await cycle(shop, way)

    assert since_ids(shop, "messages.list") == [None, "6", "9", "11"]


async def test_a_listing_that_reaches_the_page_limit_goes_on_in_the_next_cycle(store: Store) -> None:
    shop = Shop(store, settings={"listing": Listing(page_size=3)})
    shop.source = replace(shop.source, max_pages=2)
    first, second = await shop.sync(), await shop.sync()

    assert (first.objects["messages"].requests, first.objects["messages"].more_later) == (2, True)
    assert (second.objects["messages"].requests, second.objects["messages"].more_later) == (2, False)
    assert sorted(ids(shop), key=int) == MESSAGES


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Fails(500), ErrorStatus),
        (Says([]), UnexpectedShape),
        (Says({"options": []}), UnexpectedShape),
        (Says(None), UnexpectedShape),
        (Says({"error": {"message": "no"}}), UnexpectedShape),
    ],
)
async def test_nothing_is_sent_after_an_info_that_is_none(shop: Shop, answer: Any, kind: type[PartnerError]) -> None:
    (await shop.agent()).create(HELLO)
    shop.endpoint.forum.ledger.clear()
    shop.endpoint.plan(INFO, answer)
    report = await shop.sync()

    assert shop.asked == [INFO]
    assert [type(error) for error in report.errors] == [kind]
    assert (report.objects, report.exports, report.interval) == ({}, [], None)


async def test_what_a_partner_declares_counts_at_once(shop: Shop) -> None:
    await shop.sync()
    shop.endpoint.capabilities = DEFAULT.without("messages.list").without("threads.list")
    shop.endpoint.forum.ledger.clear()
    await shop.sync()
    assert shop.asked == [INFO, "private_messages.list"]

    shop.endpoint.capabilities = DEFAULT.declaring("threads").declaring("messages").declaring("private_messages")
    report = await shop.sync()
    assert report.interval == 180
    assert report.objects == {}


async def test_what_a_partner_declared_before_counts_again_when_it_is_declared_again(store: Store) -> None:
    """LS5: the very page that changed nothing then changes something now."""
    shop = Shop(store, settings={"listing": Listing(repeats_since_id=True)})
    threads = []
    for capabilities in (DEFAULT, DEFAULT, DEFAULT.with_options("messages.unthreaded"), DEFAULT):
        shop.endpoint.capabilities = capabilities
        await shop.sync()
        threads.append([row["thread_id"] for row in rows(store, "content") if row["foreign_id"] == MESSAGES[-1]])
    assert threads[2] == [None]
    assert threads[0] == threads[1] == threads[3] != [None]


async def test_a_partner_without_threads_has_messages_without(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": UNTHREADED})
    await shop.sync()

    assert (ids(shop, "threads"), ids(shop)) == ([], MESSAGES[::-1])
    assert {row["thread_id"] for row in rows(store, "content")} == {None}


async def test_threads_that_are_but_a_title_are_imported(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": TITLES_ONLY})
    await shop.sync()

    threads = [row for row in rows(store, "content") if row["object"] == "threads"]
    assert {(row["foreign_id"], row["title"], row["body"]) for row in threads} == {
        ("1", "Which size?", None),
        ("2", "Colis abîmé", None),
        ("3", "Open on Sundays?", None),
    }


# --- What fails


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Fails(503), ErrorStatus),
        (Says({"messages": []}), UnexpectedShape),
        (Says({"error": {"message": "no"}}), ResourceError),
    ],
)
async def test_a_list_that_fails_stops_neither_the_other_objects_nor_the_exports(
    shop: Shop, answer: Any, kind: type[PartnerError]
) -> None:
    (await shop.agent()).create(HELLO)
    shop.endpoint.plan("messages.list", answer)
    report = await shop.sync()

    assert [type(error) for error in report.errors] == [kind]
    assert [error.action for error in report.errors] == ["messages.list"]
    assert (ids(shop), ids(shop, "private_messages")) == ([], PRIVATE[::-1])
    assert report.outcomes()["succeeded"] == 1
    assert rows(shop.store, "cycle")[-1]["outcome"] == "failed"
    assert rows(shop.store, "source")[0]["failures"] == 0  # the other lists keep their rhythm (CY4)


async def test_pages_before_one_that_fails_are_kept(store: Store) -> None:
    shop = Shop(store, settings={"listing": Listing(page_size=3)})
    shop.endpoint.plan("messages.list", Obeys(), Fails(500))
    await shop.sync()
    assert sorted(ids(shop), key=int) == MESSAGES[:3]

    await shop.sync()
    assert sorted(ids(shop), key=int) == MESSAGES
    assert since_ids(shop, "messages.list") == [None, "6", "6", "9", "11"]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(httpx.ConnectError("boom"), EndpointUnreachable), (httpx.ReadTimeout("boom"), DeadlineExceeded)],
)
@pytest.mark.parametrize("action", [INFO, "threads.list", "messages.list", "threads.create"])
async def test_an_endpoint_that_is_gone_ends_the_cycle(
    shop: Shop, failure: Exception, kind: type[PartnerError], action: str
) -> None:
    agent = await shop.agent()
    for _ in range(2):
        agent.create(HELLO)
    way = Between(shop)

    def fail(asked: str) -> None:
        if asked == action:
            raise failure

    way.before = fail
    report = await cycle(shop, way)

    assert way.asked.index(action) == len(way.asked) - 1
    assert [(type(error), error.action) for error in report.errors] == [(kind, action)]
    assert rows(shop.store, "source")[0]["lease_owner"] is None


async def test_a_connection_that_breaks_once_does_not_end_the_cycle(shop: Shop) -> None:
    way = Between(shop)

    def fail(asked: str) -> None:
        if asked == "threads.list":
            raise httpx.ReadError("boom")

    way.before = fail
    report = await cycle(shop, way)

    assert [type(error) for error in report.errors] == [ConnectionBroken]
    assert ids(shop) == MESSAGES[::-1]


async def test_without_a_partner_a_cycle_makes_its_own(store: Store) -> None:
    nowhere = Source(name="nowhere", base_uri="http://nobody.invalid/", secret=SECRET)
    report = await run_cycle(nowhere, store)

    assert [type(error) for error in report.errors] == [EndpointUnreachable]
    assert report.ended is not None
    assert report.ended - report.started < timedelta(seconds=30)


# --- Threads that only messages name


async def test_threads_that_are_not_listed_are_looked_up_once_each(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": DEFAULT.without("threads.list")})
    report = await shop.sync()

    shown = shop.endpoint.forum.ledger.of("threads.show")
    assert [entry.params for entry in shown] == [{"id": "1"}, {"id": "2"}, {"id": "3"}]
    assert (report.looked_up, ids(shop, "threads")) == (3, THREADS)
    assert shop.asked.index("threads.show") < shop.asked.index("private_messages.list")

    shop.endpoint.forum.ledger.clear()
    shop.endpoint.forum.edit("4", body="<p>edited</p>")
    assert (await shop.sync()).looked_up == 0
    assert shop.endpoint.forum.ledger.of("threads.show") == []


async def test_a_thread_that_cannot_be_shown_is_asked_for_once_and_keeps_its_messages(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": DEFAULT.without("threads.list")})
    shop.endpoint.plan("threads.show", Fails(404, "gone"), Says({}), Says([1]))
    reports = [await shop.sync(), await shop.sync()]

    assert [report.failed for report in reports] == [False, False]
    assert [remark.rule for remark in reports[0].objects["messages"].remarks.counts] == ["LS9", "LS9"]
    assert len(shop.endpoint.forum.ledger.of("threads.show")) == 3
    assert (ids(shop, "threads"), ids(shop)) == ([], MESSAGES[::-1])


async def test_a_thread_is_stored_under_the_id_that_messages_name(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": DEFAULT.without("threads.list")})
    author = {"id": "marc", "screenname": "marc_75"}
    shop.endpoint.plan("threads.show", Says({"id": "thread-1", "title": "Size", "body": "S or M?", "author": author}))
    await shop.sync()

    assert ids(shop, "threads") == THREADS
    assert [row["title"] for row in rows(store, "content") if row["foreign_id"] == "1"] == ["Size"]


async def test_a_look_up_that_is_cut_off_is_made_up_for(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": DEFAULT.without("threads.list")})
    way = Between(shop)

    def fail(asked: str) -> None:
        if way.asked.count("threads.show") == 2:
            raise httpx.ConnectError("boom")

    way.before = fail
    await cycle(shop, way)
    assert ids(shop, "threads") == ["1"]

    await shop.sync()
    assert ids(shop, "threads") == THREADS


async def test_without_threads_show_nothing_is_looked_up(store: Store) -> None:
    shop = Shop(store, settings={"capabilities": DEFAULT.without("threads.list").without("threads.show")})
    report = await shop.sync()

    assert (report.looked_up, report.errors, ids(shop)) == (0, [], MESSAGES[::-1])


# --- Cursors that the partner no longer knows


async def removing_the_cursor(store: Store, fault: str, cursor_check: float) -> Shop:
    """A shop whose cursor was removed at the partner, where two messages came in afterwards."""
    shop = Shop(store, settings={"fault": fault})
    shop.source = replace(shop.source, cursor_check=cursor_check)
    await shop.sync()
    shop.later(minutes=1)
    shop.endpoint.forum.remove("11")
    for body in ("<p>one</p>", "<p>two</p>"):
        shop.endpoint.forum.add_message("jun", "1", body)
    shop.endpoint.forum.ledger.clear()
    return shop


FORGETFUL = ["removed-cursor-nothing", "removed-cursor-everything", "removed-cursor-all-but-oldest"]


@pytest.mark.parametrize("fault", FORGETFUL)
async def test_a_source_whose_cursor_was_removed_goes_on_by_itself(store: Store, fault: str) -> None:
    shop = await removing_the_cursor(store, fault, cursor_check=0)
    report = await shop.sync()

    assert sorted(ids(shop), key=int) == [*MESSAGES, "14", "15"]
    assert report.errors == []
    assert since_ids(shop, "messages.list")[0] == "11"
    assert rows(store, "cursor")[0]["since_id"] == "15"
    assert counts(await shop.sync())[:2] == (0, 0)


@pytest.mark.parametrize("fault", FORGETFUL)
async def test_a_cursor_that_gets_nothing_is_checked_after_an_hour(store: Store, fault: str) -> None:
    shop = await removing_the_cursor(store, fault, cursor_check=3_600)
    imported = []
    for _ in range(3):
        imported.append(counts(await shop.sync())[0])
        shop.later(minutes=30)
    assert imported == ([0, 0, 2] if fault == "removed-cursor-nothing" else [2, 0, 0])
    assert sorted(ids(shop), key=int) == [*MESSAGES, "14", "15"]


async def test_a_cursor_that_is_still_known_costs_a_check_an_hour(shop: Shop) -> None:
    await shop.sync()
    requests = []
    for _ in range(4):
        shop.later(minutes=31)
        shop.endpoint.forum.ledger.clear()
        await shop.sync()
        requests.append(since_ids(shop, "messages.list"))

    assert requests == [["11"], ["11", None], ["11"], ["11", None]]


async def test_our_own_deletion_of_the_cursor_is_followed_up_in_the_next_cycle(store: Store) -> None:
    shop = Shop(store, settings={"fault": "removed-cursor-nothing"})
    await shop.sync()
    (await shop.agent()).act("delete", "11")
    await shop.sync()
    shop.endpoint.forum.add_message("jun", "1", "<p>next</p>")
    report = await shop.sync()

    assert counts(report)[0] == 1
    assert ids(shop)[-1] == "14"


# --- Cycles that do not come to their end


async def test_a_cycle_that_is_cancelled_is_called_interrupted_and_gives_its_lease_back(shop: Shop) -> None:
    way = Between(shop)
    with anyio.CancelScope() as scope:
        way.after = lambda action: scope.cancel() if action == "messages.list" else None
        await cycle(shop, way)

    assert scope.cancelled_caught
    assert way.asked[-1] == "messages.list"
    [row] = rows(shop.store, "cycle")
    assert (row["outcome"], row["ended_at"] is not None) == ("interrupted", True)
    assert rows(shop.store, "source")[0]["lease_owner"] is None
    assert [row["error"] for row in rows(shop.store, "exchange")] == ["", "", "", "interrupted"]
    assert (ids(shop, "threads"), ids(shop)) == (THREADS[::-1], [])

    assert not (await shop.sync()).failed
    assert ids(shop) == MESSAGES[::-1]


LOOKS = 37
"""How often such a cycle looks at the clock: before every request and every commit."""


async def page_and_send(shop: Shop, look: Callable[[int], object]) -> None:
    """One cycle with several pages and an export; `look` is told each time it looks at the clock, and may cancel it."""
    shop.endpoint.listing = Listing(page_size=3)
    (await shop.agent()).create(HELLO)
    looks = count(1)

    def clock() -> datetime:
        look(next(looks))
        return shop.now

    async with Partner(shop.source, transport=httpx.ASGITransport(shop.endpoint), clock=clock) as partner:
        await run_cycle(shop.source, shop.store, partner=partner, clock=clock)


async def test_these_are_all_moments_at_which_a_cycle_can_be_cancelled(shop: Shop) -> None:
    looks: list[int] = []
    await page_and_send(shop, looks.append)

    assert looks[-1] == LOOKS


@pytest.mark.parametrize("moment", range(1, LOOKS + 1))
async def test_wherever_a_cycle_is_cancelled_it_ends_and_the_next_ones_make_up_for_it(shop: Shop, moment: int) -> None:
    with anyio.CancelScope() as scope:
        await page_and_send(shop, lambda look: scope.cancel() if look == moment else None)

    assert scope.cancel_called
    assert rows(shop.store, "source")[0]["lease_owner"] is None
    assert {row["outcome"] for row in rows(shop.store, "cycle")} <= {"interrupted", "succeeded"}
    for _ in range(3):
        await shop.sync()
    assert sorted(ids(shop), key=int) == MESSAGES
    assert [content.title for content in shop.endpoint.forum.standing("threads")].count("Hello") == 1
    assert sorted(ids(shop, "threads")) == ["1", "14", "2", "3"]
    assert [str(entry["status"]) for entry in shop.store.entries(shop.source)] == ["success"]


async def test_a_mistake_of_ours_is_not_swallowed_and_gives_the_lease_back(shop: Shop) -> None:
    def stumble(event: Event) -> None:
        if isinstance(event, Accepted):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cycle(shop, watch=stumble)

    assert [row["outcome"] for row in rows(shop.store, "cycle")] == ["interrupted"]
    assert rows(shop.store, "source")[0]["lease_owner"] is None


async def test_a_source_that_another_process_crawls_is_busy(shop: Shop) -> None:
    shop.store.begin_cycle(shop.source, "process 1 on elsewhere", shop.now)

    with pytest.raises(SourceBusy, match="process 1 on elsewhere"):
        await shop.sync()
    assert shop.asked == []


async def test_a_cycle_that_lost_its_lease_stops_at_its_next_write(shop: Shop) -> None:
    """By then the next page is asked for already."""

    def take_over(action: str) -> None:
        if way.asked[-2:] == ["threads.list", "messages.list"]:
            lapse(shop.store)
            shop.store.begin_cycle(shop.source, "process 1 on elsewhere", shop.now)

    way = Between(shop)
    way.before = take_over
    with pytest.raises(LeaseLost):
        await cycle(shop, way)

    assert way.asked == [INFO, "threads.list", "threads.list", "messages.list", "messages.list"]
    assert ids(shop) == []
    assert [row["outcome"] for row in rows(shop.store, "cycle")] == ["interrupted", "running"]
    assert rows(shop.store, "source")[0]["lease_owner"] == "process 1 on elsewhere"


async def test_a_cycle_whose_lease_could_not_be_renewed_asks_nothing_more_and_gives_back_what_is_still_its_own(
    shop: Shop,
) -> None:
    """By its own clock, without asking the database: reading is guarded like writing."""
    way = Between(shop)
    way.after = lambda action: held[0].tenure.end() if way.asked[-2:] == [action, "messages.list"] else None
    held: list[Lease] = []
    with pytest.raises(LeaseLost, match="shop: this cycle stops, because its lease could not be renewed in time"):
        await cycle(shop, way, watch=lambda event: held.append(event.lease) if isinstance(event, Begun) else None)

    assert way.asked == [INFO, "threads.list", "threads.list", "messages.list", "messages.list"]
    assert [row["outcome"] for row in rows(shop.store, "cycle")] == ["interrupted"]
    assert rows(shop.store, "source")[0]["lease_owner"] is None
    assert ids(shop) == MESSAGES[::-1]


# --- What is told and kept


async def test_whoever_watches_sees_exchanges_pages_and_settlements_in_their_order(shop: Shop) -> None:
    (await shop.agent()).create(HELLO)
    seen: list[Event] = []
    report = await cycle(shop, watch=seen.append)

    kinds = {Begun: "begun", Exchange: "exchange", Accepted: "page", Settled: "settled"}
    list_of_two = ["exchange", "exchange", "page", "page"]  # the second is asked for while the first is stored
    assert [kinds[type(event)] for event in seen] == ["begun", "exchange", *list_of_two * 3, "exchange", "settled"]
    assert [event for event in seen if isinstance(event, Settled)] == report.exports


async def test_exchanges_are_stored_byte_for_byte(shop: Shop) -> None:
    seen: list[Event] = []
    await cycle(shop, watch=seen.append)

    stored = rows(shop.store, "exchange")
    exchanges = [event for event in seen if isinstance(event, Exchange)]
    assert [row["request"] for row in stored] == [entry.body for entry in shop.endpoint.forum.ledger]
    assert [row["response"] for row in stored] == [it.answer.body for it in exchanges if it.answer]
    assert [row["action"] for row in stored] == shop.asked
    assert {row["verdict"] for row in stored} == {"valid"}


async def test_stored_exchanges_are_cut_where_the_source_says_so(shop: Shop) -> None:
    shop.source = replace(shop.source, keep_bytes=50)
    seen: list[Event] = []
    await cycle(shop, watch=seen.append)

    whole = [event for event in seen if isinstance(event, Exchange) and event.answer]
    for row, exchange in zip(rows(shop.store, "exchange"), whole, strict=True):
        assert exchange.answer is not None
        assert (row["request"], row["request_size"]) == (exchange.request[:50], exchange.request_size)
        assert (row["response"], row["response_size"]) == (exchange.answer.body[:50], exchange.answer_size)
    assert {len(exchange.request) for exchange in whole} == {50}
    assert max(row["response_size"] for row in rows(shop.store, "exchange")) > 1_000


async def test_the_report_is_kept(shop: Shop) -> None:
    report = await shop.sync()

    [kept] = shop.store.cycles(shop.source)
    assert kept["report"] == report.as_json()
    assert kept["outcome"] == "succeeded"


async def test_a_secret_that_an_answer_quotes_is_neither_reported_nor_kept(shop: Shop) -> None:
    echo = "your key 'open sesame' is known"
    agent = await shop.agent()
    agent.create(HELLO)
    shop.endpoint.plan("threads.list", Says(echo))
    shop.endpoint.plan("messages.list", Fails(500, echo))
    shop.endpoint.plan("private_messages.list", Says({"error": {"message": echo}}))
    shop.endpoint.plan("threads.create", Says([echo]))
    report = await shop.sync()
    shop.endpoint.plan(INFO, Says(echo))
    last = await shop.sync()

    assert [len(it.errors) for it in (report, last)] == [3, 1]
    assert WITHHELD in (rows(shop.store, "outbox")[0]["error"] or "")
    shown = f"{report.as_json()} {last.as_json()} {report!r} {last!r} {everything(shop.store)}"
    assert shown.count(WITHHELD) > 5
    assert "sesame" not in shown


async def test_cycles_are_run_until_nothing_is_left_to_do(store: Store) -> None:
    shop = Shop(store, settings={"listing": Listing(page_size=3)})
    shop.source = replace(shop.source, max_pages=2)
    (await shop.agent()).create(HELLO)
    shop.endpoint.plan("threads.create", Fails(500), Fails(500))
    async with shop.partner() as partner:
        reports = [it async for it in cycles_until_idle(shop.source, store, partner=partner, clock=shop.clock)]

    assert reports[-1].idle
    assert not any(report.idle for report in reports[:-1])
    assert [report.outcomes()["succeeded"] for report in reports][2] == 1
    assert sorted(ids(shop), key=int) == MESSAGES


async def test_cycles_at_a_partner_that_fails_end_after_the_first(shop: Shop) -> None:
    shop.endpoint.plan(INFO, Fails(500), times=9)
    async with shop.partner() as partner:
        reports = [it async for it in cycles_until_idle(shop.source, shop.store, partner=partner, clock=shop.clock)]

    assert len(reports) == 1


async def test_an_export_that_always_fails_is_given_up_and_cycles_end(shop: Shop) -> None:
    await shop.sync()
    (await shop.agent()).create(Draft(object="messages", body="Hello", thread=Ref("threads", foreign_id="1")))
    shop.endpoint.plan("messages.create", Fails(500), times=9)
    async with shop.partner() as partner:
        reports = [it async for it in cycles_until_idle(shop.source, shop.store, partner=partner, clock=shop.clock)]

    assert [report.outcomes()["given up"] for report in reports] == [0, 0, 1, 0]


# --- A partner that is a WSGI application


class InThread(httpx.AsyncBaseTransport):
    """A synchronous transport, such as httpx.WSGITransport, in a thread."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self.transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()

        def exchange() -> httpx.Response:
            response = self.transport.handle_request(request)
            return httpx.Response(response.status_code, headers=response.headers, content=response.read())

        return await anyio.to_thread.run_sync(exchange)


async def test_a_wsgi_application_in_process_is_crawled_like_any_other(shop: Shop) -> None:
    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        headers = {name[5:].replace("_", "-").lower(): it for name, it in environ.items() if name.startswith("HTTP_")}
        request = Request(method=environ["REQUEST_METHOD"], headers=headers, body=environ["wsgi.input"].read())
        response = shop.endpoint.respond(request)
        start_response(f"{response.status} OK", list(response.headers.items()))
        return [response.body]

    report = await cycle(shop, InThread(httpx.WSGITransport(application)))

    assert not report.failed
    assert ids(shop) == MESSAGES[::-1]
