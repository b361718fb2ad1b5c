"""What no request may do to an endpoint (TR6, IM1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crawler.conformance.evidence import Death, NotJudged, Remedy, Seen, Sent, Unjudged
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Kept, Level, Part, harm
from crawler.protocol.envelope import escaped, printable

PART = Part(Chapter.ERRORS)
START = 80
"""How many bytes of a deadly request are quoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived:
    """What became of the endpoint in all conversations.

    `answered` are the last requests of each that had an answer, and `gone` is why one ended since it was not there.
    """

    answered: Sequence[Sent]
    deaths: Sequence[Death]
    gone: Sequence[Unjudged | None]


@PART.rule(Level.MUST, "TR6", "IM1", page="request-response", probe="survival")
@harm(Harm.UNANSWERED, "until it is up again nobody is served, and what came of it meanwhile is unknown")
def survives_what_is_sent(seen: Seen) -> Iterator[Case]:
    """No request makes the endpoint stop answering others.

    Why: customers write what they like, so that somebody's emoji or long text stops the channel for all, each time
    that it is sent again; and what can be sent on purpose will be.

    Mend: catch errors request by request, and log what they were; limit in time and memory what one request may take.
    """
    survived = seen.learnt(Survived)
    for sent in survived.answered:
        yield Kept(sent=sent, note=f"there after {sent.id.rpartition('.')[2]} requests of {sent.id.partition('.')[0]}")
    told: dict[object, Death] = {}
    for death in survived.deaths:
        told.setdefault(killer(death.sent), death)
    for death in told.values():
        actual = f"it died of '{death.sent.label}', {quoted(death.sent)}: {how(death)}"
        yield Breach(expected="an endpoint that goes on", actual=actual, sent=death.sent)
    for reason in survived.gone:
        raise NotJudged(f"what it died of is not known: {reason}", Remedy.THERE)


def killer(sent: Sent) -> object:
    """What is the same for requests of which one is enough to be told: a create is sent up to three times (PU6)."""
    return sent.exchange.params.get("content_id", (sent.label, sent.action))


def quoted(sent: Sent) -> str:
    """A request in a few words, with the beginning of its bytes."""
    start = printable(escaped(sent.exchange.request[:START]), 4 * START)
    return f"{sent.action} of {sent.exchange.request_size:,} bytes that starts {start}"


def how(death: Death) -> str:
    """What was seen of a death, in a few words."""
    back = f"back after {death.down:.1f} s" if death.back else f"not back within {death.down:.0f} s"
    return f"{'twice, ' if death.sure else ''}{death.sent.came}; {back}"


SURVIVES = PART.rules[-1]
