"""Texts come back as they were written (PU11, PU13, OB6)."""

from collections.abc import Callable, Iterator, Sequence

from crawler.conformance.chapters.pushing.creating import PAGE
from crawler.conformance.chapters.pushing.once import PROBE, SINGLE, comes_back, creations, returned
from crawler.conformance.comparing import Difference, Text, compare
from crawler.conformance.evidence import Seen, Sent, id_of, refusal
from crawler.conformance.returned import Creation, Found
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Kept, Level, Part, case, harm
from crawler.conformance.texts import LONG, NOT_ASCII, Sample

PART = Part(Chapter.PUSHING)
rule = PART.rule

Wanted = Callable[[Creation], object]


def compared(
    seen: Seen, wanted: Wanted, otherwise: str = "blanks"
) -> Iterator[tuple[Creation, Found, Difference | None]]:
    """The texts of the table that came back, and how. Raises `Unjudged`: for why there is none of one `otherwise`."""
    comes_back(seen)
    chosen = [it.purpose for it in creations(seen) if it.planned is not None and wanted(it)]
    for posted, there in returned(seen, *(chosen or [otherwise])):
        params = posted.params
        yield posted, there, compare(Text(params["body"], params["format"]), received(there))


def readable(seen: Seen, wanted: Wanted, *, in_ascii: bool) -> Iterator[Case]:
    """A breach for each text of which something cannot be read any more that is `in_ascii`, or that is not."""
    for posted, there, difference in compared(seen, wanted, "blanks" if in_ascii else "accents and emoji"):
        missed = posted.plan.missed(received(there), lost=True) if difference and difference.lost else ()
        samples = [it for it in missed if it.text.isascii() is in_ascii]
        ours = samples or (not missed and posted.plan.is_ascii is in_ascii)
        yield told(posted, there, difference if ours and difference and difference.lost else None, samples)


def received(there: Found) -> Text:
    """The body of a content as it came back."""
    body, form = there.content.get("body"), there.content.get("format")
    return Text(body if isinstance(body, str) else "", form if form == "text" else "html")


def told(posted: Creation, there: Found, difference: Difference | None, samples: Sequence[Sample] = ()) -> Case:
    """A breach where a text came back otherwise: sent and received, where they part, and what is likely to do that."""
    name = samples[0].name if samples else posted.purpose
    if difference is None:
        return Kept(sent=posted.sent, note=f"{name}: {posted.object} {id_of(there.content)}")
    actual = f"{difference.cause}: {difference.received} ({there.sent.id})"
    return Breach(expected=f"{name}: {difference.sent}", actual=actual, sent=posted.sent)


def titles(seen: Seen) -> Iterator[tuple[Creation, Found, Difference | None]]:
    """The titles that came back, and how. Raises `Unjudged`."""
    comes_back(seen)
    for posted, there in returned(seen, "thread", "other thread"):
        title = there.content.get("title")
        yield posted, there, compare(Text(posted.params["title"]), Text(str(title or "")))


def may_be_refused(sent: Sent) -> bool:
    """Whether a refusal says that it is one: what is not written every day may be refused so."""
    return 400 <= (sent.status or 0) < 500 or sent.succeeded


@rule(Level.MUST, "PU13", "PU3", "OB6", page="options", probe=PROBE, needs=["any-agent-accepted"])
@harm(Harm.UNANSWERED, "an agent cannot say what is to be said")
def any_text_accepted(seen: Seen) -> Iterator[Case]:
    """Whatever an agent writes is accepted, in each declared format: short, sent before, with signs of any kind.

    Why: after three failures the agent's message is given up; the customer never gets it.

    Mend: do not judge texts by their length or their letters; in PHP `empty("0")` is true; in MySQL use the character
    set `utf8mb4`. If a format is not taken, do not declare its option.
    """
    for posted in creations(seen):
        if posted.planned is not None and not (posted.plan.odd and may_be_refused(posted.sent)):
            refused = refusal(posted.sent)
            expected = f"success: {posted.purpose}, as {posted.params['format']}"
            yield case(not refused, posted.sent, expected=expected, actual=refused, note=posted.purpose)


