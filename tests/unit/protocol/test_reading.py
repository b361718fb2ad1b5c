"""Answers that show contents are read leniently; one broken content never stops its neighbours (LS2, LS7, OB)."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import NotJson, PartnerError, ResourceError, UnexpectedShape
from crawler.protocol.implementation import ImplementationInfo
from crawler.protocol.objects import Content, User
from crawler.protocol.reading import LARGE, Page, check_no_error, read_content, read_page
from tests.unit.protocol.samples import (
    encoded,
    ignored,
    info,
    json_values,
    message,
    private,
    read,
    thread,
    told,
    unhurried,
    user,
)

MARK = b"\xef\xbb\xbf"
MARKED = ("TR6", "the answer begins with a byte-order mark, which was passed over")
INFO = info()
UNTHREADED = info("messages.unthreaded")
TITLES_ONLY = info("threads.no_content")

ADA = User(id="u1", screenname="Ada", created_at="2012-10-01T17:18:40Z", updated_at="2012-10-02T17:18:40Z")
HELLO = Content(object="messages", id="m1", author_id="u1", thread_id="t1", body="<p>Hello</p>", format="html")


def one(content: object, object_name: str = "messages", under: ImplementationInfo = INFO) -> Content:
    """The one content of a page, with nothing to remark on."""
    page = read(content, object_name=object_name, under=under)
    assert (ignored(page), told(page)) == ([], [])
    return page.contents[0]


def reason(content: object, object_name: str = "messages", under: ImplementationInfo = INFO) -> tuple[str, str]:
    """Why a content is ignored; its neighbours are not."""
    neighbours = {"messages": message, "private_messages": private, "threads": thread}[object_name]
    page = read(neighbours("newer"), content, neighbours("older"), object_name=object_name, under=under)
    assert [it.id for it in page.contents] == ["newer", "older"]
    [(position, _, rule, why)] = ignored(page)
    assert position == 1
    return rule, why


def test_a_message_as_the_guide_types_it() -> None:
    """OB1, OB4."""
    page = read(message())
    assert page.contents == (HELLO,)
    assert page.users == {"u1": ADA}
    assert (page.head_id, page.size, page.positions, told(page)) == ("m1", 1, {"m1": 0}, [])


def test_all_fields_of_a_message() -> None:
    """OB1: what is kept as JSON is kept as it came."""
    given_fields: dict[str, Any] = {
        "title": "T",
        "format": "text",
        "language": "fr",
        "created_at": "2012-10-01T17:18:40+02:00",
        "updated_at": "2012-10-02",
        "in_reply_to_id": "m0",
        "actions": ["delete", "spam"],
    }
    extra = {
        "attachments": [{"url": "https://shop.example/a.png"}, {"content": "YQ==", "filename": "a.txt"}],
        "categories": ["7"],
        "context_data": {"a-B": 1.0},
        "display_url": "https://shop.example/é",
        "ip": "::1",
        "structured_content": {"type": "select"},
        "structured_reply": {"payload": "x"},
    }
    content = one(message(**given_fields, **extra, colour="red"))
    assert content.extra is not None
    assert json.loads(content.extra) == extra
    assert (content.title, content.format, content.language) == ("T", "text", "fr")
    assert (content.created_at, content.updated_at) == ("2012-10-01T15:18:40Z", "2012-10-02T00:00:00Z")
    assert (content.in_reply_to_id, content.actions) == ("m0", ("delete", "spam"))


def test_a_private_message_has_a_recipient_and_no_thread() -> None:
    """OB2."""
    page = read(private(thread_id="t9"), object_name="private_messages")
    assert [(it.author_id, it.recipient_id, it.thread_id) for it in page.contents] == [("u1", "u2", None)]
    assert set(page.users) == {"u1", "u2"}


def test_a_thread_has_a_title_and_no_thread() -> None:
    """OB3."""
    content = one(thread(thread_id="t9"), "threads")
    assert (content.id, content.title, content.body, content.thread_id) == ("t1", "Hello", "<p>Hello</p>", None)


@pytest.mark.parametrize(
    "content",
    [
        {"id": "t1", "title": "Hello"},
        thread(),
        {"id": "t1", "title": "Hello", "author": "Ada", "body": "\0", "actions": 7, "thread_id": "x" * 2_000},
        {"id": "t1", "title": "Hello", "author": {"id": None}, "created_at": "yesterday"},
    ],
)
def test_of_a_thread_without_content_only_id_and_title_are_read(content: object) -> None:
    """IM8."""
    assert one(content, "threads", TITLES_ONLY) == Content(object="threads", id="t1", title="Hello")
    assert read(content, object_name="threads", under=TITLES_ONLY).users == {}


def test_a_thread_without_content_may_be_without_a_title() -> None:
    """IM8, OB0."""
    assert one({"id": "t1", "title": ""}, "threads", TITLES_ONLY).title is None
    assert read({"title": "T"}, object_name="threads", under=TITLES_ONLY).contents == ()


@pytest.mark.parametrize("thread_id", [..., None, "", "t1", 7, "\0", ["t1"], "x" * 2_000])
def test_unthreaded_messages_have_no_thread_whatever_they_say(thread_id: object) -> None:
    """IM7."""
    assert one(message(thread_id=thread_id), under=UNTHREADED).thread_id is None


@pytest.mark.parametrize("recipient", [..., None, "bob", ["bob"], {"id": "\0"}])
def test_a_recipient_of_a_message_is_an_extra_field(recipient: object) -> None:
    """OB1: extra fields are ignored."""
    assert one(message(recipient=recipient)) == HELLO


@pytest.mark.parametrize("empty", [..., None, "", [], {}])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("id", "has no 'id'"),
        ("author", "has no 'author'"),
        ("thread_id", "has no 'thread_id'"),
        ("body", "has no 'body', 'attachments' or 'structured_content'"),
    ],
)
def test_a_message_that_lacks_what_it_needs_is_ignored(name: str, why: str, empty: object) -> None:
    """LS7, OB0, OB1, OB11."""
    content = {key: value for key, value in {**message(), name: empty}.items() if value is not ...}
    assert reason(content) == ("OB1", why)


@pytest.mark.parametrize("empty", [..., None, "", [], {}])
@pytest.mark.parametrize(
    ("object_name", "name", "rule", "why"),
    [
        ("private_messages", "recipient", "OB2", "has no 'recipient'"),
        ("private_messages", "author", "OB1", "has no 'author'"),
        ("private_messages", "body", "OB1", "has no 'body', 'attachments' or 'structured_content'"),
        ("threads", "author", "OB3", "has no 'author'"),
        ("threads", "body", "OB3", "has no 'body'"),
    ],
)
def test_other_contents_that_lack_what_they_need_are_ignored(
    object_name: str, name: str, rule: str, why: str, empty: object
) -> None:
    """LS7, OB0, OB2, OB3."""
    content = private(**{name: empty}) if object_name == "private_messages" else thread(**{name: empty})
    assert reason(content, object_name) == (rule, why)


@pytest.mark.parametrize(
    ("author", "why"),
    [
        ({"id": None, "screenname": "Ada"}, "the author has no 'id'"),
        ({"id": "", "screenname": "Ada"}, "the author has no 'id'"),
        ({"screenname": "Ada"}, "the author has no 'id'"),
        ({"id": True, "screenname": "Ada"}, "the author has no 'id'"),
        ({"id": "u7"}, "the author has no 'screenname'"),
        ({"id": "u7", "screenname": ""}, "the author has no 'screenname'"),
        ({"id": "u7", "screenname": None}, "the author has no 'screenname'"),
        ("Ada", "the author is a string instead of an object"),
    ],
)
def test_an_author_that_lacks_what_it_needs_has_its_content_ignored(author: object, why: str) -> None:
    """OB4, OB11."""
    assert reason(message(author=author)) == ("OB4", why)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (message("x" * 1_001), "'id' has more than 1,000 characters"),
        (message(thread_id="x" * 1_001), "'thread_id' has more than 1,000 characters"),
        (message(author=user("x" * 1_001)), "'author.id' has more than 1,000 characters"),
        (message("\0"), "'id' holds a NUL character"),
        (message(body="\0"), "'body' holds a NUL character"),
        (message(author=user(screenname="\0")), "'author.screenname' holds a NUL character"),
        (message(context_data={"a": ["\0"]}), "'context_data' holds a NUL character"),
        (message(attachments=[{"url": "\0"}]), "'attachments' holds a NUL character"),
        (message(context_data={"a": 2**64}), "'context_data' holds a number beyond 64 bit"),
        (message(title=2**64), "'title' holds a number beyond 64 bit"),
        (message(author=user("u9", context_data=[-(2**63) - 1])), "'author.context_data' holds a number beyond 64 bit"),
        ([message()], "is an array instead of an object"),
        (None, "is null instead of an object"),
        (7, "is a number instead of an object"),
    ],
)
def test_what_no_database_takes_is_ignored(content: object, why: str) -> None:
    """OB12, LS7."""
    assert reason(content) == ("TR6" if "instead" in why else "OB12", why)


DEEP = b"[" * 200_000 + b"]" * 200_000
HUNDREDS = b"[" * 800 + b"]" * 800


@pytest.mark.parametrize(
    "value",
    [b"NaN", b"1e999", rb'"\ud800"', b'"\xff"', b"9" * 5_000, b"[1,]", b'"a\nb"', DEEP, HUNDREDS],
    ids=["NaN", "too large", "surrogate", "not UTF-8", "digits", "comma", "line break", "deep", "hundreds deep"],
)
@pytest.mark.parametrize("name", [b"context_data", b"attachments", b"body", b"id"])
def test_what_is_no_json_in_one_content_leaves_its_neighbours_alone(name: bytes, value: bytes) -> None:
    """OB12, LS7: such a content must never wedge the source."""
    broken = encoded(message("broken", **{name.decode(): "HERE"})).replace(b'"HERE"', value)
    body = b"[" + b",".join([encoded(message("newer")), broken, encoded(message("older"))]) + b"]"
    page = read_page("shop", "messages", body, INFO)
    assert [it.id for it in page.contents] == ["newer", "older"]
    assert [position for position, *_ in ignored(page)] == [1]


@pytest.mark.parametrize(
    ("newest", "head"),
    [
        (message("new", author=None), "new"),
        (message(7, author=None), "7"),
        (message(7.5), "7.5"),
        (message(2**64), str(2**64)),
        (message("\ud83d"), "\ud83d"),
        (message("\0"), "\0"),
        (message("x" * 1_001), "x" * 1_001),
        ({"id": "bare"}, "bare"),
        ({"body": "no id"}, "m1"),
        (None, "m1"),
        ({"id": True}, "m1"),
        ({"id": ""}, "m1"),
    ],
)
def test_the_cursor_moves_past_a_newest_content_that_is_ignored(newest: object, head: str) -> None:
    """LS7, LS2, OB12."""
    page = read(newest, message())
    assert page.head_id == head
    assert page.size == 2


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        (
            {"created_at": "06/11/2017"},
            ("OB5", "'created_at' does not say which is the day and which is the month"),
        ),
        ({"updated_at": 1349111920000}, ("OB11", "'updated_at' is a number instead of an ISO 8601 date")),
        ({"created_at": "2012-10-01 17:18:40Z"}, ("OB11", "'created_at' has a space instead of the 'T'")),
        ({"body": "x" * 20_001}, ("OB6", "the body has more than 20,000 characters")),
        ({"context_data": {"a_b": 1}}, ("OB6", "a key of 'context_data' has characters other than a-z, A-Z and '-'")),
        ({"context_data": [1]}, ("OB6", "'context_data' is an array instead of an object")),
        ({"in_reply_to_id": "0"}, ("OB8", "'in_reply_to_id' is '0', which means none")),
        ({"in_reply_to_id": "x" * 1_001}, ("OB12", "'in_reply_to_id' is too long, and counts as absent")),
        ({"format": "markdown"}, ("OB1", "a 'format' other than 'html' and 'text' was read as 'html'")),
        ({"thread_id": 7}, ("OB9", "'thread_id' is a number; the guide wants a string")),
        ({"actions": {"0": "delete", "2": "spam"}}, ("OB9", "'actions' is an object instead of a list")),
        ({"author": user(gender="other")}, ("OB4", "a 'gender' other than 'man' and 'woman' counts as absent")),
        ({"author": user(created_at=...)}, ("OB4", "the author lacks 'created_at' or 'updated_at'")),
        ({"author": user(updated_at="")}, ("OB4", "the author lacks 'created_at' or 'updated_at'")),
        ({"author": user(created_at="soon")}, ("OB5", "'author.created_at' is not an ISO 8601 date")),
        (
            {"author": user(context_data={"a_b": 1})},
            ("OB6", "a key of 'author.context_data' has characters other than a-z, A-Z and '-'"),
        ),
        (
            {"attachments": [{"filename": "a.png"}]},
            ("OB7", "an attachment without 'url', or 'content' and 'filename', is left out"),
        ),
    ],
)
def test_what_is_odd_is_imported_and_reported(changes: dict[str, Any], remark: tuple[str, str]) -> None:
    """OB4, OB5, OB6, OB7, OB9, OB11."""
    changes = {name: _without_dots(value) for name, value in changes.items()}
    page = read(message(**changes), message("m2"))
    assert (told(page), ignored(page)) == ([remark], [])
    assert [it.id for it in page.contents] == ["m1", "m2"]
    assert next(iter(page.remarks.examples.values())) == ["m1"]


def _without_dots(value: Any) -> Any:
    return {k: v for k, v in value.items() if v is not ...} if isinstance(value, dict) else value


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"format": "markdown"}, {"format": "html"}),
        ({"created_at": "06/11/2017"}, {"created_at": None}),
        ({"created_at": 1349111920000}, {"created_at": "2012-10-01T17:18:40Z"}),
        ({"updated_at": None}, {"updated_at": None}),
        ({"in_reply_to_id": "0"}, {"in_reply_to_id": None}),
        ({"in_reply_to_id": 0}, {"in_reply_to_id": None}),
        ({"in_reply_to_id": "00"}, {"in_reply_to_id": "00"}),
        ({"in_reply_to_id": "x" * 1_001}, {"in_reply_to_id": None}),
        ({"in_reply_to_id": ""}, {"in_reply_to_id": None}),
        ({"thread_id": 7}, {"thread_id": "7"}),
        ({"id": 7}, {"id": "7"}),
        ({"id": 2**64}, {"id": str(2**64)}),
        ({"actions": {"0": "delete", "2": "spam"}}, {"actions": ("delete", "spam")}),
        ({"actions": ["", "spam"]}, {"actions": ("spam",)}),
        ({"actions": ["", 7, "spam"]}, {"actions": ("spam",)}),
        ({"context_data": [1]}, {"extra": '{"context_data":[1]}'}),
        ({"attachments": [{"filename": "a"}, {"url": "u"}]}, {"extra": '{"attachments":[{"url":"u"}]}'}),
        ({"attachments": {"1": {"url": "u"}}}, {"extra": '{"attachments":[{"url":"u"}]}'}),
        ({"attachments": [{"content": "YQ=="}, "u"]}, {"extra": None}),
        ({"attachments": "u"}, {"extra": None}),
        ({"published": False}, {}),
    ],
)
def test_what_is_odd_is_read_for_what_it_means(changes: dict[str, Any], fields: dict[str, Any]) -> None:
    """OB7, OB9, OB11, OB0."""
    plain = {name: getattr(HELLO, name) for name in HELLO.__struct_fields__}
    assert read({**message(), **changes}).contents == (Content(**{**plain, **fields}),)


@pytest.mark.parametrize("empty", [b"null", b"[]", b"{}", b'""', b"[ ]", b"{\n}"])
@pytest.mark.parametrize(
    "name",
    [b"title", b"in_reply_to_id", b"language", b"format", b"created_at", b"updated_at", b"actions", b"attachments",
     b"categories", b"context_data", b"display_url", b"ip", b"structured_content", b"structured_reply"],
)  # fmt: skip
def test_an_empty_field_is_an_absent_one_in_any_spelling(name: bytes, empty: bytes) -> None:
    """OB0, OB11: `context_data: []`, `updated_at: null`."""
    body = encoded([{**message(), name.decode(): "HERE"}]).replace(b'"HERE"', empty)
    page = read_page("shop", "messages", body, INFO)
    assert (page.contents, told(page)) == ((HELLO,), [])


def test_attachments_will_do_without_a_body() -> None:
    """OB1, OB7."""
    content = one(message(body="", attachments=[{"url": "u"}]))
    assert (content.body, content.extra) == (None, '{"attachments":[{"url": "u"}]}')


@pytest.mark.parametrize("attachments", [[{"filename": "a.png"}], [], "u", {"url": "u"}])
def test_attachments_that_are_none_do_not_replace_a_body(attachments: object) -> None:
    """OB1, OB7."""
    page = read(message(body=..., attachments=attachments, context_data={"attachments": 1}))
    assert ignored(page) == [(0, "m1", "OB1", "has no 'body', 'attachments' or 'structured_content'")]


@pytest.mark.parametrize("object_name", ["messages", "private_messages"])
@pytest.mark.parametrize("odd", [{}, {"language": 7}], ids=["as typed", "mended"])
def test_structured_content_will_do_without_a_body(object_name: str, odd: dict[str, object]) -> None:
    """OB1, OB2, ST: the guide's own examples have none; it is kept as it came."""
    value = {"type": "rich_link", "url": "https://shop.example/é", "title": "The shirt", "mood": [1, None]}
    make = message if object_name == "messages" else private
    page = read(make(body="", structured_content=value, context_data={"a": "b"}, **odd), object_name=object_name)
    [content] = page.contents
    assert (content.body, ignored(page)) == (None, [])
    assert content.extra is not None
    assert json.loads(content.extra) == {"context_data": {"a": "b"}, "structured_content": value}


