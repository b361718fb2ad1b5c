"""What is reached from a position by whoever goes on from each answer's newest content (LS3). PURE."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.conformance.timeline import Page


@dataclass(frozen=True, slots=True)
class Reached:
    """What was listed on the way from a position, id → content, and the position from which nobody asked on, if any."""

    contents: Mapping[str, dict[str, Any]] = field(default_factory=dict)
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
    found: dict[str, dict[str, Any]] = {}
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
