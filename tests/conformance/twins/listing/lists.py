"""Defects of lists and cursors."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from crawler.reference import Listing, ReferencePartner
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Refusal
from tests.conformance.courtroom import partner
from tests.conformance.twins.twin import Act, Twin, acting, fault, spoiling

Shown = dict[str, Any]


def page(answer: object) -> list[Shown]:
    assert isinstance(answer, list)
    return answer


def since(call: Call) -> str:
    return str(call.params.get("since_id", ""))


def without_since_id(call: Call) -> Call:
    return replace(call, params={})


def without_private_messages() -> ReferencePartner:
    it = partner()
    for content in it.forum.standing("private_messages"):
        it.forum.remove(content.id)
    return it


def renames(_it: ReferencePartner) -> Act:
    """Ids with a number behind that is another one in each list."""
    numbers = count()

    def act(call: Call, proceed: Proceed) -> object:
        number = next(numbers)
        own = replace(call, params={"since_id": since(call).partition("~")[0]})
        return [{**content, "id": f"{content['id']}~{number}"} for content in page(proceed(own))]

    return act


def shows_late(it: ReferencePartner) -> Act:
    """A message of long ago, from the fourth list on."""
    lists = count(1)
    old = it.forum.contents["4"].created_at

    def act(call: Call, proceed: Proceed) -> object:
        if next(lists) == 4:
            it.forum.add_message("jun", "1", "<p>Approved at last</p>", created_at=old)
        return proceed(call)

    return act


def circles(it: ReferencePartner) -> Act:
    """The first page again after the newest message."""

    def act(call: Call, proceed: Proceed) -> object:
        newest = it.forum.standing("messages")[-1].id
        return proceed(without_since_id(call) if since(call) == newest else call)

    return act


def declares_less_once_listed(_it: ReferencePartner) -> Act:
    lists = count()
    asked = [0]

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if call.action == "private_messages.list":
            asked[0] = next(lists)
        if call.action == "implementation.info" and asked[0] >= 1:
            assert isinstance(answer, dict)
            answer["options"].remove("threads.attachments")
        return answer

    return act


def forgets_the_fifth(call: Call, proceed: Proceed) -> object:
    if since(call) == "5":
        raise Refusal(404, "message 5 was archived")
    return proceed(call)


def oldest_two_swapped(call: Call, proceed: Proceed) -> object:
    answer = page(proceed(call))
    if since(call) and len(answer) > 2:
        answer[-2:] = answer[:-3:-1]
    return answer


def newest_after_cursor(call: Call, proceed: Proceed) -> object:
    answer = page(proceed(call))
    return answer[:3] if since(call) else answer


def skips_one(_it: ReferencePartner) -> Act:
    """Pages of three, each beginning one content too late."""

    def act(call: Call, proceed: Proceed) -> object:
        after = page(proceed(call))
        return after[: len(after) - 1 if since(call) else len(after)][-3:]

    return act


def lists_once(_it: ReferencePartner) -> Act:
    """Each content is listed to whoever asks first."""
    served: set[str] = set()

    def act(call: Call, proceed: Proceed) -> object:
        new = [content for content in page(proceed(without_since_id(call))) if content["id"] not in served]
        served.update(content["id"] for content in new)
        return new

    return act


def counts_views(_it: ReferencePartner) -> Act:
    views = count()

    def act(call: Call, proceed: Proceed) -> object:
        return [{**content, "views": next(views)} for content in page(proceed(call))]

    return act


def refuses_unknown(it: ReferencePartner) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        if since(call) and since(call) not in it.forum.contents:
            raise Refusal(404, "there is no such message")
        return proceed(call)

    return act


def refuses_removed(it: ReferencePartner) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        content = it.forum.contents.get(since(call))
        if content and content.removed:
            raise Refusal(404, "that message was deleted")
        return proceed(call)

    return act


def crashes_on_quotes(call: Call, proceed: Proceed) -> object:
    if "'" in since(call):
        raise Refusal(500, "You have an error in your SQL syntax")
    return proceed(call)


def nothing_after_empty(call: Call, proceed: Proceed) -> object:
    return [] if call.params.get("since_id") == "" else proceed(call)


def sulks_after_quotes(_it: ReferencePartner, status: int = 500) -> Act:
    sulking = [False]

    def act(call: Call, proceed: Proceed) -> object:
        if "'" in since(call):
            sulking[0] = True
        elif sulking[0] and not since(call):
            sulking[0] = False
            raise Refusal(status, "current transaction is aborted")
        return proceed(call)

    return act


def forgets_all_after_quotes(_it: ReferencePartner) -> Act:
    forgotten = [False]

    def act(call: Call, proceed: Proceed) -> object:
        if "'" in since(call):
            forgotten[0] = True
        elif forgotten[0] and not since(call):
            forgotten[0] = False
            return []
        return proceed(call)

    return act


def refuses_params(call: Call, proceed: Proceed) -> object:
    if call.params.keys() - {"since_id"}:
        raise Refusal(400, "unknown parameter")
    return proceed(call)


def misses_what_comes_after_a_page(_it: ReferencePartner) -> Act:
    """What is created right after a page that followed a cursor gets into no list; replies do."""
    paging = [False]
    missed: set[str] = set()

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if call.action == "messages.list":
            paging[0] = bool(since(call)) and (paging[0] or bool(answer))
            return [content for content in page(answer) if content["id"] not in missed]
        if call.action == "messages.create" and paging[0] and "in_reply_to_id" not in call.params:
            assert isinstance(answer, dict)
            missed.add(answer["id"])
        return answer

    return act


def overlaps(it: ReferencePartner) -> Act:
    """After a message that the platform sent, the one before it is listed again."""

    def act(call: Call, proceed: Proceed) -> object:
        answer = page(proceed(call))
        content = it.forum.contents.get(since(call))
        if content and content.content_id:
            everything = page(proceed(without_since_id(call)))
            ids = [shown["id"] for shown in everything]
            if content.id in ids:
                answer += everything[ids.index(content.id) + 1 :][:1]
        return answer

    return act


IGNORED = "ignored-since-id-loses-nothing"

LISTING: Mapping[str, Twin] = {
    "list-error": fault("list-error", "declared-list-answers"),
    "list-object": fault("list-object", "list-answers-an-array"),
    "list-not-json": fault("list-not-json", "list-answers-an-array"),
    "list-cut-off": fault("list-cut-off", "list-answers-an-array"),
    "list-resource-error": fault("list-resource-error", "list-answers-an-array"),
    "list-empty": fault("list-empty", "empty-list-is-an-empty-array", "first-list-gives-something"),
    "byte-order-mark": fault("byte-order-mark", "answers-begin-with-json"),
    "list-null": fault("list-null", "empty-list-is-an-empty-array", "first-list-gives-something"),
    "no private messages": Twin(without_private_messages, frozenset({"first-list-gives-something"})),
    "newest without id": spoiling(
        "messages", "11", lambda it: {**it, "id": None}, "newest-element-has-an-id", "contents-have-an-id"
    ),
    "duplicates-in-page": fault("duplicates-in-page", "no-duplicates-in-a-page"),
    "order-not-by-date": fault("order-not-by-date", "dates-descend"),
    "ascending-order": fault("ascending-order", "newest-first"),
    "ids change": acting("private_messages.list", renames, "ids-stay", "show-answers-the-content"),
    "shows late": acting("messages.list", shows_late, "repeated-crawl-brings-nothing-old"),
    "circles": acting(
        "messages.list",
        circles,
        "cursor-does-not-circle",
        "since-id-respected",
        listing=Listing(page_size=3),
    ),
    "declares less": acting("*", declares_less_once_listed, "declaration-lasts-a-few-cycles"),
    "forgets one position": acting("messages.list", forgets_the_fifth, "known-since-id-answered"),
    "another order": acting("messages.list", oldest_two_swapped, "same-order-everywhere"),
    "ignores-since-id": fault("ignores-since-id", "since-id-respected"),
    "ignores-since-id-newest": fault(
        "ignores-since-id-newest", "since-id-respected", "several-new-contents-all-listed",
        "old-positions-lead-to-what-is-new",
    ),
    "stuck-cursor": fault("stuck-cursor", "since-id-respected", "created-content-is-listed", IGNORED),
    "repeats-since-id": fault("repeats-since-id", "since-id-exclusive"),
    "newest-of-many": fault(
        "newest-of-many", "several-new-contents-all-listed", "old-positions-lead-to-what-is-new"
    ),
    "newest after a cursor": acting(
        "messages.list", newest_after_cursor, "nothing-skipped-after-a-position", "several-new-contents-all-listed",
        "old-positions-lead-to-what-is-new",
    ),
    "skips one": acting(
        "messages.list", skips_one, "nothing-skipped-after-a-position", "paging-reaches-everything",
        "created-content-is-listed", "old-positions-lead-to-what-is-new", "older-positions-reach-as-much",
        "the-newest-is-listed",
    ),
    "lists once": acting("list", lists_once, "same-question-same-answer", "first-list-gives-something"),
    "counts views": acting("messages.list", counts_views, "same-content-shown-the-same"),
    "refuses unknown cursors": acting("messages.list", refuses_unknown, "unknown-since-id-answered"),
    "removed-cursor-nothing": fault("removed-cursor-nothing", "unknown-since-id-starts-anew"),
    "removed-cursor-everything": fault("removed-cursor-everything"),
    "removed-cursor-all-but-oldest": fault("removed-cursor-all-but-oldest"),
    "refuses removed cursors": acting("messages.list", refuses_removed, "deleted-since-id-answered"),
    "crashes on quotes": acting("messages.list", crashes_on_quotes, "strange-since-id-survived"),
    "nothing after an empty cursor": acting("messages.list", nothing_after_empty, "empty-since-id-means-none"),
    "sulks after quotes": acting("messages.list", sulks_after_quotes, "lists-unharmed-by-strange-cursors"),
    "forgets all after quotes": acting(
        "messages.list", forgets_all_after_quotes, "lists-unharmed-by-strange-cursors"
    ),
    "refuses params": acting("messages.list", refuses_params, "extra-params-ignored"),
    "misses what comes between": acting(
        "*", misses_what_comes_after_a_page, "contents-created-while-paging-listed"
    ),
    "overlaps": acting("messages.list", overlaps, "new-contents-listed-once"),
}  # fmt: skip