@pytest.mark.parametrize("value", ["select", ["select"], 7, True, {}, [], None])
def test_structured_content_that_is_no_object_does_not_replace_a_body(value: object) -> None:
    """OB1, OB0: nor does one that stands somewhere else."""
    page = read(message(body=..., structured_content=value, context_data={"structured_content": {"type": "select"}}))
    assert ignored(page) == [(0, "m1", "OB1", "has no 'body', 'attachments' or 'structured_content'")]


def test_a_structured_reply_does_not_replace_a_body() -> None:
    """OB1."""
    assert read(message(body="", structured_reply={"payload": "size:m"})).contents == ()


def test_a_thread_needs_a_body_whatever_is_attached() -> None:
    """OB3."""
    page = read(
        thread(body="", attachments=[{"url": "u"}], structured_content={"type": "select"}), object_name="threads"
    )
    assert ignored(page) == [(0, "t1", "OB3", "has no 'body'")]


def test_an_identity_is_one_however_often_it_is_named_and_the_newest_counts() -> None:
    """OB10, OB11."""
    page = read(
        message("3", author=user(screenname="Ada L.", email="new")),
        message("2", author=user(screenname="Ada", email="old")),
        message("1", author=user(screenname="Ada L.", created_at="2001-01-01")),
    )
    assert [it.author_id for it in page.contents] == ["u1"] * 3
    assert {it.id: (it.screenname, it.email, it.created_at) for it in page.users.values()} == {
        "u1": ("Ada L.", "new", "2012-10-01T17:18:40Z")
    }


