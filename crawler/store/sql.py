"""How a statement reaches the driver: as text that this database understands, with its values by position.

A `Statement` stands as a constant above the method that runs it. Five words differ between databases: ``{now}``, the
clock in seconds since 1970; ``{among ids}``, one of the texts that are given as `ids`; ``{differs}``, which tells NULL
apart; ``{for_update}`` and ``{skip_locked}``, the locks of rows, which SQLite has none of.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, overload

import msgspec

R = TypeVar("R")


def nothing() -> None:
    """The row of a statement that returns none."""


def value(it: Any) -> Any:
    """The row of a statement that returns one column: its value."""
    return it


class Statement(Generic[R]):
    """One statement: `sql` with ``:named`` values and the five words, and `row`, which makes a record of its columns.

    Statements are the same only if they are identical.
    """

    __slots__ = ("row", "sql")

    @overload
    def __init__(self: "Statement[None]", sql: str) -> None: ...
    @overload
    def __init__(self, sql: str, row: Callable[..., R]) -> None: ...
    def __init__(self, sql: str, row: Callable[..., Any] = nothing) -> None:
        self.sql = sql
        self.row = row


class Text(NamedTuple):
    """A statement's text, the names of its values in the order of their placeholders, and those that are lists."""

    sql: str
    names: tuple[str, ...]
    lists: frozenset[str]


class Spelling:
    """How a database spells what is not the same in all."""

    def __init__(
        self,
        *,
        placeholder: str,
        now: str,
        among: str,
        differs: str,
        array: Callable[[Sequence[str]], object],
        for_update: str = "",
        skip_locked: str = "",
    ) -> None:
        self.array = array
        self._placeholder = placeholder
        self._among = among
        self._words = {"now": now, "differs": differs, "for_update": for_update, "skip_locked": skip_locked}
        self._texts: dict[Statement[Any], Text] = {}

    def by_given_clock(self) -> "Spelling":
        """The same, but for the clock: it is the value `clock`, as in tests, where hours pass in no time."""
        given = "CAST(:clock AS DOUBLE PRECISION)"
        words = {**self._words, "now": given}
        return Spelling(placeholder=self._placeholder, among=self._among, array=self.array, **words)

    def text(self, statement: Statement[Any]) -> Text:
        """A statement as this database takes it; spelled once."""
        text = self._texts.get(statement)
        if text is None:
            lists = frozenset(re.findall(r"\{among (\w+)\}", statement.sql))
            sql = re.sub(r"\{among (\w+)\}", lambda found: self._among.format(f":{found[1]}"), statement.sql)
            sql = re.sub(r"\{(\w+)\}", lambda found: self._words[found[1]], sql)
            names = tuple(re.findall(r":(\w+)", sql))
            sql = " ".join(re.sub(r":\w+", self._placeholder, sql).split())
            text = self._texts[statement] = Text(sql, names, lists)
        return text


SQLITE = Spelling(
    placeholder="?",
    now="((julianday('now') - 2440587.5) * 86400.0)",
    among="IN (SELECT value FROM json_each({}))",
    differs="IS NOT",
    array=lambda texts: msgspec.json.encode(texts).decode(),
)
POSTGRESQL = Spelling(
    placeholder="%s",
    now="CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)",
    among="= ANY(CAST({} AS TEXT[]))",
    differs="IS DISTINCT FROM",
    array=list,
    for_update="FOR UPDATE",
    skip_locked="FOR NO KEY UPDATE SKIP LOCKED",
)
FOR_CLOCK: dict[Spelling, Spelling] = {it: it.by_given_clock() for it in (SQLITE, POSTGRESQL)}


class Transaction:
    """A transaction under way at the driver. `clock` takes the place of the database's own."""

    __slots__ = ("_clock", "_cursor", "_spelling")

    def __init__(self, cursor: Any, spelling: Spelling, clock: Callable[[], float] | None = None) -> None:
        self._cursor = cursor
        self._spelling = spelling if clock is None else FOR_CLOCK[spelling]
        self._clock = clock

    def run(self, statement: Statement[None], **values: object) -> int:
        """Run a statement; returns the number of rows that it touched."""
        self._execute(statement, values)
        touched: int = self._cursor.rowcount
        return touched

    def all(self, statement: Statement[R], **values: object) -> list[R]:
        """The rows that a statement returns."""
        self._execute(statement, values)
        row = statement.row
        return [row(*columns) for columns in self._cursor.fetchall()]

    def one(self, statement: Statement[R], **values: object) -> R | None:
        """The first row that a statement returns, or `None`."""
        self._execute(statement, values)
        rows = self._cursor.fetchall()
        return statement.row(*rows[0]) if rows else None

    def only(self, statement: Statement[R], **values: object) -> R:
        """The one row of a statement that returns one for certain."""
        [row] = self.all(statement, **values)
        return row

    def many(self, statement: Statement[None], rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each of `rows`, which hold its values in the order of their placeholders.

        Rows that are made one by one, as they are asked for, never are in memory together.
        """
        self._cursor.executemany(self._spelling.text(statement).sql, rows)

    def _execute(self, statement: Statement[Any], values: dict[str, Any]) -> None:
        sql, names, lists = self._spelling.text(statement)
        for name in lists:
            values[name] = self._spelling.array(values[name])
        if self._clock is not None:
            values["clock"] = self._clock()
        self._cursor.execute(sql, [values[name] for name in names])
