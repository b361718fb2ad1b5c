"""A source's state as lines of JSON, and back: a backup, and the way from one database into another.

The first line says what this is, and in which version; then come, source by source, a line for each row, and a last
line that counts them, so that a file that was cut off is not taken for a whole one. Cycles, exchanges, leases and the
schedule stay behind: they say what happened on one machine. What was crawled there is due an interval after it came
here, and not sooner (CY1). Nothing here holds a secret.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

from crawler.errors import ConfigurationError
from crawler.protocol.envelope import printable
from crawler.store.contents import CURSOR, FIELDS, PROFILE, named
from crawler.store.database import Database
from crawler.store.entries import REFERENCES, EntryRow
from crawler.store.sources import UNKNOWN
from crawler.store.sql import Statement, Transaction, value

VERSION = 3
"""Those before it are read, too: 2 knew no incarnations (OB13), and 1 had digests of contents and identities, and
cursors without a page (LS5)."""

HEAD = "ringcx-crawler state"
BATCH = 500
"""How many rows are in memory at a time."""

SOURCE = "name, base_uri, info, info_at, failures, last_started_at, disabled_at, period"


def _row(columns: str, *values: Any) -> dict[str, Any]:
    row = dict(zip(columns.split(", "), values, strict=True))
    if "puppetizable" in row:
        row["puppetizable"] = bool(row["puppetizable"])  # SQLite has numbers
    return row


class Moved:
    """A table of what belongs to a source and moves with it: `columns` but those that a database numbers by itself.

    Its rows are read in batches in the order of `key`, which `first` and `last` are about, and are written one by one.
    """

    def __init__(self, table: str, columns: str, *, key: str) -> None:
        self.names = columns.split(", ")
        self.read = Statement(
            f"""
            SELECT {key}, {columns} FROM {table}
            WHERE source_id = :source_id AND (CAST(:first AS BOOLEAN) OR {key} > :last) ORDER BY {key} LIMIT {BATCH}
            """,
            partial(_keyed, columns),
        )
        self.write = Statement(f"INSERT INTO {table} (source_id, {columns}) VALUES (:source_id, {named(columns)})")


class _Keyed(NamedTuple):
    key: Any
    row: dict[str, Any]


def _keyed(columns: str, key: Any, *values: Any) -> _Keyed:
    return _Keyed(key, _row(columns, *values))


ENTRY = ", ".join(name for name in EntryRow._fields if name not in ("position", "source_id"))
CONTENT = f"object, foreign_id, content_id, {FIELDS}, imported_at, changed_at, deleted_at, incarnation"
MOVED = {
    "content": Moved("content", CONTENT, key="id"),
    "identity": Moved("identity", f"foreign_id, {PROFILE}", key="id"),
    "cursor": Moved("cursor", f"{CURSOR}, moved_at", key="object"),
    "lookup": Moved("lookup", "foreign_id, asked_at", key="foreign_id"),
    "outbox": Moved("outbox", ENTRY, key="position"),
}
"""In the order of their lines. An outbox entry's `id` is not a number: it is its content_id."""

EMPTY_HINT = "import into another database (--database): what is there is never mixed with what comes"
BROKEN_HINT = "nothing was imported: take the whole file as `ringcx-crawler export` wrote it"


class _Stored(NamedTuple):
    id: int
    row: dict[str, Any]


def _stored(source_id: int, *values: Any) -> _Stored:
    return _Stored(source_id, _row(SOURCE, *values))


class Dump(Database):
    """The part of the store that moves sources."""

    STORED_SOURCES = Statement(f"SELECT id, {SOURCE} FROM source ORDER BY name", _stored)

    def export_state(self, names: Iterable[str] | None = None) -> Iterator[str]:
        """The state of these sources, or of all, as lines of JSON in ASCII without their ends: of one moment.

        Only a few rows are in memory at a time, so the transaction lasts until the last line is taken.

        Raises `ConfigurationError` for a source that is not stored, and `StoreError`.
        """
        with self.reading() as tx:
            for statement in self.backend.snapshot:
                tx.run(statement)
            stored = {source.row["name"]: source for source in tx.all(self.STORED_SOURCES)}
            wanted = list(stored) if names is None else list(dict.fromkeys(names))
            for name in wanted:
                if name not in stored:
                    raise ConfigurationError(
                        f"nothing is stored of {name}", hint="`ringcx-crawler status` shows what is"
                    )
            counts: Counter[str] = Counter()
            yield json.dumps({HEAD: VERSION})
            for name in wanted:
                yield _line("source", stored[name].row, counts)
                for table, moved in MOVED.items():
                    for row in _rows(tx, moved, stored[name].id):
                        yield _line(table, row, counts)
            yield json.dumps({"end": counts})

    # What was crawled is due an interval after it came here (CY1).
    NEW_SOURCE = Statement(
        f"""
        INSERT INTO source ({SOURCE}, fingerprint, lease_seconds, fence, managed, due_at)
        VALUES ({named(SOURCE)}, '{UNKNOWN}', 0, 0, FALSE, {{now}} + CAST(:period AS DOUBLE PRECISION))
        ON CONFLICT DO NOTHING RETURNING id
        """,
        value,
    )

    def import_state(self, lines: Iterable[str]) -> dict[str, int]:
        """Store what `export_state` wrote, in one transaction: all of it, or nothing. Returns counts by table.

        Raises `ConfigurationError` for a source that is there already, and for lines that are not whole.
        """
        counts: Counter[str] = Counter()
        source_id: int | None = None
        batch: list[tuple[object, ...]] = []
        of = ""
        with self.transaction(limited=False) as tx:
            numbered = enumerate(lines, start=1)
            version = _version(next(numbered, (1, ""))[1])
            for number, text in numbered:
                table, row = _read(number, text, version)
                if batch and (table != of or len(batch) == BATCH):
                    tx.many(MOVED[of].write, batch)
                    batch = []
                of = table
                if table == "end":
                    if row != counts:
                        raise _broken(number, f"{dict(counts)} came, and {row} was written")
                    return dict(counts)
                if table == "source":
                    source_id = tx.one(self.NEW_SOURCE, **row)
                    if source_id is None:
                        raise ConfigurationError(f"{printable(row['name'], 60)} is there already", hint=EMPTY_HINT)
                elif source_id is None:
                    raise _broken(number, "a row before its source")
                else:
                    batch.append((source_id, *(row[name] for name in MOVED[table].names)))
                counts[table] += 1
            raise _broken(sum(counts.values()) + 2, "the file ends before its last line")


def _rows(tx: Transaction, moved: Moved, source_id: int) -> Iterator[dict[str, Any]]:
    first, last = True, None
    while batch := tx.all(moved.read, source_id=source_id, first=first, last=last):
        yield from (row for _, row in batch)
        first, last = False, batch[-1].key


@cache
def _columns(table: str) -> dict[str, Any]:
    """The columns that move, with their types."""
    from crawler.store.schema import metadata  # heavy, and only an import looks at types

    names = SOURCE.split(", ") if table == "source" else MOVED[table].names
    return {name: metadata.tables[table].c[name] for name in names}


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
        columns = _columns(table)
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
