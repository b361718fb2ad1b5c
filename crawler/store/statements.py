"""The statements that every cycle runs, each a function of the dialect; their values are named in `bindparam`s.

`crawler.store.driver` compiles each of them once. A column's name alone is taken in INSERT and SET, so the value that
a WHERE compares a column with is called ``its_…``.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from crawler.protocol.implementation import POLLED
from crawler.store.driver import Dialect, Statement
from crawler.store.rows import CONTENT, CURSOR, CYCLE, EXCHANGE, IDENTITY, LOOKUP, OUTBOX, SOURCE
from crawler.sync.state import Status

ITS_ID = SOURCE.c.id == bindparam("its_id")
PENDING = OUTBOX.c.status == str(Status.PENDING)
CONTENT_KEY = ("source_id", "object", "foreign_id")
KEPT_ON_UPDATE = frozenset({*CONTENT_KEY, "imported_at", "content_id"})


def _bound(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


def _all_of(of: sa.Table, *, but: Iterable[str] = ()) -> dict[str, Any]:
    return _bound(*(column.name for column in of.c if column.name not in but))


def now(dialect: Dialect) -> Statement:
    """The clock."""
    return sa.select(dialect.now)


# sources


def find_source(_dialect: Dialect) -> Statement:
    """Id and fingerprint of a source, by `its_name`."""
    return sa.select(SOURCE.c.id, SOURCE.c.fingerprint).where(SOURCE.c.name == bindparam("its_name"))


def insert_source(dialect: Dialect) -> Statement:
    """A new source, unless its name is there; returns the id."""
    values = _bound("name", "base_uri", "fingerprint", "lease_seconds")
    values |= {"failures": 0, "fence": 0, "managed": sa.false()}
    return dialect.insert(SOURCE).values(values).on_conflict_do_nothing().returning(SOURCE.c.id)


def change_source(_dialect: Dialect) -> Statement:
    """Changed settings: what was declared under the old ones is forgotten (CY5)."""
    values = _bound("base_uri", "fingerprint", "lease_seconds")
    return sa.update(SOURCE).where(ITS_ID).values(**values, info=sa.null(), info_at=sa.null())


def save_info(_dialect: Dialect) -> Statement:
    """The newest implementation info."""
    return sa.update(SOURCE).where(ITS_ID).values(_bound("info", "info_at"))


def stored_info(_dialect: Dialect) -> Statement:
    """The newest implementation info, by `its_name` and `its_fingerprint`."""
    own = (SOURCE.c.name == bindparam("its_name"), SOURCE.c.fingerprint == bindparam("its_fingerprint"))
    return sa.select(SOURCE.c.info).where(*own)


def managed_sources(_dialect: Dialect) -> Statement:
    """Name, fingerprint, whether it is managed and when it is due, of all sources."""
    return sa.select(SOURCE.c.name, SOURCE.c.fingerprint, SOURCE.c.managed, SOURCE.c.due_at)


def manage_source(_dialect: Dialect) -> Statement:
    """Whether daemons crawl a source, and when it is due."""
    return sa.update(SOURCE).where(SOURCE.c.name == bindparam("its_name")).values(_bound("managed", "due_at"))


def _claim(dialect: Dialect, fares: sa.ColumnElement[bool]) -> Statement:
    now = dialect.now
    free = sa.or_(SOURCE.c.lease_owner.is_(None), SOURCE.c.lease_until <= now)
    until = now + bindparam("ahead", type_=sa.Float)
    due = (
        sa.select(SOURCE.c.id)
        .where(SOURCE.c.managed, SOURCE.c.disabled_at.is_(None), SOURCE.c.due_at <= until, free, fares)
        .order_by(SOURCE.c.due_at)
        .limit(bindparam("at_most", type_=sa.Integer))
        .with_for_update(skip_locked=True, key_share=True)
        .cte("due")  # evaluated once: a subquery may be run, and locks taken, once for each row
    )
    values = {
        "lease_owner": bindparam("owner"),
        "lease_until": now + SOURCE.c.lease_seconds,
        "fence": SOURCE.c.fence + 1,
    }
    columns = (SOURCE.c.id, SOURCE.c.name, SOURCE.c.fence, SOURCE.c.lease_seconds, SOURCE.c.due_at, now)
    return sa.update(SOURCE).where(SOURCE.c.id.in_(sa.select(due.c.id))).values(values).returning(*columns)


def claim_failing(dialect: Dialect) -> Statement:
    """Take leases of sources whose last cycle failed (CY4)."""
    return _claim(dialect, SOURCE.c.failures > 0)


def claim_faring_well(dialect: Dialect) -> Statement:
    """Take leases of sources whose last cycle succeeded."""
    return _claim(dialect, SOURCE.c.failures == 0)


def look_at_lease(dialect: Dialect) -> Statement:
    """Who holds a source's lease, for how many seconds more, and the clock; the row is locked."""
    left = SOURCE.c.lease_until - dialect.now
    return sa.select(SOURCE.c.lease_owner, left, dialect.now).where(ITS_ID).with_for_update()


