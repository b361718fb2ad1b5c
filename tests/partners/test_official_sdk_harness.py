"""The official SDK as a partner, called by hand: what it takes, what it answers, what it refuses."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from crawler.protocol.signature import HEADER, Secret
from tests.partners.official_sdk import process
from tests.partners.official_sdk.process import OfficialSdk, official_sdk

NEW_MESSAGE = {
    "author_id": "user-agent",
    "body": "On its way",
    "content_id": "content-1",
    "in_reply_to_id": "message-q",
    "retry": False,
    "thread_id": "thread-k",
}


@pytest.fixture(scope="module")
def running() -> Iterator[OfficialSdk]:
    with official_sdk() as partner:
        yield partner


@pytest.fixture
def partner(running: OfficialSdk) -> OfficialSdk:
    running.control.reset()
    return running


def post(partner: OfficialSdk, body: bytes, signature: str | None) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers[HEADER] = signature
    with httpx.Client(trust_env=False) as client:
        return client.post(partner.url, content=body, headers=headers)


def request(action: str, params: dict[str, Any] | None = None, *, ascii_json: bool = True) -> bytes:
    given = {} if action == "implementation.info" else {"params": params or {}}
    body = {"action": action} | given | {"time": "2026-03-01T12:00:00Z"}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=ascii_json).encode()


def call(partner: OfficialSdk, action: str, params: dict[str, Any] | None = None) -> Any:
    """The answer to a well signed request, after a look at its own signature (SG4)."""
    secret = Secret(partner.secret)
    body = request(action, params)
    answer = post(partner, body, secret.sign(body))
    assert answer.status_code == 200, answer.text
    assert secret.verifies(answer.content, answer.headers[HEADER])
    return answer.json()


def pages(partner: OfficialSdk, name: str) -> list[list[str]]:
    """The ids of each page of a list, until an empty one, as LS3 has it."""
    found: list[list[str]] = []
    since: dict[str, Any] = {}
    while page := [content["id"] for content in call(partner, f"{name}.list", since)]:
        found.append(page)
        since = {"since_id": page[0]}
    return found


def test_it_declares_what_it_can(partner: OfficialSdk) -> None:
    info = call(partner, "implementation.info")

    assert info["objects"]["messages"] == ["create", "delete", "list", "mark_as_spam", "show"]
    assert info["locales"]["fr"] == {"mark_as_spam": "Signaler"}


def test_a_new_declaration_counts_at_once(partner: OfficialSdk) -> None:
    partner.control.declare({"objects": {"threads": ["list"]}})

    assert call(partner, "implementation.info") == {"objects": {"threads": ["list"]}}
    assert call(partner, "messages.list")["error"]["fatal"] is True


def test_a_page_holds_the_oldest_after_the_cursor_newest_first(partner: OfficialSdk) -> None:
    assert pages(partner, "threads") == [["thread-b", "thread-k"]]
    assert pages(partner, "messages") == [["message-c", "message-q"], ["message-a", "message-x"], ["message-m"]]
    assert pages(partner, "private_messages") == [["private-d", "private-t"], ["private-z"]]


def test_a_page_is_as_long_as_it_is_told_to_be(partner: OfficialSdk) -> None:
    partner.control.page_size(4)

    assert pages(partner, "messages") == [["message-a", "message-x", "message-c", "message-q"], ["message-m"]]


def test_an_unknown_cursor_starts_over(partner: OfficialSdk) -> None:
    assert [content["id"] for content in call(partner, "messages.list", {"since_id": "gone"})] == [
        "message-c",
        "message-q",
    ]


def test_a_content_that_is_added_is_listed_last(partner: OfficialSdk) -> None:
    partner.control.add("messages", {"id": "message-0", "body": "ñ", "thread_id": "thread-k", "author": {"id": "u"}})

    assert pages(partner, "messages")[-1] == ["message-0", "message-m"]


def test_contents_are_shown_with_their_text_and_actions(partner: OfficialSdk) -> None:
    shown = call(partner, "messages.show", {"id": "message-q"})

    assert shown["body"] == "Elle n'est pas arrivée…"
    assert shown["author"]["screenname"] == "Zoë Müller"
    assert shown["actions"] == ["delete", "mark_as_spam"]
    assert call(partner, "messages.show", {"id": "gone"}) == {}


def test_a_create_is_taken_once_however_often_it_comes(partner: OfficialSdk) -> None:
    first = call(partner, "messages.create", NEW_MESSAGE)
    second = call(partner, "messages.create", NEW_MESSAGE | {"retry": True})

    assert first["id"] == second["id"]
    assert first["author"]["puppetizable"] is True
    assert [content["id"] for content in partner.control.contents("messages")].count(first["id"]) == 1
    assert [params["retry"] for _, params in partner.control.actions()] == [False, True]


def test_a_private_message_and_a_thread_are_taken_too(partner: OfficialSdk) -> None:
    private = call(
        partner,
        "private_messages.create",
        {"author_id": "user-agent", "body": "Hi", "content_id": "content-2", "recipient_id": "user-zoë"},
    )
    thread = call(
        partner, "threads.create", {"author_id": "user-agent", "body": "News", "content_id": "content-3", "title": "N"}
    )

    assert private["recipient"]["screenname"] == "Zoë Müller"
    assert thread["title"] == "N"
    assert partner.control.contents("threads")[-1]["id"] == thread["id"]


def test_the_next_create_is_refused_with_a_resource_error(partner: OfficialSdk) -> None:
    partner.control.refuse_next_create("Zu viele Nachrichten – später")

    refused = call(partner, "messages.create", NEW_MESSAGE)
    taken = call(partner, "messages.create", NEW_MESSAGE | {"retry": True})

    assert refused == {"error": {"fatal": False, "message": "Zu viele Nachrichten – später"}}
    assert taken["body"] == "On its way"


def test_the_next_create_is_refused_for_good(partner: OfficialSdk) -> None:
    partner.control.refuse_next_create("Never", fatal=True)

    assert call(partner, "messages.create", NEW_MESSAGE) == {"error": {"fatal": True, "message": "Never"}}
    assert len(partner.control.contents("messages")) == 5


def test_the_next_create_is_refused_with_an_http_error(partner: OfficialSdk) -> None:
    partner.control.refuse_next_create("We are closed", status=503)
    body = request("messages.create", NEW_MESSAGE)

    answer = post(partner, body, Secret(partner.secret).sign(body))

    assert answer.status_code == 503
    assert HEADER not in answer.headers
    assert "We are closed" in answer.text
    assert len(partner.control.contents("messages")) == 5


def test_the_next_create_is_kept_but_its_answer_is_lost(partner: OfficialSdk) -> None:
    partner.control.refuse_next_create("Lost", status=502, after_storing=True)
    body = request("messages.create", NEW_MESSAGE)

    assert post(partner, body, Secret(partner.secret).sign(body)).status_code == 502
    again = call(partner, "messages.create", NEW_MESSAGE | {"retry": True})

    assert [content["id"] for content in partner.control.contents("messages")][5:] == [again["id"]]


def test_a_delete_takes_away_what_may_be_deleted(partner: OfficialSdk) -> None:
    deleted = call(partner, "messages.delete", {"id": "message-q"})

    assert (deleted["id"], deleted["actions"]) == ("message-q", [])
    assert "message-q" not in [content["id"] for content in partner.control.contents("messages")]
    assert call(partner, "messages.delete", {"id": "message-q"}) == deleted
    assert call(partner, "messages.delete", {"id": "message-m"})["error"]["message"] == "This one stays."
    assert call(partner, "messages.delete", {"id": "gone"})["error"]["fatal"] is True


def test_a_custom_operation_is_done_once(partner: OfficialSdk) -> None:
    params = {"id": "message-q", "user_id": "user-agent"}

    assert call(partner, "messages.mark_as_spam", params)["categories"] == ["mark_as_spam"]
    assert call(partner, "messages.mark_as_spam", params)["error"]["fatal"] is True


def test_the_sdk_refuses_non_ascii_text_and_takes_it_escaped(partner: OfficialSdk) -> None:
    raw = request("messages.create", NEW_MESSAGE | {"body": "déjà vu"}, ascii_json=False)
    answer = post(partner, raw, Secret(partner.secret).sign(raw))
    taken = call(partner, "messages.create", NEW_MESSAGE | {"body": "déjà vu"})

    assert (answer.status_code, answer.text) == (422, "not valid")
    assert taken["body"] == "déjà vu"
    assert [entry["status"] for entry in partner.control.ledger()] == [422, 200]
    assert partner.control.ledger()[0]["body"].encode() == raw


def test_the_sdk_answers_an_unsigned_request_with_an_error_page(partner: OfficialSdk) -> None:
    answer = post(partner, request("implementation.info"), None)

    assert answer.status_code == 500
    assert HEADER not in answer.headers
    assert "Internal Server Error" in answer.text


@pytest.mark.parametrize("wrong", ["", "0" * 128])
def test_the_sdk_refuses_a_wrong_signature(partner: OfficialSdk, wrong: str) -> None:
    answer = post(partner, request("implementation.info"), wrong)

    assert (answer.status_code, answer.text) == (422, "not valid")
    assert partner.control.actions() == []


def test_an_unknown_order_is_refused(partner: OfficialSdk) -> None:
    with httpx.Client(trust_env=False) as client:
        assert client.post(f"{partner.url}control", json={"do": "dance"}).status_code == 400


def test_the_process_ends_with_its_block_whatever_happens_in_it() -> None:
    with pytest.raises(ZeroDivisionError), official_sdk("another secret") as partner:  # noqa: PT012
        os.kill(partner.pid, 0)
        raise ZeroDivisionError

    with pytest.raises(ProcessLookupError):
        os.kill(partner.pid, 0)
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(partner.url)


def test_a_start_that_fails_shows_the_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failing = tmp_path / "python"
    failing.write_text("#!/bin/sh\necho no such module\nexit 3\n")
    failing.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(failing))

    with pytest.raises(RuntimeError, match=r"exit code 3. Its output:\nno such module"), official_sdk():
        pytest.fail("it cannot have started")


def test_a_start_that_hangs_is_given_up_and_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Killed, as it does not listen to a friendly word."""
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\ntrap '' TERM\necho I am process $$\nexec sleep 600\n")
    hanging.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(hanging))
    monkeypatch.setattr(process, "START_SECONDS", 0.5)
    monkeypatch.setattr(process, "STOP_SECONDS", 0.2)

    with pytest.raises(RuntimeError, match="ReadTimeout") as caught, official_sdk():
        pytest.fail("it cannot have started")

    with pytest.raises(ProcessLookupError):
        os.kill(int(str(caught.value).split()[-1]), 0)
