"""What a twin is: a partner with exactly one defect."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crawler.reference import Fault, ReferencePartner
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call
from tests.conformance.courtroom import Endpoint, partner


@dataclass(frozen=True)
class Twin:
    """How the partner is `made`, and the rules that find it `breached`, which are those that follow from its defect."""

    made: Callable[[], Endpoint]
    breached: frozenset[str]


def twin(made: Callable[[], Endpoint], *breached: str) -> Twin:
    """Any endpoint."""
    return Twin(made, frozenset(breached))


def fault(name: str, *breached: str) -> Twin:
    """The reference partner's variant of that name."""
    return twin(lambda: partner(name), *breached)


def defect(*breached: str, **hooks: Any) -> Twin:
    """The reference partner with hooks of a `Fault` that nobody but the judge needs; capabilities among them."""

    def made() -> ReferencePartner:
        given = dict(hooks)
        it = partner(**{name: given.pop(name) for name in ("capabilities", "listing") if name in given})
        it.fault = Fault(name="defect", rules=(), description="has one defect", **given)
        return it

    return twin(made, *breached)


def answering(action: str, change: Callable[[Any], object], *breached: str) -> Twin:
    """The reference partner whose answers to `action` are changed."""

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        return change(answer) if call.action == action else answer

    return defect(*breached, act=act)


def spoilt(object_name: str, foreign_id: str, change: Callable[[dict[str, Any]], object], *breached: str) -> Twin:
    """The reference partner with one content changed wherever it is shown."""
    return defect(*breached, target=(object_name, foreign_id), content=change)
