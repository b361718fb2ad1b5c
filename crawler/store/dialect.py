"""What differs between the databases in what a statement says."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from crawler.store.driver import CLOCK


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between databases: its `name`, and whether the clock is one that was `given` instead of its own."""

    name: str
    given: bool = False

    @property
    def now(self) -> sa.ColumnElement[float]:
        """Seconds since 1970 by the database's clock, or by the one that was given, which is bound as ``clock``."""
        if self.given:
            return sa.bindparam(CLOCK, type_=sa.Float)
        if self.name == "postgresql":
            return sa.literal_column("CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)", sa.Float)
        return sa.literal_column("((julianday('now') - 2440587.5) * 86400.0)", sa.Float)

    def insert(self, rows: sa.Table) -> sqlite.Insert:
        """An INSERT that can deal with conflicts. SQLite and PostgreSQL spell it alike, SQLAlchemy types it apart."""
        if self.name == "postgresql":
            return postgresql.insert(rows).inline()  # type: ignore[return-value]
        return sqlite.insert(rows).inline()

    def among(self, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
        """Whether a column's text is among those bound as `name`, any number of them: see `Driver.array`."""
        if self.name == "postgresql":
            return column == sa.func.any(sa.bindparam(name, type_=postgresql.ARRAY(sa.Text)))
        members = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
        return column.in_(sa.select(members.c.value))


def fixed(value: str | int) -> sa.ColumnElement[Any]:
    """A value that is part of the statement: one of ours, without a quote in it."""
    return sa.literal_column(f"'{value}'" if isinstance(value, str) else str(value))
