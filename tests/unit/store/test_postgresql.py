"""What only a database server does: refuse, go away, come back, and keep processes of several machines apart."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy as sa

from crawler.errors import DatabaseTooNew, DatabaseUnavailable, LeaseLost
from crawler.store import Store
from crawler.store.database import HEAD
from crawler.store.postgresql import Cursor
from crawler.store.schema import metadata
from crawler.store.sources import register
from crawler.store.sql import Statement, value
from crawler.sync.source import Source
from tests.database import writing
from tests.postgresql import PASSWORD, USER, PostgresServer
from tests.unit.store.writing import NOON, SECRET, change, creation, everything, lapse, rows

PATIENCE = 30.0


@pytest.fixture
def database(postgresql: PostgresServer) -> Iterator[str]:
    """An empty one."""
    with postgresql.database() as name:
        yield name


@pytest.fixture
def url(postgresql: PostgresServer, migrated_on_server: str) -> Iterator[str]:
    """One that was opened before."""
    with postgresql.database(migrated_on_server) as name:
        yield postgresql.url(name)


@contextmanager
def refused(url: str, match: str) -> Iterator[list[str]]:
    """Opening it fails, does so soon, and tells no password; yields the hint."""
    hints: list[str] = []
    begun = monotonic()
    with pytest.raises(DatabaseUnavailable, match=match) as caught:
        Store.open(url)
    hints.append(caught.value.hint)
    yield hints
    assert monotonic() - begun < PATIENCE
    assert PASSWORD not in f"{caught.value!r} {caught.value.hint}"
    assert "\n" not in str(caught.value)


# Opening


def test_an_empty_database_is_migrated(postgresql: PostgresServer, database: str) -> None:
    with Store.open(postgresql.url(database)) as store:
        assert set(everything(store)) == set(metadata.tables)
        assert store.is_shared


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_any_spelling_of_its_url_will_do(url: str, scheme: str) -> None:
    with Store.open(url.replace("postgresql", scheme, 1)) as store:
        assert everything(store)["source"] == []


def test_a_server_that_is_not_there(postgresql: PostgresServer) -> None:
    url = sa.make_url(postgresql.url("crawler")).set(port=1).render_as_string(hide_password=False)
    with refused(url, "Connection refused") as hints:
        assert "start the database server" in hints[0]


def test_a_host_that_is_not_there() -> None:
    with refused("postgresql://me@nowhere.invalid/crawler", "resolve host") as hints:
        assert "host's name" in hints[0]


def test_a_wrong_password(postgresql: PostgresServer, database: str) -> None:
    with refused(postgresql.url(database, password="my-password"), "password authentication failed") as hints:
        assert "user's name and password" in hints[0]


def test_a_password_is_not_shown_wherever_it_stands(postgresql: PostgresServer) -> None:
    query = f"user={USER}&password={quote(PASSWORD)}"
    for where in (postgresql.url("nowhere"), f"postgresql://127.0.0.1:{postgresql.port}/nowhere?{query}"):
        with refused(where, "does not exist"):
            pass


def test_a_missing_password(postgresql: PostgresServer, database: str) -> None:
    with refused(f"postgresql://{USER}@127.0.0.1:{postgresql.port}/{database}", "no password supplied") as hints:
        assert "~/.pgpass" in hints[0]


def test_a_database_that_does_not_exist(postgresql: PostgresServer) -> None:
    with refused(postgresql.url("nowhere"), 'database "nowhere" does not exist') as hints:
        assert "createdb" in hints[0]


def test_a_server_without_tls(postgresql: PostgresServer, database: str) -> None:
    with refused(f"{postgresql.url(database)}?sslmode=require", "SSL") as hints:
        assert "sslmode" in hints[0]


def test_a_user_who_may_not_create_tables(postgresql: PostgresServer, database: str) -> None:
    postgresql.execute("DROP ROLE IF EXISTS guest")
    postgresql.execute("CREATE ROLE guest LOGIN PASSWORD 'welcome'")
    with refused(postgresql.url(database, user="guest", password="welcome"), "permission denied") as hints:
        assert "GRANT ALL ON SCHEMA public" in hints[0]


def test_a_database_that_cannot_hold_every_text(postgresql: PostgresServer) -> None:
    latin = "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'"
    with (
        postgresql.database("template0", latin) as name,
        refused(postgresql.url(name), "encoding is LATIN1") as hints,
    ):
        assert "--encoding=UTF8" in hints[0]


def test_a_server_that_only_reads(postgresql: PostgresServer, url: str, source: Source) -> None:
    with Store.open(f"{url}?options=-c%20default_transaction_read_only%3Don") as store:
        assert store.overview() == []
        with pytest.raises(DatabaseUnavailable, match="read-only transaction") as caught:
            store.register(source)
    assert "standby" in caught.value.hint


def test_too_many_connections(postgresql: PostgresServer, url: str) -> None:
    postgresql.execute("DROP ROLE IF EXISTS lonely")
    postgresql.execute("CREATE ROLE lonely LOGIN CONNECTION LIMIT 0 PASSWORD 'welcome'")
    name = sa.make_url(url).database or ""
    with refused(postgresql.url(name, user="lonely", password="welcome"), "too many connections") as hints:
        assert "connections" in hints[0]


def test_a_newer_database_is_left_alone(url: str) -> None:
    with Store.open(url) as store:
        change(store, "UPDATE alembic_version SET version_num = '9999'")
        before = everything(store)
        with pytest.raises(DatabaseTooNew, match=f"has schema 9999, and this program knows schemas up to {HEAD}"):
            Store.open(url)
        assert everything(store) == before


# Migrations


@pytest.mark.slow
def test_several_processes_may_migrate_at_once(postgresql: PostgresServer, source: Source) -> None:
    """Each migrates, one wins, and the others see what it did."""
    code = "import sys, alembic.command, psycopg; from crawler.store import Store; input(); Store.open(sys.argv[1])"
    with postgresql.database() as name:
        url = postgresql.url(name)
        command = [sys.executable, "-c", code, url]
        processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
        gate = threading.Barrier(4)

        def let_go(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
            gate.wait(PATIENCE)
            _, said = process.communicate(b"\n", timeout=PATIENCE)
            return process.returncode, said

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(let_go, processes)) == [(0, b"")] * 4
        with Store.open(url) as store:
            assert set(everything(store)) == set(metadata.tables)
            assert store.register(source) == 1


def test_a_migration_that_fails_leaves_the_database_as_it_was(postgresql: PostgresServer, database: str) -> None:
    """Its first table can be made, and a later one is there already."""
    url = postgresql.url(database)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE TABLE outbox (of_another_program TEXT)")
        with pytest.raises(DatabaseUnavailable, match="outbox"):
            Store.open(url)
        tables = other.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert tables == [("outbox",)]


# Going away and coming back


@pytest.fixture
def away(postgresql: PostgresServer) -> Iterator[PostgresServer]:
    """The server, to be stopped: it runs again for the next test."""
    yield postgresql
    postgresql.stop()
    postgresql.start()


@pytest.mark.slow
@pytest.mark.parametrize("end", [PostgresServer.stop, PostgresServer.kill])
def test_a_server_that_was_restarted_is_used_again(away: PostgresServer, url: str, source: Source, end: object) -> None:
    with Store.open(url) as store:
        begun = store.begin_cycle(source, "me", NOON)
        assert callable(end)
        end(away)
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable, match="Connection refused") as caught:
                store.begin_attempt(begun.lease, creation(), NOON)
            assert "start the database server" in caught.value.hint
        away.start()
        store.queue(source, creation())
        attempt = store.begin_attempt(begun.lease, creation(), NOON)

    assert attempt is not None


@pytest.mark.slow
def test_a_server_that_ends_within_a_transaction_leaves_nothing(away: PostgresServer, url: str, source: Source) -> None:
    with Store.open(url) as store:
        with pytest.raises(DatabaseUnavailable, match=r"terminating connection|server closed") as caught:  # noqa: PT012, SIM117
            with store.transaction() as tx:
                register(tx, source)
                away.stop()
                tx.one(Statement("SELECT 1", value))
        assert "what was committed is safe" in caught.value.hint
        away.start()
        assert rows(store, "source") == []


# Several processes


NOW = sa.literal_column("CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)", sa.Float)


def waits(url: str, condition: str) -> None:
    """Wait until something is true of the server's connections."""
    deadline = monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as observer:
        while True:
            found = observer.execute(f"SELECT 1 FROM pg_stat_activity WHERE {condition}").fetchone()  # noqa: S608
            if found:
                return
            assert monotonic() < deadline, condition
            threading.Event().wait(0.01)


