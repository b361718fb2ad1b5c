"""What was done to a content, and what it and its neighbours looked like before and afterwards. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.conformance.evidence import NotJudged, Sent, id_of, refusal

THREAD, TARGET, REPLY, NEIGHBOUR, AFTERWARDS = "thread", "target", "reply", "neighbour", "afterwards"
"""The purposes of the contents: what is operated on, what stands around it, and what is created when it is gone."""

State = Mapping[str, Any] | None
"""A content as it was listed or shown; `None` where it is neither."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One operation: `kind` is ``custom``, ``unpublish``, ``publish`` or ``delete``, `again` whether it is a repeat.

    `before` and `after` are what the contents looked like, by purpose; one that nobody told of is in neither.
    """

    kind: str
    sent: Sent
    again: bool = False
    before: Mapping[str, State] = field(default_factory=dict)
    after: Mapping[str, State] = field(default_factory=dict)


def answer_of(sent: Sent, content_id: str | None) -> dict[str, Any] | None:
    """The content of that id in an answer; `None` where there is none."""
    if refusal(sent):
        return None
    try:
        answer = sent.json()
    except NotJudged:
        return None
    named = isinstance(answer, dict) and content_id is not None and id_of(answer) == content_id
    return answer if named else None
