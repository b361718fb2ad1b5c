"""What is reached from each position (LS3): by reading alone, and once more was created."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from crawler.conformance.chapters.listing.lists import PAGE, few
from crawler.conformance.chapters.listing.positions import ORDERED, Positions
from crawler.conformance.evidence import NotJudged, Remedy, Seen, Shown
from crawler.conformance.rule import Case, Chapter, Harm, Kept, Level, Part, case, harm
from crawler.conformance.timeline import Page, Timeline, changed_at, is_page, listings, pages

PART = Part(Chapter.LISTING)
rule = PART.rule


@dataclass(frozen=True, slots=True)
class Reached:
    """What was listed on the way from a position, id → content, and the position from which nobody asked on, if any."""

    contents: Mapping[str, Shown] = field(default_factory=dict)
    ended: str | None = None

    @property
    def whole(self) -> bool:
        """Whether that is all that is reached."""
        return self.ended is None


def first_answers(listed: Iterable[Page]) -> Mapping[str | None, Page]:
    """The first answer after each position that was asked from."""
    answers: dict[str | None, Page] = {}
    for page in listed:
        answers.setdefault(page.sent.since_id, page)
    return answers


def reached(answers: Mapping[str | None, Page], since_id: str | None) -> Reached:
    """What is reached from a position, by these answers."""
    found: dict[str, Shown] = {}
    asked: set[str | None] = set()
    while since_id not in asked:
        asked.add(since_id)
        page = answers.get(since_id)
        if page is None:
            return Reached(found, ended=since_id or "")
        found.update(zip(reversed(page.ids), reversed(page.contents), strict=True))
        since_id = page.head if page.head is not None else since_id
    return Reached(found)


def looks_like(older: str, newer: str) -> str:
    """The likely cause where less is reached from the older of two positions, as a remark; empty where none is."""
    numbers = all(it.isascii() and it.isdecimal() for it in (older, newer))
    return "; looks like ids that are compared as text" if numbers and len(older) != len(newer) else ""


def newer_than(line: Timeline, since_id: str, contents: Mapping[str, Shown], newest: str, end: int) -> Iterator[str]:
    """Which contents come after a position, and before the place `end`: by their place, or else by their dates."""
    for content_id, content in contents.items():
        place = line.places.get(content_id)
        if place is not None and line.places[since_id] < place < end and content_id not in line.moved:
            yield content_id
        elif place is None and end == len(line.ids) and (changed_at(content) or newest) < newest:
            yield content_id  # not one that was written meanwhile


@rule(Level.MUST, "LS3", page=PAGE, probe="positions", needs=[*ORDERED, "ids-stay"])
@harm(Harm.LOST, "whoever is at the older position never gets to see the rest")
def older_positions_reach_as_much(seen: Seen) -> Iterator[Case]:
    """What can be reached from one position can be reached from the one before it.

    Why: the platform is at one position, and goes on from each answer's newest content; what it does not meet on its
    way is lost, though it is listed after others.

    Mend: with a limit, take the *oldest* contents after `since_id`; compare the cursor as what it is, a number as a
    number; and leave nothing out at the border of a page.
    """
    cut: list[Case] = []
    cases: list[Case] = []
    for name, listed in listings(seen):
        line = seen.learnt(Positions).timelines[name]
        answers = first_answers(listed)
        asked = sorted(
            (it for it in answers if it in line.places and it not in line.moved), key=line.places.__getitem__
        )
        ends = [len(line.ids)]
        ways = ((position, reached(answers, position)) for position in asked)
        for (older, before), (newer, after) in pairwise(ways):
            end = len(line.ids) if before.whole else line.places.get(str(before.ended), -1) + 1
            wanted = list(newer_than(line, newer, after.contents, seen.learnt(Positions).newest[name], end))
            missing = [it for it in wanted if it not in before.contents]
            actual = f"{few(missing)} not, and nothing leads there from {older}{looks_like(older, newer)}"
            expected, note = f"{few(wanted)}, as from {newer}", f"after {older}"
            if wanted:
                cases.append(case(not missing, answers[older].sent, expected=expected, actual=actual, note=note))
                ends.append(end)
        if name in seen.learnt(Positions).cut:
            note = f"{name}: judged up to position {min(ends)} of {len(line.ids)}, for want of requests"
            cut += [Kept(sent=judged.sent, note=note) for judged in cases[-1:]]
    yield from (*cut, *cases)  # the first are kept as evidence


CREATED = [*ORDERED, "ids-stay", "create-answered-with-success", "created-id-is-its-own"]


@dataclass(frozen=True, slots=True)
class Before:
    """What was listed before anything was created: of which `object`, in which order, and up to which id (`since`).

    Who moved since is marked in the timeline.
    """

    object: str
    line: Timeline
    since: str | None


@dataclass(frozen=True, slots=True)
class Created:
    """The ids of what was created in a row, in that order."""

    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Walks:
    """Each list from the newest position before, as its pages; and how many seconds were `waited` until the last."""

    pages: Sequence[list[Page]]
    waited: float


@dataclass(frozen=True, slots=True)
class Late:
    """The id of what was dated back, and the newest of what was created that was listed before it was: `after` that."""

    id: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Old:
    """The `positions` that were asked from once more was created."""

    positions: Sequence[str]


def created(seen: Seen) -> list[str]:
    """The ids of what was created, in that order, at least one. Raises `Unjudged`."""
    if not (found := seen.learnt(Created).ids):
        raise seen.left_out("create") or NotJudged("nothing could be created", Remedy.FIX)
    return list(found)


def in_order(walk: list[Page]) -> list[str]:
    """What was listed from one position on, oldest first."""
    return list(dict.fromkeys(it for page in walk for it in reversed(page.ids)))


def last_listed(seen: Seen) -> tuple[Page, list[str]]:
    """The last time that was listed from the position before all that was created: a page of it, and all ids.

    Raises `Unjudged`.
    """
    walk = seen.learnt(Walks).pages[-1]
    return seen.some(walk, "no list was answered by an array", Remedy.FIX)[0], in_order(walk)


@rule(Level.MUST, "LS1", "LS3", page=PAGE, probe="afterwards", needs=CREATED)
@harm(Harm.LOST, "with an error each cycle fails, and nothing more is imported")
def lists_still_answer(seen: Seen) -> Iterator[Case]:
    """A list is answered with an array once agents have written as well.

    Why: what agents write is listed among the rest; what the list cannot show of it stops all.

    Mend: create a message as an agent, and look into the endpoint's log at the next list: mostly a field is not there.
    """
    created(seen)
    for sent in seen.all("at once"):
        yield case(is_page(sent), sent, expected="a JSON array", actual=sent.came)


@rule(Level.MUST, "LS3", page=PAGE, probe="afterwards", needs=CREATED)
@harm(Harm.LOST, "on a day with more of them than a list holds, the oldest are never listed")
def old_positions_lead_to_what_is_new(seen: Seen) -> Iterator[Case]:
    """From an old position all that came after it is reached, also once more has come.

    Why: after an outage of an hour the cursor is as old as that, and everything since must be reached from there. Who
    lists the newest contents only loses what does not fit.

    Mend: select what comes after `since_id`, and with a limit the *oldest* of that.
    """
    before = seen.learnt(Before)
    line = before.line
    known = [it for it in line.ids if it not in line.moved]
    _, listed = last_listed(seen)
    new = [it for it in created(seen) if it in listed and it not in line.moved]
    answers = first_answers(pages([sent for sent in seen.sent if sent.label == "old"], before.object))
    for position in seen.some(seen.learnt(Old).positions, "there are too few contents for an old position"):
        found = reached(answers, position)
        if found.whole and position not in line.moved:
            wanted = [*(it for it in known if line.places[it] > line.places[position]), *new]
            missing = [it for it in wanted if it not in found.contents]
            expected, actual = f"all that came after {position}", f"{few(missing)} not reached from there"
            note = f"after {position}: {len(wanted)}"
            yield case(not missing, answers[position].sent, expected=expected, actual=actual, note=note)


@rule(Level.MUST, "LS3", "LS6", page=PAGE, probe="afterwards", needs=CREATED)
@harm(Harm.LOST, "the cursor is past it when it appears, so that it is never listed")
def nothing_appears_behind_the_cursor(seen: Seen) -> Iterator[Case]:
    """What is listed later than others is listed after them.

    Why: the newest content of an answer is the next cursor; what appears before it later on is never asked for again.
    That happens where an id is given at the beginning of a transaction, and seen at its end.

    Mend: order by when a content became visible; or list nothing that is newer than the oldest open transaction.
    """
    ours = {*created(seen)} - seen.learnt(Before).line.moved
    listed = [it for it in seen.learnt(Walks).pages if in_order(it)]
    walks = seen.some(listed, "what was created is not listed", Remedy.FIX)
    for earlier, later in pairwise([walks[0], *walks]):
        before, now = in_order(earlier), in_order(later)
        head = now.index(before[-1]) if before[-1] in now else len(now)
        behind = [it for it in now[:head] if it in ours and it not in before]
        actual = f"{few(behind)} before {before[-1]}, which was listed without"
        note = f"{len(now)} after {seen.learnt(Before).since}"
        yield case(not behind, later[0].sent, expected="what is new at the end", actual=actual, note=note)


@rule(Level.MUST, "LS1", "LS3", page=PAGE, probe="afterwards", needs=CREATED)
@harm(Harm.LOST, "nobody hears of the last thing that was written, until something else is")
def the_newest_is_listed(seen: Seen) -> Iterator[Case]:
    """The newest content is listed, and not only once there is a newer one.

    Why: a customer asks once, and waits; where the last message is missing, nobody answers.

    Mend: look at the ends of loops and ranges: `<=` for `<`, and no `LIMIT n - 1`.
    """
    ours = created(seen)
    page, listed = last_listed(seen)
    later = {it for page in pages(seen.sent, seen.learnt(Before).object) for it in page.ids}
    last = ours[-1]
    if last not in later or not {*ours} & {*listed}:  # who lists all of them late lists them in the end
        raise NotJudged(f"{last}, which was created, is not listed", Remedy.FIX)
    expected = f"{last}, which was created last"
    actual = f"it was not listed within {seen.learnt(Walks).waited:.0f} s, until something newer was created"
    yield case(last in listed, page.sent, expected=expected, actual=actual, note=expected)


@rule(Level.SHOULD, "LS3", "PU2", page=PAGE, probe="afterwards", needs=CREATED)
@harm(Harm.ALTERED, "what an agent wrote is known by the answer; but no later change to it is heard of")
def late_content_comes_last(seen: Seen) -> Iterator[Case]:
    """A content that is created late, and dated before others, is listed after them.

    Why: a create that failed is sent again, with its first date. Where lists are sorted by that date, it stands before
    the cursor, and neither it nor any change to it is listed.

    Mend: sort by the id, or by when the row was written, and not by the date that came with it.
    """
    created(seen)
    asked = pages(seen.all("after late"), seen.learnt(Before).object)
    dated_back = seen.learnt(Late)
    late, after = dated_back.id, dated_back.after
    if not any(late in page.ids for page in asked):
        raise NotJudged(f"{late}, which was created, is not listed", Remedy.FIX)
    behind = {it for page in asked if page.sent.since_id == after for it in page.ids}
    actual = f"{late} stands before {after}, since it is dated so"
    expected = f"{late}, which was created after {after}"
    yield case(late in behind, asked[0].sent, expected=expected, actual=actual, note=expected)


@rule(Level.MUST, "LS5", "LS3", page=PAGE, probe="afterwards", needs=CREATED)
@harm(Harm.LOST, "where the cursor counts for nothing, what the one list lacks is never listed")
def ignored_since_id_loses_nothing(seen: Seen) -> Iterator[Case]:
    """A list that holds contents older than `since_id` holds what was created since as well.

    Why: a partner may list everything each time. Where that is not everything, but the first page, or what a cache had,
    nothing leads to the rest.

    Mend: select what comes after `since_id`; keep no answer for another question than its own.
    """
    ours, before = created(seen), seen.learnt(Before)
    line, since = before.line, before.since
    page, listed = last_listed(seen)
    old = [it for it in listed if it in line.places and it != since and it not in line.moved]
    missing = [it for it in ours if it not in listed]
    if missing and not old:
        raise NotJudged(f"{few(missing)}, which was created, is not listed", Remedy.FIX)
    actual = f"{len(old)} that are older than {since}, and not {few(missing)} within {seen.learnt(Walks).waited:.0f} s"
    yield case(not missing, page.sent, expected=f"{few(ours)} as well", actual=actual, note=f"{len(ours)} that are new")
