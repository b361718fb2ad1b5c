"""What was created, and what became of it: where it is listed or shown, by its id or by its text. PURE."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crawler.conformance.evidence import NotJudged, Seen, Sent, Shown, id_of, refusal
from crawler.conformance.texts import Plan
from crawler.conformance.timeline import pages


@dataclass(slots=True, kw_only=True)
class Creation:
    """One content that the judge creates: `purpose` says what for, `tag` is a text in its body that no other has.

    `planned` is what its body is, if that was a plan; `request` is `None` until it was sent. `named` is the id in its
    answer, if there is one, and `id` the same unless it is another content's (PU4): only to `id` anything is done.
    """

    purpose: str
    object: str
    content_id: str
    tag: str
    planned: Plan | None = None
    request: Sent | None = None
    named: str | None = None
    id: str | None = None

    @property
    def sent(self) -> Sent:
        """The request, of one that was sent."""
        assert self.request is not None  # noqa: S101 - the caller looked
        return self.request

    @property
    def params(self) -> Mapping[str, Any]:
        """What was sent for it, of one that was sent."""
        return self.sent.exchange.params

    @property
    def plan(self) -> Plan:
        """The plan, of one that has a plan."""
        assert self.planned is not None  # noqa: S101 - the caller looked
        return self.planned

    def answered(self, sent: Sent, others: Container[str]) -> None:
        """Take note of the request and its answer; `others` are the ids that other contents have."""
        self.request = sent
        try:
            self.named = id_of(sent.json())
        except NotJudged:
            self.named = None
        params = sent.exchange.params
        taken = self.named in (params.get("in_reply_to_id"), params.get("thread_id")) or self.named in others
        self.id = None if taken else self.named


@dataclass(slots=True, kw_only=True)
class Written:
    """What a conversation writes at a partner; it grows as that goes on, so that nothing is left behind unknown.

    `mark` tells it from what another run wrote. `creations` go by purpose. `left_behind` are those that are there, as
    far as is known, as (object, id), and `deleted` those that were taken away again. `start` has the newest id of each
    object before. `stranger` is whether nobody is known whom agents may write as, and `unwelcome` are the creates of a
    stranger where all of them were refused. `waited` are the seconds that were waited for what was not listed.
    """

    mark: str
    creations: dict[str, Creation] = field(default_factory=dict)
    left_behind: list[tuple[str, str]] = field(default_factory=list)
    deleted: list[tuple[str, str]] = field(default_factory=list)
    start: Mapping[str, str | None] = field(default_factory=dict)
    stranger: bool = False
    unwelcome: Sequence[Sent] = ()
    waited: float = 0.0

    def tag(self, purpose: str) -> str:
        """The text that marks one content, for whoever reads it as well."""
        return f"ringcx-crawler check {self.mark}: please ignore ({purpose})"

    def is_ours(self, content: Shown) -> bool:
        """Whether a content bears the mark, in its title or body."""
        return f"check {self.mark}:" in f"{content.get('title')} {content.get('body')}"


def written(seen: Seen) -> Written:
    """What a conversation wrote: nothing where it did not come to that."""
    return seen.known(Written) or Written(mark="")


@dataclass(frozen=True, slots=True)
class Found:
    """A content as it was listed or shown, and the answer that it stood in."""

    sent: Sent
    content: Shown


def answer_of(sent: Sent, content_id: str | None) -> Shown | None:
    """The content of that id in an answer; `None` where there is none."""
    if refusal(sent):
        return None
    try:
        answer = sent.json()
    except NotJudged:
        return None
    named = isinstance(answer, dict) and content_id is not None and id_of(answer) == content_id
    return answer if named else None


def listed(seen: Seen, object_name: str) -> Iterator[Found]:
    """All contents of an object as they were listed, in the order of the answers."""
    for page in pages(seen.sent, object_name):
        for content in page.contents:
            yield Found(page.sent, content)


def shown(seen: Seen, created: Creation) -> Iterator[Found]:
    """What was created, as `show` was answered."""
    for sent in seen.sent:
        if sent.action == f"{created.object}.show" and (content := answer_of(sent, created.id)) is not None:
            yield Found(sent, content)


def has_tag(content: Shown, created: Creation) -> bool:
    """Whether a content bears the tag of what was created, in its title or body."""
    return bool(created.tag) and created.tag in f"{content.get('title')} {content.get('body')}"


def found(seen: Seen, created: Creation, *, shows: bool = True) -> Found | None:
    """What was created as it was listed first, by its id, or else by its tag; with `shows` else as it was shown."""
    in_lists = list(listed(seen, created.object))
    by_id = (it for it in in_lists if created.id is not None and id_of(it.content) == created.id)
    by_tag = (it for it in in_lists if has_tag(it.content, created))
    return next(by_id, None) or next(by_tag, None) or (next(shown(seen, created), None) if shows else None)


def bearing(seen: Seen, created: Creation, object_name: str = "") -> list[Found]:
    """All that is listed with the tag of what was created, among its own object or another."""
    return [it for it in listed(seen, object_name or created.object) if has_tag(it.content, created)]
