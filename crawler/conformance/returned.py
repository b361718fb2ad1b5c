"""What became of what was created: where it is listed or shown, by its id or by its text. PURE."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from crawler.conformance.evidence import Seen, Sent, id_of
from crawler.conformance.steps import answer_of
from crawler.conformance.timeline import pages


class Created(Protocol):
    """A content that was created: see `crawler.conformance.writing.Creation`."""

    object: str
    tag: str
    sent: Sent | None
    id: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """A content as it was listed or shown, and the answer that it stood in."""

    sent: Sent
    content: dict[str, Any]


def mark_of(new_id: str) -> str:
    """What stands in all that one conversation writes."""
    return f"ringcx-crawler check {new_id[:8]}: please ignore"


def tag_of(mark: str, purpose: str) -> str:
    """The text that marks one content."""
    return f"{mark} ({purpose})"


def listed(seen: Seen, object_name: str) -> Iterator[Found]:
    """All contents of an object as they were listed, in the order of the answers."""
    for page in pages(seen.sent, object_name):
        for content in page.contents:
            yield Found(page.sent, content)


def shown(seen: Seen, created: Created) -> Iterator[Found]:
    """What was created, as `show` was answered."""
    for sent in seen.sent:
        if sent.action == f"{created.object}.show" and (content := answer_of(sent, created.id)) is not None:
            yield Found(sent, content)


def has_tag(content: dict[str, Any], created: Created) -> bool:
    """Whether a content bears the tag of what was created, in its title or body."""
    return bool(created.tag) and created.tag in f"{content.get('title')} {content.get('body')}"


def found(seen: Seen, created: Created, *, shows: bool = True) -> Found | None:
    """What was created as it was listed first, by its id, or else by its tag; with `shows` else as it was shown."""
    in_lists = list(listed(seen, created.object))
    by_id = (it for it in in_lists if created.id is not None and id_of(it.content) == created.id)
    by_tag = (it for it in in_lists if has_tag(it.content, created))
    return next(by_id, None) or next(by_tag, None) or (next(shown(seen, created), None) if shows else None)


def bearing(seen: Seen, created: Created, object_name: str = "") -> list[Found]:
    """All that is listed with the tag of what was created, among its own object or another."""
    return [it for it in listed(seen, object_name or created.object) if has_tag(it.content, created)]
