"""Implementation info (IM)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from crawler.conformance.evidence import NotApplicable, Seen
from crawler.conformance.rule import Breach, Chapter, Level
from crawler.protocol.envelope import printable, without_mark
from crawler.protocol.implementation import OPTIONS, POLLED, SEND_API_OBJECTS, STANDARD, read_names, shape
from crawler.protocol.wire import NOTHING

DECLARATION = Chapter("implementation info")
rule = DECLARATION.rule
PAGE, PROBE = "action-details", "declaration"

LOOKALIKES: Mapping[str, str] = {
    "remove": "delete",
    "deleted": "delete",
    "destroyed": "destroy",
    "index": "list",
    "all": "list",
    "get": "show",
    "read": "show",
    "add": "create",
    "new": "create",
    "post": "create",
    "answer": "reply",
    "replies": "reply",
    "hide": "unpublish",
}
"""Names that people give to standard operations, and the standard's own."""


def answer(seen: Seen) -> dict[str, Any]:
    """The first answer to ``implementation.info``. Raises `NotApplicable` where it is no object."""
    found = seen.all("info")[0].json()
    if not isinstance(found, dict):
        raise NotApplicable("implementation.info is not answered with an object")
    return found


def quoted(value: str) -> str:
    """A name of the partner's as it may be shown."""
    return f"'{printable(value, 60)}'"


def breach(seen: Seen, expected: str, actual: str) -> Breach:
    """A breach in the first answer."""
    return Breach(expected=expected, actual=actual, sent=seen.all("info")[0])


@rule(Level.MUST, "TR6", "IM1", page=PAGE, probe=PROBE, needs=["answer-signature-is-right"])
def info_is_json(seen: Seen) -> Iterator[Breach]:
    """The answer to `implementation.info` is JSON.

    Why: where it cannot be read nothing else is asked in that cycle, so the channel stands still.

    Mend: send the JSON alone, in UTF-8: no HTML, no warning, no empty body.
    """
    sent = seen.all("info")[0]
    if not sent.succeeded:
        raise NotApplicable("implementation.info was not answered with success")
    try:
        json.loads(without_mark(sent.body))
    except (ValueError, RecursionError):
        start = printable(sent.body[:60].decode("utf-8", "replace"), 60)
        yield breach(seen, "JSON", f"a body that starts with {start!r}" if start else "an empty body")


@rule(Level.MUST, "TR6", "IM1", "IM2", page=PAGE, probe=PROBE, needs=["info-is-json"])
def info_is_an_object(seen: Seen) -> Iterator[Breach]:
    """The answer to `implementation.info` is a JSON object.

    Why: its keys `objects`, `options` and `locales` are what everything else follows from.

    Mend: answer `{"objects": {"messages": ["list", "show"]}, "options": []}`, with what your endpoint does.
    """
    found = seen.all("info")[0].json()
    if not isinstance(found, dict):
        yield breach(seen, "an object", shape(found))


@rule(Level.MUST, "IM1", "IM2", page=PAGE, probe=PROBE, needs=["info-is-an-object"])
def objects_can_be_read(seen: Seen) -> Iterator[Breach]:
    """The implementation info says under `objects` which operations each object has.

    Why: without it the platform does not know what it may ask for, and asks for nothing.

    Mend: put the operations of `messages`, `private_messages` and `threads` under the key `objects`.
    """
    found = answer(seen)
    if seen.info is None:
        objects = found.get("objects")
        yield breach(seen, "'objects', a mapping", f"'objects' is {shape(objects)}" if objects else "no 'objects'")


READ = ["objects-can-be-read"]


@rule(Level.SHOULD, "IM2", "OB9", page=PAGE, probe=PROBE, needs=READ)
def objects_map_to_operations(seen: Seen) -> Iterator[Breach]:
    """`objects` is a mapping from each object to its operations, under that very key.

    Why: old documents show a flat list of actions, and the key `actions`; both are still read here, but not by all.

    Mend: write `"objects": {"messages": ["list", "show"]}` instead of `"actions": ["messages.list", "messages.show"]`.
    """
    found = answer(seen)
    if "objects" not in found:
        yield breach(seen, "the key 'objects'", "the old key 'actions'")
    objects = found.get("objects", found.get("actions"))
    if isinstance(objects, list) and objects:
        yield breach(seen, "an object: object → operations", "a flat list of actions")


