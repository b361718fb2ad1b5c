"""The statements that every cycle runs: good SQL, and what the tables make of it."""

import re
from pathlib import Path

import pytest

from crawler.store import Store, statements
from crawler.store.dialect import Dialect
from crawler.store.driver import Statement
from crawler.store.spelled import text_of, written

STATEMENTS = [it for it in vars(statements).values() if isinstance(it, Statement)]


def test_they_are_what_is_composed_from_the_tables() -> None:
    """Else run scripts/statements."""
    assert Path(statements.__file__).read_text(encoding="utf-8") == written()


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda it: it.name)
@pytest.mark.parametrize("given", [False, True])
def test_each_is_text_that_sqlite_can_prepare(statement: Statement, given: bool) -> None:
    text, names = text_of(statement.name, Dialect("sqlite", given))
    with Store.open("sqlite://") as store, store.driving() as driver:
        driver._cursor.execute(f"EXPLAIN {text}", [None] * len(names))
    assert text.count("?") == len(names)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda it: it.name)
def test_each_takes_the_same_values_in_postgresql(statement: Statement) -> None:
    assert statement.postgresql.count("%s") == len(statement.values) == statement.sqlite.count("?")


def test_each_that_tells_the_time_takes_a_clock_that_is_given() -> None:
    for statement in STATEMENTS:
        tells = "julianday" in statement.sqlite
        assert ("clock" in text_of(statement.name, Dialect("sqlite", given=True))[1]) is tells
        assert ("clock_timestamp" in statement.postgresql) is tells


def test_postgresql_takes_ids_as_an_array() -> None:
    assert re.search(r"any\(%s::TEXT\[\]\)", statements.stored_contents.postgresql)
