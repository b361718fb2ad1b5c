"""Storing what partners show (LS6, LS9, LS10, OB)."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crawler.errors import DatabaseUnavailable
from crawler.store import Begun, Store
from crawler.sync.exports import settle_success
from crawler.sync.pages import Listing, accept_page
from crawler.sync.source import Source
from crawler.sync.state import Cursor, OutboxEntry, Ref
from tests.database import reading
from tests.unit.store.writing import (
    NOON,
    broken_exchange,
    decide,
    end,
    everything,
    exchange,
    import_page,
    message,
    page,
    rows,
    user,
)

LATER = NOON + timedelta(hours=1)


def delete(store: Store, begun: Begun, foreign_id: str, object_name: str = "messages") -> None:
    """Settle a deletion, as a cycle does."""
    target = Ref(object_name, foreign_id=foreign_id)
    entry = OutboxEntry(id=f"d{foreign_id}", object=object_name, operation="delete", queued_at=NOON, target=target)
    store.settle(begun.lease, settle_success(entry), LATER, deleted=foreign_id)


def test_a_page_is_stored_with_its_cursor_identities_and_exchanges(store: Store, source: Source, begun: Begun) -> None:
    contents = [message("2", in_reply_to_id="1", author=user("bob")), message("1", title="Hi", language="fr")]
    import_page(store, source, begun, *contents, exchanges=[exchange("implementation.info"), exchange()])

    newer, older = rows(store, "content")
    assert (newer["foreign_id"], newer["author_id"], newer["in_reply_to_id"]) == ("2", "bob", "1")
    assert (older["title"], older["language"], older["body"]) == ("Hi", "fr", "<p>1</p>")
    assert (older["imported_at"], older["changed_at"], older["deleted_at"]) == ("2024-03-01T12:00:00.000Z",) * 2 + (
        None,
    )
    assert sorted(row["screenname"] for row in rows(store, "identity")) == ["Ann", "Bob"]
    assert [(row["object"], row["since_id"]) for row in rows(store, "cursor")] == [("messages", "2")]
    assert [row["action"] for row in rows(store, "exchange")] == ["implementation.info", "messages.list"]


def test_an_exchange_is_stored_byte_for_byte(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("1"), exchanges=[exchange(error="what a pity", verdict="wrong")])
    import_page(store, source, begun, message("2"), exchanges=[exchange(answer=None, verdict="none")])

    whole, cut_off = rows(store, "exchange")
    assert (whole["request"], whole["response"], whole["status"]) == (b"\x00{}", b"\xff[]", 200)
    assert (whole["headers"], whole["verdict"], whole["error"]) == ('{"x-odd": "\\u00e9"}', "wrong", "what a pity")
    assert (cut_off["response"], cut_off["status"], cut_off["headers"]) == (None, None, None)


def test_a_page_that_cannot_be_stored_leaves_nothing(store: Store, source: Source, begun: Begun) -> None:
    """What fails is its very last statement: contents, identities, look-ups and the cursor go with it (LS6)."""
    import_page(store, source, begun, message("1"))
    before = everything(store)

    with pytest.raises(DatabaseUnavailable, match=r"(?i)not.null"):
        import_page(
            store, source, begun, message("2", thread_id="new", author=user("bob")), exchanges=[broken_exchange()]
        )

    assert everything(store) == before


def test_a_looked_up_thread_that_cannot_be_stored_leaves_nothing(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("1"))
    before = everything(store)
    thread = page(message("t"), object_name="threads")

    with pytest.raises(DatabaseUnavailable, match=r"(?i)not.null"):
        store.save_lookup(begun.lease, "t", thread, NOON, [broken_exchange()])

    assert everything(store) == before


def test_what_is_stored_is_looked_up(store: Store, source: Source, neighbour: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("1"), message("2", author=user("bob")))
    listed = page(message("1", in_reply_to_id="2"), message("3", in_reply_to_id="9"))

    stored = store.look_up(begun.lease, "messages", listed)
    [read] = page(message("1")).contents
    assert stored.contents == {"1": read}
    assert set(stored.users) == {"ann"}
    assert (set(stored.replied_to), set(stored.threads)) == ({"2"}, set())
    assert store.look_up(begun.lease, "threads", listed).contents == {}
    other = store.begin_cycle(neighbour, "me", NOON)
    assert not store.look_up(other.lease, "messages", listed).contents


def test_a_reply_is_looked_for_among_the_contents_of_its_own_object(store: Store, source: Source, begun: Begun) -> None:
    """OB8: and among the threads where it may be to its own thread's opening."""
    for name, ids in (("threads", "15 16 17"), ("messages", "17 18"), ("private_messages", "19")):
        for foreign_id in ids.split():
            private = {"recipient": user("bob")} if name == "private_messages" else {}
            import_page(store, source, begun, message(foreign_id, **private), object_name=name)
    listed = page(
        message("a", thread_id="15", in_reply_to_id="15"),
        message("b", thread_id="15", in_reply_to_id="16"),
        message("c", thread_id="17", in_reply_to_id="17"),
        message("d", in_reply_to_id="18"),
        message("e", in_reply_to_id="19"),
        message("f", thread_id="gone", in_reply_to_id="gone"),
    )

    stored = store.look_up(begun.lease, "messages", listed)
    assert (set(stored.replied_to), set(stored.threads)) == ({"17", "18"}, {"15", "17"})
    told = accept_page(source, Listing.begin(Cursor(object="messages")), listed, stored, NOON).remarks
    assert [ids for remark, ids in told.examples.items() if remark.rule == "OB8"] == [["b", "e", "f"]]


