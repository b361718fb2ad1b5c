"""What the judge saw: the exchanges of a conversation with a partner, as rules read them. PURE."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from crawler.errors import EndpointUnreachable, PartnerError
from crawler.protocol.envelope import Exchange, explain, without_mark
from crawler.protocol.implementation import POLLED, ImplementationInfo
from crawler.protocol.json_split import elements
from crawler.protocol.reading import check_no_error
from crawler.protocol.wire import WrittenFloat, read_id
from crawler.sync.report import CycleReport


class NotApplicable(Exception):
    """Raised by a rule, or by what it reads, where there is nothing to judge; the text says why."""


UNREADABLE = object()
"""Stands for a member of a list that no decoder takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request of the judge and what came of it.

    `id` names it in reports (``signatures.3``); `label` says what it was for; `error` is what the crawler makes of the
    answer, `None` where it is a trusted success.
    """

    id: str
    label: str
    exchange: Exchange
    error: PartnerError | None = None

    @property
    def action(self) -> str:
        """The action that was asked for."""
        return self.exchange.action

    @property
    def object(self) -> str:
        """The object of the action."""
        return self.exchange.action.partition(".")[0]

    @property
    def since_id(self) -> str | None:
        """The cursor of a list."""
        since_id = self.exchange.params.get("since_id")
        return since_id if isinstance(since_id, str) else None

    @property
    def status(self) -> int | None:
        """The HTTP status, `None` without an answer."""
        return self.exchange.answer.status if self.exchange.answer else None

    @property
    def succeeded(self) -> bool:
        """Whether the answer is 2xx, whole and signed as it should be, so that the crawler reads it (TR5, SG4)."""
        return not self.exchange.error and self.exchange.answer is not None

    @property
    def body(self) -> bytes:
        """The answer's body; empty without an answer."""
        return self.exchange.answer.body if self.exchange.answer else b""

    @property
    def came(self) -> str:
        """What came, in a few words."""
        answer = self.exchange.answer
        if answer is None:
            return self.error.came if self.error else "no answer"
        signature = {"missing": ", unsigned", "wrong": ", wrongly signed"}.get(self.exchange.verdict, "")
        return answer.media + signature

    @property
    def came_well(self) -> str:
        """What came of a request that should have been refused, and whether it was signed as only the partner can."""
        return f"{self.came}, rightly signed" if self.exchange.verdict == "valid" else self.came

    def json(self) -> Any:
        """The decoded body of a trusted answer; a member of an array that no decoder takes is `UNREADABLE` (OB12).

        The empty body of a list is an empty list (LS2).

        Raises `NotApplicable`: that it is JSON has rules of its own.
        """
        if not self.succeeded:
            raise NotApplicable(f"{self.action} was not answered with success ({self.id})")
        text = without_mark(self.body)
        if self.action.endswith(".list") and not text.strip():
            return []
        try:
            return _loads(text)
        except (ValueError, RecursionError):
            parts = elements(text) if text.lstrip()[:1] == b"[" else None
        if parts is None:
            raise NotApplicable(f"the answer to {self.action} is not JSON ({self.id})")
        return [_decoded(part) for part in parts]

    def elements(self) -> list[Any]:
        """The members of a list's answer, newest first; empty where it is not an array."""
        answer = self.json()
        return answer if isinstance(answer, list) else []

    def ids(self) -> list[str]:
        """The ids of a list's answer, newest first; members without one are left out."""
        return [found for element in self.elements() if (found := id_of(element)) is not None]


def _loads(text: bytes) -> Any:
    return json.loads(text, parse_float=WrittenFloat)


def _decoded(part: bytes) -> Any:
    try:
        return _loads(part)
    except (ValueError, RecursionError):
        return UNREADABLE


def id_of(element: object) -> str | None:
    """The id of a content or user, as the crawler reads it (OB9)."""
    return read_id(element.get("id")) if isinstance(element, dict) else None


