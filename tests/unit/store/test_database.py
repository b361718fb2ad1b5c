"""Opening a database, and its transactions."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

import anyio
import pytest

from crawler.errors import ConfigurationError, DatabaseTooNew, DatabaseUnavailable
from crawler.store import Store
from crawler.store.contents import NOTE_LOOKUP
from crawler.store.database import BUSY_SECONDS, HEAD
from crawler.store.sources import register
from crawler.store.sql import Statement, value
from crawler.store.sqlite import SQLite
from crawler.sync.source import Source
from tests.unit.store.writing import NOON, change, rows


def pragmas(store: Store, name: str) -> set[object]:
    """As the connection of cycles has it, and one beside it."""
    pragma = Statement(f"PRAGMA {name}", value)
    with store.transaction() as tx, store.reading() as beside:
        return {tx.one(pragma), beside.one(pragma)}


def test_a_file_is_written_ahead_synced_and_checked(path: Path) -> None:
    with Store.open(str(path)) as store:
        assert pragmas(store, "journal_mode") == {"wal"}
        assert pragmas(store, "synchronous") == {2}  # FULL: a commit survives a power cut
        assert pragmas(store, "foreign_keys") == {1}
        assert pragmas(store, "busy_timeout") == {BUSY_SECONDS * 1000}


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_new_file_and_its_companions_are_for_their_owner_alone(path: Path, source: Source) -> None:
    with Store.open(str(path)) as store:
        store.register(source)
        modes = {it.name: it.stat().st_mode & 0o777 for it in path.parent.iterdir()}
    assert modes == {"crawler.db": 0o600, "crawler.db-wal": 0o600, "crawler.db-shm": 0o600}


def test_foreign_keys_hold(store: Store) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"(?i)foreign key"):
        change(store, "INSERT INTO cycle (source_id, started_at, outcome) VALUES (7, '', '')")


@pytest.mark.parametrize("name", ["crawler.db", "my data.db", "50%20.db", "données#1.db", "what?.db"])
def test_a_path_is_a_path_whatever_is_in_it(tmp_path: Path, name: str) -> None:
    with Store.open(str(tmp_path / name)):
        assert (tmp_path / name).is_file()


def test_a_url_is_taken_too(path: Path) -> None:
    with Store.open(f"sqlite:///{path}"):
        assert path.is_file()


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite+nonsense:///x.db", "://", "a b://"])
def test_a_url_of_another_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Store.open(url)

    assert "sqlite:///" in caught.value.hint


def test_a_password_in_a_url_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Store.open("mysql://me:my-password@host/crawler")

    assert "my-password" not in f"{caught.value!r} {caught.value.hint}"


def test_the_driver_for_postgresql_is_said_to_be_missing() -> None:
    """As it is where only the program itself was installed."""
    code = "import sys; sys.modules['psycopg'] = None; from crawler.store import Store; Store.open('postgresql://h/d')"
    ended = subprocess.run(
        [sys.executable, "-c", f"try:\n {code}\nexcept Exception as e: print(repr(e), e.hint)"],
        capture_output=True,
        check=False,
        text=True,
    )

    assert "ConfigurationError" in ended.stdout, ended.stderr
    assert "pip install 'ringcx-crawler[postgresql]'" in ended.stdout


def test_a_newer_database_is_left_alone(path: Path, source: Source) -> None:
    with Store.open(str(path)) as store:
        store.register(source)
        change(store, "UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()

    with pytest.raises(DatabaseTooNew, match=f"has schema 9999, and this program knows schemas up to {HEAD}") as caught:
        Store.open(str(path))

    assert "update" in caught.value.hint
    assert path.read_bytes() == before


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1000)

    with pytest.raises(DatabaseUnavailable, match=r"crawler\.db cannot be used: file is not a database") as caught:
        Store.open(str(path))

    assert "not an SQLite database" in caught.value.hint
    assert path.read_bytes() == b"Dear diary, " * 1000


def test_a_file_that_is_damaged(path: Path, source: Source) -> None:
    with Store.open(str(path)) as store:
        store.register(source)
    damaged = path.read_bytes()
    path.write_bytes(damaged[:4096] + b"\xa5" * (len(damaged) - 4096))

    with pytest.raises(DatabaseUnavailable, match="malformed") as caught, Store.open(str(path)) as store:
        store.register(source)

    assert "backup" in caught.value.hint


def test_a_directory_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="unable to open") as caught:
        Store.open(str(tmp_path / "nowhere" / "crawler.db"))

    assert f"the directory {tmp_path / 'nowhere'} does not exist" in caught.value.hint


def test_a_directory_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="unable to open") as caught:
        Store.open(str(tmp_path))

    assert "--database" in caught.value.hint


def test_a_file_that_may_only_be_read(path: Path, source: Source) -> None:
    with Store.open(str(path)) as store:
        store.register(source)

    with Store.open(f"sqlite:///file:{path}?mode=ro&uri=true") as store:
        assert store.overview()[0]["source"] == "shop"
        with pytest.raises(DatabaseUnavailable, match="readonly") as caught:
            store.begin_cycle(source, "me", NOON)

    assert "read-only" in caught.value.hint


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_may_only_be_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DatabaseUnavailable) as caught:
            Store.open(str(tmp_path / "crawler.db"))
    finally:
        tmp_path.chmod(0o700)

    assert "may be written" in caught.value.hint


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program is in the middle of writing to the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_a_file_that_another_program_holds_locked(path: Path, source: Source) -> None:
    with Store.open(str(path), busy_seconds=0.1) as store, locked(path):
        begun = monotonic()
        with pytest.raises(DatabaseUnavailable, match="database is locked") as caught:
            store.register(source)

    assert "end that program" in caught.value.hint
    assert 0.09 < monotonic() - begun < 2


def test_a_new_file_that_another_program_holds_locked(path: Path) -> None:
    path.touch()
    with locked(path), pytest.raises(DatabaseUnavailable, match="database is locked"):
        Store.open(str(path), busy_seconds=0.1)


def test_readers_do_not_wait_for_a_writer(path: Path, source: Source) -> None:
    with Store.open(str(path), busy_seconds=0.1) as store:
        store.register(source)
        with locked(path):
            assert store.overview()[0]["source"] == "shop"


def test_a_writer_waits_for_another_one(path: Path, source: Source) -> None:
    with Store.open(str(path)) as store, ThreadPoolExecutor(1) as pool:
        with locked(path):
            writing = pool.submit(store.register, source)
            with pytest.raises(TimeoutError):
                writing.result(timeout=0.1)
        assert writing.result(timeout=10) == 1


def test_several_programs_may_make_the_same_file_at_once(tmp_path: Path, source: Source) -> None:
    def open_and_register(path: Path) -> int:
        with Store.open(str(path)) as store:
            return store.register(source)

    with ThreadPoolExecutor(4) as pool:
        for number in range(5):
            path = tmp_path / f"{number}.db"
            assert list(pool.map(open_and_register, [path] * 4)) == [1] * 4


def test_a_transaction_that_fails_leaves_nothing(store: Store, source: Source) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:  # noqa: PT012
        register(tx, source)
        raise ZeroDivisionError

    assert rows(store, "source") == []
    store.register(source)
    assert [row["name"] for row in rows(store, "source")] == ["shop"]


def test_it_survives_being_closed(path: Path, source: Source) -> None:
    for _ in range(2):
        with Store.open(str(path)) as store:
            assert store.register(source) == 1


async def test_it_runs_beside_the_event_loop_one_transaction_at_a_time(store: Store) -> None:
    threads: list[int] = []
    inside = 0

    def transaction(number: int, *, more: int) -> int:
        nonlocal inside
        inside += 1
        threads.append(threading.get_ident())
        assert inside == 1
        threading.Event().wait(0.01)
        inside -= 1
        return number + more

    results: list[int] = []

    async def keep(number: int) -> None:
        results.append(await store.run(transaction, number, more=10))

    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(keep, number)

    assert sorted(results) == [10, 11, 12, 13, 14]
    assert threading.get_ident() not in threads


async def test_a_transaction_that_has_begun_is_waited_for(store: Store, source: Source) -> None:
    begun, done = threading.Event(), threading.Event()

    def transaction() -> None:
        begun.set()
        threading.Event().wait(0.05)
        store.register(source)
        done.set()

    async def cancel_when_begun(scope: anyio.CancelScope) -> None:
        await anyio.to_thread.run_sync(begun.wait)
        scope.cancel()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(cancel_when_begun, scope)
            await store.run(transaction)

    assert done.is_set()
    assert store.overview()[0]["source"] == "shop"


async def test_an_error_comes_out_as_it_is(store: Store) -> None:
    def transaction() -> None:
        raise DatabaseUnavailable("gone", hint="fetch it")

    with pytest.raises(DatabaseUnavailable, match="gone"):
        await store.run(transaction)


def test_many_rows_are_inserted_by_few_statements(path: Path, source: Source) -> None:
    told: list[str] = []
    with Store.open(str(path)) as store:
        source_id = store.register(source)
        assert isinstance(store.backend, SQLite)
        store.backend.connection.set_trace_callback(lambda text: told.append(text) if "INSERT" in text else None)
        with store.transaction() as tx:
            tx.many(NOTE_LOOKUP, ((source_id, f"thread-{n}") for n in range(2_343)))
        stored = {row["foreign_id"] for row in rows(store, "lookup")}
    assert [text.count("(", text.index(" VALUES ")) for text in told] == [1_000, 1_000, 300, 30, 10, 1, 1, 1]
    assert stored == {f"thread-{n}" for n in range(2_343)}
