"""Listing (LS): what a crawl from the beginning finds, and what further ones right afterwards change."""

from collections.abc import Iterator
from itertools import pairwise

from crawler.conformance.evidence import NotApplicable, Seen, Sent, id_of
from crawler.conformance.rule import Breach, Chapter, Level
from crawler.conformance.timeline import changed_at, listings, newest_date, pages, timeline
from crawler.errors import PartnerError
from crawler.protocol.envelope import printable, without_mark
from crawler.protocol.implementation import POLLED, shape
from crawler.protocol.reading import read_page

LISTING = Chapter("listing and cursors")
rule = LISTING.rule
PAGE = "action-details"
ARRAYS = ["declared-list-answers", "list-answers-an-array"]


def few(ids: list[str]) -> str:
    """Ids for people: the first five of them."""
    named = ", ".join(printable(it, 60) for it in ids[:5])
    return f"{named} and {len(ids) - 5} more" if len(ids) > 5 else named


def lists(seen: Seen) -> list[Sent]:
    """All requests for a list. Raises `NotApplicable`."""
    found = [sent for sent in seen.sent if sent.action in {f"{name}.list" for name in POLLED}]
    if not found:
        raise NotApplicable(seen.broke_off or "the partner declares no list")
    return found


@rule(Level.MUST, "LS1", "IM3", "TR5", page=PAGE, probe="crawling", needs=["answer-signature-is-right"])
def declared_list_answers(seen: Seen) -> Iterator[Breach]:
    """A list that is declared is answered with success.

    Why: what cannot be listed is not imported, and each cycle tries again.

    Mend: look into the endpoint's log; or do not declare `list` for that object while it cannot be had.
    """
    for sent in lists(seen):
        if not sent.succeeded:
            yield Breach(expected="HTTP 2xx, signed, since it is declared", actual=sent.came, sent=sent)


@rule(Level.MUST, "LS2", "TR6", page=PAGE, probe="crawling", needs=["declared-list-answers"])
def list_answers_an_array(seen: Seen) -> Iterator[Breach]:
    """A list is answered with a JSON array of contents.

    Why: nothing of any other answer can be imported, and the cursor stays where it is.

    Mend: answer `[…]`, without an object around it and without anything before or after it.
    """
    for sent in lists(seen):
        try:
            read_page("", sent.object, sent.body, seen.declared)
        except PartnerError as error:
            yield Breach(expected=error.expected, actual=error.came, sent=sent)


@rule(Level.SHOULD, "TR6", page="request-response", probe="crawling", needs=["answer-signature-is-right"])
def answers_begin_with_json(seen: Seen) -> Iterator[Breach]:
    """An answer has no byte-order mark before its JSON.

    Why: we pass over it; most JSON parsers take it for an error.

    Mend: save the endpoint's source files as UTF-8 without a byte-order mark; PHP sends what stands before `<?php`.
    """
    for sent in seen.sent:
        if sent.succeeded and without_mark(sent.body) is not sent.body:
            yield Breach(expected="JSON from the first byte on", actual="a byte-order mark before it", sent=sent)


@rule(Level.SHOULD, "LS2", "OB0", page=PAGE, probe="crawling", needs=ARRAYS)
def empty_list_is_an_empty_array(seen: Seen) -> Iterator[Breach]:
    """A list without contents is answered with `[]`.

    Why: we take `null`, `{}`, `""` and an empty body for nothing new; others may take them for an error.

    Mend: answer `[]`. In PHP an empty array is `[]`, and an empty object is `{}`.
    """
    for sent in lists(seen):
        answer = sent.json()
        if not isinstance(answer, list):
            yield Breach(expected="[]", actual=shape(answer), sent=sent)
        elif not without_mark(sent.body).strip():
            yield Breach(expected="[]", actual="an empty body", sent=sent)


@rule(Level.UNCLEAR, "LS1", page=PAGE, probe="crawling", needs=ARRAYS)
def first_list_gives_something(seen: Seen) -> Iterator[Breach]:
    """The first list of an object, without `since_id`, brings at least one content.

    Why: the partner chooses how much it returns at first; where that is nothing, this judge could see next to nothing.

    Mend: nothing needs mending if there are no contents yet: create some, and judge again.
    """
    for _, listed in listings(seen):
        if not any(page.sent.elements() for page in listed):
            yield Breach(expected="contents to judge by", actual="an empty array", sent=listed[0].sent)


