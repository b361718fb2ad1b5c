"""The statements that every cycle runs, each a function of the dialect; their values are named in `bindparam`s.

``scripts/statements`` writes them down as text, as `crawler.store.statements`, so that a cycle needs no SQLAlchemy. A
column's name alone is taken in INSERT and SET, so the value that a WHERE compares a column with is called ``its_…``.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from crawler.store.dialect import Dialect, fixed
from crawler.store.incarnations import NEXT, differs, is_another, shown
from crawler.store.schema import CONTENT, CURSOR, CYCLE, EXCHANGE, IDENTITY, LOOKUP, OUTBOX, SOURCE
from crawler.sync.leases import LEASE_SECONDS
from crawler.sync.state import Status

Composed = sa.UpdateBase | sa.Select[*tuple[Any, ...]]

_LASTS = fixed(int(LEASE_SECONDS))
ITS_ID = SOURCE.c.id == bindparam("its_id")
PENDING = OUTBOX.c.status == fixed(str(Status.PENDING))
CONTENT_KEY = ("source_id", "object", "foreign_id")
CONTENT_FIELDS = (
    "author_id",
    "recipient_id",
    "thread_id",
    "in_reply_to_id",
    "title",
    "body",
    "format",
    "language",
    "created_at",
    "updated_at",
    "actions",
    "extra",
)
"""The columns that a partner's content has beside its key, in the order of `Content`'s fields."""


def _bound(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


def _all_of(of: sa.Table, *, but: Iterable[str] = ()) -> dict[str, Any]:
    return _bound(*(column.name for column in of.c if column.name not in but))


def now(dialect: Dialect) -> Composed:
    """The clock."""
    return sa.select(dialect.now)


def schema_version(_dialect: Dialect) -> Composed:
    """The schema's version, as migrations have left it."""
    return sa.select(sa.column("version_num")).select_from(sa.table("alembic_version"))


# sources


def find_source(_dialect: Dialect) -> Composed:
    """Id and fingerprint of a source, by `its_name`."""
    return sa.select(SOURCE.c.id, SOURCE.c.fingerprint).where(SOURCE.c.name == bindparam("its_name"))


def insert_source(dialect: Dialect) -> Composed:
    """A new source, unless its name is there; returns the id."""
    values = _bound("name", "base_uri", "fingerprint")
    values |= {"failures": fixed(0), "fence": fixed(0), "managed": sa.false(), "lease_seconds": _LASTS}
    return dialect.insert(SOURCE).values(values).on_conflict_do_nothing().returning(SOURCE.c.id)


def change_source(_dialect: Dialect) -> Composed:
    """Changed settings: what was declared under the old ones is forgotten, and the interval with it (CY5)."""
    values = _bound("base_uri", "fingerprint")
    return sa.update(SOURCE).where(ITS_ID).values(**values, info=sa.null(), info_at=sa.null(), period=sa.null())


def save_info(_dialect: Dialect) -> Composed:
    """The newest implementation info."""
    return sa.update(SOURCE).where(ITS_ID).values(_bound("info", "info_at"))


def stored_info(_dialect: Dialect) -> Composed:
    """The newest implementation info, by `its_name` and `its_fingerprint`."""
    own = (SOURCE.c.name == bindparam("its_name"), SOURCE.c.fingerprint == bindparam("its_fingerprint"))
    return sa.select(SOURCE.c.info).where(*own)


def managed_sources(_dialect: Dialect) -> Composed:
    """Name, fingerprint, whether it is managed and when it is due, of all sources."""
    return sa.select(SOURCE.c.name, SOURCE.c.fingerprint, SOURCE.c.managed, SOURCE.c.due_at)


def enable_source(dialect: Dialect) -> Composed:
    """Switch a source on again that was switched off (CY6); it is due at once."""
    off = (SOURCE.c.name == bindparam("its_name"), SOURCE.c.disabled_at.is_not(None))
    return sa.update(SOURCE).where(*off).values(disabled_at=sa.null(), failures=fixed(0), due_at=dialect.now)


def pending_of_source(_dialect: Dialect) -> Composed:
    """How many entries are pending at a source, by `its_name`."""
    count = sa.select(sa.func.count()).select_from(OUTBOX.join(SOURCE, OUTBOX.c.source_id == SOURCE.c.id))
    return count.where(SOURCE.c.name == bindparam("its_name"), PENDING)


