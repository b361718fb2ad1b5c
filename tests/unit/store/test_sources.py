"""Sources: what they declared, and who may write for them (CY2, CY5)."""

import sys
from collections.abc import Callable
from dataclasses import fields, replace
from inspect import getmembers, isfunction, signature
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import LeaseLost, SourceBusy
from crawler.protocol.signature import Secret
from crawler.store import Begun, Lease, Store
from crawler.store.sqlite import SQLite
from crawler.sync.exports import Send, settle_success
from crawler.sync.leases import LEASE_SECONDS
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from tests.unit.store.holding import running
from tests.unit.store.writing import (
    INFO,
    NOON,
    SECRET,
    creation,
    decide,
    end,
    everything,
    exchange,
    lapse,
    message,
    page,
    rows,
)

# Settings


def test_a_source_is_registered_once(store: Store, source: Source, neighbour: Source) -> None:
    assert store.register(source) == store.register(source) == 1
    assert store.register(neighbour) == 2


def test_what_a_source_declared_is_kept(store: Store, source: Source, neighbour: Source) -> None:
    assert store.stored_info(source) is None
    store.save_info(source, INFO, NOON)

    assert store.stored_info(source) == INFO
    assert store.stored_info(neighbour) is None
    assert rows(store, "source")[0]["info_at"] == "2024-03-01T12:00:00.000Z"


CHANGED: dict[str, Any] = {
    "base_uri": "https://shop.example/new",
    "secret": Secret("open barley"),
    "agent_id": "7",
    "sender_name": "Ann",
    "ca_bundle": "/etc/ca.pem",
    "ignore_older_than": 60.0,
    "disable_after": 20,
    "push": "at once",
}


@pytest.mark.parametrize("name", [field.name for field in fields(Source) if field.name != "name"])
@pytest.mark.parametrize("told", ["register", "begin_cycle"])
def test_what_it_declared_is_forgotten_when_any_setting_changes(
    store: Store, source: Source, name: str, told: str
) -> None:
    store.save_info(source, INFO, NOON)
    old = getattr(source, name)
    changed: Any = CHANGED[name] if name in CHANGED else not old if isinstance(old, bool) else old + 1
    new = replace(source, **{name: changed})

    assert store.stored_info(new) is None
    if told == "register":
        store.register(new)
    else:
        store.begin_cycle(new, "me", NOON)
    [row] = rows(store, "source")
    assert (row["info"], row["info_at"], row["base_uri"]) == (None, None, new.base_uri)
    assert store.stored_info(source) is None


def test_the_same_settings_forget_nothing(store: Store, source: Source) -> None:
    store.save_info(source, INFO, NOON)
    store.register(replace(source, secret=Secret("open sesame")))

    assert store.stored_info(source) == INFO


def test_no_table_holds_the_secret_or_a_signature_of_what_partners_know(store: Store, source: Source) -> None:
    store.save_info(source, INFO, NOON)
    end(store, source, store.begin_cycle(source, "me", NOON), exchanges=[exchange()])

    held = repr(everything(store))
    assert "open sesame" not in held
    assert SECRET.sign(b"") not in held


# Leases


def test_a_source_is_crawled_by_one_at_a_time(store: Store, source: Source) -> None:
    store.begin_cycle(source, "process 1 on elsewhere", NOON)

    with pytest.raises(SourceBusy, match="shop: is being crawled by process 1 on elsewhere") as caught:
        store.begin_cycle(source, "process 2 on elsewhere", NOON)

    assert (caught.value.source, caught.value.holder) == ("shop", "process 1 on elsewhere")
    assert caught.value.seconds == pytest.approx(LEASE_SECONDS, abs=2)
    assert f"within {caught.value.seconds} s" in caught.value.hint


def test_whoever_is_refused_changes_nothing(store: Store, source: Source, begun: Begun) -> None:
    before = everything(store)
    with pytest.raises(SourceBusy):
        store.begin_cycle(source, "process 2 on elsewhere", NOON)

    assert everything(store) == before


def test_sources_do_not_wait_for_each_other(store: Store, neighbour: Source, begun: Begun) -> None:
    assert store.begin_cycle(neighbour, "process 2 on elsewhere", NOON).lease.source == "neighbour"


def test_a_lease_that_was_given_back_is_free(store: Store, source: Source, begun: Begun) -> None:
    end(store, source, begun)
    [row] = rows(store, "source")

    assert (row["lease_owner"], row["lease_until"]) == (None, None)
    assert store.begin_cycle(source, "process 2 on elsewhere", NOON).lease.fence == begun.lease.fence + 1


def test_a_lease_lapses_by_the_clock_of_the_database(store: Store, source: Source, begun: Begun) -> None:
    lapse(store, 5)
    with pytest.raises(SourceBusy):
        store.begin_cycle(source, "process 2 on elsewhere", NOON)
    lapse(store)
    taken_over = store.begin_cycle(source, "process 2 on elsewhere", NOON)

    assert taken_over.lease.fence == begun.lease.fence + 1
    assert rows(store, "source")[0]["lease_owner"] == "process 2 on elsewhere"


def test_no_write_renews_the_lease(store: Store, source: Source, begun: Begun) -> None:
    lapse(store)
    store.save_lookup(begun.lease, "t", None, NOON, ())

    assert store.begin_cycle(source, "process 2 on elsewhere", NOON).lease.fence == begun.lease.fence + 1


PROVEN = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can tell")


def shows_in(store: Store) -> list[str]:
    """Where those show who hold leases in a database: the arguments of `running`."""
    file = store.backend.file if isinstance(store.backend, SQLite) else None
    return [str(file)] if file is not None else []


