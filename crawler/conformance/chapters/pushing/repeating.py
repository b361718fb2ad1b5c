"""Creates that come again, and creates that must be refused (PU2, PU3, PU7)."""

from collections.abc import Iterator

from crawler.conformance.chapters.pushing.creating import CREATED, LISTED, PAGE, created, shown
from crawler.conformance.evidence import NotJudged, Remedy, Seen, Sent, id_of, refusal
from crawler.conformance.returned import written
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.conformance.timeline import pages

PART = Part(Chapter.PUSHING)
rule = PART.rule


def _copies(seen: Seen, purpose: str, label: str) -> Case:
    """A breach where a repeated create made one more content, by the lists. Raises `Unjudged`."""
    [creation] = created(seen, purpose)
    sent = seen.one(label)
    if shown(seen, creation) is None:
        raise NotJudged(f"the {purpose} that was created was not listed", Remedy.FIX)
    others = {it.id for it in written(seen).creations.values() if it.content_id != creation.content_id}
    before, after = (
        {
            id_of(content)
            for page in pages(sents, creation.object)
            for content in page.contents
            if creation.tag in str(content.get("body")) and id_of(content) not in others
        }
        for sents in (seen.sent[: seen.sent.index(sent)], seen.sent[seen.sent.index(sent) :])
    )
    more, note = after - before - {creation.id}, f"{creation.object} {creation.id}"
    return case(not more, sent, expected="one content", actual=f"{1 + len(more)} of the same content_id", note=note)


@rule(Level.MUST, "PU2", "PU11", page=PAGE, probe="pushing", needs=LISTED)
@harm(Harm.DOUBLED, "where an answer is lost on its way, the customer gets the message twice")
def repeated_create_makes_no_copy(seen: Seen) -> Iterator[Case]:
    """A create that comes again with `retry: true` and the same `content_id` creates nothing more.

    Why: where an answer got lost, the platform cannot know whether the message was created, and sends it again; without
    this check the customer gets it twice.

    Mend: store `content_id` with what you create, with a unique index, and look for it before you create.
    """
    yield _copies(seen, "message", "repeat")


@rule(Level.MUST, "PU2", "PU3", page=PAGE, probe="pushing", needs=CREATED)
@harm(Harm.DOUBLED, "under another id it is imported once more, as another content")
def repeated_create_answers_the_same_id(seen: Seen) -> Iterator[Case]:
    """A create that comes again with `retry: true` is answered with the id of what the first one created.

    Why: the content is known by that id from then on.

    Mend: answer the content that you find under `content_id`.
    """
    [creation] = created(seen, "message")
    sent = seen.one("repeat")
    refused = refusal(sent)
    again = None if refused else id_of(sent.json())
    actual = refused or f"id {again}"
    yield case(again == creation.id, sent, expected=f"id {creation.id}", actual=actual)


@rule(Level.UNCLEAR, "PU2", page=PAGE, probe="pushing", needs=[*LISTED, "repeated-create-makes-no-copy"])
@harm(Harm.UNKNOWN, "the platform sets `retry` on every repeat")
def content_id_alone_prevents_copies(seen: Seen) -> Iterator[Case]:
    """A create that comes again with the same `content_id` creates nothing more, even where it says `retry: false`.

    Why: the guide does not say which of the two counts; the platform sets `retry` on every repeat.

    Mend: nothing needs mending; a unique `content_id` is safer than the flag.
    """
    yield _copies(seen, "accents", "repeat without retry")


def not_done(sent: Sent) -> Case:
    """A breach where nonsense was done, or crashed the endpoint."""
    refused = refusal(sent)
    crashed = sent.status is None or sent.status >= 500
    expected = "HTTP 4xx, or an object with 'error'"
    return case(refused and not crashed, sent, expected=expected, actual=refused or f"{sent.came}, a success")


@rule(Level.MUST, "PU1", "PU7", page=PAGE, probe="pushing", needs=CREATED)
@harm(Harm.EXPOSED, "whoever reads the thread in which it ends up is not whom it was written to")
def create_in_unknown_thread_refused(seen: Seen) -> Iterator[Case]:
    """A message for a thread that does not exist is refused.

    Why: an agent whose answer cannot be delivered must hear of it. A success says that the customer got it, and often
    it went to another thread.

    Mend: answer `{"error": {"fatal": true, "message": "…"}}`, signed, or 4xx with a text.
    """
    sent = seen.one("unknown thread")
    refused = refusal(sent)
    yield case(refused, sent, expected="an error", actual=f"{sent.came}, a success", note=refused)


@rule(Level.SHOULD, "PU1", "PU7", "OB1", page=PAGE, probe="pushing", needs=CREATED)
@harm(Harm.WASTED, "no agent can write one")
def create_without_body_refused(seen: Seen) -> Iterator[Case]:
    """A message with neither body nor attachments is refused.

    Why: a content without a body cannot be imported again, and nobody wants to receive it.

    Mend: answer `{"error": {"fatal": true, "message": "…"}}`, signed, or 4xx with a text.
    """
    yield not_done(seen.one("no body"))
