"""`export` into a pipe that nobody reads, and `import` from one that nobody writes: neither holds the database."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from crawler.store import Store
from crawler.store.schema import metadata
from crawler.sync.source import Source
from tests.database import writing
from tests.postgresql import PostgresServer
from tests.unit.store.writing import SECRET

PATIENCE = 30.0
SHOP = Source(name="shop", base_uri="http://shop.example/", secret=SECRET)


@pytest.fixture(params=["file", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield str(tmp_path / "crawler.db")
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database() as name:
        yield server.url(name)


@contextmanager
def running(where: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "crawler", "--database", where, *words]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def fill(store: Store) -> None:
    """More than any pipe holds."""
    source_id = store.register(SHOP)
    row = {"source_id": source_id, "object": "messages", "actions": "[]", "imported_at": "2024", "changed_at": "2024"}
    with writing(store) as session:
        made = [{**row, "foreign_id": str(n), "body": "word " * 100} for n in range(2_000)]
        session.execute(sa.insert(metadata.tables["content"]), made)


def is_held(where: str) -> bool:
    """Whether somebody has a transaction open: then the WAL cannot begin again, nor dead rows be removed."""
    if "://" in where:
        with psycopg.connect(where, autocommit=True) as observer:
            [[found]] = observer.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND (xact_start IS NOT NULL OR backend_xmin IS NOT NULL)"
            ).fetchall()
        return bool(found)
    with closing(sqlite3.connect(where, timeout=0)) as observer:
        [(busy, _, _)] = observer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return bool(busy) or os.path.getsize(f"{where}-wal") > 0  # noqa: PTH202


def test_export_to_a_slow_reader_holds_no_transaction_open(where: str) -> None:
    with Store.open(where) as store:
        fill(store)
        with running(where, "export") as process:
            assert process.stdout is not None
            head = process.stdout.readline()
            for _ in range(3):
                store.register(Source(name="other", base_uri="http://other.example/", secret=SECRET))
                assert not is_held(where)
            rest = process.stdout.read()
            assert process.wait(PATIENCE) == 0
    assert b"ringcx-crawler state" in head
    assert rest.count(b"\n") == 2_000 + 2


def test_import_from_a_slow_writer_holds_no_transaction_open(where: str) -> None:
    with Store.open(where, busy_seconds=0.1) as store:
        fill(store)
        lines = [f"{line}\n".encode() for line in store.export_state()]
        lines[1] = lines[1].replace(b'"shop"', b'"moved"')
        with running(where, "import", "-") as process:
            assert process.stdin is not None
            process.stdin.writelines(lines[:1_000])  # more than the pipe holds: it reads
            process.stdin.flush()
            store.register(Source(name="other", base_uri="http://other.example/", secret=SECRET))
            assert not is_held(where)
            said, _ = process.communicate(b"".join(lines[1_000:]), timeout=PATIENCE)
            assert process.returncode == 0, said