@PROVEN
def test_the_lease_of_a_process_that_is_gone_is_taken_over_at_once(store: Store, source: Source) -> None:
    with running(*shows_in(store)) as (process, holder):
        crashed = store.begin_cycle(source, holder, NOON)
        with pytest.raises(SourceBusy, match=rf"by process {process.pid} on \S+ \(id \w+\)$"):
            store.begin_cycle(source, store.owner, NOON)
        process.kill()
        process.wait()
        taken_over = store.begin_cycle(source, store.owner, NOON)

    assert taken_over.lease.fence == crashed.lease.fence + 1


@PROVEN
def test_the_lease_of_a_process_that_runs_is_not_taken_by_hand_however_late_it_is(store: Store, source: Source) -> None:
    """It may be the clock that was set. Who it is, is said: a daemon takes over from one that does not go on."""
    with running(*shows_in(store)) as (process, holder):
        store.begin_cycle(source, holder, NOON)
        lapse(store, -3_600)
        with pytest.raises(SourceBusy) as caught:
            store.begin_cycle(source, store.owner, NOON)

    assert caught.value.seconds == 0
    assert caught.value.holder.startswith(f"process {process.pid} on ")
    assert (
        caught.value.hint == "it runs, but has not renewed its lease: continue it or end it, then run the command again"
    )


@PROVEN
def test_a_look_frees_the_leases_of_processes_that_are_gone_and_no_others(
    store: Store, source: Source, neighbour: Source
) -> None:
    other = replace(source, name="third")
    store.manage([source, neighbour, other])
    with running(*shows_in(store)) as (process, holder), running(*shows_in(store)) as (_, alive):
        for each, owner in ((source, holder), (neighbour, alive), (other, "process 1 on elsewhere")):
            store.begin_cycle(each, owner, NOON)
        assert {lease.owner for lease in store.look_at_leases()} == {holder, alive, "process 1 on elsewhere"}
        process.kill()
        process.wait()
        assert {lease.source for lease in store.look_at_leases()} == {"neighbour", "third"}
    assert [row["name"] for row in rows(store, "source") if row["lease_owner"] is None] == ["shop"]


def test_what_this_process_left_behind_waits_for_its_time(store: Store, source: Source) -> None:
    """A cycle that broke off in this very process, or in another store of it."""
    store.begin_cycle(source, store.owner, NOON)
    with pytest.raises(SourceBusy):
        store.begin_cycle(source, store.owner, NOON)
    assert [lease.owner for lease in store.look_at_leases()] == [store.owner]
    lapse(store)
    store.begin_cycle(source, store.owner, NOON)


def test_each_store_has_an_owner_of_its_own(store: Store, where: str) -> None:
    with Store.open(where) as other:
        assert store.owner == store.owner != other.owner


def test_who_only_looks_makes_no_file(path: Path) -> None:
    with Store.open(str(path)) as store:
        assert store.overview() == []
        assert not Path(f"{path}.leases").exists()
        assert store.owner
        assert Path(f"{path}.leases").stat().st_mode & 0o777 == 0o600


WRITES: dict[str, Callable[[Store, Source, Lease], object]] = {
    "save_page": lambda store, source, lease: store.save_page(
        lease, decide(store, source, lease, message("1"), message("2")), NOON, [exchange()]
    ),
    "save_lookup": lambda store, _source, lease: store.save_lookup(
        lease, "t", page(message("t", body="thread"), object_name="threads"), NOON, [exchange()]
    ),
    "begin_attempt": lambda store, _source, lease: store.begin_attempt(lease, creation(), NOON),
    "settle_created": lambda store, source, lease: store.settle_created(
        lease,
        Send(entry=creation(), action="messages.create", params={}),
        decide(store, source, lease, message("1")).new[0],
        NOON,
    ),
    "settle_shown": lambda store, source, lease: store.settle_shown(
        lease,
        settle_success(creation()),
        page(message("2")),
        NOON,
        [exchange()],
    ),
    "settle": lambda store, source, lease: store.settle(
        lease,
        settle_success(creation()),
        NOON,
        [exchange()],
        created=decide(store, source, lease, message("1")).new[0],
        shown=page(message("2")),
        deleted="3",
    ),
    "end_cycle": lambda store, source, lease: store.end_cycle(
        source, lease, CycleReport(source="shop", started=NOON), INFO, NOON, exchanges=[exchange()]
    ),
}


def test_these_are_all_methods_that_write_under_a_lease() -> None:
    other = {"look_up", "threads_to_look_up", "find_content", "begin_cycle", "release"}  # the last ends it
    leased = {name for name, method in getmembers(Store, isfunction) if "lease" in signature(method).parameters}

    assert {name for name in leased if not name.startswith("_")} == WRITES.keys() | other


@pytest.mark.parametrize("method", WRITES)
def test_whoever_lost_the_lease_changes_nothing(store: Store, source: Source, begun: Begun, method: str) -> None:
    store.queue(source, creation())
    lapse(store)
    store.begin_cycle(source, "process 2 on elsewhere", NOON)
    before = everything(store)

    with pytest.raises(LeaseLost, match="shop: another process took this source over"):
        WRITES[method](store, source, begun.lease)

    assert everything(store) == before


@pytest.mark.parametrize("method", WRITES)
def test_whoever_holds_the_lease_writes_even_after_it_lapsed(
    store: Store, source: Source, begun: Begun, method: str
) -> None:
    store.queue(source, creation())
    lapse(store)
    before = everything(store)
    WRITES[method](store, source, begun.lease)

    assert everything(store) != before