def test_a_content_that_changed_is_updated_in_place(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("1", title="Old", actions=["delete"]))
    accepted = import_page(store, source, begun, message("1", body="<p>new</p>"), now=LATER)

    [row] = rows(store, "content")
    assert (len(accepted.updated), row["body"], row["title"], row["actions"]) == (1, "<p>new</p>", None, "[]")
    assert (row["imported_at"], row["changed_at"]) == ("2024-03-01T12:00:00.000Z", "2024-03-01T13:00:00.000Z")


def test_one_id_may_name_a_content_of_each_object_and_source(
    store: Store, source: Source, neighbour: Source, begun: Begun
) -> None:
    import_page(store, source, begun, message("1"))
    import_page(store, source, begun, message("1"), object_name="threads")
    import_page(store, neighbour, store.begin_cycle(neighbour, "me", NOON), message("1"))

    assert [(row["source_id"], row["object"]) for row in rows(store, "content")] == [
        (1, "messages"),
        (1, "threads"),
        (2, "messages"),
    ]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ([...], False),
        ([True, ...], True),
        ([True, None], True),
        ([True, ..., False], False),
        ([True, False, ...], False),
        ([..., True, ...], True),
        ([False, ..., True], True),
    ],
)
@pytest.mark.parametrize("way", ["page", "lookup", "operation"])
def test_an_identity_is_puppetizable_until_something_else_is_said(
    store: Store, source: Source, begun: Begun, *, told: list[object], kept: bool, way: str
) -> None:
    """OB4: whatever else changes, and by whatever answer it is shown."""
    target = Ref("messages", foreign_id="1")
    entry = OutboxEntry(id="o1", object="messages", operation="spam", queued_at=NOON, target=target)
    for number, said in enumerate(told):
        author = user(screenname=f"Ann {number}") | ({} if said is ... else {"puppetizable": said})
        shown = message(str(number), author=author)
        if number == 0 or way == "page":
            import_page(store, source, begun, shown)
        elif way == "lookup":
            store.save_lookup(begun.lease, "t", page(shown, object_name="threads"), NOON, [])
        else:
            store.settle(begun.lease, settle_success(entry), NOON, shown=page(shown))

    [row] = rows(store, "identity")
    assert (bool(row["puppetizable"]), row["screenname"]) == (kept, f"Ann {len(told) - 1}")
    assert store.puppetizable(source) == (["ann"] if kept else [])


def test_an_identity_of_which_nothing_new_is_said_is_not_stored_again(
    store: Store, source: Source, begun: Begun
) -> None:
    """OB4, LS5: the page is recognised by its mark the next time."""
    import_page(store, source, begun, message("1", author=user(puppetizable=True)))
    assert import_page(store, source, begun, message("2")).users == ()
    assert [it.id for it in import_page(store, source, begun, message("3", author=user(puppetizable=False))).users] == [
        "ann"
    ]


def test_an_identity_is_updated_but_stays_as_old_as_it_was_first_said_to_be(
    store: Store, source: Source, begun: Begun
) -> None:
    """Some partners send another `created_at` with each message (OB11)."""
    for number, created_at in enumerate([None, "2019-01-01T00:00:00Z", "2024-02-02T00:00:00Z"]):
        author = user(screenname=f"Ann {number}", created_at=created_at)
        import_page(store, source, begun, message(str(number), author=author))

    [row] = rows(store, "identity")
    assert (row["screenname"], row["created_at"]) == ("Ann 2", "2019-01-01T00:00:00Z")


def test_a_date_alone_does_not_change_an_identity(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("1"))
    accepted = decide(store, source, begun.lease, message("1", author=user(created_at="2019-01-01T00:00:00Z")))

    assert not accepted.changes


def test_a_deleted_content_stays_until_it_is_listed_again(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("2"), message("1"))
    delete(store, begun, "1")
    assert [row["deleted_at"] for row in rows(store, "content")] == [None, "2024-03-01T13:00:00.000Z"]

    accepted = import_page(store, source, begun, message("2"), message("1"), now=LATER)
    assert [content.id for content in accepted.updated] == ["1"]
    assert [row["deleted_at"] for row in rows(store, "content")] == [None, None]


def test_a_deletion_concerns_one_content(store: Store, source: Source, neighbour: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("1"))
    import_page(store, source, begun, message("1"), object_name="threads")
    import_page(store, neighbour, store.begin_cycle(neighbour, "me", NOON), message("1"))
    delete(store, begun, "1")

    assert [bool(row["deleted_at"]) for row in rows(store, "content")] == [True, False, False]


