"""Creating what agents write (PU1 to PU4, PU11 to PU14)."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, Shown, id_of, refusal
from crawler.conformance.returned import Creation, written
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Level, Part, case, harm
from crawler.conformance.timeline import Crawled, pages
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import shape

PART = Part(Chapter.PUSHING)
rule = PART.rule
PAGE = "action-details"
CREATED = ["create-answered-with-success", "create-answers-an-id", "created-id-is-its-own"]
READABLE = ["declared-list-answers", "list-answers-an-array", "empty-list-is-an-empty-array"]
LISTED = [*READABLE, *CREATED, "created-content-is-listed"]
PURPOSES = ("thread", "message", "private message", "reply")
"""The usual creates; the others try limits."""


def created(seen: Seen, *purposes: str) -> Sequence[Creation]:
    """What was sent to be created, for these purposes, at least one. Raises `Unjudged`, with the reason."""
    creations = written(seen).creations
    found = [creations[it] for it in purposes if it in creations and creations[it].request is not None]
    if not found and (left_out := seen.left_out(*purposes)):
        raise left_out
    return seen.some(found, f"no {purposes[0]} was created", Remedy.FIX)


def is_listed(seen: Seen, object_name: str) -> bool:
    """Whether what is created must be seen in lists: they are declared, and not too long to come to their end."""
    return seen.declared.allows(object_name, "list") and object_name not in seen.learnt(Crawled).part


def shown(seen: Seen, creation: Creation) -> Shown | None:
    """The created content as it was listed first, `None` where it never was. Raises `Unjudged` without a list."""
    if not seen.declared.allows(creation.object, "list"):
        raise DoesNotApply(f"the partner declares no list of {creation.object}")
    if not is_listed(seen, creation.object):
        raise NotJudged(f"the partner lists too many {creation.object} to come to the newest", Remedy.CONTENTS)
    for page in pages(seen.sent, creation.object):
        for content in page.contents:
            if creation.id is not None and id_of(content) == creation.id:
                return content
    return None


@rule(Level.MUST, "PU3", "PU6", "TR5", page=PAGE, probe="pushing", needs=["answer-signature-is-right"])
@harm(Harm.UNANSWERED, "what an agent writes is given up, and the customer never gets it")
def create_answered_with_success(seen: Seen) -> Iterator[Case]:
    """A create that the partner declares is answered with success.

    Why: after three failures the agent's message is given up; the customer never gets it.

    Mend: look into the endpoint's log. List somebody as `puppetizable` whom agents may write as; if there is one who
    has written nothing yet, name it with `--agent-id`. If agents cannot write there, do not declare `create`.
    """
    for sent in written(seen).unwelcome:
        if sent.status is None or sent.status >= 500 or sent.status < 400:  # else it knows that nobody is meant
            expected = "success, or HTTP 4xx for somebody who is not known"
            yield Breach(expected=expected, actual=f"{refusal(sent)}; nobody listed is puppetizable", sent=sent)
    for creation in created(seen, *PURPOSES):
        refused = refusal(creation.sent)
        yield case(not refused, creation.sent, expected="the created content", actual=refused, note=creation.purpose)


@rule(Level.MUST, "PU3", "PU11", page=PAGE, probe="pushing", needs=["create-answered-with-success"])
@harm(Harm.DOUBLED, "the attempt counts as failed and is repeated twice: the customer gets it three times")
def create_answers_an_id(seen: Seen) -> Iterator[Case]:
    """The answer to a create holds the new content's id.

    Why: without it the attempt counts as failed and is repeated twice, so that the customer gets the message three
    times; and it can neither be replied to nor deleted.

    Mend: answer the whole content, or at least `{"id": "…"}`.
    """
    for creation in created(seen, *PURPOSES):
        actual = printable(creation.sent.body[:100].decode("utf-8", "replace"), 100) or "an empty body"
        held, note = creation.named is not None, f"{creation.purpose}: {creation.named}"
        yield case(held, creation.sent, expected="an object with 'id'", actual=actual, note=note)


@rule(Level.UNCLEAR, "PU3", "OB9", page="objects", probe="pushing", needs=["create-answers-an-id"])
@harm(Harm.UNKNOWN, "a number is read as text, and the guide forbids none")
def created_id_is_a_string(seen: Seen) -> Iterator[Case]:
    """The id in the answer to a create is a string.

    Why: ids are opaque text; a number of more than 15 digits comes out of many JSON readers as another one.

    Mend: write `"id": "12"` instead of `"id": 12`.
    """
    for creation in created(seen, *PURPOSES):
        given = creation.sent.json().get("id")
        string = isinstance(given, str)
        yield case(string, creation.sent, expected="'id' as a string", actual=shape(given), note=creation.purpose)


@rule(Level.SHOULD, "PU4", page="quick-start", probe="pushing", needs=["create-answers-an-id"])
@harm(Harm.ALTERED, "what was created is delivered, but nothing more can be done to it")
def created_id_is_not_the_replied_to_id(seen: Seen) -> Iterator[Case]:
    """The id in the answer to a create is not that of the content or thread which it was written to.

    Why: the guide's quick start does just that; but then what was created cannot be told from what it replies to, and a
    deletion of the one hits the other.

    Mend: answer the id of the content that you created.
    """
    for creation in created(seen, *PURPOSES):
        params = creation.params
        for name in ("in_reply_to_id", "thread_id"):
            if name in params:
                own, actual = creation.named != params[name], f"{creation.named}, the {name}"
                yield case(own, creation.sent, expected="an id of its own", actual=actual, note=creation.purpose)


@rule(
    Level.MUST,
    "PU3",
    "PU4",
    page=PAGE,
    probe="pushing",
    needs=["create-answers-an-id", "created-id-is-not-the-replied-to-id"],
)
@harm(Harm.LOST, "what was created is taken for a content that is known, and is not shown")
def created_id_is_its_own(seen: Seen) -> Iterator[Case]:
    """The id in the answer to a create is one that no other content has.

    Why: a content that is known is never overwritten, so what was created has no id: nothing can be done to it.

    Mend: answer the id that the new row got, not that of the last one read.
    """
    for creation in created(seen, *PURPOSES):
        own, actual = creation.id is not None, f"{creation.named}, which is known"
        yield case(own, creation.sent, expected="a new id", actual=actual, note=f"{creation.purpose}: {creation.id}")


@rule(
    Level.SHOULD,
    "LS1",
    "PU11",
    page="polling",
    probe="pushing",
    needs=[*READABLE, *CREATED, "ids-stay"],
)
@harm(Harm.ALTERED, "agents see it as they wrote it, and no later change to it")
def created_content_is_listed(seen: Seen) -> Iterator[Case]:
    """What was created is listed after the cursor from before, under the id of the answer.

    Why: the list is how later changes to it become known: an edit, a deletion, what may be done to it.

    Mend: list agents' contents like everybody's, and at once.
    """
    for creation in created(seen, *PURPOSES):
        standing = takewhile(lambda it: it.label != "delete", seen.sent[seen.sent.index(creation.sent) + 1 :])
        if is_listed(seen, creation.object) and pages(standing, creation.object):
            listed = shown(seen, creation) is not None
            expected, note = f"{creation.id} in a list of {creation.object}", f"{creation.object} {creation.id}"
            actual = f"not listed within {written(seen).waited:.0f} s"
            yield case(listed, creation.sent, expected=expected, actual=actual, note=note)


@rule(Level.SHOULD, "PU11", page=PAGE, probe="pushing", needs=CREATED)
@harm(Harm.ALTERED, "agents see what they wrote, and not what the customer gets")
def create_answer_shows_what_was_sent(seen: Seen) -> Iterator[Case]:
    """Where the answer to a create shows the content, its body is the one that was sent.

    Why: what was stored as sent stays so; if the customer gets another text, agents do not know it.

    Mend: answer the content as it is stored, and store what was sent.
    """
    for creation in created(seen, *PURPOSES):
        body = creation.sent.json().get("body")
        if body:
            same = body == creation.params.get("body")
            actual = printable(str(body), 100)
            yield case(same, creation.sent, expected="the body that was sent", actual=actual, note=creation.purpose)
