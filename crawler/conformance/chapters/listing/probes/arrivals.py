"""Contents that are created while somebody pages through a list.

Labels: ``page`` for the lists, each from the newest of the one before it. Between the first and the second page more is
created; what is not listed at the end of them is waited for.

Learns `Arrivals`, with what was created ``at once`` before the first page, and ``between pages``; and what `Writing`
does.
"""

from collections.abc import Mapping

from crawler.conformance.chapters.listing.arrivals import Arrivals
from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.timeline import Crawled, pages, timeline
from crawler.conformance.writing import MESSAGES, PAUSES, Writing
from crawler.protocol.implementation import ImplementationInfo

AT_ONCE, BETWEEN = 4, 2
"""How many contents are created."""
PAGES = 14
"""How often the list is asked for at most, what is waited for included."""


def listed_and_created(info: ImplementationInfo) -> list[str]:
    """The kinds of messages that are both. Raises `DoesNotApply` where none is."""
    found = [name for name in MESSAGES if info.allows(name, "list") and info.allows(name, "create")]
    if not found:
        raise DoesNotApply("the partner declares no message that can both be created and listed")
    return found


async def hold(talk: Talk) -> None:
    """Create, list, create, and list on."""
    name = listed_and_created(talk.info)[0]
    created = talk.seen.learn(Arrivals(name)).created
    writing = Writing(talk)
    await writing.begin()
    if name in talk.seen.learnt(Crawled).part:
        raise NotJudged(f"{name} have too many pages to come to the newest", Remedy.CONTENTS)
    since_id = timeline(pages(talk.seen.sent, name)).newest
    created["at once"] = await create(writing, name, "at once", AT_ONCE)
    pauses = iter(PAUSES)
    for number in range(PAGES):
        sent = await talk.ask("page", f"{name}.list", {"since_id": since_id} if since_id else None)
        page = next(iter(pages([sent], name)), None)
        if number == 0:
            created["between pages"] = await create(writing, name, "between pages", BETWEEN)
        elif page is None or page.head in (None, since_id):
            listed = {it for page in pages(talk.seen.all("page"), name) for it in page.ids}
            pause = next(pauses, None)
            if pause is None or {*created["at once"], *created["between pages"]} <= listed:
                break
            await talk.sleep(pause)
        since_id = page.head if page and page.head else since_id
    await writing.sync("listed")
    await writing.tidy("deleted")


async def create(writing: Writing, name: str, label: str, number: int) -> list[str]:
    """Create so many contents in one cycle; their ids."""
    thread = writing.thread() if name == "messages" else None
    recipient = next(writing.parties(), None) if name == "private_messages" else None
    purposes = [f"{label}, {place + 1} of {number}" for place in range(number)]
    for purpose in purposes:
        writing.create(purpose, name, thread=thread, recipient_id=recipient)
    await writing.sync(label)
    made = [writing.creations[purpose].id for purpose in purposes if purpose in writing.creations]
    if purposes[0] in writing.talk.seen.reasons:
        writing.talk.leave_out(label, writing.talk.seen.reasons[purposes[0]])
    return [it for it in made if it is not None]


def count(info: ImplementationInfo) -> Mapping[str, int]:
    """How many contents of each object are created."""
    return {listed_and_created(info)[0]: AT_ONCE + BETWEEN}


ARRIVALS = Probe(
    name="arrivals",
    about="what is created while somebody pages",
    hold=hold,
    count=count,
    needs=("declaration", "crawling"),
    writes=True,
    applies=listed_and_created,
    seconds=90,
)
