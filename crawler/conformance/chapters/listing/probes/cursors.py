"""Cursors that the partner never gave, and what becomes of the endpoint afterwards.

Labels: ``before`` and ``afterwards`` for the list as the platform would ask for it; ``unknown`` for an id that looks
like the partner's own and names nothing; ``empty`` for an empty one; ``extra params`` for a param that is in no guide;
``newest`` for the same request without it; those of `STRANGE`, and ``foreign`` for the id of another object's content.
Learns `Strange`.
"""

from collections.abc import Mapping

from crawler.conformance.chapters.listing.cursors import Strange
from crawler.conformance.evidence import Seen
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.timeline import pages, timeline

STRANGE: Mapping[str, str] = {
    "long": "9" * 10_000,
    "quotes": "1' OR '1'='1' -- \" ; \\",
    "non-ASCII": "zażółć 🐘",
    "control characters": "1\r\n\t1",
    "path": "../../etc/passwd",
    "negative number": "-1",
}
"""Cursors by label that no partner gives, and that a robust one survives."""


def unlike(ids: list[str]) -> str:
    """An id that names nothing, as near to the partner's own as can be: a number where all are numbers."""
    if ids and all(it.isascii() and it.isdecimal() for it in ids):
        return str(10 ** max(9, *map(len, ids)) - 1)
    return f"{ids[-1] if ids else ''}-ringcx-crawler-check"


def known(crawl: Seen, name: str) -> list[str]:
    """The ids that a crawl found of an object, oldest first."""
    return timeline(pages(crawl.sent, name)).ids


async def hold(talk: Talk) -> None:
    """Ask each object that is listed."""
    crawl = talk.before["crawling"]
    talk.seen.learn(Strange([*STRANGE, "foreign"]))
    for name in talk.info.listed:
        action, ids = f"{name}.list", known(crawl, name)
        newest = {"since_id": ids[-1]} if ids else {}
        await talk.ask("before", action)
        await talk.ask("unknown", action, {"since_id": unlike(ids)})
        await talk.ask("empty", action, {"since_id": ""})
        await talk.ask("newest", action, newest)
        await talk.ask("extra params", action, {**newest, "ringcx_crawler_check": "ignore me"})
        for label, since_id in STRANGE.items():
            await talk.ask(label, action, {"since_id": since_id})
        others = [it for other in talk.info.listed if other != name for it in known(crawl, other) if it not in ids]
        if others:
            await talk.ask("foreign", action, {"since_id": others[0]})
        await talk.ask("afterwards", action)


CURSORS = Probe(
    name="cursors", about="cursors that the partner never gave", hold=hold, needs=("declaration", "crawling")
)
