"""Operations under their names, with what they need and what agents see of them; and that all this lasts (AC, IM11)."""

from collections.abc import Iterator, Mapping

from crawler.conformance.chapters.declaration.shape import PAGE, PROBE, READ, answer, declares, quoted
from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, Sent
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import POLLED, STANDARD

PART = Part(Chapter.DECLARATION)
rule = PART.rule

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
