"""The file under an open store is deleted or replaced: nothing more is written into it, and the right one is opened."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.errors import DatabaseTooNew, DatabaseUnavailable
from crawler.store import Store
from crawler.store.sql import Statement
from crawler.sync.source import Source
from tests.unit.store.writing import NOON, SECRET, change, creation, end, import_page, message, rows

OTHER = Source(name="other", base_uri="http://other.example/", secret=SECRET)


def remove(path: Path) -> None:
    for companion in ("", "-wal", "-shm"):
        Path(f"{path}{companion}").unlink(missing_ok=True)


def contents_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as other:
        return [row[0] for row in other.execute("SELECT foreign_id FROM content ORDER BY id")]


@pytest.fixture
def backup(path: Path, source: Source) -> Path:
    """A copy of a database that a daemon has crawled up to message 1."""
    with Store.open(str(path)) as store:
        store.manage([source])
        begun = store.begin_cycle(source, "me", NOON)
        import_page(store, source, begun, message("1"))
        end(store, source, begun)
    return Path(shutil.copy(path, path.with_name("backup.db")))


def test_a_file_that_was_deleted_is_written_no_more(path: Path, source: Source, backup: Path) -> None:
    with Store.open(str(path)) as store:
        orphan = path.with_name("orphan.db")
        orphan.hardlink_to(path)
        remove(path)
        for use in (lambda: store.register(OTHER), lambda: store.manage([OTHER]), store.ping, store.overview):
            with pytest.raises(DatabaseUnavailable, match=r"crawler\.db was deleted while it was open") as caught:
                use()
        assert "put it back, or a backup" in caught.value.hint
        with pytest.raises(DatabaseUnavailable, match="was deleted while it was open"):
            store.reopen()
        assert not path.exists()

        orphan.rename(path)  # the right one
        assert store.reopen()
        assert store.register(OTHER) == 2
        assert [row["name"] for row in rows(store, "source")] == ["shop", "other"]


def test_a_file_that_was_replaced_is_written_no_more_and_the_new_one_is_opened(
    path: Path, source: Source, backup: Path
) -> None:
    """What was committed is found in the old file, and nothing of it in the new one."""
    with Store.open(str(path)) as store:
        import_page(store, source, store.begin_cycle(source, "me", NOON), message("2"))
        orphan = path.with_name("orphan.db")
        orphan.hardlink_to(path)
        assert store.overview()  # by a connection of its own
        backup.rename(path)
        for use in (store.ping, lambda: store.register(OTHER), lambda: store.register(OTHER), store.overview):
            with pytest.raises(DatabaseUnavailable, match="was replaced by another one while it was open"):
                use()
        assert contents_of(orphan) == ["1", "2"]
        assert contents_of(path) == ["1"]

        assert store.reopen()
        assert [row["foreign_id"] for row in rows(store, "content")] == ["1"]
        store.register(OTHER)
        assert [row["name"] for row in rows(store, "source")] == ["shop", "other"]
        assert not store.reopen()
    with closing(sqlite3.connect(orphan)) as other:
        assert other.execute("SELECT name FROM source").fetchall() == [("shop",)]
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_what_is_under_way_when_the_file_is_replaced_is_not_committed(path: Path, source: Source, backup: Path) -> None:
    with Store.open(str(path)) as store:
        orphan = path.with_name("orphan.db")
        orphan.hardlink_to(path)

        def replaced() -> None:
            backup.rename(path)

        def deleted() -> None:
            path.rename(backup)

        for happens in (replaced, deleted):
            with pytest.raises(DatabaseUnavailable, match="while it was open"):
                store.together(lambda: store.queue(source, creation()), happens)
            if happens is replaced:
                assert store.reopen()
        backup.rename(path)
        with pytest.raises(DatabaseUnavailable, match="while it was open"), store.transaction() as tx:  # noqa: PT012
            tx.run(Statement("DELETE FROM content"))
            path.rename(backup)
    for file in (orphan, backup):
        with closing(sqlite3.connect(file)) as other:
            assert other.execute("SELECT count(*) FROM outbox").fetchall() == [(0,)]
            assert other.execute("SELECT count(*) FROM content").fetchall() == [(1,)]


def test_a_file_that_is_not_the_right_one_is_left_alone(path: Path, source: Source, backup: Path) -> None:
    """An empty one, as a command makes it; another program's; none at all; and one with the WAL of the one before."""
    wrong = path.with_name("wrong.db")
    with Store.open(str(path)) as store:
        Store.open(str(wrong)).close()
        wrong.rename(path)
        before = path.read_bytes()
        with pytest.raises(DatabaseUnavailable, match="no daemon has crawled") as caught:
            store.reopen()
        assert "start the program again" in caught.value.hint
        with closing(sqlite3.connect(wrong)) as other:
            other.execute("CREATE TABLE t (x)")
        wrong.rename(path)
        with pytest.raises(DatabaseUnavailable, match="is no crawler's: no such table"):
            store.reopen()
        wrong.write_text("not a database at all" * 100)
        wrong.rename(path)
        with pytest.raises(DatabaseUnavailable, match="not a database"):
            store.reopen()
        assert before
        remove(path)
        backup.rename(path)
        assert store.reopen()
        assert [row["foreign_id"] for row in rows(store, "content")] == ["1"]


