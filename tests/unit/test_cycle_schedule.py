"""From when a cycle counts for the next one: from the answer to its `implementation.info` (CY1)."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import anyio
import httpx
import pytest

from crawler.cycle import run_cycle
from crawler.errors import PartnerError
from crawler.journal import Event
from crawler.partner import Partner, Record, unrecorded
from crawler.protocol.envelope import Answer, Exchange, Request
from crawler.reference import Fails
from crawler.store import Begun, Store
from crawler.sync.schedule import GRAIN
from tests.unit.cycling import INFO, Between, cycle
from tests.unit.shop import NOON, Shop
from tests.unit.store.writing import rows

SINCE = 30.0
"""Seconds from a cycle's beginning in the database to the end of its `implementation.info`."""


class Delayed(Store):
    """A database whose cycles begin `SINCE` seconds before its answers about that are read."""

    def begin_cycle(self, *args: Any, **more: Any) -> Begun:
        begun = super().begin_cycle(*args, **more)
        return replace(begun, at=begun.at - SINCE)


class Timed(Partner):
    """A partner whose `implementation.info` took so long: pairs of `Exchange.seconds` and `Exchange.answered`."""

    took: tuple[tuple[float, float | None], ...] = ()

    async def send(
        self, request: Request, *, expected: str, record: Record = unrecorded, fresh: bool = False
    ) -> Answer:
        if request.action != INFO:
            return await super().send(request, expected=expected, record=record, fresh=fresh)
        real: list[Exchange] = []
        try:
            return await super().send(request, expected=expected, record=real.append, fresh=fresh)
        finally:
            for seconds, answered in self.took:
                record(replace(real[-1], seconds=seconds, answered=answered))


@pytest.fixture
def store() -> Iterator[Store]:
    with Delayed.open("sqlite://", clock=lambda: NOON) as store:
        yield store


@pytest.fixture
def shop(store: Store) -> Shop:
    return Shop(store)


def due(shop: Shop) -> float:
    """How many seconds after the cycle's beginning the next one is due."""
    due_at: float = rows(shop.store, "source")[0]["due_at"]
    return due_at - NOON.timestamp()


@pytest.mark.parametrize(
    ("took", "asked"),
    [
        ([(0, 0)], SINCE),
        ([(12, 5)], SINCE - 7),  # its body took its time
        ([(8, None), (12, 5)], SINCE - 7),  # on a connection that was broken, and then on a fresh one
        ([(8, 8), (12, None)], SINCE),
        ([(12, None)], SINCE),  # no answer: from the exchange's end
    ],
)
@pytest.mark.parametrize("fails", [False, True])
async def test_an_interval_counts_from_the_last_answer_to_the_info(
    shop: Shop, took: list[tuple[float, float | None]], asked: float, fails: bool
) -> None:
    if fails:
        shop.endpoint.plan(INFO, Fails(503, "closed"))
    partner = Timed(shop.source, transport=httpx.ASGITransport(shop.endpoint), clock=shop.clock)
    partner.took = tuple(took)
    async with partner:
        report = await run_cycle(shop.source, shop.store, partner=partner, clock=shop.clock)

    assert report.failed is fails
    assert asked + 60 + GRAIN <= due(shop) < asked + 60 + GRAIN + 5


async def test_a_partner_that_takes_its_time_is_left_in_peace_for_an_interval_after_its_answer(shop: Shop) -> None:
    moments: list[float] = []

    class Thinking(Between):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            if len(self.asked) == 1:
                await anyio.sleep(0.05)
                moments.append(anyio.current_time())
            return response

    begun: list[Begun] = []

    def watch(event: Event) -> None:
        if isinstance(event, Begun):
            begun.append(event)

    await cycle(shop, Thinking(shop), watch=watch)
    assert due(shop) >= moments[0] - begun[0].at + 60 + GRAIN


async def test_a_cycle_that_is_cut_off_while_it_asks_counts_from_then(shop: Shop) -> None:
    with anyio.CancelScope() as scope:
        way = Between(shop)
        way.after = lambda _action: scope.cancel()
        await cycle(shop, way)

    assert [row["outcome"] for row in rows(shop.store, "cycle")] == ["interrupted"]
    assert SINCE + 60 + GRAIN <= due(shop) < SINCE + 60 + 5


async def test_a_process_that_dies_after_the_answer_has_planned_for_the_latest_that_could_come(shop: Shop) -> None:
    """Nothing is written between the beginning and the first page: what was planned at the beginning holds (CY1)."""
    planned: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, Exchange):
            planned.append(due(shop))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await cycle(shop, watch=watch)
    assert planned == [pytest.approx(2 * shop.source.deadline + 60 + GRAIN, abs=1e-3)]


async def test_a_cycle_by_hand_says_how_much_sooner_it_comes_than_the_schedule_has_it(shop: Shop) -> None:
    reports = [await shop.sync(), await shop.sync()]

    assert reports[0].early == 0
    assert reports[1].early == pytest.approx(SINCE + 60 + GRAIN, abs=5)
    assert rows(shop.store, "cycle")[1]["report"] is not None


async def test_one_that_the_schedule_has_brought_says_nothing_of_the_kind(shop: Shop) -> None:
    shop.store.manage([shop.source])
    [lease] = shop.store.claim("me", limit=1)
    report = await cycle(shop, lease=lease)
    assert report.early is None


@pytest.mark.parametrize("fails", [False, True])
async def test_an_exchange_says_when_its_answer_began(shop: Shop, fails: bool) -> None:
    """When the head was there: also where the rest of it never comes."""

    class Body(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            await anyio.sleep(0.02)
            if fails:
                raise httpx.ReadError("it hung up")
            yield b"{}"

    async def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(503, stream=Body())

    seen: list[Exchange] = []
    async with Partner(shop.source, transport=httpx.MockTransport(answer)) as partner:
        with suppress(PartnerError):
            await partner.ask(INFO, expected="anything", record=seen.append)
    assert seen[0].answered is not None
    assert 0 <= seen[0].answered <= seen[0].seconds - 0.015
    assert (seen[0].answer is None) is fails


async def test_an_exchange_without_an_answer_says_that_none_began(shop: Shop) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    seen: list[Exchange] = []
    async with Partner(shop.source, transport=httpx.MockTransport(refuse)) as partner:
        with suppress(PartnerError):
            await partner.ask(INFO, expected="anything", record=seen.append)
    assert [exchange.answered for exchange in seen] == [None]
