"""The statements that every cycle runs: each is good SQL, and compiled once."""

import inspect

import pytest
import sqlalchemy as sa

from crawler.store import statements
from crawler.store.driver import Build, Dialect, compiled
from crawler.store.schema import metadata

BUILDS = [
    it
    for name, it in inspect.getmembers(statements, inspect.isfunction)
    if it.__module__ == statements.__name__ and not name.startswith("_")
]
SQLITE = Dialect("sqlite", given=False)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__)
@pytest.mark.parametrize("given", [False, True])
def test_a_statement_is_text_that_sqlite_can_prepare(build: Build, given: bool) -> None:
    text, fixed = compiled(build, Dialect("sqlite", given))
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        database = connection.connection
        names = {word.strip(":(),") for word in text.replace(":", " :").split() if word.startswith(":")}
        database.cursor().execute(f"EXPLAIN {text}", {**dict.fromkeys(names, None), **fixed})


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__)
def test_a_statement_is_compiled_once(build: Build) -> None:
    assert compiled(build, SQLITE) is compiled(build, SQLITE)


def test_postgresql_takes_ids_as_an_array() -> None:
    text, _ = compiled(statements.content_digests, Dialect("postgresql", given=False))

    assert "any(%(ids)s::TEXT[])" in text
