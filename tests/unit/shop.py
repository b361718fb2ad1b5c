"""A source whose partner is the reference partner, in process, and a store in memory: cycles without a network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Self

import httpx

from crawler.agent import Agent, ask_info
from crawler.cycle import run_cycle
from crawler.partner import Partner
from crawler.protocol.implementation import ImplementationInfo
from crawler.protocol.signature import Secret
from crawler.reference import ReferencePartner, reference_partner
from crawler.store import Store
from crawler.sync.report import CycleReport
from crawler.sync.source import Source

SECRET = Secret("open sesame")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@dataclass
class Shop:
    """One source. `now` is what every clock says; `asked` are the actions that its partner was sent."""

    store: Store
    source: Source = field(
        default_factory=lambda: Source(name="shop", base_uri="http://shop.example/sdk", secret=SECRET)
    )
    settings: dict[str, Any] = field(default_factory=dict)
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.endpoint: ReferencePartner = reference_partner(SECRET, self.clock, **self.settings)
        self._ids = count(1)

    def clock(self) -> datetime:
        return self.now

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def new_id(self) -> str:
        return f"q{next(self._ids)}"

    def partner(self) -> Partner:
        return Partner(self.source, transport=httpx.ASGITransport(self.endpoint), clock=self.clock)

    async def sync(self) -> CycleReport:
        async with self.partner() as partner:
            return await run_cycle(self.source, self.store, partner=partner, clock=self.clock)

    async def imported(self) -> Self:
        """The same once its contents were imported, and what its partner was asked for is forgotten."""
        await self.sync()
        self.endpoint.forum.ledger.clear()
        return self

    async def info(self) -> ImplementationInfo:
        async with self.partner() as partner:
            return await ask_info(self.source, self.store, partner, clock=self.clock)

    async def agent(self) -> Agent:
        return Agent(self.source, self.store, await self.info(), clock=self.clock, new_id=self.new_id)

    @property
    def asked(self) -> Sequence[str]:
        return self.endpoint.forum.ledger.actions