def take_lease(dialect: Dialect) -> Statement:
    """Take a source's lease, whoever had it; returns the fence and the seconds that it lasts."""
    values = {
        "lease_owner": bindparam("owner"),
        "lease_until": dialect.now + SOURCE.c.lease_seconds,
        "fence": SOURCE.c.fence + 1,
    }
    return sa.update(SOURCE).where(ITS_ID).values(values).returning(SOURCE.c.fence, SOURCE.c.lease_seconds)


def hold_lease(dialect: Dialect) -> Statement:
    """Renew a lease; returns nothing where the fence has risen."""
    return (
        sa.update(SOURCE)
        .where(ITS_ID, SOURCE.c.fence == bindparam("its_fence"))
        .values(lease_until=dialect.now + bindparam("seconds", type_=sa.Float))
        .returning(SOURCE.c.fingerprint, SOURCE.c.failures, SOURCE.c.period, SOURCE.c.managed, dialect.now)
    )


# a cycle's beginning and end


def start_source(_dialect: Dialect) -> Statement:
    """A cycle begins."""
    return sa.update(SOURCE).where(ITS_ID).values(_bound("last_started_at"))


def start_and_plan_source(_dialect: Dialect) -> Statement:
    """A cycle begins, and the next one is due."""
    return sa.update(SOURCE).where(ITS_ID).values(_bound("last_started_at", "due_at"))


def interrupt_cycles(_dialect: Dialect) -> Statement:
    """Cycles that still seem to run are not: the lease is ours."""
    running = (CYCLE.c.source_id == bindparam("its_id"), CYCLE.c.outcome == "running")
    return sa.update(CYCLE).where(*running).values(outcome="interrupted")


def insert_cycle(dialect: Dialect) -> Statement:
    """A new cycle; returns its id."""
    values = _bound("source_id", "started_at")
    return dialect.insert(CYCLE).values(**values, outcome="running").returning(CYCLE.c.id)


def cursors(_dialect: Dialect) -> Statement:
    """The cursors of a source."""
    columns = (CURSOR.c.object, CURSOR.c.since_id, CURSOR.c.trail, CURSOR.c.checked_at)
    return sa.select(*columns).where(CURSOR.c.source_id == bindparam("its_id"))


def work_waits(_dialect: Dialect) -> Statement:
    """Whether threads wait to be looked up (LS9), and whether exports are pending."""
    unasked = (LOOKUP.c.source_id == bindparam("its_id"), LOOKUP.c.asked_at.is_(None))
    pending = (OUTBOX.c.source_id == bindparam("its_id"), PENDING)
    return sa.select(sa.exists().where(*unasked), sa.exists().where(*pending))


def end_cycle(_dialect: Dialect) -> Statement:
    """What became of a cycle."""
    return sa.update(CYCLE).where(CYCLE.c.id == bindparam("its_id")).values(_bound("ended_at", "outcome", "report"))


def end_lease(_dialect: Dialect) -> Statement:
    """The cycle ended under settings that have changed meanwhile (CY5)."""
    given_back = {"lease_owner": sa.null(), "lease_until": sa.null()}
    return sa.update(SOURCE).where(ITS_ID).values(**given_back, failures=bindparam("failures"))


def end_and_plan_source(_dialect: Dialect) -> Statement:
    """The cycle ended: the next one is due. What is bound as `None` for `info` or `disabled_at` stays as it was."""
    values = {
        "lease_owner": sa.null(),
        "lease_until": sa.null(),
        **_bound("failures", "period", "due_at"),
        **{
            name: sa.func.coalesce(sa.cast(bindparam(name), sa.Text), SOURCE.c[name])
            for name in ("info", "info_at", "disabled_at")
        },
    }
    return sa.update(SOURCE).where(ITS_ID).values(values)


