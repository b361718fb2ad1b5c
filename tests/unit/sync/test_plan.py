"""What a cycle does, in its order (LS8)."""

from crawler.sync.exports import GiveUp, Send, Wait
from crawler.sync.plan import ListStep, plan_cycle
from crawler.sync.state import Cursor, Outbox
from tests.unit.protocol.samples import info
from tests.unit.sync.samples import SOURCE, creation, known, operation, outbox, queued


def test_lists_come_in_their_order_and_from_their_cursors() -> None:
    """LS8, LS1, IM3."""
    cursor = Cursor(object="messages", since_id="7")
    under = info(private_messages=["list"], messages=["list"], threads=["list"])
    plan = plan_cycle(SOURCE, under, {"messages": cursor}, Outbox())
    assert plan.lists == (
        ListStep(Cursor(object="threads")),
        ListStep(cursor),
        ListStep(Cursor(object="private_messages")),
    )
    assert [step.action for step in plan.lists] == ["threads.list", "messages.list", "private_messages.list"]
    assert plan.exports == ()


def test_what_is_not_declared_is_not_listed() -> None:
    """IM3, IM7."""
    under = info("messages.unthreaded", messages=["create"], threads=["list"], private_messages=["list"])
    cursors = {"messages": Cursor(object="messages", since_id="7")}
    assert [step.action for step in plan_cycle(SOURCE, under, cursors, Outbox()).lists] == ["private_messages.list"]


def test_exports_come_in_the_order_in_which_they_were_queued() -> None:
    """LS8, PU8, PU9."""
    entries = [
        creation("c", attempts=3),
        operation("spam", "b"),
        creation("a"),
        operation("delete", "d", queued("messages", "a")),
    ]
    plan = plan_cycle(SOURCE, info(messages=["create", "spam"]), {}, outbox(*entries, known("m1")))
    assert [decision.entry for decision in plan.exports] == entries
    assert [type(decision) for decision in plan.exports] == [GiveUp, Send, Send, Wait]
