"""The whole of what the partner lists, by the crawler's own cycles, and twice more right afterwards.

Labels: ``first`` for the cycles until nothing new came, then ``again`` and ``once more`` for one cycle each.
Learns `Crawled` by the first of them.
"""

from crawler.conformance.probe import Probe, Talk
from crawler.conformance.timeline import Crawled

CYCLES = 3
"""How many cycles the first crawl has at most."""


async def crawl(talk: Talk, label: str) -> None:
    """Run cycles until nothing new comes, and note what remains."""
    for _ in range(CYCLES):
        cycle = await talk.cycle(label)
        if cycle.report.idle or cycle.report.errors:
            break
    talk.seen.learn(Crawled({name for name, report in cycle.report.objects.items() if report.more_later}))


async def hold(talk: Talk) -> None:
    """Crawl, and crawl twice more."""
    await crawl(talk, "first")
    await talk.cycle("again")
    await talk.cycle("once more")


CRAWLING = Probe(name="crawling", about="what is listed, from the beginning to the end", hold=hold)
