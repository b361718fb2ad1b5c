"""What is created is there once, under its id, and nothing else is in it (PU2 to PU4, PU11)."""

from collections.abc import Iterator, Sequence

from crawler.conformance.chapters.pushing.creating import PAGE
from crawler.conformance.evidence import DoesNotApply, Remedy, Seen, id_of, refusal
from crawler.conformance.returned import Creation, Found, bearing, found, written
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.conformance.timeline import Crawled
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import POLLED

PART = Part(Chapter.PUSHING)
rule = PART.rule
PROBE = "returning"
LISTS = ["declared-list-answers", "list-answers-an-array"]
SINGLE = [*LISTS, "each-create-has-its-own-id", "listed-under-the-answered-id"]
"""What else is not kept makes one content look like another."""
REPLIES = ("reply", "private reply")


def creations(seen: Seen, *purposes: str) -> Sequence[Creation]:
    """What was sent to be created, for these purposes or for any, at least one. Raises `Unjudged`."""
    chosen = [it for it in written(seen).creations.values() if not purposes or it.purpose in purposes]
    if not chosen and purposes and (left_out := seen.left_out(*purposes)):
        raise left_out
    return seen.some(chosen, f"no {purposes[0] if purposes else 'content'} was created", Remedy.FIX)


def comes_back(seen: Seen) -> None:
    """Raises `DoesNotApply` where nothing that is created could be seen again."""
    written = [name for name in POLLED if seen.declared.allows(name, "create")]
    if not any(seen.declared.allows(name, operation) for name in written for operation in ("list", "show")):
        raise DoesNotApply("the partner declares neither list nor show of what can be created")


def returned(seen: Seen, *purposes: str) -> Sequence[tuple[Creation, Found]]:
    """What was created and came back, each with how it did, at least one. Raises `Unjudged`."""
    comes_back(seen)
    sent = creations(seen, *purposes)
    back = ((it, there) for it in sent if (there := found(seen, it)) is not None)
    return seen.some(back, "nothing that was created was listed or shown", Remedy.FIX)


@rule(Level.MUST, "PU3", "PU11", page="polling", probe=PROBE, needs=LISTS)
@harm(Harm.LOST, "what the agent wrote is nowhere, and the agent takes it for sent")
def created_content_shows_up(seen: Seen) -> Iterator[Case]:
    """What was created, and was answered with success, is listed, or at least answered with an id.

    Why: a create that neither brings an id nor shows in a list has brought nothing at all.

    Mend: answer success only where the content was stored; and answer its id.
    """
    if not any(seen.declared.allows(name, "create") for name in seen.declared.listed):
        raise DoesNotApply("the partner declares no list of what can be created")
    for posted in creations(seen):
        listed = seen.declared.allows(posted.object, "list") and posted.object not in seen.learnt(Crawled).part
        if posted.tag and listed and not refusal(posted.sent):
            there = posted.named is not None or found(seen, posted) is not None
            actual = f"no id, and not listed within {written(seen).waited:.0f} s"
            yield case(there, posted.sent, expected="an id, or to be listed", actual=actual, note=str(posted.named))


@rule(Level.MUST, "PU3", "LS4", page="polling", probe=PROBE, needs=[*LISTS, "ids-stay"])
@harm(Harm.DOUBLED, "under another id it is imported once more, as another content")
def listed_under_the_answered_id(seen: Seen) -> Iterator[Case]:
    """What was created is listed under the id with which the create was answered.

    Why: the id is all that tells a content that is known from a new one: under another it is there twice.

    Mend: answer the id that the lists have; not that of a job, or of a row in another table.
    """
    for posted, there in returned(seen):
        if posted.id is not None:
            own = id_of(there.content)
            expected, actual = f"{posted.object} {posted.id}", f"{own} ({there.sent.id})"
            yield case(own == posted.id, posted.sent, expected=expected, actual=actual, note=f"{posted.purpose}: {own}")


@rule(Level.MUST, "PU3", "PU4", page="action-details", probe=PROBE, needs=LISTS)
@harm(Harm.LOST, "of two contents with one id only one is there")
def each_create_has_its_own_id(seen: Seen) -> Iterator[Case]:
    """Each create is answered with an id of its own, also where its text, its thread or its author is that of another.

    Why: what an id names is one content: the other one was dropped, or cannot be seen.

    Mend: know repeats by `content_id` alone, not by what they say or where.
    """
    known: dict[tuple[str, str], Creation] = {}
    for posted in creations(seen):
        if posted.id is not None:
            first = known.setdefault((posted.object, posted.id), posted)
            actual = f"{posted.id}, which '{first.purpose}' was answered with"
            own = first is posted
            yield case(own, posted.sent, expected="another id", actual=actual, note=f"{posted.purpose}: {posted.id}")


@rule(Level.MUST, "PU1", "PU11", page=PAGE, probe=PROBE, needs=SINGLE)
@harm(Harm.EXPOSED, "a customer reads what another one was told")
def body_holds_nothing_else(seen: Seen) -> Iterator[Case]:
    """A created content holds nothing of what was written elsewhere.

    Why: what was told to one customer is none of another's business.

    Mend: look for a buffer, or a template, that outlives the request.
    """
    for posted, there in returned(seen):
        if posted.purpose in REPLIES:
            continue  # which may quote what it answers
        text = str(there.content.get("body"))
        others = [it.purpose for it in creations(seen) if it is not posted and it.tag and it.tag in text]
        actual = f"also '{'' if not others else others[0]}': {printable(text, 60)}"
        yield case(not others, posted.sent, expected="what was sent", actual=actual, note=posted.purpose)


@rule(Level.MUST, "PU2", "PU11", page=PAGE, probe=PROBE, needs=[*SINGLE, "body-holds-nothing-else"])
@harm(Harm.DOUBLED, "the customer gets it twice")
def create_makes_one_content(seen: Seen) -> Iterator[Case]:
    """A create that was sent once makes one content.

    Why: the customer gets each of them.

    Mend: look what else stores it: a hook of the model, a queue that is worked off twice.
    """
    for posted, there in returned(seen):
        if posted.tag:
            ids = {id_of(it.content) for it in bearing(seen, posted)} or {id_of(there.content)}
            actual = f"{len(ids)}: {', '.join(map(str, sorted(map(str, ids))))}"
            yield case(len(ids) == 1, posted.sent, expected="one content", actual=actual, note=posted.purpose)
