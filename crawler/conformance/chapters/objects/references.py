"""What contents name: other contents, and operations (OB8, LS9, IM4, IM5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from crawler.conformance.chapters.objects.contents import contents, given_in, shows, text_id, value, which, with_content
from crawler.conformance.chapters.objects.required import PAGE, PROBE, READ
from crawler.conformance.evidence import DoesNotApply, Seen, Sent
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import COLLECTION_LEVEL, POLLED

PART = Part(Chapter.OBJECTS)
rule = PART.rule


@dataclass(frozen=True, slots=True)
class Whole:
    """The `objects` that were listed to their end, so that what is not among them is not listed at all."""

    objects: set[str] = field(default_factory=set)


def known(seen: Seen, object_name: str) -> set[str]:
    """The ids of an object that were listed, or were shown when asked for."""
    lists = [sent for sent in seen.sent if sent.action == f"{object_name}.list" and sent.succeeded]
    listed = {found for sent in lists for found in sent.ids()}
    shown = {
        text_id(sent.exchange.params.get("id"))
        for sent in seen.sent
        if sent.label == "referred" and sent.object == object_name and shows(sent)
    }
    return listed | shown


def asked(seen: Seen, object_name: str, foreign_id: str) -> bool:
    """Whether it is known of an id whether the partner has it: it was asked for, or all there is was listed."""
    whole = seen.known(Whole)
    if whole and object_name in whole.objects and not seen.declared.allows(object_name, "show"):
        return True
    return any(
        sent.label == "referred" and sent.object == object_name and sent.exchange.params.get("id") == foreign_id
        for sent in seen.sent
    )


@rule(Level.SHOULD, "OB8", "OB11", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "it is shown, but not as a reply to anything")
def replies_name_a_known_content(seen: Seen) -> Iterator[Case]:
    """`in_reply_to_id` is the id of a content of the same object that is listed or can be shown, or of its own thread.

    Why: a reply to something unknown counts as no reply, and the conversation falls apart.

    Mend: leave the field out where there is no such content; do not send "0" for none.
    """
    ids = {name: known(seen, name) for name in POLLED}
    for sent, content in contents(seen, "messages", "private_messages"):
        named = text_id(content.get("in_reply_to_id"))
        opening = sent.object == "messages" and named == text_id(content.get("thread_id"))
        where = "threads" if opening and named not in ids[sent.object] else sent.object
        expected, actual = f"one of {where} that is listed or shown", f"{which(sent, content)} names {value(named)}"
        if named == "0":
            yield Breach(expected="no 'in_reply_to_id' where there is none", actual=actual, sent=sent)
        elif named and (named in ids[where] or asked(seen, where, named)):
            yield case(named in ids[where], sent, expected=expected, actual=actual, note=actual)


@rule(Level.SHOULD, "LS9", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "it is shown, but in a thread without title and beginning")
def messages_name_a_known_thread(seen: Seen) -> Iterator[Case]:
    """The thread of a message is listed, or can be shown.

    Why: a message of an unknown thread is kept, but has no title and no beginning.

    Mend: list the thread before its messages, and answer `threads.show` for threads that are no longer listed.
    """
    if seen.declared.unthreaded:
        raise DoesNotApply("messages.unthreaded is declared")
    threads = known(seen, "threads")
    for sent, content in contents(seen, "messages"):
        named = text_id(content.get("thread_id"))
        if named and (named in threads or asked(seen, "threads", named)):
            kept, actual = named in threads, f"{which(sent, content)} names {value(named)}"
            yield case(kept, sent, expected="a thread that is listed or shown", actual=actual, note=actual)


@rule(Level.SHOULD, "OB9", "IM5", page="actions", probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "an array with gaps is read all the same")
def actions_are_a_list(seen: Seen) -> Iterator[Case]:
    """A content's `actions` are a list of names, or absent.

    Why: they decide which buttons agents see at this content.

    Mend: write a JSON array of strings. In PHP, `array_values` makes one of an array with gaps.
    """
    for sent, whose, given in given_in(seen, "actions"):
        kept = isinstance(given, list) and all(isinstance(it, str) for it in given)
        actual = f"those of {whose} are {value(given)}"
        yield case(kept, sent, expected="a list of names", actual=actual, note=actual)


def actions(seen: Seen) -> Sequence[tuple[Sent, str, str]]:
    """Each operation that a content's own `actions` name, and whose it is, at least one. Raises `Unjudged`."""
    given = given_in(seen, "actions")
    named = ((sent, whose, it) for sent, whose, them in given for it in (them if isinstance(them, list) else ()))
    return seen.some([it for it in named if isinstance(it[2], str) and it[2]], "no content names any 'actions'")


@rule(Level.SHOULD, "IM4", page="actions", probe=PROBE, needs=[*READ, "actions-are-a-list"])
@harm(Harm.WASTED, "they are ignored there")
def actions_are_instance_operations(seen: Seen) -> Iterator[Case]:
    """A content's `actions` do not name `list`, `show` or `create`.

    Why: only the implementation info decides about these; here they are ignored.

    Mend: name what can be done to this very content: delete, publish, unpublish, reply, custom operations.
    """
    for sent, whose, operation in actions(seen):
        kept, actual = operation not in COLLECTION_LEVEL - {"reply"}, f"{whose} names '{printable(operation, 60)}'"
        yield case(kept, sent, expected="an operation on one content", actual=actual, note=actual)


@rule(Level.SHOULD, "IM5", "AC3", page="actions", probe=PROBE, needs=[*READ, "actions-are-a-list"])
@harm(Harm.ALTERED, "agents see no button for it")
def actions_are_declared(seen: Seen) -> Iterator[Case]:
    """What a content's `actions` name is declared for its object in the implementation info.

    Why: an operation is offered to agents only where both name it; one that is misspelled on one side never is.

    Mend: declare the operation, or remove it here; `delete` and `destroy` must be the same word on both sides.
    """
    for sent, whose, operation in actions(seen):
        if operation not in COLLECTION_LEVEL:
            kept, actual = seen.declared.allows(sent.object, operation), f"{whose} names {value(operation)}"
            expected = f"an operation that is declared for {sent.object}"
            yield case(kept, sent, expected=expected, actual=actual, note=actual)


@rule(Level.MUST, "AC4", "IM5", page="actions", probe=PROBE, needs=[*READ, "actions-are-a-list"])
@harm(Harm.UNANSWERED, "where no content names it, agents see no way to reply to any")
def reply_is_offered(seen: Seen) -> Iterator[Case]:
    """Where `reply` is declared for an object, some of its contents name it in their own `actions`.

    Why: agents may then reply only to contents that name `reply`.

    Mend: put `reply` into the `actions` of what may be replied to; or do not declare it, so that `create` is enough.
    """
    replied = [name for name in POLLED if seen.declared.allows(name, "reply")]
    if not replied:
        raise DoesNotApply("the partner declares no reply")
    listed = with_content(seen)
    for name in replied:
        found = [(sent, content) for sent, content in listed if sent.object == name]
        names = [content for _, content in found if "reply" in (content.get("actions") or ())]
        if found:
            expected, actual = f"some of {name} that name 'reply'", f"none of {len(found)} does"
            yield case(
                names, found[0][0], expected=expected, actual=actual, note=f"{len(names)} of {len(found)} {name}"
            )
