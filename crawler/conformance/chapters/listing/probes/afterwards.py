"""What is listed after old positions once more was created, and where what was created stands.

Labels: ``create`` for the cycle that creates; ``at once`` for a list right after it, from the newest position that was
known, and ``later`` for the same until all is listed or the time is up; ``late`` for the create of a content that is
dated before others that exist, as after a failure, and ``after late`` for lists from these; ``old`` for lists from old
positions, and ``moved`` for one that shows what was edited meanwhile; ``deleted`` at the end. Each list is followed
from its newest content until there is no more.

Learns `Before`, `Created`, `Walks`, `Late` and `Old`, one after the other, and what `Writing` does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.conformance.chapters.listing.probes.arrivals import create, listed_and_created
from crawler.conformance.chapters.listing.probes.positions import spread
from crawler.conformance.chapters.listing.reach import Before, Created, Late, Old, Walks
from crawler.conformance.evidence import NotJudged, Remedy
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.returned import Creation
from crawler.conformance.timeline import Crawled, Page, Timeline, pages, timeline
from crawler.conformance.writing import PAUSES, Writing
from crawler.protocol.envelope import format_time
from crawler.protocol.implementation import ImplementationInfo

CREATED = 4
"""How many contents are created in a row: of four one is not the last, whatever holds back every third."""
PAGES = 5
"""How many pages of what is new are followed at most."""
OLD, OLD_PAGES = 8, 60
"""From how many old positions is asked, and how many pages are followed at most from all of them."""
BACK = timedelta(minutes=1)
"""How much older than the others the content is that comes late."""


async def hold(talk: Talk) -> None:
    """Create, list, create one that is dated back, list, and ask from old positions."""
    seen = talk.seen
    name = listed_and_created(talk.info)[0]
    writing = Writing(talk)
    await writing.begin()
    if name in seen.learnt(Crawled).part:
        raise NotJudged(f"{name} have too many pages to come to the newest", Remedy.CONTENTS)
    line = timeline(pages(seen.sent, name))
    before = seen.learn(Before(name, line, since=line.newest))
    created = seen.learn(Created(await create(writing, name, "create", CREATED))).ids
    lists = Lists(talk, name, line)
    walks = seen.learn(await lists.until(created, before.since, "at once", "later"))
    first = next((it for it in writing.creations.values() if it.id is not None and it.request is not None), None)
    if first is not None:
        listed = {it for page in walks.pages[-1] for it in page.ids}
        await come_late(writing, lists, first, next((it for it in reversed(created) if it in listed), None))
        old = seen.learn(Old(spread(line.ids[:-1], OLD)))
        asked: set[str | None] = set()
        for position in reversed(old.positions):
            await lists.follow(position, "old", asked, OLD_PAGES)
        await lists.follow(line.newest, "moved", most=OLD_PAGES)
    await writing.tidy("deleted")


async def come_late(writing: Writing, lists: "Lists", first: Creation, after: str | None) -> None:
    """Create a content that is older than `first` by its dates, and see whether it is listed `after` another one."""
    seen = writing.talk.seen
    date = format_time(datetime.fromisoformat(str(first.sent.exchange.params["created_at"])) - BACK)
    await writing.send("late", first, created_at=date, updated_at=date)
    late = writing.creations["late"].id
    seen.learn(Late(late, after))
    if late is not None and after is not None:
        await lists.until([late], after, "after late", "after late")
        await lists.follow(seen.learnt(Before).since, "after late")


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one object, and its timeline, which is told who moved."""

    talk: Talk
    name: str
    line: Timeline

    async def until(self, wanted: Sequence[str], since_id: str | None, first: str, then: str) -> Walks:
        """List from a position until all that is `wanted` is listed, or the time is up.

        `first` and `then` are labels.
        """
        waited = 0.0
        walks = [await self.follow(since_id, first)]
        for pause in PAUSES:
            if {*wanted} <= {it for page in walks[-1] for it in page.ids}:
                break
            await self.talk.sleep(pause)
            waited += pause
            walks.append(await self.follow(since_id, then))
        return Walks(walks, waited)

    async def follow(
        self, since_id: str | None, label: str, asked: set[str | None] | None = None, most: int = PAGES
    ) -> list[Page]:
        """List from a position, and on from each answer's newest content, but from none `asked` from before."""
        found: list[Page] = []
        asked = set() if asked is None else asked
        while since_id not in asked and len(asked) < most:
            asked.add(since_id)
            sent = await self.talk.ask(label, f"{self.name}.list", {"since_id": since_id} if since_id else None)
            page = next(iter(pages([sent], self.name)), None)
            if page is None:
                break
            found.append(page)
            self.line.watch(page)
            since_id = page.head if page.head is not None else since_id
        return found


def count(info: ImplementationInfo) -> Mapping[str, int]:
    """How many contents of each object are created."""
    return {listed_and_created(info)[0]: CREATED + 1}


AFTERWARDS = Probe(
    name="afterwards",
    about="what is listed after old positions once more was created",
    hold=hold,
    count=count,
    needs=("declaration", "crawling"),
    writes=True,
    applies=listed_and_created,
    seconds=120,
)
