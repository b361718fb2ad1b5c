import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crawler.protocol.signature import HEADER
from crawler.reference import DEFAULT, FAULTS, Fault, Listing, ReferencePartner
from crawler.reference.contents import OBJECTS
from crawler.reference.faults import contents, declarations, listings, operations, spellings, transport
from crawler.reference.faults.contents import DESIGNATED, TABLE, UNSTORABLE
from crawler.reference.faults.contents import FAULTS as CONTENT_FAULTS
from crawler.reference.seed import DESIGNATED_MESSAGE, NEWEST_MESSAGE, UNTOUCHED_MESSAGE
from crawler.reference.wire import Request, Response, encode
from tests.unit.reference.small_platform import SECRET, ask, body, call, listed, partner, send

PROTOCOL = Path(__file__).parents[3] / "crawler" / "PROTOCOL.md"
DRAFT = {"author_id": "agent", "body": "<p>Yes</p>", "content_id": "c1", "in_reply_to_id": "9", "thread_id": "1"}


def signed(content: bytes, **headers: str) -> Request:
    given = {HEADER.lower(): SECRET.sign(content), "content-type": "application/json", **headers}
    return Request(headers=given, body=content)


# The same conversation with any partner: everything a platform does, and how it is answered.

Step = tuple[str, Request | Callable[[ReferencePartner], object]]


def conversation() -> Iterator[Step]:
    def does(action: str, **params: Any) -> Step:
        return action, signed(body(action, params))

    yield does("implementation.info")
    info = body("implementation.info")
    yield "implementation.info", replace(signed(info), headers={})
    yield "implementation.info", replace(signed(info), headers={}, query={"signature": SECRET.sign(info)})
    yield "implementation.info", replace(signed(info), headers={HEADER.lower(): "0" * 128})
    yield "implementation.info", signed(info, **{"content-type": "application/json; charset=utf-8"})
    yield "implementation.info", signed(body("implementation.info", {"note": "é"}))
    yield "implementation.info", signed(json.dumps({"action": "implementation.info", "note": "é"}).encode())
    newest = {"threads": "15", "messages": "11", "private_messages": "18"}
    middle = {"threads": "3", "messages": "6", "private_messages": "16"}
    for name in OBJECTS:
        yield does(f"{name}.list")
        yield does(f"{name}.list", since_id=middle[name])
        yield does(f"{name}.list", since_id=newest[name])
        for foreign_id in (DESIGNATED[name], newest[name], "99"):
            yield does(f"{name}.show", id=foreign_id)
    for foreign_id in middle.values():
        yield "", lambda it, gone=foreign_id: it.forum.remove(gone)  # type: ignore[misc]
    for name in OBJECTS:
        yield does(f"{name}.list", since_id=middle[name])
    yield does("messages.unpublish", id=UNTOUCHED_MESSAGE)
    yield does("messages.publish", id=UNTOUCHED_MESSAGE)
    yield does("messages.mark_as_solved", id=UNTOUCHED_MESSAGE, user_id="agent")
    yield does("messages.delete", id=UNTOUCHED_MESSAGE)
    yield does("messages.create", **DRAFT, retry=False)
    yield does("messages.create", **DRAFT, retry=True)


def answers(name: str, page_size: int | None) -> list[tuple[str, Response]]:
    it = partner(fault=name, listing=Listing(page_size=page_size))
    it.forum.fill(threads=2, private_messages=3)
    heard: list[tuple[str, Response]] = []
    for action, step in conversation():
        if isinstance(step, Request):
            heard.append((action, it.respond(step)))
        else:
            step(it)
    return heard


HEALTHY_ANSWERS = {page_size: answers("", page_size) for page_size in (None, 3)}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_shows_in_the_actions_it_names_and_in_no_other(fault: Fault) -> None:
    differing = {
        action
        for page_size, healthy in HEALTHY_ANSWERS.items()
        for (action, good), (_, bad) in zip(healthy, answers(fault.name, page_size), strict=True)
        if good != bad
    }
    if fault.actions:
        assert differing == fault.actions
    else:
        assert "implementation.info" in differing


