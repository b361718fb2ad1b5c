"""Defects: Implementation info (IM)."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from crawler.reference import DEFAULT, TITLES_ONLY, UNTHREADED, Capabilities
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call
from tests.conformance.courtroom import partner
from tests.conformance.twins.twin import Twin, answering, defect, fault, twin

INFO = "implementation.info"
PRIVATE = DEFAULT.declaring("threads").declaring("messages")


def declares(change: Callable[[dict[str, Any]], object], *breached: str) -> Twin:
    return answering(INFO, change, *breached)


def has(capabilities: Capabilities, *breached: str) -> Twin:
    return defect(*breached, capabilities=capabilities)


def with_operation(operation: str) -> Capabilities:
    return DEFAULT.declaring("threads", *DEFAULT.objects["threads"], operation)


def fickle() -> Any:
    calls = count()
    it = partner()

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if call.action == INFO and isinstance(answer, dict) and next(calls) % 2:
            return {**answer, "options": answer["options"][:-1]}
        return answer

    it.fault = type(it.fault)(name="fickle", rules=(), description="", act=act)
    return it


DECLARATION: Mapping[str, Twin] = {
    "info-empty": fault("info-empty", "info-is-json"),
    "info-not-json": fault("info-not-json", "info-is-json"),
    "info-null": fault("info-null", "info-is-an-object"),
    "info-array": fault("info-array", "info-is-an-object"),
    "info-without-objects": fault("info-without-objects", "objects-can-be-read"),
    "objects-is-a-number": declares(lambda info: {**info, "objects": 3}, "objects-can-be-read"),
    "objects-flat": fault("objects-flat", "objects-map-to-operations"),
    "objects-under-actions": fault("objects-under-actions", "objects-map-to-operations"),
    "objects-flat-under-actions": fault("objects-flat-under-actions", "objects-map-to-operations"),
    "operations-with-gaps": declares(
        lambda info: {**info, "objects": {**info["objects"], "messages": dict(enumerate(info["objects"]["messages"]))}},
        "operations-are-lists",
    ),
    "operation-null": declares(
        lambda info: {**info, "objects": {**info["objects"], "threads": [*info["objects"]["threads"], None]}},
        "operations-are-lists",
    ),
    "unknown-object-and-option": fault("unknown-object-and-option", "known-objects-only", "known-options-only"),
    "unknown-object": declares(
        lambda info: {**info, "objects": {**info["objects"], "polls": ["list"]}}, "known-objects-only"
    ),
    "unknown-option": declares(lambda info: {**info, "options": [*info["options"], "polls"]}, "known-options-only"),
    "options-mapping": declares(
        lambda info: {**info, "options": dict.fromkeys(info["options"], True)},
        "options-are-a-list",
        "create-answered-with-success",  # in a format that nobody can see is not taken
    ),
    "locales-list": declares(lambda info: {**info, "locales": ["en"]}, "locales-map-languages-to-labels"),
    "labels-list": declares(
        lambda info: {**info, "locales": {**info["locales"], "de": ["Gelöst"]}}, "locales-map-languages-to-labels"
    ),
    "label-number": declares(
        lambda info: {**info, "locales": {**info["locales"], "de": {"escalate": 1}}}, "locales-map-languages-to-labels"
    ),
    "nothing-declared": has(Capabilities({}), "list-or-create-is-declared"),
    "show-alone": has(Capabilities({"threads": ("show",)}), "list-or-create-is-declared"),
    "delete-and-destroy": fault("delete-and-destroy", "delete-or-destroy-not-both"),
    "unthreaded-with-threads": has(DEFAULT.with_options("messages.unthreaded"), "no-threads-where-unthreaded"),
    "titles-with-create": has(
        TITLES_ONLY.declaring("threads", "list", "show", "create"), "titled-threads-only-list-and-show"
    ),
    "messages-without-threads": has(DEFAULT.declaring("threads"), "messages-come-with-threads"),
    "messaging-view-of-two": has(
        Capabilities(
            UNTHREADED.objects,
            ("messages.unthreaded", "view.messaging", "messages.text", "private_messages.text"),
            UNTHREADED.locales,
        ),
        "messaging-view-with-one-resource",
    ),
    "messaging-view-of-html": has(
        Capabilities(PRIVATE.objects, ("view.messaging",), {"default": {"escalate": "Escalate"}}),
        "messaging-view-is-text-only",
    ),
    "typing-without-view": has(
        DEFAULT.with_options("messaging.typing_indicator"), "typing-indicator-with-messaging-view"
    ),
    "survey-without-messages": has(
        Capabilities(
            PRIVATE.objects, (*PRIVATE.options, "messages.allow_survey"), {"default": {"escalate": "Escalate"}}
        ),
        "survey-comes-with-messages",
    ),
    "operation-in-capitals": has(
        Capabilities(
            {**DEFAULT.objects, "threads": (*DEFAULT.objects["threads"], "Delete")},
            DEFAULT.options,
            {"default": {**DEFAULT.locales["default"], "Delete": "Delete"}},
        ),
        "standard-operations-spelled-right",
    ),
    "operation-by-another-name": has(
        with_operation("remove"), "standard-operations-spelled-right", "custom-operations-have-labels"
    ),
    "reply-without-create": has(DEFAULT.without("private_messages.create"), "reply-comes-with-create"),
    "operation-without-label": has(with_operation("mark_as_spam"), "custom-operations-have-labels"),
    "label-without-operation": has(
        Capabilities(
            DEFAULT.objects, DEFAULT.options, {**DEFAULT.locales, "de": {"mark_as_spam": "Als Spam kennzeichnen"}}
        ),
        "labels-are-of-custom-operations",
    ),
    "fickle": twin(fickle, "info-is-stable", "declaration-lasts-a-few-cycles"),
}
