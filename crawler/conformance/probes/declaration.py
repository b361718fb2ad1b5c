"""``implementation.info``, twice: what the partner declares, and whether it declares the same again."""

from crawler.conformance.probe import Probe, Talk, read_info

INFO = "implementation.info"


async def hold(talk: Talk) -> None:
    """Labels: ``info``, the first and the second answer."""
    talk.seen.info = read_info(await talk.ask("info", INFO))
    await talk.ask("info", INFO)


DECLARATION = Probe(name="declaration", about="what the partner declares", hold=hold, needs=(), seconds=30)
