"""The buttons of a content: what agents may do to it, and why not the rest."""

import pytest

from crawler.protocol.implementation import ImplementationInfo
from crawler.sync.allowed import Choice, choices
from crawler.sync.state import Known

DECLARED = {
    "threads": ("list", "reply"),
    "messages": ("list", "show", "create", "destroy", "mark_as_solved"),
    "private_messages": ("list",),
}


def info(**declared: tuple[str, ...]) -> ImplementationInfo:
    return ImplementationInfo(declared={**DECLARED, **declared}, locales={"default": {"mark_as_solved": "Solved!"}})


def message(*actions: str, deleted: bool = False) -> Known:
    return Known(object="messages", id="7", actions=actions, deleted=deleted)


def found(info: ImplementationInfo, content: Known) -> dict[str, str]:
    return {choice.operation: choice.rule for choice in choices(info, content)}


def test_a_choice_is_allowed_unless_a_rule_forbids_it() -> None:
    assert Choice(operation="delete", label="Delete").allowed
    assert not Choice(operation="delete", label="Delete", rule="IM5").allowed


def test_what_both_sides_name_is_allowed_and_reply_comes_first() -> None:
    assert found(info(), message("destroy", "mark_as_solved")) == {"reply": "", "delete": "", "mark_as_solved": ""}


def test_what_only_the_partner_or_only_the_content_names_is_refused() -> None:
    assert found(info(), message("escalate")) == {
        "reply": "",
        "delete": "IM5",
        "mark_as_solved": "IM5",
        "escalate": "PU8",
    }


def test_operations_on_the_collection_are_no_choices() -> None:
    assert "show" not in found(info(), message("show", "list", "create"))


def test_custom_operations_have_their_labels() -> None:
    labels = {choice.operation: choice.label for choice in choices(info(), message())}
    assert labels == {"reply": "Reply", "delete": "Delete", "mark_as_solved": "Solved!"}


def test_a_reply_needs_create() -> None:
    (choice,) = choices(info(), Known(object="private_messages", id="12"))
    assert (choice.rule, choice.reason) == ("AC3", "the partner does not declare private_messages.create")


def test_a_reply_to_a_thread_needs_create_for_messages() -> None:
    thread = Known(object="threads", id="1", actions=("reply",))
    assert found(info(), thread) == {"reply": ""}
    assert found(info(messages=("list",)), thread) == {"reply": "AC3"}


def test_a_reply_needs_the_contents_own_action_where_it_is_declared() -> None:
    assert found(info(), Known(object="threads", id="1")) == {"reply": "AC4"}


@pytest.mark.parametrize(("operation", "rule"), [("reply", "AC3"), ("delete", "IM5"), ("mark_as_solved", "IM5")])
def test_a_deleted_content_takes_nothing(operation: str, rule: str) -> None:
    refused = {c.operation: c for c in choices(info(), message("delete", "mark_as_solved", deleted=True))}
    assert (refused[operation].rule, refused[operation].reason) == (rule, "7 was deleted")
