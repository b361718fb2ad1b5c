"""Lists while people write, and after what was deleted (LS3, LS4, LS10)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from crawler.conformance.chapters.listing.lists import PAGE, few
from crawler.conformance.chapters.listing.positions import ORDERED
from crawler.conformance.chapters.pushing.changing import DELETED
from crawler.conformance.evidence import NotJudged, Remedy, Seen
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.conformance.timeline import is_page, pages

PART = Part(Chapter.LISTING)
rule = PART.rule
WRITTEN = [*ORDERED, "create-answered-with-success", "created-id-is-its-own", "created-content-is-listed"]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The `object` that is created and listed, and label → the ids of what was created under it so far."""

    object: str
    created: dict[str, list[str]] = field(default_factory=dict)


def _not_listed(seen: Seen, label: str) -> Case:
    """A breach where what was created under a label was not reached by paging (LS3). Raises `Unjudged`."""
    arrivals = seen.learnt(Arrivals)
    name, created = arrivals.object, arrivals.created.get(label, [])
    if not created:
        raise seen.left_out(label) or NotJudged("nothing could be created", Remedy.FIX)
    listed = pages(seen.all("page"), name)
    missing = [it for it in created if not any(it in page.ids for page in listed)]
    expected, actual = f"{few(created)}, which was created after the cursor", f"{few(missing)} not listed"
    return case(not missing, seen.all("page")[-1], expected=expected, actual=actual, note=few(created))


@rule(Level.MUST, "LS3", page=PAGE, probe="arrivals", needs=WRITTEN)
@harm(Harm.LOST, "on a busy day some are never listed")
def several_new_contents_all_listed(seen: Seen) -> Iterator[Case]:
    """Contents that were created one after the other between two lists are all listed by paging on.

    Why: on a busy day more comes in a minute than you list in one answer; what is left out then is lost.

    Mend: with a limit, take the *oldest* contents after `since_id`; with dates as order, compare ids as well.
    """
    yield _not_listed(seen, "at once")


@rule(Level.MUST, "LS3", "LS6", page=PAGE, probe="arrivals", needs=WRITTEN)
@harm(Harm.LOST, "what is written while pages are read is never listed")
def contents_created_while_paging_listed(seen: Seen) -> Iterator[Case]:
    """A content that is created between two pages is listed by paging on.

    Why: pages are read one after the other, and people go on writing meanwhile.

    Mend: do not page by number or offset, and do not answer a list from a cache.
    """
    yield _not_listed(seen, "between pages")


@rule(Level.SHOULD, "LS4", page=PAGE, probe="arrivals", needs=[*WRITTEN, "since-id-respected"])
@harm(Harm.WASTED, "what is known is read again, and changes nothing")
def new_contents_listed_once(seen: Seen) -> Iterator[Case]:
    """A new content is listed in one page, and not in the next one again.

    Why: repeated contents are read for nothing.

    Mend: list what is newer than the content of `since_id`, in the order in which contents came.
    """
    listed = pages(seen.all("page"), seen.learnt(Arrivals).object)
    for earlier, later in pairwise(listed):
        if earlier.ids:
            again = [it for it in later.ids if it in earlier.ids and it != later.sent.since_id]
            yield case(not again, later.sent, expected="contents that are new", actual=f"{few(again)} again")


@rule(Level.MUST, "LS10", page="polling", probe="pushing", needs=[*DELETED, "unknown-since-id-answered"])
@harm(Harm.LOST, "with an error each cycle fails, and nothing more is imported")
def deleted_since_id_answered(seen: Seen) -> Iterator[Case]:
    """A list after a content that was deleted is answered with an array.

    Why: the newest content is the cursor, and it may be deleted at any time; with an error each cycle fails from then
    on, for good.

    Mend: keep the place of what was deleted, or answer everything.
    """
    sent = seen.one("list after deleted")
    yield case(is_page(sent), sent, expected="a JSON array", actual=sent.came)
