"""`show` answers what was asked for, as the list had it (AC1)."""

from collections.abc import Callable, Iterator, Sequence

from crawler.conformance.chapters.objects.contents import contents, shows, text_id, value
from crawler.conformance.chapters.objects.required import PROBE, READ
from crawler.conformance.evidence import Seen, Sent, Shown, id_of
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.envelope import printable

PART = Part(Chapter.OBJECTS)
rule = PART.rule
SHOWN = [*READ, "show-answers-the-content"]


@rule(Level.MUST, "AC1", "TR6", page="action-details", probe=PROBE, needs=[*READ, "contents-are-rightly-signed"])
@harm(Harm.LOST, "what only `show` can bring, as the beginning of an older thread, is not imported")
def show_answers_the_content(seen: Seen) -> Iterator[Case]:
    """`show` of a listed id is answered with that content: an object.

    Why: it is how the platform gets a thread that it does not know, and looks again at a single content.

    Mend: answer the same object as in the list, not an array, under the same rights; or do not declare `show`.
    """
    for sent in seen.all("show"):
        start = printable(sent.body[:60].decode("utf-8", "replace"), 60)
        actual = f"a body that starts with {start!r}" if start else "an empty body"
        expected = "HTTP 2xx, signed: the content, an object"
        yield case(shows(sent), sent, expected=expected, actual=actual if sent.succeeded else sent.came)


def shown(seen: Seen) -> Sequence[tuple[Sent, Shown, Shown]]:
    """Each content that was shown, and the same as it was listed, at least one. Raises `Unjudged`."""
    asked_for = seen.all("show")
    listed = {(sent.object, id_of(content)): content for sent, content in contents(seen)}
    return [(sent, sent.json(), listed[sent.object, text_id(sent.exchange.params["id"])]) for sent in asked_for]


@rule(Level.SHOULD, "AC1", "OB11", page="action-details", probe=PROBE, needs=SHOWN)
@harm(Harm.ALTERED, "it is taken for what was asked for")
def show_spells_the_id_as_asked(seen: Seen) -> Iterator[Case]:
    """`show` answers with the id that was asked for.

    Why: a content under two ids is two contents for whoever does not know better.

    Mend: use the same id in `list`, in `show`, and in the answer to `create`.
    """
    for sent, content, _ in shown(seen):
        own = sent.exchange.params.get("id")
        actual = value(content.get("id"))
        yield case(id_of(content) == own, sent, expected=f"'id' {value(own)}", actual=actual)


@rule(Level.MUST, "AC1", page="action-details", probe=PROBE, needs=SHOWN)
@harm(Harm.LOST, "whichever came last is what agents see, and what only the other holds is gone")
def show_agrees_with_list(seen: Seen) -> Iterator[Case]:
    """`show` answers the same author, thread, recipient and text as the list did.

    Why: whichever came last is what agents see.

    Mend: make both from the same function.
    """
    pick: dict[str, Callable[[Shown], object]] = {
        "author": lambda it: id_of(it.get("author")),
        "recipient": lambda it: id_of(it.get("recipient")),
        "thread_id": lambda it: text_id(it.get("thread_id")),
        "body": lambda it: it.get("body") or "",
        "title": lambda it: it.get("title") or "",
    }
    for sent, content, before in shown(seen):
        for name, of in pick.items():
            expected = f"'{name}' as in the list: {value(of(before))}"
            yield case(of(content) == of(before), sent, expected=expected, actual=value(of(content)), note=name)


@rule(Level.SHOULD, "AC1", "OB9", page="action-details", probe=PROBE, needs=SHOWN)
@harm(Harm.ALTERED, "it is taken for nothing, until somebody takes it for a content")
def show_of_an_unknown_id_refused(seen: Seen) -> Iterator[Case]:
    """`show` of an id that names nothing is answered with a 4xx status.

    Why: an empty success is read as "nothing there" here, but it looks like a content that lost everything.

    Mend: answer 404 with a short text.
    """
    for sent in seen.all("unknown"):
        if sent.exchange.answer is not None and not shows(sent):
            yield case(400 <= (sent.status or 0) < 500, sent, expected="HTTP 4xx, such as 404", actual=sent.came)


@rule(Level.MUST, "AC1", page="action-details", probe=PROBE, needs=SHOWN)
@harm(Harm.EXPOSED, "a content that nobody asked for is taken for another one")
def show_of_an_unknown_id_shows_nothing(seen: Seen) -> Iterator[Case]:
    """`show` of an id that names nothing does not answer with some content.

    Why: the platform would take it for the one that it asked for.

    Mend: look the id up as the whole text that it is: `(int) "12abc"` is 12 in some languages, and nothing is 0.
    """
    for sent in seen.all("unknown"):
        answered = id_of(sent.json()) if shows(sent) else None
        expected = "an error status, such as 404"
        yield case(not shows(sent), sent, expected=expected, actual=f"the content {value(answered)}")
