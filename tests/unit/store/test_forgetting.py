"""Sources that stand in no configuration any more."""

import pytest

from crawler.errors import DatabaseUnavailable, SourceBusy, UnknownContent
from crawler.store import Begun, Store
from crawler.sync.source import Source
from tests.unit.store.writing import change, creation, end, everything, exchange, import_page, message, rows


@pytest.fixture
def left(store: Store, source: Source, neighbour: Source, begun: Begun) -> Begun:
    """A source with something of each kind, beside one that is just the same."""
    import_page(store, source, begun, message("1"), exchanges=[exchange()])
    store.queue(source, creation("q1"))
    end(store, source, begun)
    store.manage([source, neighbour])
    return begun


def test_those_that_leave_with_entries_pending_are_told_with_their_number(
    store: Store, source: Source, neighbour: Source, left: Begun
) -> None:
    store.queue(source, creation("q2"))
    assert store.manage([source, neighbour]) == {}
    assert store.manage([neighbour]) == {"shop": 2}
    assert store.manage([neighbour]) == {}
    store.manage([source, neighbour])
    assert store.manage([source]) == {}


def test_one_is_found_by_its_name_or_by_its_url(store: Store, source: Source, neighbour: Source, left: Begun) -> None:
    assert store.find_stored("shop") == ("shop", "http://shop.example/sdk")
    assert store.find_stored("http://shop.example/sdk") == ("shop", "http://shop.example/sdk")
    assert store.find_stored("nobody") is None
    store.register(Source(name="twin", base_uri=source.base_uri, secret=source.secret))
    assert store.find_stored("http://shop.example/sdk") is None
    assert store.find_stored("twin") == ("twin", "http://shop.example/sdk")


def test_what_is_forgotten_is_counted_before_and_gone_and_nothing_else(
    store: Store, source: Source, neighbour: Source, left: Begun
) -> None:
    other = store.begin_cycle(neighbour, "me", left.started)
    import_page(store, neighbour, other, message("1"), exchanges=[exchange()])
    store.queue(neighbour, creation("q2"))
    counts = store.count_stored("shop")
    assert counts == {
        "contents": 1, "identities": 1, "cursors": 1, "lookups": 1, "outbox": 1, "pending": 1, "cycles": 1,
        "exchanges": 1,
    }  # fmt: skip
    store.forget("shop")
    for name in ("source", "content", "identity", "cursor", "outbox", "cycle", "exchange"):
        assert len(rows(store, name)) == 1
    for use in (store.count_stored, store.forget):
        with pytest.raises(UnknownContent, match="nothing is stored of shop"):
            use("shop")


def test_one_that_is_being_crawled_is_not_forgotten(store: Store, source: Source, left: Begun) -> None:
    store.begin_cycle(source, "process 1 on elsewhere", left.started)
    before = everything(store)
    with pytest.raises(SourceBusy, match="shop: is being crawled by process 1 on elsewhere"):
        store.forget("shop")
    assert everything(store) == before


def test_all_of_it_is_forgotten_or_nothing(store: Store, left: Begun) -> None:
    """Its row is the last that goes, and something of another program still refers to that."""
    change(store, "CREATE TABLE another_program (source_id INTEGER REFERENCES source (id))")
    change(store, "INSERT INTO another_program SELECT id FROM source WHERE name = 'shop'")
    before = everything(store)
    with pytest.raises(DatabaseUnavailable, match=r"(?i)foreign key"):
        store.forget("shop")
    assert everything(store) == before