@rule(Level.MUST, "LS2", "LS7", page=PAGE, probe="crawling", needs=ARRAYS)
def newest_element_has_an_id(seen: Seen) -> Iterator[Breach]:
    """The first element of a list has an id that can be sent back as `since_id`.

    Why: that id is the next cursor; without one the same contents come again and again, or some never come.

    Mend: give each content an `id`, a string that is not empty, and never reuse one.
    """
    for _, listed in listings(seen):
        for page in listed:
            elements = page.sent.elements()
            if elements and id_of(elements[0]) is None:
                yield Breach(expected="an 'id' in the first element", actual="none", sent=page.sent)


@rule(Level.SHOULD, "LS2", "LS4", page=PAGE, probe="crawling", needs=ARRAYS)
def no_duplicates_in_a_page(seen: Seen) -> Iterator[Breach]:
    """An answer lists a content once.

    Why: the one that comes first counts, and the other is read for nothing; mostly a join in the query went wrong.

    Mend: list each content once, in its newest state.
    """
    for _, listed in listings(seen):
        for page in listed:
            twice = [it for it in dict.fromkeys(page.ids) if page.ids.count(it) > 1]
            if twice:
                yield Breach(expected="each id once", actual=f"more than once: {few(twice)}", sent=page.sent)


@rule(Level.UNCLEAR, "LS2", "OB11", page=PAGE, probe="crawling", needs=[*ARRAYS, "newest-first"])
def dates_descend(seen: Seen) -> Iterator[Breach]:
    """A list is in the order of its contents' dates, newest first.

    Why: the guide wants descending order, and does not say of what. Any order will do in which the cursor works; dates
    that do not descend often come of a list that is in ascending order, or sorted by something else than the cursor.

    Mend: sort by the time of the last change, or by whatever your cursor compares, and be sure that it is the same.
    """
    for _, listed in listings(seen):
        for page in listed:
            dated = [(it, date) for it in page.contents if (date := changed_at(it))]
            for (newer, first), (older, second) in pairwise(dated):
                if first < second:
                    actual = f"{id_of(newer)} of {first} stands before {id_of(older)} of {second}"
                    yield Breach(expected="dates that descend", actual=actual, sent=page.sent)
                    break


@rule(Level.SHOULD, "LS4", "LS5", page="polling", probe="crawling", needs=ARRAYS)
def repeated_crawl_brings_nothing_old(seen: Seen) -> Iterator[Breach]:
    """What a second crawl right after the first brings for the first time was written since.

    Why: a content that is listed late and has an old date looks as if it had been left unanswered all that time; and if
    the cursor goes past it before it is listed, it is never imported at all.

    Mend: list a content as soon as others after it are listed, and date it by when it was published.
    """
    for name, listed in listings(seen):
        if name in seen.fact("partial"):
            continue
        before = pages([sent for cycle in seen.cycles if cycle.label == "first" for sent in cycle.sent], name)
        known, newest = timeline(before).places, newest_date(before)
        for page in listed:
            old = [str(id_of(it)) for it in page.contents if id_of(it) not in known and (changed_at(it) or "") < newest]
            if old:
                actual = f"{name} that are older than what was listed before: {few(old)}"
                yield Breach(expected="nothing, or contents that are newer", actual=actual, sent=page.sent)


@rule(Level.MUST, "LS3", page=PAGE, probe="crawling", needs=ARRAYS)
def cursor_does_not_circle(seen: Seen) -> Iterator[Breach]:
    """Paging on from each answer's newest content comes to an end, and not back to where it began.

    Why: who goes in circles is read from the beginning in each cycle, or never reaches what is new.

    Mend: after the newest content answer `[]`, not the first page.
    """
    for cycle in seen.cycles:
        for name in POLLED:
            asked: list[str | None] = []
            for page in pages(cycle.sent, name):
                asked.append(page.sent.since_id)
                if page.head is not None and page.head in asked[:-1]:
                    actual = f"after {few([str(asked[-1])])} the newest one is {few([page.head])} again"
                    yield Breach(expected="contents that were not paged through yet", actual=actual, sent=page.sent)


@rule(Level.UNCLEAR, "IM2", page="actions", probe="crawling", needs=["info-answered-with-success"])
def declaration_lasts_a_few_cycles(seen: Seen) -> Iterator[Breach]:
    """`implementation.info` declares the same in cycles that follow each other.

    Why: capabilities may change at any time, and are followed at once; but what waits in the outbox for an operation
    that comes and goes may wait for long.

    Mend: nothing needs mending if you changed something just now; else look why two answers differ.
    """
    answers = [sent for cycle in seen.cycles for sent in cycle.asked("implementation.info") if sent.succeeded]
    if len(answers) < 2:
        raise NotApplicable("there were no two cycles with an implementation info")
    for earlier, later in pairwise(answers):
        if earlier.json() != later.json():
            yield Breach(expected="what the cycle before had", actual="another declaration", sent=later)