@pytest.mark.parametrize("fault", CONTENT_FAULTS, ids=[fault.name for fault in CONTENT_FAULTS])
def test_a_spoilt_content_leaves_its_neighbours_as_they_are(fault: Fault) -> None:
    assert fault.target
    object_name, foreign_id = fault.target
    good = call(partner(), f"{object_name}.list")
    bad = ask(partner(fault=fault.name), f"{object_name}.list").content
    healthy = [encode(content) for content in good if content["id"] != foreign_id]
    assert len(healthy) == len(good) - 1
    for content in healthy:
        assert content in bad
        bad = bad.replace(content, b"")
    spoilt = bad.strip(b"[],")
    assert spoilt == encode(fault.content(next(content for content in good if content["id"] == foreign_id)))


def test_names_are_kebab_case_and_descriptions_one_line() -> None:
    for name, fault in FAULTS.items():
        assert name == fault.name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert 10 < len(fault.description) < 120
        assert "\n" not in fault.description


def test_no_two_faults_share_a_name() -> None:
    chapters = (contents, declarations, listings, operations, spellings, transport)
    assert len(FAULTS) == sum(len(chapter.FAULTS) for chapter in chapters)


def test_rules_are_those_of_the_protocol() -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    known = {*re.findall(r"\*\*([A-Z]{2}\d+)\*\*", text), *re.findall(r"^## ([A-Z]{2}) ", text, re.MULTILINE), "OB0"}
    for fault in FAULTS.values():
        assert fault.rules
        assert set(fault.rules) <= known, fault.name


@pytest.mark.parametrize(
    "rule",
    [
        "SP",
        "LS2", "LS3", "LS4", "LS5", "LS7", "LS9", "LS10",
        "OB9", "OB11", "OB12",
        "PU3", "PU4", "PU5", "PU7", "PU11",
        "TR5", "TR6", "TR9", "TR10",
        "SG3", "SG4", "SG5",
        "IM1", "IM6",
    ],
)  # fmt: skip
def test_every_rule_that_a_partner_can_break_has_a_fault(rule: str) -> None:
    assert any(rule in fault.rules for fault in FAULTS.values())


def test_unknown_fault_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no fault 'typo'.*stuck-cursor"):
        partner(fault="typo")


def test_faults_of_show_let_other_errors_through() -> None:
    it = partner(fault="show-unknown-null", capabilities=DEFAULT.without("messages.show"))
    assert ask(it, "messages.show", id="99").status_code == 400


# Who refuses which spelling: the table of SP.

