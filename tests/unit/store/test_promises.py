"""What the store's docstrings promise of all its methods, on each database: found by looking at every public one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from inspect import getmembers, iscoroutinefunction, isfunction
from typing import Any

import pytest

from crawler.store import Begun, Lease, Store
from crawler.store.database import Database
from crawler.sync.exports import Send, settle_success
from crawler.sync.source import Source
from crawler.sync.state import Status
from tests.unit.store.test_sources import WRITES
from tests.unit.store.writing import (
    NOON,
    broken_exchange,
    creation,
    decide,
    everything,
    import_page,
    message,
    page,
    rows,
)

Call = Callable[[Store, Source, Begun], Any]


def under_lease(write: Callable[[Store, Source, Lease], object]) -> Call:
    return lambda store, source, begun: write(store, source, begun.lease)


CALLS: dict[str, Call] = {
    **{name: under_lease(write) for name, write in WRITES.items()},
    "begin_cycle": lambda store, source, _begun: store.begin_cycle(replace(source, name="other"), "me", NOON),
    "cancel": lambda store, source, _begun: store.cancel(source, "waits", "no longer", NOON),
    "claim": lambda store, _source, _begun: store.claim("me", limit=3),
    "content": lambda store, source, _begun: store.content(source, "9"),
    "contents": lambda store, source, _begun: list(store.contents(source, "messages")),
    "cursors": lambda store, source, _begun: store.cursors(source),
    "cycles": lambda store, source, _begun: store.cycles(source),
    "enable": lambda store, source, _begun: store.enable(source),
    "entries": lambda store, source, _begun: store.entries(source),
    "entry": lambda store, source, _begun: store.entry(source, "waits"),
    "exchanges": lambda store, source, begun: store.exchanges(source, begun.lease.cycle_id),
    "export_state": lambda store, _source, _begun: list(store.export_state()),
    "find_content": lambda store, _source, begun: store.find_content(begun.lease, "messages", "9"),
    "find_stored": lambda store, _source, _begun: store.find_stored("http://shop.example/sdk"),
    "count_stored": lambda store, _source, _begun: store.count_stored("shop"),
    "forget": lambda store, _source, _begun: store.forget("due"),
    "forget_leases": lambda store, _source, _begun: store.forget_leases("me"),
    "identity": lambda store, source, _begun: store.identity(source, "ann"),
    "import_state": lambda store, _source, _begun: store.import_state(elsewhere(store)),
    "known": lambda store, source, _begun: store.known(source, "9"),
    "last_info": lambda store, source, _begun: store.last_info(source),
    "load_cursors": lambda store, source, _begun: store.load_cursors(source),
    "load_outbox": lambda store, source, _begun: store.load_outbox(source),
    "look_up": lambda store, _source, begun: store.look_up(
        begun.lease, "messages", page(message("1", in_reply_to_id="9"))
    ),
    "look_at_leases": lambda store, _source, _begun: store.look_at_leases(),
    "manage": lambda store, source, _begun: store.manage([source, replace(source, name="other")]),
    "names_thread": lambda store, source, _begun: store.names_thread(source, "t"),
    "overview": lambda store, _source, _begun: store.overview(),
    "ping": lambda store, _source, _begun: store.ping(),
    "prune": lambda store, _source, _begun: store.prune(NOON, 3),
    "puppetizable": lambda store, source, _begun: store.puppetizable(source),
    "queue": lambda store, source, _begun: store.queue(source, creation("new")),
    "register": lambda store, source, _begun: store.register(replace(source, name="other")),
    "release": lambda store, _source, begun: store.release(begun.lease),
    "renew": lambda store, _source, begun: store.renew([begun.lease]),
    "retry": lambda store, source, _begun: store.retry(source, "given-up"),
    "save_info": lambda store, source, _begun: store.save_info(source, b"{}", NOON),
    "standing": lambda store, _source, _begun: store.standing(),
    "stored_info": lambda store, source, _begun: store.stored_info(source),
    "threads_to_look_up": lambda store, _source, begun: store.threads_to_look_up(begun.lease, 3),
}
"""A call of each public method of the store, which reads or writes something."""

LOOK_UP_FIRST = ("save_page", "settle", "settle_created")
"""Those of which the call above makes its values of what it finds in the store, by another method."""

EXPORTED: list[str] = []


def elsewhere(_store: Store) -> list[str]:
    """What another database exports."""
    return [line.replace('"shop"', '"moved"') for line in EXPORTED]


@pytest.fixture
def filled(store: Store, source: Source, begun: Begun) -> Begun:
    """A cycle under way in a store that holds something of each kind."""
    import_page(store, source, begun, message("9"))
    for name in ("q1", "waits", "given-up"):
        store.queue(source, creation(name))
    given_up = replace(settle_success(creation("given-up")).entry, status=Status.FAILURE)
    store.settle(begun.lease, replace(settle_success(creation("given-up")), entry=given_up), NOON)
    store.manage([source, replace(source, name="due")])
    EXPORTED[:] = list(store.export_state(["shop"]))
    EXPORTED[1] = EXPORTED[1].replace('"shop"', '"moved"')
    # Entries' ids are unique in a database: what comes brings none.
    EXPORTED[:] = [line for line in EXPORTED if not line.startswith('{"outbox"')]
    EXPORTED[-1] = EXPORTED[-1].replace(', "outbox": 3', "")
    return begun


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """How often a transaction began."""
    told: list[str] = []
    backend: Any = store.backend
    transaction = backend.transaction

    def counting(**kind: bool) -> Any:
        told.append("transaction")
        return transaction(**kind)

    backend.transaction = counting
    try:
        yield told
    finally:
        backend.transaction = transaction


def test_these_are_all_public_methods() -> None:
    own = {name for name, _ in getmembers(Store, isfunction) if not name.startswith("_")}
    assert own - {name for name, _ in getmembers(Database, isfunction)} == CALLS.keys()


def test_none_of_them_awaits_anything() -> None:
    """So nothing is awaited within a transaction."""
    assert not [name for name in CALLS if iscoroutinefunction(getattr(Store, name))]


@pytest.mark.parametrize("method", CALLS)
def test_a_public_method_is_one_transaction(store: Store, source: Source, filled: Begun, method: str) -> None:
    with counted(store) as told:
        CALLS[method](store, source, filled)
    assert len(told) == 1 + (method in LOOK_UP_FIRST)


@pytest.mark.parametrize("method", CALLS)
def test_rows_never_leave(store: Store, source: Source, filled: Begun, method: str) -> None:
    def parts(value: object) -> Iterator[object]:
        yield value
        if isinstance(value, dict):
            value = [*value.keys(), *value.values()]
        if isinstance(value, (list, tuple, set, frozenset)):
            for part in value:
                yield from parts(part)

    found = {type(it) for it in parts(CALLS[method](store, source, filled))}
    assert not [kind for kind in found if kind.__module__.partition(".")[0] in ("sqlalchemy", "sqlmodel", "sqlite3")]


FAILING: dict[str, Call] = {
    "save_page": lambda store, source, begun: store.save_page(
        begun.lease, decide(store, source, begun.lease, message("1")), NOON, [broken_exchange()]
    ),
    "save_lookup": lambda store, _source, begun: store.save_lookup(
        begun.lease, "t", page(message("t"), object_name="threads"), NOON, [broken_exchange()]
    ),
    "settle_created": lambda store, source, begun: store.settle_created(
        begun.lease,
        Send(entry=creation(), action="messages.create", params={}),
        decide(store, source, begun.lease, message("1")).new[0],
        NOON,
        [broken_exchange()],
    ),
    "settle_shown": lambda store, _source, begun: store.settle_shown(
        begun.lease, settle_success(creation()), page(message("1")), NOON, [broken_exchange()]
    ),
    "settle": lambda store, _source, begun: store.settle(
        begun.lease, settle_success(creation()), NOON, [broken_exchange()], shown=page(message("1")), deleted="9"
    ),
    "together": lambda store, source, begun: store.together(
        lambda: store.queue(source, creation("new")),
        lambda: store.settle(begun.lease, settle_success(creation()), NOON),
        lambda: store.save_page(
            begun.lease, decide(store, source, begun.lease, message("1")), NOON, [broken_exchange()]
        ),
    ),
    "import_state": lambda store, _source, _begun: store.import_state([*elsewhere(store)[:-1], '{"content": {}}']),
}
"""What is refused at its end, after all else was written."""


@pytest.mark.parametrize("method", FAILING)
def test_it_is_all_or_nothing(store: Store, source: Source, filled: Begun, method: str) -> None:
    before = everything(store)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever each says of what it cannot store
        FAILING[method](store, source, filled)
    assert everything(store) == before


def test_what_a_method_stored_is_committed_when_it_returns(where: str, source: Source) -> None:
    """Seen by another connection: a crash at this moment cannot undo it, as that an attempt has begun (PU2)."""
    with Store.open(where) as store, Store.open(where) if where != "sqlite://" else nullcontext(store) as other:
        begun = store.begin_cycle(source, "me", NOON)
        store.queue(source, creation())
        store.begin_attempt(begun.lease, creation(), NOON)
        assert [row["attempts"] for row in rows(other, "outbox")] == [1]
        import_page(store, source, begun, message("1"))
        assert [row["foreign_id"] for row in rows(other, "content")] == ["1"]