@pytest.mark.parametrize(
    ("told", "read_as"),
    [
        ([...], None),
        ([None], None),
        ([True], True),
        ([False], False),
        ([..., True], True),
        ([..., False, True], False),
        ([..., None, True, False], True),
        ([False, True], False),
    ],
)
@pytest.mark.parametrize("names", ["the same", "another each"])
def test_that_an_identity_is_puppetizable_may_be_told_once(
    told: list[object], read_as: bool | None, names: str
) -> None:
    """OB4: the newest content that says it counts."""
    authors = [user(screenname="Ada" if names == "the same" else f"Ada {n}") for n in range(len(told))]
    listed = [
        message(str(n), author=author if said is ... else {**author, "puppetizable": said})
        for n, (author, said) in enumerate(zip(authors, told, strict=True))
    ]
    page = read(*listed)
    assert page.users["u1"].puppetizable is read_as
    assert page.users["u1"].screenname == authors[0]["screenname"]
    assert page.remarks.counts == {}


def test_an_ignored_content_tells_nothing_of_its_author() -> None:
    """LS7, OB4."""
    page = read(message("2"), message("1", author=user(puppetizable=True), body=""))
    assert page.users["u1"].puppetizable is None


def test_all_fields_of_an_identity() -> None:
    """OB4."""
    fields = {"firstname": "A", "lastname": "L", "avatar_url": "x", "email": "e", "home_phone": "1",
              "mobile_phone": "2", "gender": "woman", "puppetizable": True}  # fmt: skip
    page = read(message(author=user(**fields, context_data={"a": 1}, ip="::1")))
    it = page.users["u1"]
    assert {name: getattr(it, name) for name in fields} == fields
    assert it.context_data == '{"a": 1}'


