from typing import Any

import pytest

from crawler.reference import DEFAULT, DESTROYING, MESSAGING, TITLES_ONLY, UNTHREADED
from tests.unit.reference.small_platform import ask, call, listed, partner

DRAFT = {
    "author_id": "agent",
    "body": "<p>Oui, à bientôt 👋</p>",
    "content_id": "c1",
    "created_at": "2024-03-01T11:00:00Z",
    "format": "html",
    "in_reply_to_id": "7",
    "retry": False,
    "sender_name": "Zoé",
    "thread_id": "2",
    "updated_at": "2024-03-01T11:00:00Z",
}
PRIVATE = {"author_id": "agent", "body": "Bonjour", "content_id": "c2", "format": "text", "recipient_id": "42"}
THREAD = {"author_id": "agent", "body": "<p>New!</p>", "content_id": "c3", "format": "html", "title": "News"}


# implementation.info


def test_info_declares_objects_options_and_labels_in_two_languages() -> None:
    info = call(partner(), "implementation.info")
    assert list(info) == ["objects", "options", "locales"]
    assert "reply" in info["objects"]["messages"]
    assert info["locales"]["default"]["escalate"] == "Escalate to a manager"
    assert info["locales"]["fr"]["mark_as_solved"] == "Marquer comme résolu"


def test_capabilities_change_at_run_time() -> None:
    it = partner()
    it.capabilities = DEFAULT.without("messages.delete").declaring("private_messages")
    info = call(it, "implementation.info")
    assert "delete" not in info["objects"]["messages"]
    assert "private_messages" not in info["objects"]
    assert ask(it, "messages.delete", id="5").status_code == 400
    assert ask(it, "private_messages.list").status_code == 400
    assert "delete" not in call(it, "messages.show", id="5")["actions"]


def test_an_object_that_nobody_knows_may_be_declared_and_is_not_served() -> None:
    it = partner(capabilities=DEFAULT.declaring("polls", "list"))
    assert "unknown object" in ask(it, "polls.list").text


# shows


def test_message_is_shown_with_all_its_fields() -> None:
    shown = call(partner(), "messages.show", id="7")
    assert list(shown) == [
        "id",
        "actions",
        "attachments",
        "author",
        "body",
        "categories",
        "context_data",
        "created_at",
        "display_url",
        "format",
        "in_reply_to_id",
        "language",
        "thread_id",
        "updated_at",
    ]
    assert shown["author"]["id"] == "42"
    assert list(shown["author"]) == [
        "id",
        "screenname",
        "firstname",
        "lastname",
        "email",
        "gender",
        "avatar_url",
        "puppetizable",
        "created_at",
        "updated_at",
    ]
    assert shown["created_at"] == "2024-02-28T17:00:00Z"


def test_list_shows_what_show_shows() -> None:
    it = partner()
    assert call(it, "messages.list")[4] == call(it, "messages.show", id="7")


def test_private_messages_have_a_recipient_and_no_thread() -> None:
    shown = call(partner(), "private_messages.show", id="13")
    assert shown["recipient"]["id"] == "42"
    assert shown["in_reply_to_id"] == "12"
    assert "thread_id" not in shown


def test_only_the_agent_is_puppetizable() -> None:
    it = partner()
    assert [user.id for user in it.forum.users.values() if user.puppetizable] == ["agent"]


@pytest.mark.parametrize("params", [{}, {"id": "99"}, {"id": "1"}, {"id": 7}, {"id": None}, {"id": ["7"]}])
def test_show_of_an_unknown_id_is_404(params: dict[str, Any]) -> None:
    response = ask(partner(), "messages.show", **params)
    assert response.status_code == 404
    assert "messages" in response.text


def test_actions_name_instance_operations_and_reply_only() -> None:
    it = partner()
    assert call(it, "messages.show", id="7")["actions"] == [
        "reply",
        "delete",
        "unpublish",
        "mark_as_solved",
        "escalate",
    ]
    it.capabilities = it.capabilities.without("messages.reply")
    assert "reply" not in call(it, "messages.show", id="7")["actions"]


def test_a_content_may_allow_less_than_is_declared() -> None:
    it = partner()
    it.forum.edit("7", allowed=frozenset({"reply"}))
    assert call(it, "messages.show", id="7")["actions"] == ["reply"]
    assert ask(it, "messages.delete", id="7").status_code == 400


# options


def test_unthreaded_has_no_threads_whatever_it_declares() -> None:
    for capabilities in (UNTHREADED, DEFAULT.with_options("messages.unthreaded")):
        it = partner(capabilities=capabilities)
        assert ask(it, "threads.list").status_code == 400
        assert all("thread_id" not in shown for shown in call(it, "messages.list"))
        assert "thread_id" not in call(it, "messages.create", **{**DRAFT, "thread_id": "99"})


