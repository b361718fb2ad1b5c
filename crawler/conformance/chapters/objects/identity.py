"""Contents by what they are beside each other: what they offer, and that an id names one (IM5, LS4)."""

from collections.abc import Iterator

from crawler.conformance.chapters.listing.lists import ARRAYS
from crawler.conformance.chapters.objects.contents import which
from crawler.conformance.chapters.objects.required import PROBE, READ
from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, Shown, id_of
from crawler.conformance.returned import Found, listed
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.dates import read_date
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import COLLECTION_LEVEL, POLLED

PART = Part(Chapter.OBJECTS)
rule = PART.rule
ENOUGH = 3
"""So many contents tell what contents of an object offer."""


def actions_of(content: Shown) -> list[str]:
    """What a content's own actions name, also as an object (OB9)."""
    actions = content.get("actions")
    names = list(actions.values()) if isinstance(actions, dict) else actions
    return [it for it in names if isinstance(it, str)] if isinstance(names, list) else []


@rule(Level.SHOULD, "IM5", page="actions", probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "agents see no button for what is declared")
def declared_operations_are_offered(seen: Seen) -> Iterator[Case]:
    """Where operations on contents are declared for an object, some content of it names one in its own `actions`.

    Why: an operation must be named by both, the declaration and the content; else agents see no button for it.

    Mend: add to the `actions` of each content what can be done to it; or do not declare it.
    """
    info = seen.declared
    names = [it for it in info.listed if {*info.operations(it)} - COLLECTION_LEVEL]
    if not names:
        raise DoesNotApply("the partner declares no operation on what it lists")
    judged = [(name, found) for name in names if len(found := list(listed(seen, name))) >= ENOUGH]
    for name, found in seen.some(judged, f"fewer than {ENOUGH} contents of an object are listed"):
        offering = [it for it in found if {*actions_of(it.content)} - COLLECTION_LEVEL]
        told = (offering or found)[0]
        expected = f"actions with some of {', '.join(sorted({*info.operations(name)} - COLLECTION_LEVEL))}"
        actual = f"none in {len(found)} {name}"
        yield case(offering, told.sent, expected=expected, actual=actual, note=which(told.sent, told.content))


def alike(content: Shown) -> tuple[str, str, str]:
    """What two contents have in common that are one: id, author and text."""
    return str(id_of(content)), str(id_of(content.get("author"))), str(content.get("body"))


@rule(Level.MUST, "OB1", "LS4", page="objects", probe="crawling", needs=ARRAYS)
@harm(Harm.LOST, "of several contents with one id only one is there")
def an_id_names_one_content(seen: Seen) -> Iterator[Case]:
    """Two contents in one list do not have the same id.

    Why: the id is all by which contents are told apart: the second is taken for a change of the first.

    Mend: write ids as strings. A number of more than 15 digits is rounded by JavaScript, so that several become one.
    """
    for name in POLLED:
        pages: dict[str, list[Found]] = {}
        for it in listed(seen, name):
            pages.setdefault(it.sent.id, []).append(it)
        for page in pages.values():
            known: dict[str, Found] = {}
            clash = None
            for it in page:
                first = known.setdefault(str(id_of(it.content)), it)
                clash = clash or (it if alike(first.content) != alike(it.content) else None)
            told = clash or page[0]
            shown = printable(str(told.content.get("body")), 40)
            actual = f"{id_of(told.content)} twice, and once it is '{shown}'"
            if len(page) > 1:
                note = f"{len(page)} {name}"
                yield case(clash is None, told.sent, expected="each id for one content", actual=actual, note=note)


@rule(
    Level.SHOULD,
    "OB5",
    page="objects",
    probe="positions",
    needs=[*ARRAYS, "dates-can-be-read", "an-id-names-one-content"],
)
@harm(Harm.ALTERED, "it is shown out of order, and waiting times are wrong")
def created_at_stays(seen: Seen) -> Iterator[Case]:
    """A content has the same `created_at` whenever it is listed.

    Why: it says when the customer wrote: contents are shown in that order, and waiting times are counted from there.

    Mend: store the date with the content; do not fill it in while you answer.
    """
    known: dict[tuple[str, str], str] = {}
    dated = 0
    for name in POLLED:
        for it in listed(seen, name):
            date = read_date(it.content.get("created_at"))[0]
            key = (name, str(id_of(it.content)))
            if date is None:
                continue
            dated += 1
            if key in known:
                actual = f"{which(it.sent, it.content)}: {date}"
                yield case(known[key] == date, it.sent, expected=known[key], actual=actual, note=f"{key[1]}: {date}")
            known.setdefault(key, date)
    if not dated:
        raise NotJudged("no content is listed with a date that can be read", Remedy.CONTENTS)
