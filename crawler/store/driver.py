"""A transaction at the driver: statements whose text was made beforehand, and their values by position.

To build, key and dispatch a statement costs SQLAlchemy 50 to 200 microseconds each time, the driver 5; a cycle runs a
dozen. To import SQLAlchemy at all takes longer than a whole `sync` of an empty partner without it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

Text = tuple[str, tuple[str, ...]]
"""A statement's SQL, and the names of its values in the order of their placeholders."""

CLOCK = "clock"
"""The name of the value that takes the place of the database's clock, where another one is given."""


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A statement of `crawler.store.composed`, as each database spells it.

    `values` are the names of its values in the order of their placeholders, `columns` those of what it returns.
    """

    name: str
    sqlite: str
    postgresql: str
    values: tuple[str, ...]
    columns: tuple[str, ...]


class Driver:
    """A transaction under way at the driver. `text` says how this database spells a statement."""

    __slots__ = ("_clock", "_cursor", "_text", "shared")

    def __init__(
        self, cursor: Any, text: Callable[[Statement], Text], clock: Callable[[], float] | None, *, shared: bool
    ) -> None:
        self._cursor = cursor
        self._text = text
        self._clock = clock
        self.shared = shared

    def run(self, statement: Statement, **values: object) -> int:
        """Run a statement; returns the number of rows that it touched."""
        self._execute(statement, values)
        touched: int = self._cursor.rowcount
        return touched

    def all(self, statement: Statement, **values: object) -> list[Any]:
        """The rows that a statement returns, as tuples."""
        self._execute(statement, values)
        rows: list[Any] = self._cursor.fetchall()
        return rows

    def one(self, statement: Statement, **values: object) -> Any:
        """The first row that a statement returns, or `None`."""
        self._execute(statement, values)
        rows = self._cursor.fetchall()
        return rows[0] if rows else None

    def named(self, statement: Statement, **values: object) -> list[dict[str, Any]]:
        """The rows that a statement returns, by the names of their columns."""
        return [dict(zip(statement.columns, row, strict=True)) for row in self.all(statement, **values)]

    def many(self, statement: Statement, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each of `rows`, which hold its values in their order.

        Rows that are made one by one, as they are asked for, never are in memory together.
        """
        self._cursor.executemany(self._text(statement)[0], rows)

    def array(self, texts: Sequence[str]) -> object:
        """Texts as `crawler.store.dialect.Dialect.among` takes them."""
        return list(texts) if self.shared else msgspec.json.encode(texts).decode()

    def _execute(self, statement: Statement, values: dict[str, object]) -> None:
        text, names = self._text(statement)
        if self._clock is not None:
            values[CLOCK] = self._clock()
        self._cursor.execute(text, [values[name] for name in names])
