"""Sending at once what agents have queued (LS8): only what was never attempted, and nothing else is changed by it."""

from dataclasses import replace
from typing import Any

import pytest

from crawler.errors import LeaseLost, SourceBusy
from crawler.journal import Event, Watch, unwatched
from crawler.protocol.envelope import Exchange
from crawler.push import run_push
from crawler.reference import Fails, LosesReply
from crawler.store import Begun, Lease, Store
from crawler.sync.queueing import Draft
from crawler.sync.report import CycleReport
from crawler.sync.state import Ref, Status
from tests.unit.shop import Shop
from tests.unit.store.writing import rows

CREATE = "messages.create"
REPLY = Draft(object="messages", body="<p>Sorry!</p>", format="html")
TOPIC = Draft(object="threads", title="Topic", body="<p>All</p>", format="html", author_id="agent")


@pytest.fixture
async def shop(store: Store) -> Shop:
    """A managed source whose contents were imported."""
    shop = Shop(store)
    store.manage([shop.source])
    return await shop.imported()


async def push(shop: Shop, watch: Watch = unwatched) -> CycleReport:
    async with shop.partner() as partner:
        return await run_push(shop.source, shop.store, partner=partner, clock=shop.clock, watch=watch)


def params(shop: Shop) -> list[Any]:
    return [(found.params["content_id"], found.params["retry"]) for found in shop.endpoint.forum.ledger.of(CREATE)]


async def agent(shop: Shop) -> Any:
    found = await shop.agent()
    shop.endpoint.forum.ledger.clear()
    return found


async def test_what_was_queued_is_sent_without_info_or_lists(shop: Shop) -> None:
    (await agent(shop)).reply("7", REPLY)
    report = await push(shop)

    assert shop.asked == [CREATE]
    assert [settled.outcome for settled in report.exports] == ["succeeded"]
    assert report.as_json()["kind"] == "push"
    assert not report.as_json()["objects"]


async def test_the_schedule_and_the_count_of_failures_stay_as_they_were(shop: Shop) -> None:
    (await agent(shop)).reply("7", REPLY)
    [before] = rows(shop.store, "source")
    await push(shop)
    [after] = rows(shop.store, "source")

    assert after.pop("fence") == before.pop("fence") + 1
    assert after == before
    assert after["lease_owner"] is None


async def test_what_waited_for_it_goes_along(shop: Shop) -> None:
    it = await agent(shop)
    topic = it.create(TOPIC)
    it.create(replace(REPLY, thread=Ref("threads", entry_id=topic.id)))
    await push(shop)

    assert shop.asked == ["threads.create", CREATE]


async def test_one_that_fails_is_the_next_cycles_and_no_other_pushs(shop: Shop) -> None:
    shop.endpoint.plan(CREATE, Fails(500), times=1)
    it = await agent(shop)
    it.reply("7", REPLY)
    failed = await push(shop)
    it.reply("7", REPLY)
    await push(shop)
    await shop.sync()

    assert [settled.outcome for settled in failed.exports] == ["retried"]
    assert params(shop) == [("q1", False), ("q2", False), ("q1", True)]


async def test_one_whose_answer_was_lost_is_repeated_by_the_next_cycle(shop: Shop) -> None:
    shop.endpoint.plan(CREATE, LosesReply(), times=1)
    (await agent(shop)).reply("7", REPLY)
    await push(shop)
    await shop.sync()

    assert params(shop) == [("q1", False), ("q1", True)]
    assert [row["status"] for row in rows(shop.store, "outbox")] == [Status.SUCCESS]


async def test_nothing_known_is_asked_for_first_and_remembered(shop: Shop) -> None:
    (await agent(shop)).reply("7", REPLY)
    shop.source = replace(shop.source, deadline=7)  # other settings: what was declared under the old ones is forgotten
    await push(shop)
    (await agent(shop)).reply("7", REPLY)
    await push(shop)

    assert shop.asked == [CREATE]
    assert shop.store.stored_info(shop.source) is not None


async def test_without_an_answer_about_its_capabilities_nothing_is_attempted(shop: Shop) -> None:
    (await agent(shop)).reply("7", REPLY)
    shop.source = replace(shop.source, deadline=7)
    shop.endpoint.plan("implementation.info", Fails(500), times=1)
    report = await push(shop)

    assert [error.action for error in report.errors] == ["implementation.info"]
    assert [row["attempts"] for row in rows(shop.store, "outbox")] == [0]
    assert [row["failures"] for row in rows(shop.store, "source")] == [0]


async def test_where_another_process_crawls_the_source_nothing_is_sent(shop: Shop) -> None:
    (await agent(shop)).reply("7", REPLY)
    shop.store.begin_cycle(shop.source, "process 1 on elsewhere", shop.now)

    with pytest.raises(SourceBusy, match="process 1 on elsewhere"):
        await push(shop)
    assert shop.asked == []


async def test_one_whose_lease_could_not_be_renewed_stops_before_its_next_request(shop: Shop) -> None:
    """It keeps to the lease as a cycle does (CY2); what it has not sent is sent by the next cycle."""
    it = await agent(shop)
    for _ in range(2):
        it.reply("7", REPLY)
    held: list[Lease] = []

    def lose(event: Event) -> None:
        if isinstance(event, Begun):
            held.append(event.lease)
        if isinstance(event, Exchange):
            held[0].tenure.end()

    with pytest.raises(LeaseLost, match="shop: this cycle stops"):
        await push(shop, lose)
    assert params(shop) == [("q1", False)]
    assert rows(shop.store, "source")[0]["lease_owner"] is None
    await shop.sync()
    assert [content_id for content_id, _ in params(shop)] == ["q1", "q2"]


async def test_while_it_sends_nobody_else_crawls_the_source(shop: Shop) -> None:
    (await agent(shop)).reply("7", REPLY)
    claimed: list[Lease] = []
    await push(shop, lambda _event: claimed.extend(shop.store.claim("process 1 on elsewhere", limit=1, ahead=7200)))
    assert claimed == []
    assert [lease.source for lease in shop.store.claim("process 1 on elsewhere", limit=1, ahead=7200)] == ["shop"]


async def test_it_has_a_row_of_its_own_kind_and_is_not_the_last_cycle(shop: Shop) -> None:
    (await agent(shop)).reply("7", REPLY)
    await push(shop)

    assert [(row["kind"], row["outcome"]) for row in rows(shop.store, "cycle")] == [
        ("cycle", "succeeded"),
        ("push", "succeeded"),
    ]
    [overview] = shop.store.overview()
    assert overview["last_cycle"]["kind"] == "cycle"
    assert [exchange["action"] for exchange in shop.store.exchanges(shop.source, 2)] == [CREATE]


async def test_pushes_are_pruned_like_cycles(shop: Shop) -> None:
    shop.source = replace(shop.source, keep_cycles=2)
    it = await agent(shop)
    for _ in range(3):
        it.reply("7", REPLY)
        await push(shop)

    assert [row["kind"] for row in rows(shop.store, "cycle")] == ["push", "push"]
