import time
from datetime import UTC, datetime

import pytest

from crawler.reference import Forum, seeded
from tests.unit.reference.small_platform import call, fixed_clock, listed, partner


def test_seeded_forum_has_three_threads_eight_messages_and_two_private_ones() -> None:
    it = partner()
    assert listed(it, "threads") == ["3", "2", "1"]
    assert listed(it) == ["11", "10", "9", "8", "7", "6", "5", "4"]
    assert listed(it, "private_messages") == ["13", "12"]


def test_seeded_forum_says_a_little_of_everything() -> None:
    messages = call(partner(), "messages.list")
    assert {message["format"] for message in messages} == {"html", "text"}
    assert any("attachments" in message for message in messages)
    assert any("in_reply_to_id" in message for message in messages)
    assert any("👋" in message["body"] for message in messages)


def test_seeded_messages_come_in_the_order_of_their_dates() -> None:
    for object_name in ("threads", "messages", "private_messages"):
        dates = [content["created_at"] for content in call(partner(), f"{object_name}.list")]
        assert dates == sorted(dates, reverse=True)


def test_every_reply_refers_to_what_is_there() -> None:
    forum = seeded(fixed_clock)
    for content in forum.contents.values():
        assert not content.in_reply_to_id or forum.find(content.object_name, content.in_reply_to_id)
        assert not content.thread_id or forum.find("threads", content.thread_id)


def test_ids_come_from_one_counter() -> None:
    forum = Forum(fixed_clock)
    assert [forum.add_thread("agent", "T").id, forum.add_message("agent", "1", "M").id] == ["1", "2"]


def test_unknown_users_and_contents_are_named() -> None:
    forum = Forum(fixed_clock)
    with pytest.raises(LookupError, match="nobody"):
        forum.add_message("nobody", "", "Hello")
    with pytest.raises(LookupError, match="nobody"):
        forum.add_private_message("agent", "nobody", "Hello")
    with pytest.raises(LookupError, match="99"):
        forum.edit("99", body="Hello")
    forum.remove(forum.add_message("agent", "", "Hello").id)
    with pytest.raises(LookupError, match="1"):
        forum.remove("1")


def test_edit_stamps_the_time() -> None:
    times = iter(datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 30))
    forum = Forum(lambda: next(times))
    message = forum.add_message("agent", "", "Hello")
    edited = forum.edit(message.id, body="Hello!")
    assert edited.updated_at > message.updated_at
    assert edited.created_at == message.created_at


def test_a_user_who_is_edited_is_seen_everywhere() -> None:
    it = partner()
    it.forum.edit_user("42", screenname="Élo")
    assert call(it, "messages.show", id="7")["author"]["screenname"] == "Élo"
    assert call(it, "private_messages.show", id="13")["recipient"]["screenname"] == "Élo"


def test_a_forum_is_filled_cheaply() -> None:
    forum = Forum(fixed_clock)
    began = time.perf_counter()
    forum.fill(threads=10, messages=10_000, private_messages=5)
    assert time.perf_counter() - began < 2
    assert [len(forum.standing(it)) for it in ("threads", "messages", "private_messages")] == [10, 10_000, 5]
    assert {message.thread_id for message in forum.standing("messages")} == {str(number) for number in range(1, 11)}
    forum.fill(messages=1)
    assert len(forum.standing("messages")) == 10_001


def test_a_forum_without_threads_is_filled_with_messages() -> None:
    forum = Forum(fixed_clock)
    forum.fill(messages=1)
    assert forum.contents["1"].thread_id == ""