INFO = b'{"action":"implementation.info","params":%s}'
SPELLINGS = {
    "ascii": INFO % b'{"a":"<>&/","b":[1,-2,true,null]}',
    "raw UTF-8": INFO % '{"a":"é👋"}'.encode(),
    "escapes": INFO % rb'{"a":"\u00e9\ud83d\udc4b"}',
    "upper-case escapes": INFO % rb'{"a":"\u00E9"}',
    "escaped ascii": INFO % rb'{"a":"\u003c"}',
    "escaped slash": INFO % rb'{"a":"\/"}',
    "spaces": INFO % b'{"a": 1}',
    "float": INFO % b'{"a":1.0}',
    "integer keys": INFO % b'{"b":1,"2":1,"1":1}',
    "large": INFO % (b'{"a":"%s"}' % (b"x" * 100 * 1024)),
}
REFUSED: dict[str, dict[str, int]] = {
    "node-spelling": {
        "escapes": 422, "upper-case escapes": 422, "escaped ascii": 422, "escaped slash": 422, "spaces": 422,
        "float": 422, "integer keys": 422, "large": 413,
    },
    "python-spelling": {
        "raw UTF-8": 422, "upper-case escapes": 422, "escaped ascii": 422, "escaped slash": 422, "spaces": 422,
    },
    "php-errors": {},
    "": {},
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("fault", REFUSED)
def test_who_refuses_which_spelling(fault: str, spelling: str) -> None:
    response = send(partner(fault=fault), SPELLINGS[spelling])
    assert response.status_code == REFUSED[fault].get(spelling, 200)


@pytest.mark.parametrize("fault", ["node-spelling", "python-spelling"])
def test_respelling_partners_still_want_a_signature_and_json(fault: str) -> None:
    assert send(partner(fault=fault), SPELLINGS["ascii"], signature="").status_code == 422
    assert send(partner(fault=fault), b"hello").status_code == 400


def test_php_errors_look_like_success() -> None:
    response = ask(partner(fault="php-errors"), "messages.fly")
    assert response.status_code == 200
    assert response.headers["status"] == "400 Bad Request"
    assert response.headers["content-type"] == "text/html; charset=UTF-8"
    assert HEADER not in response.headers
    assert "unknown action" in response.text


def test_exact_content_type() -> None:
    it = partner(fault="exact-content-type")
    assert send(it, SPELLINGS["ascii"]).status_code == 200
    response = send(it, SPELLINGS["ascii"], **{"content-type": "application/json; charset=utf-8"})
    assert (response.status_code, response.text) == (400, "Invalid action")


# Whom they let in, and how they answer.


def test_accepts_unsigned_but_no_wrong_signature() -> None:
    it = partner(fault="accepts-unsigned")
    assert send(it, SPELLINGS["ascii"], signature="").status_code == 200
    assert send(it, SPELLINGS["ascii"], signature="0").status_code == 403


def test_accepts_wrong_signatures_but_not_none() -> None:
    it = partner(fault="accepts-wrong-signatures")
    assert send(it, SPELLINGS["ascii"], signature="0").status_code == 200
    assert send(it, SPELLINGS["ascii"], signature="").status_code == 403


def test_unsigned_answer() -> None:
    assert HEADER not in ask(partner(fault="unsigned-answer"), "messages.list").headers


def test_wrongly_signed_answer() -> None:
    response = ask(partner(fault="wrongly-signed-answer"), "messages.list")
    assert not SECRET.verifies(response.content, response.headers[HEADER])
    assert len(response.headers[HEADER]) == 128


def test_upper_case_signature() -> None:
    response = ask(partner(fault="upper-case-signature"), "messages.list")
    assert response.headers[HEADER] == SECRET.sign(response.content).upper()


def test_warnings_before_json_that_is_signed_alone() -> None:
    response = ask(partner(fault="warnings-before-json"), "messages.list")
    assert response.content.startswith(b"<br />")
    assert SECRET.verifies(response.content[response.content.index(b"[{") :], response.headers[HEADER])


def test_compressed_answer_is_signed_uncompressed() -> None:
    response = partner(fault="compressed-answer").respond(signed(body("messages.list")))
    assert response.headers["content-encoding"] == "gzip"
    assert SECRET.verifies(gzip.decompress(response.body), response.headers[HEADER.lower()])


@pytest.mark.parametrize(
    ("fault", "status"), [("redirect", 307), ("server-error", 500), ("php-error-always", 200), ("list-error", 503)]
)
def test_failing_answers(fault: str, status: int) -> None:
    response = ask(partner(fault=fault), "messages.list")
    assert response.status_code == status
    assert response.text
    assert HEADER not in response.headers
    assert ("location" in response.headers) == (fault == "redirect")
    assert ("status" in response.headers) == (fault == "php-error-always")


@pytest.mark.parametrize(
    ("fault", "action", "content"),
    [
        ("info-empty", "implementation.info", b""),
        ("info-null", "implementation.info", b"null"),
        ("info-array", "implementation.info", b"[]"),
        ("info-without-objects", "implementation.info", b'{"options":[]}'),
        ("list-empty", "messages.list", b""),
        ("list-null", "messages.list", b"null"),
        ("list-object", "messages.list", b'{"messages":[]}'),
        ("list-cut-off", "messages.list", b'[{"id":"11","bod'),
    ],
)
def test_bodies_that_are_not_what_was_asked_for_are_signed(fault: str, action: str, content: bytes) -> None:
    response = ask(partner(fault=fault), action)
    assert response.content == content
    assert SECRET.verifies(content, response.headers[HEADER])


# What they declare.


def test_spellings_of_objects() -> None:
    flat = call(partner(fault="objects-flat"), "implementation.info")["objects"]
    assert "messages.mark_as_solved" in flat
    assert "objects" not in call(partner(fault="objects-under-actions"), "implementation.info")
    assert call(partner(fault="objects-flat-under-actions"), "implementation.info")["actions"] == flat


def test_a_declaration_is_spoilt_on_the_wire_only() -> None:
    it = partner(fault="unthreaded-with-threads")
    for _ in range(2):
        assert call(it, "implementation.info")["options"].count("messages.unthreaded") == 1
    assert "messages.unthreaded" not in it.capabilities.options


# How they list.


def test_lists_that_ignore_the_cursor() -> None:
    everything = ["11", "10", "9", "8", "7", "6", "5", "4"]
    for page_size in (None, 2):
        limit = Listing(page_size=page_size)
        assert listed(partner(fault="ignores-since-id", listing=limit), since_id="11") == everything
        assert listed(partner(fault="ignores-since-id-newest", listing=limit), since_id="11") == everything[:3]


def test_stuck_cursor_serves_the_same_page_for_ever() -> None:
    it = partner(fault="stuck-cursor")
    assert [listed(it), listed(it, since_id="6"), listed(it, since_id="11")] == [["6", "5", "4"]] * 3
    assert listed(partner(fault="stuck-cursor", listing=Listing(page_size=2)), since_id="5") == ["5", "4"]


def test_ascending_order() -> None:
    assert listed(partner(fault="ascending-order"), since_id="8") == ["9", "10", "11"]


def test_newest_of_many_skips_the_older_ones() -> None:
    it = partner(fault="newest-of-many")
    assert listed(it, since_id="4") == ["11", "10", "9"]
    assert listed(it, since_id="11") == []


def test_duplicates_in_page() -> None:
    assert listed(partner(fault="duplicates-in-page"), since_id="9") == ["11", "11", "10", "10"]


def test_repeats_since_id() -> None:
    assert listed(partner(fault="repeats-since-id"), since_id="10") == ["11", "10"]


@pytest.mark.parametrize(
    ("fault", "ids"),
    [
        ("removed-cursor-nothing", []),
        ("removed-cursor-everything", ["11", "10", "9", "7", "6", "5", "4"]),
        ("removed-cursor-all-but-oldest", ["11", "10", "9", "7", "6", "5"]),
    ],
)
def test_removed_cursors(fault: str, ids: list[str]) -> None:
    it = partner(fault=fault)
    assert listed(it, since_id="9") == ["11", "10"]
    it.forum.remove("8")
    assert listed(it, since_id="8") == ids


# What they show.


def spoilt(name: str) -> Any:
    return call(partner(fault=name), "messages.list")[4]


def test_designated_message_has_all_that_can_be_spoilt() -> None:
    shown = call(partner(), "messages.show", id=DESIGNATED_MESSAGE)
    assert shown["attachments"][1]["url"]
    assert shown["author"]["id"].isdigit()
    assert {"body", "context_data", "in_reply_to_id", "thread_id", "updated_at"} <= shown.keys()


def test_some_contents_that_are_odd() -> None:
    assert spoilt("id-number")["id"] == 7
    assert spoilt("author-id-number")["author"]["id"] == 42
    assert spoilt("author-id-null")["author"]["id"] is None
    assert spoilt("actions-object")["actions"]["2"] == "delete"
    assert "url" not in spoilt("attachment-without-url")["attachments"][0]
    assert spoilt("content-null") is None
    assert spoilt("content-string") == "7"


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("number-beyond-64-bit", b"1180591620717411303424"),
        ("lone-surrogate", b"half \\ud83d of it"),
        ("nul-character", b"before \\u0000 after"),
        ("nan", b'{"order":NaN}'),
        ("nested-arrays", b"[" * 100_000 + b"]" * 100_000),
    ],
)
@pytest.mark.parametrize(("suffix", "foreign_id"), [("", DESIGNATED_MESSAGE), ("-newest", NEWEST_MESSAGE)])
def test_unstorable_contents_are_written_by_hand(name: str, piece: bytes, suffix: str, foreign_id: str) -> None:
    it = partner(fault=name + suffix)
    response = ask(it, "messages.list")
    assert response.content.count(piece) == 1
    assert SECRET.verifies(response.content, response.headers[HEADER])
    assert response.content.startswith(b'[{"id":"11"')
    assert piece in ask(it, "messages.show", id=foreign_id).content


