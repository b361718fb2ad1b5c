"""The buttons of a content: what an agent may do, and which side does not allow the rest (AC2, AC3, AC4, IM5, IM11)."""

import pytest

from crawler.sync.allowed import Choice, choices
from tests.unit.protocol.samples import info
from tests.unit.sync.samples import OPERATIONS, known


def test_reply_comes_first_and_then_what_is_declared_or_named() -> None:
    """IM4, IM5, AC2, AC3."""
    under = info(messages=["list", "show", "create", "destroy", "spam", "mark_as_read"])
    found = choices(under, known(actions=("delete", "spam", "show", "reply", "ham")))
    assert [(it.operation, it.allowed, it.rule) for it in found] == [
        ("reply", True, ""),
        ("delete", True, ""),
        ("spam", True, ""),
        ("mark_as_read", False, "IM5"),
        ("ham", False, "PU8"),
    ]
    assert found[3] == Choice(
        operation="mark_as_read",
        label="Mark as read",
        rule="IM5",
        reason="the actions of m1 do not name mark_as_read: they name delete, spam, show, reply, ham",
    )
    assert found[4].reason == "the partner does not declare messages.ham"


@pytest.mark.parametrize(
    ("declared", "content", "rule", "reason"),
    [
        ({"messages": ["list"]}, known(), "AC3", "the partner does not declare messages.create"),
        ({"messages": ["create"]}, known(deleted=True), "AC3", "m1 was deleted"),
        ({"messages": ["create"]}, known(actions=()), "", ""),
        ({"messages": ["create", "reply"]}, known(actions=("reply",)), "", ""),
        (
            {"messages": ["create", "reply"]},
            known(actions=()),
            "AC4",
            "the partner declares messages.reply, and the actions of m1 do not name it",
        ),
        ({"threads": ["create"]}, known("t1", "threads"), "AC3", "the partner does not declare messages.create"),
        ({"messages": ["create"], "threads": ["list"]}, known("t1", "threads"), "", ""),
        (
            {"messages": ["create"], "threads": ["reply"]},
            known("t1", "threads"),
            "AC4",
            "the partner declares threads.reply, and the actions of t1 do not name it",
        ),
    ],
)
def test_whether_an_agent_may_reply(declared: dict[str, list[str]], content: object, rule: str, reason: str) -> None:
    """AC4: a reply to a thread is a message in it (PU12)."""
    reply = choices(info(**declared), content)[0]  # type: ignore[arg-type]
    assert (reply.operation, reply.label, reply.rule, reply.reason) == ("reply", "Reply", rule, reason)
    assert reply.allowed is not bool(rule)


def test_a_message_of_a_thread_whose_id_is_anothers_by_now_takes_no_reply() -> None:
    """OB13."""
    message = known(imported_at="a")
    thread = known("t1", "threads", incarnation=1, imported_at="b")
    reply = choices(info(messages=["create"]), message, thread)[0]
    assert (reply.rule, reply.reason) == ("OB13", "thread t1 is gone: since b its id names another content")
    for under, its_thread in (
        (info("messages.unthreaded", messages=["create"]), thread),
        (info(messages=["create"]), known("t1", "threads", incarnation=1, imported_at="a")),
        (info(messages=["create"]), None),
    ):
        assert choices(under, message, its_thread)[0].allowed


def test_a_content_that_was_deleted_allows_nothing() -> None:
    """IM5."""
    found = choices(info(messages=["create", "delete"]), known(actions=("delete",), deleted=True))
    assert [(it.operation, it.reason) for it in found] == [("reply", "m1 was deleted"), ("delete", "m1 was deleted")]


def test_a_content_with_structured_content_takes_few_operations() -> None:
    """ST."""
    found = {it.operation: it for it in choices(info(messages=OPERATIONS), known(structured=True))}
    reason = "m1 has structured content, which allows no operation but delete, publish, unpublish"
    assert (found["spam"].rule, found["spam"].reason) == ("ST", reason)
    assert [name for name, it in found.items() if it.allowed] == ["reply", "delete", "publish", "unpublish"]