def cycle_beyond(_dialect: Dialect) -> Statement:
    """The newest cycle of a source beyond those that are kept."""
    own = sa.select(CYCLE.c.id).where(CYCLE.c.source_id == bindparam("its_id"))
    return own.order_by(CYCLE.c.id.desc()).offset(bindparam("kept", type_=sa.Integer)).limit(1)


def _beyond() -> tuple[sa.ColumnElement[bool], ...]:
    return (CYCLE.c.source_id == bindparam("its_id"), CYCLE.c.id <= bindparam("last"))


def forget_exchanges(_dialect: Dialect) -> Statement:
    """The exchanges of the cycles that are forgotten."""
    return sa.delete(EXCHANGE).where(EXCHANGE.c.cycle_id.in_(sa.select(CYCLE.c.id).where(*_beyond())))


def forget_cycles(_dialect: Dialect) -> Statement:
    """A source's cycles up to the one of the id `last`."""
    return sa.delete(CYCLE).where(*_beyond())


def insert_exchange(dialect: Dialect) -> Statement:
    """An exchange."""
    return dialect.insert(EXCHANGE).values(_all_of(EXCHANGE, but=["id"]))


# pages


OWN_CONTENT = (CONTENT.c.source_id == bindparam("its_id"), CONTENT.c.object == bindparam("its_object"))


def content_digests(dialect: Dialect) -> Statement:
    """Id and digest of an object's contents among `ids`; a deleted one's digest is empty."""
    digest = sa.case((CONTENT.c.deleted_at.is_(None), CONTENT.c.digest), else_="")
    among = dialect.among(CONTENT.c.foreign_id, "ids")
    return sa.select(CONTENT.c.foreign_id, digest).where(*OWN_CONTENT, among)


def identity_digests(dialect: Dialect) -> Statement:
    """Id and digest of the identities among `ids`."""
    own = (IDENTITY.c.source_id == bindparam("its_id"), dialect.among(IDENTITY.c.foreign_id, "ids"))
    return sa.select(IDENTITY.c.foreign_id, IDENTITY.c.digest).where(*own)


def known_contents(dialect: Dialect) -> Statement:
    """The ids among `ids` that contents of any object have."""
    own = (CONTENT.c.source_id == bindparam("its_id"), CONTENT.c.object.in_([sa.literal(name) for name in POLLED]))
    return sa.select(CONTENT.c.foreign_id).where(*own, dialect.among(CONTENT.c.foreign_id, "ids"))


def known_threads(dialect: Dialect) -> Statement:
    """The ids among `ids` that threads have."""
    own = (CONTENT.c.source_id == bindparam("its_id"), CONTENT.c.object == "threads")
    return sa.select(CONTENT.c.foreign_id).where(*own, dialect.among(CONTENT.c.foreign_id, "ids"))


def _put(
    dialect: Dialect,
    of: sa.Table,
    key: tuple[str, ...],
    kept: Iterable[str] = (),
    where: sa.ColumnElement[bool] | None = None,
    **instead: Any,
) -> Statement:
    insert = dialect.insert(of).values(_all_of(of, but=["id", *(["content_id"] if of is CONTENT else [])]))
    changes = {c.name: insert.excluded[c.name] for c in of.c if c.name not in ("id", *key, *kept)}
    return insert.on_conflict_do_update(index_elements=list(key), set_=changes | instead, where=where)


def put_content(dialect: Dialect) -> Statement:
    """A content, new or changed; one that is as it was is not touched."""
    changed = sa.or_(CONTENT.c.digest != sa.text("excluded.digest"), CONTENT.c.deleted_at.is_not(None))
    return _put(dialect, CONTENT, CONTENT_KEY, KEPT_ON_UPDATE, changed)


def put_identity(dialect: Dialect) -> Statement:
    """An identity, new or changed; its first `created_at` counts (OB11)."""
    first = sa.func.coalesce(IDENTITY.c.created_at, sa.text("excluded.created_at"))
    return _put(dialect, IDENTITY, ("source_id", "foreign_id"), created_at=first)


def put_cursor(dialect: Dialect) -> Statement:
    """A cursor, new or moved."""
    return _put(dialect, CURSOR, ("source_id", "object"))


def note_lookup(dialect: Dialect) -> Statement:
    """A thread that a message named and nobody knows (LS9)."""
    return dialect.insert(LOOKUP).values(_bound("source_id", "foreign_id")).on_conflict_do_nothing()


