"""Implementation info (IM)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, Sent, no_info
from crawler.conformance.rule import Case, Chapter, Harm, Level, case, harm
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
    """The first answer to ``implementation.info``. Raises `NotJudged` where it is no object."""
    first = seen.all("info")[0]
    if not first.succeeded:
        raise no_info(first)
    found = first.json()
    if not isinstance(found, dict):
        raise NotJudged("implementation.info is not answered with an object", Remedy.FIX)
    return found


def quoted(value: str) -> str:
    """A name of the partner's as it may be shown."""
    return f"'{printable(value, 60)}'"


def declares(seen: Seen, kept: object, expected: str, actual: str, note: str = "") -> Case:
    """A case in the first answer."""
    return case(kept, seen.all("info")[0], expected=expected, actual=actual, note=note)


def declared(seen: Seen, *options: str) -> None:
    """Raises `DoesNotApply` unless one of the options is declared."""
    if not seen.declared.options & {*options}:
        raise DoesNotApply(f"the partner does not declare the option {' or '.join(options)}")


@rule(Level.MUST, "TR6", "IM1", page=PAGE, probe=PROBE, needs=["answer-signature-is-right"])
@harm(Harm.LOST, "while it cannot be read nothing is imported, and no agent's message goes out")
def info_is_json(seen: Seen) -> Iterator[Case]:
    """The answer to `implementation.info` is JSON.

    Why: where it cannot be read nothing else is asked in that cycle, so the channel stands still.

    Mend: send the JSON alone, in UTF-8: no HTML, no warning, no empty body.
    """
    sent = seen.all("info")[0]
    if not sent.succeeded:
        raise no_info(sent)
    start = printable(sent.body[:60].decode("utf-8", "replace"), 60)
    try:
        json.loads(without_mark(sent.body))
        kept = True
    except (ValueError, RecursionError):
        kept = False
    yield declares(seen, kept, "JSON", f"a body that starts with {start!r}" if start else "an empty body")


@rule(Level.MUST, "TR6", "IM1", "IM2", page=PAGE, probe=PROBE, needs=["info-is-json"])
@harm(Harm.LOST, "while it cannot be read nothing is imported, and no agent's message goes out")
def info_is_an_object(seen: Seen) -> Iterator[Case]:
    """The answer to `implementation.info` is a JSON object.

    Why: its keys `objects`, `options` and `locales` are what everything else follows from.

    Mend: answer `{"objects": {"messages": ["list", "show"]}, "options": []}`, with what your endpoint does.
    """
    first = seen.all("info")[0]
    if not first.succeeded:
        raise no_info(first)
    found = first.json()
    yield declares(seen, isinstance(found, dict), "an object", shape(found))


@rule(Level.MUST, "IM1", "IM2", page=PAGE, probe=PROBE, needs=["info-is-an-object"])
@harm(Harm.LOST, "without it nothing is asked for, so nothing is imported")
def objects_can_be_read(seen: Seen) -> Iterator[Case]:
    """The implementation info says under `objects` which operations each object has.

    Why: without it the platform does not know what it may ask for, and asks for nothing.

    Mend: put the operations of `messages`, `private_messages` and `threads` under the key `objects`.
    """
    objects = answer(seen).get("objects")
    actual = f"'objects' is {shape(objects)}" if objects else "no 'objects'"
    yield declares(seen, seen.info is not None, "'objects', a mapping", actual)


READ = ["objects-can-be-read"]


@rule(Level.SHOULD, "IM2", "OB9", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "old spellings are read all the same, as the guide no longer shows them")
def objects_map_to_operations(seen: Seen) -> Iterator[Case]:
    """`objects` is a mapping from each object to its operations, under that very key.

    Why: old documents show a flat list of actions, and the key `actions`; both are still read here, but not by all.

    Mend: write `"objects": {"messages": ["list", "show"]}` instead of `"actions": ["messages.list", "messages.show"]`.
    """
    found = answer(seen)
    objects = found.get("objects", found.get("actions"))
    yield declares(seen, "objects" in found, "the key 'objects'", "the old key 'actions'")
    mapped = not (isinstance(objects, list) and objects)
    yield declares(seen, mapped, "an object: object → operations", "a flat list of actions")


