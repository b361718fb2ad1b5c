"""The database: contents, identities, cursors, the outbox, cycles and their exchanges.

One public method is one transaction, and rows never leave. `CycleStore` is what a cycle needs, and light to import;
`Store` is the whole, and brings SQLAlchemy.
"""

from typing import TYPE_CHECKING

from crawler.store.cycles import Begun, CycleStore
from crawler.store.holder import shown, this_process
from crawler.store.renewal import renew, renewing
from crawler.store.sources import Lease

if TYPE_CHECKING:
    from crawler.store.whole import Claimable, Standing, Store

__all__ = [
    "Begun",
    "Claimable",
    "CycleStore",
    "Lease",
    "Standing",
    "Store",
    "renew",
    "renewing",
    "shown",
    "this_process",
]


def __getattr__(name: str) -> object:
    """`Store` and what it returns, imported when they are asked for."""
    if name in ("Claimable", "Standing", "Store"):
        from crawler.store import whole  # noqa: PLC0415 - heavy

        return getattr(whole, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
