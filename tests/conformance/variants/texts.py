"""What an agent writes is not what the customer reads.

`LOST` is a text of which something cannot be read any more, `TEXT` one that is all there and looks otherwise, and
`MUTE` one that is not taken.
"""

import html
import re
import unicodedata
from collections.abc import Callable
from textwrap import wrap
from urllib.parse import unquote_plus

from tests.conformance.variants.making import refusing, storing
from tests.conformance.variants.variant import TABLE, Harm, Kind, Variant

LOST, TEXT, MUTE = Harm.LOST, Harm.TEXT, Harm.MUTE
ASTRAL = "[\U00010000-\U0010ffff]"
INVISIBLE = "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"


def bytes_of(number: int) -> Callable[[str], str]:
    return lambda body: body.encode()[:number].decode(errors="ignore")


def replaced(pattern: str, by: str) -> Callable[[str], str]:
    return lambda body: re.sub(pattern, by, body)


def typographic(body: str) -> str:
    body = re.sub(r'(^|[\s(])"', r"\1“", body).replace('"', "”")
    return re.sub(r"(^|[\s(])'", r"\1‘", body).replace("'", "’").replace("...", "…").replace("--", "–")


def wrapped(body: str) -> str:
    return "\n".join("\n".join(wrap(line, 76)) or "" for line in body.split("\n"))


def above_quotes(body: str) -> str:
    return "\n".join(line for line in body.split("\n") if not line.startswith(">"))


def as_number(body: str) -> str:
    return str(int(body)) if body.isascii() and body.isdecimal() else body


LONG = 20_000
"""Characters (OB6)."""
SAMPLES: tuple[str, ...] = (
    r"C:\temp\new, \\server and \\d+",
    "&amp;lt; is how &lt; is written, &nbsp; &euro; and &#39;",
    "<b>not bold</b>, 5 <6, if a<b and c>d",
    '<p>See <a title="42" href="https://shop.example/42?size=m&amp;sex=f">this shirt</a>, or<br>ask</p><p>Bye</p>',
    "one\ntwo\r\nthree\rfour\n\nfive",
    "  two blanks before, two  between and two after  ",
    "a\ttab",
    "\"Double\" and 'single' quotes... -- it's",
    "👋 first, 👩‍👩‍👧‍👦 then, and text after it",
    "e\u0301 and é, 5² m, ﬁve, Å",
    "\u200fשלום, مرحبا\u200e",
    "bell\x07, escape\x1b and form feed\x0c",
    "Thanks :)",
    "file_name_2, 5*3*2 and `code`",
    "It is $10 or $100, \\1 as well",
    "Hello {name}, {{first_name}}",
    "50%25 of 1+1 and 100%",
    "Above\n-- \nBelow",
    "> quoted\nanswered",
    "0",
    "007",
    "OK",
    "https://shop.example/shirts/42?size=m&colour=navy#reviews",
    "x" * LONG,
    "é" * LONG,
    "👋" * LONG,
)
"""Texts of which each fault here changes some, or refuses some: those of the issue, and more of their kinds."""

