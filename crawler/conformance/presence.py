"""Whether an endpoint that was gone is there again, so that the next conversation can be had. No rule reads it."""

from crawler.conformance.probe import INFO, Probe, Talk, must_be_there


async def hold(talk: Talk) -> None:
    """Labels: ``info``."""
    must_be_there(await talk.ask("info", INFO))


PRESENCE = Probe(name="presence", about="whether it is there again", hold=hold, needs=())
