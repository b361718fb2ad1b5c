"""Whether a text that was sent came back: what is lost, what looks otherwise, and what did it. PURE.

Text is compared to the letter, line ends alike; html by what it shows. What differs is *lost* where something cannot be
read any more, and *altered* where all is there but looks otherwise, or something was added.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crawler.conformance import markup
from crawler.conformance.causes import cause
from crawler.protocol.envelope import escaped

SHOWN_BEFORE, SHOWN_AFTER = 12, 28
"""How many characters of a text are shown on either side of the first difference."""
MARK = "»"
"""Stands where two texts part."""
INVISIBLE = re.compile("[\x00-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
"""What nobody sees that is there: controls, joiners, marks of direction, variants."""
LOOKALIKES = {
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"', "\u2033": '"',
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u2032": "'", "\u00b4": "'",
    "\u2026": "...", "\u2013": "--", "\u2014": "--", "\u2012": "--",
    "\U0001f642": ":)", "\u263a": ":)", "\U0001f60a": ":)", "\U0001f600": ":)", "\U0001f603": ":d",
    "\U0001f609": ";)", "\U0001f641": ":(", "\u2639": ":(", "\u2764": "<3",
}  # fmt: skip
"""Characters that editors put for others, which say the same."""
_TAGS = re.compile(r"(?i)</?(?:br|p|div)\s*/?>")
_SLASHED = re.compile(r"(?s)\\(.)")


@dataclass(frozen=True, slots=True)
class Text:
    """A body as it was sent or shown, and its `format`: ``html`` or ``text``."""

    body: str
    format: str = "text"

    @property
    def exact(self) -> str:
        """What must be the same to the letter."""
        return markup.normal(self.body) if self.format == "html" else one_line_end(self.body)

    @property
    def read(self) -> str:
        """What can be read of it."""
        return markup.shown(self.body) if self.format == "html" else one_line_end(self.body)

    @property
    def addresses(self) -> list[str]:
        """Where it leads, but for what can be read."""
        return markup.addresses(self.body) if self.format == "html" else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a text came back that is another one now: whether something is `lost`, and the likely `cause`.

    `sent` and `received` are excerpts with `MARK` at the first difference, and of a loss at the first that is one.
    """

    lost: bool
    sent: str
    received: str
    cause: str


def one_line_end(text: str) -> str:
    """The text with every line end as a newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def compare(sent: Text, received: Text) -> Difference | None:
    """How a text came back that is another one now; `None` where it is the same."""
    ours, theirs = sent, received
    if sent.format != received.format:  # then by what both show
        ours, theirs = Text(sent.read), Text(received.read)
    lost = is_lost(sent, received)
    if ours.exact == theirs.exact and not lost:
        return None
    texts, places = (ours.exact, theirs.exact), _first_difference(ours.exact, theirs.exact)
    if lost and essence(ours.read) != essence(theirs.read):
        texts, places = (ours.read, theirs.read), _first_loss(ours.read, theirs.read)
    before, after = (_excerpt(text, place) for text, place in zip(texts, places, strict=True))
    return Difference(lost=lost, sent=before, received=after, cause=_cause(sent, received))


def is_lost(sent: Text, received: Text) -> bool:
    """Whether something of what was sent cannot be read any more in what was received."""
    if sent == received:  # as nearly always, and the rest takes its time
        return False
    wanted = essence(sent.read)
    return not any(
        wanted in essence(reading.read)
        and all(it in f"{reading.read} {' '.join(reading.addresses)}" for it in sent.addresses)
        for reading in readings(received)
    )


def holds(received: Text, part: Text, *, exactly: bool) -> bool:
    """Whether a part of what was sent is there: `exactly`, or so that it can be read."""
    return part.exact in received.exact if exactly else not is_lost(part, received)


def readings(received: Text) -> Iterator[Text]:
    """What a text says to who sees through what is put around characters: entities, tags for lines, backslashes."""
    body = received.body
    for _ in range(3):
        yield Text(body, received.format)
        if received.format == "text":
            yield Text(_TAGS.sub("\n", body))
        yield Text(_SLASHED.sub(r"\1", body), received.format)
        body = html.unescape(body)


def essence(text: str) -> str:
    """The text without what can be otherwise while all can be read: white space, case, accents' spelling, quotes."""
    return "".join(character for character, _ in _essence(text))


def _essence(text: str) -> Iterator[tuple[str, int]]:
    """The characters that matter, each with the place in `text` that it comes from."""
    for start, cluster in _clusters(INVISIBLE.sub("\0", text)):
        for character in unicodedata.normalize("NFC", cluster):
            for folded in LOOKALIKES.get(character, character).casefold():
                if not folded.isspace() and folded != "\0":
                    yield folded, start


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Each character with the combining ones that follow it, and where it stands."""
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not unicodedata.combining(text[place]):
            yield start, text[start:place]
            start = place


def _first_difference(sent: str, received: str) -> tuple[int, int]:
    place = next((it for it, (a, b) in enumerate(zip(sent, received, strict=False)) if a != b), None)
    return (place, place) if place is not None else (min(len(sent), len(received)),) * 2


def _first_loss(sent: str, received: str) -> tuple[int, int]:
    ours, theirs = list(_essence(sent)), list(_essence(received))
    place, _ = _first_difference("".join(it for it, _ in ours), "".join(it for it, _ in theirs))
    return _place(ours, place, sent), _place(theirs, place, received)


def _place(found: Sequence[tuple[str, int]], place: int, text: str) -> int:
    return found[place][1] if place < len(found) else len(text)


def _excerpt(text: str, place: int) -> str:
    """The neighbourhood of a place, in quotes, with the place marked; what cannot be seen is spelled out."""
    start, end = max(place - SHOWN_BEFORE, 0), place + SHOWN_AFTER
    before, after = (visible(part) for part in (text[start:place], text[place:end]))
    return f"'{'…' if start else ''}{before}{MARK}{after}{'…' if end < len(text) else ''}'"


def visible(text: str) -> str:
    """The text on one line, with whatever cannot be seen, or hides another character, as an escape."""
    marked = "".join(
        c.encode("unicode_escape").decode() if INVISIBLE.match(c) or unicodedata.combining(c) else c for c in text
    )
    return escaped(marked.encode("utf-8", "backslashreplace")).replace("\n", "\\n")


def _cause(sent: Text, received: Text) -> str:
    if sent.format != received.format:
        if Text(sent.body, received.format).exact == received.exact:
            return f"{sent.format} is shown as {received.format}: its format is not kept"
        return cause(sent.read, received.read, str)
    return cause(sent.body, received.body, markup.normal if sent.format == "html" else one_line_end)
