"""Cycles of a `Shop`, by the way that a test wants, and what they leave in its store."""

from collections.abc import Callable
from typing import Any

import anyio
import httpx

from crawler.cycle import run_cycle
from crawler.partner import Partner
from crawler.sync.queueing import Draft
from crawler.sync.report import CycleReport
from tests.unit.shop import Shop
from tests.unit.store.writing import rows

INFO = "implementation.info"
LISTS = ["threads.list", "messages.list", "private_messages.list"]
HELLO = Draft(object="threads", title="Hello", body="All", author_id="agent")
THREADS, MESSAGES, PRIVATE = ["1", "2", "3"], ["4", "5", "6", "7", "8", "9", "10", "11"], ["12", "13"]


class Between(httpx.AsyncBaseTransport):
    """The way to a shop's endpoint; `before` and `after` are called with each request's action, and may raise."""

    def __init__(self, shop: Shop) -> None:
        self.inner = httpx.ASGITransport(shop.endpoint)
        self.before: Callable[[str], object] = lambda _action: None
        self.after: Callable[[str], object] = lambda _action: None
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        action = (await request.aread()).decode().split('"')[3]
        self.asked.append(action)
        self.before(action)
        response = await self.inner.handle_async_request(request)
        self.after(action)
        await anyio.lowlevel.checkpoint()
        return response


async def cycle(shop: Shop, transport: httpx.AsyncBaseTransport | None = None, **more: Any) -> CycleReport:
    async with Partner(
        shop.source, transport=transport or httpx.ASGITransport(shop.endpoint), clock=shop.clock
    ) as partner:
        return await run_cycle(shop.source, shop.store, **{"partner": partner, "clock": shop.clock, **more})


def ids(shop: Shop, object_name: str = "messages") -> list[str]:
    """The ids of the contents that were imported, in the order of their import."""
    return [row["foreign_id"] for row in rows(shop.store, "content") if row["object"] == object_name]


def counts(report: CycleReport, object_name: str = "messages") -> tuple[int, int, int, int]:
    found = report.objects[object_name]
    return found.new, found.updated, found.unchanged, found.ignored


def since_ids(shop: Shop, action: str) -> list[object]:
    return [entry.params.get("since_id") for entry in shop.endpoint.forum.ledger.of(action)]
