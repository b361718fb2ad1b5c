"""Spellings of a request's body, all of the same JSON (SP, TR3)."""

from collections.abc import Iterator

from crawler.conformance.chapters.transport.answers import PAGE
from crawler.conformance.chapters.transport.signatures import UNBANNED
from crawler.conformance.evidence import Seen
from crawler.conformance.rule import Case, Chapter, Harm, Kept, Level, Part, case, harm

PART = Part(Chapter.TRANSPORT)
rule = PART.rule
SPELLED = UNBANNED


def taken(seen: Seen, label: str) -> Case:
    """A breach where a spelling of the body was refused. Raises `Unjudged`."""
    sent = seen.one(label)
    if sent.exchange.answer is None:
        return Kept(sent=sent)  # which counts for nothing: no answer came
    said = f": {sent.error.explanation}" if sent.error and sent.error.explanation else ""
    trusted = sent.exchange.verdict not in ("missing", "wrong") or not seen.verified
    kept = trusted and 200 <= (sent.status or 0) < 300
    return case(kept, sent, expected=f"an answer to a body with {label}", actual=sent.came + said)


@rule(Level.MUST, "TR3", "SP", page=PAGE, probe="spellings", needs=SPELLED)
@harm(Harm.LOST, "nothing is imported while it is refused")
def compact_ascii_body_accepted(seen: Seen) -> Iterator[Case]:
    """A compact body of ASCII characters, with `<`, `>` and `&` as themselves, is accepted.

    Why: most of the platform's calls look like this one.

    Mend: verify the signature over the bytes that were received, before they are parsed.
    """
    yield taken(seen, "compact ASCII")


@rule(Level.SHOULD, "TR3", "SP", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.BRITTLE, "a setting of the source makes up for it (ascii_json)")
def raw_utf8_body_accepted(seen: Seen) -> Iterator[Case]:
    """A body with non-ASCII characters as themselves is accepted.

    Why: agents write names and accents; with this spelling refused, each such message fails three times and is lost.

    Mend: verify the signature over the received bytes instead of serialising the parsed body again. Until then the
    setting `ascii_json` of the source makes this crawler send escapes.
    """
    yield taken(seen, "raw UTF-8")


@rule(Level.SHOULD, "TR3", "SP", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.BRITTLE, "nobody knows whether the platform sends it")
def escaped_body_accepted(seen: Seen) -> Iterator[Case]:
    r"""A body with non-ASCII characters as `\uXXXX` escapes is accepted.

    Why: the guide does not say which spelling the platform uses, and both are the same JSON.

    Mend: verify the signature over the received bytes instead of serialising the parsed body again.
    """
    yield taken(seen, "escapes")


@rule(Level.UNCLEAR, "SP", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.UNKNOWN, "nobody knows which of them the platform sends")
def any_json_spelling_accepted(seen: Seen) -> Iterator[Case]:
    """Every other spelling of the same JSON is accepted: blanks, upper-case escapes, escaped slashes, numbers.

    Why: who verifies the received bytes need not care; who serialises the body again breaks at the next change of it.

    Mend: verify the signature over the received bytes.
    """
    for label in ("upper-case escapes", "escaped < > &", "escaped slashes", "spaces", "floats", "keys like integers"):
        yield taken(seen, label)


@rule(Level.SHOULD, "SP", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.BRITTLE, "nearly all messages are shorter; one that is not is refused, and an agent hears of it")
def large_body_accepted(seen: Seen) -> Iterator[Case]:
    """A body of more than 100 kB is accepted.

    Why: a body may have 20,000 characters, and a message with structured content and attachments is longer still.

    Mend: raise the limit of the body parser (100 kB is what the usual one allows by itself).
    """
    yield taken(seen, "over 100 kB")


@rule(Level.SHOULD, "TR1", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.BRITTLE, "the platform sends none today")
def unknown_keys_ignored(seen: Seen) -> Iterator[Case]:
    """A key of a request that the endpoint does not know is ignored.

    Why: the platform may add keys at any time.

    Mend: read the keys that you need, and let the others be.
    """
    yield taken(seen, "unknown keys")