def forget_own_leases(_dialect: Dialect) -> Composed:
    """The leases that a restored database still shows as this process's: nothing runs under them."""
    own = SOURCE.c.lease_owner == bindparam("its_owner")
    nobody = {"lease_owner": sa.null(), "lease_until": sa.null(), "fence": SOURCE.c.fence + fixed(1)}
    return sa.update(SOURCE).where(own).values(nobody)


def manage_source(_dialect: Dialect) -> Composed:
    """Whether daemons crawl a source, and when it is due."""
    return sa.update(SOURCE).where(SOURCE.c.name == bindparam("its_name")).values(_bound("managed", "due_at"))


def _claim(dialect: Dialect, fares: sa.ColumnElement[bool]) -> Composed:
    now = dialect.now
    free = SOURCE.c.lease_owner.is_(None)
    until = now + bindparam("ahead", type_=sa.Float)
    due = (
        sa.select(SOURCE.c.id)
        .where(SOURCE.c.managed, SOURCE.c.disabled_at.is_(None), SOURCE.c.due_at <= until, free, fares)
        .order_by(SOURCE.c.due_at)
        .limit(bindparam("at_most", type_=sa.Integer))
        .offset(fixed(0))
        .with_for_update(skip_locked=True, key_share=True)
        .cte("due")  # evaluated once: a subquery may be run, and locks taken, once for each row
    )
    values = {
        "lease_owner": bindparam("owner"),
        "lease_until": now + _LASTS,
        "fence": SOURCE.c.fence + fixed(1),
    }
    columns = (SOURCE.c.id, SOURCE.c.name, SOURCE.c.fence, SOURCE.c.due_at, now)
    return sa.update(SOURCE).where(SOURCE.c.id.in_(sa.select(due.c.id))).values(values).returning(*columns)


def claim_failing(dialect: Dialect) -> Composed:
    """Take leases of sources whose last cycle failed (CY4)."""
    return _claim(dialect, SOURCE.c.failures > fixed(0))


def claim_faring_well(dialect: Dialect) -> Composed:
    """Take leases of sources whose last cycle succeeded."""
    return _claim(dialect, SOURCE.c.failures == fixed(0))


def look_at_lease(dialect: Dialect) -> Composed:
    """Who holds a source's lease, for how many seconds more, when it is due, and the clock; the row is locked."""
    left = SOURCE.c.lease_until - dialect.now
    return sa.select(SOURCE.c.lease_owner, left, SOURCE.c.due_at, dialect.now).where(ITS_ID).with_for_update()


def take_lease(dialect: Dialect) -> Composed:
    """Take a source's lease, whoever had it; returns the fence."""
    values = {
        "lease_owner": bindparam("owner"),
        "lease_until": dialect.now + _LASTS,
        "fence": SOURCE.c.fence + fixed(1),
    }
    return sa.update(SOURCE).where(ITS_ID).values(values).returning(SOURCE.c.fence)


def hold_lease(dialect: Dialect) -> Composed:
    """What the row of a source says, which is locked; nothing where the fence has risen."""
    columns = (SOURCE.c.fingerprint, SOURCE.c.failures, SOURCE.c.period)
    own = (ITS_ID, SOURCE.c.fence == bindparam("its_fence"))
    held = sa.select(*columns).where(*own).with_for_update(key_share=True).cte("held")
    return sa.select(*held.c, dialect.now)  # the clock after it has waited for the row


def renew_leases(dialect: Dialect) -> Composed:
    """Renew the leases of `its_owner` among `names`; returns name and fence of each that it holds."""
    own = (SOURCE.c.lease_owner == bindparam("its_owner"), dialect.among(SOURCE.c.name, "names"))
    until = dialect.now + _LASTS
    return sa.update(SOURCE).where(*own).values(lease_until=until).returning(SOURCE.c.name, SOURCE.c.fence)


def held_leases(dialect: Dialect) -> Composed:
    """All leases that are held, and whether their sources are due."""
    is_due = sa.and_(SOURCE.c.managed, SOURCE.c.disabled_at.is_(None), SOURCE.c.due_at <= dialect.now)
    lease = (SOURCE.c.id, SOURCE.c.name, SOURCE.c.lease_owner, SOURCE.c.fence, SOURCE.c.lease_until)
    return sa.select(*lease, is_due.label("is_due")).where(SOURCE.c.lease_owner.is_not(None))


