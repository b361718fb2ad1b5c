"""A database server behind PgBouncer in transaction mode, where each transaction may have another connection."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import anyio
import httpx
import psycopg
import pytest

from crawler.clock import utc_now
from crawler.cycle import run_cycle
from crawler.partner import Partner
from crawler.protocol.signature import Secret
from crawler.reference import reference_partner
from crawler.store import Store
from crawler.sync.source import Source
from tests.postgresql import PASSWORD, USER, PostgresServer, free_port
from tests.servers.running import whereabouts
from tests.unit.store.writing import rows

PATIENCE = 30.0
SECRET = Secret("open sesame")


@pytest.fixture
def pooled(postgresql: PostgresServer, migrated_on_server: str) -> Iterator[str]:
    """The URL of a database behind a pooler with two connections."""
    program = whereabouts()["pgbouncer"]
    if program is None:
        assert not os.environ.get("CI"), "pgbouncer is missing: scripts/servers install gets it"
        pytest.skip("pgbouncer is missing: scripts/servers install gets it")
    with postgresql.database(migrated_on_server) as name, _pooler(program, postgresql.port, name) as port:
        yield postgresql.url(name).replace(f":{postgresql.port}/", f":{port}/")


@contextmanager
def _pooler(program: str, server: int, database: str) -> Iterator[int]:
    port, user = free_port(), "nobody" if os.geteuid() == 0 else None  # it does not run as root
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        users, settings = directory / "users", directory / "pgbouncer.ini"
        users.write_text(f'"{USER}" "{PASSWORD}"\n')
        settings.write_text(
            f"[databases]\n{database} = host=127.0.0.1 port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nauth_type = scram-sha-256\nauth_file = {users}\nunix_socket_dir =\n"
            "pool_mode = transaction\ndefault_pool_size = 2\n"
        )
        if user:
            for path in (directory, users, settings):
                os.chown(path, pwd.getpwnam(user).pw_uid, -1)
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen([program, settings], user=user, cwd=directory, stdout=log, stderr=log)
        try:
            deadline = monotonic() + PATIENCE
            while not _answers(port, database):
                assert process.poll() is None, (directory / "log").read_text()
                assert monotonic() < deadline, (directory / "log").read_text()
                Event().wait(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _answers(port: int, database: str) -> bool:
    try:
        _asked(port, database, "SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _asked(port: int, database: str, statement: str) -> object:
    """What another client of the pooler is told."""
    where = {"host": "127.0.0.1", "port": port, "user": USER, "password": PASSWORD, "dbname": database}
    with psycopg.connect(**where, prepare_threshold=None) as connection:  # type: ignore[arg-type]
        row = connection.execute(statement).fetchone()
    return row[0] if row else None


async def test_sources_are_crawled_through_a_pooler_at_the_same_time(pooled: str) -> None:
    sources = [Source(name=f"shop{n}", base_uri="http://shop.example/", secret=SECRET) for n in range(6)]
    with Store.open(pooled) as one, Store.open(pooled) as other:

        async def crawl(store: Store, source: Source) -> None:
            transport = httpx.ASGITransport(reference_partner(SECRET, utc_now))
            async with Partner(source, transport=transport) as partner:
                for _ in range(3):
                    assert not (await run_cycle(source, store, partner=partner)).failed

        async with anyio.create_task_group() as tasks:
            for n, source in enumerate(sources):
                tasks.start_soon(crawl, (one, other)[n % 2], source)
        one.manage(sources)
        assert len(one.claim("me", limit=10, ahead=3600)) == 6
        assert len(rows(one, "content")) == 6 * 13


async def test_nothing_of_ours_stays_with_a_poolers_connection(pooled: str) -> None:
    source = Source(name="shop", base_uri="http://shop.example/", secret=SECRET)
    with Store.open(pooled) as store:
        transport = httpx.ASGITransport(reference_partner(SECRET, utc_now))
        async with Partner(source, transport=transport) as partner:
            await run_cycle(source, store, partner=partner)
        place, _, database = pooled.rpartition("/")
        port = int(place.rpartition(":")[2])

        assert _asked(port, database, "SELECT count(*) FROM pg_prepared_statements") == 0
        for setting in ("lock_timeout", "idle_in_transaction_session_timeout"):
            assert _asked(port, database, f"SHOW {setting}") == "0"
