"""Lists after every known position (LS)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from crawler.conformance.chapters.listing.lists import ARRAYS, PAGE, few
from crawler.conformance.evidence import Seen, id_of
from crawler.conformance.rule import Case, Chapter, Harm, Kept, Level, Part, case, harm
from crawler.conformance.timeline import Crawled, Page, Timeline, changed_at, is_page, listings

PART = Part(Chapter.LISTING)
rule = PART.rule
ORDERED = [*ARRAYS, "newest-first"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """What the crawl before told, by object: the order of contents, the ids of the `first` list, the `newest` date.

    A content that moved in this conversation is marked in its timeline. Where the crawl saw only a part, the timeline
    goes on as far as was followed here. `cut` are the objects for which there was no room to follow each list to its
    end.
    """

    timelines: Mapping[str, Timeline]
    first: Mapping[str, Sequence[str]]
    newest: Mapping[str, str]
    cut: set[str] = field(default_factory=set)


def after(seen: Seen) -> Sequence[tuple[Page, str, Timeline]]:
    """Each answer to a list after a known position: the page, the position, and the order of all that is known.

    At least one. Raises `Unjudged`.
    """
    found = []
    for name, listed in listings(seen):
        line = seen.learnt(Positions).timelines[name]
        found += [(page, str(page.sent.since_id), line) for page in listed if page.sent.since_id in line.places]
    return seen.some(found, "the partner lists nothing now")


@rule(Level.MUST, "LS1", "LS2", page=PAGE, probe="positions", needs=ARRAYS)
@harm(Harm.LOST, "with an error each cycle fails, and nothing more is imported")
def known_since_id_answered(seen: Seen) -> Iterator[Case]:
    """A list after any content that was listed is answered with an array.

    Why: each of them is, or was, the newest at some time, and then it is the cursor.

    Mend: look the content up by its id; do not take its age, its state or its place in the list for granted.
    """
    asked = (sent for sent in seen.sent if sent.since_id is not None)
    for sent in seen.some(asked, "the partner lists nothing now, so that there is no cursor"):
        yield case(is_page(sent), sent, expected="a JSON array", actual=sent.came)


@rule(Level.MUST, "LS2", page=PAGE, probe="positions", needs=ARRAYS)
@harm(Harm.LOST, "a cursor that is not the newest makes contents come again, or never")
def newest_first(seen: Seen) -> Iterator[Case]:
    """A list is in descending order: its first element is the newest.

    Why: the id of the first element is the next cursor; in ascending order that is the oldest one, so that the same
    contents are read again and again.

    Mend: reverse the order of the answer. With a limit, take the oldest after `since_id`, and then reverse them.
    """
    for _, listed in listings(seen):
        answers = {page.sent.since_id: set(page.ids) for page in listed}
        found: list[Case] = []
        for page in listed:
            first, last = (page.ids[0], page.ids[-1]) if page.ids else (None, None)
            if first == last or first not in answers or last not in answers:
                continue
            rest = set(page.ids) - {first, last}
            descends = first in answers[last] and last not in answers[first]
            ascends = last in answers[first] and first not in answers[last] and rest <= answers[first]
            if descends or ascends:  # else nothing tells which of them is newer
                actual = f"after the first, {first}, come the others; after the last, {last}, come none of them"
                found.append(
                    case(descends, page.sent, expected="the newest first", actual=actual, note=f"{first} first")
                )
        # where some descend and others do not, it is the cursor that misleads: other rules say how
        yield from [it for it in found if isinstance(it, Kept)] or found[:1]


@rule(Level.MUST, "LS2", page=PAGE, probe="positions", needs=ORDERED)
@harm(Harm.LOST, "where the first is not always the newest, contents are passed over")
def same_order_everywhere(seen: Seen) -> Iterator[Case]:
    """Two contents stand in the same order in whichever list they stand.

    Why: the cursor is the first element; where that is not the newest one, contents come again, or are passed over.

    Mend: sort each answer in the same way, with and without `since_id`, and by something that does not change.
    """
    for page, _, line in after(seen):
        known = [it for it in page.ids if it in line.places and it not in line.moved]
        turned = [(newer, older) for newer, older in pairwise(known) if line.places[newer] < line.places[older]]
        if len(known) > 1:
            newer, older = (turned or [*pairwise(known)])[0]
            actual = f"{newer} stands before {older} here, and behind it elsewhere"
            yield case(not turned, page.sent, expected="one order in all lists", actual=actual, note=few(known))


@rule(Level.SHOULD, "LS5", page=PAGE, probe="positions", needs=ORDERED)
@harm(Harm.WASTED, "what is known is read again, and changes nothing")
def since_id_respected(seen: Seen) -> Iterator[Case]:
    """A list holds only contents that are newer than `since_id`.

    Why: a partner that lists everything every time costs both sides more each day, and nobody can page through it.

    Mend: select what comes after the content with that id, by the same order in which you list.
    """
    for page, since_id, line in after(seen):
        if since_id in line.moved or not line.places[since_id]:
            continue  # it stands elsewhere now; or nothing is older
        old = [it for it in page.ids if line.places.get(it, len(line.ids)) < line.places[since_id]]
        old = [it for it in old if it not in line.moved]
        expected = f"nothing older than {since_id}"
        yield case(not old, page.sent, expected=expected, actual=f"also {few(old)}", note=f"after {since_id}")


@rule(Level.UNCLEAR, "LS4", page=PAGE, probe="positions", needs=[*ORDERED, "since-id-respected"])
@harm(Harm.UNKNOWN, "the guide's text says after, and its example holds it")
def since_id_exclusive(seen: Seen) -> Iterator[Case]:
    """A list does not hold the content of `since_id` itself.

    Why: the guide's text says after, and its example holds it. It does no harm but to be read each minute.

    Mend: nothing needs mending; `>` instead of `>=` saves a little.
    """
    for page, since_id, _ in after(seen):
        kept, actual = since_id not in page.ids, f"also {since_id} itself"
        yield case(kept, page.sent, expected=f"contents after {since_id}", actual=actual, note=f"after {since_id}")


@rule(Level.MUST, "LS3", page=PAGE, probe="positions", needs=[*ORDERED, "same-question-same-answer"])
@harm(Harm.LOST, "what is left out before the next cursor is never listed again")
def nothing_skipped_after_a_position(seen: Seen) -> Iterator[Case]:
    """A list after a content holds the next newer ones, without a gap, up to its own newest.

    Why: the newest of an answer is the next cursor, so what an answer leaves out before that is never listed again:
    the contents are lost, and nobody notices.

    Mend: with a limit, take the *oldest* contents after `since_id`, not the newest. Compare the cursor as what it is: a
    number as a number, a date to its full precision, and by the id as well where dates are equal.
    """
    for page, since_id, line in after(seen):
        later = [it for it in line.ids[line.places[since_id] + 1 :] if it not in line.moved]
        newer = [it for it in later if it not in page.ids]
        reached = [line.places[it] for it in page.ids if it in line.places and it != since_id]
        if reached:
            newer = [it for it in newer if line.places[it] < max(reached)]
        elif len(page.ids) > page.ids.count(since_id):
            continue  # contents that came meanwhile
        if later and since_id not in line.moved:
            actual = f"{few(newer)} missing: listed elsewhere, and newer than {since_id}"
            expected = f"all contents after {since_id}"
            yield case(
                not newer, page.sent, expected=expected, actual=actual, note=f"after {since_id}: {few(page.ids)}"
            )


@rule(Level.MUST, "LS3", page=PAGE, probe="positions", needs=[*ORDERED, "ids-stay"])
@harm(Harm.LOST, "the platform only ever pages on, so it never sees them")
def paging_reaches_everything(seen: Seen) -> Iterator[Case]:
    """What is listed after any position was reached by paging from the beginning.

    Why: the platform only ever pages on; what it does not meet on its way it never sees.

    Mend: as for the next newer contents after a position: the first page, and each one after it, must hold the oldest.
    """
    for page, since_id, line in after(seen):
        if page.sent.object in seen.learnt(Crawled).part or not page.contents:
            continue
        missed = [it for it in page.contents if id_of(it) not in line.places]
        missed = [it for it in missed if (changed_at(it) or "") < seen.learnt(Positions).newest[page.sent.object]]
        actual = f"{few([str(id_of(it)) for it in missed])} after {since_id}, and never while paging"
        expected = "contents that a crawl meets"
        yield case(not missed, page.sent, expected=expected, actual=actual, note=f"after {since_id}")


@rule(Level.MUST, "LS4", "OB9", page=PAGE, probe="positions", needs=ARRAYS)
@harm(Harm.DOUBLED, "with another id a content is imported once more")
def ids_stay(seen: Seen) -> Iterator[Case]:
    """A content has the same id whenever it is listed.

    Why: the id is all that tells a content that is known from a new one; with a new id it is imported once more.

    Mend: take the id from your database; do not make it up while you answer.
    """
    for name, listed in listings(seen):
        known: dict[str, str] = {}
        for page in listed:
            texts = {
                str(id_of(content)): json.dumps({**content, "id": None}, sort_keys=True)
                for content in page.contents
                if content.get("created_at")
            }
            same = [own for own, text in texts.items() if known.get(text) == own]
            renamed = [own for own, text in texts.items() if known.get(text, own) != own and known[text] not in texts]
            if same or len(renamed) > 1:  # one may be somebody who wrote the same twice within a second
                actual = f"{name}: {few(renamed)} are in every other field what others were before"
                kept = len(renamed) <= 1
                yield case(kept, page.sent, expected="the ids that they had before", actual=actual, note=few(same))
            known.update((text, own) for own, text in texts.items())


@rule(Level.MUST, "LS1", "LS6", page=PAGE, probe="positions", needs=[*ARRAYS, "ids-stay"])
@harm(Harm.LOST, "where an answer is lost on its way, its contents never come again")
def same_question_same_answer(seen: Seen) -> Iterator[Case]:
    """The same list, asked for twice, holds what it held.

    Why: an answer may get lost on its way, and then the same question must bring it again. Who marks contents as read
    when they are listed loses them; and one endpoint may have several readers.

    Mend: select by `since_id` alone, and keep no record of what was listed.
    """
    for name, listed in listings(seen):
        known = seen.learnt(Positions)
        line = known.timelines[name]
        earlier: dict[str | None, Sequence[str]] = {None: known.first.get(name, [])}
        for page in listed:
            asked_before = page.sent.since_id in earlier
            held = earlier.setdefault(page.sent.since_id, list(page.ids))
            if not asked_before or not held or page.sent.since_id in line.moved:
                continue  # what was moved stands elsewhere now
            gone = [it for it in held if it not in page.ids and it not in line.moved]
            kept = not gone or len(page.ids) >= len(held)  # with a limit, others stand where an edited one stood
            expected, note = "the same contents as before", f"after {page.sent.since_id}" if page.sent.since_id else ""
            yield case(kept, page.sent, expected=expected, actual=f"{few(gone)} missing", note=note)


@rule(Level.SHOULD, "LS4", "OB11", page=PAGE, probe="positions", needs=ARRAYS)
@harm(Harm.ALTERED, "agents see changes that nobody made")
def same_content_shown_the_same(seen: Seen) -> Iterator[Case]:
    """A content that nobody changed looks the same whenever it is listed.

    Why: whatever differs is taken for a change, stored, and shown to agents as one.

    Mend: leave out what changes with every answer: counters, tokens in URLs, the time of the request; or set
    `updated_at` to when the content really changed.
    """
    for name, listed in listings(seen):
        shown: dict[str, tuple[str, dict[str, object]]] = {}
        moved = seen.learnt(Positions).timelines[name].moved
        for page in listed:
            for content in page.contents:
                content_id = str(id_of(content))
                text = json.dumps(content, sort_keys=True)
                first = content_id not in shown
                before, was = shown.setdefault(content_id, (text, content))
                if first or content_id in moved:
                    continue
                differing = sorted(key for key in {*was, *content} if was.get(key) != content.get(key))
                actual = f"{content_id} with another {', '.join(differing[:5])}, and the same 'updated_at'"
                yield case(before == text, page.sent, expected="the content as it was", actual=actual, note=content_id)
