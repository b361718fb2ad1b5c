"""What is likely to have made another text of one, or another date: what programs do, each in a sentence. PURE."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import unquote, unquote_plus

Change = Callable[[str], str]
Form = Callable[[str], str]
"""Makes one spelling of those that are alike."""

UNKNOWN = "nothing that is known to do that"
ASTRAL = "[\U00010000-\U0010ffff]"
EMOJI_LOST = "characters beyond U+FFFF are {}: a database in MySQL's utf8, which wants utf8mb4"
INVISIBLE = "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
URL = r"https?://\S+"
NEAR = timedelta(minutes=5)
"""How far two clocks may be apart."""
QUARTER, MOST = timedelta(minutes=15), timedelta(hours=14)
"""Time zones are off by whole quarters of an hour, and by no more than that."""


def replacing(pattern: str, by: str) -> Change:
    """Replaces all that a pattern matches."""
    return lambda text: re.sub(pattern, by, text)


def recoding(into: str, errors: str = "strict", by: str = "") -> Change:
    """Writes in one encoding and reads in another, or in the same."""

    def recode(text: str) -> str:
        try:
            return text.encode(into, errors).decode(by or into)
        except UnicodeError:
            return text

    return recode


def without_quoted_lines(text: str) -> str:
    """Drops lines that begin with ``>``."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(">"))


def as_number(text: str) -> str:
    """Reads what is all digits as a number."""
    return str(int(text)) if text.isascii() and text.isdecimal() else text


def of_lines(change: Change) -> Change:
    """Changes each line."""
    return lambda text: "\n".join(change(line) for line in text.split("\n"))


CHANGES: Sequence[tuple[str, Sequence[Change]]] = (
    ("looks like stripslashes()", [replacing(r"(?s)\\(.?)", r"\1"), replacing(r"\\", "")]),
    ("looks like addslashes()", [replacing(r"([\\'\"])", r"\\\1"), replacing(r"([\\\"])", r"\\\1")]),
    ("decodes entities: looks like html_entity_decode()",
     [html.unescape, lambda it: html.unescape(html.unescape(it))]),
    ("escapes for html, and shows it so: looks like htmlspecialchars() when it is stored",
     [html.escape, lambda it: html.escape(it, quote=False), lambda it: html.escape(html.escape(it)),
      lambda it: html.escape(html.escape(it, quote=False), quote=False)]),
    ("removes tags: looks like strip_tags()", [replacing(r"<[^>\s][^>]*>?", ""), replacing(r"<[^>]*>", "")]),
    ("removes links: a sanitiser's list of tags without a", [replacing(r"(?i)</?a\b[^>]*>", "")]),
    ("removes p and br: a sanitiser's list of tags without them", [replacing(r"(?i)</?(p|br|div)\b[^>]*>", "")]),
    ("makes <br> of line ends: looks like nl2br()",
     [replacing(r"\n", tag) for tag in ("<br />\n", "<br>\n", "<br/>\n", "<br />", "<br>", "<br/>")]),
    ("makes blanks of line ends: a field of one line",
     [replacing(r"\s*\n\s*", " "), replacing(r"\n", " "), replacing(r"\r\n|\r|\n", " ")]),
    ("drops line ends", [replacing(r"\n", "")]),
    ("doubles line ends: \\r and \\n replaced one by one", [replacing(r"\n", "\n\n")]),
    ("removes blanks at both ends: looks like trim()",
     [str.strip, str.rstrip, str.lstrip, of_lines(str.strip), of_lines(str.rstrip)]),
    ("makes one blank of several: the text went through html",
     [replacing(r" {2,}", " "), replacing(r"[ \t]+", " "), replacing(r"\s+", " ")]),
    ("makes blanks of tabs", [lambda it: it.expandtabs(4), str.expandtabs, replacing(r"\t", " "),
                              replacing(r"\t", "    ")]),
    (EMOJI_LOST.format("dropped"), [replacing(ASTRAL, "")]),
    (EMOJI_LOST.format("replaced"),
     [replacing(ASTRAL, by) for by in ("?", "????", "\ufffd", "\ufffd\ufffd", "\ufffd\ufffd\ufffd\ufffd", "??")]),
    ("replaces what Latin-1 has not: a connection to the database, or a column, in latin1",
     [recoding("latin-1", "replace"), recoding("cp1252", "replace")]),
    ("replaces, or drops, what ASCII has not",
     [recoding("ascii", "replace"), recoding("ascii", "ignore"), recoding("latin-1", "ignore")]),
    ("reads UTF-8 as Latin-1", [recoding("utf-8", by="latin-1"), recoding("utf-8", by="cp1252"),
                                lambda it: recoding("utf-8", by="latin-1")(recoding("utf-8", by="latin-1")(it))]),
    ("normalises characters: Unicode's NFC, or NFD",
     [lambda it: unicodedata.normalize("NFC", it), lambda it: unicodedata.normalize("NFD", it)]),
    ("normalises characters to what they look like: Unicode's NFKC",
     [lambda it: unicodedata.normalize("NFKC", it), lambda it: unicodedata.normalize("NFKD", it)]),
    ("removes invisible characters: joiners, marks of direction", [replacing(INVISIBLE, "")]),
    ("removes control characters",
     [replacing("[\x01-\x08\x0b\x0c\x0e-\x1f]", ""), replacing("[\x01-\x08\x0b-\x1f\x7f]", ""),
      replacing("[\x01-\x09\x0b-\x1f]", "")]),
    ("makes lower case of it: a search index's copy", [str.lower, str.casefold]),
    ("makes upper case of it", [str.upper]),
    ("reads it as Markdown", [replacing(r"([*_~`])(\S.*?)\1", r"\2"), replacing(r"\*(\S.*?)\*", r"\1")]),
    ("takes $10 for a group of a regular expression: the text was a replacement in it",
     [replacing(r"\$\d{1,2}", ""), replacing(r"[\\$]\d{1,2}", "")]),
    ("takes braces for placeholders: the text went through a template",
     [replacing(r"\{\{?[^{}]*\}?\}", ""), replacing(r"\{\{[^{}]*\}\}", "")]),
    ("decodes percents: looks like urldecode()", [unquote_plus, unquote]),
    ("cuts at what looks like a signature: a parser for mails", [replacing(r"(?s)\n--.*", ""),
                                                                replacing(r"(?s)\n-- ?\n.*", "")]),
    ("drops quoted lines: a parser for mails", [without_quoted_lines]),
    ("reads what looks like a number as one", [as_number]),
)  # fmt: skip
"""What is done to a text, and what does so, in one way or another."""

