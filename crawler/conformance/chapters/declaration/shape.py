"""The implementation info as it is written (IM1, IM2, IM10)."""

import json
from collections.abc import Iterator

from crawler.conformance.evidence import DoesNotApply, Seen, Shown, no_info
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.envelope import printable, without_mark
from crawler.protocol.implementation import OPTIONS, POLLED, SEND_API_OBJECTS, read_names, shape
from crawler.protocol.objects import NOTHING

PART = Part(Chapter.DECLARATION)
rule = PART.rule
PAGE, PROBE = "action-details", "declaration"
READ = ["objects-can-be-read"]


def answer(seen: Seen) -> Shown:
    """The first answer to ``implementation.info``. Raises `NotJudged` where there is none."""
    first = seen.all("info")[0]
    if not first.succeeded:
        raise no_info(first)
    found: Shown = first.json()
    return found


def quoted(value: str) -> str:
    """A name of the partner's as it may be shown."""
    return f"'{printable(value, 60)}'"


def declares(seen: Seen, kept: object, expected: str, actual: str, note: str = "") -> Case:
    """A case in the first answer."""
    return case(kept, seen.all("info")[0], expected=expected, actual=actual, note=note)


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