@pytest.mark.parametrize(("gender", "read_as"), [("man", "man"), ("other", None), ("", None), (None, None)])
def test_a_gender_is_one_of_the_guides_or_absent(gender: str | None, read_as: str | None) -> None:
    """OB4, OB0."""
    assert read(message(author=user(gender=gender))).users["u1"].gender == read_as


def test_identities_of_ignored_contents_are_not_imported() -> None:
    """LS7."""
    assert read(message(author=user("u9"), body="")).users == {}


def test_of_a_content_that_is_listed_twice_the_newer_one_counts() -> None:
    """LS2, LS4."""
    page = read(message("1", body="new"), message("2"), message("1", body="old"))
    assert [(it.id, it.body) for it in page.contents] == [("1", "new"), ("2", "<p>Hello</p>")]
    assert told(page) == [("LS2", "listed more than once in one answer; the newer one counts")]
    assert (page.positions, page.size) == ({"1": 0, "2": 1}, 3)


def test_positions_are_those_in_the_answer() -> None:
    """LS7."""
    page = read(None, message("2"), {"id": "x"}, message("1"))
    assert page.positions == {"2": 1, "1": 3}
    assert [it.position for it in page.ignored] == [0, 2]


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b"null", b"{}", b'""', b"{ }"])
def test_an_empty_list_has_many_spellings(body: bytes) -> None:
    """OB0."""
    page = read_page("shop", "messages", body, INFO)
    assert (page.contents, page.head_id, page.size, ignored(page)) == ((), None, 0, [])


