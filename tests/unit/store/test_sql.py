"""Every statement of the store: SQL that each database can prepare, with as many columns as its row takes."""

import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain, combinations
from typing import Any

import psycopg
import pytest

from crawler import store as room
from crawler.store import Store, reading
from crawler.store.database import Database
from crawler.store.dump import Moved
from crawler.store.sql import POSTGRESQL, SQLITE, Spelling, Statement
from tests.postgresql import PostgresServer


def _parts(name: str, it: object) -> Iterator[tuple[str, Statement[Any]]]:
    """The statements in a module's value: itself, or those of a class, a collection, or a table that moves."""
    if isinstance(it, Statement):
        yield name, it
    elif isinstance(it, dict):
        for key, part in it.items():
            yield from _parts(f"{name}[{key}]", part)
    elif isinstance(it, list | tuple):
        for number, part in enumerate(it):
            yield from _parts(f"{name}[{number}]", part)
    elif isinstance(it, type) and issubclass(it, Database):
        for key, part in vars(it).items():
            yield from _parts(f"{name}.{key}", part)
    elif isinstance(it, Moved):
        yield from _parts(name, vars(it))


def _subsets(of: Iterable[str]) -> Iterable[frozenset[str]]:
    names = list(of)
    return map(frozenset, chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)))


def _statements() -> dict[Statement[Any], str]:
    found: dict[Statement[Any], str] = {}
    for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        if not module.ispkg:
            subject = module.name.rpartition(".")[2]
            for name, it in vars(import_module(module.name)).items():
                found |= {
                    statement: f"{subject}.{part}" for part, statement in _parts(name, it) if statement not in found
                }
    found |= {reading.listing(filters): f"listing {sorted(filters)}" for filters in _subsets(reading.FILTERS)}
    found |= {reading.queued(filters): f"queued {sorted(filters)}" for filters in _subsets(reading.ENTRY_FILTERS)}
    return found


STATEMENTS = _statements()
each = pytest.mark.parametrize("statement", STATEMENTS, ids=STATEMENTS.get)


def takes(statement: Statement[Any], columns: int) -> bool:
    """Whether a statement's row is made from so many columns."""
    parameters = inspect.signature(statement.row).parameters.values()
    if all(it.kind is not it.VAR_POSITIONAL for it in parameters):
        return len(parameters) == columns
    try:
        statement.row(*[None] * columns)
    except (TypeError, ValueError):
        return False
    return True


def test_they_are_found() -> None:
    assert len(STATEMENTS) > 80
    assert {"leases.HOLD", "cycles.Cycles.INSERT_CYCLE", "forgetting.DELETES[0]"} <= set(STATEMENTS.values())


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as store:
        yield store


@each
@pytest.mark.parametrize("spelling", [SQLITE, SQLITE.by_given_clock()], ids=["own clock", "given clock"])
def test_each_can_be_prepared_in_sqlite(store: Store, statement: Statement[Any], spelling: Spelling) -> None:
    sql, names, _ = spelling.text(statement)
    with store.transaction() as tx:
        tx._cursor.execute(f"EXPLAIN {sql}", [None] * len(names))
    assert sql.count("?") == len(names)


@pytest.fixture(scope="module")
def server(postgresql: PostgresServer, migrated_on_server: str) -> Iterator[psycopg.Connection]:
    with (
        postgresql.database(migrated_on_server) as name,
        psycopg.connect(postgresql.url(name), autocommit=True) as connection,
    ):
        yield connection


@each
@pytest.mark.parametrize("spelling", [POSTGRESQL, POSTGRESQL.by_given_clock()], ids=["own clock", "given clock"])
def test_each_can_be_prepared_in_postgresql_and_returns_what_its_row_takes(
    server: psycopg.Connection, statement: Statement[Any], spelling: Spelling
) -> None:
    sql, names, _ = spelling.text(statement)
    for number in range(1, sql.count("%s") + 1):
        sql = sql.replace("%s", f"${number}", 1)
    prepared = server.pgconn.prepare(b"", sql.encode())
    assert prepared.status == psycopg.pq.ExecStatus.COMMAND_OK, prepared.get_error_message()
    described = server.pgconn.describe_prepared(b"")
    assert described.nparams == len(names)
    assert takes(statement, described.nfields)
    assert not takes(statement, described.nfields + 1)


def test_none_of_them_stands_in_the_place_of_another_one() -> None:
    """The subjects are put together in one class."""
    names = Counter(name for kind in Store.__mro__ for name, it in vars(kind).items() if isinstance(it, Statement))
    assert [name for name, count in names.items() if count > 1] == []


def test_each_that_tells_the_time_takes_a_clock_that_is_given() -> None:
    for statement in STATEMENTS:
        tells = "{now}" in statement.sql
        for spelling in (SQLITE, POSTGRESQL):
            assert ("clock" in spelling.by_given_clock().text(statement).names) is tells
            assert "clock" not in spelling.text(statement).names
