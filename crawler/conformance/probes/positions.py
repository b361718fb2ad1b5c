"""A list from every position: after each content that the crawl found, one question each.

Labels: ``beginning`` for a list without cursor; ``position`` for one after each content, newest first; ``asked again``
for some of the same questions, put once more at the end.

Facts, of the crawl before: ``timelines``, object → `Timeline`; ``first``, object → ids of its first list; ``partial``
as there; ``newest``, object → the newest date. A content that moved in this conversation is marked in the timeline.
"""

from collections.abc import Sequence

from crawler.conformance.evidence import NotJudged, Remedy
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.timeline import Timeline, newest_date, pages, timeline

POSITIONS = 100
"""How many contents of an object are asked after at most."""
AGAIN = 5
"""How many of the questions are put twice."""
ENOUGH = 32 * 2**20
"""Bytes of answers after which no further position is asked for: some partners list everything every time."""


def spread(ids: Sequence[str], number: int) -> list[str]:
    """At most `number` of `ids`, evenly spread, with the first, the last and the one before it."""
    if len(ids) <= number:
        return list(ids)
    step = (len(ids) - 1) / (number - 2)
    places = {round(place * step) for place in range(number - 1)} | {len(ids) - 2}
    return [ids[place] for place in sorted(places)]


async def hold(talk: Talk) -> None:
    """Ask from the beginning, from each position, and from some once more."""
    crawl, facts = talk.before["crawling"], talk.seen.facts
    listed = {name: pages(crawl.sent, name) for name in talk.info.listed}
    facts["timelines"] = {name: timeline(found) for name, found in listed.items()}
    facts["first"] = {name: found[0].ids for name, found in listed.items() if found}
    facts["partial"] = crawl.facts.get("partial", set())
    facts["newest"] = {name: newest_date(found) for name, found in listed.items()}
    for name in listed:
        await ask_everywhere(talk, name, facts["timelines"][name])


async def ask_everywhere(talk: Talk, name: str, line: Timeline) -> None:
    """The questions about one object."""
    read = 0

    async def ask(label: str, since_id: str | None) -> None:
        nonlocal read
        if read > ENOUGH:
            talk.leave_out(label, NotJudged("the answers are too large to ask from every position", Remedy.CONTENTS))
            return
        sent = await talk.ask(label, f"{name}.list", {"since_id": since_id} if since_id is not None else None)
        read += len(sent.body)
        for page in pages([sent], name):
            line.watch(page)

    await ask("beginning", None)
    for since_id in reversed(spread(line.ids, POSITIONS)):
        await ask("position", since_id)
    for again in (None, *spread(line.ids, AGAIN)):
        await ask("asked again", again)
    await ask("asked again", line.newest)  # lists what was edited meanwhile


POSITIONED = Probe(
    name="positions",
    about="what is listed after each single content",
    hold=hold,
    needs=("declaration", "crawling"),
    seconds=120,
)