def forget_lookups(dialect: Dialect) -> Statement:
    """The threads among `ids` are known now."""
    own = LOOKUP.c.source_id == bindparam("its_id")
    return sa.delete(LOOKUP).where(own, dialect.among(LOOKUP.c.foreign_id, "ids"))


def lookups(_dialect: Dialect) -> Statement:
    """Threads that the partner was not asked for yet (LS9)."""
    unasked = (LOOKUP.c.source_id == bindparam("its_id"), LOOKUP.c.asked_at.is_(None))
    query = sa.select(LOOKUP.c.foreign_id).where(*unasked).order_by(LOOKUP.c.foreign_id)
    return query.limit(bindparam("at_most", type_=sa.Integer))


def asked_for_thread(_dialect: Dialect) -> Statement:
    """The partner was asked for a thread."""
    own = (LOOKUP.c.source_id == bindparam("its_id"), LOOKUP.c.foreign_id == bindparam("its_foreign_id"))
    return sa.update(LOOKUP).where(*own).values(_bound("asked_at"))


def mark_deleted(_dialect: Dialect) -> Statement:
    """A content is gone."""
    own = (*OWN_CONTENT, CONTENT.c.foreign_id == bindparam("its_foreign_id"))
    return sa.update(CONTENT).where(*own).values(_bound("deleted_at"))


def doubt_cursors(_dialect: Dialect) -> Statement:
    """Cursors at a content that is gone are looked at when there is the next chance (LS11)."""
    own = (CURSOR.c.source_id == bindparam("its_id"), CURSOR.c.since_id == bindparam("its_foreign_id"))
    return sa.update(CURSOR).where(*own).values(checked_at=sa.null())


# exports


def pending_entries(_dialect: Dialect) -> Statement:
    """The pending entries of a source, by `its_name`, in queue order: their columns in the table's order."""
    own = (SOURCE.c.name == bindparam("its_name"), PENDING)
    return sa.select(OUTBOX).join(SOURCE, SOURCE.c.id == OUTBOX.c.source_id).where(*own).order_by(OUTBOX.c.position)


def entries(dialect: Dialect) -> Statement:
    """The entries among `ids`, pending or not."""
    own = OUTBOX.c.source_id == bindparam("its_id")
    return sa.select(OUTBOX).where(own, dialect.among(OUTBOX.c.id, "ids"))


def contents(dialect: Dialect) -> Statement:
    """The contents of any object among `ids`."""
    own = CONTENT.c.source_id == bindparam("its_id")
    return sa.select(CONTENT).where(own, dialect.among(CONTENT.c.foreign_id, "ids"))


def content(_dialect: Dialect) -> Statement:
    """One content."""
    return sa.select(CONTENT).where(*OWN_CONTENT, CONTENT.c.foreign_id == bindparam("its_foreign_id"))


def queue_entry(dialect: Dialect) -> Statement:
    """An entry at the end of the queue."""
    return dialect.insert(OUTBOX).values(_all_of(OUTBOX, but=["position", "begun_at", "settled_at"]))


def begin_attempt(_dialect: Dialect) -> Statement:
    """An attempt begins, unless its entry is no longer pending."""
    pending = (OUTBOX.c.id == bindparam("its_id"), PENDING)
    return sa.update(OUTBOX).where(*pending).values(_bound("attempts", "begun_at"))


def settle_entry(_dialect: Dialect) -> Statement:
    """What became of an attempt."""
    values = _bound("status", "error", "foreign_id", "settled_at")
    return sa.update(OUTBOX).where(OUTBOX.c.id == bindparam("its_id")).values(values)


def keep_content(dialect: Dialect) -> Statement:
    """A content that was created, unless one of its id is there: somebody else's stays as it is (PU4)."""
    return dialect.insert(CONTENT).values(_all_of(CONTENT, but=["id"])).on_conflict_do_nothing()


def own_content(dialect: Dialect) -> Statement:
    """A content that was created; a list may have shown it before its repeat was answered (PU2)."""
    insert = dialect.insert(CONTENT).values(_all_of(CONTENT, but=["id"]))
    ours = sa.and_(CONTENT.c.content_id.is_(None), CONTENT.c.author_id == insert.excluded.author_id)
    made = {"content_id": insert.excluded.content_id}
    return insert.on_conflict_do_update(index_elements=list(CONTENT_KEY), set_=made, where=ours)
