"""What a cycle reads and writes. Every write holds the lease of its source, or fails (CY2)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from crawler.protocol.envelope import Exchange
from crawler.protocol.implementation import POLLED
from crawler.protocol.reading import Page
from crawler.store.outbox import OutboxStore
from crawler.store.rows import (
    CONTENT,
    CURSOR,
    CYCLE,
    EXCHANGE,
    IDENTITY,
    LOOKUP,
    SOURCE,
    chunks,
    cursor_values,
    read_cursor,
    stamp,
)
from crawler.store.sources import Lease
from crawler.sync.pages import Accepted, Stored
from crawler.sync.report import CycleReport
from crawler.sync.schedule import Outlook, look_ahead
from crawler.sync.state import Cursor, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A cycle that has begun: its lease, and the cursors from which it goes on (by object)."""

    lease: Lease
    started: datetime
    cursors: Mapping[str, Cursor]


class CycleStore(OutboxStore):
    """The part of the store that `run_cycle` works with."""

    def begin_cycle(self, source: Source, owner: str, now: datetime, lease: Lease | None = None) -> Begun:
        """Begin a cycle under `lease`, or under one that is taken now.

        Raises `SourceBusy` where another process holds it, or `LeaseLost`.
        """
        with self.writing() as session:
            if lease is None:
                lease = self._take_lease(session, source, owner)
            held = self._hold(session, lease)
            lease = replace(lease, taken=held.now)
            # Due again already now: should this process die, whoever takes the source over keeps the interval (CY1).
            outlook = look_ahead(source, period=held.period, started=lease.started, failures=held.failures)
            values: dict[str, Any] = {"last_started_at": stamp(now)}
            if held.fingerprint == source.fingerprint:  # else its new settings stay due (CY5)
                values["due_at"] = outlook.due if held.managed else None
            session.execute(sa.update(SOURCE).where(SOURCE.c.id == lease.source_id).values(values))
            session.execute(
                sa.update(CYCLE)
                .where(CYCLE.c.source_id == lease.source_id, CYCLE.c.outcome == "running")
                .values(outcome="interrupted")
            )
            cycle_id = session.execute(
                sa.insert(CYCLE)
                .values(source_id=lease.source_id, started_at=stamp(now), outcome="running")
                .returning(CYCLE.c.id)
            ).scalar_one()
            rows = session.execute(sa.select(CURSOR).where(CURSOR.c.source_id == lease.source_id)).mappings()
            cursors = {row["object"]: read_cursor(row) for row in rows}
        return Begun(lease=replace(lease, cycle_id=cycle_id), started=now, cursors=cursors)

    def look_up(self, lease: Lease, object_name: str, page: Page) -> Stored:
        """What is stored of what a page brought: digests (a deleted content's is empty), and known reply targets."""
        here = {content.id for content in page.contents}
        replied_to = {c.in_reply_to_id for c in page.contents if c.in_reply_to_id is not None} - here
        contents: dict[str, str] = {}
        users: dict[str, str] = {}
        known: set[str] = set()
        own = CONTENT.c.source_id == lease.source_id
        digest = sa.case((CONTENT.c.deleted_at.is_(None), CONTENT.c.digest), else_="")
        with self.reading() as session:
            for ids in chunks(list(here)):
                query = sa.select(CONTENT.c.foreign_id, digest).where(
                    own, CONTENT.c.object == object_name, CONTENT.c.foreign_id.in_(ids)
                )
                contents.update((row[0], row[1]) for row in session.execute(query))
            for ids in chunks(list(page.users)):
                query = sa.select(IDENTITY.c.foreign_id, IDENTITY.c.digest).where(
                    IDENTITY.c.source_id == lease.source_id, IDENTITY.c.foreign_id.in_(ids)
                )
                users.update((row[0], row[1]) for row in session.execute(query))
            for ids in chunks(list(replied_to)):
                query = sa.select(CONTENT.c.foreign_id).where(
                    own, CONTENT.c.object.in_(POLLED), CONTENT.c.foreign_id.in_(ids)
                )
                known.update(session.execute(query).scalars())
        return Stored(contents=contents, users=users, replied_to=frozenset(known))

    def save_page(self, lease: Lease, accepted: Accepted, now: datetime, exchanges: Sequence[Exchange]) -> None:
        """Store a page's contents, identities, the cursor that follows and the exchanges, in one transaction (LS6)."""
        with self.writing() as session:
            self._hold(session, lease)
            changed = (*accepted.new, *accepted.updated)
            self._put_contents(session, lease, changed, now)
            self._put_users(session, lease, accepted.users)
            cursor = cursor_values(lease.source_id, accepted.cursor, stamp(now))
            self._put(session, CURSOR, [cursor], ("source_id", "object"))
            self._put_exchanges(session, lease, exchanges)

    def threads_to_look_up(self, lease: Lease, limit: int) -> list[str]:
        """Ids of threads that messages name and nobody knows, of which the partner was not asked yet (LS9)."""
        unasked = (LOOKUP.c.source_id == lease.source_id, LOOKUP.c.asked_at.is_(None))
        query = sa.select(LOOKUP.c.foreign_id).where(*unasked).order_by(LOOKUP.c.foreign_id).limit(limit)
        with self.reading() as session:
            return list(session.execute(query).scalars())

    def save_lookup(
        self,
        lease: Lease,
        thread_id: str,
        page: Page | None,
        now: datetime,
        exchanges: Sequence[Exchange],
    ) -> None:
        """Store a thread that was fetched, if it was found, and that it was asked for."""
        with self.writing() as session:
            self._hold(session, lease)
            session.execute(
                sa.update(LOOKUP)
                .where(LOOKUP.c.source_id == lease.source_id, LOOKUP.c.foreign_id == thread_id)
                .values(asked_at=stamp(now))
            )
            if page is not None:
                self._put_contents(session, lease, page.contents, now)
                self._put_users(session, lease, tuple(page.users.values()))
            self._put_exchanges(session, lease, exchanges)

    def end_cycle(
        self,
        source: Source,
        lease: Lease,
        report: CycleReport,
        info: bytes | None,
        now: datetime,
        *,
        exchanges: Sequence[Exchange],
        interrupted: bool = False,
    ) -> Outlook:
        """Store the report, the newest implementation info if it could be had, and give the lease back.

        An interrupted cycle is due again at its next slot, like any other. Where the source's settings were changed
        while the cycle ran, what was declared under the old ones is forgotten, and the new ones stay due (CY5): the
        old ones neither plan a cycle nor switch the source off.
        """
        outcome = "interrupted" if interrupted else "failed" if report.failed else "succeeded"
        with self.writing() as session:
            held = self._hold(session, lease)
            session.execute(
                sa.update(CYCLE)
                .where(CYCLE.c.id == lease.cycle_id)
                .values(ended_at=stamp(now), outcome=outcome, report=json.dumps(report.as_json()))  # ASCII: OB12
            )
            outlook = look_ahead(
                source,
                period=report.interval or held.period,
                started=lease.started,
                failures=held.failures + 1 if report.nothing_had else held.failures if interrupted else 0,
            )
            values: dict[str, Any] = {"lease_owner": None, "lease_until": None, "failures": outlook.failures}
            if held.fingerprint == source.fingerprint:
                if outlook.disabled:
                    values["disabled_at"] = stamp(now)
                values |= {"period": outlook.period, "due_at": outlook.due if held.managed else None}
                if info is not None:
                    values |= {"info": info.decode(), "info_at": stamp(now)}
            session.execute(sa.update(SOURCE).where(SOURCE.c.id == lease.source_id).values(values))
            self._put_exchanges(session, lease, exchanges)
            self._forget_cycles(session, lease, source.keep_cycles)
        return outlook

    def _forget_cycles(self, session: Session, lease: Lease, keep: int) -> None:
        oldest = (
            sa.select(CYCLE.c.id)
            .where(CYCLE.c.source_id == lease.source_id)
            .order_by(CYCLE.c.id.desc())
            .offset(keep)
            .limit(1)
        )
        last: int | None = session.execute(oldest).scalar()
        if last is not None:
            gone = sa.select(CYCLE.c.id).where(CYCLE.c.source_id == lease.source_id, CYCLE.c.id <= last)
            session.execute(sa.delete(EXCHANGE).where(EXCHANGE.c.cycle_id.in_(gone)))
            session.execute(sa.delete(CYCLE).where(CYCLE.c.source_id == lease.source_id, CYCLE.c.id <= last))
