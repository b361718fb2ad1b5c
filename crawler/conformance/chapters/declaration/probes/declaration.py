"""``implementation.info``: what the partner declares, and whether it declares the same again.

No rule reads `PRESENCE`: whether an endpoint that was gone is there again, so that the next conversation can be had.
"""

from crawler.conformance.probe import INFO, Probe, Talk, must_be_there, read_info


async def hold(talk: Talk) -> None:
    """Labels: ``info``, the first and the second answer."""
    first = await talk.ask("info", INFO)
    must_be_there(first)
    talk.seen.info = read_info(first)
    await talk.ask("info", INFO)


DECLARATION = Probe(name="declaration", about="what the partner declares", hold=hold, needs=(), seconds=30)


async def look(talk: Talk) -> None:
    """Labels: ``info``."""
    must_be_there(await talk.ask("info", INFO))


PRESENCE = Probe(name="presence", about="whether it is there again", hold=look, needs=())
