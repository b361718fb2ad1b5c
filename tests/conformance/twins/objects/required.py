"""Defects: Objects and their fields (OB)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from crawler.protocol.signature import HEADER
from crawler.reference.faults.fault import Proceed
from crawler.reference.seed import DESIGNATED_MESSAGE, DESIGNATED_THREAD
from crawler.reference.wire import Call, Refusal, Response
from tests.conformance.twins.twin import Twin, acting, answering, defect, fault, spoiling


def message(*breached: str, **fields: object) -> Twin:
    """One message with other fields."""
    return spoiling("messages", DESIGNATED_MESSAGE, lambda it: {**it, **fields}, *breached)


def author(*breached: str, **fields: object) -> Twin:
    """One author with other fields."""
    return spoiling("messages", DESIGNATED_MESSAGE, lambda it: {**it, "author": {**it["author"], **fields}}, *breached)


def unknown_shown(answer: Callable[[Refusal], object]) -> Callable[[Call, Proceed], object]:
    """What a `show` of no content answers."""

    def act(call: Call, proceed: Proceed) -> object:
        try:
            return proceed(call)
        except Refusal as refusal:
            if call.action == "threads.show":
                return answer(refusal)
            raise

    return act


def crash(_refusal: Refusal) -> object:
    raise Refusal(500, "something went wrong")


def without_reply(call: Call, proceed: Proceed) -> object:
    """Nothing that is listed, shown or created names `reply` in its actions."""
    answer = proceed(call)
    contents = answer if isinstance(answer, list) else [answer]
    for content in contents:
        if isinstance(content, dict) and "reply" in content.get("actions", ()):
            content["actions"].remove("reply")
    return answer


def other_text(shown: Any) -> object:
    return {**shown, "body": "<p>another text</p>"}


def forbidden(_shown: Any) -> object:
    raise Refusal(403, "not with this key")


def wrongly_signed(action: str) -> Callable[[Call, Response], Response]:
    """Signs the answers to one action wrongly."""

    def respond(call: Call, response: Response) -> Response:
        if call.action != action or response.status != 200:
            return response
        return replace(response, headers={**response.headers, HEADER.lower(): "0" * 128})

    return respond


STORABLE = "contents-can-be-stored"

OBJECTS: Mapping[str, Twin] = {
    "signs-a-list-wrongly": defect(
        "contents-are-rightly-signed", "declared-list-answers", response=wrongly_signed("messages.list")
    ),
    "signs-a-show-wrongly": defect("contents-are-rightly-signed", response=wrongly_signed("messages.show")),
    "content-null": fault("content-null", "contents-are-objects"),
    "content-string": fault("content-string", "contents-are-objects"),
    "id-missing": fault("id-missing", "contents-have-an-id"),
    "id-object": message("contents-have-an-id", id={"$oid": "7"}),
    "id-number": fault("id-number", "ids-are-strings"),
    "id-float": fault("id-float", "ids-are-strings"),
    "thread-id-number": fault("thread-id-number", "ids-are-strings"),
    "in-reply-to-number": fault("in-reply-to-number", "ids-are-strings"),
    "author-id-number": fault("author-id-number", "user-ids-are-strings"),
    "author-id-exponent": fault("author-id-exponent", "user-ids-are-strings"),
    "author-missing": fault("author-missing", "contents-have-an-author"),
    "author-null": fault("author-null", "contents-have-an-author"),
    "author-string": message("contents-have-an-author", author="Élodie"),
    "thread-author-missing": fault("thread-author-missing", "contents-have-an-author"),
    "author-id-missing": fault("author-id-missing", "users-have-an-id"),
    "author-id-null": fault("author-id-null", "users-have-an-id"),
    "screenname-missing": fault("screenname-missing", "users-have-a-screenname"),
    "author-dates-missing": fault("author-dates-missing", "users-have-dates"),
    "thread-id-missing": fault("thread-id-missing", "messages-have-a-thread"),
    "body-missing": fault("body-missing", "messages-have-a-body"),
    "body-empty": fault("body-empty", "messages-have-a-body"),
    "thread-body-missing": fault("thread-body-missing", "threads-have-a-body"),
    "recipient-missing": fault("recipient-missing", "private-messages-have-a-recipient"),
    "title-number": message("texts-are-strings", title=7),
    "firstname-object": author("texts-are-strings", firstname={"fr": "Élodie"}),
    "markdown": message("format-is-html-or-text", format="markdown"),
    "date-slashes": fault("date-slashes", "dates-can-be-read"),
    "author-date-unreadable": author("dates-can-be-read", updated_at="yesterday"),
    "date-milliseconds": fault("date-milliseconds", "dates-are-iso-8601"),
    "date-space": fault("date-space", "dates-are-iso-8601"),
    "date-in-the-future": message(
        "dates-are-past", "dates-descend", created_at="2031-01-01T00:00:00Z", updated_at="2031-01-01T00:00:00Z"
    ),
    "updated-before-created": message("updated-after-created", updated_at="2019-01-01T00:00:00Z"),
    "body-too-long": fault("body-too-long", "bodies-are-short-enough"),
    "context-data-text": message("context-data-is-an-object", context_data="A-1042"),
    "context-data-keys": fault("context-data-keys", "context-data-keys-are-words"),
    "attachment-without-url": fault("attachment-without-url", "attachments-have-a-source"),
    "attachment-string": message("attachments-have-a-source", attachments="https://shop.example/files/carton.jpg"),
    "attachment-relative": message("attachment-urls-are-absolute", attachments=[{"url": "/files/carton.jpg"}]),
    "categories-text": message("categories-are-a-list", categories="delivery,parcels"),
    "categories-capital": message("categories-are-plain", categories=["delivery", "Parcels"]),
    "categories-special": message("categories-are-plain", categories=["delivery/parcels"]),
    "categories-number": message("categories-are-plain", categories=[7]),
    "in-reply-to-zero": fault("in-reply-to-zero", "replies-name-a-known-content"),
    "in-reply-to-another-thread": fault("in-reply-to-another-thread", "replies-name-a-known-content"),
    "in-reply-to-unknown": fault("in-reply-to-unknown", "replies-name-a-known-content"),
    "thread-unknown": fault("thread-unknown", "messages-name-a-known-thread"),
    "actions-object": fault("actions-object", "actions-are-a-list"),
    "collection-actions": fault("collection-actions", "actions-are-instance-operations"),
    "undeclared-actions": fault("undeclared-actions", "actions-are-declared"),
    "names-no-reply": acting("*", without_reply, "reply-is-offered"),
    "puppetizable-text": author("puppetizable-is-a-boolean", puppetizable="false"),
    "gender-letter": author("gender-is-man-or-woman", gender="f"),
    "number-beyond-64-bit": fault("number-beyond-64-bit", STORABLE),
    "lone-surrogate": fault("lone-surrogate", STORABLE),
    "nul-character": fault("nul-character", STORABLE),
    "nan": fault("nan", STORABLE),
    "nested-arrays": fault("nested-arrays", STORABLE),
    "author-created-at-differs": fault("author-created-at-differs", "users-are-the-same-everywhere"),
    "show-array": fault("show-array", "show-answers-the-content"),
    "show-forbidden": answering("threads.show", forbidden, "show-answers-the-content"),
    "show-id-differs": answering(
        "messages.show", lambda it: {**it, "id": f"message-{it['id']}"}, "show-spells-the-id-as-asked"
    ),
    "show-another-text": answering("messages.show", other_text, "show-agrees-with-list"),
    "show-unknown-null": fault("show-unknown-null", "show-of-an-unknown-id-refused"),
    "show-unknown-string": fault("show-unknown-string", "show-of-an-unknown-id-refused"),
    "show-unknown-object": fault("show-unknown-object", "show-of-an-unknown-id-refused"),
    "show-unknown-empty": fault("show-unknown-empty", "show-of-an-unknown-id-refused"),
    "show-unknown-crashes": defect("show-of-an-unknown-id-refused", act=unknown_shown(crash)),
    "show-unknown-as-another": defect(
        "show-of-an-unknown-id-shows-nothing",
        act=unknown_shown(lambda _: {"id": DESIGNATED_THREAD, "title": "Colis abîmé"}),
    ),
}