@rule(Level.SHOULD, "IM2", "OB9", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "an array with gaps is read all the same")
def operations_are_lists(seen: Seen) -> Iterator[Case]:
    """The operations of each object are a list of names.

    Why: what is no list is not understood, and the object counts as if it had no operations.

    Mend: write a JSON array of strings. In PHP, `array_values` makes one of an array with gaps.
    """
    objects = answer(seen).get("objects")
    for name, operations in (objects if isinstance(objects, dict) else {}).items():
        listed = operations in NOTHING or isinstance(operations, list)
        yield declares(seen, listed, "a list of names", f"the operations of {quoted(name)} are {shape(operations)}")
        if isinstance(operations, list) and operations:
            strings = all(isinstance(it, str) and it for it in operations)
            yield declares(seen, strings, "names that are strings", f"{quoted(name)} has an operation that is none")


@rule(Level.SHOULD, "IM10", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.WASTED, "it is ignored, and nothing else with it")
def known_objects_only(seen: Seen) -> Iterator[Case]:
    """Only objects that the guide knows are declared.

    Why: unknown objects are ignored; often one is a known one misspelled, and its contents never arrive.

    Mend: the objects are `messages`, `private_messages` and `threads`; `users`, `status` and `typing` may be there too.
    """
    objects = answer(seen).get("objects")
    for name in objects if isinstance(objects, dict) else ():
        known = name in (*POLLED, *SEND_API_OBJECTS)
        yield declares(seen, known, f"one of {', '.join(POLLED)}", quoted(name), quoted(name))


