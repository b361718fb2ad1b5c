"""One source with all around it: the partner, the line to it, our process and its database, a clock."""

import asyncio
import functools
import json
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.cycle import run_cycle
from crawler.partner import Partner
from crawler.protocol.signature import Secret
from crawler.reference import AGENT, Forum, ReferencePartner
from crawler.store.sqlite import SQLite
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from tests.integration.histories.model import Key, Model
from tests.integration.histories.process import Death, Line, MortalStore, ProcessDied, Request
from tests.integration.histories.shown import TEXTS

SOURCE = Source(
    name="shop",
    base_uri="http://partner.example/",
    secret=Secret("the secret"),
    agent_id=AGENT,
)

EMPTY = """
    DELETE FROM exchange; DELETE FROM cycle; DELETE FROM outbox; DELETE FROM lookup; DELETE FROM cursor;
    DELETE FROM identity; DELETE FROM content; DELETE FROM source;
"""
ROWS = "SELECT id, source_id, object, foreign_id, * FROM content ORDER BY id"


@functools.cache
def migrated() -> SQLite:
    """A migrated database in memory: to make one takes longer than a history."""
    backend = MortalStore.open("sqlite://").backend
    assert isinstance(backend, SQLite)
    return backend


class World:
    """All that a history needs; `model` says what must come of it."""

    def __init__(self, store_class: type[MortalStore]) -> None:
        self.source = SOURCE
        self.now = datetime(2026, 3, 1, 9, tzinfo=UTC)
        self.forum = Forum(self.clock)
        self.app = ReferencePartner(SOURCE.secret, self.forum)
        self.line = Line(self.app)
        self.database = migrated().connection
        self.database.executescript(EMPTY)
        self.store = store_class(migrated())
        self.partner = Partner(self.source, transport=self.line, clock=self.clock)
        self.runner = asyncio.Runner()
        self.model = Model()
        self.creates: dict[str, list[Request]] = defaultdict(list)
        self.cycles = self.requests = self.exports = 0

    def clock(self) -> datetime:
        return self.now

    def close(self) -> None:
        self.runner.run(self.partner.aclose())
        self.runner.close()

    def restart(self) -> None:
        """Our process ends between two cycles, and begins again."""
        self.runner.run(self.partner.aclose())
        self.partner = Partner(self.source, transport=self.line, clock=self.clock)
        self.store = self.store.open_again()

    def cycle(self, death: Death | None = None) -> CycleReport | None:
        """One cycle, held against the model; `None` if the process died in it."""
        self.now += timedelta(seconds=60)
        self.line.requests.clear()
        self.store.mortal(death)
        before = self._snapshot()
        report = None
        with suppress(ProcessDied):
            report = self.runner.run(run_cycle(self.source, self.store, partner=self.partner, clock=self.clock))
        died = self.store.dead
        self.store.mortal(None)
        self.cycles += 1
        self.requests += len(self.line.requests)
        for request in self.line.requests:
            if request.action.endswith(".create") and request.fate != "unsent":
                self.creates[request.params["content_id"]].append(request)
        self.model.follow(self.line.requests, death if died else None)
        self.exports += self.model.exported
        if report is None:
            self.restart()
            self.database.execute("UPDATE source SET lease_until = 0")  # its lease lapses by itself (CY2)
        self.compare()
        for key, (held, row) in self._snapshot().items():
            if key in before and before[key][0] == held and key not in self.model.changed:
                assert before[key][1] == row, f"LS4: {key} did not change, but its row did: {before[key][1]}, {row}"
        return report

    def _snapshot(self) -> dict[Key, tuple[Any, tuple[Any, ...]]]:
        """Each content as the model holds it, and as it stands in the database."""
        rows = {(row[2], row[3]): row for row in self.rows()}
        return {
            key: ((held.row, held.deleted, held.content_id, held.incarnation), rows[key])
            for key, held in self.model.held.items()
        }

    def all_well(self) -> bool:
        """Whether nothing is planned to go wrong."""
        return not any(self.app._script._plans.values()) and not self.line.troubles

    def rows(self) -> list[tuple[Any, ...]]:
        """The contents as they stand in the database, to the last column."""
        return self.database.execute(ROWS).fetchall()

    def compare(self) -> None:
        """What we hold is what the model holds: contents, outbox, cursors."""
        rows: dict[Key, dict[str, Any]] = {}
        cursor = self.database.execute(ROWS)
        names = [it[0] for it in cursor.description]
        for values in cursor:
            column = dict(zip(names, values, strict=True))
            key = (column["object"], column["foreign_id"])
            assert key not in rows, f"LS4: {key} is there twice"
            row = {name: column[name] for name in TEXTS}
            row["actions"], row["extra"] = json.loads(column["actions"]), json.loads(column["extra"] or "{}")
            rows[key] = {
                "row": row,
                "deleted": column["deleted_at"] is not None,
                "content_id": column["content_id"],
                "incarnation": column["incarnation"],
            }
        for key, held in self.model.held.items():
            assert key in rows, f"LS6: {key} is not there"
            expected = {
                "row": held.row,
                "deleted": held.deleted,
                "content_id": held.content_id,
                "incarnation": held.incarnation,
            }
            assert rows[key] == expected, f"LS4, PU3, PU5, OB13: {key} is {rows[key]}, expected {expected}"
        assert rows.keys() == self.model.held.keys(), f"nobody showed {rows.keys() - self.model.held.keys()}"
        people = self.database.execute("SELECT foreign_id, screenname FROM identity").fetchall()
        assert sorted(people) == sorted(self.model.people.items()), f"OB10: {people}, expected {self.model.people}"
        entries = self.database.execute("SELECT id, status, attempts, foreign_id FROM outbox ORDER BY position")
        intents = [(it.id, it.status, it.attempts, it.foreign_id) for it in self.model.intents.values()]
        assert (found := entries.fetchall()) == intents, f"PU6, PU9: the outbox is {found}, expected {intents}"
        for name, since_id, trail in self.database.execute("SELECT object, since_id, trail FROM cursor"):
            assert since_id == self.model.cursors.get(name), f"LS2, LS6: the cursor of {name} is {since_id}"
            assert self.model.given[name].issuperset(json.loads(trail)), f"LS11: {trail} are no ids of {name}"

    def check_creates(self) -> None:
        """PU2, PU6, by what was sent alone: three attempts or what a person granted, and all but the first repeats."""
        for content_id, sent in self.creates.items():
            intent = self.model.intents[content_id]
            retries = [request.params["retry"] for request in sent]
            attempts = sum(not request.repeat for request in sent)
            assert attempts <= intent.granted, f"PU6: {content_id} was sent {attempts} times"
            assert all(retries[1:]), f"PU2: {content_id} was repeated without saying so: {retries}"
            assert not retries[0] or intent.attempts > attempts, f"PU2: {content_id} began as a repeat"