@rule(Level.SHOULD, "OB6", "PU7", page="objects", probe=PROBE, needs=["any-agent-accepted"])
@harm(Harm.WASTED, "an agent hears of it, and writes two messages")
def long_body_accepted(seen: Seen) -> Iterator[Case]:
    """A body of 20,000 characters is accepted, and so are control characters in one.

    Why: that is the length up to which agents can write, and what they paste holds whatever there is.

    Mend: make the column long enough; where the channel itself takes less, split the text. Drop control characters
    rather than refuse them.
    """
    for posted in creations(seen):
        if posted.planned is not None and posted.plan.odd:
            refused = refusal(posted.sent)
            if not refused or may_be_refused(posted.sent):
                expected = f"the created content: {posted.purpose}"
                yield case(not refused, posted.sent, expected=expected, actual=refused, note=posted.purpose)


@rule(Level.MUST, "PU11", page=PAGE, probe=PROBE, needs=[*SINGLE, "body-holds-nothing-else"])
@harm(Harm.LOST, "what the agent writes is not what the customer reads")
def body_can_be_read(seen: Seen) -> Iterator[Case]:
    """Nothing of a body that was created is lost: signs, markup, line ends, links and numbers can be read as before.

    Why: what the agent writes is not what the customer reads; prices, paths and names are changed, and nobody notices.

    Mend: store the body as it came. Escape it where it is shown, and never take anything out of it when it is stored.
    """
    yield from readable(seen, lambda it: it.purpose not in NOT_ASCII | LONG, in_ascii=True)


@rule(Level.MUST, "TR3", "PU11", page="request-response", probe=PROBE, needs=[*SINGLE, "body-holds-nothing-else"])
@harm(Harm.LOST, "what the agent writes is not what the customer reads")
def accents_and_emoji_are_kept(seen: Seen) -> Iterator[Case]:
    """A body with accents, other scripts and emoji comes back with all of them.

    Why: agents and customers write them every day.

    Mend: keep UTF-8 all the way; in MySQL use the character set `utf8mb4`.
    """
    yield from readable(seen, lambda it: not it.plan.is_ascii and it.purpose not in LONG, in_ascii=False)


@rule(
    Level.MUST, "OB6", "PU11", page="objects", probe=PROBE, needs=["body-can-be-read", "accents-and-emoji-are-kept"]
)  # fmt: skip
@harm(Harm.LOST, "what the agent writes is not what the customer reads")
def long_body_is_kept(seen: Seen) -> Iterator[Case]:
    """A body of 20,000 characters that was accepted comes back whole.

    Why: that is the length up to which agents can write, and nobody hears of what is cut off.

    Mend: make the column long enough; where the channel itself takes less, split the text, or refuse it with an error
    that says so.
    """
    for posted, there, difference in compared(seen, lambda it: it.purpose in LONG):
        yield told(posted, there, difference if difference and difference.lost else None)


@rule(Level.SHOULD, "PU11", page=PAGE, probe=PROBE, needs=[*SINGLE, "body-holds-nothing-else"])
@harm(Harm.ALTERED, "all of it can be read, but not as it was written")
def body_is_kept(seen: Seen) -> Iterator[Case]:
    """A body comes back as it was sent: text to the letter, html with what it shows; and so does a title.

    Why: line ends, blanks and quotes are how a text is understood; and agents see another text than they wrote.

    Mend: store the text as it came; add footers and signatures where you show it.
    """
    for posted, there, difference in compared(seen, lambda _: True):
        altered = difference if difference and not difference.lost else None
        samples = posted.plan.missed(received(there), lost=False) if altered else ()
        yield told(posted, there, altered, samples)
    for posted, there, difference in titles(seen) if seen.declared.allows("threads", "create") else ():
        if not (difference and difference.lost):
            yield titled(posted, there, difference)


def titled(posted: Creation, there: Found, difference: Difference | None) -> Case:
    """A breach where a title came back otherwise."""
    expected = f"title: {difference.sent}" if difference else ""
    actual = f"{difference.cause}: {difference.received} ({there.sent.id})" if difference else ""
    return case(not difference, posted.sent, expected=expected, actual=actual, note=f"title of {posted.purpose}")
