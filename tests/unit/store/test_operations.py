"""What operation asks of the store, on every database."""

from datetime import timedelta

import pytest

from crawler.errors import DatabaseUnavailable, EndpointUnreachable
from crawler.store import Standing, Store
from crawler.sync.source import Source
from tests.database import writing
from tests.unit.store.writing import NOON, SECRET, creation, end, exchange, rows

ELSEWHERE = "process 1 on elsewhere"
GONE = EndpointUnreachable("shop", "implementation.info", expected="an answer", came="no connection")


def standing(store: Store, name: str = "shop") -> Standing:
    (found,) = [found for found in store.standing() if found.source == name]
    return found


def test_a_database_that_is_there_answers(store: Store) -> None:
    store.ping()


def test_one_that_is_gone_does_not(store: Store) -> None:
    with writing(store) as session:
        session.connection().exec_driver_sql("DROP TABLE lookup")
        session.connection().exec_driver_sql("DROP TABLE outbox")
    store.ping()
    with pytest.raises(DatabaseUnavailable):
        store.standing()


def test_nothing_stands_in_an_empty_one(store: Store) -> None:
    assert store.standing() == []


def test_a_source_that_a_daemon_shall_crawl_is_due(store: Store, source: Source, neighbour: Source) -> None:
    store.manage([source, neighbour])
    assert [found.source for found in store.standing()] == ["neighbour", "shop"]
    found = standing(store)
    assert (found.managed, found.is_due, found.crawled_by, found.failures) == (True, True, None, 0)
    assert (found.outbox, found.oldest, found.started_at, found.outcome) == (0, None, None, None)
    assert found.due_in is not None
    assert -60 < found.due_in <= 0


def test_one_that_is_being_crawled_is_not_due(store: Store, source: Source) -> None:
    store.manage([source])
    (lease,) = store.claim(ELSEWHERE, limit=1)
    assert (standing(store).crawled_by, standing(store).is_due) == (ELSEWHERE, False)
    store.release(lease)
    assert (standing(store).crawled_by, standing(store).is_due) == (None, True)


def test_the_last_cycle_is_the_last(store: Store, source: Source) -> None:
    end(store, source, store.begin_cycle(source, ELSEWHERE, NOON))
    assert (standing(store).started_at, standing(store).outcome) == (NOON, "succeeded")
    later = NOON + timedelta(minutes=1)
    end(store, source, store.begin_cycle(source, ELSEWHERE, later), errors=[GONE])
    assert (standing(store).started_at, standing(store).outcome, standing(store).failures) == (later, "failed", 1)


def test_one_that_is_only_crawled_by_hand_is_not_managed_and_never_due(store: Store, source: Source) -> None:
    end(store, source, store.begin_cycle(source, ELSEWHERE, NOON))
    assert (standing(store).managed, standing(store).due_in, standing(store).is_due) == (False, None, False)


def test_one_that_was_switched_off_is_not_due(store: Store) -> None:
    off = Source(name="shop", base_uri="http://shop.example/", secret=SECRET, disable_after=1)
    store.manage([off])
    end(store, off, store.begin_cycle(off, ELSEWHERE, NOON), errors=[GONE])
    assert (standing(store).disabled_at, standing(store).is_due) == (NOON, False)


def test_the_outbox_counts_what_is_pending_and_when_the_first_was_queued(
    store: Store, source: Source, neighbour: Source
) -> None:
    for number in range(3):
        store.queue(source, creation(f"q{number}", queued_at=NOON + timedelta(minutes=number)))
    store.queue(neighbour, creation("other"))
    store.cancel(source, "q0", "cancelled", NOON)
    assert (standing(store).outbox, standing(store).oldest) == (2, NOON + timedelta(minutes=1))
    assert standing(store, "neighbour").outbox == 1


def test_pruning_takes_the_oldest_first_and_no_more_than_it_may(store: Store, source: Source) -> None:
    ids = []
    for days in (9, 8, 7, 0):
        begun = store.begin_cycle(source, ELSEWHERE, NOON - timedelta(days=days))
        end(store, source, begun, exchanges=[exchange(), exchange()])
        ids.append(begun.lease.cycle_id)
    assert store.prune(NOON - timedelta(days=1), 2) == 2
    assert [row["id"] for row in rows(store, "cycle")] == ids[2:]
    assert [row["cycle_id"] for row in rows(store, "exchange")] == [ids[2], ids[2], ids[3], ids[3]]
    assert store.prune(NOON - timedelta(days=1), 2) == 1
    assert store.prune(NOON + timedelta(days=1), 2) == 0


def test_a_cycle_under_way_is_never_pruned(store: Store, source: Source) -> None:
    begun = store.begin_cycle(source, ELSEWHERE, NOON)
    assert store.prune(NOON + timedelta(days=99), 9) == 0
    end(store, source, begun, exchanges=[exchange()])
    assert len(rows(store, "exchange")) == 1