@rule(Level.SHOULD, "IM2", "OB9", page=PAGE, probe=PROBE, needs=READ)
def operations_are_lists(seen: Seen) -> Iterator[Breach]:
    """The operations of each object are a list of names.

    Why: what is no list is not understood, and the object counts as if it had no operations.

    Mend: write a JSON array of strings. In PHP, `array_values` makes one of an array with gaps.
    """
    objects = answer(seen).get("objects")
    for name, operations in (objects if isinstance(objects, dict) else {}).items():
        if operations in NOTHING:
            continue
        if not isinstance(operations, list):
            yield breach(seen, "a list of names", f"the operations of {quoted(name)} are {shape(operations)}")
        elif not all(isinstance(it, str) and it for it in operations):
            yield breach(seen, "names that are strings", f"{quoted(name)} has an operation that is none")


@rule(Level.SHOULD, "IM10", page=PAGE, probe=PROBE, needs=READ)
def known_objects_only(seen: Seen) -> Iterator[Breach]:
    """Only objects that the guide knows are declared.

    Why: unknown objects are ignored; often one is a known one misspelled, and its contents never arrive.

    Mend: the objects are `messages`, `private_messages` and `threads`; `users`, `status` and `typing` may be there too.
    """
    objects = answer(seen).get("objects")
    for name in objects if isinstance(objects, dict) else ():
        if name not in (*POLLED, *SEND_API_OBJECTS):
            yield breach(seen, f"one of {', '.join(POLLED)}", quoted(name))


@rule(Level.SHOULD, "IM2", page="options", probe=PROBE, needs=READ)
def options_are_a_list(seen: Seen) -> Iterator[Breach]:
    """`options` is a list of names, or absent.

    Why: what is no list is ignored, and every option is off then.

    Mend: write `"options": ["messages.text", "threads.no_content"]`.
    """
    options = answer(seen).get("options")
    if options not in NOTHING and not (isinstance(options, list) and all(isinstance(it, str) for it in options)):
        came = "a list that holds something else" if isinstance(options, list) else shape(options)
        yield breach(seen, "a list of names", came)


@rule(Level.SHOULD, "IM9", "IM10", page="options", probe=PROBE, needs=[*READ, "options-are-a-list"])
def known_options_only(seen: Seen) -> Iterator[Breach]:
    """Only options that the guide knows are declared.

    Why: unknown options are ignored; often one is a known one misspelled, and stays off.

    Mend: compare the name with the guide's list, its object before the dot included.
    """
    for name in read_names(answer(seen).get("options")) or ():
        if name not in OPTIONS:
            yield breach(seen, "an option of the guide", quoted(name))


@rule(Level.SHOULD, "IM2", "IM11", page="locales", probe=PROBE, needs=READ)
def locales_map_languages_to_labels(seen: Seen) -> Iterator[Breach]:
    """`locales` maps languages to labels by custom operation, or is absent.

    Why: labels that cannot be read are not shown, and agents see the operation's bare name.

    Mend: write `"locales": {"default": {"mark_as_spam": "Mark as spam"}, "fr": {…}}`.
    """
    locales = answer(seen).get("locales")
    if locales in NOTHING:
        return
    if not isinstance(locales, dict):
        yield breach(seen, "an object: language → labels", shape(locales))
        return
    for language, labels in locales.items():
        if labels in NOTHING:
            continue
        if not isinstance(labels, dict):
            yield breach(seen, "an object: operation → label", f"the labels of {quoted(language)} are {shape(labels)}")
        elif not all(isinstance(label, str) for label in labels.values()):
            yield breach(seen, "labels that are strings", f"{quoted(language)} has a label that is none")


@rule(Level.SHOULD, "IM3", page="actions", probe=PROBE, needs=[*READ, "objects-map-to-operations"])
def list_or_create_is_declared(seen: Seen) -> Iterator[Breach]:
    """At least one object has `list` or `create`.

    Why: without a `list` nothing is imported by polling, and without a `create` no agent can answer.

    Mend: declare `list` for what is to be imported, and `create` for what agents may write.
    """
    info = seen.declared
    if not any(info.allows(name, operation) for name in POLLED for operation in ("list", "create")):
        declared = ", ".join(f"{name}: {' '.join(info.operations(name))}" for name in POLLED if info.operations(name))
        yield breach(seen, "a 'list' or a 'create'", printable(declared, 200) or "no operation at all")


