"""Defects of what comes back of what agents write, and of what operations do to it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count

from crawler.reference import AGENT, ReferencePartner
from crawler.reference.contents import show_user, wire_time
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Refusal
from tests.conformance.courtroom import partner
from tests.conformance.twins.listing.lists import page
from tests.conformance.twins.twin import Act, Twin, acting
from tests.conformance.variants.changing import with_replies
from tests.conformance.variants.time import Time

COLLEAGUE = "colleague"


def storing(change: Callable[[str], str]) -> Act:
    """Stores another body than was sent."""

    def act(call: Call, proceed: Proceed) -> object:
        body = call.params.get("body")
        return proceed(
            replace(call, params={**call.params, "body": change(body)} if isinstance(body, str) else call.params)
        )

    return act


def refuses_a_zero(call: Call, proceed: Proceed) -> object:
    if call.params.get("body") == "0":
        raise Refusal(400, "the body is missing")
    return proceed(call)


def refuses_control_characters(call: Call, proceed: Proceed) -> object:
    if "\x07" in str(call.params.get("body")):
        raise Refusal(400, "not a character of XML")
    return proceed(call)


def two_agents() -> ReferencePartner:
    it = partner()
    it.forum.add_user(COLLEAGUE, "Lou (the shop)", puppetizable=True)
    it.forum.add_message(COLLEAGUE, "1", "<p>Can I help?</p>")
    return it


def refuses_the_colleague(call: Call, proceed: Proceed) -> object:
    if call.params.get("author_id") == COLLEAGUE:
        raise Refusal(403, "you may not write as that user")
    return proceed(call)


def all_by_one(it: ReferencePartner) -> Act:
    """All that agents write is shown as written by the same."""
    agent = show_user(it.forum.users[AGENT])

    def act(call: Call, proceed: Proceed) -> object:
        answer = page(proceed(call))
        return [{**shown, "author": agent} if it.forum.contents[shown["id"]].content_id else shown for shown in answer]

    return act


def other_ids_in_lists(call: Call, proceed: Proceed) -> object:
    """What is listed has ids of its own, which are good for cursors."""
    since_id = call.params.get("since_id")
    known = {"since_id": since_id.removeprefix("m-")} if isinstance(since_id, str) else {}
    answer = proceed(replace(call, params={**call.params, **known}))
    return [{**shown, "id": f"m-{shown['id']}"} for shown in page(answer)]


def same_text_once(_it: ReferencePartner) -> Act:
    answers: dict[object, object] = {}

    def act(call: Call, proceed: Proceed) -> object:
        key = call.params.get("body")
        if not key or key not in answers:
            answers[key] = proceed(call)
        return answers[key]

    return act


def two_of_each(it: ReferencePartner) -> Act:
    numbers = count()

    def act(call: Call, proceed: Proceed) -> object:
        if it.forum.sent("messages", str(call.params.get("content_id"))) is None:
            proceed(replace(call, params={**call.params, "content_id": f"copy-{next(numbers)}"}))
        return proceed(call)

    return act


def quotes_the_one_before(_it: ReferencePartner) -> Act:
    before = [""]

    def act(call: Call, proceed: Proceed) -> object:
        body = str(call.params.get("body") or "")
        if not body or len(body) > 200:
            return proceed(call)
        whole, before[0] = f"{before[0]}{body}", f"{body}\n"
        return proceed(replace(call, params={**call.params, "body": whole}))

    return act


def nameless(call: Call, proceed: Proceed) -> object:
    files = [{"url": it["url"]} for it in call.params.get("attachments") or []]  # type: ignore[attr-defined]  # a list
    return proceed(replace(call, params={**call.params, "attachments": files}))


def first_alone(call: Call, proceed: Proceed) -> object:
    files = call.params.get("attachments") or []
    return proceed(replace(call, params={**call.params, "attachments": files[:1]}))  # type: ignore[index]  # a list


def private_in_public(it: ReferencePartner) -> Act:
    """What agents write privately is listed among messages as well."""

    def act(call: Call, proceed: Proceed) -> object:
        answer = page(proceed(call))
        private = [content for content in it.forum.standing("private_messages") if content.content_id]
        shown = [
            {"id": f"p{content.id}", "thread_id": "1", "body": content.body, "format": content.format,
             "author": show_user(it.forum.users[content.author_id]), "created_at": wire_time(content.created_at)}
            for content in private
        ]  # fmt: skip
        return [*answer, *shown] if call.params.get("since_id") and answer else answer

    return act


def dated_by_its_clock(call: Call, proceed: Proceed) -> object:
    params = {name: it for name, it in call.params.items() if name not in ("created_at", "updated_at")}
    return proceed(replace(call, params=params))


def dated_when_listed(it: ReferencePartner) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        now = wire_time(it.forum.clock())
        return [{**shown, "created_at": now, "updated_at": now} for shown in page(proceed(call))]

    return act


def with_one_id(call: Call, proceed: Proceed) -> object:
    """Two threads have one id, as after rounding."""
    return [{**shown, "id": "2" if shown["id"] == "1" else shown["id"]} for shown in page(proceed(call))]


def offers_nothing(call: Call, proceed: Proceed) -> object:
    answer = proceed(call)
    changed = [{**shown, "actions": ["reply"]} for shown in answer] if isinstance(answer, list) else answer
    if isinstance(answer, dict) and "actions" in answer:
        changed = {**answer, "actions": ["reply"]}
    return changed


def forgets_the_text(call: Call, proceed: Proceed) -> object:
    answer = proceed(call)
    return {**answer, "body": ""} if isinstance(answer, dict) else answer


def does_nothing(call: Call, proceed: Proceed) -> object:
    return proceed(Call(f"{call.object_name}.show", {"id": call.params.get("id")}))


def is_a_switch(it: ReferencePartner) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        content = it.forum.find(call.object_name, call.params.get("id"))
        if content is None or content.removed or content.published:
            return proceed(call)
        return proceed(Call(f"{call.object_name}.publish", call.params))

    return act


def removes(it: ReferencePartner) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        content = it.forum.find(call.object_name, call.params.get("id"))
        if content and not content.removed:
            it.forum.remove(content.id)
        return answer

    return act


def solves_and_opens(it: ReferencePartner) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        content = it.forum.find(call.object_name, call.params.get("id"))
        if content and not content.removed and call.operation in content.done:
            it.forum.edit(content.id, done={})
            return proceed(Call(f"{call.object_name}.show", {"id": content.id}))
        return proceed(call)

    return act


class Reused:
    """MAX(id) + 1."""

    def __init__(self, it: ReferencePartner) -> None:
        self.it = it

    def __next__(self) -> int:
        return max(int(content.id) for content in self.it.forum.contents.values() if not content.removed) + 1


def reuses_ids(it: ReferencePartner) -> Act:
    it.forum._ids = Reused(it)  # type: ignore[assignment]  # the forum only ever asks for the next one
    return lambda call, proceed: proceed(call)


CREATE = "messages.create"
RETURNING: Mapping[str, Twin] = {
    "refuses a zero": acting(CREATE, refuses_a_zero, "any-text-accepted"),
    "refuses control characters": acting(CREATE, refuses_control_characters, "long-body-accepted"),
    "refuses one agent": acting(CREATE, refuses_the_colleague, "any-agent-accepted", made=two_agents),
    "strips backslashes": acting(CREATE, storing(lambda it: re.sub(r"\\(.?)", r"\1", it)), "body-can-be-read"),
    "trims": acting(CREATE, storing(str.strip), "body-is-kept"),
    "one author": acting("messages.list", all_by_one, "author-is-kept", made=two_agents),
    "first attachment alone": acting(CREATE, first_alone, "attachments-are-kept"),
    "nameless attachments": acting(CREATE, nameless, "attachments-keep-their-names"),
    "its own clock": acting(CREATE, dated_by_its_clock, "created-at-is-kept"),
    "other ids in lists": acting(
        "messages.list",
        other_ids_in_lists,
        "listed-under-the-answered-id",
        "created-content-is-listed",
        "show-answers-the-content",
        "delete-answered-with-success",
    ),
    "same text once": acting(CREATE, same_text_once, "each-create-has-its-own-id"),
    "two of each": acting(CREATE, two_of_each, "create-makes-one-content"),
    "quotes the one before": acting(
        CREATE, quotes_the_one_before, "body-holds-nothing-else", "create-answer-shows-what-was-sent"
    ),
    "private listed in public": acting("messages.list", private_in_public, "private-create-stays-private"),
    "dated when listed": acting("list", dated_when_listed, "created-at-stays"),
    "one id for two": acting(
        "threads.list", with_one_id, "an-id-names-one-content", "no-duplicates-in-a-page", "show-agrees-with-list"
    ),
    "offers nothing": acting("*", offers_nothing, "declared-operations-are-offered"),
    "deletes replies": acting("messages.delete", lambda it: with_replies(it, Time()), "operation-leaves-others-alone"),
    "an answer without the text": acting("messages.mark_as_solved", forgets_the_text, "operation-keeps-the-rest"),
    "unpublishes nothing": acting(
        "messages.unpublish", does_nothing, "unpublish-hides-the-content", "operation-done-is-not-offered-again"
    ),
    "unpublish is a switch": acting("messages.unpublish", is_a_switch, "unpublish-is-safe-to-repeat"),
    "unpublishes for good": acting("messages.unpublish", removes, "publish-brings-it-back"),
    "a custom operation is a switch": acting(
        "messages.mark_as_solved", solves_and_opens, "custom-operation-is-safe-to-repeat"
    ),
    "reuses ids": acting("*", reuses_ids, "ids-are-not-reused"),
}
