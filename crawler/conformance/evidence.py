"""What the judge saw: the exchanges of a conversation with a partner, as rules read them. PURE."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from crawler.errors import EndpointUnreachable, PartnerError
from crawler.protocol.envelope import Exchange, explain, without_mark
from crawler.protocol.implementation import POLLED, ImplementationInfo
from crawler.protocol.json_split import elements
from crawler.protocol.objects import WrittenFloat, read_id
from crawler.protocol.reading import check_no_error
from crawler.sync.report import CycleReport

Shown = dict[str, Any]
"""A JSON object as the partner shows it, mostly a content: what is in it is for rules to judge, and not for a type."""
T = TypeVar("T")
F = TypeVar("F")


class Remedy(Enum):
    """What would let a rule be judged that was not: a `name` for programs, `why` it was not, and what to `do`."""

    THERE = "endpoint", "the endpoint was not there", "see that it stays up, and judge again"
    SECRET = "secret", "the endpoint refuses our signature", "compare the secrets of both sides"
    FIX = "fix", "another rule that it needs is broken", "fix that first, and judge again"
    SIGNATURE = "signature", "unsigned, and signatures are not verified", "leave out --no-verify-signature"
    WRITE = "write", "it writes at the partner, which was not allowed", "give --write"
    AGENT = "agent", "nobody is known whom agents may write as", "give --agent-id ID"
    CONTENTS = "contents", "the partner shows nothing now to judge it by", "list contents of each kind"
    PACE = "pace", "the endpoint limits how often it is asked", "let the judge ask more often there"
    REQUESTS = "requests", "it may send no more requests", "give --requests-at-most a larger number"
    TIME = "time", "the time was up", "give more --seconds"
    AGAIN = "again", "it was cut off", "judge again"

    def __init__(self, code: str, why: str, do: str) -> None:
        self.code = code
        self.why = why
        self.do = do


class DoesNotApply(Exception):
    """Raised where a rule is about something that the partner does not declare; the text says what."""


class NotJudged(Exception):
    """Raised by a rule, or by what it reads, where there is nothing to judge by: why, and what would change that."""

    def __init__(self, reason: str, remedy: Remedy) -> None:
        super().__init__(reason)
        self.remedy = remedy


Unjudged = DoesNotApply | NotJudged
"""Why a rule has no verdict."""
UNJUDGED = (DoesNotApply, NotJudged)


UNREADABLE = object()
"""Stands for a member of a list that no decoder takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request of the judge and what came of it.

    `id` names it in reports (``signatures.3``); `label` says what it was for; `error` is what the crawler makes of the
    answer, `None` where it is a trusted success. `found_nobody`: the request before it had no answer either, and it had
    none; so that it says nothing about what was asked for. `meant`: the endpoint was busy (503) again after a pause,
    while it answered others.
    """

    id: str
    label: str
    exchange: Exchange
    error: PartnerError | None = None
    found_nobody: bool = False
    meant: bool = False

    @property
    def action(self) -> str:
        """The action that was asked for."""
        return self.exchange.action

    @property
    def object(self) -> str:
        """The object of the action."""
        return self.exchange.action.partition(".")[0]

    @property
    def operation(self) -> str:
        """The operation of the action."""
        return self.exchange.action.partition(".")[2]

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
    def limited(self) -> bool:
        """Whether the endpoint says that it is asked too often, or to come later: that is no answer to the question."""
        answer = self.exchange.answer
        return answer is not None and (
            answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers)
        )

    @property
    def refused_signature(self) -> bool:
        """Whether the endpoint takes the request for forged, as far as its status tells: 422 is what the SDKs say."""
        return self.status in (401, 403, 422)

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

        Raises `NotJudged`: that it is JSON has rules of its own.
        """
        if not self.succeeded:
            raise NotJudged(f"{self.action} was not answered with success ({self.id})", Remedy.FIX)
        text = without_mark(self.body)
        if self.action.endswith(".list") and not text.strip():
            return []
        try:
            return _loads(text)
        except (ValueError, RecursionError):
            parts = elements(text) if text.lstrip()[:1] == b"[" else None
        if parts is None:
            raise NotJudged(f"the answer to {self.action} is not JSON ({self.id})", Remedy.FIX)
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


def no_info(sent: Sent) -> NotJudged:
    """Why nothing can be judged where ``implementation.info`` was not answered with success."""
    if sent.refused_signature:
        return NotJudged(f"{sent.came}: the endpoint takes our signature for wrong", Remedy.SECRET)
    return NotJudged(f"implementation.info was not answered with success: {sent.came}", Remedy.FIX)


