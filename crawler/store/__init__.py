"""The database: contents, identities, cursors, the outbox, cycles and their exchanges.

One public method is one transaction, and rows never leave. What several subjects need is a function over a
`Transaction`, in the file of its own subject; `Store` puts them together.
"""

from crawler.store.cycles import Begun, Cycles
from crawler.store.dump import Dump
from crawler.store.forgetting import Forgetting
from crawler.store.holder import shown, this_process
from crawler.store.leases import Lease
from crawler.store.operations import Claimable, Operations, Standing
from crawler.store.outbox import Outboxes
from crawler.store.pages import Pages
from crawler.store.reading import Reading
from crawler.store.renewal import renew, renewing
from crawler.store.sources import Sources

__all__ = ["Begun", "Claimable", "Lease", "Standing", "Store", "renew", "renewing", "shown", "this_process"]


class Store(Sources, Cycles, Pages, Outboxes, Reading, Operations, Dump, Forgetting):
    """The whole store: `Store.open` it."""