def names(count: int) -> list[Source]:
    return [Source(name=f"s{n:03}", base_uri="http://x.example/", secret=SECRET) for n in range(count)]


def test_what_another_daemon_is_claiming_is_passed_over(url: str) -> None:
    table = metadata.tables["source"]
    with Store.open(url, busy_seconds=5) as store, Store.open(url) as other:
        store.manage(names(3))
        with writing(other) as session:
            session.execute(sa.update(table).where(table.c.name == "s001").values(lease_owner="other", lease_until=9e9))
            assert sorted(lease.source for lease in store.claim("me", limit=10)) == ["s000", "s002"]
    with Store.open(url) as store:
        assert store.claim("me", limit=10) == []


def test_daemons_that_claim_at_once_get_different_sources(url: str) -> None:
    with Store.open(url) as store:
        store.manage(names(60))
    gate = threading.Barrier(4)

    def claim(owner: str) -> list[str]:
        with Store.open(url) as store:
            got: list[str] = []
            gate.wait(PATIENCE)
            for _ in range(40):
                got += [lease.source for lease in store.claim(owner, limit=2)]
            return got

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(claim, "abcd"))
    assert sorted(name for share in shares for name in share) == [source.name for source in names(60)]


def test_daemons_may_start_at_once(url: str) -> None:
    gate = threading.Barrier(4)

    def manage(order: int) -> None:
        with Store.open(url) as store:
            gate.wait(PATIENCE)
            store.manage(names(40)[::order])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(manage, [1, -1, 1, -1]))
    with Store.open(url) as store:
        assert [row["managed"] for row in rows(store, "source")] == [True] * 40


