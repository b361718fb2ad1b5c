"""What a cycle reads and writes. Every write holds the lease of its source, or fails (CY2)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from time import monotonic

from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content, User
from crawler.protocol.reading import Page
from crawler.store import statements
from crawler.store.outbox import OutboxStore
from crawler.store.rows import cursor_values, read_content, read_cursor, read_user, stamp
from crawler.store.sources import Lease
from crawler.sync.pages import Accepted, Stored
from crawler.sync.report import CycleReport, Kind
from crawler.sync.schedule import Outlook, answered_by, look_ahead
from crawler.sync.state import Cursor, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A cycle that has begun: its lease, and the cursors from which it goes on (by object).

    `lookups` says whether threads wait to be fetched (LS9), `exports` whether entries are pending. `at` is the moment
    `lease.taken` by the event loop's clock, or a little before.
    """

    lease: Lease
    started: datetime
    cursors: Mapping[str, Cursor]
    lookups: bool
    exports: bool
    at: float = field(default_factory=monotonic)


class CycleStore(OutboxStore):
    """The part of the store that `run_cycle` works with."""

    def begin_cycle(
        self, source: Source, owner: str, now: datetime, lease: Lease | None = None, *, kind: Kind = "cycle"
    ) -> Begun:
        """Begin a cycle under `lease`, or under one that is taken now. A push leaves the schedule alone (LS8).

        Raises `SourceBusy` where another process holds it, or `LeaseLost`.
        """
        with self.driving() as driver:
            if lease is None:
                lease = self._take_lease(driver, source, owner)
            at = monotonic()
            held = self._hold(driver, lease)
            lease = replace(lease, taken=held.now)
            its_id = lease.source_id
            if kind == "push":
                pass
            elif held.fingerprint == source.fingerprint:
                # Due again already now: should this process die, whoever takes over keeps the interval (CY1).
                latest = answered_by(source, lease.started)
                due = look_ahead(source, period=held.period, answered=latest, failures=held.failures).due
                driver.run(statements.start_and_plan_source, its_id=its_id, last_started_at=stamp(now), due_at=due)
            else:  # its new settings stay due (CY5)
                driver.run(statements.start_source, its_id=its_id, last_started_at=stamp(now))
            driver.run(statements.interrupt_cycles, its_id=its_id)
            [cycle_id] = driver.one(statements.insert_cycle, source_id=its_id, started_at=stamp(now), kind=kind)
            cursors = {row["object"]: read_cursor(row) for row in driver.named(statements.cursors, its_id=its_id)}
            lookups, exports = driver.one(statements.work_waits, its_id=its_id)
        return Begun(
            lease=replace(lease, cycle_id=cycle_id),
            started=now,
            cursors=cursors,
            lookups=bool(lookups),
            exports=bool(exports),
            at=at,
        )

    def look_up(self, lease: Lease, object_name: str, page: Page) -> Stored:
        """What is stored of what a page brought, and which of its reply targets are known (OB8)."""
        here = page.positions.keys()
        replied_to = {c.in_reply_to_id for c in page.contents if c.in_reply_to_id is not None} - here
        openings = replied_to.intersection(c.thread_id for c in page.contents if replied_to and c.may_reply_to_thread)
        own = {"its_id": lease.source_id}
        contents: dict[str, Content | None] = {}
        users: dict[str, User] = {}
        known: set[str] = set()
        threads: set[str] = set()
        with self.driving(writing=False) as driver:
            array = driver.array
            if here:
                found = driver.all(statements.stored_contents, **own, its_object=object_name, ids=array(list(here)))
                contents = {row[1]: read_content(object_name, row[1:]) if row[0] else None for row in found}
            if page.users:
                rows = driver.all(statements.stored_identities, **own, ids=array(list(page.users)))
                users = {row[0]: read_user(row) for row in rows}
            if replied_to:
                rows = driver.all(statements.known_contents, **own, its_object=object_name, ids=array(list(replied_to)))
                known = {row[0] for row in rows}
            if openings:
                rows = driver.all(statements.known_threads, **own, ids=array(list(openings)))
                threads = {row[0] for row in rows}
        return Stored(contents=contents, users=users, replied_to=frozenset(known), threads=frozenset(threads))

    def save_page(self, lease: Lease, accepted: Accepted, now: datetime, exchanges: Sequence[Exchange]) -> None:
        """Store a page's contents, identities, the cursor that follows and the exchanges, in one transaction (LS6)."""
        with self.driving() as driver:
            self._hold(driver, lease)
            if accepted.begins_again:
                self._begin_again(driver, lease, now)
            if accepted.users:  # whom pages of other objects may show otherwise
                driver.run(statements.forget_pages, its_id=lease.source_id)
                self._put_users(driver, lease, accepted.users)
            driver.run(statements.put_cursor, **cursor_values(lease.source_id, accepted.cursor, stamp(now)))
            self._put_exchanges(driver, lease, exchanges)
            self._put_contents(driver, lease, (*accepted.new, *accepted.updated), now)

    def threads_to_look_up(self, lease: Lease, limit: int) -> list[str]:
        """Ids of threads that messages name and nobody knows, of which the partner was not asked yet (LS9)."""
        with self.driving(writing=False) as driver:
            return [row[0] for row in driver.all(statements.lookups, its_id=lease.source_id, at_most=limit)]

    def save_lookup(
        self,
        lease: Lease,
        thread_id: str,
        page: Page | None,
        now: datetime,
        exchanges: Sequence[Exchange],
    ) -> None:
        """Store a thread that was fetched, if it was found, and that it was asked for."""
        with self.driving() as driver:
            self._hold(driver, lease)
            asked = {"its_id": lease.source_id, "its_foreign_id": thread_id, "asked_at": stamp(now)}
            driver.run(statements.asked_for_thread, **asked)
            if page is not None:
                driver.run(statements.forget_pages, its_id=lease.source_id)
                self._put_contents(driver, lease, page.contents, now)
                self._put_users(driver, lease, tuple(page.users.values()))
            self._put_exchanges(driver, lease, exchanges)

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
    ) -> Outlook | None:
        """Store the report, the newest implementation info if it could be had, and give the lease back.

        A push (LS8) changes neither when the source is due nor how often it failed, and has no outlook.

        An interrupted cycle is followed by the next one like any other. Where the source's settings were changed while
        the cycle ran, what was declared under the old ones is forgotten, and the new ones stay due (CY5): the old ones
        neither plan a cycle nor switch the source off.
        """
        outcome = "interrupted" if interrupted else "failed" if report.failed else "succeeded"
        with self.driving() as driver:
            held = self._hold(driver, lease)
            shown = json.dumps(report.as_json())  # ASCII: OB12
            if source.credentials.may_stand_in(shown):
                shown = json.dumps(source.credentials.withhold_all(report.as_json()))
            driver.run(statements.end_cycle, its_id=lease.cycle_id, ended_at=stamp(now), outcome=outcome, report=shown)
            outlook = None
            if report.kind == "push":
                if info is not None and held.fingerprint == source.fingerprint:
                    driver.run(statements.save_info, its_id=lease.source_id, info=info.decode(), info_at=stamp(now))
                fence = {"its_id": lease.source_id, "its_fence": lease.fence}
                driver.run(statements.release_lease, **fence, due=None, by=lease.due)
            else:
                outlook = look_ahead(
                    source,
                    period=report.interval or held.period,
                    answered=lease.started if lease.answered is None else lease.answered,
                    failures=held.failures + 1 if report.nothing_had else held.failures if interrupted else 0,
                    # New sources, and those of a file that has changed, begin together.
                    late=inf if held.period is None and lease.early is None else lease.late,
                    effort=report.vain_effort,
                )
                if held.fingerprint == source.fingerprint:
                    driver.run(
                        statements.end_and_plan_source,
                        its_id=lease.source_id,
                        failures=outlook.failures,
                        period=outlook.period,
                        due_at=outlook.due,
                        info=info.decode() if info is not None else None,
                        info_at=stamp(now) if info is not None else None,
                        disabled_at=stamp(now) if outlook.disabled else None,
                    )
                else:
                    driver.run(statements.end_lease, its_id=lease.source_id, failures=outlook.failures)
            self._put_exchanges(driver, lease, exchanges)
            beyond = driver.one(statements.cycle_beyond, its_id=lease.source_id, kept=source.keep_cycles)
            if beyond is not None:
                for forget in (statements.forget_exchanges, statements.forget_cycles):
                    driver.run(forget, its_id=lease.source_id, last=beyond[0])
        return outlook