def free_lease(_dialect: Dialect) -> Composed:
    """A lease is free that has run out, unless it was renewed meanwhile."""
    until = SOURCE.c.lease_until == bindparam("its_until", type_=sa.Float)
    as_seen = (ITS_ID, SOURCE.c.fence == bindparam("its_fence"), until)
    return sa.update(SOURCE).where(*as_seen).values(lease_owner=sa.null(), lease_until=sa.null())


def release_lease(_dialect: Dialect) -> Composed:
    """Give a lease back. Where `due` is not `None`, the source is due then, if it would still be due `by`."""
    own = (ITS_ID, SOURCE.c.fence == bindparam("its_fence"))
    due = sa.cast(bindparam("due"), sa.Float)
    still = sa.and_(due.is_not(None), SOURCE.c.due_at <= bindparam("by", type_=sa.Float))
    planned = sa.case((still, due), else_=SOURCE.c.due_at)
    return sa.update(SOURCE).where(*own).values(lease_owner=sa.null(), lease_until=sa.null(), due_at=planned)


# a cycle's beginning and end


def start_source(_dialect: Dialect) -> Composed:
    """A cycle begins."""
    return sa.update(SOURCE).where(ITS_ID).values(_bound("last_started_at"))


def start_and_plan_source(_dialect: Dialect) -> Composed:
    """A cycle begins, and the next one is due."""
    return sa.update(SOURCE).where(ITS_ID).values(_bound("last_started_at", "due_at"))


def interrupt_cycles(_dialect: Dialect) -> Composed:
    """Cycles that still seem to run are not: the lease is ours."""
    running = (CYCLE.c.source_id == bindparam("its_id"), CYCLE.c.outcome == fixed("running"))
    return sa.update(CYCLE).where(*running).values(outcome=fixed("interrupted"))


def insert_cycle(dialect: Dialect) -> Composed:
    """A new cycle; returns its id."""
    values = _bound("source_id", "started_at", "kind")
    return dialect.insert(CYCLE).values(**values, outcome=fixed("running")).returning(CYCLE.c.id)


def cursors(_dialect: Dialect) -> Composed:
    """The cursors of a source."""
    columns = [column for column in CURSOR.c if column.name not in ("source_id", "moved_at")]
    return sa.select(*columns).where(CURSOR.c.source_id == bindparam("its_id"))


def work_waits(_dialect: Dialect) -> Composed:
    """Whether threads wait to be looked up (LS9), and whether exports are pending."""
    unasked = (LOOKUP.c.source_id == bindparam("its_id"), LOOKUP.c.asked_at.is_(None))
    pending = (OUTBOX.c.source_id == bindparam("its_id"), PENDING)
    return sa.select(sa.exists().where(*unasked), sa.exists().where(*pending))


def end_cycle(_dialect: Dialect) -> Composed:
    """What became of a cycle."""
    return sa.update(CYCLE).where(CYCLE.c.id == bindparam("its_id")).values(_bound("ended_at", "outcome", "report"))


def end_lease(_dialect: Dialect) -> Composed:
    """The cycle ended under settings that have changed meanwhile (CY5)."""
    given_back = {"lease_owner": sa.null(), "lease_until": sa.null()}
    return sa.update(SOURCE).where(ITS_ID).values(**given_back, failures=bindparam("failures"))


def end_and_plan_source(_dialect: Dialect) -> Composed:
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


def cycle_beyond(_dialect: Dialect) -> Composed:
    """The newest cycle of a source beyond those that are kept."""
    own = sa.select(CYCLE.c.id).where(CYCLE.c.source_id == bindparam("its_id"))
    return own.order_by(CYCLE.c.id.desc()).offset(bindparam("kept", type_=sa.Integer)).limit(fixed(1))


def _beyond() -> tuple[sa.ColumnElement[bool], ...]:
    return (CYCLE.c.source_id == bindparam("its_id"), CYCLE.c.id <= bindparam("last"))


