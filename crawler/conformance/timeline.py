"""In which order a partner lists its contents, as far as its lists tell. PURE."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, Sent, Shown, id_of
from crawler.protocol.dates import read_date
from crawler.protocol.implementation import POLLED
from crawler.protocol.objects import NOTHING


def is_page(sent: Sent) -> bool:
    """Whether a request was answered, with success, by a JSON array, or by what we take for an empty one (OB0)."""
    try:
        answer = sent.json()
        return isinstance(answer, list) or answer in NOTHING
    except NotJudged:
        return False


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a list: its members, newest first, and their `ids`; those without one are left out."""

    sent: Sent
    contents: Sequence[Shown]
    ids: Sequence[str]

    @property
    def head(self) -> str | None:
        """The id of the newest one that has an id: the cursor that follows (LS2)."""
        return self.ids[0] if self.ids else None


def pages(sent: Iterable[Sent], object_name: str) -> list[Page]:
    """The answers to ``<object>.list`` that are arrays, in the order in which they came."""
    found = []
    for one in sent:
        if one.action == f"{object_name}.list" and is_page(one):
            contents = [it for it in one.elements() if isinstance(it, dict) and id_of(it) is not None]
            found.append(Page(one, contents, one.ids()))
    return found


@dataclass(frozen=True, slots=True)
class Crawled:
    """What a crawl from the beginning came to: it saw only a `part` of these objects, which have too many pages."""

    part: Collection[str] = frozenset()


@dataclass(slots=True)
class Timeline:
    """The contents of one object in the order in which paging came by them: `ids`, oldest first.

    `moved` are those whose `updated_at` was not always the same: somebody edited them meanwhile, so they may stand
    anywhere.
    """

    ids: list[str] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)
    places: dict[str, int] = field(default_factory=dict)
    _versions: dict[str, str] = field(default_factory=dict)

    def add(self, page: Page) -> None:
        """Go on by the page that follows."""
        for content_id in reversed(page.ids):
            if content_id not in self.places:
                self.places[content_id] = len(self.ids)
                self.ids.append(content_id)
        self.watch(page)

    def watch(self, page: Page) -> None:
        """See who moved, in a page that says nothing about the order."""
        for content, content_id in zip(page.contents, page.ids, strict=True):
            version = json.dumps(content.get("updated_at"))
            if self._versions.setdefault(content_id, version) != version:
                self.moved.add(content_id)

    @property
    def newest(self) -> str | None:
        """The id that no other one stands behind."""
        return self.ids[-1] if self.ids else None


def timeline(listed: Iterable[Page]) -> Timeline:
    """The order that pages tell, one after the other."""
    line = Timeline()
    for page in listed:
        line.add(page)
    return line


def listings(seen: Seen) -> Iterator[tuple[str, list[Page]]]:
    """Each object that is listed, with its pages. Raises `Unjudged` where no list was answered by an array."""
    if not seen.declared.listed:
        raise DoesNotApply("the partner declares no list")
    found = {name: pages(seen.sent, name) for name in POLLED}
    if not any(found.values()):
        raise seen.without("no list was answered by an array", Remedy.FIX)
    yield from ((name, listed) for name, listed in found.items() if listed)


def changed_at(content: Shown) -> str | None:
    """When a content last changed, as far as it says, in a form that can be compared."""
    dates = [content.get("updated_at"), content.get("created_at")]
    return max((found for it in dates if isinstance(it, str) and (found := read_date(it)[0])), default=None)


def newest_date(listed: Iterable[Page]) -> str:
    """The newest date that contents in these pages have, by the partner's own clock; empty where they have none."""
    return max((date for page in listed for it in page.contents if (date := changed_at(it))), default="")
