"""The whole store."""

from crawler.store.archive import Archive
from crawler.store.cycles import CycleStore
from crawler.store.forgetting import ForgettingStore
from crawler.store.moving import MovingStore
from crawler.store.operations import Claimable, OperationsStore, Standing

__all__ = ["Claimable", "Standing", "Store"]


class Store(CycleStore, Archive, OperationsStore, MovingStore, ForgettingStore):
    """The whole store: `Store.open` it."""
