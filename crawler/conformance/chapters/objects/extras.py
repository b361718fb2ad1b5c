"""What a content has beside its text: context data, attachments, categories; and how long it may be (OB6, OB7)."""

import re
from collections.abc import Iterator, Sequence

from crawler.conformance.chapters.objects.contents import given_in, holders, value, which, with_content
from crawler.conformance.chapters.objects.required import PAGE, PROBE, READ
from crawler.conformance.evidence import Seen, Sent
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.objects import MAX_BODY_CHARS, NOTHING

PART = Part(Chapter.OBJECTS)
rule = PART.rule
PLAIN = re.compile(r"[\w -]+")
CONTEXT_KEY = re.compile(r"[a-zA-Z_-]+")
"""The guide allows no underscore, and writes one in its own example."""


@rule(Level.SHOULD, "OB6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "what lies beyond the limit may be cut off")
def bodies_are_short_enough(seen: Seen) -> Iterator[Case]:
    """A `body` has at most 20,000 characters.

    Why: the guide sets this limit; what lies beyond it may be cut off or refused.

    Mend: shorten the text and attach the whole.
    """
    for sent, content in with_content(seen):
        body = content.get("body")
        if isinstance(body, str) and body:
            kept, actual = len(body) <= MAX_BODY_CHARS, f"{which(sent, content)} has {len(body):,}"
            yield case(kept, sent, expected=f"at most {MAX_BODY_CHARS:,} characters", actual=actual, note=actual)


def contexts(seen: Seen) -> Sequence[tuple[Sent, str, object]]:
    """Each `context_data` that holds something, and whose it is, at least one. Raises `Unjudged`."""
    found = (
        (sent, whose, holder["context_data"])
        for sent, whose, holder in holders(seen)
        if holder.get("context_data") not in NOTHING
    )
    return seen.some(found, "no content and no user has 'context_data'")


@rule(Level.SHOULD, "OB6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "agents do not see it")
def context_data_is_an_object(seen: Seen) -> Iterator[Case]:
    """`context_data` is a JSON object, or absent.

    Why: it is shown to agents as names and values.

    Mend: write `"context_data": {"order": "A-1042"}`.
    """
    for sent, whose, data in contexts(seen):
        actual = f"that of {whose} is {value(data)}"
        yield case(isinstance(data, dict), sent, expected="an object", actual=actual, note=whose)


@rule(Level.SHOULD, "OB6", page=PAGE, probe=PROBE, needs=[*READ, "context-data-is-an-object"])
@harm(Harm.BRITTLE, "it is shown all the same, but no rule of the platform can name it")
def context_data_keys_are_words(seen: Seen) -> Iterator[Case]:
    """The keys of `context_data` consist of letters a-z and A-Z, `-` and `_`.

    Why: the guide allows letters and `-`; rules of the platform name these keys, and other characters break them.

    Mend: rename the key: `order-number` instead of `order no`.
    """
    for sent, whose, data in contexts(seen):
        for key in data if isinstance(data, dict) else ():
            kept, actual = CONTEXT_KEY.fullmatch(key), f"{whose} has {value(key)}"
            yield case(kept, sent, expected="letters, '-' and '_'", actual=actual, note=actual)


def attachments(seen: Seen) -> Sequence[tuple[Sent, str, object]]:
    """Each attachment, and whose it is, at least one. Raises `Unjudged`."""
    given = given_in(seen, "attachments")
    return [(sent, whose, it) for sent, whose, them in given for it in (them if isinstance(them, list) else [them])]


@rule(Level.SHOULD, "OB7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the content is imported without it")
def attachments_have_a_source(seen: Seen) -> Iterator[Case]:
    """Each attachment is an object with a `url`, or with `content` (base64) and `filename`.

    Why: without either there is no file, and the attachment is left out.

    Mend: write `"attachments": [{"url": "https://…"}]`, a list even for one.
    """
    for sent, whose, it in attachments(seen):
        kept = isinstance(it, dict) and (it.get("url") or (it.get("content") and it.get("filename")))
        came = f"an object with {', '.join(map(value, it)) or 'nothing'}" if isinstance(it, dict) else value(it)
        yield case(kept, sent, expected="'url', or 'content' and 'filename'", actual=f"{whose} has {came}", note=whose)


@rule(Level.MUST, "OB7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "the file cannot be had by anybody but the partner")
def attachment_urls_are_absolute(seen: Seen) -> Iterator[Case]:
    """The `url` of an attachment begins with http:// or https://.

    Why: the platform fetches it from its own network, and knows no base for a relative one.

    Mend: send the whole URL, under a name that can be reached from outside.
    """
    for sent, whose, it in attachments(seen):
        url = it.get("url") if isinstance(it, dict) else None
        if isinstance(url, str) and url:
            kept, actual = url.lower().startswith(("http://", "https://")), f"{whose} has {value(url)}"
            yield case(kept, sent, expected="http:// or https://", actual=actual, note=actual)


@rule(Level.SHOULD, "OB1", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the content is imported without its categories")
def categories_are_a_list(seen: Seen) -> Iterator[Case]:
    """`categories` is a list, or absent.

    Why: a single name, or names with commas, are not understood as categories.

    Mend: write `"categories": ["delivery"]`.
    """
    for sent, whose, given in given_in(seen, "categories"):
        actual = f"that of {whose} is {value(given)}"
        yield case(isinstance(given, list), sent, expected="a list", actual=actual, note=actual)


@rule(Level.UNCLEAR, "OB6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "the guide wants it, and does not say what becomes of others")
def categories_are_plain(seen: Seen) -> Iterator[Case]:
    """A category is written in small letters, digits, blanks, `_` and `-`.

    Why: the guide wants neither capitals nor special characters, and categories are compared letter by letter.

    Mend: send the category's key instead of its title.
    """
    for sent, whose, given in given_in(seen, "categories"):
        for name in given if isinstance(given, list) else ():
            kept = isinstance(name, str) and name == name.lower() and PLAIN.fullmatch(name)
            actual = f"that of {whose} has {value(name)}"
            yield case(kept, sent, expected="small letters, digits, blanks, '_' and '-'", actual=actual, note=actual)