FOLDED: Sequence[tuple[str, Change]] = (
    ("puts typographic quotes and dashes: looks like wptexturize()",
     lambda it: re.sub("[\u201c\u201d\u201e]", '"', re.sub("[\u2018\u2019\u201a]", "'", it)).replace(
         "\u2026", "...").replace("\u2014", "--").replace("\u2013", "--")),
    ("puts emoji for emoticons", replacing("[\U0001f642\u263a\U0001f60a\U0001f600]\ufe0f?", ":)")),
    ("shortens links", replacing(r"https?://\S+?(\u2026|\.\.\.)(?=\s|$)|https?://\S+", "URL")),
    ("moves line ends and blanks", replacing(r"\s+", "")),
    ("changes upper and lower case", str.casefold),
)  # fmt: skip
"""What both texts are alike in once it is done to both: so it is what they differ in."""

CUTS: Sequence[tuple[int, str]] = (
    (140, "an SMS or a tweet"), (160, "an SMS"), (255, "a column's width, VARCHAR(255)"), (256, "a column's width"),
    (280, "a tweet"), (500, "a channel's limit"), (1_000, "a channel's limit"), (1_024, "a column's width"),
    (1_600, "an SMS in parts"), (2_000, "a channel's limit"), (4_000, "a channel's limit"),
    (4_096, "a chat network's limit"), (5_000, "a channel's limit"), (10_000, "a channel's limit"),
    (16_383, "a column's width"), (65_535, "a column's width, TEXT"),
)  # fmt: skip
"""Lengths at which texts are cut, and what is of that length."""


def cause(sent: str, received: str, form: Form) -> str:
    """What is likely to have made `received` of `sent`, in a sentence without its full stop.

    What is the same in its `form` is alike.
    """
    return next(_causes(sent, received, form), UNKNOWN)


def _causes(sent: str, received: str, form: Form) -> Iterator[str]:
    wanted, got = form(sent), form(received)
    kept = got.rstrip("\u2026. \n")
    if not kept:
        yield "nothing of it is there" + (": looks like empty(), for which 0 is" if wanted == "0" else "")
    for end in (str, str.strip):
        for sentence, changes in CHANGES:
            if any(end(form(change(sent))) == end(got) != end(wanted) for change in changes):
                yield sentence
    for sentence, change in FOLDED:
        if change(wanted) == change(got) or form(change(sent)) == form(change(received)):
            yield sentence
    if wanted.startswith(kept):
        yield _cut(wanted, kept)
    if wanted.strip() in got:
        yield "adds text before it" if got.rstrip().endswith(wanted.strip()) else "adds text to it"


def _cut(sent: str, kept: str) -> str:
    """Where a text was cut."""
    if re.match(ASTRAL, sent[len(kept) :].lstrip()) and not re.search(ASTRAL, kept):
        return "cut at the first character beyond U+FFFF: a database in MySQL's utf8, without strict mode"
    size, more = len(kept.encode()), len(sent[: len(kept) + 1].encode())
    for limit, what in CUTS:
        if len(kept) == limit:
            return f"cut at {limit:,} characters: {what}"
        if size <= limit < more:
            return f"cut at {limit:,} bytes: {what}"
    return f"cut at {len(kept):,} characters, {size:,} bytes"


def date_cause(sent: datetime, received: datetime, shown: datetime) -> str:
    """What is likely to have made `received` of `sent`; `shown` is when it was answered."""
    off = received - sent
    exact = received.replace(second=sent.second, microsecond=sent.microsecond)
    if exact == _replaced(sent, day=sent.month, month=sent.day):
        return "day and month changed places"
    if exact == _replaced(sent, minute=sent.month):
        return "the month stands for the minutes: m or M in its format"
    if exact == _replaced(sent, month=sent.month - 1):
        return "months are counted from 0: getMonth() of JavaScript"
    if off == timedelta(hours=-12):
        return "hours are counted up to 12: h for H in its format"
    if received == received.replace(hour=0, minute=0, second=0, microsecond=0) and received.date() == sent.date():
        return "the time of day is gone: a column for days alone"
    if abs(received - shown) < NEAR:
        return "its own clock: it is dated by when it was stored, or listed"
    if off and abs(off) <= MOST and abs(off % QUARTER) < timedelta(seconds=1):
        hours = abs(off.total_seconds()) / 3600
        way = "ahead: a local time is shown as UTC" if off > timedelta() else "behind: UTC is taken for local time"
        return f"{hours:g} h {way}"
    return "another date: perhaps that of its thread"


def _replaced(moment: datetime, **parts: int) -> datetime | None:
    """The moment with other parts; `None` where there is no such date."""
    try:
        return moment.replace(**parts)  # type: ignore[arg-type]  # parts of a date are integers
    except ValueError:
        return None
