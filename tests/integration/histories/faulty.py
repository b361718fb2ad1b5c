"""Stores with one planted fault each, which histories must find: without them nobody knows what histories can see."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crawler.protocol.envelope import Exchange
from crawler.store import Lease
from crawler.sync.exports import Settled
from crawler.sync.pages import Accepted
from crawler.sync.source import Source
from crawler.sync.state import Outbox, OutboxEntry
from tests.database import writing
from tests.integration.histories.process import MortalStore


class CommitsAttemptsLate(MortalStore):
    """Writes down that an attempt began only with its answer: one that was cut off never was (PU2, PU6)."""

    _begun: tuple[Lease, OutboxEntry, datetime] | None = None

    def begin_attempt(self, lease: Lease, entry: OutboxEntry, now: datetime) -> OutboxEntry | None:
        self._begun = (lease, entry, now)
        return replace(entry, attempts=entry.attempts + 1)

    def settle(self, lease: Lease, settled: Settled, *args: Any, **kwargs: Any) -> None:
        if self._begun is not None and self._begun[1].id == settled.entry.id:
            super().begin_attempt(*self._begun)
        super().settle(lease, settled, *args, **kwargs)


class SavesTheCursorFirst(MortalStore):
    """Stores a page's contents in a transaction after its cursor's: a death between the two skips them (LS6)."""

    def dying(self, name: str, *args: Any) -> None:
        if name == "save_page" and args:
            lease, accepted, now, exchanges = args
            self.save_page(lease, replace(accepted, new=(), updated=(), users=()), now, exchanges)
        super().dying(name)


class DropsTheOldest(MortalStore):
    """Loses the oldest content of a page of several (LS6)."""

    def save_page(self, lease: Lease, accepted: Accepted, now: datetime, exchanges: Sequence[Exchange]) -> None:
        kept = accepted.new[:-1] if len(accepted.new) > 1 else accepted.new
        super().save_page(lease, replace(accepted, new=kept), now, exchanges)


class IgnoresActions(MortalStore):
    """Takes it that each content allows all (IM5)."""

    def load_outbox(self, source: Source) -> Outbox:
        outbox = super().load_outbox(source)
        everything = ("reply", "delete", "publish", "unpublish", "mark_as_solved", "escalate")
        return replace(outbox, contents={key: replace(it, actions=everything) for key, it in outbox.contents.items()})


class GrantsOneMore(MortalStore):
    """Tries a fourth time (PU6)."""

    def load_outbox(self, source: Source) -> Outbox:
        outbox = super().load_outbox(source)
        return replace(outbox, entries={key: replace(it, granted=4) for key, it in outbox.entries.items()})


class CountsWhatWasNotSent(MortalStore):
    """Uses an attempt up for what was certainly not sent (PU6)."""

    def settle(self, lease: Lease, settled: Settled, *args: Any, **kwargs: Any) -> None:
        unsent = "no attempt was used up" in (settled.entry.error or "")
        entry = replace(settled.entry, attempts=settled.entry.attempts + unsent)
        super().settle(lease, replace(settled, entry=entry), *args, **kwargs)


class TouchesAll(MortalStore):
    """Stores what did not change once more (LS4)."""

    def save_page(self, lease: Lease, accepted: Accepted, now: datetime, exchanges: Sequence[Exchange]) -> None:
        super().save_page(lease, accepted, now, exchanges)
        with writing(self) as session:
            session.connection().exec_driver_sql("UPDATE content SET changed_at = 'now'")


class TakesAllForTheFirst(MortalStore):
    """Takes what is shown under a deleted content's id for that content (OB13)."""

    def save_page(self, lease: Lease, accepted: Accepted, now: datetime, exchanges: Sequence[Exchange]) -> None:
        super().save_page(lease, accepted, now, exchanges)
        with writing(self) as session:
            session.connection().exec_driver_sql("UPDATE content SET incarnation = 0")


FAULTY: dict[type[MortalStore], str] = {
    CommitsAttemptsLate: "PU2|PU6",
    SavesTheCursorFirst: "LS6",
    DropsTheOldest: "LS6|LS9",
    IgnoresActions: "IM5|AC4",  # its contents allow replies, too
    GrantsOneMore: "PU6",
    CountsWhatWasNotSent: "PU6",
    TouchesAll: "LS4",
    TakesAllForTheFirst: "OB13",
}
"""The rules of which the failure must name one."""