def forget_exchanges(_dialect: Dialect) -> Composed:
    """The exchanges of the cycles that are forgotten."""
    return sa.delete(EXCHANGE).where(EXCHANGE.c.cycle_id.in_(sa.select(CYCLE.c.id).where(*_beyond())))


def forget_cycles(_dialect: Dialect) -> Composed:
    """A source's cycles up to the one of the id `last`."""
    return sa.delete(CYCLE).where(*_beyond())


def old_cycles(_dialect: Dialect) -> Composed:
    """The ids of the oldest cycles that began before a moment, but for each source's newest."""
    newest = sa.select(sa.func.max(CYCLE.c.id)).group_by(CYCLE.c.source_id)
    old = (CYCLE.c.started_at < bindparam("before"), CYCLE.c.id.not_in(newest))
    at_most = bindparam("at_most", type_=sa.Integer)
    return sa.select(CYCLE.c.id).where(*old).order_by(CYCLE.c.id).limit(at_most).offset(fixed(0))


def forget_exchanges_of(_dialect: Dialect) -> Composed:
    """The exchanges of a cycle."""
    return sa.delete(EXCHANGE).where(EXCHANGE.c.cycle_id == bindparam("cycle_id"))


def forget_cycle(_dialect: Dialect) -> Composed:
    """A cycle."""
    return sa.delete(CYCLE).where(CYCLE.c.id == bindparam("cycle_id"))


def insert_exchange(dialect: Dialect) -> Composed:
    """An exchange."""
    return dialect.insert(EXCHANGE).values(_all_of(EXCHANGE, but=["id"]))


# pages


OWN_CONTENT = (CONTENT.c.source_id == bindparam("its_id"), CONTENT.c.object == bindparam("its_object"))


def stored_contents(dialect: Dialect) -> Composed:
    """The contents of an object among `ids`: whether each stands (is not deleted), and the fields of `Content`."""
    fields = [column for column in CONTENT.c if column.name in CONTENT_FIELDS]
    among = dialect.among(CONTENT.c.foreign_id, "ids")
    stands = CONTENT.c.deleted_at.is_(None).label("stands")
    return sa.select(stands, CONTENT.c.foreign_id, *fields).where(*OWN_CONTENT, among)


def stored_identities(dialect: Dialect) -> Composed:
    """The identities among `ids`: the fields of `User`."""
    fields = [column for column in IDENTITY.c if column.name not in ("id", "source_id")]
    own = (IDENTITY.c.source_id == bindparam("its_id"), dialect.among(IDENTITY.c.foreign_id, "ids"))
    return sa.select(*fields).where(*own)


def known_contents(dialect: Dialect) -> Composed:
    """The ids among `ids` that contents of an object have."""
    return sa.select(CONTENT.c.foreign_id).where(*OWN_CONTENT, dialect.among(CONTENT.c.foreign_id, "ids"))


def known_threads(dialect: Dialect) -> Composed:
    """The ids among `ids` that threads have; one that was deleted may have left its id to another (OB13)."""
    own = (CONTENT.c.source_id == bindparam("its_id"), CONTENT.c.object == fixed("threads"))
    standing = CONTENT.c.deleted_at.is_(None)
    return sa.select(CONTENT.c.foreign_id).where(*own, standing, dialect.among(CONTENT.c.foreign_id, "ids"))


def _put(
    dialect: Dialect,
    of: sa.Table,
    key: tuple[str, ...],
    kept: Iterable[str] = (),
    where: sa.ColumnElement[bool] | None = None,
    *,
    first: Mapping[str, Any] = MappingProxyType({}),
    **instead: Any,
) -> Composed:
    values = _all_of(of, but=["id"]) if of is not CONTENT else _first(but=["id", "content_id"])
    insert = dialect.insert(of).values({**values, **first})
    changes = {c.name: insert.excluded[c.name] for c in of.c if c.name not in ("id", *key, *kept)}
    return insert.on_conflict_do_update(index_elements=list(key), set_=changes | instead, where=where)


def _first(but: Iterable[str]) -> dict[str, Any]:
    """The columns of a content whose id no other one had before."""
    return {**_all_of(CONTENT, but=[*but, "incarnation"]), "incarnation": fixed(0)}


