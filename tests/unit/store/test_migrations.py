"""Migrations: the schema that they end in is the one that the program works with."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from crawler.errors import DatabaseUnavailable
from crawler.protocol.uri import showable
from crawler.store import Store
from crawler.store.database import HEAD
from crawler.store.schema import metadata
from crawler.sync.source import Source
from tests.database import reading
from tests.unit.store.writing import NOON, change, everything, import_page, message


@pytest.fixture
def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(files("crawler.store") / "migrations"))
    return ScriptDirectory.from_config(config)


AFTER_0002 = [
    ("content", "incarnation"),
    ("outbox", "target_incarnation"),
    ("outbox", "thread_incarnation"),
    ("outbox", "in_reply_to_incarnation"),
    ("cycle", "kind"),
]


def version(store: Store) -> list[str]:
    with reading(store) as session:
        return list(session.execute(sa.text("SELECT version_num FROM alembic_version")).scalars())


def test_the_newest_migration_is_the_one_that_the_program_knows(scripts: ScriptDirectory) -> None:
    assert scripts.get_heads() == [HEAD]


def test_migrations_sort_in_their_order(scripts: ScriptDirectory) -> None:
    """The version of a database is compared as text with the one that the program knows."""
    order = [script.revision for script in scripts.walk_revisions()]
    assert order == sorted(order, reverse=True)


@pytest.mark.parametrize("where", ["file", "memory"])
def test_an_empty_database_is_migrated_when_it_is_opened(path: Path, where: str) -> None:
    with Store.open(str(path) if where == "file" else "sqlite://") as store:
        assert version(store) == [HEAD]
        assert set(everything(store)) == set(metadata.tables)


def test_a_database_is_migrated_once(path: Path, source: Source) -> None:
    with Store.open(str(path)) as store:
        store.register(source)
        before = everything(store)
    with Store.open(str(path)) as store:
        assert everything(store) == before
        assert version(store) == [HEAD]


def test_the_migrated_schema_is_that_of_the_tables(store: Store) -> None:
    with reading(store) as session:
        context = MigrationContext.configure(
            session.connection(), opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_a_column_too_many_would_be_noticed(store: Store) -> None:
    change(store, "ALTER TABLE source ADD COLUMN mood TEXT")
    with reading(store) as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), metadata) != []


def test_what_was_stored_with_digests_is_still_there_without_them(path: Path, source: Source) -> None:
    """0002: as the version before it left the file."""
    with Store.open(str(path)) as store:
        begun = store.begin_cycle(source, "me", NOON)
        import_page(store, source, begun, message("1"))
        before = everything(store)
    with sa.create_engine(f"sqlite:///{path}").begin() as connection:
        for table, column in AFTER_0002:
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        for table in ("content", "identity"):
            connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN digest TEXT NOT NULL DEFAULT 'x'"))
        for column in ("page_mark", "page_seen"):
            connection.execute(sa.text(f"ALTER TABLE cursor DROP COLUMN {column}"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    connection.engine.dispose()

    with Store.open(str(path)) as store:
        assert everything(store) == before
        assert version(store) == [HEAD]


def test_names_that_are_urls_lose_the_secrets_in_them(path: Path, source: Source) -> None:
    """0003: they stay the names of the same sources."""
    url = "http://shop.example/?lang=en&token=abc"
    by_url = replace(source, name=showable(url), base_uri=url)
    with Store.open(str(path)) as store:
        for it in (source, by_url):
            store.register(it)
        before = everything(store)["source"]
    with sa.create_engine(f"sqlite:///{path}").begin() as connection:
        for table, column in AFTER_0002:
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        rename = sa.text("UPDATE source SET name = :url, base_uri = :url WHERE name = :name")
        connection.execute(rename, {"url": url, "name": by_url.name})
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0002'"))
    connection.engine.dispose()

    with Store.open(str(path)) as store:
        assert everything(store)["source"] == before


def test_a_migration_that_fails_leaves_the_database_as_it_was(path: Path) -> None:
    """Its first table can be made, and a later one is there already."""
    with sa.create_engine(f"sqlite:///{path}").connect() as connection:
        connection.execute(sa.text("CREATE TABLE outbox (of_another_program TEXT)"))
        connection.commit()
        with pytest.raises(DatabaseUnavailable, match="outbox already exists"):
            Store.open(str(path))

        assert sa.inspect(connection).get_table_names() == ["outbox"]
    connection.engine.dispose()