@rule(Level.SHOULD, "IM6", page="actions", probe=PROBE, needs=READ)
def delete_or_destroy_not_both(seen: Seen) -> Iterator[Breach]:
    """An object has `delete` or `destroy`, not both.

    Why: both mean deletion, the guide uses both names; two of them make two buttons, or one that does nothing.

    Mend: declare the one that your endpoint implements.
    """
    info = seen.declared
    for name in POLLED:
        if info.allows(name, "delete") and info.allows(name, "destroy"):
            yield breach(seen, "'delete' or 'destroy'", f"both, for {name}")


@rule(Level.SHOULD, "IM7", page="options", probe=PROBE, needs=READ)
def no_threads_where_unthreaded(seen: Seen) -> Iterator[Breach]:
    """With the option `messages.unthreaded` no operation of `threads` is declared.

    Why: all of them are ignored, so what you list as threads never arrives.

    Mend: remove the option, or remove `threads` from `objects`.
    """
    info = seen.declared
    if info.unthreaded and info.declared.get("threads"):
        yield breach(seen, "no operations of threads", printable(", ".join(info.declared["threads"]), 200))


@rule(Level.SHOULD, "IM8", page="options", probe=PROBE, needs=READ)
def titled_threads_only_list_and_show(seen: Seen) -> Iterator[Breach]:
    """With the option `threads.no_content` threads have `list` and `show` only.

    Why: such a thread is but an id and a title; all other operations on it are ignored.

    Mend: remove the option, or remove the other operations of `threads`.
    """
    info = seen.declared
    others = [it for it in info.declared.get("threads", ()) if it not in ("list", "show")]
    if info.threads_without_content and not info.unthreaded and others:
        yield breach(seen, "'list' and 'show' only", printable(", ".join(others), 200))


@rule(Level.UNCLEAR, "LS9", "IM7", page="objects", probe=PROBE, needs=[*READ, "objects-map-to-operations"])
def messages_come_with_threads(seen: Seen) -> Iterator[Breach]:
    """Where messages are listed, threads can be listed or shown, or the option `messages.unthreaded` is given.

    Why: every message names its thread; one that cannot be had stays without title, author and text.

    Mend: declare `list` and `show` for `threads`, or the option `messages.unthreaded`.
    """
    info = seen.declared
    with_threads = info.allows("threads", "list") or info.allows("threads", "show")
    if info.allows("messages", "list") and not info.unthreaded and not with_threads:
        yield breach(seen, "threads.list, threads.show or messages.unthreaded", "none of them")


@rule(Level.SHOULD, "IM9", page="options", probe=PROBE, needs=READ)
def messaging_view_with_one_resource(seen: Seen) -> Iterator[Breach]:
    """With the option `view.messaging` either `messages` or `private_messages` is declared, not both.

    Why: the messaging view shows one conversation; with two kinds of messages it cannot tell what belongs to it.

    Mend: remove the option, or one of the two objects.
    """
    info = seen.declared
    resources = [name for name in ("messages", "private_messages") if info.operations(name)]
    if "view.messaging" in info.options and len(resources) > 1:
        yield breach(seen, "one message resource", " and ".join(resources))


@rule(Level.SHOULD, "IM9", page="options", probe=PROBE, needs=READ)
def messaging_view_is_text_only(seen: Seen) -> Iterator[Breach]:
    """With the option `view.messaging` messages are text, not HTML.

    Why: the messaging view has no HTML editor; without `….text` the format is HTML, for that is the default.

    Mend: declare `messages.text` (or `private_messages.text`), and not `….html`.
    """
    info = seen.declared
    if "view.messaging" in info.options:
        for name in ("messages", "private_messages"):
            if info.operations(name) and info.formats(name) != ("text",):
                yield breach(seen, f"{name}.text, and not {name}.html", f"{name}: {' and '.join(info.formats(name))}")


@rule(Level.SHOULD, "IM9", page="options", probe=PROBE, needs=READ)
def survey_comes_with_messages(seen: Seen) -> Iterator[Breach]:
    """The option `messages.allow_survey` comes with operations of `messages`.

    Why: surveys are sent as messages; there is no such option for private messages.

    Mend: declare `messages`, or remove the option.
    """
    info = seen.declared
    if "messages.allow_survey" in info.options and not info.operations("messages"):
        yield breach(seen, "operations of messages", "messages.allow_survey alone")


