"""A source's state as lines of JSON, and back: a backup, and the way from one database into another.

The first line says what this is, and in which version; then come, source by source, a line for each row, and a last
line that counts them, so that a file that was cut off is not taken for a whole one. Cycles, exchanges, leases and the
schedule stay behind: they say what happened on one machine. What was crawled there is due an interval after it came
here, and not sooner (CY1). Nothing here holds a secret.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from crawler.errors import ConfigurationError
from crawler.protocol.envelope import printable
from crawler.store.rows import REFERENCES
from crawler.store.schema import CONTENT, CURSOR, IDENTITY, LOOKUP, OUTBOX, SOURCE
from crawler.store.sources import UNKNOWN, SourceStore

VERSION = 3
"""Those before it are read, too: 2 knew no incarnations (OB13), and 1 had digests of contents and identities, and
cursors without a page (LS5)."""

HEAD = "ringcx-crawler state"
BATCH = 500
"""How many rows are in memory at a time."""

MOVED: Mapping[str, sa.Table] = {
    "content": CONTENT,
    "identity": IDENTITY,
    "cursor": CURSOR,
    "lookup": LOOKUP,
    "outbox": OUTBOX,
}
"""What belongs to a source and moves with it, in the order of its lines."""

NUMBERS = ("id", "position", "source_id")
"""Columns that a database numbers by itself. An outbox entry's `id` is not one: it is its content_id."""

OF_SOURCE = ("name", "base_uri", "info", "info_at", "failures", "last_started_at", "disabled_at", "period")

EMPTY_HINT = "import into another database (--database): what is there is never mixed with what comes"
BROKEN_HINT = "nothing was imported: take the whole file as `ringcx-crawler export` wrote it"


class MovingStore(SourceStore):
    """The part of the store that moves sources."""

    def export_state(self, names: Sequence[str] | None = None) -> Iterator[str]:
        """The state of these sources, or of all, as lines of JSON in ASCII without their ends: of one moment.

        Only a few rows are in memory at a time, so the transaction lasts until the last line is taken.

        Raises `ConfigurationError` for a source that is not stored, and `StoreError`.
        """
        with self.reading() as session:
            if self.is_shared:
                session.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
                session.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            stored = {row["name"]: row for row in session.execute(sa.select(SOURCE).order_by(SOURCE.c.name)).mappings()}
            for name in names or ():
                if name not in stored:
                    raise ConfigurationError(
                        f"nothing is stored of {name}", hint="`ringcx-crawler status` shows what is"
                    )
            counts: Counter[str] = Counter()
            yield json.dumps({HEAD: VERSION})
            for name in stored if names is None else dict.fromkeys(names):
                yield _line("source", {column: stored[name][column] for column in OF_SOURCE}, counts)
                for table, rows in MOVED.items():
                    columns = _columns(rows)
                    query = sa.select(*columns.values()).where(rows.c.source_id == stored[name]["id"])
                    found = session.execute(query.order_by(*rows.primary_key).execution_options(yield_per=BATCH))
                    for row in found.mappings():
                        yield _line(table, dict(row), counts)
            yield json.dumps({"end": counts})

    def import_state(self, lines: Iterable[str]) -> dict[str, int]:
        """Store what `export_state` wrote, in one transaction: all of it, or nothing. Returns counts by table.

        Raises `ConfigurationError` for a source that is there already, and for lines that are not whole.
        """
        counts: Counter[str] = Counter()
        source_id = 0
        batch: list[dict[str, Any]] = []
        of = ""
        with self.writing() as session:
            numbered = enumerate(lines, start=1)
            version = _version(next(numbered, (1, ""))[1])
            for number, text in numbered:
                table, row = _read(number, text, version)
                if table == "end":
                    self._insert(session, of, batch)
                    if row != counts:
                        raise _broken(number, f"{dict(counts)} came, and {row} was written")
                    return dict(counts)
                if table != of or len(batch) == BATCH:
                    self._insert(session, of, batch)
                    of, batch = table, []
                if table == "source":
                    source_id = self._new_source(session, row)
                elif not source_id:
                    raise _broken(number, "a row before its source")
                else:
                    batch.append({**row, "source_id": source_id})
                counts[table] += 1
            raise _broken(sum(counts.values()) + 2, "the file ends before its last line")

    def _new_source(self, session: Session, row: Mapping[str, Any]) -> int:
        values = {**row, "fingerprint": UNKNOWN, "lease_seconds": 0, "fence": 0, "managed": False}
        if row["period"] is not None:
            values["due_at"] = self.clock() + row["period"]
        insert = self._dialect.insert(SOURCE).values(values).on_conflict_do_nothing().returning(SOURCE.c.id)
        made: int | None = session.execute(insert).scalar_one_or_none()
        if made is None:
            raise ConfigurationError(f"{printable(row['name'], 60)} is there already", hint=EMPTY_HINT)
        return made

    @staticmethod
    def _insert(session: Session, table: str, batch: Sequence[dict[str, Any]]) -> None:
        if batch:
            session.execute(sa.insert(MOVED[table]), batch)


def _columns(rows: sa.Table) -> dict[str, sa.Column[Any]]:
    numbers = NUMBERS if rows is not OUTBOX else ("position", "source_id")
    return {column.name: column for column in rows.columns if column.name not in numbers}


def _line(table: str, row: Mapping[str, Any], counts: Counter[str]) -> str:
    counts[table] += 1
    return json.dumps({table: row})


def _version(text: str) -> int:
    try:
        head = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or HEAD not in head:
        raise _broken(1, f'expected {{"{HEAD}": {VERSION}}}')
    if head[HEAD] not in (1, 2, VERSION):
        raise ConfigurationError(
            f"the file is of version {printable(str(head[HEAD]), 20)}, and this program reads version {VERSION}",
            hint="a newer ringcx-crawler wrote it: update this one",
        )
    return int(head[HEAD])


def _read(number: int, text: str, version: int) -> tuple[str, dict[str, Any]]:
    """The table and the row of a line, every column of the right type."""
    try:
        [(table, row)] = json.loads(text).items()
        if table == "end":
            return table, dict(row)
        if version == 1 and table in ("content", "identity"):
            del row["digest"]
        if version == 1 and table == "cursor":
            row |= {"page_mark": None, "page_seen": None}
        if version < 3 and table == "content":
            row |= {"incarnation": 0}
        if version < 3 and table == "outbox":
            row |= {f"{name}_incarnation": 0 if row[f"{name}_id"] is not None else None for name in REFERENCES}
        columns = {name: SOURCE.c[name] for name in OF_SOURCE} if table == "source" else _columns(MOVED[table])
        for name, column in columns.items():
            value = row[name]
            kind = column.type.python_type
            fits = type(value) is kind or (kind is float and type(value) is int)
            if not (column.nullable if value is None else fits) or (kind is str and "\0" in (value or "")):
                raise _broken(number, f"the value of {name} is not what this column takes")
        if row.keys() != columns.keys():
            raise _broken(number, "columns that this version does not know")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _broken(number, "not a row as `export` writes it") from None
    return table, row


def _broken(number: int, what: str) -> ConfigurationError:
    return ConfigurationError(f"line {number}: {what}", hint=BROKEN_HINT)
