"""What became of the endpoint in all conversations. Nothing is sent for that."""

from collections.abc import Iterable, Sequence

from crawler.conformance.chapters.errors.survival import Survived
from crawler.conformance.evidence import Death, Seen
from crawler.conformance.probe import Probe, Talk


def summed_up(held: Iterable[Seen], deaths: Sequence[Death]) -> Seen:
    """What rules are judged by, of conversations that were held."""
    seen = Seen(probe=SURVIVAL.name)
    last = [[sent for sent in one.sent if sent.exchange.answer is not None][-1:] for one in held if one.sent]
    answered = [sent for sents in last for sent in sents]
    gone = [one.ended for one in held if one.gone and one.sent]
    seen.learn(Survived(answered=answered, deaths=deaths, gone=gone))
    return seen


async def hold(_talk: Talk) -> None:
    """Send nothing."""


SURVIVAL = Probe(name="survival", about="whether the endpoint outlives it all", hold=hold, needs=())
