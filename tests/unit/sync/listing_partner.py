"""A partner that only lists, and a platform that only imports: what the decisions about pages add up to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from crawler.protocol.objects import Content
from crawler.protocol.reading import Page
from crawler.protocol.remarks import Ignored, Remarks
from crawler.sync.pages import Accepted, Listing, Stored, accept_page
from crawler.sync.source import Source
from crawler.sync.state import Cursor
from tests.unit.sync.samples import NOW, SOURCE

Unknown = Literal["nothing", "everything", "all but the oldest"]
Answer = Callable[[str | None], Page]


def content(content_id: str, **changes: object) -> Content:
    fields = {"author_id": "u1", "thread_id": "t1", "body": "x", "format": "html", **changes}
    return Content(object="messages", id=content_id, **fields)  # type: ignore[arg-type]


def page(*listed: str | Content | Ignored) -> Page:
    """A page of these, newest first; a text stands for a content of that id."""
    everything = [content(it) if isinstance(it, str) else it for it in listed]
    contents = tuple(it for it in everything if isinstance(it, Content))
    return Page(
        contents=contents,
        positions={it.id: position for position, it in enumerate(everything) if isinstance(it, Content)},
        users={},
        ignored=tuple(it for it in everything if isinstance(it, Ignored)),
        remarks=Remarks(),
        head_id=next((it.id for it in everything if it.id is not None), None),
        size=len(everything),
    )


def broken(content_id: str | None, position: int = 0) -> Ignored:
    return Ignored(position=position, id=content_id, rule="OB1", reason="has no 'author'")


@dataclass
class ListingPartner:
    """`contents` are ids, oldest first; a `since_id` that is none of them gets what `unknown` says (LS10)."""

    unknown: Unknown = "nothing"
    limit: int | None = None
    repeats: bool = False
    contents: list[str] = field(default_factory=list)

    def __call__(self, since_id: str | None) -> Page:
        after = self.contents
        if since_id in self.contents:
            after = self.contents[self.contents.index(since_id) + (0 if self.repeats else 1) :]
        elif since_id is not None:
            after = {"nothing": [], "everything": after, "all but the oldest": after[1:]}[self.unknown]
        limit = None if self.limit is None else self.limit + self.repeats
        return page(*reversed(after[:limit]))


@dataclass
class Platform:
    """One object of one source: what is stored of it, and each `since_id` that was asked for in the last cycle."""

    answer: Answer
    source: Source = SOURCE
    now: datetime = NOW
    cursor: Cursor = field(default_factory=lambda: Cursor(object="messages"))
    stored: dict[str, Content | None] = field(default_factory=dict)
    asked: list[str | None] = field(default_factory=list)
    imported: list[str] = field(default_factory=list)

    def cycle(self) -> Accepted:
        """Pull once; returns what became of the last page."""
        self.asked = []
        listing: Listing | None = Listing.begin(self.cursor)
        accepted = None
        while listing is not None:
            self.asked.append(listing.ask)
            answered = self.answer(listing.ask)
            accepted = accept_page(self.source, listing, answered, Stored(contents=dict(self.stored)), self.now)
            self.imported += [it.id for it in accepted.new]
            self.stored |= {it.id: it for it in (*accepted.new, *accepted.updated)}
            self.cursor, listing = accepted.cursor, accepted.listing
        assert accepted is not None
        return accepted

    def until_quiet(self, cycles: int = 100) -> None:
        """Pull until the page limit cuts nothing off any more."""
        for _ in range(cycles):
            if not self.cycle().more_later:
                return
        raise AssertionError(f"more was to come after {cycles} cycles")

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def having(self, **settings: float | None) -> "Platform":
        self.source = replace(self.source, **settings)  # type: ignore[arg-type]
        return self


def one_after_the_other(pages: Sequence[Page]) -> Answer:
    """Answers with these pages, whatever is asked, and with nothing when they are used up."""
    rest = iter(pages)
    return lambda _since_id: next(rest, page())