@rule(Level.SHOULD, "IM9", page="options", probe=PROBE, needs=READ)
def typing_indicator_with_messaging_view(seen: Seen) -> Iterator[Breach]:
    """The option `messaging.typing_indicator` comes with `view.messaging`.

    Why: only the messaging view shows who is typing; without it the option does nothing.

    Mend: declare `view.messaging` as well, or remove the option.
    """
    options = seen.declared.options
    if "messaging.typing_indicator" in options and "view.messaging" not in options:
        yield breach(seen, "view.messaging as well", "messaging.typing_indicator alone")


@rule(Level.SHOULD, "AC2", "IM4", page="actions", probe=PROBE, needs=READ)
def standard_operations_spelled_right(seen: Seen) -> Iterator[Breach]:
    """A standard operation is declared under its standard name.

    Why: any other name is a custom operation, which becomes a button for agents and is called with other params.

    Mend: the names are list, show, create, reply, delete (or destroy), publish and unpublish, in lower case.
    """
    info = seen.declared
    for name in POLLED:
        for operation in info.custom_operations(name):
            plain = operation.strip().lower().removeprefix(f"{name}.")
            meant = plain if plain in STANDARD else LOOKALIKES.get(plain)
            if meant:
                yield breach(seen, f"'{meant}'", f"{quoted(operation)}, for {name}")


@rule(Level.SHOULD, "AC4", "IM4", page="actions", probe=PROBE, needs=READ)
def reply_comes_with_create(seen: Seen) -> Iterator[Breach]:
    """An object that has `reply` can be replied to: `create` is declared for it (for threads, for messages).

    Why: `reply` itself is never sent; a reply is a `create` with `in_reply_to_id`.

    Mend: declare and implement `create`, or remove `reply`.
    """
    info = seen.declared
    for name in POLLED:
        written = ("messages", "threads") if name == "threads" else (name,)
        if info.allows(name, "reply") and not any(info.allows(it, "create") for it in written):
            yield breach(seen, f"'create' for {written[0]}", f"'reply' for {name} alone")


def custom(seen: Seen) -> list[str]:
    """The custom operations of all objects."""
    return list(dict.fromkeys(it for name in POLLED for it in seen.declared.custom_operations(name)))


@rule(Level.UNCLEAR, "IM11", page="locales", probe=PROBE, needs=[*READ, "locales-map-languages-to-labels"])
def custom_operations_have_labels(seen: Seen) -> Iterator[Breach]:
    """Each custom operation has a label in the language `default`.

    Why: without one, agents see the operation's name with blanks for underscores, in every language.

    Mend: add it under `locales`, `default`.
    """
    labels = seen.declared.locales.get("default", {})
    for operation in custom(seen):
        if not labels.get(operation):
            shown = printable(seen.declared.label(operation), 60)
            yield breach(seen, "a label in 'default'", f"{quoted(operation)} has none, and is shown as '{shown}'")


@rule(Level.UNCLEAR, "IM11", page="locales", probe=PROBE, needs=[*READ, "locales-map-languages-to-labels"])
def labels_are_of_custom_operations(seen: Seen) -> Iterator[Breach]:
    """Each label is that of a custom operation that is declared.

    Why: other labels are never shown; often the operation was renamed, or is standard and cannot be labelled.

    Mend: remove the label, or declare the operation under the same name.
    """
    declared = custom(seen)
    for language, labels in seen.declared.locales.items():
        for operation in labels:
            if operation not in declared:
                yield breach(seen, "a declared custom operation", f"{quoted(operation)} in {quoted(language)}")


@rule(Level.UNCLEAR, "IM2", "OB0", page=PAGE, probe=PROBE, needs=READ)
def info_is_stable(seen: Seen) -> Iterator[Breach]:
    """Asked twice in a row, `implementation.info` declares the same.

    Why: capabilities may change at any time, and are followed at once: what comes and goes makes work come and go.

    Mend: look whether the answer depends on chance, on a cache, or on which of several servers answered.
    """
    first, second = (sent.json() for sent in pair(seen))
    if first != second:
        changed = [name for name in {**first, **second} if first.get(name) != second.get(name)]
        yield Breach(
            expected="the same answer again",
            actual=f"other {printable(', '.join(changed), 100)}",
            sent=seen.all("info")[1],
        )


def pair(seen: Seen) -> tuple[Any, Any]:
    """The two answers, each an object. Raises `NotApplicable`."""
    answers = seen.all("info")
    if len(answers) < 2 or not all(isinstance(sent.json(), dict) for sent in answers[:2]):
        raise NotApplicable("implementation.info was not answered twice with an object")
    return answers[0], answers[1]