def test_titles_only_shows_id_and_title_and_takes_nothing() -> None:
    it = partner(capabilities=DEFAULT.with_options("threads.no_content"))
    assert call(it, "threads.show", id="1") == {"id": "1", "title": "Which size?"}
    assert call(it, "threads.list")[0] == {"id": "3", "title": "Open on Sundays?"}
    assert ask(it, "threads.create", **THREAD).status_code == 400
    assert ask(it, "threads.delete", id="1").status_code == 400
    assert TITLES_ONLY.objects["threads"] == ("list", "show")


def test_destroy_is_delete_by_another_name() -> None:
    it = partner(capabilities=DESTROYING)
    assert "destroy" in call(it, "messages.show", id="7")["actions"]
    assert ask(it, "messages.delete", id="7").status_code == 400
    assert call(it, "messages.destroy", id="7")["id"] == "7"
    assert it.forum.contents["7"].removed


def test_queuing_update_only_with_the_option() -> None:
    it = partner()
    params = {"estimated_wait_time": 60, "position": 3, "thread_id": "1", "in_reply_to_id": "4"}
    assert ask(it, "messaging.queuing_update", **params).status_code == 400
    it.capabilities = it.capabilities.with_options("messaging.queuing_update")
    assert call(it, "messaging.queuing_update", **params) == {}
    assert it.forum.ledger[-1].params == params


# creates


def test_a_message_is_created_and_shown_whole() -> None:
    it = partner()
    attachment = {"url": "https://it.example/a.mp4", "type": "video", "filename": "a.mp4"}
    shown = call(it, "messages.create", attachments=[attachment], **DRAFT)
    assert shown["id"] == "14"
    assert shown["author"]["id"] == "agent"
    assert shown["attachments"] == [{"url": "https://it.example/a.mp4", "filename": "a.mp4", "type": "video"}]
    for name in ("body", "created_at", "format", "in_reply_to_id", "thread_id", "updated_at"):
        assert shown[name] == DRAFT[name]
    assert listed(it)[0] == "14"


def test_private_messages_and_threads_are_created() -> None:
    it = partner()
    assert call(it, "private_messages.create", **PRIVATE)["recipient"]["id"] == "42"
    assert call(it, "threads.create", **THREAD)["title"] == "News"
    assert (listed(it, "private_messages")[0], listed(it, "threads")[0]) == ("14", "15")


def test_a_title_that_is_null_is_none() -> None:
    shown = call(partner(), "messages.create", **{**DRAFT, "title": None})
    assert "title" not in shown


def test_a_repeat_creates_nothing_and_answers_the_same() -> None:
    it = partner()
    first = call(it, "messages.create", **DRAFT)
    assert call(it, "messages.create", **{**DRAFT, "retry": True}) == first
    assert listed(it)[:2] == ["14", "11"]
    assert [entry.params["retry"] for entry in it.forum.ledger.of("messages.create")] == [False, True]


def test_a_repeat_after_the_content_was_removed_creates_nothing() -> None:
    it = partner()
    call(it, "messages.create", **DRAFT)
    it.forum.remove("14")
    shown = call(it, "messages.create", **DRAFT)
    assert shown["id"] == "14"
    assert "actions" not in shown
    assert listed(it)[0] == "11"


def test_the_same_content_id_for_another_object_is_another_content() -> None:
    it = partner()
    call(it, "messages.create", **DRAFT)
    assert call(it, "threads.create", **{**THREAD, "content_id": "c1"})["id"] == "15"


def test_dates_default_to_the_clock() -> None:
    draft = {name: value for name, value in DRAFT.items() if name not in ("created_at", "updated_at")}
    assert call(partner(), "messages.create", **draft)["created_at"] == "2024-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"author_id": None}, "'author_id' is missing"),
        ({"author_id": "nobody"}, "'author_id' names no user"),
        ({"author_id": "42"}, "not puppetizable"),
        ({"author_id": 42}, "'author_id' is not a string"),
        ({"body": ""}, "both missing"),
        ({"body": "x" * 20_001}, "longer than 20000"),
        ({"thread_id": None}, "'thread_id' is missing"),
        ({"thread_id": "4"}, "'thread_id' names nothing among our threads"),
        ({"in_reply_to_id": "99"}, "'in_reply_to_id' names nothing"),
        ({"format": "markdown"}, "'format' is markdown"),
        ({"attachments": [{}]}, "'attachments' is not a list"),
        ({"attachments": {"url": ""}}, "'attachments' is not a list"),
        ({"created_at": "yesterday"}, "'created_at' is not a date"),
        ({"created_at": "2024-03-01T11:00:00"}, "names no time zone"),
    ],
)
def test_a_draft_that_no_platform_sends_is_refused(change: dict[str, Any], words: str) -> None:
    it = partner()
    response = ask(it, "messages.create", **{**DRAFT, **change})
    assert response.status_code == 400
    assert words in response.text
    assert "14" not in it.forum.contents


