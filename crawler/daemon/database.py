"""The daemon's database: waited for where it is away when the machines come up, and kept bounded.

What is old is deleted in transactions so small that no cycle waits for them.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio
import structlog

from crawler.clock import Clock
from crawler.errors import DatabaseUnavailable, StoreError
from crawler.store import Store
from crawler.store.database import database_at

LONGEST = 30.0
"""Seconds between two attempts at most."""

PORTION = 50
"""How many cycles one transaction deletes: with their exchanges, a few megabytes."""

EVERY = 3_600.0
"""Seconds from one look for old cycles to the next."""


async def open_store(
    where: str,
    *,
    opened: Callable[[str], Store] = Store.open,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> Store:
    """The database at a URL or path; one of a server that is away is tried again and again, with a message each time.

    Raises `ConfigurationError` or `StoreError`.
    """
    on_server = database_at(where).shared
    wait = 1.0
    while True:
        try:
            return await anyio.to_thread.run_sync(opened, where, abandon_on_cancel=True)
        except DatabaseUnavailable as error:
            if not on_server:
                raise
            log = structlog.get_logger("crawler")
            log.warning("database away", error=str(error), retry_in_seconds=wait)
        await sleep(wait)
        wait = min(2 * wait, LONGEST)


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