STORED: tuple[tuple[str, str, Harm, Callable[[str], str], str, str | None], ...] = (
    ("strips backslashes", "stripslashes() on what no magic quotes had touched",
     LOST, replaced(r"(?s)\\(.?)", r"\1"), f"{TABLE}; wp-cli/wp-cli#3152", "body-can-be-read"),
    ("decodes entities", "html_entity_decode() on what comes in, to be on the safe side",
     LOST, html.unescape, f"{TABLE}; TYPO3-Solr/ext-solr#1541", "body-can-be-read"),
    ("newlines into blanks", "a one-line text field in the shop's form",
     TEXT, replaced(r"\s*\n\s*", " "), f"{TABLE}; chatwoot/chatwoot#1730", "body-is-kept"),
    ("doubles newlines", "replaces \\r by \\n and \\n by \\r\\n, in the wrong order",
     TEXT, replaced(r"\n", "\n\n"), "PROTOCOL.md PU11; osTicket/osTicket#6905", "body-is-kept"),
    ("newlines into br", "nl2br() before it is stored, though the format is text",
     TEXT, replaced(r"\n", "<br />\n"), "PROTOCOL.md PU11; janhq/jan#6749", "body-is-kept"),
    ("wraps lines", "hands it to a mail gateway that breaks lines after 76 characters",
     TEXT, wrapped, "PROTOCOL.md PU11", "body-is-kept"),
    ("trims", "trim() on every input",
     TEXT, str.strip, "issue 15, point 3", "body-is-kept"),
    ("collapses blanks", "shows and stores what the browser's innerText gives",
     TEXT, replaced(r" {2,}", " "), "issue 15, point 3; epam/ai-dial-chat#4084", "body-is-kept"),
    ("tabs into blanks", "an editor component that knows no tabs",
     TEXT, lambda it: it.expandtabs(4), "issue 15, point 3", "body-is-kept"),
    ("escapes", "htmlspecialchars() when it is stored, and nothing the other way round when it is listed",
     TEXT, html.escape, "NodeBB/NodeBB#9292", "body-is-kept"),
    ("escapes twice", "htmlspecialchars() in the form and once more in the model",
     TEXT, lambda it: html.escape(html.escape(it)), "bcurts/agentchattr#43", "body-is-kept"),
    ("adds slashes", "addslashes() and a prepared statement, both",
     TEXT, replaced(r"([\\'\"])", r"\\\1"), "WP-API/WP-API#1469", "body-is-kept"),
    ("cuts at 255 characters", "VARCHAR(255), and a database that cuts silently",
     LOST, lambda it: it[:255], "issue 15, point 3", "long-body-is-kept"),
    ("cuts at 255 bytes", "a TINYTEXT column",
     LOST, bytes_of(255), "issue 15, point 3", "long-body-is-kept"),
    ("cuts at 1,000 bytes", "substr() where mb_substr() was meant, for the channel's limit",
     LOST, bytes_of(1_000), "42wim/matterbridge#2047", "long-body-is-kept"),
    ("cuts at 4,096 characters", "the chat network takes no more, and the rest is dropped without a word",
     LOST, lambda it: it[:4_096], "EmiteGWT/hablar#28", "long-body-is-kept"),
    ("cuts at 65,535 bytes", "a TEXT column, which is long enough for 20,000 letters but not for 20,000 emoji",
     LOST, bytes_of(65_535), "PROTOCOL.md OB6", "long-body-is-kept"),
    ("drops emoji", "removes what MySQL's utf8 cannot take",
     LOST, replaced(ASTRAL, ""), "processwire/processwire-issues#192", "accents-and-emoji-are-kept"),
    ("cuts at the first emoji", "MySQL's utf8 without strict mode",
     LOST, replaced(f"(?s){ASTRAL}.*", ""), "keybase/keybase-issues#2317; php-telegram-bot/core#62",
     "accents-and-emoji-are-kept"),
    ("question marks", "a latin1 connection to the database",
     LOST, lambda it: it.encode("latin-1", "replace").decode("latin-1"), "aaronpk/webmention.io#203",
     "accents-and-emoji-are-kept"),
    ("question marks for emoji", "a connection in MySQL's utf8, one ? for each byte",
     LOST, replaced(ASTRAL, "????"), "aaronpk/webmention.io#203", "accents-and-emoji-are-kept"),
    ("mojibake", "reads UTF-8 as Latin-1",
     LOST, lambda it: it.encode().decode("latin-1"), "issue 15, point 3", "accents-and-emoji-are-kept"),
    ("normalises", "NFC on every input, so that search works",
     TEXT, lambda it: unicodedata.normalize("NFC", it), "issue 15, point 3", "body-is-kept"),
    ("normalises compatibly", "NFKC on every input: 5² is 52 from then on",
     LOST, lambda it: unicodedata.normalize("NFKC", it), "PROTOCOL.md PU11", "accents-and-emoji-are-kept"),
    ("drops invisible characters", "removes zero-width joiners and direction marks as if they were spam",
     TEXT, replaced(INVISIBLE, ""), "issue 15, point 3; aaronpk/webmention.io#203", "body-is-kept"),
    ("drops control characters", "removes U+0001 to U+001F but for newlines",
     TEXT, replaced("[\x01-\x08\x0b\x0c\x0e-\x1f]", ""), "issue 15, point 3", "body-is-kept"),
    ("strips tags", "strip_tags() on texts: what comes after a < is gone",
     LOST, replaced(r"<[^>\s][^>]*>?", ""), "ericnorris/striptags#79; vanilla/vanilla#3968", "body-can-be-read"),
    ("drops links", "a sanitiser's list of tags without a",
     LOST, replaced(r"(?i)</?a\b[^>]*>", ""), "nextcloud/mail#3060", "body-can-be-read"),
    ("merges paragraphs", "a sanitiser's list of tags without p and br",
     TEXT, replaced(r"(?i)</?(p|br)\b[^>]*>", ""), "PROTOCOL.md PU11", "body-is-kept"),
    ("lower case", "puts the search index's copy of the text into the answer",
     TEXT, str.lower, "issue 15, point 3", "body-is-kept"),
    ("typographic quotes", "wptexturize() before it is stored",
     TEXT, typographic, "issue 15, point 3", "body-is-kept"),
    ("emoticons into emoji", "a convenience of the editor that runs at the server",
     TEXT, lambda it: it.replace(":)", "🙂"), "PROTOCOL.md PU11", "body-is-kept"),
    ("eats markup characters", "renders Markdown that nobody wrote: file_name_2 becomes filename2",
     LOST, replaced(r"([*_~`])(\S.*?)\1", r"\2"), "shaharia-lab/slackcli#103", "body-can-be-read"),
    ("eats dollar amounts", "preg_replace() with the text as its replacement: $10 is a back reference",
     LOST, replaced(r"\$\d{1,2}", ""), "osTicket/osTicket-1.7#384; zeen101/issuem#33", "body-can-be-read"),
    ("eats placeholders", "puts the text through its own mail template",
     LOST, replaced(r"\{\{?[^{}]*\}?\}", ""), "PROTOCOL.md PU11", "body-can-be-read"),
    ("decodes percents", "urldecode() on what JSON had decoded already: 50%25 and 1+1",
     LOST, unquote_plus, "chjj/parted#11", "body-can-be-read"),
    ("cuts at a signature", "a reply parser for mails that takes -- for the end",
     LOST, replaced(r"(?s)\n--.*", ""), "github/email_reply_parser#17; crisp-oss/email-reply-parser#41",
     "body-can-be-read"),
    ("drops quoted lines", "the same parser, which drops lines that begin with >",
     LOST, above_quotes, "github/email_reply_parser#78", "body-can-be-read"),
    ("casts numbers", "stores what looks like a number as one: 007 becomes 7",
     LOST, as_number, "issue 15, point 3", "body-can-be-read"),
    ("shortens links", "shows 20 characters of a link and three dots",
     LOST, replaced(r"(https?://\S{12})\S+", r"\1…"), "PROTOCOL.md PU11", "body-can-be-read"),
)  # fmt: skip

