"""The whole state at the end of a run, ours and the partner's, in words that do not depend on what came first.

A partner gives ids by the order in which contents come to it, and an export that is repeated comes later. So a content
that we created goes by its content_id, any other by its id.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crawler.reference import Forum, Listing
from crawler.store import Store
from crawler.store.schema import metadata
from crawler.sync.state import ATTEMPTS
from tests.database import reading

Row = dict[str, Any]

OURS_ALONE = {
    "content": {"id", "source_id", "imported_at", "changed_at"},
    "identity": {"id", "source_id"},
    "outbox": {"position", "source_id", "begun_at", "settled_at"},
    "lookup": {"source_id", "asked_at"},
}
"""Columns that say when, or in which order, rather than what."""

IDS = {"foreign_id", "in_reply_to_id", "target_id", "thread_id"}


@dataclass(frozen=True)
class EndState:
    """`tables` holds the rows of ours by table and key; `cursors` by object; `theirs` the forum's contents."""

    tables: dict[str, dict[str, Row]]
    cursors: dict[str, str]
    theirs: dict[str, Row]
    creates: dict[str, list[bool]]
    requests: Counter[str]


def end_state(database: str, forum: Forum, source: str = "shop") -> EndState:
    """What there is in the end of a source, whose partner keeps `forum`."""
    names = {it.id: it.content_id or it.id for it in forum.contents.values()}
    tables: dict[str, dict[str, Row]] = {}
    with Store.open(database) as store, reading(store) as session:
        for table, skipped in OURS_ALONE.items():
            tables[table] = {}
            for row in session.execute(_of(table, source)).mappings():
                shown = {name: value for name, value in row.items() if name not in skipped}
                for name in IDS & shown.keys():
                    shown[name] = names.get(shown[name], shown[name])
                if table == "content":
                    shown["deleted_at"] = shown["deleted_at"] is not None
                key = shown["id"] if table == "outbox" else f"{shown.get('object', table)} {shown['foreign_id']}"
                assert key not in tables[table], f"doubled: {table} {key}"
                tables[table][key] = shown
        cursors = {row["object"]: row["since_id"] for row in session.execute(_of("cursor", source)).mappings()}
        outcomes = [row["outcome"] for row in session.execute(_of("cycle", source)).mappings()]
        owners = set(session.execute(sa.text("SELECT lease_owner FROM source")).scalars())
    assert owners == {None}, "a lease is left"
    assert "running" not in outcomes, "a cycle is called running"
    theirs = {}
    for content in forum.contents.values():
        name = f"{content.object_name} {names[content.id]}"
        assert name not in theirs, f"doubled at the partner: {name}"
        references = {field: names.get(getattr(content, field), "") for field in ("thread_id", "in_reply_to_id")}
        theirs[name] = {**vars(content), "id": names[content.id], **references}
    creates: dict[str, list[bool]] = {}
    requests: Counter[str] = Counter()
    for entry in forum.ledger:
        if entry.action.endswith(".create"):
            creates.setdefault(str(entry.params["content_id"]), []).append(bool(entry.params["retry"]))
        elif "id" in entry.params:
            requests[f"{entry.action} {entry.params['id']}"] += 1
    return EndState(tables, cursors, theirs, creates, requests)


def _of(table: str, source: str) -> sa.Select[Any]:
    rows, sources = metadata.tables[table], metadata.tables["source"]
    return sa.select(rows).join(sources, rows.c.source_id == sources.c.id).where(sources.c.name == source)


def compare(got: EndState, wanted: EndState, forum: Forum) -> None:
    """Nothing is lost, nothing doubled, the cursors are right, and every repeat says that it is one.

    `wanted` is the state after a run that nothing interrupted. One attempt more may have been used up.
    """
    _check_requests(got)
    for table in ("content", "identity", "lookup"):
        lost = wanted.tables[table].keys() - got.tables[table].keys()
        assert not lost, f"lost: {table} {sorted(lost)}"
        _same(table, got.tables[table], wanted.tables[table])
    _same("the partner's", got.theirs, wanted.theirs)
    assert got.cursors.keys() == wanted.cursors.keys()
    _check_cursors(got, forum)
    _compare_outbox(got.tables["outbox"], wanted.tables["outbox"])


def check(got: EndState, forum: Forum) -> int:
    """What has to hold after any number of deaths, whatever happened: `forum` is imported, the outbox is settled.

    Returns how many exports were given up, each because every one of its attempts was cut off.
    """
    contents, outbox = got.tables["content"], got.tables["outbox"]
    assert contents.keys() == got.theirs.keys(), f"lost or doubled: {sorted(contents.keys() ^ got.theirs.keys())}"
    for name, content in contents.items():
        assert content["body"] == got.theirs[name]["body"], f"out of date: {name}"
    _check_cursors(got, forum)
    _check_requests(got)
    given_up = 0
    for name, entry in outbox.items():
        if entry["status"] == "success":
            assert contents[f"{entry['object']} {name}"]["content_id"] == name, f"lost: {name}"
        else:
            assert (entry["status"], entry["attempts"]) == ("export_failure", ATTEMPTS), f"{name}: {entry}"
            assert "was cut off before its answer was seen (PU6)" in entry["error"], f"{name}: {entry}"
            given_up += 1
    return given_up


def _check_cursors(got: EndState, forum: Forum) -> None:
    for name, since_id in got.cursors.items():
        beyond = [it.id for it in forum.page(name, since_id, Listing()) if it.id != since_id]
        assert not beyond, f"the cursor of {name} is behind: {beyond}"


def _same(what: str, got: dict[str, Row], wanted: dict[str, Row]) -> None:
    assert got.keys() == wanted.keys(), f"{what}: {sorted(got.keys() ^ wanted.keys())}"
    for key, row in got.items():
        wrong = {name: (value, wanted[key][name]) for name, value in row.items() if value != wanted[key][name]}
        assert not wrong, f"{what} {key}, got and wanted: {wrong}"


def _compare_outbox(got: dict[str, Row], wanted: dict[str, Row]) -> None:
    assert got.keys() == wanted.keys(), "lost or doubled: outbox"
    cut = [name for name in got if got[name]["attempts"] != wanted[name]["attempts"]]
    assert len(cut) <= 1, f"one death cut off several attempts: {cut}"
    for name, entry in got.items():
        expected = dict(wanted[name])
        assert entry["attempts"] <= ATTEMPTS, name
        assert expected["attempts"] <= entry["attempts"] <= expected["attempts"] + 1, name
        expected["attempts"] = entry["attempts"]
        if "was cut off before its answer was seen (PU6)" in (entry["error"] or ""):
            assert entry["attempts"] == ATTEMPTS, name
            expected["error"] = entry["error"]
        _same("outbox", {name: entry}, {name: expected})


def _check_requests(got: EndState) -> None:
    """What the partner's ledger says about each create, and about each operation on a content (PU2, PU6)."""
    outbox = got.tables["outbox"]
    for name, retries in got.creates.items():
        attempts = outbox[name]["attempts"]
        assert len(retries) <= attempts, f"sent and not counted: {name} {retries}, attempts {attempts}"
        assert all(retries[1:]), f"a repeat that does not say so: {name} {retries}"
        assert not retries[0] or len(retries) < attempts, f"a first attempt that says it is a repeat: {name}"
    for request, count in got.requests.items():
        assert count <= ATTEMPTS, request
