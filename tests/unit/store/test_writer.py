"""Transactions that wait together are committed together, and each is still whole or not there (PU2, LS6)."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from crawler.errors import DatabaseUnavailable
from crawler.protocol.signature import Secret
from crawler.store import Store
from crawler.store.sqlite import SQLite
from crawler.sync.source import Source
from tests.unit.store.writing import rows

SECRET = Secret("open sesame")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(str(tmp_path / "crawler.db")) as store:
        yield store


def watched(store: Store) -> list[str]:
    """The transactions' own statements, as SQLite is told them from now on."""
    told: list[str] = []
    assert isinstance(store.backend, SQLite)
    words = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    store.backend.connection.set_trace_callback(lambda text: told.append(text) if text.startswith(words) else None)
    return told


async def all_at_once(store: Store, *methods: Callable[[], Any]) -> list[Any]:
    """Run these while another transaction holds the thread, so that they wait together; their results, or errors."""
    results: list[Any] = [None] * len(methods)

    async def run(number: int, method: Callable[[], Any]) -> None:
        try:
            results[number] = await store.run(method)
        except Exception as error:  # noqa: BLE001 - looked at by the test
            results[number] = error

    async with anyio.create_task_group() as tasks, held(store):
        for number, method in enumerate(methods):
            tasks.start_soon(run, number, method)
        await anyio.wait_all_tasks_blocked()
    return results


@asynccontextmanager
async def held(store: Store) -> AsyncIterator[None]:
    """The store's thread is busy with another transaction meanwhile."""
    begun, done = threading.Event(), threading.Event()

    def transaction() -> None:
        begun.set()
        done.wait(10)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.run, transaction)
        await anyio.to_thread.run_sync(begun.wait)
        try:
            yield
        finally:
            done.set()


def registering(store: Store, *names: str) -> list[Callable[[], int]]:
    def register(name: str) -> Callable[[], int]:
        return lambda: store.register(Source(name=name, base_uri="http://x.example/", secret=SECRET))

    return [register(name) for name in names]


async def test_what_waits_together_is_committed_once(store: Store) -> None:
    told = watched(store)
    assert await all_at_once(store, *registering(store, "a", "b", "c")) == [1, 2, 3]
    assert [word for word in told if not word.startswith(("SAVEPOINT", "RELEASE"))] == ["BEGIN IMMEDIATE", "COMMIT"]


async def test_what_is_alone_is_a_transaction_of_its_own(store: Store) -> None:
    told = watched(store)
    for register in registering(store, "a", "b"):
        await store.run(register)
    assert told == ["BEGIN IMMEDIATE", "COMMIT"] * 2


async def test_one_that_fails_leaves_nothing_and_harms_no_other(store: Store) -> None:
    before, after = registering(store, "before", "after")

    def fails() -> None:
        with store.transaction() as tx:
            tx._cursor.execute("INSERT INTO cursor (source_id, object, trail) VALUES (1, 'threads', '[]')")
            raise ZeroDivisionError

    results = await all_at_once(store, before, fails, after)
    assert (results[0], type(results[1]), results[2]) == (1, ZeroDivisionError, 2)
    assert ([row["name"] for row in rows(store, "source")], rows(store, "cursor")) == (["before", "after"], [])


async def test_where_the_commit_fails_nobody_is_told_that_it_went_well(store: Store) -> None:
    """As on a disk that is full: SQLite then gives up the whole transaction."""
    fills, waits = registering(store, "fills", "waits")
    assert isinstance(store.backend, SQLite)
    [[pages]] = store.backend.connection.execute("PRAGMA page_count").fetchall()

    def too_much() -> None:
        with store.transaction() as tx:
            tx._cursor.execute(f"PRAGMA max_page_count = {pages}")
            tx._cursor.execute("INSERT INTO cycle (source_id, started_at, outcome) VALUES (1, hex(zeroblob(9999)), '')")

    results = await all_at_once(store, fills, too_much, waits)
    assert [type(result) for result in results] == [DatabaseUnavailable] * 3
    assert all("full" in str(result) for result in results)
    store.backend.connection.execute(f"PRAGMA max_page_count = {pages + 1_000}")
    assert rows(store, "source") == []
    assert await store.run(fills) == 1


async def test_one_that_has_not_begun_is_let_be_when_its_caller_is_cancelled(store: Store) -> None:
    [register] = registering(store, "a")
    async with held(store):
        with anyio.move_on_after(0.01) as scope:
            await store.run(register)
    assert scope.cancelled_caught
    assert rows(store, "source") == []


async def test_of_methods_that_run_together_none_is_stored_where_one_fails_in_a_larger_commit(store: Store) -> None:
    first, second, other = registering(store, "first", "second", "other")

    def fails() -> None:
        raise ZeroDivisionError

    results = await all_at_once(store, lambda: store.together(first, fails, second), other)
    assert (type(results[0]), results[1]) == (ZeroDivisionError, 1)
    assert [row["name"] for row in rows(store, "source")] == ["other"]


def test_methods_that_run_together_are_stored_together_or_not_at_all(store: Store) -> None:
    told = watched(store)
    assert store.together(*registering(store, "a", "b")) == [1, 2]
    assert told.count("COMMIT") == 1

    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.together(*registering(store, "c"), fails)
    assert [row["name"] for row in rows(store, "source")] == ["a", "b"]


async def test_nobody_waits_for_a_thread_that_hangs_once_it_is_over(store: Store) -> None:
    """What it has begun may be stored; what waits behind it is not, and nothing is begun any more."""
    hangs, done = threading.Event(), threading.Event()
    errors: list[str] = []

    def hang() -> int:
        hangs.set()
        done.wait(10)
        return store.register(Source(name="begun", base_uri="http://x.example/", secret=SECRET))

    async def fails(method: Callable[[], Any]) -> None:
        with pytest.raises(DatabaseUnavailable, match="does not answer") as caught:
            await store.run(method)
        errors.append(caught.value.hint)

    [waits, comes_later] = registering(store, "waits", "comes later")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fails, hang)
        await anyio.to_thread.run_sync(hangs.wait)
        tasks.start_soon(fails, waits)
        await anyio.wait_all_tasks_blocked()
        store.end_by(anyio.current_time(), anyio.current_time() + 0.05)
    await fails(comes_later)
    assert len(errors) == 3
    store.close()  # and does not wait for it either
    done.set()


async def test_what_ends_in_time_is_not_disturbed(store: Store) -> None:
    moment = store.end_by(anyio.current_time(), anyio.current_time() + 60)
    assert await store.run(registering(store, "one")[0]) == 1
    moment.cancel()
    assert await store.run(registering(store, "two")[0]) == 2