def test_a_claim_never_takes_more_than_wanted(url: str) -> None:
    """However the server plans it: a subquery might be run, and rows locked, more than once."""
    with Store.open(url) as store:
        store.manage(names(300))
        change(store, "ANALYZE source")
        assert len(store.claim("me", limit=7)) == 7
        assert len([row for row in rows(store, "source") if row["lease_owner"]]) == 7


def test_a_write_waits_for_whoever_takes_the_source_over_and_then_fails(url: str, source: Source) -> None:
    with Store.open(url) as store, Store.open(url) as other, ThreadPoolExecutor(1) as pool:
        begun = store.begin_cycle(source, "process 1 on elsewhere", NOON)
        store.queue(source, creation())
        lapse(store)
        with other.transaction() as tx:
            other._take_lease(tx, source, "process 2 on elsewhere")
            writing = pool.submit(store.begin_attempt, begun.lease, creation(), NOON)
            waits(url, "wait_event_type = 'Lock' AND datname = current_database()")
        with pytest.raises(LeaseLost):
            writing.result(PATIENCE)
        assert rows(store, "outbox")[0]["attempts"] == 0


@pytest.mark.parametrize(
    "lock", [sa.update(metadata.tables["source"]).values(failures=0), sa.text("SELECT id FROM source FOR UPDATE")]
)
def test_a_start_that_waited_for_a_lock_is_told_by_the_clock_after_it(
    url: str, source: Source, lock: sa.Executable
) -> None:
    """Not by the transaction's beginning: the next cycle would be sooner than the interval by the wait (CY1)."""
    with Store.open(url) as store, Store.open(url) as other, ThreadPoolExecutor(1) as pool:
        store.manage([source])
        [lease] = store.claim("me", limit=1)
        with writing(other) as session:
            session.execute(lock)
            beginning = pool.submit(store.begin_cycle, source, "me", NOON, lease)
            waits(url, "wait_event_type = 'Lock' AND datname = current_database()")
            threading.Event().wait(0.3)
            let_go: float = session.execute(sa.select(NOW)).scalar_one()
        begun = beginning.result(PATIENCE)
    assert begun.lease.taken >= let_go


def test_a_writer_does_not_wait_for_ever(url: str, source: Source) -> None:
    with Store.open(url, busy_seconds=0.1) as store, Store.open(url) as other:
        begun = store.begin_cycle(source, "me", NOON)
        with writing(other) as session:
            session.execute(sa.update(metadata.tables["source"]).values(failures=1))
            with pytest.raises(DatabaseUnavailable, match="lock timeout") as caught:
                store.begin_attempt(begun.lease, creation(), NOON)
    assert "end that program's transaction" in caught.value.hint


def test_a_process_that_is_stopped_within_a_transaction_holds_nobody_up(url: str, source: Source) -> None:
    with Store.open(url) as store, Store.open(url) as other:
        store.register(source)
        for transaction in (store.transaction, store.reading):
            with transaction() as tx:
                assert tx.one(Statement("SHOW idle_in_transaction_session_timeout", value)) == "30s"
        with pytest.raises(DatabaseUnavailable, match="idle-in-transaction") as caught:  # noqa: PT012, SIM117
            with store.transaction() as tx:
                tx.run(Statement("SET idle_in_transaction_session_timeout = '50ms'"))
                tx.run(Statement("UPDATE source SET failures = 1"))
                assert other.register(Source(name="shop", base_uri="http://x.example/", secret=SECRET)) == 1
                tx.one(Statement("SELECT 1", value))
        assert "stopped in the middle of a transaction" in caught.value.hint
        assert rows(other, "source")[0]["failures"] == 0


def test_a_statement_for_many_rows_is_given_its_time_again_for_each_thousand() -> None:
    """A large page on a busy server is no server that does not answer."""
    limited, sizes = Counter[str](), list[int]()

    class Rows:
        def executemany(self, _text: str, rows: list[tuple[int]]) -> None:
            sizes.append(len(rows))

    class Limit:
        def renew(self) -> None:
            limited["renewed"] += 1

    Cursor(Rows(), Limit()).executemany("", ((n,) for n in range(2_500)))  # type: ignore[arg-type]  # as much of them as counts
    assert (sizes, limited["renewed"]) == ([1_000, 1_000, 500], 3)