@dataclass(frozen=True, slots=True)
class Death:
    """That the endpoint did not answer any more after a request: what was `sent`, and how many seconds it was `down`.

    `back` is whether it came back within the time that was waited; `sure` whether it died of the same request twice.
    """

    sent: Sent
    down: float
    back: bool = True
    sure: bool = True


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
    beginning; `facts` what else it learnt, each a struct under its own type; `reasons` why nothing was sent under
    a label; `ended` why it ended early or was not held, `None` if it came to its end; `gone` whether that was since the
    endpoint did not answer. `deaths` are those of the endpoint in the whole run. `verified` is whether the answers'
    signatures are verified (SG4).
    """

    probe: str
    info: ImplementationInfo | None = None
    sent: list[Sent] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)
    facts: dict[type, object] = field(default_factory=dict)
    reasons: dict[str, Unjudged] = field(default_factory=dict)
    ended: Unjudged | None = None
    gone: bool = False
    deaths: Sequence[Death] = ()
    verified: bool = True

    @property
    def declared(self) -> ImplementationInfo:
        """The capabilities. Raises `NotJudged` where none could be read."""
        if self.info is None:
            first = next((sent for sent in self.sent if sent.action == "implementation.info"), None)
            if first is not None and not first.succeeded:
                raise no_info(first)
            raise self.without("implementation.info gave nothing to go by", Remedy.FIX)
        return self.info

    @property
    def cut_off(self) -> str:
        """Why not all was seen that there is to see: it ended early, or a request reached nobody. Else empty."""
        if isinstance(self.ended, NotJudged) and self.ended.remedy in (Remedy.THERE, Remedy.TIME):
            return str(self.ended)
        errors = (sent.error for sent in self.sent)
        return next(
            (f"the endpoint did not answer: {it.came}" for it in errors if isinstance(it, EndpointUnreachable)), ""
        )

    def without(self, reason: str, remedy: Remedy = Remedy.CONTENTS) -> Unjudged:
        """What to raise where something is not there: why the conversation ended, if it did, else that reason."""
        return self.ended.with_traceback(None) if self.ended is not None else NotJudged(reason, remedy)

    def put_off(self, sent: Sent) -> bool:
        """Whether a request was put off, perhaps since the judge asks so often.

        Where it is busy (503) and says no more, that may well be its answer to just that: unless it has answered the
        like of it, or was busy for something else as well. Of what writes only the first tells.
        """
        if sent.status != 503 or sent.limited or sent.meant:
            return sent.limited
        if self.info is None or not self.info.allows(sent.object, sent.operation):
            return self.info is not None  # asked once more, or not declared: nothing that it must answer now
        like = [other for other in self.sent if other.action == sent.action]
        busy = {other.action for other in self.sent if other.status == 503}
        return any(other.succeeded for other in like) or (sent.operation in ("list", "show") and len(busy) > 1)

    def left_out(self, *labels: str) -> Unjudged | None:
        """Why nothing was sent for these labels; one that does not apply counts only where all do not.

        That the conversation ended comes before all other reasons but that.
        """
        reasons = [self.reasons[label] for label in labels if label in self.reasons]
        inapplicable = len(reasons) == len(labels) and all(isinstance(it, DoesNotApply) for it in reasons)
        applicable = next((it for it in reasons if isinstance(it, NotJudged)), None)
        found = reasons[0] if inapplicable else self.ended or applicable
        return found.with_traceback(None) if found is not None else None

    def learn(self, fact: F) -> F:
        """Note what the probe learnt: a struct, which is found by its type."""
        self.facts[type(fact)] = fact
        return fact

    def known(self, kind: type[F]) -> F | None:
        """What was learnt of that kind; `None` where the probe has not come to that."""
        found = self.facts.get(kind)
        return found if isinstance(found, kind) else None

    def learnt(self, kind: type[F]) -> F:
        """What was learnt of that kind. Raises `Unjudged` where the probe ended before it learnt that."""
        found = self.known(kind)
        if found is None:
            raise self.without(f"the conversation '{self.probe}' did not come to that", Remedy.AGAIN)
        return found

    def all(self, label: str) -> Sequence[Sent]:
        """The requests that were sent for `label`, at least one. Raises `Unjudged`, with the probe's reason."""
        found = [sent for sent in self.sent if sent.label == label]
        if not found:
            raise self.left_out(label) or self.without(f"nothing was sent for '{label}'")
        return found

    def one(self, label: str) -> Sent:
        """The one request that was sent for `label`. Raises `Unjudged`, with the probe's reason."""
        return self.all(label)[-1]

    def asked(self, action: str) -> Sequence[Sent]:
        """The requests for one action, at least one. Raises `Unjudged`."""
        return self.some((sent for sent in self.sent if sent.action == action), f"{action} was not asked for")

    def some(self, found: Iterable[T], reason: str, remedy: Remedy = Remedy.CONTENTS) -> Sequence[T]:
        """What was found, at least one. Raises `Unjudged`, for `reason` unless the conversation had ended."""
        listed = list(found)
        if not listed:
            raise self.without(reason, remedy)
        return listed

    def lists(self, object_name: str | None = None) -> Sequence[Sent]:
        """The trusted answers to ``list``, of one object or of all, at least one. Raises `Unjudged`."""
        names = (object_name,) if object_name else POLLED
        if not any(name in self.declared.listed for name in names):
            raise DoesNotApply(f"the partner declares no list of {object_name or 'anything'}")
        actions = {f"{name}.list" for name in names}
        listed = (sent for sent in self.sent if sent.action in actions and sent.succeeded)
        return self.some(listed, f"no {object_name or 'object'} was listed")

    def contents(self, object_name: str | None = None) -> Sequence[tuple[Sent, Shown]]:
        """Each content as it was listed, with the answer that it stood in; at least one. Raises `Unjudged`."""
        return self.some(members(self.lists(object_name)), f"the partner lists no {object_name or 'content'} now")


def members(answers: Iterable[Sent]) -> Iterator[tuple[Sent, Shown]]:
    """The contents in lists, each with its answer; what is not even an object is left out."""
    for sent in answers:
        for element in sent.elements():
            if isinstance(element, dict):
                yield sent, element