def put_content(dialect: Dialect) -> Composed:
    """A content, new or changed; one that is as it was is not touched, and of another one nothing is kept (OB13)."""
    changed = sa.or_(*map(differs, CONTENT_FIELDS), CONTENT.c.deleted_at.is_not(None))
    another = is_another()
    of_another: dict[str, Any] = {
        "content_id": sa.case((another, sa.null()), else_=CONTENT.c.content_id),
        "imported_at": sa.case((another, shown("imported_at")), else_=CONTENT.c.imported_at),
        "incarnation": sa.case((another, NEXT), else_=CONTENT.c.incarnation),
    }
    return _put(dialect, CONTENT, CONTENT_KEY, (), changed, **of_another)


def put_identity(dialect: Dialect) -> Composed:
    """An identity, new or changed: the first `created_at` stays (OB11), and `puppetizable` unless it is told (OB4)."""
    told = sa.cast(bindparam("puppetizable"), sa.Boolean)
    return _put(
        dialect,
        IDENTITY,
        ("source_id", "foreign_id"),
        first={"puppetizable": sa.func.coalesce(told, sa.false())},
        created_at=sa.func.coalesce(IDENTITY.c.created_at, sa.text("excluded.created_at")),
        puppetizable=sa.func.coalesce(told, IDENTITY.c.puppetizable),
    )


def put_cursor(dialect: Dialect) -> Composed:
    """A cursor, new or moved."""
    return _put(dialect, CURSOR, ("source_id", "object"))


def note_lookup(dialect: Dialect) -> Composed:
    """A thread that a message named and nobody knows (LS9)."""
    return dialect.insert(LOOKUP).values(_bound("source_id", "foreign_id")).on_conflict_do_nothing()


def forget_lookups(dialect: Dialect) -> Composed:
    """The threads among `ids` are known now."""
    own = LOOKUP.c.source_id == bindparam("its_id")
    return sa.delete(LOOKUP).where(own, dialect.among(LOOKUP.c.foreign_id, "ids"))


def lookups(_dialect: Dialect) -> Composed:
    """Threads that the partner was not asked for yet (LS9)."""
    unasked = (LOOKUP.c.source_id == bindparam("its_id"), LOOKUP.c.asked_at.is_(None))
    query = sa.select(LOOKUP.c.foreign_id).where(*unasked).order_by(LOOKUP.c.foreign_id)
    return query.limit(bindparam("at_most", type_=sa.Integer)).offset(fixed(0))


def asked_for_thread(_dialect: Dialect) -> Composed:
    """The partner was asked for a thread."""
    own = (LOOKUP.c.source_id == bindparam("its_id"), LOOKUP.c.foreign_id == bindparam("its_foreign_id"))
    return sa.update(LOOKUP).where(*own).values(_bound("asked_at"))


def mark_deleted(_dialect: Dialect) -> Composed:
    """A content is gone; one that was gone already stays as it was (LS4)."""
    own = (*OWN_CONTENT, CONTENT.c.foreign_id == bindparam("its_foreign_id"), CONTENT.c.deleted_at.is_(None))
    return sa.update(CONTENT).where(*own).values(_bound("deleted_at"))


def mark_all_deleted(_dialect: Dialect) -> Composed:
    """All contents of a source are gone: its partner's ids begin again (LS12)."""
    own = (CONTENT.c.source_id == bindparam("its_id"), CONTENT.c.deleted_at.is_(None))
    return sa.update(CONTENT).where(*own).values(_bound("deleted_at"))


def forget_all_lookups(_dialect: Dialect) -> Composed:
    """Threads that were asked for in vain may be there by now (LS12)."""
    return sa.delete(LOOKUP).where(LOOKUP.c.source_id == bindparam("its_id"))


def forget_pages(_dialect: Dialect) -> Composed:
    """A content was changed by something else than a list: a page that is shown again may change it back (LS5)."""
    marked = (CURSOR.c.source_id == bindparam("its_id"), CURSOR.c.page_mark.is_not(None))
    return sa.update(CURSOR).where(*marked).values(page_mark=sa.null(), page_seen=sa.null())


# exports


def pending_entries(_dialect: Dialect) -> Composed:
    """The pending entries of a source, by `its_name`, in queue order: their columns in the table's order."""
    own = (SOURCE.c.name == bindparam("its_name"), PENDING)
    return sa.select(OUTBOX).join(SOURCE, SOURCE.c.id == OUTBOX.c.source_id).where(*own).order_by(OUTBOX.c.position)


