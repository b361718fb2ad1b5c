"""Renewing leases by a timer, beside what is done under them (CY2)."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

import anyio

from crawler.errors import StoreError
from crawler.store.leases import Lease, Leases
from crawler.sync.leases import RENEWED_EVERY


async def renew(store: Leases, leases: Collection[Lease]) -> None:
    """Renew leases of this store by one statement. Those that cannot be renewed end here and now.

    Raises `StoreError`, and has ended all of them then.
    """
    since, held = float("-inf"), frozenset[tuple[str, int]]()
    try:
        since, held = await store.run(store.renew, leases)
    finally:
        for lease in leases:
            if (lease.source, lease.fence) in held:
                lease.tenure.renew(since)
            else:
                lease.tenure.end()


@asynccontextmanager
async def renewing(store: Leases, lease: Lease, *, every: float = RENEWED_EVERY) -> AsyncIterator[None]:
    """Renew a lease again and again while the body runs."""
    scope = anyio.CancelScope()  # its cancellation is not lost where a transaction that has begun is waited for

    async def keep() -> None:
        with scope:
            while True:
                await anyio.sleep(every)
                with suppress(StoreError):  # whoever holds it is told by its tenure
                    await renew(store, [lease])

    task = asyncio.create_task(keep())  # not a group: what the body raises comes out as it is
    try:
        yield
    finally:
        scope.cancel()
        with anyio.CancelScope(shield=True):
            await task
