"""Lists after cursors that the partner never gave, and with params that nobody knows (LS1, LS10)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crawler.conformance.chapters.listing.lists import ARRAYS, PAGE
from crawler.conformance.evidence import DoesNotApply, Seen, Sent
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.conformance.timeline import is_page

PART = Part(Chapter.LISTING)
rule = PART.rule


@dataclass(frozen=True, slots=True)
class Strange:
    """The `labels` of the cursors that no partner gives."""

    labels: Sequence[str]


def contents_after(seen: Seen, label: str) -> Iterator[tuple[Sent, Sent]]:
    """Each object's request under a label, with the one under ``before``. Raises `Unjudged`."""
    if not seen.declared.listed:
        raise DoesNotApply("the partner declares no list")
    before = {sent.action: sent for sent in seen.all("before")}
    yield from ((before[sent.action], sent) for sent in seen.all(label))


@rule(Level.MUST, "LS10", page="polling", probe="cursors", needs=ARRAYS)
@harm(Harm.LOST, "with an error each cycle fails, and nothing more is imported")
def unknown_since_id_answered(seen: Seen) -> Iterator[Case]:
    """A list after an id that names nothing is answered with an array, not with an error.

    Why: the newest content may be deleted, or a backup restored; then the cursor names nothing, and with an error each
    cycle fails from then on, for good.

    Mend: answer everything, as if there were no `since_id`.
    """
    for _, sent in contents_after(seen, "unknown"):
        yield case(is_page(sent), sent, expected="a JSON array", actual=sent.came)


@rule(
    Level.UNCLEAR,
    "LS10",
    "LS11",
    page="polling",
    probe="cursors",
    needs=[*ARRAYS, "ids-stay", "unknown-since-id-answered"],
)
@harm(Harm.UNKNOWN, "the guide does not say what an unknown cursor gets")
def unknown_since_id_starts_anew(seen: Seen) -> Iterator[Case]:
    """A list after an id that names nothing holds contents, where there are any.

    Why: an empty answer looks like nothing new. This crawler asks from earlier cursors then; the guide does not say
    that the platform does.

    Mend: answer everything, as if there were no `since_id`.
    """
    for before, sent in contents_after(seen, "unknown"):
        if is_page(before) and before.elements() and is_page(sent):
            yield case(sent.elements(), sent, expected="contents", actual="an empty array")


@rule(Level.UNCLEAR, "LS1", "OB0", page=PAGE, probe="cursors", needs=[*ARRAYS, "ids-stay"])
@harm(Harm.UNKNOWN, "the platform is not known to send one")
def empty_since_id_means_none(seen: Seen) -> Iterator[Case]:
    """A list with an empty `since_id` is the same as one without.

    Why: in contents an empty string means absence. The platform is not known to send one.

    Mend: treat an empty `since_id` as if it were not there.
    """
    for before, sent in contents_after(seen, "empty"):
        kept = is_page(sent) and set(before.ids()) <= set(sent.ids())
        yield case(kept, sent, expected="the list without since_id", actual=sent.came)


@rule(Level.SHOULD, "LS2", "TR6", page=PAGE, probe="cursors", needs=ARRAYS)
@harm(Harm.BRITTLE, "the platform sends back the ids that it was given")
def strange_since_id_survived(seen: Seen) -> Iterator[Case]:
    """A list after an id that no partner gives is answered with an array, or refused with a 4xx status and a text.

    Why: ids are opaque text, and yours go over the wire. A crash on a quote or an accent says that the id goes into a
    query as it came: then whoever knows the secret, or a content's id, rules your database.

    Mend: pass the id to the database as a parameter of the query, and limit its length.
    """
    if not seen.declared.listed:
        raise DoesNotApply("the partner declares no list")
    for label in seen.learnt(Strange).labels:
        for sent in (it for it in seen.sent if it.label == label):
            kept = is_page(sent) or (400 <= (sent.status or 0) < 500 and sent.body.strip())
            yield case(kept, sent, expected=f"an array, or HTTP 4xx and a text ({label})", actual=sent.came, note=label)


@rule(Level.MUST, "LS1", "TR1", page=PAGE, probe="cursors", needs=[*ARRAYS, "ids-stay"])
@harm(Harm.LOST, "one odd request stops the channel, and what is written meanwhile is not imported")
def lists_unharmed_by_strange_cursors(seen: Seen) -> Iterator[Case]:
    """After cursors that were never given, a list is answered as before.

    Why: one odd request must not stop the channel.

    Mend: roll the transaction back when a query fails, and keep nothing of a request once it was answered.
    """
    for before, sent in contents_after(seen, "afterwards"):
        yield case(is_page(sent), sent, expected="a JSON array", actual=sent.came)
        if is_page(sent) and is_page(before) and before.elements():
            yield case(sent.elements(), sent, expected="contents, as before", actual="an empty array")


@rule(Level.SHOULD, "LS1", "TR1", page=PAGE, probe="cursors", needs=ARRAYS)
@harm(Harm.BRITTLE, "the platform sends none today")
def extra_params_ignored(seen: Seen) -> Iterator[Case]:
    """A param that no guide names changes nothing about a list.

    Why: the platform may add params at any time.

    Mend: read the params that you know, and let the others be.
    """
    if not seen.declared.listed:
        raise DoesNotApply("the partner declares no list")
    newest = {sent.action: sent for sent in seen.all("newest")}
    for sent in seen.all("extra params"):
        kept = is_page(sent) and set(newest[sent.action].ids()) <= set(sent.ids())
        yield case(kept, sent, expected="the same answer as without it", actual=sent.came)
