"""Texts and dates of contents and users (OB1, OB4, OB5)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from crawler.conformance.chapters.objects.contents import given_in, holders, users_in, value, which, with_content
from crawler.conformance.chapters.objects.required import DATES, PAGE, PROBE, READ
from crawler.conformance.evidence import Seen, Sent
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.dates import read_date
from crawler.protocol.objects import NOTHING

PART = Part(Chapter.OBJECTS)
rule = PART.rule
FUTURE = timedelta(hours=1)
"""How far a partner's clock may be ahead."""
TEXTS: tuple[str, ...] = ("title", "body", "format", "language", "display_url", "ip")
USER_TEXTS: tuple[str, ...] = (
    "screenname",
    "firstname",
    "lastname",
    "avatar_url",
    "email",
    "home_phone",
    "mobile_phone",
    "gender",
)


def dates(seen: Seen) -> Sequence[tuple[Sent, str, object]]:
    """Each date that is there, and whose it is, at least one. Raises `Unjudged`."""
    found = (
        (sent, f"'{name}' of {whose}", holder[name])
        for sent, whose, holder in holders(seen)
        for name in DATES
        if holder.get(name) not in NOTHING
    )
    return seen.some(found, "no content and no user has a date")


@rule(Level.SHOULD, "OB1", "OB4", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "what is no text counts as absent, and the content is imported without it")
def texts_are_strings(seen: Seen) -> Iterator[Case]:
    """Fields that hold a text are JSON strings.

    Why: numbers are read as their digits, everything else counts as absent.

    Mend: write the text in quotes; leave the field out where there is none.
    """
    found = with_content(seen)
    places = [(sent, which(sent, it), it, TEXTS) for sent, it in found]
    places += [(sent, whose, user, USER_TEXTS) for sent, whose, user in users_in(found)]
    for sent, whose, holder, names in places:
        for name in names:
            if holder.get(name) not in NOTHING:
                actual = f"'{name}' of {whose} is {value(holder[name])}"
                kept = isinstance(holder[name], str)
                yield case(kept, sent, expected="a string", actual=actual, note=f"'{name}' of {whose}")


@rule(Level.SHOULD, "OB1", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "it is read as HTML, and plain text loses its line breaks")
def format_is_html_or_text(seen: Seen) -> Iterator[Case]:
    """`format` is `html` or `text`, or absent.

    Why: anything else is read as HTML, and plain text then loses its line breaks and its `<`.

    Mend: send `text` for plain text, `html` for HTML; markdown must be made HTML first.
    """
    for sent, whose, given in given_in(seen, "format"):
        kept, actual = given in ("html", "text") or not isinstance(given, str), f"'format' of {whose} is {value(given)}"
        yield case(kept, sent, expected="'html' or 'text'", actual=actual, note=actual)


@rule(Level.SHOULD, "OB5", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the content is imported without its date, and shown out of order")
def dates_can_be_read(seen: Seen) -> Iterator[Case]:
    """Each date can be read.

    Why: one that cannot counts as absent, and the content is shown out of order.

    Mend: write ISO 8601 in UTC: `2012-10-01T17:18:40Z`.
    """
    for sent, whose, date in dates(seen):
        kept, actual = read_date(date)[0] is not None, f"{whose} is {value(date)}"
        yield case(kept, sent, expected="such as 2012-10-01T17:18:40Z", actual=actual, note=actual)


@rule(Level.SHOULD, "OB5", "OB11", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "other spellings are read all the same, as far as they can be told")
def dates_are_iso_8601(seen: Seen) -> Iterator[Case]:
    """Each date is ISO 8601 with its time zone, or a day alone.

    Why: without a zone nobody knows the hour, and not everybody reads other spellings.

    Mend: write UTC, with `T` and `Z`: `2012-10-01T17:18:40Z`.
    """
    for sent, whose, date in dates(seen):
        read, odd = read_date(date)
        if read is not None:
            actual = f"{whose}, {value(date)}, {odd}"
            yield case(not odd, sent, expected="such as 2012-10-01T17:18:40Z", actual=actual, note=whose)


@rule(Level.UNCLEAR, "OB5", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "a clock may be a little ahead")
def dates_are_past(seen: Seen) -> Iterator[Case]:
    """No date lies in the future.

    Why: such a content stays at the top of every list, and answering times come out negative.

    Mend: look at the server's clock, and whether local times are sent with `Z`.
    """
    for sent, whose, date in dates(seen):
        read, _ = read_date(date)
        if read is not None:
            kept = datetime.fromisoformat(read) <= sent.exchange.started + FUTURE
            actual = f"{whose} is {value(date)}"
            yield case(kept, sent, expected="a time that was", actual=actual, note=actual)


@rule(Level.UNCLEAR, "OB1", "OB5", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "a content may be dated by when it is to be published")
def updated_after_created(seen: Seen) -> Iterator[Case]:
    """No content was updated before it was created.

    Why: the two dates are mixed up, or one of them is in another time zone.

    Mend: send the same date twice for what was never changed.
    """
    for sent, content in with_content(seen):
        created, updated = (read_date(content.get(name))[0] for name in DATES)
        if created and updated:
            actual = f"{which(sent, content)}: created {created}, updated {updated}"
            expected = "'updated_at' not before 'created_at'"
            yield case(updated >= created, sent, expected=expected, actual=actual, note=actual)
