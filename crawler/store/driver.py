"""Statements that every cycle runs: built from the tables once, compiled once, and handed to the driver as text.

To build, key and dispatch a statement costs SQLAlchemy 50 to 200 microseconds each time, the driver 5; a cycle runs a
dozen. Values are bound by name and stored as the driver stores them: text, numbers, bytes and truth values.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between databases: its `name`, and whether the clock is one that was `given` instead of its own."""

    name: str
    given: bool

    @property
    def now(self) -> sa.ColumnElement[float]:
        """Seconds since 1970 by the database's clock, or by the one that was given, which is bound as ``clock``."""
        if self.given:
            return sa.bindparam("clock", type_=sa.Float)
        if self.name == "postgresql":
            return sa.literal_column("CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)", sa.Float)
        return sa.literal_column("((julianday('now') - 2440587.5) * 86400.0)", sa.Float)

    def insert(self, rows: sa.Table) -> sqlite.Insert:
        """An INSERT that can deal with conflicts. SQLite and PostgreSQL spell it alike, SQLAlchemy types it apart."""
        if self.name == "postgresql":
            return postgresql.insert(rows).inline()  # type: ignore[return-value]
        return sqlite.insert(rows).inline()

    def among(self, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
        """Whether a column's text is among those bound as `name`, any number of them: see `array`."""
        if self.name == "postgresql":
            return column == sa.func.any(sa.bindparam(name, type_=postgresql.ARRAY(sa.Text)))
        members = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
        return column.in_(sa.select(members.c.value))

    def array(self, texts: Sequence[str]) -> object:
        """Texts as `among` takes them."""
        return list(texts) if self.name == "postgresql" else json.dumps(texts, ensure_ascii=False)


Statement = sa.UpdateBase | sa.Select[*tuple[Any, ...]]
Build = Callable[[Dialect], Statement]


@cache
def compiled(build: Build, dialect: Dialect) -> tuple[str, dict[str, object]]:
    """The text of a statement, and the values that are part of it."""
    spoken = PGDialect_psycopg() if dialect.name == "postgresql" else sqlite.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    made = build(dialect).compile(dialect=spoken)
    return str(made), {name: value for name, value in made.params.items() if value is not None}


class Driver:
    """A transaction under way at the driver. All values of a statement are bound by name."""

    __slots__ = ("_clock", "_cursor", "dialect")

    def __init__(self, cursor: Any, dialect: Dialect, clock: Callable[[], float] | None) -> None:
        self._cursor = cursor
        self._clock = clock
        self.dialect = dialect

    def run(self, build: Build, **values: object) -> int:
        """Run a statement; returns the number of rows that it touched."""
        self._execute(build, values)
        touched: int = self._cursor.rowcount
        return touched

    def all(self, build: Build, **values: object) -> list[Any]:
        """The rows that a statement returns, as tuples."""
        self._execute(build, values)
        rows: list[Any] = self._cursor.fetchall()
        return rows

    def one(self, build: Build, **values: object) -> Any:
        """The first row that a statement returns, or `None`."""
        self._execute(build, values)
        rows = self._cursor.fetchall()
        return rows[0] if rows else None

    def many(self, build: Build, rows: Sequence[Values]) -> None:
        """Run a statement once for each of `rows`."""
        if rows:
            text, fixed = compiled(build, self.dialect)
            self._cursor.executemany(text, [{**fixed, **row} for row in rows] if fixed else rows)

    def _execute(self, build: Build, values: dict[str, object]) -> None:
        text, fixed = compiled(build, self.dialect)
        if self._clock is not None:
            values["clock"] = self._clock()
        self._cursor.execute(text, {**fixed, **values} if fixed else values)