@pytest.mark.parametrize(
    ("deleted", "object_name", "unchecked", "trail"),
    [
        ("2", "messages", True, '["1", "0"]'),
        ("1", "messages", False, '["0"]'),
        ("3", "messages", False, '["1", "0"]'),
        ("2", "threads", False, '["1", "0"]'),
    ],
)
def test_a_cursor_whose_content_we_deleted_is_to_be_checked(
    store: Store, source: Source, begun: Begun, *, deleted: str, object_name: str, unchecked: bool, trail: str
) -> None:
    cursor = Cursor(object="messages", since_id="2", trail=("1", "0"), checked_at=NOON)
    store.save_page(begun.lease, replace(decide(store, source, begun.lease, message("2")), cursor=cursor), NOON, ())
    [before] = rows(store, "cursor")
    delete(store, begun, deleted, object_name)

    [row] = rows(store, "cursor")
    checked_at = None if unchecked else before["checked_at"]
    assert row == {**before, "trail": trail, "checked_at": checked_at, "moved_at": row["moved_at"]}


# Threads that messages name and nobody knows (LS9)


def test_unknown_threads_are_noted_once_each(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("k", body="known"), object_name="threads")
    import_page(store, source, begun, *(message(str(n), thread_id=name) for n, name in enumerate("bakab")))
    import_page(store, source, begun, message("9", thread_id="a"))

    assert store.threads_to_look_up(begun.lease, 100) == ["a", "b"]
    assert store.threads_to_look_up(begun.lease, 1) == ["a"]


def test_a_thread_is_asked_for_once_whatever_comes_of_it(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("1", thread_id="a"), message("2", thread_id="b"))
    store.save_lookup(begun.lease, "a", page(message("a"), object_name="threads"), NOON, [exchange("threads.show")])
    store.save_lookup(begun.lease, "b", None, NOON, [exchange("threads.show")])
    import_page(store, source, begun, message("3", thread_id="a"), message("4", thread_id="b"))

    assert store.threads_to_look_up(begun.lease, 100) == []
    assert [row["foreign_id"] for row in rows(store, "content") if row["object"] == "threads"] == ["a"]
    assert len(rows(store, "exchange")) == 2


def test_a_thread_that_is_listed_need_not_be_looked_up(store: Store, source: Source, begun: Begun) -> None:
    import_page(store, source, begun, message("1", thread_id="a"))
    import_page(store, source, begun, message("a"), object_name="threads")

    assert store.threads_to_look_up(begun.lease, 100) == []


def test_sources_look_up_their_own_threads(store: Store, source: Source, neighbour: Source, begun: Begun) -> None:
    other = store.begin_cycle(neighbour, "me", NOON)
    import_page(store, neighbour, other, message("1", thread_id="a"))

    assert store.threads_to_look_up(begun.lease, 100) == []
    assert store.threads_to_look_up(other.lease, 100) == ["a"]


# Sizes and spellings


@pytest.mark.slow
def test_a_page_may_have_more_contents_than_a_statement_has_parameters(
    store: Store, source: Source, begun: Begun
) -> None:
    with reading(store) as session:
        connection: Any = session.connection().connection.driver_connection
        if isinstance(connection, sqlite3.Connection):  # its own limit, which some builds raise
            connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
    contents = [message(str(n), author=user(f"u{n}"), thread_id=f"t{n}", in_reply_to_id=f"r{n}") for n in range(40_000)]
    first = import_page(store, source, begun, *contents)
    second = decide(store, source, begun.lease, *contents)

    assert (len(first.new), len(first.users)) == (40_000, 40_000)
    assert (second.unchanged, second.changes) == (40_000, False)
    assert len(store.threads_to_look_up(begun.lease, 50_000)) == 40_000


CURSORS = ["7", "é", "a\0b", "\0", "\ud83d", "half \udc00", '"', '"quoted"', "\\", "null", " ", "[1]", "x" * 1_000]


@pytest.mark.parametrize("since_id", CURSORS, ids=ascii)
def test_any_id_that_a_partner_gave_can_be_a_cursor(store: Store, source: Source, begun: Begun, since_id: str) -> None:
    """Even one that no database takes as text (OB12)."""
    cursor = Cursor(object="messages", since_id=since_id, trail=(since_id, "6"), checked_at=NOON)
    store.save_page(begun.lease, replace(decide(store, source, begun.lease), cursor=cursor), NOON, ())
    end(store, source, begun)

    assert store.begin_cycle(source, "me", NOON).cursors == {"messages": cursor}


def test_a_page_that_changes_a_user_has_the_pages_of_other_objects_read_again(
    store: Store, source: Source, begun: Begun
) -> None:
    accepted = import_page(store, source, begun, message("1"))
    recognised = replace(accepted, users=(), cursor=replace(accepted.cursor, page_mark="m", page_seen="{}"))
    store.save_page(begun.lease, recognised, NOON, ())

    def mark() -> object:
        return next(row["page_mark"] for row in rows(store, "cursor") if row["object"] == "messages")

    import_page(store, source, begun, message("2"), object_name="threads")
    assert mark() == "m"
    import_page(store, source, begun, message("3", author=user(firstname="Ann")), object_name="threads")
    assert mark() is None