@pytest.mark.parametrize("body", [b"", b" \r\n", MARK, MARK + b"\n"])
def test_an_empty_body_is_an_empty_list_and_reported(body: bytes) -> None:
    """LS2: it was trusted, rightly signed over no bytes or not verified at all."""
    page = read_page("shop", "messages", body, INFO)
    assert (page.contents, page.head_id, page.size, ignored(page)) == ((), None, 0, [])
    empty = ("LS2", "the body is empty, and was read as an empty list")
    assert told(page) == ([MARKED, empty] if MARK in body else [empty])
    assert set(map(len, page.remarks.examples.values())) == {0}


@pytest.mark.parametrize("mark", [MARK, MARK * 3, b"\n" + MARK, MARK + b"\r\n" + MARK + b" "])
def test_byte_order_marks_before_the_json_are_passed_over_and_reported(mark: bytes) -> None:
    """TR6, OB11."""
    listed = read_page("shop", "messages", mark + encoded([message("2"), message("1")]), INFO)
    assert ([it.id for it in listed.contents], listed.head_id, told(listed)) == (["2", "1"], "2", [MARKED])
    odd = read_page("shop", "messages", mark + encoded([message("2"), None]), INFO)
    assert (odd.size, len(odd.ignored), told(odd)) == (2, 1, [MARKED])
    nothing = read_page("shop", "messages", mark + b"[]", INFO)
    assert (nothing.size, told(nothing)) == (0, [MARKED])
    shown = read_content("shop", "messages.show", "messages", mark + encoded(message()), INFO)
    assert (shown.contents, told(shown)) == ((HELLO,), [MARKED])
    unknown = read_content("shop", "messages.show", "messages", mark + b"{}", INFO)
    assert (unknown.contents, told(unknown)) == ((), [MARKED])
    with pytest.raises(ResourceError, match="never"):
        check_no_error("shop", "messages.delete", mark + b'{"error":{"fatal":true,"message":"never"}}')


