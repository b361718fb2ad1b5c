"""What a cycle has learned is stored in the order in which it was learned, a little later than that."""

from dataclasses import replace

import pytest

from crawler.errors import LeaseLost
from crawler.journal import Event, Journal
from crawler.store import Begun, Store
from crawler.sync.exports import Settled
from crawler.sync.pages import Accepted
from crawler.sync.report import ObjectReport
from crawler.sync.state import OutboxEntry, Ref, Status
from tests.unit.shop import Shop
from tests.unit.store.writing import creation, decide, message, rows


class Watched:
    """The journal of a cycle that has begun, and what it tells."""

    def __init__(self, store: Store) -> None:
        self.shop = Shop(store)
        self.store = store
        store.register(self.shop.source)
        self.events: list[Event] = []
        self.begun: Begun = store.begin_cycle(self.shop.source, "me", self.shop.now)
        clock, watch = self.shop.clock, self.events.append
        self.journal = Journal(self.shop.source, store, self.begun, "cycle", clock=clock, watch=watch)

    def accepted(self, message_id: str) -> Accepted:
        return decide(self.store, self.shop.source, self.begun.lease, message(message_id))

    async def begun_with(self, *entries: OutboxEntry) -> list[OutboxEntry]:
        """These entries, queued, with an attempt at each begun."""
        for entry in entries:
            self.store.queue(self.shop.source, entry)
        return [it for entry in (await self.journal.load_outbox()).pending if (it := await self.journal.begin(entry))]

    def statuses(self) -> dict[str, str]:
        return {row["id"]: row["status"] for row in rows(self.store, "outbox")}


@pytest.fixture
def watched(store: Store) -> Watched:
    return Watched(store)


def done(entry: OutboxEntry) -> Settled:
    return Settled(entry=replace(entry, status=Status.SUCCESS, foreign_id=f"f-{entry.id}"))


async def test_a_page_is_told_of_once_it_is_stored_which_the_next_one_waits_for(watched: Watched) -> None:
    report = ObjectReport("messages")
    first, second = watched.accepted("1"), watched.accepted("2")
    await watched.journal.save(report, first, changes=True)
    assert (watched.events, report.new) == ([], 0)

    await watched.journal.save(report, second, changes=True)
    assert (watched.events, report.new) == ([first], 1)
    await watched.journal.flush()
    assert (watched.events, report.new) == ([first, second], 2)
    assert [row["foreign_id"] for row in rows(watched.store, "content")] == ["1", "2"]


async def test_a_page_that_changes_nothing_and_ends_a_list_is_told_of_and_not_stored(watched: Watched) -> None:
    last = replace(watched.accepted("1"), listing=None)
    await watched.journal.save(ObjectReport("messages"), last, changes=False)
    await watched.journal.flush()
    assert watched.events == [last]
    assert rows(watched.store, "content") == []


async def test_what_became_of_an_export_is_stored_with_the_beginning_of_the_next(watched: Watched) -> None:
    [first] = await watched.begun_with(creation("q1"))
    watched.journal.settle(first, done(first))
    assert watched.statuses() == {"q1": "export_pending"}

    [*_, second] = await watched.begun_with(creation("q2"))
    assert watched.statuses() == {"q1": "success", "q2": "export_pending"}
    watched.journal.settle(second, done(second))
    await watched.journal.close(None)
    assert watched.statuses() == {"q1": "success", "q2": "success"}
    assert [it.entry.id for it in watched.journal.report.exports] == ["q1", "q2"]


async def test_it_is_stored_before_what_depends_on_it_is_decided(watched: Watched) -> None:
    """PU9: a reply to what is created in the same cycle."""
    reply = creation("q3", in_reply_to=Ref("messages", entry_id="q1"))
    first, other, third = await watched.begun_with(creation("q1"), creation("q2"), reply)
    watched.journal.settle(first, done(first))
    await watched.journal.settle_before(other)
    assert watched.statuses()["q1"] == "export_pending"

    await watched.journal.settle_before(third)
    assert watched.statuses()["q1"] == "success"


async def test_nothing_is_asked_once_the_lease_is_over(watched: Watched) -> None:
    watched.journal.check_lease()
    watched.begun.lease.tenure.end()
    with pytest.raises(LeaseLost, match="could not be renewed in time"):
        watched.journal.check_lease()
