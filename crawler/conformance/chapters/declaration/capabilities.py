"""What is declared goes together: operations and options (IM3, IM6 to IM9)."""

from collections.abc import Iterator

from crawler.conformance.chapters.declaration.shape import PROBE, READ, declares
from crawler.conformance.evidence import DoesNotApply, Seen
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, harm
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import POLLED

PART = Part(Chapter.DECLARATION)
rule = PART.rule


def declared(seen: Seen, *options: str) -> None:
    """Raises `DoesNotApply` unless one of the options is declared."""
    if not seen.declared.options & {*options}:
        raise DoesNotApply(f"the partner does not declare the option {' or '.join(options)}")


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
