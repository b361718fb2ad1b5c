"""The whole store."""

from crawler.store.archive import Archive
from crawler.store.cycles import CycleStore
from crawler.store.moving import MovingStore
from crawler.store.operations import OperationsStore, Standing

__all__ = ["Standing", "Store"]


class Store(CycleStore, Archive, OperationsStore, MovingStore):
    """The whole store: `Store.open` it."""
