"""Lists from the oldest position to the newest, each followed until the partner says that there is no more.

Labels: ``beginning`` for a list without cursor; ``position`` for one after each content that `places` names, and for
those that lead on from there; ``asked again`` for some of the same questions, put once more at the end.

Learns `Positions`, and `Crawled` as there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count, takewhile
from math import inf

from crawler.conformance.chapters.listing.positions import Positions
from crawler.conformance.evidence import NotJudged, Remedy, Sent
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.timeline import Crawled, Page, Timeline, newest_date, pages, timeline

EACH = 64
"""Up to here each position is asked after, and from there on those twice as far, and so on."""
AGAIN = 5
"""How many of the questions are put twice."""
SHARE = 0.5
"""What part of the requests that are left may be sent here."""
ENOUGH = 32 * 2**20
"""Bytes of answers after which no further position is asked for: some partners list everything every time."""
UNTOLD = "the answers are too large to ask from every position"


def places(number: int) -> list[int]:
    """Which of so many positions are asked after, the oldest first, and with the newest and the one before it."""
    doubling = takewhile(lambda place: place < number, (2**power - 1 for power in count(EACH.bit_length())))
    return sorted({*range(min(EACH, number)), *doubling, *range(max(number - 2, 0), number)})


def spread(ids: Sequence[str], number: int) -> list[str]:
    """At most `number` of `ids`, evenly spread, with the first, the last and the one before it."""
    if len(ids) <= number:
        return list(ids)
    step = (len(ids) - 1) / (number - 2)
    chosen = {round(place * step) for place in range(number - 1)} | {len(ids) - 2}
    return [ids[place] for place in sorted(chosen)]


async def hold(talk: Talk) -> None:
    """Ask from the beginning, from each position, and from some once more."""
    crawl = talk.before["crawling"]
    listed = {name: pages(crawl.sent, name) for name in talk.info.listed}
    talk.seen.learn(crawl.known(Crawled) or Crawled())
    known = talk.seen.learn(
        Positions(
            timelines={name: timeline(found) for name, found in listed.items()},
            first={name: found[0].ids for name, found in listed.items() if found},
            newest={name: newest_date(found) for name, found in listed.items()},
        )
    )
    share, before = talk.left * SHARE, talk.left
    by_size = sorted(known.timelines.items(), key=lambda it: len(it[1].ids))
    for number, (name, line) in enumerate(by_size):  # what few leave over is for many
        part = (share - (before - talk.left)) / (len(by_size) - number)
        await Walk(talk, name, line, requests=part).everywhere()


@dataclass(slots=True)
class Walk:
    """The questions about one object; `requests` are those that may be sent, `read` the bytes of answers so far.

    `heads` are the positions that were asked from, and where each leads on to.
    """

    talk: Talk
    name: str
    line: Timeline
    requests: float
    read: int = 0
    heads: dict[str, str | None] = field(default_factory=dict)

    async def everywhere(self) -> None:
        """All questions about the object, as far as there is room for them."""
        await self.ask("beginning", None)
        seen = self.talk.seen
        if self.name in seen.learnt(Crawled).part:
            await self.follow(self.line.newest, self.requests / 2, self.line)
        ways = [self.line.ids[place] for place in places(len(self.line.ids))]
        if not all([await self.follow(way, AGAIN + 2, most=most) for most in (1, inf) for way in ways]):
            seen.learnt(Positions).cut.add(self.name)
        for again in (None, *spread(self.line.ids, AGAIN)):
            await self.ask("asked again", again)
        await self.ask("asked again", self.line.newest)  # lists what was edited meanwhile

    async def follow(
        self, since_id: str | None, reserve: float, line: Timeline | None = None, *, most: float = inf
    ) -> bool:
        """Ask on from a position to where no answer leads on; whether there was room for that.

        So many requests are left over as a `reserve`, and `most` are sent; a `line` is gone on with by the pages.
        """
        met: set[str] = set()
        while since_id is not None and since_id not in met and most:
            met.add(since_id)
            if since_id not in self.heads:
                if self.requests <= reserve or self.read > ENOUGH:
                    return False
                most -= 1
                page = await self.ask("position", since_id)
                if line is not None and page is not None:
                    line.add(page)
                self.heads[since_id] = page.head if page is not None else None
            since_id = self.heads[since_id]
        return True

    async def ask(self, label: str, since_id: str | None) -> Page | None:
        """One question; the answer, if it is an array."""
        if self.read > ENOUGH:
            self.talk.leave_out(label, NotJudged(UNTOLD, Remedy.CONTENTS))
            return None
        params = {"since_id": since_id} if since_id is not None else None
        sent: Sent = await self.talk.ask(label, f"{self.name}.list", params)
        self.requests -= 1
        self.read += len(sent.body)
        for page in pages([sent], self.name):
            self.line.watch(page)
            return page
        return None


POSITIONED = Probe(
    name="positions",
    about="what is listed after each single content",
    hold=hold,
    needs=("declaration", "crawling"),
    seconds=120,
)
