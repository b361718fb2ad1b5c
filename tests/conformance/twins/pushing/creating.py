"""Defects of what is done for agents."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from crawler.reference import ReferencePartner
from crawler.reference.contents import show_user
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Refusal
from tests.conformance.courtroom import messenger
from tests.conformance.twins.listing.lists import page
from tests.conformance.twins.twin import Act, Twin, acting, fault

MARK = "ringcx-crawler check"


def changing(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Act:
    """Takes a create for another one."""
    return lambda call, proceed: proceed(replace(call, params=change(dict(call.params))))


def dropping(*names: str) -> Act:
    return changing(lambda params: {name: value for name, value in params.items() if name not in names})


def refusing(*refused: int, text: str = "Whoops") -> Act:
    """Answers errors of these statuses as 500, with that text."""

    def act(call: Call, proceed: Proceed) -> object:
        try:
            return proceed(call)
        except Refusal as refusal:
            if refusal.status in refused:
                raise Refusal(500, text) from refusal
            raise

    return act


def refuses(_call: Call, _proceed: Proceed) -> object:
    raise Refusal(500, "Whoops")


def refuses_long_bodies(call: Call, proceed: Proceed) -> object:
    if len(str(call.params.get("body"))) > 5_000:
        raise Refusal(400, "at most 5,000 characters")
    return proceed(call)


def answers_the_newest_id(it: ReferencePartner) -> Act:
    """The id of the last message of somebody else."""

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        assert isinstance(answer, dict)
        return {**answer, "id": "11"}

    return act


def hides_agents(it: ReferencePartner) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        return [shown for shown in page(proceed(call)) if not it.forum.contents[shown["id"]].content_id]

    return act


def writes_as_marc(it: ReferencePartner) -> Act:
    marc = show_user(it.forum.users["marc"])

    def act(call: Call, proceed: Proceed) -> object:
        return [{**it, "author": marc} if MARK in it.get("body", "") else it for it in page(proceed(call))]

    return act


def answers_repeats_with_another_id(call: Call, proceed: Proceed) -> object:
    return {"id": "99"} if call.params.get("retry") else proceed(call)


def copies_without_retry(_it: ReferencePartner) -> Act:
    """Looks at `retry` alone."""
    numbers = count()
    known: set[object] = set()

    def act(call: Call, proceed: Proceed) -> object:
        content_id = call.params.get("content_id")
        if content_id in known and not call.params.get("retry"):
            return proceed(replace(call, params={**call.params, "content_id": f"{content_id}-{next(numbers)}"}))
        known.add(content_id)
        return proceed(call)

    return act


def in_any_thread(it: ReferencePartner) -> Act:
    def thread(params: dict[str, Any]) -> dict[str, Any]:
        return params if it.forum.find("threads", params["thread_id"]) else {**params, "thread_id": "1"}

    return changing(thread)


def offers_again(call: Call, proceed: Proceed) -> object:
    answer = proceed(call)
    assert isinstance(answer, dict)
    return {**answer, "actions": [*answer["actions"], "unpublish"]}


def does_nothing_to_nothing(call: Call, proceed: Proceed) -> object:
    try:
        return proceed(call)
    except Refusal:
        return {}


def says_no(call: Call, proceed: Proceed) -> object:
    try:
        return proceed(call)
    except Refusal as refusal:
        return {"error": refusal.text}


def says_nothing(call: Call, proceed: Proceed) -> object:
    try:
        return proceed(call)
    except Refusal as refusal:
        raise Refusal(refusal.status, "") from refusal


def deletes_nothing(call: Call, _proceed: Proceed) -> object:
    return {}


def cannot_delete_twice(it: ReferencePartner) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        content = it.forum.find("messages", call.params.get("id"))
        if content and content.removed:
            raise Refusal(500, "Call to a member function delete() on null")
        return proceed(call)

    return act


PUSHING: Mapping[str, Twin] = {
    "create-error": fault("create-error", "create-answered-with-success"),
    "create-fatal-error": fault("create-fatal-error", "create-answered-with-success"),
    "create-error-page": fault("create-error-page", "create-answered-with-success"),
    "create-without-id": fault("create-without-id", "create-answers-an-id"),
    "create-empty-object": fault("create-empty-object", "create-answers-an-id", "created-content-shows-up"),
    "create-done-empty-object": fault("create-done-empty-object", "create-answers-an-id"),
    "create-id-number": fault("create-id-number", "created-id-is-a-string"),
    "create-id-alone": fault("create-id-alone"),
    "create-replied-to-id": fault("create-replied-to-id", "created-id-is-not-the-replied-to-id"),
    "answers the newest id": acting("messages.create", answers_the_newest_id, "created-id-is-its-own"),
    "hides agents": acting("messages.list", hides_agents, "created-content-is-listed"),
    "create-changes-text": fault("create-changes-text", "create-answer-shows-what-was-sent"),
    "adds a footer": acting(
        "messages.create",
        changing(lambda params: {**params, "body": f"{params['body']} -- our shop"} if params.get("body") else params),
        "body-is-kept",
        "long-body-accepted",
        "create-answer-shows-what-was-sent",
        "long-body-accepted",  # what is added makes it too long
    ),
    "asks for accents": acting(
        "messages.create",
        changing(lambda params: {**params, "body": params.get("body", "").encode("ascii", "replace").decode()}),
        "accents-and-emoji-are-kept",
    ),
    "cuts bodies": acting(
        "messages.create",
        changing(lambda params: {**params, "body": params.get("body", "")[:16_384]}),
        "long-body-is-kept",
    ),
    "refuses long bodies": acting("messages.create", refuses_long_bodies, "long-body-accepted"),
    "drops attachments": acting("messages.create", dropping("attachments"), "attachments-are-kept"),
    "another thread": acting(
        "messages.create",
        changing(lambda params: {**params, "thread_id": "1"} if params["thread_id"].isdigit() else params),
        "message-stays-in-its-thread",
        "create-in-unknown-thread-refused",
    ),
    "forgets replies": acting("messages.create", dropping("in_reply_to_id"), "reply-names-what-it-replies-to"),
    "another author": acting("messages.list", writes_as_marc, "author-is-kept"),
    "another recipient": acting(
        "private_messages.create", changing(lambda params: {**params, "recipient_id": "jun"}), "recipient-is-kept"
    ),
    "drops titles": acting("threads.create", dropping("title"), "title-is-kept"),
    "create-ignores-content-id": fault(
        "create-ignores-content-id", "repeated-create-makes-no-copy", "repeated-create-answers-the-same-id"
    ),
    "another id for repeats": acting(
        "messages.create", answers_repeats_with_another_id, "repeated-create-answers-the-same-id"
    ),
    "copies without retry": acting("messages.create", copies_without_retry, "content-id-alone-prevents-copies"),
    "in any thread": acting("messages.create", in_any_thread, "create-in-unknown-thread-refused"),
    "no body": acting(
        "messages.create",
        changing(lambda params: {**params, "body": params.get("body") or "(empty)"}),
        "create-without-body-refused",
    ),
    "crashes on nonsense": acting("messages.create", refusing(400), "create-without-body-refused"),
    "cannot unpublish": acting("messages.unpublish", refuses, "operation-answered-with-success"),
    "operation-without-content": fault("operation-without-content", "operation-answers-the-content"),
    "operation-empty-body": fault("operation-empty-body", "operation-answers-the-content"),
    "offers unpublish again": acting("messages.unpublish", offers_again, "operation-done-is-not-offered-again"),
    "deletes the unknown": acting(
        "messages.delete", does_nothing_to_nothing, "operation-on-unknown-content-refused"
    ),
    "crashes on the unknown": acting("messages.delete", refusing(404), "operation-on-unknown-content-refused"),
    "says no": acting("messages.create", says_no, "refusal-says-why"),
    "says nothing": acting("messages.create", says_nothing, "refusal-says-why"),
    "cannot delete": acting(
        "messages.delete", refuses, "delete-answered-with-success", "operation-on-unknown-content-refused"
    ),
    "deletes nothing": acting(
        "messages.delete", deletes_nothing, "deleted-content-is-not-listed", "operation-on-unknown-content-refused"
    ),
    "delete-null": fault("delete-null"),
    "delete-empty-object": fault("delete-empty-object"),
    "cannot delete twice": acting("messages.delete", cannot_delete_twice, "repeated-delete-is-no-crash"),
    "cannot show deleted": acting(
        "messages.show", refusing(404), "show-of-deleted-content-is-no-crash", "show-of-an-unknown-id-refused"
    ),
    "no queuing update": acting("messaging.queuing_update", refuses, "queuing-update-answered", made=messenger),
}  # fmt: skip
