"""The tables. Moments are ISO 8601 in UTC as text, which sorts, reads and compares alike in every database and tool.

Foreign ids are unique within a source and object. Rows never leave `crawler.store`.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


BIG: Any = BigInteger().with_variant(Integer(), "sqlite")
"""Thousands of sources make more than 2^31 exchanges within months. On SQLite an `Integer` has 64 bits, and a
`BigInteger` would not count by itself."""


class Row(SQLModel, registry=registry(metadata=metadata)):
    """Base of our tables, apart from `SQLModel.metadata`: a partner's own tests may hold tables of the same names."""

    metadata = metadata


def _text(*, nullable: bool = True, default: str | None = None) -> Any:
    """A text column without a length: no database of ours needs one."""
    if nullable:
        return Field(default=default, sa_type=Text)
    return Field(sa_type=Text) if default is None else Field(default=default, sa_type=Text)


class SourceRow(Row, table=True):
    """One source: what it last declared, how it fares, when it is due (CY1), and who crawls it (CY2).

    `managed` are those that a daemon crawls. `due_at` and `lease_until` are seconds since 1970 by the database's clock;
    `lease_seconds` is how long a lease lasts, the same for all, and `fence` rises each time one is taken.
    """

    __tablename__ = "source"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_type=Text, unique=True)
    base_uri: str = _text(nullable=False)
    fingerprint: str = _text(nullable=False)
    info: str | None = _text()
    info_at: str | None = _text()
    failures: int = 0
    last_started_at: str | None = _text()
    managed: bool = False
    disabled_at: str | None = _text()
    period: float | None = None
    due_at: float | None = Field(default=None, index=True)
    lease_owner: str | None = _text()
    lease_until: float | None = None
    lease_seconds: float = 0
    fence: int = 0


class ContentRow(Row, table=True):
    """A thread, message or private message as the partner shows it, or as it was sent (PU3).

    `content_id` names the outbox entry that created it. `in_reply_to_id` may name a content that is not known (OB8).
    `incarnation` counts the contents that had the id before this one, of which nothing is left (OB13).
    """

    __tablename__ = "content"
    __table_args__ = (
        UniqueConstraint("source_id", "object", "foreign_id"),
        Index(None, "source_id", "thread_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    source_id: int = Field(foreign_key="source.id")
    object: str = _text(nullable=False)
    foreign_id: str = _text(nullable=False)
    content_id: str | None = _text()
    author_id: str | None = _text()
    recipient_id: str | None = _text()
    thread_id: str | None = _text()
    in_reply_to_id: str | None = _text()
    title: str | None = _text()
    body: str | None = _text()
    format: str | None = _text()
    language: str | None = _text()
    created_at: str | None = _text()
    updated_at: str | None = _text()
    actions: str = _text(nullable=False, default="[]")
    extra: str | None = _text()
    imported_at: str = _text(nullable=False)
    changed_at: str = _text(nullable=False)
    deleted_at: str | None = _text()
    incarnation: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class IdentityRow(Row, table=True):
    """A user of the partner's system (OB4, OB10)."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("source_id", "foreign_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    source_id: int = Field(foreign_key="source.id")
    foreign_id: str = _text(nullable=False)
    screenname: str = _text(nullable=False)
    firstname: str | None = _text()
    lastname: str | None = _text()
    avatar_url: str | None = _text()
    email: str | None = _text()
    home_phone: str | None = _text()
    mobile_phone: str | None = _text()
    gender: str | None = _text()
    puppetizable: bool = False
    created_at: str | None = _text()
    updated_at: str | None = _text()
    context_data: str | None = _text()


class CursorRow(Row, table=True):
    """Where the import of an object stands: `crawler.sync.state.Cursor`. `trail` is a JSON array of ids.

    `page_seen` is a JSON object.
    """

    __tablename__ = "cursor"

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    object: str = Field(sa_type=Text, primary_key=True)
    since_id: str | None = _text()
    trail: str = _text(nullable=False, default="[]")
    checked_at: str | None = _text()
    page_mark: str | None = _text()
    page_seen: str | None = _text()
    moved_at: str | None = _text()


class LookupRow(Row, table=True):
    """A thread that a message named before it was known: to be fetched with `threads.show`, once (LS9).

    `asked_at` is when that was done, whatever came of it.
    """

    __tablename__ = "lookup"

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    foreign_id: str = Field(sa_type=Text, primary_key=True)
    asked_at: str | None = _text()


class OutboxRow(Row, table=True):
    """An agent's change: `crawler.sync.state.OutboxEntry`; `position` is the queue's order.

    Each of target, thread and in_reply_to is a foreign id, of the content of that incarnation (OB13; `None`: whichever
    has it), or the id of another entry.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "source_id", "status", "position"),)

    position: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    id: str = Field(sa_type=Text, unique=True)
    source_id: int = Field(foreign_key="source.id")
    object: str = _text(nullable=False)
    operation: str = _text(nullable=False)
    status: str = _text(nullable=False)
    attempts: int = 0
    granted: int = 3
    error: str | None = _text()
    foreign_id: str | None = _text()
    author_id: str | None = _text()
    recipient_id: str | None = _text()
    target_id: str | None = _text()
    target_entry: str | None = _text()
    target_incarnation: int | None = None
    thread_id: str | None = _text()
    thread_entry: str | None = _text()
    thread_incarnation: int | None = None
    in_reply_to_id: str | None = _text()
    in_reply_to_entry: str | None = _text()
    in_reply_to_incarnation: int | None = None
    title: str | None = _text()
    body: str | None = _text()
    format: str | None = _text()
    attachments: str | None = _text()
    structured_content: str | None = _text()
    queued_at: str = _text(nullable=False)
    begun_at: str | None = _text()
    settled_at: str | None = _text()


class CycleRow(Row, table=True):
    """One cycle: when, how it ended, and its report as JSON.

    `kind` is ``cycle``, or ``push`` where only what agents queued was sent.
    """

    __tablename__ = "cycle"
    __table_args__ = (Index(None, "source_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    source_id: int = Field(foreign_key="source.id")
    started_at: str = _text(nullable=False)
    ended_at: str | None = _text()
    outcome: str = _text(nullable=False, default="running")
    report: str | None = _text()
    kind: str = Field(default="cycle", sa_type=Text, sa_column_kwargs={"server_default": "cycle"})


class ExchangeRow(Row, table=True):
    """One request and its answer, as bytes, cut at the source's `keep_bytes`; the sizes are those of the whole."""

    __tablename__ = "exchange"
    __table_args__ = (Index(None, "cycle_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    cycle_id: int = Field(foreign_key="cycle.id", sa_type=BIG)
    action: str = _text(nullable=False)
    started_at: str = _text(nullable=False)
    seconds: float = 0
    request: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    request_size: int = 0
    status: int | None = None
    headers: str | None = _text()
    response: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    response_size: int = 0
    verdict: str = _text(nullable=False)
    error: str = _text(nullable=False, default="")


def _table(row: type[SQLModel]) -> Table:
    found: Table = row.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
    return found


SOURCE, CONTENT, IDENTITY = _table(SourceRow), _table(ContentRow), _table(IdentityRow)
CURSOR, LOOKUP, OUTBOX = _table(CursorRow), _table(LookupRow), _table(OutboxRow)
CYCLE, EXCHANGE = _table(CycleRow), _table(ExchangeRow)
