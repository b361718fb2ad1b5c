"""Listing (LS): what a crawl from the beginning finds, and what further ones right afterwards change."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from crawler.conformance.evidence import DoesNotApply, Remedy, Seen, Sent, id_of
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Kept, Level, Part, case, harm
from crawler.conformance.timeline import Crawled, changed_at, listings, newest_date, pages, timeline
from crawler.errors import PartnerError
from crawler.protocol.envelope import printable, without_mark
from crawler.protocol.implementation import POLLED, shape
from crawler.protocol.reading import read_page

PART = Part(Chapter.LISTING)
rule = PART.rule
PAGE = "action-details"
ARRAYS = ["declared-list-answers", "list-answers-an-array"]


def few(ids: Sequence[str]) -> str:
    """Ids for people: the first five of them."""
    named = ", ".join(printable(it, 60) for it in ids[:5])
    return f"{named} and {len(ids) - 5} more" if len(ids) > 5 else named


def lists(seen: Seen) -> Sequence[Sent]:
    """All requests for a list. Raises `Unjudged`."""
    if not seen.declared.listed:
        raise DoesNotApply("the partner declares no list")
    actions = {f"{name}.list" for name in POLLED}
    return seen.some((sent for sent in seen.sent if sent.action in actions), "no list was asked for")


@rule(Level.MUST, "LS1", "IM3", "TR5", page=PAGE, probe="crawling", needs=["answer-signature-is-right"])
@harm(Harm.LOST, "what cannot be listed is not imported")
def declared_list_answers(seen: Seen) -> Iterator[Case]:
    """A list that is declared is answered with success.

    Why: what cannot be listed is not imported, and each cycle tries again.

    Mend: look into the endpoint's log; or do not declare `list` for that object while it cannot be had.
    """
    for sent in lists(seen):
        yield case(sent.succeeded, sent, expected="HTTP 2xx, signed, since it is declared", actual=sent.came)


@rule(Level.MUST, "LS2", "TR6", page=PAGE, probe="crawling", needs=["declared-list-answers"])
@harm(Harm.LOST, "nothing of another answer can be imported")
def list_answers_an_array(seen: Seen) -> Iterator[Case]:
    """A list is answered with a JSON array of contents.

    Why: nothing of any other answer can be imported, and the cursor stays where it is.

    Mend: answer `[…]`, without an object around it and without anything before or after it.
    """
    for sent in lists(seen):
        try:
            read_page("", sent.object, sent.body, seen.declared)
        except PartnerError as error:
            yield Breach(expected=error.expected, actual=error.came, sent=sent)
        else:
            yield Kept(sent=sent)


@rule(Level.SHOULD, "TR6", page="request-response", probe="crawling", needs=["answer-signature-is-right"])
@harm(Harm.BRITTLE, "most JSON parsers take it for an error")
def answers_begin_with_json(seen: Seen) -> Iterator[Case]:
    """An answer has no byte-order mark before its JSON.

    Why: we pass over it; most JSON parsers take it for an error.

    Mend: save the endpoint's source files as UTF-8 without a byte-order mark; PHP sends what stands before `<?php`.
    """
    for sent in seen.some([it for it in seen.sent if it.succeeded], "no request was answered with success"):
        kept = without_mark(sent.body) is sent.body
        yield case(kept, sent, expected="JSON from the first byte on", actual="a byte-order mark before it")


@rule(Level.SHOULD, "LS2", "OB0", page=PAGE, probe="crawling", needs=ARRAYS)
@harm(Harm.BRITTLE, "here it is taken for an empty list, and may be an error elsewhere")
def empty_list_is_an_empty_array(seen: Seen) -> Iterator[Case]:
    """A list without contents is answered with `[]`.

    Why: we take `null`, `{}`, `""` and an empty body for nothing new; others may take them for an error.

    Mend: answer `[]`. In PHP an empty array is `[]`, and an empty object is `{}`.
    """
    found = ((sent, sent.json()) for sent in lists(seen))
    empty = [(sent, answer) for sent, answer in found if not (isinstance(answer, list) and answer)]
    for sent, answer in seen.some(empty, "no list was empty"):
        there = without_mark(sent.body).strip()
        actual = shape(answer) if there else "an empty body"
        yield case(there and isinstance(answer, list), sent, expected="[]", actual=actual)


@rule(Level.UNCLEAR, "LS1", page=PAGE, probe="crawling", needs=ARRAYS)
@harm(Harm.UNKNOWN, "the partner may choose how much it returns at first")
def first_list_gives_something(seen: Seen) -> Iterator[Case]:
    """The first list of an object, without `since_id`, brings at least one content.

    Why: the partner chooses how much it returns at first; where that is nothing, this judge could see next to nothing.

    Mend: nothing needs mending if there are no contents yet: create some, and judge again.
    """
    for name, listed in listings(seen):
        some = any(page.sent.elements() for page in listed)
        yield case(some, listed[0].sent, expected="contents to judge by", actual="an empty array", note=name)


@rule(Level.MUST, "LS2", "LS7", page=PAGE, probe="crawling", needs=ARRAYS)
@harm(Harm.LOST, "without the next cursor what follows is never reached, or comes again and again")
def newest_element_has_an_id(seen: Seen) -> Iterator[Case]:
    """The first element of a list has an id that can be sent back as `since_id`.

    Why: that id is the next cursor; without one the same contents come again and again, or some never come.

    Mend: give each content an `id`, a string that is not empty, and never reuse one.
    """
    for _, listed in listings(seen):
        for page in listed:
            if elements := page.sent.elements():
                kept = id_of(elements[0]) is not None
                yield case(
                    kept, page.sent, expected="an 'id' in the first element", actual="none", note=page.head or ""
                )


@rule(Level.SHOULD, "LS2", "LS4", page=PAGE, probe="crawling", needs=ARRAYS)
@harm(Harm.WASTED, "the first of them counts, and the other is read for nothing")
def no_duplicates_in_a_page(seen: Seen) -> Iterator[Case]:
    """An answer lists a content once.

    Why: the one that comes first counts, and the other is read for nothing; mostly a join in the query went wrong.

    Mend: list each content once, in its newest state.
    """
    for _, listed in listings(seen):
        for page in listed:
            if len(page.ids) > 1:
                twice = [it for it in dict.fromkeys(page.ids) if page.ids.count(it) > 1]
                actual = f"more than once: {few(twice)}"
                yield case(not twice, page.sent, expected="each id once", actual=actual, note=f"{len(page.ids)} ids")


@rule(Level.UNCLEAR, "LS2", "OB11", page=PAGE, probe="crawling", needs=[*ARRAYS, "newest-first"])
@harm(Harm.UNKNOWN, "the guide does not say by what a list is ordered")
def dates_descend(seen: Seen) -> Iterator[Case]:
    """A list is in the order of its contents' dates, newest first.

    Why: the guide wants descending order, and does not say of what. Any order will do in which the cursor works; dates
    that do not descend often come of a list that is in ascending order, or sorted by something else than the cursor.

    Mend: sort by the time of the last change, or by whatever your cursor compares, and be sure that it is the same.
    """
    for _, listed in listings(seen):
        for page in listed:
            dated = [(it, date) for it in page.contents if (date := changed_at(it))]
            rising = [pair for pair in pairwise(dated) if pair[0][1] < pair[1][1]]
            if len(dated) > 1:
                (newer, first), (older, second) = (rising or [*pairwise(dated)])[0]
                actual = f"{id_of(newer)} of {first} stands before {id_of(older)} of {second}"
                yield case(not rising, page.sent, expected="dates that descend", actual=actual)


@rule(Level.SHOULD, "LS4", "LS5", page="polling", probe="crawling", needs=ARRAYS)
@harm(Harm.BRITTLE, "what is listed late is imported, unless the cursor has gone past it")
def repeated_crawl_brings_nothing_old(seen: Seen) -> Iterator[Case]:
    """What a second crawl right after the first brings for the first time was written since.

    Why: a content that is listed late and has an old date looks as if it had been left unanswered all that time; and if
    the cursor goes past it before it is listed, it is never imported at all.

    Mend: list a content as soon as others after it are listed, and date it by when it was published.
    """
    for name, _ in listings(seen):
        if name in seen.learnt(Crawled).part:
            continue
        before, later = (
            pages([sent for cycle in seen.cycles if (cycle.label == "first") is first for sent in cycle.sent], name)
            for first in (True, False)
        )
        known, newest = timeline(before).places, newest_date(before)
        for page in later if known else ():
            old = [str(id_of(it)) for it in page.contents if id_of(it) not in known and (changed_at(it) or "") < newest]
            actual = f"{name} that are older than what was listed before: {few(old)}"
            yield case(not old, page.sent, expected="nothing, or contents that are newer", actual=actual, note=name)


@rule(Level.MUST, "LS3", page=PAGE, probe="crawling", needs=ARRAYS)
@harm(Harm.LOST, "who goes in circles never reaches what is new")
def cursor_does_not_circle(seen: Seen) -> Iterator[Case]:
    """Paging on from each answer's newest content comes to an end, and not back to where it began.

    Why: who goes in circles is read from the beginning in each cycle, or never reaches what is new.

    Mend: after the newest content answer `[]`, not the first page.
    """
    for cycle in seen.cycles:
        for name in POLLED:
            asked: list[str | None] = []
            met: set[str] = set()
            for page in pages(cycle.sent, name):
                asked.append(page.sent.since_id)
                met.update(page.ids)
                if len(asked) > 1 and len(met) > 1:
                    kept = page.head is None or page.head not in asked[:-1]
                    actual = f"after {few([str(asked[-1])])} the newest one is {few([str(page.head)])} again"
                    expected = "contents that were not paged through yet"
                    yield case(kept, page.sent, expected=expected, actual=actual, note=f"after {few([str(asked[-1])])}")


@rule(Level.UNCLEAR, "IM2", page="actions", probe="crawling", needs=["info-answered-with-success"])
@harm(Harm.UNKNOWN, "capabilities may change at any time")
def declaration_lasts_a_few_cycles(seen: Seen) -> Iterator[Case]:
    """`implementation.info` declares the same in cycles that follow each other.

    Why: capabilities may change at any time, and are followed at once; but what waits in the outbox for an operation
    that comes and goes may wait for long.

    Mend: nothing needs mending if you changed something just now; else look why two answers differ.
    """
    answers = [sent for cycle in seen.cycles for sent in cycle.asked("implementation.info")]
    seen.some(answers[1:], "there were no two cycles with an implementation info", Remedy.FIX)
    for earlier, later in pairwise(answers):
        same = earlier.json() == later.json()
        yield case(same, later, expected="what the cycle before had", actual="another declaration")