@pytest.mark.parametrize("body", [b"[" + MARK + b"]", b"\xef\xbb[]", "\ufeff[]".encode("utf-16-le"), b"[]" + MARK])
def test_what_is_no_mark_before_json_is_no_json(body: bytes) -> None:
    """TR3, TR6, LS7: within an array it is an element that cannot be read."""
    try:
        assert [it.rule for it in read_page("shop", "messages", body, INFO).ignored] == ["OB12"]
    except NotJson as error:
        assert error.came == "a body that is not JSON"  # noqa: PT017 - either is right


@pytest.mark.parametrize(
    ("body", "kind", "came", "explanation"),
    [
        (b"<p>oops</p>", NotJson, "a body that is not JSON", "oops"),
        (b"<b>Warning</b>: x [1]\n[]", NotJson, "a body that is not JSON", "Warning : x [1] []"),
        (b"[{]", NotJson, "a body that is not JSON", "[{]"),
        (b'[{"id":"1"}', NotJson, "a body that is not JSON", '[{"id":"1"}'),
        (b'{"a":NaN}', NotJson, "a body that is not JSON", '{"a":NaN}'),
        (rb'{"a":"\ud800"}', NotJson, "a body that is not JSON", r'{"a":"\ud800"}'),
        (b"9" * 5_000, NotJson, "a body that is not JSON", "9" * 299 + "…"),
        (b'"\xff"', NotJson, "a body that is not JSON", '"�"'),
        (rb'{"a":"\u0000"}', UnexpectedShape, "an object", r'{"a":"\u0000"}'),
        (b'{"id":"1"}', UnexpectedShape, "an object", '{"id":"1"}'),
        (b'"Invalid action"', UnexpectedShape, "a string", "Invalid action"),
        (b"7", UnexpectedShape, "a number", "7"),
        (b"9" * 40, UnexpectedShape, "a number", "9" * 40),
        (b"false", UnexpectedShape, "false", ""),
        (b'{"error":{}}', UnexpectedShape, "an object", '{"error":{}}'),
    ],
)
def test_what_is_no_list_is_an_error_that_says_what_came(
    body: bytes, kind: type[PartnerError], came: str, explanation: str
) -> None:
    """TR6, TR9."""
    with pytest.raises(kind) as caught:
        read_page("shop", "messages", body, INFO)
    error = caught.value
    assert type(error) is kind
    assert (error.source, error.action, error.expected) == ("shop", "messages.list", "a JSON array of contents")
    assert (error.came, error.explanation) == (came, explanation)


ERRORS = [
    (b'{"error":{"fatal":false,"message":"later"}}', False, "later"),
    (b'{"error":{"fatal":true,"message":"never"}}', True, "never"),
    (b'{"error":{"fatal":1,"message":"a\\nb"}}', True, "a b"),
    (b'{"error":{"fatal":"true"}}', True, ""),
    (b'{"error":{"fatal":"0","message":7}}', False, ""),
    (b'{"error":{"fatal":null,"message":null}}', False, ""),
    (b'{"error":"gone"}', False, "gone"),
    (b'{"error":true}', False, ""),
    (b'{"id":"1","error":["x"]}', False, ""),
    (rb'{"error":{"fatal":true,"message":"cut off \ud83d"}}', True, "cut off"),
    (b'{"error":{"fatal":true,"message":"no"},"load":NaN}', True, "no"),
]


@pytest.mark.parametrize("element", [b"1", b"[]", b'""', b"{}"])
def test_a_large_answer_of_tiny_values_is_refused_before_it_is_decoded(element: bytes) -> None:
    """OB12. A small one is read as any other: each of its elements is ignored."""
    crowd = b"[" + b",".join([element] * 60_000) + b"]"
    with pytest.raises(UnexpectedShape, match=r"got 60,000 values in [\d,]+ bytes, which cannot be contents"):
        read_page("shop", "messages", crowd, INFO)
    few = b"[" + b",".join([element] * 100) + b"]"
    assert len(read_page("shop", "messages", few, INFO).ignored) == 100


@pytest.mark.parametrize(("body", "fatal", "message"), ERRORS)
def test_an_error_of_the_partner_is_one_wherever_it_comes(body: bytes, fatal: bool, message: str) -> None:
    """PU7: even where another part of the answer cannot be decoded."""
    for answered in (
        lambda: read_page("shop", "messages", body, INFO),
        lambda: read_content("shop", "messages.show", "messages", body, INFO),
        lambda: check_no_error("shop", "messages.delete", body),
    ):
        with pytest.raises(ResourceError) as caught:
            answered()
        assert (caught.value.fatal, caught.value.explanation) == (fatal, message)
        assert caught.value.came == ("a fatal error" if fatal else "an error")