def entries(dialect: Dialect) -> Composed:
    """The entries among `ids`, pending or not."""
    own = OUTBOX.c.source_id == bindparam("its_id")
    return sa.select(OUTBOX).where(own, dialect.among(OUTBOX.c.id, "ids"))


def contents(dialect: Dialect) -> Composed:
    """The contents of any object among `ids`."""
    own = CONTENT.c.source_id == bindparam("its_id")
    return sa.select(CONTENT).where(own, dialect.among(CONTENT.c.foreign_id, "ids"))


def content(_dialect: Dialect) -> Composed:
    """One content."""
    return sa.select(CONTENT).where(*OWN_CONTENT, CONTENT.c.foreign_id == bindparam("its_foreign_id"))


def queue_entry(dialect: Dialect) -> Composed:
    """An entry at the end of the queue."""
    return dialect.insert(OUTBOX).values(_all_of(OUTBOX, but=["position", "begun_at", "settled_at"]))


def begin_attempt(_dialect: Dialect) -> Composed:
    """An attempt begins, unless its entry is no longer pending."""
    pending = (OUTBOX.c.id == bindparam("its_id"), PENDING)
    return sa.update(OUTBOX).where(*pending).values(_bound("attempts", "begun_at"))


def settle_entry(_dialect: Dialect) -> Composed:
    """What became of an attempt."""
    values = _bound("status", "attempts", "error", "foreign_id", "settled_at")
    return sa.update(OUTBOX).where(OUTBOX.c.id == bindparam("its_id")).values(values)


def cancel_entry(_dialect: Dialect) -> Composed:
    """Give up an entry, unless it was sent meanwhile."""
    untouched = (OUTBOX.c.id == bindparam("its_id"), OUTBOX.c.attempts == bindparam("its_attempts"))
    return sa.update(OUTBOX).where(*untouched).values(_bound("status", "error", "settled_at"))


def given_up_entry(_dialect: Dialect) -> Composed:
    """The entry of an id, of the source `its_name`, if it was given up."""
    ended = OUTBOX.c.status.not_in([fixed(str(Status.PENDING)), fixed(str(Status.SUCCESS))])
    own = (SOURCE.c.name == bindparam("its_name"), OUTBOX.c.id == bindparam("its_id"), ended)
    return sa.select(OUTBOX).join(SOURCE, SOURCE.c.id == OUTBOX.c.source_id).where(*own)


def grant_attempts(_dialect: Dialect) -> Composed:
    """An entry is pending again, and may be sent until there were `granted` attempts."""
    values = {**_bound("status", "granted"), "error": sa.null(), "settled_at": sa.null()}
    return sa.update(OUTBOX).where(OUTBOX.c.id == bindparam("its_id")).values(values)


def doubt_content(_dialect: Dialect) -> Composed:
    """A content whose id may have been given again: no entry and no reference means it any more (OB13)."""
    own = (*OWN_CONTENT, CONTENT.c.foreign_id == bindparam("its_foreign_id"))
    values = {"content_id": sa.null(), "incarnation": NEXT, **_bound("imported_at")}
    return sa.update(CONTENT).where(*own).values(values)


def renew_content(dialect: Dialect) -> Composed:
    """A content that was created under the id of one that was deleted, of which nothing is kept (OB13)."""
    insert = dialect.insert(CONTENT).values(_first(but=["id"]))
    changes = {c.name: insert.excluded[c.name] for c in CONTENT.c if c.name not in ("id", *CONTENT_KEY)}
    return insert.on_conflict_do_update(index_elements=list(CONTENT_KEY), set_=changes | {"incarnation": NEXT})


def own_content(dialect: Dialect) -> Composed:
    """A content that was created; a list may have shown it before its repeat was answered (PU2)."""
    insert = dialect.insert(CONTENT).values(_first(but=["id"]))
    ours = sa.and_(CONTENT.c.content_id.is_(None), CONTENT.c.author_id == insert.excluded.author_id)
    made = {"content_id": insert.excluded.content_id}
    return insert.on_conflict_do_update(index_elements=list(CONTENT_KEY), set_=made, where=ours)
