"""Partners that show a rule nothing to look at: it must not have passed."""

from collections.abc import Callable
from dataclasses import replace

from crawler.reference import Capabilities, ReferencePartner
from tests.conformance.courtroom import SOURCE
from tests.conformance.variants.making import Act, Shown, behaving, remembering, showing
from tests.conformance.variants.time import Time
from tests.conformance.variants.trust import unsigned, whenever_ok
from tests.conformance.variants.variant import TABLE, Harm, Kind, Made, Variant

REQUIRED = ("id", "author", "recipient", "body", "thread_id")


def keeping(number: int) -> Callable[[ReferencePartner, Time], Act]:
    """All but the oldest so many contents of each object were removed long ago."""

    def make(it: ReferencePartner, _time: Time) -> Act:
        for name in ("messages", "private_messages", "threads"):
            for content in it.forum.standing(name)[number:]:
                it.forum.remove(content.id)
        return lambda call, proceed: proceed(call)

    return make


def plain(shown: Shown) -> Shown:
    kept = {name: it for name, it in shown.items() if name in REQUIRED}
    for role in ("author", "recipient"):
        if role in kept:
            kept[role] = {name: kept[role][name] for name in ("id", "screenname")}
    return kept


SIGNATURES = frozenset(
    {"answer-is-signed", "signature-is-lower-case", "answer-signature-is-right", "contents-are-rightly-signed"}
)
ORDER = frozenset(
    {
        "newest-first", "same-order-everywhere", "dates-descend", "nothing-skipped-after-a-position",
        "paging-reaches-everything", "cursor-does-not-circle", "older-positions-reach-as-much",
    }
)  # fmt: skip
EXISTENCE = ORDER | {
    "newest-element-has-an-id", "no-duplicates-in-a-page", "known-since-id-answered", "since-id-respected", "ids-stay",
    "same-content-shown-the-same", "repeated-crawl-brings-nothing-old", "contents-have-an-id",
}  # fmt: skip
OPTIONAL = frozenset(
    {
        "users-have-dates", "format-is-html-or-text", "dates-can-be-read", "dates-are-iso-8601", "dates-are-past",
        "updated-after-created", "context-data-is-an-object", "context-data-keys-are-words",
        "attachments-have-a-source", "attachment-urls-are-absolute", "categories-are-a-list",
        "replies-name-a-known-content", "actions-are-a-list", "actions-are-instance-operations",
        "actions-are-declared", "puppetizable-is-a-boolean", "gender-is-man-or-woman", "dates-descend",
    }
)  # fmt: skip
DECLARED = frozenset(
    {
        "locales-map-languages-to-labels", "delete-or-destroy-not-both", "titled-threads-only-list-and-show",
        "messaging-view-with-one-resource", "messaging-view-is-text-only", "typing-indicator-with-messaging-view",
        "reply-comes-with-create", "custom-operations-have-labels", "labels-are-of-custom-operations",
    }
)  # fmt: skip

_ROWS: tuple[tuple[str, str, Made, frozenset[str], str], ...] = (
    ("never signs, and nobody looks", "run with --no-verify-signature",
     behaving(response=whenever_ok(unsigned)), SIGNATURES, TABLE),
    ("an empty shop", "a test system without contents",
     remembering("*", keeping(0)), EXISTENCE, "issue 15, point 1"),
    ("one of each", "a test system with one thread, one message and one private message",
     remembering("*", keeping(1)), ORDER, "issue 15, point 1"),
    ("contents without anything", "shows what is required and nothing else",
     showing(plain), OPTIONAL, "issue 15, point 1"),
    ("declares a list alone", "messages.list, and none of what other rules are about",
     behaving(capabilities=Capabilities({"messages": ("list",)}, ("messages.unthreaded",))), DECLARED,
     "issue 15, point 1"),
)  # fmt: skip

EVIDENCE = tuple(
    Variant(
        name=name,
        slip=slip,
        harm=Harm.UNLOOKED,
        kind=Kind.EVIDENCE,
        origin=origin,
        made=made,
        write=False,
        unjudged=unjudged,
        source=replace(SOURCE, verify_signature=unjudged != SIGNATURES),
    )
    for name, slip, made, unjudged, origin in _ROWS
)