def test_the_wal_of_the_file_before_is_not_taken_for_the_new_ones(path: Path, source: Source, backup: Path) -> None:
    """Another program reads the old one so that the WAL cannot be emptied."""
    with Store.open(str(path)) as store, closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM source").fetchall()
        import_page(store, source, store.begin_cycle(source, "me", NOON), message("2"))
        backup.rename(path)
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable, match="belongs to the one before") as caught:
                store.reopen()
        assert "remove what ends in -wal and -shm" in caught.value.hint
        Path(f"{path}-wal").unlink()
        Path(f"{path}-shm").unlink()
        assert store.reopen()
        assert [row["foreign_id"] for row in rows(store, "content")] == ["1"]


def test_a_wal_that_is_deleted_is_noticed_and_what_was_committed_is_kept(
    path: Path, source: Source, backup: Path
) -> None:
    """Whoever opens the file now makes another WAL: two would write beside each other."""
    with Store.open(str(path)) as store:
        store.register(OTHER)
        Path(f"{path}-wal").unlink()
        Path(f"{path}-shm").unlink()
        with Store.open(str(path)) as other:
            with pytest.raises(DatabaseUnavailable, match="has lost its WAL") as caught:
                store.queue(source, creation())
            assert "leave alone" in caught.value.hint
            assert store.reopen()
            store.queue(source, creation())
            assert [row["id"] for row in rows(other, "outbox")] == ["q1"]
            assert [row["name"] for row in rows(other, "source")] == ["shop", "other"]
    with closing(sqlite3.connect(path)) as looking:
        assert looking.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_link_that_leads_elsewhere_is_a_replacement(path: Path, source: Source, backup: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    with Store.open(str(link)) as store:
        link.unlink()
        link.symlink_to(backup)
        with pytest.raises(DatabaseUnavailable, match="was replaced"):
            store.register(OTHER)
        assert store.reopen()


@pytest.mark.parametrize("where", ["file:{}?mode=rwc", "sqlite:///{}", "{}"])
def test_it_is_noticed_however_the_file_is_named(path: Path, source: Source, where: str) -> None:
    with Store.open(f"sqlite:///{where.format(path)}&uri=true" if "?" in where else where.format(path)) as store:
        store.register(source)
        remove(path)
        with pytest.raises(DatabaseUnavailable, match="was deleted"):
            store.register(OTHER)


def test_a_schema_that_is_newer_by_now_is_not_claimed_from(store: Store, source: Source) -> None:
    store.manage([source])
    change(store, "UPDATE alembic_version SET version_num = '9999'")
    for use in (lambda: store.claim("me", limit=1), lambda: store.manage([source]), store.ping):
        with pytest.raises(DatabaseTooNew, match="has schema 9999, and this program knows schemas up to"):
            use()
    assert [row["lease_owner"] for row in rows(store, "source")] == [None]
    change(store, "UPDATE alembic_version SET version_num = '0002'")
    with pytest.raises(DatabaseUnavailable, match="has schema 0002 by now") as caught:
        store.claim("me", limit=1)
    assert "start the program again" in caught.value.hint
    change(store, "DELETE FROM alembic_version")
    with pytest.raises(DatabaseUnavailable, match="has schema None by now"):
        store.claim("me", limit=1)


def test_leases_of_another_time_are_forgotten(store: Store, source: Source) -> None:
    store.manage([source, OTHER])
    [lease, other] = store.claim("me", limit=1) + store.claim("you", limit=1)
    store.forget_leases("me")
    owners = {row["name"]: row["lease_owner"] for row in rows(store, "source")}
    assert owners == {lease.source: None, other.source: "you"}
    assert [it.fence for it in store.claim("me", limit=2)] == [lease.fence + 2]
