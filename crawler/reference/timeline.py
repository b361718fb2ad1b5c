"""The order in which contents changed, and the pages and cursors that follow from it (LS).

A content stands where its last change stands: one that is edited is listed again, as the newest, which is how the
platform hears of the edit. A cursor is only an id, though, and must go on meaning the place that its content had *when
the page was served* which made it the cursor; else the contents that came before the edit would be skipped. So a
timeline remembers where each content stood when it was last served.

One thing is left that an id alone cannot tell: a cursor whose own content was edited and served again may mean either
place, because the answer may have been lost (LS6). Hence such a content goes behind all others and is served by itself,
again and again until something newer has become the cursor: a known content more, and never one too few.

All this takes one reader for granted, which is what a source is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Listing:
    """How a partner lists.

    `page_size`: at most so many contents, the oldest after the cursor (LS3); `None`: no limit. `unknown_since_id`: what
    a cursor gets that names nothing here (LS10). `forgets_removed`: removed contents are such cursors, too.
    `repeats_since_id`: a page ends with the cursor's own content, on top of its size (LS4).
    """

    page_size: int | None = None
    unknown_since_id: Literal["nothing", "everything", "all but the oldest"] = "everything"
    forgets_removed: bool = False
    repeats_since_id: bool = False


class Timeline:
    """The ids of one object's contents in the order of their last changes."""

    def __init__(self) -> None:
        self._log: list[str] = []
        self._place: dict[str, int] = {}
        self._served: dict[str, int] = {}

    def touch(self, content_id: str) -> None:
        """Put a content, new or not, to the newest end."""
        self._place[content_id] = len(self._log)
        self._log.append(content_id)

    def drop(self, content_id: str) -> None:
        """Take a content out; as a cursor it keeps its meaning."""
        self._served.setdefault(content_id, self._place.pop(content_id))

    def page(self, since_id: str | None, listing: Listing) -> list[str]:
        """The page after a cursor, newest first, exclusive (LS1-LS3)."""
        start = -1 if since_id is None else self._start(since_id, listing)
        if start is None:
            return []
        if since_id is not None and start < self._place.get(since_id, -1) < len(self._log) - 1:
            self.touch(since_id)
        page = list(islice(self._after(start), listing.page_size))
        if len(page) > 1 and page[-1] == since_id:
            page.pop()
        self._served.update((content_id, self._place[content_id]) for content_id in page if content_id != since_id)
        page.reverse()
        if listing.repeats_since_id and since_id in self._place and since_id not in page:
            page.append(since_id)
        return page

    def _start(self, since_id: str, listing: Listing) -> int | None:
        """The place after which a cursor's page begins; `None` if nothing is to be served."""
        if since_id in self._place or not listing.forgets_removed:
            place = self._served.get(since_id, self._place.get(since_id))
            if place is not None:
                return place
        match listing.unknown_since_id:
            case "nothing":
                return None
            case "all but the oldest":
                return min(self._place.values(), default=-1)
            case _:
                return -1

    def _after(self, start: int) -> Iterator[str]:
        for place in range(start + 1, len(self._log)):
            content_id = self._log[place]
            if self._place.get(content_id) == place:
                yield content_id
