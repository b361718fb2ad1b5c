"""The outbox: what agents queued, and what became of it (PU)."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import ActionRefused, DatabaseUnavailable, UnknownContent
from crawler.protocol.objects import Content, User
from crawler.store import Begun, Store
from crawler.store.rows import stamp
from crawler.store.sql import Transaction
from crawler.sync.exports import Meant, Settled
from crawler.sync.source import Source
from crawler.sync.state import Known, Outbox, OutboxEntry, Ref, Status
from tests.postgresql import PostgresServer
from tests.unit.store.writing import (
    NOON,
    broken_exchange,
    change,
    creation,
    everything,
    exchange,
    import_page,
    message,
    page,
    rows,
    user,
)

FULL = OutboxEntry(
    id="q9",
    object="private_messages",
    operation="create",
    queued_at=NOON,
    author_id="ann",
    thread=Ref("threads", entry_id="q1"),
    in_reply_to=Ref("private_messages", foreign_id="7", incarnation=2),
    recipient_id="bob",
    title="Où ?",
    body="<p>🐘</p>",
    format="html",
    attachments=({"url": "https://shop.example/é.png", "type": "image"}, {"url": "https://shop.example/2"}),
    structured_content={"type": "select", "items": [{"title": "é", "payload": None}]},
    attempts=1,
    granted=6,
    error="what a pity",
)


def acting(queued_id: str, operation: str, **target: Any) -> OutboxEntry:
    ref = Ref("messages", **target)
    return OutboxEntry(id=queued_id, object="messages", operation=operation, queued_at=NOON, target=ref)


def settled(entry: OutboxEntry, status: Status, **changes: str) -> Settled:
    return Settled(entry=replace(entry, status=status, **changes))  # type: ignore[arg-type]


def begin(store: Store, begun: Begun, entry: OutboxEntry) -> OutboxEntry:
    """Begin an attempt at an entry that nobody cancelled."""
    attempt = store.begin_attempt(begun.lease, entry, NOON)
    assert attempt is not None
    return attempt


def sent(content_id: str, body: str = "Hello") -> Content:
    return Content(object="messages", id=content_id, author_id="ann", thread_id="t", body=body)


@pytest.mark.parametrize(
    "entry",
    [FULL, creation(), acting("q2", "delete", foreign_id="7"), acting("q3", "mark_as_spam", entry_id="q1")],
    ids=lambda entry: entry.action,
)
def test_an_entry_comes_back_as_it_was_queued(store: Store, source: Source, entry: OutboxEntry) -> None:
    store.queue(source, creation("q1"))
    if entry.id != "q1":
        store.queue(source, entry)

    assert store.load_outbox(source).entries[entry.id] == entry
    assert store.entry(source, entry.id) == entry


def test_nothing_is_queued_at_a_source_that_nobody_knows(store: Store, source: Source) -> None:
    assert store.load_outbox(source) == Outbox()


def test_entries_come_in_the_order_in_which_they_were_queued(store: Store, source: Source, neighbour: Source) -> None:
    store.queue(neighbour, creation("theirs"))
    for entry_id in ("z", "a", "m"):
        store.queue(source, creation(entry_id))

    assert [entry.id for entry in store.load_outbox(source).pending] == ["z", "a", "m"]


def test_the_outbox_holds_what_is_pending_and_what_that_refers_to(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("7", actions=["delete"]), message("8"), message("9"))
    for entry in (creation("done"), creation("done-too"), acting("q1", "delete", entry_id="done")):
        store.queue(source, entry)
    store.queue(source, creation("q2", in_reply_to=Ref("messages", foreign_id="7")))
    for entry_id in ("done", "done-too"):
        store.settle(begun.lease, settled(creation(entry_id), Status.SUCCESS, foreign_id="8"), NOON)

    outbox = store.load_outbox(source)
    assert list(outbox.entries) == ["done", "q1", "q2"]
    assert outbox.entries["done"].foreign_id == "8"
    assert [entry.id for entry in outbox.pending] == ["q1", "q2"]
    assert outbox.contents == {
        ("messages", "7"): Known(
            object="messages", id="7", actions=("delete",), author_id="ann", thread_id="t", imported_at=stamp(NOON)
        ),
        ("messages", "8"): Known(object="messages", id="8", author_id="ann", thread_id="t", imported_at=stamp(NOON)),
    }


def test_the_outbox_holds_who_creates_what_is_pending_as_far_as_they_were_imported(
    store: Store, source: Source, begun: Begun
) -> None:
    """PU1: they are named as its senders."""
    ann, bob = user("ann", firstname="Ann", puppetizable=True), user("bob")
    import_page(store, source, begun, message("7", author=ann), message("8", author=bob))
    for entry in (creation("done", author_id="bob"), creation("q1"), creation("q2", author_id="nobody")):
        store.queue(source, entry)
    store.queue(source, replace(acting("q3", "spam", entry_id="done"), author_id="bob"))
    store.settle(begun.lease, settled(creation("done"), Status.SUCCESS), NOON)

    outbox = store.load_outbox(source)
    assert list(outbox.entries) == ["done", "q1", "q2", "q3"]
    assert outbox.authors == {"ann": User(id="ann", screenname="Ann", firstname="Ann", puppetizable=True)}
    assert outbox.after(creation("q1")).authors == outbox.authors


def test_an_attempt_is_committed_as_begun_before_it_can_be_made(path: Path, source: Source) -> None:
    """Seen from another connection: a crash at this moment cannot undo it (PU2)."""
    with Store.open(str(path)) as store, closing(sqlite3.connect(path)) as other:
        begun = store.begin_cycle(source, "me", NOON)
        store.queue(source, creation("q1"))
        attempt = begin(store, begun, creation("q1"))

        assert attempt == creation("q1", attempts=1)
        stored = other.execute("SELECT attempts, status, begun_at FROM outbox").fetchall()
        assert stored == [(1, "export_pending", "2024-03-01T12:00:00.000Z")]


def test_an_entry_that_was_cancelled_since_it_was_loaded_is_not_attempted(
    store: Store, source: Source, begun: Begun
) -> None:
    store.queue(source, creation("q1"))
    [loaded] = store.load_outbox(source).pending
    store.cancel(source, "q1", "changed my mind", NOON)

    assert store.begin_attempt(begun.lease, loaded, NOON) is None
    assert rows(store, "outbox")[0]["attempts"] == 0


@pytest.mark.parametrize(("status", "done"), [(Status.SUCCESS, True), (Status.PENDING, False), (Status.ABORTED, True)])
def test_what_became_of_an_attempt_is_stored(
    store: Store, source: Source, begun: Begun, status: Status, done: bool
) -> None:
    store.queue(source, creation("q1"))
    attempt = begin(store, begun, creation("q1"))
    store.settle(begun.lease, settled(attempt, status, error="why"), NOON, [exchange("messages.create")])

    [row] = rows(store, "outbox")
    assert (row["status"], row["error"], row["attempts"]) == (str(status), "why", 1)
    assert row["settled_at"] == ("2024-03-01T12:00:00.000Z" if done else None)
    assert [entry.id for entry in store.load_outbox(source).pending] == ([] if done else ["q1"])
    assert [row["action"] for row in rows(store, "exchange")] == ["messages.create"]


def test_a_created_content_is_stored_as_it_was_sent(store: Store, source: Source, begun: Begun) -> None:
    store.queue(source, creation("q1"))
    store.settle(begun.lease, settled(creation("q1"), Status.SUCCESS, foreign_id="7"), NOON, created=sent("7"))

    [row] = rows(store, "content")
    assert (row["foreign_id"], row["content_id"], row["body"], row["thread_id"]) == ("7", "q1", "Hello", "t")
    assert store.load_outbox(source).entries == {}


def test_a_list_updates_a_created_content_and_keeps_whose_it_is(store: Store, source: Source, begun: Begun) -> None:
    store.queue(source, creation("q1"))
    store.settle(begun.lease, settled(creation("q1"), Status.SUCCESS, foreign_id="7"), NOON, created=sent("7"))
    import_page(store, source, begun, message("7", body="<p>theirs</p>"), now=NOON + timedelta(hours=1))

    [row] = rows(store, "content")
    assert (row["content_id"], row["body"], row["imported_at"]) == ("q1", "<p>theirs</p>", "2024-03-01T12:00:00.000Z")


def test_an_answer_with_the_id_of_another_content_leaves_that_as_it_is(
    store: Store, source: Source, begun: Begun
) -> None:
    import_page(store, source, begun, message("7"))
    before = rows(store, "content")
    store.queue(source, creation("q1"))
    success = replace(settled(creation("q1"), Status.SUCCESS, foreign_id="7"), meant=Meant.ANOTHER)
    store.settle(begun.lease, success, NOON, created=sent("7"))

    assert rows(store, "content") == before


@pytest.mark.parametrize(("author", "content_id"), [("ann", "q1"), ("bob", None)])
def test_what_a_list_showed_before_its_repeated_create_was_answered_is_known_as_ours(
    store: Store, source: Source, begun: Begun, author: str, content_id: str | None
) -> None:
    import_page(store, source, begun, message("7", author=user(author)))
    [before] = rows(store, "content")
    store.queue(source, creation("q1"))
    store.settle(begun.lease, settled(creation("q1"), Status.SUCCESS, foreign_id="7"), NOON, created=sent("7"))

    assert rows(store, "content") == [{**before, "content_id": content_id}]


def test_a_find_content_within_its_source_and_object(
    store: Store, source: Source, neighbour: Source, begun: Begun
) -> None:
    import_page(store, source, begun, message("7"))

    assert store.find_content(begun.lease, "messages", "7")
    assert not store.find_content(begun.lease, "threads", "7")
    assert not store.find_content(begun.lease, "messages", "8")
    assert not store.find_content(store.begin_cycle(neighbour, "me", NOON).lease, "messages", "7")


def test_an_operation_updates_the_content_that_it_shows(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("7", actions=["publish"]))
    entry = acting("q1", "publish", foreign_id="7")
    store.queue(source, entry)
    shown = page(message("7", actions=["unpublish"], author=user("bob")))
    store.settle(begun.lease, settled(entry, Status.SUCCESS), NOON, shown=shown)

    assert rows(store, "content")[0]["actions"] == '["unpublish"]'
    assert {row["foreign_id"] for row in rows(store, "identity")} == {"ann", "bob"}


def test_a_settlement_that_cannot_be_stored_leaves_nothing(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("3"))
    store.queue(source, creation("q1"))
    before = everything(store)

    with pytest.raises(DatabaseUnavailable, match=r"(?i)not.null"):
        store.settle(
            begun.lease,
            settled(creation("q1"), Status.SUCCESS, foreign_id="7"),
            NOON,
            [broken_exchange()],
            created=sent("7"),
            shown=page(message("8")),
            deleted="3",
        )

    assert everything(store) == before


def test_cancelling_a_creation_takes_all_that_depends_on_it_along(store: Store, source: Source) -> None:
    store.queue(source, creation("thread", object="threads"))
    store.queue(source, creation("other"))
    store.queue(source, creation("message", thread=Ref("threads", entry_id="thread")))
    store.queue(source, creation("reply", in_reply_to=Ref("messages", entry_id="message")))
    store.queue(source, acting("spam", "mark_as_spam", entry_id="reply"))
    gone = store.cancel(source, "thread", "changed my mind", NOON)

    assert [entry.id for entry in gone] == ["thread", "message", "reply", "spam"]
    assert {entry.status for entry in gone} == {Status.ABORTED}
    assert [entry.id for entry in store.load_outbox(source).pending] == ["other"]
    for row in rows(store, "outbox"):
        if row["id"] != "other":
            assert (row["status"], row["settled_at"]) == ("export_aborted", "2024-03-01T12:00:00.000Z")
            assert row["error"].startswith("changed my mind")


def test_only_what_is_pending_can_be_cancelled(store: Store, source: Source, neighbour: Source, begun: Begun) -> None:
    store.queue(source, creation("q1"))
    store.settle(begun.lease, settled(creation("q1"), Status.SUCCESS), NOON)
    store.queue(neighbour, creation("theirs"))

    for entry_id in ("q1", "theirs", "nobody's"):
        with pytest.raises(UnknownContent, match=f"shop: no pending entry {entry_id}"):
            store.cancel(source, entry_id, "", NOON)


def test_what_was_sent_already_is_not_cancelled(store: Store, source: Source, begun: Begun) -> None:
    store.queue(source, creation("q1"))
    begin(store, begun, creation("q1"))
    before = everything(store)

    with pytest.raises(ActionRefused, match="q1 was sent already, 1 of 3 times") as caught:
        store.cancel(source, "q1", "", NOON)
    assert caught.value.rule == "PU9"
    assert everything(store) == before


class Racing(Store):
    """A store at which something else happens in the middle of a transaction."""

    between: Callable[[], object] | None = None

    def _load(self, tx: Transaction, source: Source) -> Outbox:
        outbox = super()._load(tx, source)
        if self.between is not None:
            self.between()
        return outbox


def test_what_is_sent_in_the_very_moment_is_not_cancelled(
    postgresql: PostgresServer, migrated_on_server: str, source: Source
) -> None:
    with (
        postgresql.database(migrated_on_server) as name,
        Racing.open(postgresql.url(name)) as store,
        Store.open(postgresql.url(name)) as daemon,
    ):
        begun = daemon.begin_cycle(source, "me", NOON)
        store.queue(source, creation("q1"))
        store.queue(source, creation("q2", in_reply_to=Ref("messages", entry_id="q1")))
        store.between = lambda: begin(daemon, begun, creation("q1"))
        with pytest.raises(ActionRefused, match="q1 was sent already, 1 of 3 times"):
            store.cancel(source, "q1", "changed my mind", NOON)

        assert [(row["status"], row["attempts"]) for row in rows(store, "outbox")] == [
            ("export_pending", 1),
            ("export_pending", 0),
        ]


# A person's retry (PU6)


@pytest.mark.parametrize("status", [Status.FAILURE, Status.ABORTED, Status.DELETE_ABORTED, Status.UNPUBLISH_ABORTED])
def test_a_given_up_entry_may_be_granted_three_attempts_more(
    store: Store, source: Source, begun: Begun, status: Status
) -> None:
    store.queue(source, creation("q1"))
    change(store, "UPDATE outbox SET attempts = 3")
    store.settle(begun.lease, settled(creation("q1", attempts=3), status, error="why"), NOON)

    granted = store.retry(source, "q1")
    assert granted == creation("q1", attempts=3, granted=6)
    assert store.load_outbox(source).pending == (granted,)
    assert rows(store, "outbox")[0]["settled_at"] is None


@pytest.mark.parametrize("status", [Status.PENDING, Status.SUCCESS])
def test_only_what_was_given_up_is_granted_more(store: Store, source: Source, begun: Begun, status: Status) -> None:
    store.queue(source, creation("q1"))
    store.settle(begun.lease, settled(creation("q1"), status), NOON)
    before = everything(store)

    with pytest.raises(UnknownContent, match="shop: no entry q1 that was given up"):
        store.retry(source, "q1")
    assert everything(store) == before


def test_another_sources_entry_is_not_retried(store: Store, source: Source, neighbour: Source, begun: Begun) -> None:
    store.queue(source, creation("q1"))
    store.settle(begun.lease, settled(creation("q1"), Status.FAILURE), NOON)

    with pytest.raises(UnknownContent, match="neighbour: no entry q1"):
        store.retry(neighbour, "q1")


def test_methods_that_run_together_are_stored_all_or_none(store: Store, source: Source, begun: Begun) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    def queues(entry_id: str) -> Callable[[], None]:
        return lambda: store.queue(source, creation(entry_id))

    with pytest.raises(ZeroDivisionError):
        store.together(queues("q1"), fails)
    assert rows(store, "outbox") == []
    assert store.together(queues("q2"), lambda: store.begin_attempt(begun.lease, creation("q2"), NOON))[0] is None
    assert [(row["id"], row["attempts"]) for row in rows(store, "outbox")] == [("q2", 1)]