def test_formats_and_attachments_need_their_options() -> None:
    it = partner()
    assert "not declare" in ask(it, "private_messages.create", **{**PRIVATE, "format": "html"}).text
    attachments = [{"url": "https://it.example/a"}]
    assert "not declare" in ask(it, "private_messages.create", attachments=attachments, **PRIVATE).text
    assert "recipient_id" in ask(it, "private_messages.create", **{**PRIVATE, "recipient_id": "9"}).text


SELECT = {"type": "select", "items": [{"title": "S"}]}


@pytest.mark.parametrize(
    "value",
    [
        SELECT,
        {"type": "rich_link", "url": "shirts://42", "title": "The shirt"},
        {"type": "template", "title": "The shirt"},
        {"type": "carousel", "items": [{"title": "The shirt"}]},
    ],
)
def test_structured_content_is_taken_without_a_body_and_allows_few_operations(value: object) -> None:
    it = partner(capabilities=MESSAGING)
    shown = call(it, "messages.create", **{**DRAFT, "body": None, "format": "text", "structured_content": value})
    assert shown["structured_content"] == value
    assert shown["actions"] == ["reply", "delete", "unpublish"]
    refused = ask(it, "messages.escalate", id=shown["id"], user_id="agent")
    assert (refused.status_code, refused.text) == (400, f"messages {shown['id']} does not allow escalate")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["S", "M"], "has no type that we know"),
        ({"items": [1]}, "has no type that we know"),
        ({**SELECT, "type": ["select"]}, "has no type that we know"),
        ({"type": "select", "items": []}, "has no items"),
        ({"type": "rich_link"}, "has no url and no title"),
    ],
)
def test_structured_content_that_is_none_is_refused(value: object, words: str) -> None:
    it = partner(capabilities=MESSAGING)
    assert words in ask(it, "messages.create", **{**DRAFT, "format": "text", "structured_content": value}).text


def test_structured_content_is_for_messages_of_a_messenger() -> None:
    draft = {**DRAFT, "structured_content": SELECT}
    assert ask(partner(), "messages.create", **draft).text == "'structured_content' is not for messages here"
    it = partner(capabilities=MESSAGING)
    thread = {**THREAD, "format": "text", "structured_content": SELECT}
    assert ask(it, "threads.create", **thread).text == "'structured_content' is not for threads here"


def test_replying_to_what_was_removed_is_refused() -> None:
    it = partner()
    it.forum.remove("7")
    assert ask(it, "messages.create", **DRAFT).status_code == 400


# instance operations


def test_delete_shows_the_content_for_the_last_time() -> None:
    it = partner()
    assert call(it, "messages.delete", id="7")["body"].startswith("<p>Voilà")
    assert ask(it, "messages.show", id="7").status_code == 404
    assert "7" not in listed(it)


def test_delete_is_repeated_without_harm() -> None:
    it = partner()
    assert call(it, "messages.delete", id="7") == call(it, "messages.delete", id="7")
    assert ask(it, "messages.delete", id="99").status_code == 404


def test_unpublish_and_publish_take_turns() -> None:
    it = partner()
    assert "publish" in call(it, "messages.unpublish", id="7")["actions"]
    assert listed(it)[0] == "7"
    assert "unpublish" in call(it, "messages.publish", id="7")["actions"]
    before = listed(it)
    call(it, "messages.publish", id="4")
    assert listed(it) == before


def test_a_custom_operation_is_done_once_by_the_user_it_names() -> None:
    it = partner()
    shown = call(it, "messages.mark_as_solved", id="7", user_id="agent")
    assert shown["context_data"] == {"order": "A-1042", "mark-as-solved": "agent"}
    assert "mark_as_solved" not in shown["actions"]
    assert call(it, "messages.mark_as_solved", id="7", user_id="agent") == shown
    assert listed(it)[0] == "7"


@pytest.mark.parametrize("params", [{}, {"user_id": "nobody"}])
def test_a_custom_operation_needs_a_user(params: dict[str, str]) -> None:
    assert ask(partner(), "messages.escalate", id="7", **params).status_code == 400


def test_operations_on_what_was_removed_change_nothing() -> None:
    it = partner()
    it.forum.remove("7")
    call(it, "messages.unpublish", id="7")
    call(it, "messages.escalate", id="7", user_id="agent")
    assert it.forum.contents["7"].published
    assert not it.forum.contents["7"].done
