"""What a partner declares, read leniently, and what that allows (IM, OB0, OB9, PU13, PU14, AC2)."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import NotJson, PartnerError, UnexpectedShape
from crawler.protocol.implementation import (
    COLLECTION_LEVEL,
    OPTIONS,
    POLLED,
    STANDARD,
    ImplementationInfo,
    explain_value,
    read_implementation,
    read_names,
    shape,
)
from tests.unit.protocol.samples import encoded, info, json_values, unhurried

ALL = ["list", "show", "create", "reply", "delete", "publish", "unpublish", "spam"]


def reading(answer: object) -> ImplementationInfo:
    return read_implementation("shop", encoded(answer))


def told(implementation: ImplementationInfo) -> list[tuple[str, str]]:
    return [(remark.rule, remark.text) for remark in implementation.remarks]


def test_the_guides_example_is_read_without_a_word() -> None:
    """IM2."""
    it = reading(
        {
            "objects": {"messages": ["list", "create", "spam"], "threads": ["list"]},
            "options": ["messages.no_title"],
            "locales": {"default": {"spam": "Spam"}},
        }
    )
    assert it.declared == {"messages": ("list", "create", "spam"), "threads": ("list",)}
    assert it.options == {"messages.no_title"}
    assert (it.locales, it.remarks) == ({"default": {"spam": "Spam"}}, ())


@pytest.mark.parametrize("empty", [None, [], {}, ""])
def test_options_and_locales_and_operations_may_be_empty_in_any_spelling(empty: object) -> None:
    """OB0, IM2, IM9: all options are off by default."""
    objects = {"messages": empty, "threads": ["list"]}
    it = reading({"objects": objects, "options": empty, "locales": empty})
    assert (it.options, it.locales, it.remarks) == (frozenset(), {}, ())
    assert it.operations("messages") == ()
    assert reading({"objects": objects}) == it


@pytest.mark.parametrize("objects", [{}, []])
def test_nothing_may_be_declared(objects: object) -> None:
    """IM3, OB0: implementation.info is the only mandatory action."""
    it = reading({"objects": objects})
    assert (it.declared, it.listed, it.remarks) == ({}, (), ())


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\n\xef\xbb\xbf\xef\xbb\xbf"])
def test_byte_order_marks_before_the_json_are_passed_over_and_reported(mark: bytes) -> None:
    """TR6."""
    declared = encoded({"objects": {"messages": ["list"]}, "options": ["x.y"]})
    plain, marked = read_implementation("shop", declared), read_implementation("shop", mark + declared)
    assert marked.declared == plain.declared
    assert [remark.rule for remark in marked.remarks] == ["TR6", *(remark.rule for remark in plain.remarks)]


@pytest.mark.parametrize(
    ("body", "came"),
    [
        (b"", "an empty body"),
        (b" \n", "an empty body"),
        (b"\xef\xbb\xbf", "an empty body"),
        (b"<html>", "a body that is not JSON (JSON is malformed"),
        (b'{"objects":{"messages":["\xff"]}}', "a body that is not JSON ('utf-8' codec can't decode"),
        (b'{"objects":' + b"[" * 200_000, "a body that is not JSON (maximum recursion depth"),
        (b'{"objects":{},"x":1e999}', "a body that is not JSON (Number out of range"),
    ],
)
def test_an_answer_that_is_not_json_is_malformed(body: bytes, came: str) -> None:
    """IM1, TR6."""
    with pytest.raises(NotJson) as caught:
        read_implementation("shop", body)
    assert caught.value.came.startswith(came)


@pytest.mark.parametrize(
    ("body", "came"),
    [
        (b"null", "null"),
        (b"[]", "an empty array"),
        (b'"Invalid action"', "a string"),
        (b"{}", "an object without 'objects', with nothing in it"),
        (b'{"objects":null,"a\\n":1}', "an object without 'objects', with 'objects', 'a'"),
        (b'{"objects":7}', "'objects' as a number"),
        (b'{"objects":""}', "'objects' as an empty string"),
        (b'{"objects":["messages.list",{}]}', "'objects' as an array"),
        (b'{"actions":true}', "'objects' as true"),
    ],
)
def test_an_answer_without_objects_is_malformed(body: bytes, came: str) -> None:
    """IM1, TR6."""
    with pytest.raises(UnexpectedShape) as caught:
        read_implementation("shop", body)
    error = caught.value
    assert (error.source, error.action, error.came) == ("shop", "implementation.info", came)


def test_a_string_and_an_object_explain_themselves() -> None:
    """TR6."""
    with pytest.raises(UnexpectedShape) as caught:
        reading("Invalid\naction")
    assert caught.value.explanation == "Invalid action"
    with pytest.raises(UnexpectedShape) as caught:
        reading({"message": "désolé"})
    assert caught.value.explanation == '{"message":"désolé"}'


def test_unknown_objects_and_options_are_ignored_and_reported() -> None:
    """IM10."""
    it = reading(
        {
            "objects": {"messages": ["list"], "tickets": ["list"], "users": ["create"], "status": [], "typing": []},
            "options": ["messages.html", "messages.sparkle", 7, ""],
        }
    )
    assert it.declared == {"messages": ("list",)}
    assert it.options == {"messages.html"}
    assert told(it) == [
        ("IM10", "the unknown object 'tickets' is ignored"),
        ("IM10", "the unknown option 'messages.sparkle' is ignored"),
    ]


def test_all_options_of_the_guide_are_known() -> None:
    """IM9."""
    it = reading({"objects": {}, "options": sorted(OPTIONS)})
    assert it.options == OPTIONS
    assert len(OPTIONS) == 17
    assert not any(rule == "IM10" for rule, _ in told(it))


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        (
            {"objects": ["implementation.info", "messages.list", "messages.spam", "messages.list", "nonsense"]},
            ("OB9", "'objects' is a flat list of actions; the guide wants object → operations"),
        ),
        (
            {"actions": {"messages": ["list", "spam"]}},
            ("OB9", "the objects stand under the old key 'actions'; the guide says 'objects'"),
        ),
        (
            {"objects": {"messages": {"0": "list", "2": "spam"}}},
            ("OB9", "the operations of 'messages' are an object; the guide wants a list"),
        ),
        (
            {"objects": {"messages": ["list", "spam", "list", None, 7, ""], "threads": True}},
            ("IM2", "'threads' is true instead of a list, and ignored"),
        ),
        (
            {"objects": {"messages": ["list", "spam"]}, "options": True},
            ("IM2", "'options' is true instead of a list, and ignored"),
        ),
        (
            {"objects": {"messages": ["list", "spam"]}, "locales": ["x"]},
            ("IM2", "'locales' is an array instead of an object, and ignored"),
        ),
        (
            {"objects": {"messages": ["list", "spam"]}, "locales": {"fr": "Indésirable", "de": None, "en": []}},
            ("IM2", "the labels of 'fr' are a string, and ignored"),
        ),
    ],
)
def test_spellings_of_real_partners_are_read_and_reported(answer: object, remark: tuple[str, str]) -> None:
    """OB9, IM2."""
    it = reading(answer)
    assert it.declared == {"messages": ("list", "spam")}
    assert told(it) == [remark]
    assert (it.options, it.locales) == (frozenset(), {})


def test_options_as_an_array_with_gaps_are_read() -> None:
    """OB9."""
    it = reading({"objects": {}, "options": {"0": "messages.html", "3": "messages.text"}})
    assert it.options == {"messages.html", "messages.text"}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (None, []),
        ("", []),
        ([], []),
        ({}, []),
        (["a", 1, None, "", ["b"], "c"], ["a", "c"]),
        ({"0": "a", "2": "c"}, ["a", "c"]),
        ("delete", None),
        (7, None),
        (False, None),
    ],
)
def test_a_list_of_names_is_read_from_a_list_or_an_object(value: object, names: list[str] | None) -> None:
    """OB9, OB0."""
    assert read_names(value) == names


def test_unthreaded_takes_all_thread_actions_away() -> None:
    """IM7."""
    it = info("messages.unthreaded", threads=ALL, messages=["list"])
    assert it.unthreaded
    assert it.operations("threads") == ()
    assert (it.listed, it.delete_name("threads"), it.custom_operations("threads")) == (("messages",), None, ())
    assert told(it) == [("IM7", f"threads: {', '.join(ALL)} ignored, because of the option messages.unthreaded")]


def test_threads_without_content_are_only_shown_and_listed() -> None:
    """IM8."""
    it = info("threads.no_content", threads=ALL, messages=ALL)
    assert it.threads_without_content
    assert it.operations("threads") == ("list", "show")
    assert it.operations("messages") == tuple(ALL)
    rest = ", ".join(ALL[2:])
    assert told(it) == [("IM8", f"threads: {rest} ignored, because of the option threads.no_content")]


def test_unthreaded_is_stronger_than_no_content() -> None:
    """IM7, IM8."""
    it = info("threads.no_content", "messages.unthreaded", threads=["list"])
    assert it.listed == ()
    assert [rule for rule, _ in told(it)] == ["IM7"]


def test_nothing_is_taken_away_without_those_options() -> None:
    """IM7, IM8."""
    it = info(threads=ALL)
    assert not it.unthreaded
    assert not it.threads_without_content
    assert it.operations("threads") == tuple(ALL)
    assert it.remarks == ()


def test_only_what_is_declared_is_allowed() -> None:
    """IM5."""
    it = info(messages=["list"])
    assert it.allows("messages", "list")
    assert not it.allows("messages", "create")
    assert not it.allows("threads", "list")
    assert not it.allows("users", "create")


def test_what_is_listed_has_the_order_of_a_cycle() -> None:
    """LS8."""
    it = info(private_messages=["list"], messages=["create"], threads=["list", "show"])
    assert it.listed == ("threads", "private_messages")
    assert info(private_messages=["list"], messages=["list"], threads=["list"]).listed == POLLED


@pytest.mark.parametrize(
    ("declared", "name"),
    [(["delete"], "delete"), (["destroy"], "destroy"), (["destroy", "delete"], "delete"), (["list"], None)],
)
def test_a_deletion_is_called_what_the_partner_calls_it(declared: list[str], name: str | None) -> None:
    """IM6."""
    it = info(messages=declared)
    assert it.delete_name("messages") == name
    both = [("IM6", "messages declares both 'delete' and 'destroy'; 'delete' is used")]
    assert told(it) == (both if len(declared) == 2 else [])


def test_all_names_that_are_not_standard_are_custom() -> None:
    """AC2, IM4."""
    it = info(messages=[*sorted(STANDARD), "spam", "mark_as_read"])
    assert it.custom_operations("messages") == ("spam", "mark_as_read")
    assert COLLECTION_LEVEL < STANDARD


@pytest.mark.parametrize(
    ("operation", "language", "label"),
    [
        ("spam", "fr", "Indésirable"),
        ("spam", "de", "Junk"),
        ("spam", "default", "Junk"),
        ("mark_as_read", "fr", "Mark as read"),
        ("escalate", "fr", "Escalate"),
        ("x", "fr", "X"),
        ("sendToCRM", "fr", "Sendtocrm"),
        ("author_id", "fr", "Author"),
        ("_private_note", "fr", "Private note"),
        ("__id", "fr", "Id"),
        ("_author_id_id", "fr", "Author id"),
        ("idea", "fr", "Idea"),
        ("élever_2X", "fr", "Élever 2x"),
        ("ends_", "fr", "Ends "),
        ("_", "fr", "_"),
    ],
)
def test_a_button_is_labelled_in_its_language_or_by_default_or_by_its_name(
    operation: str, language: str, label: str
) -> None:
    """IM11: a label that is no text, or empty, is none (OB0)."""
    locales = {
        "fr": {"spam": "Indésirable", "mark_as_read": "", "escalate": 7},
        "de": {},
        "default": {"spam": "Junk", "mark_as_read": None},
    }
    assert reading({"objects": {}, "locales": locales}).label(operation, language) == label


@pytest.mark.parametrize(
    ("options", "formats"),
    [
        ([], ("html",)),
        (["messages.html"], ("html",)),
        (["messages.text"], ("text",)),
        (["messages.text", "messages.html"], ("html", "text")),
        (["threads.text"], ("html",)),
    ],
)
def test_the_format_is_html_unless_only_text_is_named(options: list[str], formats: tuple[str, ...]) -> None:
    """PU13, IM9."""
    assert info(*options).formats("messages") == formats


def test_attachments_need_their_option() -> None:
    """PU13."""
    it = info("messages.attachments")
    assert it.takes_attachments("messages")
    assert not it.takes_attachments("threads")


@pytest.mark.parametrize(
    ("object_name", "options", "taken"),
    [
        ("messages", [], True),
        ("messages", ["messages.no_title"], False),
        ("messages", ["private_messages.no_title"], True),
        ("private_messages", ["private_messages.no_title"], False),
        ("private_messages", ["messages.no_title"], True),
        ("threads", ["messages.no_title"], True),
        ("private_messages", [], True),
    ],
)
def test_titles_are_sent_where_they_are_taken(object_name: str, options: list[str], taken: bool) -> None:
    """PU14, PU1."""
    assert info(*options).takes_title(object_name) is taken


@pytest.mark.parametrize(
    ("options", "objects", "remarks"),
    [
        (
            ["view.messaging"],
            ["messages", "private_messages"],
            ["view.messaging goes with one message resource only; two are declared"],
        ),
        (
            ["view.messaging", "messages.html"],
            ["messages"],
            ["view.messaging goes with text only; messages.html is declared"],
        ),
        (["view.messaging", "messages.text", "messaging.typing_indicator"], ["messages", "threads"], []),
        (["messaging.typing_indicator"], ["messages"], ["messaging.typing_indicator needs view.messaging"]),
        (["messaging.queuing_update"], ["messages"], []),
        (["messages.allow_survey"], ["messages"], []),
        (
            ["messages.allow_survey"],
            ["private_messages"],
            ["messages.allow_survey is for messages only; none are declared"],
        ),
    ],
)
def test_options_that_contradict_each_other_are_reported(
    options: list[str], objects: list[str], remarks: list[str]
) -> None:
    """IM9."""
    it = info(*options, **{name: ["list"] for name in objects})
    assert told(it) == [("IM9", remark) for remark in remarks]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "a number"),
        (1.5, "a number"),
        ("", "an empty string"),
        ("a", "a string"),
        ([], "an empty array"),
        ([0], "an array"),
        ({}, "an empty object"),
        ({"a": 1}, "an object"),
    ],
)
def test_a_shape_in_words(value: object, words: str) -> None:
    assert shape(value) == words


@pytest.mark.parametrize(("value", "text"), [({}, ""), (None, ""), (0, ""), (7, "7"), (["<b>no</b>"], '[" no "]')])
def test_a_value_that_holds_nothing_explains_nothing(value: object, text: str) -> None:
    """TR6."""
    assert explain_value(value) == text


def test_a_value_that_is_deeply_nested_explains_nothing() -> None:
    """OB12."""
    value: list[Any] = []
    for _ in range(200_000):
        value = [value]
    assert explain_value(value) == ""


@unhurried
@given(st.dictionaries(st.sampled_from(["objects", "options", "locales", "actions", "x"]), json_values))
def test_whatever_the_answer_holds_it_is_read_or_malformed(answer: dict[str, object]) -> None:
    """IM1, IM10."""
    try:
        it = reading(answer)
    except (NotJson, UnexpectedShape):
        return
    assert set(it.declared) <= set(POLLED)
    assert it.options <= OPTIONS
    assert all(it.label("spam", language) for language in ("fr", *it.locales))


@unhurried
@given(st.binary())
def test_whatever_the_bytes_are_only_a_partners_error_is_raised(body: bytes) -> None:
    """IM1."""
    with suppress(PartnerError):
        assert read_implementation("shop", body).declared.keys() <= set(POLLED)
