"""Sources: what they declared, and who may write for them (CY2, CY5)."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from inspect import getmembers, isfunction, signature
from typing import Any

import pytest

from crawler.errors import LeaseLost, SourceBusy
from crawler.protocol.signature import Secret
from crawler.store import Begun, Lease, Store, this_process
from crawler.store.lease import holder_is_gone
from crawler.sync.exports import Send, settle_success
from crawler.sync.report import CycleReport
from crawler.sync.state import Source
from tests.unit.store.writing import (
    INFO,
    NOON,
    SECRET,
    change,
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

HERE = socket.gethostname()


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
    assert caught.value.seconds == pytest.approx(5 * source.deadline + 60, abs=2)
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


def test_every_write_renews_the_lease(store: Store, source: Source, begun: Begun) -> None:
    lapse(store)
    store.save_lookup(begun.lease, "t", None, NOON, ())

    with pytest.raises(SourceBusy) as caught:
        store.begin_cycle(source, "process 2 on elsewhere", NOON)
    assert caught.value.seconds == pytest.approx(begun.lease.seconds, abs=2)


@pytest.fixture
def dead() -> int:
    """The id of a process that was."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nobody can tell")
def test_the_lease_of_a_process_that_died_is_taken_over_at_once(store: Store, source: Source, dead: int) -> None:
    crashed = store.begin_cycle(source, f"process {dead} on {HERE}", NOON)
    taken_over = store.begin_cycle(source, this_process(), NOON)

    assert taken_over.lease.fence == crashed.lease.fence + 1


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nobody can tell")
def test_the_leases_of_a_process_that_died_are_free_when_a_daemon_starts(
    store: Store, source: Source, neighbour: Source, dead: int
) -> None:
    """And those of one that lives are not."""
    store.manage([source, neighbour])
    store.begin_cycle(source, f"process {dead} on {HERE}", NOON)
    store.begin_cycle(neighbour, this_process(), NOON)
    change(store, "UPDATE source SET due_at = 0")
    assert store.claim("daemon", limit=9) == []

    store.manage([source, neighbour])

    assert [lease.source for lease in store.claim("daemon", limit=9)] == ["shop"]


def test_the_lease_of_this_very_process_is_not_taken_over(store: Store, source: Source) -> None:
    store.begin_cycle(source, this_process(), NOON)

    with pytest.raises(SourceBusy, match=f"process {os.getpid()} on {HERE}"):
        store.begin_cycle(source, this_process(), NOON)


def test_only_a_dead_process_of_this_machine_is_gone(dead: int) -> None:
    assert holder_is_gone(f"process {dead} on {HERE}")
    for holder in (this_process(), f"process 1 on {HERE}", f"process {dead} on {HERE}-2", "", "me", "process x on y"):
        assert not holder_is_gone(holder)
    assert not holder_is_gone(f"process x on {HERE}")


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
    other = {"look_up", "threads_to_look_up", "find_content", "begin_cycle", "release"}
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


def test_leases_go_by_the_clock_of_the_database(where: str, source: Source) -> None:
    """A daemon whose own clock is wrong waits as long as any other."""
    with Store.open(where) as store:
        store.manage([source])
        [lease] = store.claim("process 1 on elsewhere", limit=1)
        assert abs(lease.taken - datetime.now(UTC).timestamp()) < 60
        lapse(store, 5)
        assert store.claim("me", limit=1) == []
        lapse(store)
        [again] = store.claim("me", limit=1)
        assert again.fence == lease.fence + 1
