"""Whole cycles against every one-fault variant of the reference partner: what is imported, what is reported, and that
a second cycle changes nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from crawler.errors import ErrorStatus, SignatureInvalid
from crawler.reference import FAULTS, Listing
from crawler.reference.faults import contents, declarations, listings, operations, transport
from crawler.reference.faults.contents import DESIGNATED
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.report import CycleReport
from crawler.sync.state import Ref, Status
from tests.unit.cycling import MESSAGES, PRIVATE, THREADS, ids
from tests.unit.shop import Shop
from tests.unit.store.writing import everything, rows

ALL = {"threads": THREADS, "messages": MESSAGES, "private_messages": PRIVATE}
CURSORS = {"threads": "3", "messages": "11", "private_messages": "13"}
UNPAGED, PAGED = Listing(), Listing(page_size=3)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as store:
        yield store


def imported(shop: Shop) -> dict[str, list[str]]:
    """The ids of what was imported, by object."""
    return {name: sorted(ids(shop, name), key=int) for name in ALL}


def ignored(report: CycleReport) -> list[tuple[str, str | None, str, str]]:
    """Object, id, rule and reason of each content that was not imported."""
    return [(name, it.id, it.rule, it.reason) for name, o in report.objects.items() for it in o.ignored_contents]


def remarked(report: CycleReport) -> list[tuple[str, str]]:
    """Rule and text of each remark on contents."""
    return [(remark.rule, remark.text) for it in report.objects.values() for remark in it.remarks.counts]


def names(faults: tuple[Any, ...]) -> list[str]:
    return [fault.name for fault in faults]


@pytest.mark.parametrize("fault", ["", *FAULTS])
async def test_a_second_cycle_changes_not_one_row_of_contents(store: Store, fault: str) -> None:
    """Right after the first, and neither does a third, an hour later, which checks the cursors (LS11)."""
    shop = Shop(store, settings={"fault": fault})
    await shop.sync()
    first = everything(store)
    for minutes in (1, 61):
        shop.later(minutes=minutes)
        report = await shop.sync()
        now = everything(store)
        for table in ("content", "identity", "outbox"):
            assert now[table] == first[table]
        assert not any(it.new or it.updated or it.more_later for it in report.objects.values())


@pytest.mark.parametrize("listing", [PAGED, replace(PAGED, repeats_since_id=True), Listing(page_size=1)], ids=repr)
@pytest.mark.parametrize("fault", ["", *names(listings.FAULTS)])
async def test_nor_does_it_where_pages_are_short(store: Store, fault: str, listing: Listing) -> None:
    shop = Shop(store, settings={"fault": fault, "listing": listing})
    await shop.sync()
    first = everything(store)
    shop.later(minutes=61)
    await shop.sync()

    assert everything(store)["content"] == first["content"]


# --- Contents


IGNORED: dict[str, tuple[str | None, str, str]] = {
    "id-missing": (None, "OB1", "has no 'id'"),
    "author-missing": ("7", "OB1", "has no 'author'"),
    "author-id-missing": ("7", "OB4", "the author has no 'id'"),
    "screenname-missing": ("7", "OB4", "the author has no 'screenname'"),
    "body-missing": ("7", "OB1", "has no 'body', 'attachments' or 'structured_content'"),
    "thread-id-missing": ("7", "OB1", "has no 'thread_id'"),
    "recipient-missing": ("12", "OB2", "has no 'recipient'"),
    "thread-author-missing": ("2", "OB3", "has no 'author'"),
    "thread-body-missing": ("2", "OB3", "has no 'body'"),
    "content-null": (None, "TR6", "is null instead of an object"),
    "content-string": (None, "TR6", "is a string instead of an object"),
    "author-null": ("7", "OB1", "has no 'author'"),
    "author-id-null": ("7", "OB4", "the author has no 'id'"),
    "body-empty": ("7", "OB1", "has no 'body', 'attachments' or 'structured_content'"),
    "number-beyond-64-bit": ("7", "OB12", "'context_data' holds a number beyond 64 bit"),
    "lone-surrogate": ("7", "OB12", "is not JSON that can be stored"),
    "nul-character": ("7", "OB12", "'body' holds a NUL character"),
    "nan": ("7", "OB12", "is not JSON that can be stored"),
    "nested-arrays": ("7", "OB12", "is too deeply nested"),
    "number-beyond-64-bit-newest": ("11", "OB12", "'context_data' holds a number beyond 64 bit"),
    "lone-surrogate-newest": ("11", "OB12", "is not JSON that can be stored"),
    "nul-character-newest": ("11", "OB12", "'body' holds a NUL character"),
    "nan-newest": ("11", "OB12", "is not JSON that can be stored"),
    "nested-arrays-newest": ("11", "OB12", "is too deeply nested"),
}
"""What is not imported: the id by which it is reported, the rule, and how the reason begins."""

NO_THREAD = "a thread that messages name cannot be had"
NO_9999 = "the partner says: there is no 9999 among our threads"

UNKNOWN_REPLY = "'in_reply_to_id' is no known content of the same object, and counts as absent"

REMARKED = {
    "id-number": ("OB9", "'id' is a number; the guide wants a string"),
    "id-float": ("OB9", "'id' is a number; the guide wants a string"),
    "thread-id-number": ("OB9", "'thread_id' is a number; the guide wants a string"),
    "in-reply-to-number": ("OB9", "'in_reply_to_id' is a number; the guide wants a string"),
    "author-id-number": ("OB9", "'author.id' is a number; the guide wants a string"),
    "author-id-exponent": ("OB9", "'author.id' is a number; the guide wants a string"),
    "actions-object": ("OB9", "'actions' is an object instead of a list"),
    "in-reply-to-zero": ("OB8", "'in_reply_to_id' is '0', which means none"),
    "date-milliseconds": ("OB11", "'created_at' is a number instead of an ISO 8601 date"),
    "date-slashes": ("OB5", "'created_at' does not say which is the day and which is the month"),
    "date-space": ("OB11", "'created_at' has no time zone, and was read as UTC"),
    "attachment-without-url": ("OB7", "an attachment without 'url', or 'content' and 'filename', is left out"),
    "author-dates-missing": ("OB4", "the author lacks 'created_at' or 'updated_at'"),
    "body-too-long": ("OB6", "the body has more than 20,000 characters"),
    "context-data-keys": ("OB6", "a key of 'context_data' has characters other than a-z, A-Z and '-'"),
    "thread-unknown": ("LS9", f"{NO_THREAD}: expected HTTP 2xx, got HTTP 404; {NO_9999}"),
    "in-reply-to-unknown": ("OB8", UNKNOWN_REPLY),
    "in-reply-to-another-thread": ("OB8", UNKNOWN_REPLY),
}
"""What is imported with a remark."""

SILENT = {
    "author-created-at-differs",
    "context-data-array",
    "body-empty-with-attachments",
    "updated-at-null",
    "order-not-by-date",
    "unpublished",
    "date-offset",
    "date-php-offset",
    "date-only",
    "extra-fields",
    "collection-actions",
    "undeclared-actions",
}
"""What is imported without a word."""


def test_these_are_all_faults_of_contents() -> None:
    assert sorted([*IGNORED, *REMARKED, *SILENT]) == sorted(names(contents.FAULTS))


@pytest.mark.parametrize("listing", [UNPAGED, PAGED], ids=["unpaged", "paged"])
@pytest.mark.parametrize("fault", names(contents.FAULTS))
async def test_a_broken_content_is_reported_and_neither_stops_its_neighbours_nor_the_cursor(
    store: Store, fault: str, listing: Listing
) -> None:
    shop = Shop(store, settings={"fault": fault, "listing": listing})
    report = await shop.sync()

    target = FAULTS[fault].target
    assert target is not None
    object_name, foreign_id = target
    expected = {**ALL}
    reported = []
    if fault in IGNORED:
        expected[object_name] = [it for it in ALL[object_name] if it != foreign_id]
        reported = [(object_name, *IGNORED[fault])]
    assert imported(shop) == expected
    assert [(*it[:3], it[3][: len(reported[0][3])] if reported else "") for it in ignored(report)] == reported
    assert store.cursors(shop.source) == CURSORS
    assert [it for it in remarked(report) if it[0] != "OB8" or fault in REMARKED] == (
        [REMARKED[fault]] if fault in REMARKED else []
    )

    shop.endpoint.forum.add_message("jun", "1", "<p>next</p>")
    report = await shop.sync()
    assert imported(shop)["messages"] == [*expected["messages"], "14"]
    assert (report.objects["messages"].new, ignored(report)) == (1, [])


READ: dict[str, dict[str, Any]] = {
    "id-number": {"foreign_id": "7"},
    "id-float": {"foreign_id": "7"},
    "thread-id-number": {"thread_id": "2"},
    "in-reply-to-number": {"in_reply_to_id": "6"},
    "author-id-number": {"author_id": "42"},
    "author-id-exponent": {"author_id": "42"},
    "actions-object": {
        "actions": '["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',
    },
    "updated-at-null": {"updated_at": None},
    "date-milliseconds": {"created_at": "2017-11-06T09:34:56Z"},
    "date-slashes": {"created_at": None},
    "date-space": {"created_at": "2017-11-06T09:34:56Z"},
    "date-offset": {"created_at": "2017-11-06T09:34:56Z"},
    "date-php-offset": {"created_at": "2017-11-06T09:34:56Z"},
    "date-only": {"created_at": "2017-11-06T00:00:00Z"},
    "body-empty-with-attachments": {"body": None},
    "body-too-long": {"body": "é" * 20_001},
    "in-reply-to-zero": {"in_reply_to_id": None},
    "thread-unknown": {"thread_id": "9999"},
}
"""What an odd spelling is read as."""


@pytest.mark.parametrize("fault", READ)
async def test_an_odd_spelling_is_read(store: Store, fault: str) -> None:
    shop = Shop(store, settings={"fault": fault})
    await shop.sync()

    [row] = [row for row in rows(store, "content") if row["foreign_id"] == DESIGNATED["messages"]]
    assert {name: row[name] for name in READ[fault]} == READ[fault]


async def test_an_identity_is_one_whatever_dates_it_is_shown_with(store: Store) -> None:
    shop = Shop(store, settings={"fault": "author-created-at-differs"})
    await shop.sync()

    assert [row["foreign_id"] for row in rows(store, "identity")].count("42") == 1


async def test_an_unknown_thread_is_asked_for_once(store: Store) -> None:
    shop = Shop(store, settings={"fault": "thread-unknown"})
    reports = [await shop.sync(), await shop.sync()]

    assert [entry.params for entry in shop.endpoint.forum.ledger.of("threads.show")] == [{"id": "9999"}]
    assert [report.looked_up for report in reports] == [1, 0]


# --- Answers that are none


ERRORS = {
    "unsigned-answer": "SignatureInvalid",
    "wrongly-signed-answer": "SignatureInvalid",
    "upper-case-signature": "SignatureInvalid",
    "warnings-before-json": "SignatureInvalid",
    "compressed-answer": "AnswerEncoded",
    "redirect": "ErrorStatus",
    "server-error": "ErrorStatus",
    "php-error-always": "SignatureInvalid",
    "info-empty": "NotJson",
    "info-null": "UnexpectedShape",
    "info-array": "UnexpectedShape",
    "info-without-objects": "UnexpectedShape",
    "info-not-json": "NotJson",
    "list-object": "UnexpectedShape",
    "list-not-json": "NotJson",
    "list-cut-off": "NotJson",
    "list-resource-error": "ResourceError",
    "list-error": "ErrorStatus",
}
HARMLESS = {"byte-order-mark", "list-empty", "list-null", "show-array"}


def test_these_are_all_faults_of_answers() -> None:
    assert sorted([*ERRORS, *HARMLESS]) == sorted(names(transport.FAULTS))


@pytest.mark.parametrize("fault", ERRORS)
async def test_an_answer_that_is_none_is_an_error_and_concerns_nothing_else(store: Store, fault: str) -> None:
    shop = Shop(store, settings={"fault": fault})
    report = await shop.sync()

    listing = fault.startswith("list-")
    action = "messages.list" if listing else "implementation.info"
    assert [(type(error).__name__, error.action) for error in report.errors] == [(ERRORS[fault], action)]
    assert imported(shop) == ({**ALL, "messages": []} if listing else {name: [] for name in ALL})
    assert shop.asked.count(action) == 1
    if not listing:
        assert shop.asked == ["implementation.info"]


@pytest.mark.parametrize(
    ("fault", "remarks"),
    [("list-null", []), ("list-empty", [("LS2", "the body is empty, and was read as an empty list")])],
)
async def test_null_and_no_bytes_are_an_empty_list(store: Store, fault: str, remarks: list[tuple[str, str]]) -> None:
    """OB0, LS2: the second, since it is rightly signed, with a remark."""
    shop = Shop(store, settings={"fault": fault})
    report = await shop.sync()

    assert report.errors == []
    assert imported(shop) == {**ALL, "messages": []}
    assert [it for it in remarked(report) if it[0] != "OB8"] == remarks


async def test_a_byte_order_mark_is_signed_passed_over_and_told(store: Store) -> None:
    """TR6: in the answers to all actions."""
    shop = Shop(store, settings={"fault": "byte-order-mark"})
    report = await shop.sync()
    told = ("TR6", "the answer begins with a byte-order mark, which was passed over")
    assert imported(shop) == ALL
    assert [(it.rule, it.text) for it in report.remarks] == [told]
    assert remarked(report) == [told] * 3

    agent = await shop.agent()
    agent.create(Draft(object="messages", body="<p>Hi</p>", thread=Ref("threads", foreign_id="1")))
    agent.act("mark_as_solved", "7")
    agent.act("delete", "11")
    report = await shop.sync()
    assert [(it.outcome, it.remark) for it in report.exports] == [("succeeded", "")] * 3
    assert report.exports[0].entry.foreign_id == "14"


# --- Declarations and lists


@pytest.mark.parametrize(
    ("fault", "rules"),
    [
        ("objects-flat", ["OB9"]),
        ("objects-under-actions", ["OB9"]),
        ("objects-flat-under-actions", ["OB9", "OB9"]),
        ("unknown-object-and-option", ["IM10", "IM10"]),
        ("delete-and-destroy", ["IM6"]),
        ("unthreaded-with-threads", ["IM7"]),
        ("empty-options-and-locales", []),
    ],
)
async def test_a_declaration_that_is_spelled_otherwise_is_understood_and_remarked_on(
    store: Store, fault: str, rules: list[str]
) -> None:
    shop = Shop(store, settings={"fault": fault})
    report = await shop.sync()

    assert fault in names(declarations.FAULTS)
    assert [remark.rule for remark in report.remarks] == rules
    assert report.errors == []
    assert imported(shop) == ({**ALL, "threads": []} if fault == "unthreaded-with-threads" else ALL)


NOT_LISTED = {"ignores-since-id-newest": MESSAGES[:5], "newest-of-many": MESSAGES[:5], "stuck-cursor": MESSAGES[3:]}
"""What such a partner never lists."""


@pytest.mark.parametrize("fault", names(listings.FAULTS))
async def test_all_that_is_listed_is_imported_once_and_listing_ends(store: Store, fault: str) -> None:
    shop = Shop(store, settings={"fault": fault})
    report = await shop.sync()

    assert report.errors == []
    assert imported(shop) == {**ALL, "messages": [it for it in MESSAGES if it not in NOT_LISTED.get(fault, ())]}
    assert [it.requests for it in report.objects.values()] == [2, 2, 2]


# --- Pushing


SETTLED: dict[str, tuple[str, Status, int]] = {
    "create-without-id": ("create", Status.FAILURE, 3),
    "create-replied-to-id": ("create", Status.SUCCESS, 1),
    "create-id-alone": ("create", Status.SUCCESS, 1),
    "create-id-number": ("create", Status.SUCCESS, 1),
    "create-empty-object": ("create", Status.FAILURE, 3),
    "create-done-empty-object": ("create", Status.FAILURE, 3),
    "create-error": ("create", Status.FAILURE, 3),
    "create-fatal-error": ("create", Status.ABORTED, 1),
    "create-ignores-content-id": ("create", Status.SUCCESS, 1),
    "create-changes-text": ("create", Status.SUCCESS, 1),
    "create-error-page": ("create", Status.FAILURE, 3),
    "delete-empty-object": ("delete", Status.SUCCESS, 1),
    "delete-null": ("delete", Status.SUCCESS, 1),
    "operation-without-content": ("mark_as_solved", Status.SUCCESS, 1),
    "operation-empty-body": ("mark_as_solved", Status.SUCCESS, 1),
}
"""The operation that such a partner answers otherwise, what becomes of the export, and after how many attempts."""


def test_these_are_all_faults_of_operations() -> None:
    shows = {name for name in names(operations.FAULTS) if name.startswith("show-")}
    assert SETTLED.keys() | shows == set(names(operations.FAULTS))


@pytest.mark.parametrize("fault", SETTLED)
async def test_every_export_is_settled_after_three_attempts_at_most(store: Store, fault: str) -> None:
    shop = Shop(store, settings={"fault": fault})
    await shop.sync()
    agent = await shop.agent()
    operation, status, attempts = SETTLED[fault]
    if operation == "create":
        agent.create(Draft(object="messages", body="Hi", thread=Ref("threads", foreign_id="1")))
    else:
        agent.act(operation, "7")
    for _ in range(5):
        report = await shop.sync()

    [entry] = store.entries(shop.source)
    assert (entry["status"], entry["attempts"]) == (str(status), attempts)
    assert len(shop.endpoint.forum.ledger.of(f"messages.{operation}")) == attempts
    assert report.idle
    contents_there = {it.id for it in shop.endpoint.forum.standing("messages")}
    assert contents_there <= set(imported(shop)["messages"])


# --- Spellings of a request


@pytest.mark.parametrize(
    ("fault", "ascii_json", "accepted"),
    [
        ("node-spelling", False, True),
        ("node-spelling", True, False),
        ("python-spelling", False, False),
        ("python-spelling", True, True),
        ("php-errors", False, True),
        ("php-errors", True, True),
        ("exact-content-type", False, True),
        ("header-signature-only", False, True),
    ],
)
async def test_who_takes_which_spelling_of_a_body(store: Store, fault: str, ascii_json: bool, accepted: bool) -> None:
    shop = Shop(store, settings={"fault": fault})
    shop.source = replace(shop.source, ascii_json=ascii_json, signature_in_query=True)
    await shop.sync()
    draft = Draft(object="messages", body="déjà vu", thread=Ref("threads", foreign_id="1"))
    (await shop.agent()).create(draft)
    report = await shop.sync()

    assert report.outcomes()["succeeded"] == accepted
    if not accepted:
        assert "HTTP 422" in (report.exports[0].entry.error or "")


async def test_the_error_says_that_escapes_might_help(store: Store) -> None:
    shop = Shop(store, settings={"fault": "python-spelling"})
    async with shop.partner() as partner:
        with pytest.raises(ErrorStatus) as caught:
            await partner.ask("messages.show", {"id": "é"}, expected="a content")

    assert caught.value.ascii_hint


async def test_an_error_of_the_php_sdk_says_what_it_is(store: Store) -> None:
    shop = Shop(store, settings={"fault": "php-errors"})
    async with shop.partner() as partner:
        with pytest.raises(SignatureInvalid, match=r"unknown action: messages\.dance") as caught:
            await partner.ask("messages.dance", expected="a dance")

    assert caught.value.php_status == "400 Bad Request"
