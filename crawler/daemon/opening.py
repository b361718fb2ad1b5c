"""Opening the daemon's database: one of a server may be away when the machines come up, and is waited for."""

from collections.abc import Awaitable, Callable

import anyio
import structlog

from crawler.errors import DatabaseUnavailable
from crawler.store import Store
from crawler.store.database import database_at

LONGEST = 30.0
"""Seconds between two attempts at most."""


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
