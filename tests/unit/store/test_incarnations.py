"""A content that is shown under the id of another one keeps nothing of it (OB13)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crawler.protocol.objects import Content
from crawler.store import Begun, Store
from crawler.store.rows import stamp
from crawler.sync.exports import Meant, Settled, settle_success
from crawler.sync.source import Source
from crawler.sync.state import Known, OutboxEntry, Ref, Status
from tests.unit.store.writing import NOON, change, creation, decide, import_page, message, page, rows, user

LATER = NOON + timedelta(hours=1)
OLD, NEW = "2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z"
ANN = {"author": user("ann"), "created_at": OLD, "body": "old"}


def delete(store: Store, begun: Begun, foreign_id: str = "4", object_name: str = "messages") -> None:
    """Settle a deletion, as a cycle does."""
    target = Ref(object_name, foreign_id=foreign_id)
    entry = OutboxEntry(id="d", object=object_name, operation="delete", queued_at=NOON, target=target)
    store.settle(begun.lease, settle_success(entry), NOON, deleted=foreign_id)


def known(store: Store, begun: Begun, foreign_id: str = "4", object_name: str = "messages") -> Known:
    found = store.find_content(begun.lease, object_name, foreign_id)
    assert found is not None
    return found


def is_another(store: Store) -> bool:
    """Whether the message 4, which q1 had made at noon, counts as another one since an hour later."""
    [row] = [row for row in rows(store, "content") if row["foreign_id"] == "4"]
    found = row["incarnation"], row["content_id"], row["imported_at"]
    assert found in [(0, "q1", stamp(NOON)), (0, None, stamp(NOON)), (1, None, stamp(LATER))]
    return bool(row["incarnation"])


SHOWN_AFTER_A_DELETION: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"body": "edited", "title": "T", "actions": ["delete"]}, False),
    ({"author": user("bob")}, True),
    ({"created_at": NEW}, True),
    ({"created_at": None}, True),
    ({"author": user("bob"), "created_at": NEW, "body": "new"}, True),
]


@pytest.mark.parametrize(("changes", "another"), SHOWN_AFTER_A_DELETION)
@pytest.mark.parametrize("ours", [True, False])
def test_what_comes_back_after_a_deletion_is_the_same_by_author_and_date(
    store: Store, source: Source, begun: Begun, *, changes: dict[str, Any], another: bool, ours: bool
) -> None:
    import_page(store, source, begun, message("4", **ANN))
    if ours:
        change(store, "UPDATE content SET content_id = 'q1'")
    delete(store, begun)
    accepted = import_page(store, source, begun, message("4", **{**ANN, **changes}), now=LATER)

    assert [it.id for it in accepted.updated] == ["4"]
    assert is_another(store) is another
    assert rows(store, "content")[0]["deleted_at"] is None


SHOWN_WITHOUT_A_DELETION: list[tuple[dict[str, Any], bool, bool]] = [  # changes, another if ours, another if not
    ({}, False, False),
    ({"body": "edited"}, False, False),
    ({"created_at": NEW}, False, False),
    ({"author": user("bob")}, False, False),
    ({"author": user("bob"), "body": "new"}, False, False),
    ({"author": user("bob"), "created_at": None}, False, False),
    ({"author": user("bob"), "created_at": NEW}, False, True),
    ({"created_at": NEW, "body": "new"}, False, True),
    ({"author": user("bob"), "created_at": None, "body": "new"}, True, True),
    ({"author": user("bob"), "created_at": NEW, "body": "new"}, True, True),
    ({"author": user("bob"), "created_at": NEW, "body": None, "attachments": [{"url": "http://x/"}]}, True, True),
]


@pytest.mark.parametrize(("changes", "of_ours", "of_theirs"), SHOWN_WITHOUT_A_DELETION)
@pytest.mark.parametrize("ours", [True, False])
def test_what_is_shown_in_the_place_of_a_content_is_another_where_nothing_is_the_same(
    store: Store, source: Source, begun: Begun, *, changes: dict[str, Any], of_ours: bool, of_theirs: bool, ours: bool
) -> None:
    """PU11: of what we sent a partner may change author, date or text, and of what it shows the text."""
    import_page(store, source, begun, message("4", **ANN))
    if ours:
        change(store, "UPDATE content SET content_id = 'q1'")
    import_page(store, source, begun, message("4", **{**ANN, **changes}), now=LATER)

    assert is_another(store) is (of_ours if ours else of_theirs)


def test_a_thread_of_which_only_the_title_is_read_by_now_is_the_same(
    store: Store, source: Source, begun: Begun
) -> None:
    """IM8: what a partner does not tell says nothing."""
    import_page(store, source, begun, message("4", **ANN), object_name="threads")
    accepted = decide(store, source, begun.lease, object_name="threads")
    titled = replace(accepted, updated=(Content(object="threads", id="4", title="T"),))
    store.save_page(begun.lease, titled, LATER, ())

    assert not is_another(store)


def test_an_id_may_be_given_again_and_again(store: Store, source: Source, begun: Begun) -> None:
    for n in range(3):
        import_page(store, source, begun, message("4", created_at=f"2024-02-0{n + 1}T00:00:00Z", body=f"{n}"))
        assert known(store, begun).incarnation == n
        delete(store, begun)


def test_the_contents_of_other_objects_and_sources_keep_their_own_count(
    store: Store, source: Source, neighbour: Source, begun: Begun
) -> None:
    other = store.begin_cycle(neighbour, "me", NOON)
    for its, its_begun in ((source, begun), (neighbour, other)):
        for name in ("messages", "threads"):
            import_page(store, its, its_begun, message("4", **ANN), object_name=name)
    delete(store, begun)
    import_page(store, source, begun, message("4", author=user("bob")), now=LATER)

    assert known(store, begun).incarnation == 1
    assert [row["incarnation"] for row in rows(store, "content")] == [1, 0, 0, 0]


# What a create's answer names (PU4)


def settled(meant: Meant, entry_id: str = "q2") -> Settled:
    return Settled(entry=creation(entry_id, status=Status.SUCCESS), meant=meant)


MADE = Content(object="messages", id="4", author_id="agent", body="Hello", created_at=NEW)


def test_a_content_that_was_created_under_the_id_of_a_deleted_one_takes_its_place(
    store: Store, source: Source, begun: Begun
) -> None:
    import_page(store, source, begun, message("4", title="T", language="fr", **ANN))
    change(store, "UPDATE content SET content_id = 'q1'")
    delete(store, begun)
    [before] = rows(store, "content")
    store.settle(begun.lease, settled(Meant.CREATED_AGAIN), LATER, created=MADE)

    [row] = rows(store, "content")
    assert row == dict.fromkeys(row) | {
        **{name: before[name] for name in ("id", "source_id", "object", "foreign_id")},
        "author_id": "agent",
        "body": "Hello",
        "created_at": NEW,
        "actions": "[]",
        "content_id": "q2",
        "incarnation": 1,
        "imported_at": stamp(LATER),
        "changed_at": stamp(LATER),
    }


def test_a_content_whose_id_may_be_that_of_another_one_is_nobodys(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("4", **ANN), message("5", **ANN))
    change(store, "UPDATE content SET content_id = 'q1'")
    before = {row["foreign_id"]: row for row in rows(store, "content")}
    store.settle(begun.lease, settled(Meant.UNSURE), LATER, created=MADE)

    doubted = {"content_id": None, "incarnation": 1, "imported_at": stamp(LATER)}
    assert {row["foreign_id"]: row for row in rows(store, "content")} == {**before, "4": {**before["4"], **doubted}}
    assert [(row["since_id"], row["checked_at"]) for row in rows(store, "cursor")] == [("4", None)]  # LS11


def test_a_content_of_somebody_else_stays_as_it_is(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("4", **ANN))
    before = rows(store, "content")
    store.settle(begun.lease, settled(Meant.ANOTHER), LATER, created=MADE)

    assert rows(store, "content") == before


def test_what_an_operations_answer_shows_may_be_another_content(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("4", **ANN))
    done = settle_success(OutboxEntry(id="p", object="messages", operation="publish", queued_at=NOON))
    other = page(message("4", author=user("bob"), created_at=NEW, body="new"))

    assert store.settle_shown(begun.lease, done, page(message("4", **ANN)), LATER) == (done, known(store, begun))
    assert known(store, begun).incarnation == 0
    assert store.settle_shown(begun.lease, done, other, LATER) == (done, known(store, begun))
    assert known(store, begun).incarnation == 1


# What refers to a content by its id


def shown(store: Store, source: Source, foreign_id: str) -> tuple[object, object, object]:
    (record,) = [it for it in store.content(source, foreign_id) if it["object"] == "messages"]
    return record["thread_id"], record["thread_title"], record["in_reply_to_id"]


def test_what_was_known_before_refers_to_what_had_the_id_then(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("t", title="Old", **ANN), object_name="threads")
    import_page(store, source, begun, message("5", in_reply_to_id="4"), message("4", **ANN))
    assert shown(store, source, "5") == ("t", "Old", "4")

    delete(store, begun)
    delete(store, begun, "t", "threads")
    again: dict[str, Any] = {"created_at": NEW}
    import_page(store, source, begun, message("t", title="New", **again), object_name="threads", now=LATER)
    import_page(store, source, begun, message("6", in_reply_to_id="4"), message("4", **again), now=LATER)

    assert shown(store, source, "5") == (None, None, None)
    assert shown(store, source, "6") == ("t", "New", "4")
    assert [it["id"] for it in store.contents(source, "messages", thread_id="t")] == ["6", "4"]
    assert [it["id"] for it in store.contents(source, "messages", in_reply_to_id="4")] == ["6"]


def test_a_content_comes_in_the_order_of_its_own_import(store: Store, source: Source, begun: Begun) -> None:
    """Where there are no dates: not in that of the one that had its id before."""
    import_page(store, source, begun, message("5"), message("4"))
    delete(store, begun)
    import_page(store, source, begun, message("4", author=user("bob")), now=LATER)

    assert [it["id"] for it in store.contents(source, "messages")] == ["5", "4"]


def test_only_what_acts_on_this_very_content_is_pending_on_it(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("4", **ANN))
    for entry_id, incarnation in (("old", 0), ("new", 1), ("any", None)):
        target = Ref("messages", foreign_id="4", incarnation=incarnation)
        store.queue(source, creation(entry_id, operation="publish", target=target))
    store.queue(source, creation("thread", object="threads", operation="publish", target=Ref("threads", "4")))

    assert [it["id"] for it in store.entries(source, on=known(store, begun))] == ["old", "any"]


def test_an_entry_tells_since_when_its_id_is_anothers(store: Store, source: Source, begun: Begun) -> None:
    for entry_id in ("q1", "q2"):
        store.queue(source, creation(entry_id))
    store.settle(
        begun.lease,
        Settled(entry=creation("q1", status=Status.SUCCESS, foreign_id="4")),
        NOON,
        created=Content(object="messages", id="4", author_id="ann", created_at=OLD),
    )
    assert [it["foreign_id_lost_at"] for it in store.entries(source)] == [None, None]
    delete(store, begun)
    assert [it["foreign_id_lost_at"] for it in store.entries(source)] == [None, None]
    import_page(store, source, begun, message("4", author=user("bob")), now=LATER)
    assert [it["foreign_id_lost_at"] for it in store.entries(source)] == [stamp(LATER), None]


def test_a_thread_that_was_deleted_is_looked_up_once_a_message_names_it_again(
    store: Store, source: Source, begun: Begun
) -> None:
    """LS9."""
    import_page(store, source, begun, message("t", **ANN), object_name="threads")
    delete(store, begun, "t", "threads")
    import_page(store, source, begun, message("5"), now=LATER)
    assert store.threads_to_look_up(begun.lease, 100) == ["t"]

    store.save_lookup(begun.lease, "t", page(message("t", created_at=NEW), object_name="threads"), LATER, [])
    assert store.threads_to_look_up(begun.lease, 100) == []
    assert known(store, begun, "t", "threads").incarnation == 1
