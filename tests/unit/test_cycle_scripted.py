"""Cycles against a partner of which every answer is scripted: cursors, odd answers, failures in between (LS, PU)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from crawler.agent import Agent, known_info
from crawler.cycle import run_cycle
from crawler.partner import Partner
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from crawler.sync.state import Status
from tests.partners.calling import fixed_clock, source
from tests.partners.routes import Routes, signed
from tests.unit.store.writing import rows

OBJECTS = {"messages": ["list", "create", "delete"]}
UNTHREADED = ("messages.unthreaded",)


def message(foreign_id: str, **more: Any) -> dict[str, Any]:
    author = {"id": "42", "screenname": "Ann"}
    return {"id": foreign_id, "author": author, "body": "Hi", "actions": ["delete"], **more}


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://", clock=fixed_clock) as store:
        yield store


@pytest.fixture
def routes() -> Routes:
    return Routes(OBJECTS, UNTHREADED)


@asynccontextmanager
async def crawling(routes: Routes) -> AsyncIterator[tuple[Source, Partner]]:
    shop = source(agent_id="agent")
    async with Partner(shop, transport=routes.transport, clock=fixed_clock) as partner:
        yield shop, partner


async def cycle(routes: Routes, store: Store) -> CycleReport:
    async with crawling(routes) as (shop, partner):
        return await run_cycle(shop, store, partner=partner, clock=fixed_clock)


async def reply(routes: Routes, store: Store, body: str) -> None:
    async with crawling(routes) as (shop, partner):
        info = await known_info(shop, store, partner, clock=fixed_clock)
    Agent(shop, store, info, clock=fixed_clock).reply("1", Draft(object="messages", body=body))


def imported(store: Store) -> list[str]:
    return [row["foreign_id"] for row in rows(store, "content")]


async def test_each_answers_newest_id_is_the_next_cursor(routes: Routes, store: Store) -> None:
    routes.on("messages.list", since_id=None).mock(return_value=signed([message("2"), message("1")]))
    routes.on("messages.list", since_id="2").mock(return_value=signed([message("3")]))
    routes.on("messages.list", since_id="3").mock(return_value=signed([]))
    await cycle(routes, store)
    await cycle(routes, store)

    assert routes.asked("messages.list") == [{}, {"since_id": "2"}, {"since_id": "3"}, {"since_id": "3"}]
    assert sorted(imported(store)) == ["1", "2", "3"]


async def test_a_list_that_fails_keeps_the_cursor_for_the_next_cycle(routes: Routes, store: Store) -> None:
    routes.on("messages.list", since_id=None).mock(return_value=signed([message("1")]))
    later: list[Any] = [httpx.ReadError("reset"), signed("come back later", 503), signed([message("2")])]
    routes.on("messages.list", since_id="1").mock(side_effect=later)
    routes.on("messages.list", since_id="2").mock(return_value=signed([]))
    failed = [(await cycle(routes, store)).failed for _ in range(3)]

    assert failed == [True, True, False]
    assert imported(store) == ["1", "2"]


async def test_a_partner_that_goes_in_circles_is_left_after_one_round(routes: Routes, store: Store) -> None:
    routes.on("messages.list", since_id=None).mock(return_value=signed([message("1")]))
    routes.on("messages.list", since_id="1").mock(return_value=signed([message("2")]))
    routes.on("messages.list", since_id="2").mock(return_value=signed([message("1")]))
    await cycle(routes, store)

    assert routes.asked("messages.list") == [{}, {"since_id": "1"}, {"since_id": "2"}]


async def test_an_answer_that_is_lost_makes_the_next_attempt_a_repeat(routes: Routes, store: Store) -> None:
    routes.on("messages.list", since_id=None).mock(return_value=signed([message("1")]))
    routes.on("messages.list", since_id="1").mock(return_value=signed([]))
    created = routes.on("messages.create")
    created.mock(side_effect=[httpx.ReadError("reset"), signed({"id": "9"})])
    await cycle(routes, store)
    await reply(routes, store, "Merci")
    await cycle(routes, store)
    await cycle(routes, store)

    first, second = routes.asked("messages.create")
    assert (first["retry"], second["retry"]) == (False, True)
    assert first["content_id"] == second["content_id"]
    [entry] = rows(store, "outbox")
    assert (entry["status"], entry["foreign_id"], entry["attempts"]) == (Status.SUCCESS, "9", 2)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (signed({"error": {"fatal": True, "message": "no"}}), Status.ABORTED),
        (signed({"error": {"fatal": False, "message": "not now"}}), Status.PENDING),
        (signed({}), Status.PENDING),
        (signed(b"<html>"), Status.PENDING),
        (httpx.Response(200, json={"id": "9"}), Status.PENDING),
        (signed({"id": 9}), Status.SUCCESS),
    ],
    ids=["fatal", "not fatal", "no id", "not JSON", "unsigned", "an id that is a number"],
)
async def test_what_a_creates_answer_makes_of_its_entry(
    routes: Routes, store: Store, answer: httpx.Response, status: Status
) -> None:
    routes.on("messages.list").mock(side_effect=[signed([message("1")]), *[signed([])] * 9])
    routes.on("messages.create").mock(return_value=answer)
    await cycle(routes, store)
    await reply(routes, store, "Merci")
    await cycle(routes, store)

    assert [row["status"] for row in rows(store, "outbox")] == [status]
