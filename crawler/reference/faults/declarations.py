"""Implementation infos spelled otherwise (IM, OB9)."""

from collections.abc import Callable
from typing import Any

from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.wire import Call

INFO = "implementation.info"


def _flat(info: dict[str, Any]) -> object:
    return {**info, "objects": _actions(info)}


def _actions(info: dict[str, Any]) -> list[str]:
    return [f"{name}.{operation}" for name, operations in info["objects"].items() for operation in operations]


def _under_actions(info: dict[str, Any]) -> object:
    objects = info.pop("objects")
    return {"actions": objects, **info}


def _flat_under_actions(info: dict[str, Any]) -> object:
    actions = _actions(info)
    info.pop("objects")
    return {"actions": actions, **info}


def _unknown(info: dict[str, Any]) -> object:
    return {
        "objects": {**info["objects"], "polls": ["list", "vote"]},
        "options": [*info["options"], "polls.secret"],
        "locales": info["locales"],
    }


def _both_deletions(info: dict[str, Any]) -> object:
    info["objects"]["messages"].append("destroy")
    return info


def _threads_all_the_same(info: dict[str, Any]) -> object:
    info["options"].append("messages.unthreaded")
    return info


def _nothing(info: dict[str, Any]) -> object:
    return {**info, "options": None, "locales": []}


_INFOS: tuple[tuple[str, tuple[str, ...], str, Callable[[dict[str, Any]], object]], ...] = (
    ("objects-flat", ("OB9",), "declares objects as a flat list of actions", _flat),
    ("objects-under-actions", ("OB9",), "declares objects under the old key 'actions'", _under_actions),
    ("objects-flat-under-actions", ("OB9",), "declares a flat list of actions under 'actions'", _flat_under_actions),
    ("unknown-object-and-option", ("IM10",), "declares an object and an option that nobody knows", _unknown),
    ("delete-and-destroy", ("IM6",), "declares both delete and destroy for messages", _both_deletions),
    (
        "unthreaded-with-threads",
        ("IM7",),
        "declares messages.unthreaded and threads all the same",
        _threads_all_the_same,
    ),
    ("empty-options-and-locales", ("IM2", "OB0"), "declares null for options, [] for locales", _nothing),
)


def _telling(tell: Callable[[dict[str, Any]], object]) -> Callable[[Call, Proceed], object]:
    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        return tell(answer) if call.action == INFO and isinstance(answer, dict) else answer

    return act


FAULTS = tuple(
    Fault(name=name, rules=rules, description=description, actions=frozenset({INFO}), act=_telling(tell))
    for name, rules, description, tell in _INFOS
)