ASTRALS = re.compile(ASTRAL)
REFUSED: tuple[tuple[str, str, Harm, Callable[[str], bool], int, str, str | None], ...] = (
    ("refuses long texts", "the channel takes 5,000 characters, and says so",
     Harm.PUZZLED, lambda it: len(it) > 5_000, 400, "issue 15, point 3; Bitovn/Bridge-issues#408",
     "long-body-accepted"),
    ("refuses short texts", "a forum's minimum of 10 characters: nobody can answer Yes",
     MUTE, lambda it: 0 < len(it) < 10, 400, "cobudget/cobudget#193; paviliondev/discourse-quick-messages#38",
     "any-text-accepted"),
    ("refuses a zero", "empty('0') is true in PHP",
     MUTE, lambda it: it == "0", 400, "musonza/chat#221; destinygg/chat#31", "any-text-accepted"),
    ("crashes on emoji", "MySQL's utf8 in strict mode: incorrect string value",
     MUTE, lambda it: bool(ASTRALS.search(it)), 500, "mozilla/fxa-profile-server#186", "any-text-accepted"),
    ("refuses html", "a firewall before the endpoint that takes <script for an attack, and <img and <a too",
     MUTE, lambda it: bool(re.search(r"(?i)<(script|img|a)\b", it)), 403, "PROTOCOL.md PU13", "any-text-accepted"),
)  # fmt: skip


def unwanted(look: Callable[[str], bool]) -> Callable[[dict[str, object]], bool]:
    return lambda params: look(str(params.get("body") or ""))


TEXTS = (
    *(
        Variant(
            name=name,
            slip=slip,
            harm=harm,
            kind=Kind.TEXT,
            origin=origin,
            made=storing(change),
            found_by=rule,
            not_by=frozenset({"long-body-accepted"}) if change is wrapped else frozenset(),
        )
        for name, slip, harm, change, origin, rule in STORED
    ),
    *(
        Variant(
            name=name,
            slip=slip,
            harm=harm,
            kind=Kind.ANSWERABLE,
            origin=origin,
            made=refusing(unwanted(look), f"we cannot take that: {name}", status),
            found_by=rule,
        )
        for name, slip, harm, look, status, origin, rule in REFUSED
    ),
)