def refusal(sent: Sent) -> str:
    """How the partner says that it did not do what it was asked for (PU7, TR5); empty where it did it."""
    if not sent.succeeded:
        said = explain(sent.body)
        return f"{sent.came}: {said}" if said else sent.came
    try:
        check_no_error("", sent.action, sent.body)
    except PartnerError as error:
        return f"{error.came}: {error.explanation}"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One synchronization cycle that the judge ran: what the crawler reports, and what it sent."""

    label: str
    report: CycleReport
    sent: Sequence[Sent]

    def asked(self, action: str) -> list[Sent]:
        """The requests for one action, in order."""
        return [sent for sent in self.sent if sent.action == action]


@dataclass(slots=True, kw_only=True)
class Seen:
    """What one probe saw.

    `sent` are all its requests in order, those of its `cycles` included; `info` what the partner declared at its
    beginning; `facts` what else it learnt, under names that its module documents; `reasons` why nothing was sent under
    a label; `broke_off` why it ended early, empty if it did not.
    """

    probe: str
    info: ImplementationInfo | None = None
    sent: list[Sent] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    broke_off: str = ""

    @property
    def declared(self) -> ImplementationInfo:
        """The capabilities. Raises `NotApplicable` where none could be read."""
        if self.info is None:
            raise NotApplicable("implementation.info gave nothing to go by")
        return self.info

    @property
    def cut_off(self) -> str:
        """Why not all was seen that there is to see: it ended early, or a request reached nobody. Else empty."""
        if self.broke_off and not self.facts.get("inapplicable"):
            return self.broke_off
        errors = (sent.error for sent in self.sent)
        return next(
            (f"the endpoint did not answer: {it.came}" for it in errors if isinstance(it, EndpointUnreachable)), ""
        )

    def fact(self, name: str) -> Any:
        """What was learnt under that name. Raises `NotApplicable` where the probe ended before it learnt that."""
        if self.broke_off and name not in self.facts:
            raise NotApplicable(self.broke_off)
        return self.facts[name]

    def all(self, label: str) -> Sequence[Sent]:
        """The requests that were sent for `label`, at least one. Raises `NotApplicable`, with the probe's reason."""
        found = [sent for sent in self.sent if sent.label == label]
        if not found:
            raise NotApplicable(self.broke_off or self.reasons.get(label, f"nothing was sent for '{label}'"))
        return found

    def one(self, label: str) -> Sent:
        """The one request that was sent for `label`. Raises `NotApplicable`, with the probe's reason."""
        return self.all(label)[-1]

    def asked(self, action: str) -> Sequence[Sent]:
        """The requests for one action, at least one. Raises `NotApplicable`."""
        found = [sent for sent in self.sent if sent.action == action]
        if not found:
            raise NotApplicable(self.broke_off or f"{action} was not asked for")
        return found

    def cycle(self, number: int) -> Cycle:
        """The cycle with that number, from 0. Raises `NotApplicable`."""
        if number >= len(self.cycles):
            raise NotApplicable(self.broke_off or f"there was no cycle {number + 1}")
        return self.cycles[number]

    def lists(self, object_name: str | None = None) -> Sequence[Sent]:
        """The trusted answers to ``list``, of one object or of all, at least one. Raises `NotApplicable`."""
        names = (object_name,) if object_name else POLLED
        actions = {f"{name}.list" for name in names}
        found = [sent for sent in self.sent if sent.action in actions and sent.succeeded]
        if not found:
            raise NotApplicable(self.broke_off or f"no {object_name or 'object'} was listed")
        return found

    def contents(self, object_name: str | None = None) -> Sequence[tuple[Sent, dict[str, Any]]]:
        """Each content as it was listed, with the answer that it stood in; at least one. Raises `NotApplicable`."""
        found = list(members(self.lists(object_name)))
        if not found:
            raise NotApplicable(f"the partner lists no {object_name or 'content'} now: there must be some to judge")
        return found


def members(answers: Iterable[Sent]) -> Iterator[tuple[Sent, dict[str, Any]]]:
    """The contents in lists, each with its answer; what is not even an object is left out."""
    for sent in answers:
        for element in sent.elements():
            if isinstance(element, dict):
                yield sent, element