def test_every_row_becomes_a_fault_and_the_unstorable_ones_two() -> None:
    assert len(CONTENT_FAULTS) == len(TABLE) + len(UNSTORABLE)


# How they show and write.


@pytest.mark.parametrize(
    ("suffix", "content"), [("string", b'""'), ("object", b"{}"), ("null", b"null"), ("empty", b"")]
)
def test_show_of_an_unknown_id_as_a_success(suffix: str, content: bytes) -> None:
    it = partner(fault=f"show-unknown-{suffix}")
    response = ask(it, "messages.show", id="99")
    assert (response.status_code, response.content) == (200, content)
    assert call(it, "messages.show", id="7")["id"] == "7"
    assert ask(it, "messages.fly").status_code == 400


def test_show_id_differs_from_list_id() -> None:
    it = partner(fault="show-id-differs")
    assert call(it, "messages.show", id="7")["id"] == "message-7"
    assert call(it, "messages.show", id="8")["id"] == "8"


@pytest.mark.parametrize(
    ("fault", "created"),
    [
        ("create-without-id", True),
        ("create-replied-to-id", True),
        ("create-id-alone", True),
        ("create-id-number", True),
        ("create-changes-text", True),
        ("create-done-empty-object", True),
        ("create-empty-object", False),
        ("create-error", False),
        ("create-fatal-error", False),
    ],
)
def test_creates_that_are_answered_otherwise(fault: str, created: bool) -> None:
    it = partner(fault=fault)
    call(it, "messages.create", **DRAFT)
    assert ("14" in it.forum.contents) == created


