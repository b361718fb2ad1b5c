"""Deleting what is old, in transactions so small that no cycle waits for them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio
import structlog

from crawler.clock import Clock
from crawler.errors import StoreError
from crawler.store import Store

PORTION = 50
"""How many cycles one transaction deletes: with their exchanges, a few megabytes."""

EVERY = 3_600.0
"""Seconds from one look for old cycles to the next."""


async def prune(store: Store, days: float, clock: Clock) -> int:
    """Delete the cycles that are older than `days`, and their exchanges; returns how many. Raises `StoreError`."""
    before = clock() - timedelta(days=days)
    gone = 0
    while portion := await store.run(store.prune, before, PORTION):
        gone += portion
    return gone


async def keep_house(
    store: Store,
    days: float,
    *,
    clock: Clock,
    pruned: Callable[[int], None],
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> None:
    """Prune now, and then every hour, until cancelled; a database that is away is tried again an hour later."""
    log = structlog.get_logger("crawler")
    while True:
        try:
            gone = await prune(store, days, clock)
        except StoreError as error:
            log.warning("housekeeping failed", error=str(error))
        else:
            pruned(gone)
            if gone:
                log.info("old cycles deleted", cycles=gone, older_than_days=days)
        await sleep(EVERY)