@pytest.mark.parametrize(
    "body",
    [b"", b"ok", b"<html>", b"{}", b"null", b"[]", b'{"error":null}', b'{"error":{}}', b'{"error":""}', b"\xff",
     b'[{"error":{"fatal":true}}]', encoded(message()), b'{"id":NaN}', b"[" * 200_000],
)  # fmt: skip
def test_any_other_answer_to_a_deletion_is_success(body: bytes) -> None:
    """PU5, OB0."""
    check_no_error("shop", "messages.delete", body)


@pytest.mark.parametrize("body", [b"", b" \n", b"null", b"{}", b"{ }", b'""', b"[]", b"[ ]\n"])
def test_a_content_that_the_partner_does_not_have_is_shown_in_many_spellings(body: bytes) -> None:
    """OB9, OB0, AC1."""
    page = read_content("shop", "threads.show", "threads", body, INFO)
    assert (page.contents, page.head_id, page.size) == ((), None, 0)


@pytest.mark.parametrize(
    ("body", "kind", "came"),
    [
        (b"<html>", NotJson, "a body that is not JSON"),
        (b"[NaN]", NotJson, "a body that is not JSON"),
        (b'{"id":"1"},{"id":"2"}', NotJson, "a body that is not JSON"),
        (b'{"id":"1"', NotJson, "a body that is not JSON"),
        (b'[{"id":"1"}]', UnexpectedShape, "an array"),
        (b'"no"', UnexpectedShape, "a string"),
        (b"1", UnexpectedShape, "a number"),
    ],
)
def test_what_is_no_content_is_an_error(body: bytes, kind: type[PartnerError], came: str) -> None:
    """TR6, AC1."""
    with pytest.raises(kind) as caught:
        read_content("shop", "messages.show", "messages", body, INFO)
    error = caught.value
    assert type(error) is kind
    assert (error.action, error.expected, error.came) == ("messages.show", "a JSON object: the content", came)


def test_a_content_that_is_shown_is_read_like_a_listed_one() -> None:
    """AC1, OB11: it goes by the id that was asked for."""
    shown = read_content("shop", "messages.show", "messages", encoded(message("M-1")), INFO)
    assert shown.head_id == "M-1"
    assert shown.under("m1").contents == (HELLO,)
    assert shown.under("m1").users == {"u1": ADA}


@pytest.mark.parametrize("body", [b'{"id":"m1"}', b'{"id":"m1","body":NaN}', rb'{"id":"m1","body":"\ud83d"}'])
def test_a_content_that_is_shown_in_parts_still_has_its_id(body: bytes) -> None:
    """PU3, LS7."""
    page = read_content("shop", "messages.create", "messages", body, INFO)
    assert (page.contents, page.head_id, len(page.ignored)) == ((), "m1", 1)


texts = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.none() | texts
dates = st.none() | st.sampled_from(["", "2012-02-10", "2012-10-01T17:18:40+0200", "soon", "2012-10-01 17:18"])
users = st.fixed_dictionaries(
    {"id": texts, "screenname": texts},
    optional={
        "email": plain,
        "gender": st.sampled_from(["man", "other", None, ""]),
        "puppetizable": st.none() | st.booleans(),
        "created_at": dates,
        "updated_at": dates,
        "context_data": json_values,
        "unheard_of": json_values,
    },
)
contents = st.fixed_dictionaries(
    {"id": texts},
    optional={
        "author": st.none() | users,
        "recipient": st.none() | users,
        "thread_id": plain,
        "in_reply_to_id": plain,
        "title": plain,
        "body": plain,
        "format": st.sampled_from(["html", "text", "other", None, ""]),
        "created_at": dates,
        "updated_at": dates,
        "actions": st.none() | st.lists(texts),
        "attachments": json_values,
        "context_data": json_values,
        "structured_content": json_values,
        "ip": plain,
        "unheard_of": json_values,
    },
)
polled = st.sampled_from(["messages", "private_messages", "threads"])
infos = st.sampled_from([INFO, UNTHREADED, TITLES_ONLY])
ODD_NEIGHBOURS = [b"NaN", b"null", rb'{"id":"\ud800"}', rb'{"id":"\u0000"}', b'{"id":true,"author":[]}', b'"\xff"']


def meaning(page: Page) -> tuple[object, ...]:
    return page.contents, dict(page.users), [(it.id, it.rule, it.reason) for it in page.ignored], told(page)


@unhurried
@given(contents, polled, infos, st.sampled_from(ODD_NEIGHBOURS))
def test_an_odd_neighbour_changes_nothing_about_a_content(
    content: dict[str, object], object_name: str, under: ImplementationInfo, neighbour: bytes
) -> None:
    """LS7, OB12: read fast or with care, a content is the same."""
    alone = read_page("shop", object_name, b"[" + encoded(content) + b"]", under)
    beside = read_page("shop", object_name, b"[" + encoded(content) + b"," + neighbour + b"]", under)
    odd = read_page("shop", object_name, b"[" + neighbour + b"]", under)
    assert meaning(beside)[:2] == meaning(alone)[:2]
    assert [it.reason for it in beside.ignored] == [it.reason for it in (*alone.ignored, *odd.ignored)]
    assert beside.head_id == (alone.head_id or odd.head_id)