def test_create_answers_the_replied_to_id() -> None:
    it = partner(fault="create-replied-to-id")
    assert call(it, "messages.create", **DRAFT)["id"] == "9"
    draft = {**DRAFT, "in_reply_to_id": None, "content_id": "c2"}
    assert call(it, "messages.create", **draft)["id"] == "1"


def test_create_ignores_content_id() -> None:
    it = partner(fault="create-ignores-content-id")
    assert [call(it, "messages.create", **DRAFT)["id"] for _ in range(2)] == ["14", "15"]


def test_create_error_page() -> None:
    it = partner(fault="create-error-page")
    response = ask(it, "messages.create", **DRAFT)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert "14" not in it.forum.contents


@pytest.mark.parametrize(("fault", "content"), [("delete-empty-object", b"{}"), ("delete-null", b"null")])
def test_deletes_without_the_content(fault: str, content: bytes) -> None:
    it = partner(fault=fault)
    assert ask(it, "messages.delete", id="7").content == content
    assert it.forum.contents["7"].removed


@pytest.mark.parametrize(
    ("fault", "content"), [("operation-without-content", b'{"ok":true}'), ("operation-empty-body", b"")]
)
def test_custom_operations_without_the_content(fault: str, content: bytes) -> None:
    it = partner(fault=fault)
    assert ask(it, "messages.mark_as_solved", id="7", user_id="agent").content == content
    assert it.forum.contents["7"].done == {"mark_as_solved": "agent"}
