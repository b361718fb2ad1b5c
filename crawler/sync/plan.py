"""What a cycle does, as far as that can be known before it has begun (LS8)."""

from collections.abc import Mapping
from dataclasses import dataclass

from crawler.protocol.implementation import ImplementationInfo
from crawler.sync.exports import Decision, decide_export
from crawler.sync.source import Source
from crawler.sync.state import Cursor, Outbox


@dataclass(frozen=True, slots=True)
class ListStep:
    """Pull ``<object>.list`` from `cursor` on."""

    cursor: Cursor

    @property
    def action(self) -> str:
        """The action, e.g. ``messages.list``."""
        return f"{self.cursor.object}.list"


@dataclass(frozen=True, slots=True)
class CyclePlan:
    """The steps of a cycle in their order (LS8): first what is pulled, then what becomes of each pending export."""

    lists: tuple[ListStep, ...]
    exports: tuple[Decision, ...]


def plan_cycle(source: Source, info: ImplementationInfo, cursors: Mapping[str, Cursor], outbox: Outbox) -> CyclePlan:
    """Plan the next cycle.

    The exports are decided again when their turn comes, because what the lists bring, and what earlier exports settle,
    changes what may be sent.
    """
    lists = tuple(ListStep(cursors.get(name, Cursor(object=name))) for name in info.listed)
    exports = tuple(decide_export(source, info, entry, outbox) for entry in outbox.pending)
    return CyclePlan(lists, exports)
