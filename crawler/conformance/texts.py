"""The texts that the judge writes at a partner: what agents write, and what programs make of it. PURE.

Several stand in one body, each on lines of its own, where a difference still names its text; others are a body of their
own, since what they try is its beginning, its end, its length, or that there is nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from crawler.conformance.comparing import Text, holds
from crawler.protocol.formats import text_as_html
from crawler.protocol.implementation import ImplementationInfo
from crawler.protocol.objects import MAX_BODY_CHARS

SHORT = 250
"""Bytes that a body may have which is not there for its length: less than any column takes."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text under a `name`, which says what is in it; in `format`."""

    name: str
    text: str
    format: str = "text"

    def as_html(self) -> "Sample":
        """The same as html (PU13)."""
        return self if self.format == "html" else replace(self, text=text_as_html(self.text), format="html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A body to be written: `samples`, in `format`, behind a tag, or around it (``{}``), or without one (`bare`).

    With `fill` it is made 20,000 characters long (OB6) by that character. One that is `odd` is not what agents write
    every day: a partner may refuse it, and say so.
    """

    name: str
    samples: tuple[Sample, ...] = ()
    format: str = "text"
    bare: bool = False
    fill: str = ""
    odd: bool = False

    def body(self, tag: str) -> str:
        """The whole body."""
        if self.bare:
            return self.samples[0].text
        if "{}" in (text := "".join(it.text for it in self.samples)):
            return text.replace("{}", tag)
        if self.fill:
            return f"{tag} ".ljust(MAX_BODY_CHARS, self.fill)
        if self.format == "html":
            return "".join([text_as_html(tag), *(it.text for it in self.samples)])
        return "\n".join([tag, *(it.text for it in self.samples)])

    def missed(self, received: Text, *, lost: bool) -> Sequence[Sample]:
        """The samples that are not there as they were, or of which something is `lost`."""
        parts = (it for it in self.samples if "{}" not in it.text)
        return [it for it in parts if not holds(received, Text(it.text, it.format), exactly=not lost)]

    @property
    def is_ascii(self) -> bool:
        """Whether it has no other characters."""
        return all(it.text.isascii() for it in self.samples) and self.fill.isascii()

    def in_ascii(self) -> "Plan":
        """The same without the samples that have."""
        return replace(self, samples=tuple(it for it in self.samples if it.text.isascii()))

    def as_html(self) -> "Plan":
        """The same as html."""
        return replace(self, samples=tuple(it.as_html() for it in self.samples), format="html")


GROUPS: Sequence[Plan] = (
    Plan(
        name="signs of programs",
        samples=(
            Sample("backslashes", r"C:\temp\new, \\server and \\d+"),
            Sample("amounts", r"It is $10 or $100, \1 as well"),
            Sample("placeholders", "Hello {name}, {{first_name}}"),
            Sample("percents", "50%25 of 1+1 and 100%"),
        ),
    ),
    Plan(
        name="markup",
        samples=(
            Sample("entities", "&amp;lt; is how &lt; is written, &nbsp; &euro; and &#39;"),
            Sample("angle brackets", "<b>not bold</b>, 5 <6, if a<b and c>d"),
            Sample("signs of Markdown", "file_name_2, 5*3*2 and `code`"),
        ),
    ),
    Plan(
        name="what editors change",
        samples=(
            Sample("quotes", "\"Double\" and 'single' quotes... -- it's"),
            Sample("a tab", "a\ttab"),
            Sample("an emoticon", "Thanks :)"),
            Sample("a link", "https://example.com/shirts/42?size=m&colour=navy#reviews"),
        ),
    ),
    Plan(
        name="lines",
        samples=(
            Sample("line ends", "one\ntwo\r\nthree\rfour\n\nfive"),
            Sample("a quoted line", "> quoted\nanswered"),
            Sample("a signature", "Above\n-- \nBelow"),
        ),
    ),
    Plan(
        name="accents and emoji",
        samples=(
            Sample("accents", "za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 ja\u017a\u0144, \u65e5\u672c\u8a9e"),
            Sample(
                "emoji",
                "\U0001f44b first, \U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 then, and text after it",
            ),
        ),
    ),
    Plan(
        name="scripts",
        samples=(
            Sample("combining marks", "e\u0301 and \u00e9, 5\u00b2 m, \ufb01ve, \u212b"),
            Sample("right-to-left", "\u200f\u05e9\u05dc\u05d5\u05dd, \u0645\u0631\u062d\u0628\u0627\u200e"),
        ),
    ),
    Plan(
        name="control characters",
        samples=(Sample("control characters", "bell\x07, escape\x1b and form feed\x0c"),),
        odd=True,
    ),
    Plan(name="blanks", samples=(Sample("blanks", "  two blanks before, two  between {} and two after  "),)),
    Plan(name="a zero", samples=(Sample("a zero", "0"),), bare=True),
    Plan(name="leading zeros", samples=(Sample("leading zeros", "007"),), bare=True),
    Plan(name="a short text", samples=(Sample("a short text", "OK"),), bare=True),
    Plan(name="the same text again", samples=(Sample("the same text again", "OK"),), bare=True),
    Plan(name="20,000 letters", fill="x", odd=True),
    Plan(name="20,000 letters with accents", fill="\u00e9", odd=True),
    Plan(name="20,000 emoji", fill="\U0001f44b", odd=True),
)  # fmt: skip
"""What is written as text, or where the partner takes none, as html."""

LINK = '<p>See <a title="42" href="https://example.com/42?size=m&amp;sex=f">this shirt</a>, or<br>ask</p><p>Bye</p>'
HTML: Sequence[Plan] = (
    Plan(name="html", samples=(Sample("a link in html", LINK, "html"),), format="html"),
    Plan(
        name="signs in html",
        samples=(
            Sample("signs in html", r'<p>5 &lt; 6, &amp;lt; \ and R&amp;D, "quoted" &euro;</p>', "html"),
            Sample("a list in html", "<ul><li><b>one</b></li><li><i>two</i></li></ul>", "html"),
        ),
        format="html",
    ),
)
"""What is written as html."""

MIXED = Plan(
    name="a bit of everything",
    samples=(
        Sample("signs", '\\ "quoted" & <b>, &amp;lt; $10 100% {name}'),
        Sample("accents and emoji", "\u017c \u65e5 \U0001f44b"),
    ),
)
"""What is written in objects and formats that are not given the whole table."""

TITLE = '\\ "quoted" & <b>, \u017c \u65e5 \U0001f44b'
"""What a thread's title has in it, beside a body."""


NOT_ASCII = frozenset(plan.name for plan in GROUPS if not plan.is_ascii)
"""The names of the bodies with other characters than those of ASCII: they are for a rule of its own."""
LONG = frozenset(plan.name for plan in GROUPS if plan.fill)
"""The names of those of 20,000 characters."""


def plans(info: ImplementationInfo, object_name: str) -> Iterator[Plan]:
    """The whole table, in the formats that the object takes (PU13)."""
    formats = info.formats(object_name)
    for plan in GROUPS:
        yield plan if "text" in formats else plan.as_html()
    if "html" in formats:
        yield from HTML