@unhurried
@given(contents, polled, infos)
def test_a_content_that_has_to_be_mended_is_the_same_content(
    content: dict[str, Any], object_name: str, under: ImplementationInfo
) -> None:
    """OB9: one odd field, and all others are read as they would have been."""
    odd = {**content, "language": 7}
    as_typed = read_page("shop", object_name, encoded([{**content, "language": "7"}]), under)
    mended = read_page("shop", object_name, encoded([odd]), under)
    assert [_decoded(it) for it in mended.contents] == [_decoded(it) for it in as_typed.contents]
    assert [_decoded(it) for it in mended.users.values()] == [_decoded(it) for it in as_typed.users.values()]
    assert [it.id for it in mended.ignored] == [it.id for it in as_typed.ignored]
    assert mended.head_id == as_typed.head_id


def _decoded(it: Content | User) -> dict[str, object]:
    """With JSON decoded: a content that was mended may have lost the white space in it."""
    fields = {name: getattr(it, name) for name in it.__struct_fields__}
    as_json = {name: json.loads(fields[name]) for name in ("extra", "context_data") if fields.get(name)}
    return {**fields, **as_json}


# What ends neither itself nor its neighbours: no quotes, commas or brackets of its own.
broken = st.binary().map(lambda text: bytes(byte for byte in text if byte not in b'",[]{}'))


@unhurried
@given(broken, polled)
def test_one_broken_element_never_changes_what_its_neighbours_become(element: bytes, object_name: str) -> None:
    """LS7, OB12."""
    neighbours = {"messages": message, "private_messages": private, "threads": thread}[object_name]
    body = b"[" + encoded(neighbours("newer")) + b"," + element + b"," + encoded(neighbours("older")) + b"]"
    page = read_page("shop", object_name, body, INFO)
    without = read(neighbours("newer"), neighbours("older"), object_name=object_name)
    assert page.contents == without.contents
    assert page.users == without.users
    assert page.head_id == "newer"


@unhurried
@given(json_values, polled)
def test_one_odd_element_never_changes_what_its_neighbours_become(element: object, object_name: str) -> None:
    """LS7, OB12."""
    neighbours = {"messages": message, "private_messages": private, "threads": thread}[object_name]
    page = read(neighbours("newer"), element, neighbours("older"), object_name=object_name)
    assert [it.id for it in page.contents] == ["newer", "older"]
    assert [it.position for it in page.ignored] == [1]


answers = st.one_of(
    st.binary(),
    json_values.map(encoded),
    st.lists(contents | json_values, max_size=3).map(encoded),
    st.lists(st.sampled_from([b"[", b"]", b"{", b"}", b'"', b"\\", b",", b":", b"id", b"7", b"NaN", b"\xff"])).map(
        b"".join
    ),
)


@unhurried
@given(answers, polled, infos)
def test_whatever_comes_only_a_partners_error_is_raised(
    body: bytes, object_name: str, under: ImplementationInfo
) -> None:
    """TR6, OB12: no answer whatever ends the program."""
    with suppress(PartnerError):
        page = read_page("shop", object_name, body, under)
        assert page.size >= len(page.contents) + len(page.ignored)
    with suppress(PartnerError):
        assert len(read_content("shop", "x.show", object_name, body, under).contents) <= 1
    with suppress(ResourceError):
        check_no_error("shop", "x.delete", body)


@pytest.mark.parametrize("depth", range(940, 1_000))
def test_no_depth_ends_the_program(depth: int) -> None:
    """OB12: wherever the decoder's limit is, which is another one for each caller."""
    deep = b"[" * depth + b"]" * depth
    element = encoded(message(context_data="HERE")).replace(b'"HERE"', deep)
    assert [it.rule for it in read_page("shop", "messages", b"[" + element + b"]", INFO).ignored] == ["OB12"]
    for body in (deep, b'{"a":' + deep + b"}"):
        with suppress(PartnerError):
            read_page("shop", "messages", body, INFO)
        with suppress(PartnerError):
            read_content("shop", "messages.show", "messages", body, INFO)


def test_a_large_page_is_read_content_by_content_and_an_odd_one_stops_no_other() -> None:
    """LS7, OB9."""
    large = message("1", body="x" * LARGE)
    page = read(message("3"), {**message("2"), "author": None}, message("4", thread_id=7), large)
    assert [it.id for it in page.contents] == ["3", "4", "1"]
    assert [(it.position, it.id) for it in page.ignored] == [(1, "2")]
    assert {remark.rule for remark in page.remarks.counts} == {"OB6", "OB9"}
