"""One content among healthy neighbours that is missing something, or says it oddly (LS7, OB).

All are rows of `TABLE`: name, rules, description, and what becomes of the content. `FAULTS` makes a variant of each,
of the designated content of its object; those of OB12 come once more, as the newest of the page, with ``-newest`` at
the end of their name.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from crawler.reference.contents import MESSAGES, PRIVATE_MESSAGES, THREADS
from crawler.reference.faults.fault import Fault
from crawler.reference.seed import DESIGNATED_MESSAGE, DESIGNATED_PRIVATE_MESSAGE, DESIGNATED_THREAD, NEWEST_MESSAGE
from crawler.reference.wire import Raw

Shown = dict[str, Any]
Spoil = Callable[[Shown], object]

DESIGNATED = {
    THREADS: DESIGNATED_THREAD,
    MESSAGES: DESIGNATED_MESSAGE,
    PRIVATE_MESSAGES: DESIGNATED_PRIVATE_MESSAGE,
}
"""The id of the content of each object that a fault spoils."""

NESTED_ARRAYS = 100_000


class Row(NamedTuple):
    """One way to spoil a content."""

    name: str
    rules: tuple[str, ...]
    description: str
    spoil: Spoil
    object_name: str = MESSAGES


def _with(**fields: object) -> Spoil:
    return lambda shown: {**shown, **fields}


def _without(*names: str) -> Spoil:
    return lambda shown: {name: value for name, value in shown.items() if name not in names}


def _author(spoil: Spoil) -> Spoil:
    return lambda shown: {**shown, "author": spoil(shown["author"])}


def _number(name: str) -> Spoil:
    return lambda shown: {**shown, name: int(shown[name])}


def _actions_object(shown: Shown) -> object:
    """A PHP array with gaps."""
    return {**shown, "actions": {str(2 * place): name for place, name in enumerate(shown["actions"])}}


def _named(*operations: str) -> Spoil:
    return lambda shown: {**shown, "actions": [*shown["actions"], *operations]}


def _attachment_without_url(shown: Shown) -> object:
    first, *others = shown["attachments"]
    return {**shown, "attachments": [{"filename": first["filename"]}, *others]}


def _null(_shown: Shown) -> object:
    return None


def _string(shown: Shown) -> object:
    return shown["id"]


MISSING = (
    Row("id-missing", ("LS7", "OB1"), "a message without id", _without("id")),
    Row("author-missing", ("LS7", "OB1"), "a message without author", _without("author")),
    Row("author-id-missing", ("LS7", "OB4"), "an author without id", _author(_without("id"))),
    Row("screenname-missing", ("LS7", "OB4"), "an author without screenname", _author(_without("screenname"))),
    Row("body-missing", ("LS7", "OB1"), "a message with neither body nor attachments", _without("body", "attachments")),
    Row("thread-id-missing", ("LS7", "OB1"), "a message without thread_id", _without("thread_id")),
    Row(
        "recipient-missing",
        ("LS7", "OB2"),
        "a private message without recipient",
        _without("recipient"),
        PRIVATE_MESSAGES,
    ),
    Row("thread-author-missing", ("LS7", "OB3"), "a thread without author", _without("author"), THREADS),
    Row("thread-body-missing", ("LS7", "OB3"), "a thread without body", _without("body", "attachments"), THREADS),
    Row("content-null", ("LS7", "TR6"), "null in the place of a message", _null),
    Row("content-string", ("LS7", "TR6"), "an id in the place of a message", _string),
)

SPELLED = (
    Row("id-number", ("OB9",), "a message's id as a number", _number("id")),
    Row("id-float", ("OB9",), "a message's id as a number with a decimal point", _with(id=Raw("7.0"))),
    Row("thread-id-number", ("OB9",), "a message's thread_id as a number", _number("thread_id")),
    Row("in-reply-to-number", ("OB9",), "a message's in_reply_to_id as a number", _number("in_reply_to_id")),
    Row("author-id-number", ("OB9",), "an author's id as a number", _author(_number("id"))),
    Row("author-id-exponent", ("OB9",), "an author's id as a number with an exponent", _author(_with(id=Raw("4.2e1")))),
    Row("actions-object", ("OB9",), "actions as an object with gaps in its keys", _actions_object),
    Row("author-null", ("OB11", "LS7"), "author: null", _with(author=None)),
    Row("author-id-null", ("OB11", "LS7"), "an author whose id is null", _author(_with(id=None))),
    Row(
        "author-created-at-differs", ("OB11", "OB10"), "an author whose created_at differs in one message",
        _author(_with(created_at="2019-04-01T00:00:00Z")),
    ),
    Row("in-reply-to-zero", ("OB11", "OB8"), "in_reply_to_id: '0' for none", _with(in_reply_to_id="0")),
    Row("context-data-array", ("OB11", "OB0"), "context_data: []", _with(context_data=[])),
    Row("body-empty", ("OB11", "LS7"), "body: '' without attachments", _with(body="", attachments=[])),
    Row("body-empty-with-attachments", ("OB11", "OB0"), "body: '' with attachments", _with(body="")),
    Row("updated-at-null", ("OB11", "OB0"), "updated_at: null", _with(updated_at=None)),
    Row("date-milliseconds", ("OB11", "OB5"), "created_at in milliseconds", _with(created_at=1509960896000)),
    Row("date-slashes", ("OB11", "OB5"), "created_at: 06/11/2017", _with(created_at="06/11/2017")),
    Row("date-space", ("OB11", "OB5"), "created_at with a space for T", _with(created_at="2017-11-06 09:34:56")),
    Row("attachment-without-url", ("OB11", "OB7"), "the first of two attachments without url", _attachment_without_url),
    Row(
        "order-not-by-date", ("OB11", "LS2"), "a message in the middle of the list that is years older",
        _with(created_at="2017-11-06T09:34:56Z", updated_at="2017-11-06T09:34:56Z"),
    ),
    Row("unpublished", ("OB11",), "a message listed with published: false", _with(published=False)),
)  # fmt: skip

ODD = (
    Row("date-offset", ("OB5",), "created_at with an offset", _with(created_at="2017-11-06T11:34:56+02:00")),
    Row("date-php-offset", ("OB5",), "created_at with PHP's offset", _with(created_at="2017-11-06T11:34:56+0200")),
    Row("date-only", ("OB5",), "created_at without a time", _with(created_at="2017-11-06")),
    Row("author-dates-missing", ("OB4",), "an author without dates", _author(_without("created_at", "updated_at"))),
    Row("body-too-long", ("OB6",), "a body of 20,001 characters", _with(body="é" * 20_001)),
    Row("context-data-keys", ("OB6",), "a key of context_data with a space", _with(context_data={"order no": "1042"})),
    Row("in-reply-to-unknown", ("OB8",), "in_reply_to_id names nothing", _with(in_reply_to_id="9999")),
    Row(
        "in-reply-to-another-thread", ("OB8",), "in_reply_to_id names a thread, not its own", _with(in_reply_to_id="1")
    ),
    Row("thread-unknown", ("LS9",), "thread_id names nothing", _with(thread_id="9999")),
    Row("extra-fields", ("OB0", "OB1"), "fields that nobody knows", _with(mood={"happy": True}, likes=3)),
    Row("collection-actions", ("IM4",), "actions name list, show and create", _named("list", "show", "create")),
    Row("undeclared-actions", ("IM5",), "actions name what is not declared", _named("destroy", "vote")),
)

UNSTORABLE = (
    Row("number-beyond-64-bit", ("OB12",), "2^70 in context_data", _with(context_data={"order": 2**70})),
    Row("lone-surrogate", ("OB12",), "half a surrogate pair in the body", _with(body=Raw('"half \\ud83d of it"'))),
    Row("nul-character", ("OB12",), "U+0000 in the body", _with(body=Raw('"before \\u0000 after"'))),
    Row("nan", ("OB12",), "NaN in context_data", _with(context_data={"order": Raw("NaN")})),
    Row(
        "nested-arrays", ("OB12",), "100,000 nested arrays in structured_content",
        _with(structured_content=Raw("[" * NESTED_ARRAYS + "]" * NESTED_ARRAYS)),
    ),
)  # fmt: skip

TABLE = (*MISSING, *SPELLED, *ODD, *UNSTORABLE)


def _fault(row: Row, foreign_id: str, suffix: str = "") -> Fault:
    return Fault(
        name=row.name + suffix,
        rules=row.rules,
        description=f"shows {row.description}" + (", the newest of its list" if suffix else ""),
        actions=frozenset({f"{row.object_name}.list", f"{row.object_name}.show"}),
        target=(row.object_name, foreign_id),
        content=row.spoil,
    )


FAULTS = (
    *(_fault(row, DESIGNATED[row.object_name]) for row in TABLE),
    *(_fault(row, NEWEST_MESSAGE, "-newest") for row in UNSTORABLE),
)
