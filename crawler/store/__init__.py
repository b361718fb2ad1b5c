"""The database: contents, identities, cursors, the outbox, cycles and their exchanges.

One public method is one transaction, and rows never leave.
"""

from crawler.store.archive import Archive
from crawler.store.cycles import Begun, CycleStore
from crawler.store.lease import this_process
from crawler.store.moving import MovingStore
from crawler.store.operations import OperationsStore, Standing
from crawler.store.sources import Lease

__all__ = ["Begun", "Lease", "Standing", "Store", "this_process"]


class Store(CycleStore, Archive, OperationsStore, MovingStore):
    """The whole store: `Store.open` it."""