@rule(Level.SHOULD, "IM2", page="options", probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the options are off, so that texts come in another format than was meant")
def options_are_a_list(seen: Seen) -> Iterator[Case]:
    """`options` is a list of names, or absent.

    Why: what is no list is ignored, and every option is off then.

    Mend: write `"options": ["messages.text", "threads.no_content"]`.
    """
    options = answer(seen).get("options")
    if options in NOTHING:
        raise DoesNotApply("the partner declares no options")
    came = "a list that holds something else" if isinstance(options, list) else shape(options)
    names = isinstance(options, list) and all(isinstance(it, str) for it in options)
    yield declares(seen, names, "a list of names", came)


@rule(Level.SHOULD, "IM9", "IM10", page="options", probe=PROBE, needs=[*READ, "options-are-a-list"])
@harm(Harm.WASTED, "it is ignored, and nothing else with it")
def known_options_only(seen: Seen) -> Iterator[Case]:
    """Only options that the guide knows are declared.

    Why: unknown options are ignored; often one is a known one misspelled, and stays off.

    Mend: compare the name with the guide's list, its object before the dot included.
    """
    names = read_names(answer(seen).get("options"))
    if not names:
        raise DoesNotApply("the partner declares no options")
    for name in names:
        yield declares(seen, name in OPTIONS, "an option of the guide", quoted(name), quoted(name))


@rule(Level.SHOULD, "IM2", "IM11", page="locales", probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "agents see an operation's bare name")
def locales_map_languages_to_labels(seen: Seen) -> Iterator[Case]:
    """`locales` maps languages to labels by custom operation, or is absent.

    Why: labels that cannot be read are not shown, and agents see the operation's bare name.

    Mend: write `"locales": {"default": {"mark_as_spam": "Mark as spam"}, "fr": {…}}`.
    """
    locales = answer(seen).get("locales")
    if locales in NOTHING:
        raise DoesNotApply("the partner declares no locales")
    yield declares(seen, isinstance(locales, dict), "an object: language → labels", shape(locales))
    for language, labels in (locales if isinstance(locales, dict) else {}).items():
        mapped = labels in NOTHING or isinstance(labels, dict)
        actual = f"the labels of {quoted(language)} are {shape(labels)}"
        yield declares(seen, mapped, "an object: operation → label", actual)
        if isinstance(labels, dict):
            strings = all(isinstance(label, str) for label in labels.values())
            yield declares(seen, strings, "labels that are strings", f"{quoted(language)} has a label that is none")


@rule(Level.MUST, "IM3", page="actions", probe=PROBE, needs=[*READ, "objects-map-to-operations"])
@harm(Harm.UNANSWERED, "nothing is imported by polling, and nothing can be answered")
def list_or_create_is_declared(seen: Seen) -> Iterator[Case]:
    """At least one object has `list` or `create`.

    Why: without a `list` nothing is imported by polling, and without a `create` no agent can answer.

    Mend: declare `list` for what is to be imported, and `create` for what agents may write.
    """
    info = seen.declared
    able = any(info.allows(name, operation) for name in POLLED for operation in ("list", "create"))
    found = ", ".join(f"{name}: {' '.join(info.operations(name))}" for name in POLLED if info.operations(name))
    yield declares(seen, able, "a 'list' or a 'create'", printable(found, 200) or "no operation at all")


@rule(Level.SHOULD, "IM6", page="actions", probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "one of the two is used, and agents may see two buttons for one thing")
def delete_or_destroy_not_both(seen: Seen) -> Iterator[Case]:
    """An object has `delete` or `destroy`, not both.

    Why: both mean deletion, the guide uses both names; two of them make two buttons, or one that does nothing.

    Mend: declare the one that your endpoint implements.
    """
    info = seen.declared
    deleted = [name for name in POLLED if info.delete_name(name)]
    if not deleted:
        raise DoesNotApply("the partner declares no deletion")
    for name in deleted:
        both = info.allows(name, "delete") and info.allows(name, "destroy")
        yield declares(seen, not both, "'delete' or 'destroy'", f"both, for {name}", name)


@rule(Level.SHOULD, "IM7", page="options", probe=PROBE, needs=READ)
@harm(Harm.WASTED, "what is declared of threads is ignored, as the option says")
def no_threads_where_unthreaded(seen: Seen) -> Iterator[Case]:
    """With the option `messages.unthreaded` no operation of `threads` is declared.

    Why: all of them are ignored, so what you list as threads never arrives.

    Mend: remove the option, or remove `threads` from `objects`.
    """
    declared(seen, "messages.unthreaded")
    operations = seen.declared.declared.get("threads", ())
    yield declares(seen, not operations, "no operations of threads", printable(", ".join(operations), 200))


@rule(Level.SHOULD, "IM8", page="options", probe=PROBE, needs=READ)
@harm(Harm.WASTED, "what else is declared of threads is ignored, as the option says")
def titled_threads_only_list_and_show(seen: Seen) -> Iterator[Case]:
    """With the option `threads.no_content` threads have `list` and `show` only.

    Why: such a thread is but an id and a title; all other operations on it are ignored.

    Mend: remove the option, or remove the other operations of `threads`.
    """
    info = seen.declared
    declared(seen, "threads.no_content")
    if info.unthreaded:
        raise DoesNotApply("messages.unthreaded is declared, so that there are no threads")
    others = [it for it in info.declared.get("threads", ()) if it not in ("list", "show")]
    yield declares(seen, not others, "'list' and 'show' only", printable(", ".join(others), 200))


@rule(Level.UNCLEAR, "LS9", "IM7", page="objects", probe=PROBE, needs=[*READ, "objects-map-to-operations"])
@harm(Harm.UNKNOWN, "the guide does not say whether a thread must be had")
def messages_come_with_threads(seen: Seen) -> Iterator[Case]:
    """Where messages are listed, threads can be listed or shown, or the option `messages.unthreaded` is given.

    Why: every message names its thread; one that cannot be had stays without title, author and text.

    Mend: declare `list` and `show` for `threads`, or the option `messages.unthreaded`.
    """
    info = seen.declared
    if not info.allows("messages", "list"):
        raise DoesNotApply("the partner declares no list of messages")
    with_threads = info.allows("threads", "list") or info.allows("threads", "show")
    kept = info.unthreaded or with_threads
    yield declares(seen, kept, "threads.list, threads.show or messages.unthreaded", "none of them")


@rule(Level.SHOULD, "IM9", page="options", probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the platform is known to serve a partner that declares both")
def messaging_view_with_one_resource(seen: Seen) -> Iterator[Case]:
    """With the option `view.messaging` either `messages` or `private_messages` is declared, not both.

    Why: the messaging view shows one conversation; with two kinds of messages it cannot tell what belongs to it.

    Mend: remove the option, or one of the two objects.
    """
    declared(seen, "view.messaging")
    resources = [name for name in ("messages", "private_messages") if seen.declared.operations(name)]
    yield declares(seen, len(resources) <= 1, "one message resource", " and ".join(resources))


@rule(Level.SHOULD, "IM9", page="options", probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the platform is known to serve a partner that declares html")
def messaging_view_is_text_only(seen: Seen) -> Iterator[Case]:
    """With the option `view.messaging` messages are text, not HTML.

    Why: the messaging view has no HTML editor; without `….text` the format is HTML, for that is the default.

    Mend: declare `messages.text` (or `private_messages.text`), and not `….html`.
    """
    info = seen.declared
    declared(seen, "view.messaging")
    for name in ("messages", "private_messages"):
        if info.operations(name):
            text = info.formats(name) == ("text",)
            actual = f"{name}: {' and '.join(info.formats(name))}"
            yield declares(seen, text, f"{name}.text, and not {name}.html", actual, name)


@rule(Level.SHOULD, "IM9", page="options", probe=PROBE, needs=READ)
@harm(Harm.WASTED, "the option does nothing without them")
def survey_comes_with_messages(seen: Seen) -> Iterator[Case]:
    """The option `messages.allow_survey` comes with operations of `messages`.

    Why: surveys are sent as messages; there is no such option for private messages.

    Mend: declare `messages`, or remove the option.
    """
    if "messages.allow_survey" not in seen.declared.options:
        raise DoesNotApply("the partner does not declare the option messages.allow_survey")
    kept = seen.declared.operations("messages")
    yield declares(seen, kept, "operations of messages", "messages.allow_survey alone")


@rule(Level.SHOULD, "IM9", page="options", probe=PROBE, needs=READ)
@harm(Harm.WASTED, "alone the option does nothing")
def typing_indicator_with_messaging_view(seen: Seen) -> Iterator[Case]:
    """The option `messaging.typing_indicator` comes with `view.messaging`.

    Why: only the messaging view shows who is typing; without it the option does nothing.

    Mend: declare `view.messaging` as well, or remove the option.
    """
    declared(seen, "messaging.typing_indicator")
    kept = "view.messaging" in seen.declared.options
    yield declares(seen, kept, "view.messaging as well", "messaging.typing_indicator alone")


@rule(Level.SHOULD, "AC2", "IM4", page="actions", probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "agents see a button of that name in the place of what was meant")
def standard_operations_spelled_right(seen: Seen) -> Iterator[Case]:
    """A standard operation is declared under its standard name.

    Why: any other name is a custom operation, which becomes a button for agents and is called with other params.

    Mend: the names are list, show, create, reply, delete (or destroy), publish and unpublish, in lower case.
    """
    info = seen.declared
    for name in POLLED:
        for operation in info.operations(name):
            plain = operation.strip().lower().removeprefix(f"{name}.")
            meant = operation if operation in STANDARD else plain if plain in STANDARD else LOOKALIKES.get(plain)
            actual = f"{quoted(operation)}, for {name}"
            yield declares(seen, meant in (None, operation), f"'{meant}'", actual, actual)


@rule(Level.MUST, "AC4", "IM4", page="actions", probe=PROBE, needs=READ)
@harm(Harm.UNANSWERED, "what is declared to be answerable cannot be answered")
def reply_comes_with_create(seen: Seen) -> Iterator[Case]:
    """An object that has `reply` can be replied to: `create` is declared for it (for threads, for messages).

    Why: `reply` itself is never sent; a reply is a `create` with `in_reply_to_id`.

    Mend: declare and implement `create`, or remove `reply`.
    """
    info = seen.declared
    replied = [name for name in POLLED if info.allows(name, "reply")]
    if not replied:
        raise DoesNotApply("the partner declares no reply")
    for name in replied:
        written = ("messages", "threads") if name == "threads" else (name,)
        able = any(info.allows(it, "create") for it in written)
        yield declares(seen, able, f"'create' for {written[0]}", f"'reply' for {name} alone", name)


def custom(seen: Seen) -> list[str]:
    """The custom operations of all objects, at least one. Raises `DoesNotApply`."""
    found = list(dict.fromkeys(it for name in POLLED for it in seen.declared.custom_operations(name)))
    if not found:
        raise DoesNotApply("the partner declares no custom operation")
    return found


@rule(Level.UNCLEAR, "IM11", page="locales", probe=PROBE, needs=[*READ, "locales-map-languages-to-labels"])
@harm(Harm.UNKNOWN, "agents see the operation's name, which may be meant")
def custom_operations_have_labels(seen: Seen) -> Iterator[Case]:
    """Each custom operation has a label in the language `default`.

    Why: without one, agents see the operation's name with blanks for underscores, in every language.

    Mend: add it under `locales`, `default`.
    """
    labels = seen.declared.locales.get("default", {})
    for operation in custom(seen):
        actual = f"{quoted(operation)} has none, and is shown as '{printable(seen.declared.label(operation), 60)}'"
        yield declares(seen, labels.get(operation), "a label in 'default'", actual, quoted(operation))


@rule(Level.UNCLEAR, "IM11", page="locales", probe=PROBE, needs=[*READ, "locales-map-languages-to-labels"])
@harm(Harm.UNKNOWN, "it is never shown, which may be meant")
def labels_are_of_custom_operations(seen: Seen) -> Iterator[Case]:
    """Each label is that of a custom operation that is declared.

    Why: other labels are never shown; often the operation was renamed, or is standard and cannot be labelled.

    Mend: remove the label, or declare the operation under the same name.
    """
    if not any(seen.declared.locales.values()):
        raise DoesNotApply("the partner declares no labels")
    operations = [it for name in POLLED for it in seen.declared.custom_operations(name)]
    for language, labels in seen.declared.locales.items():
        for operation in labels:
            actual = f"{quoted(operation)} in {quoted(language)}"
            yield declares(seen, operation in operations, "a declared custom operation", actual, actual)


@rule(Level.UNCLEAR, "IM2", "OB0", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "capabilities may change at any time")
def info_is_stable(seen: Seen) -> Iterator[Case]:
    """Asked twice in a row, `implementation.info` declares the same.

    Why: capabilities may change at any time, and are followed at once: what comes and goes makes work come and go.

    Mend: look whether the answer depends on chance, on a cache, or on which of several servers answered.
    """
    answer(seen)
    first, second = (sent.json() for sent in pair(seen))
    changed = [name for name in {**first, **second} if first.get(name) != second.get(name)]
    actual = f"other {printable(', '.join(changed), 100)}"
    yield case(first == second, seen.all("info")[1], expected="the same answer again", actual=actual)


def pair(seen: Seen) -> tuple[Sent, Sent]:
    """The two answers, each an object. Raises `NotJudged`."""
    answers = seen.all("info")
    if len(answers) < 2 or not all(isinstance(sent.json(), dict) for sent in answers[:2]):
        raise NotJudged("implementation.info was not answered twice with an object", Remedy.FIX)
    return answers[0], answers[1]
