"""What a twin is: a partner with exactly one defect."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.conformance.rule import Rule
from crawler.conformance.rules import RULES
from crawler.reference import Fault, ReferencePartner
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call
from tests.conformance.courtroom import Endpoint, partner

Act = Callable[[Call, Proceed], object]


@dataclass(frozen=True)
class Twin:
    """How the partner is `made`, and the rules that find it `breached`, which are those that follow from its defect.

    They are all that do out of `rules`: those of one chapter where another twin with such a defect stood before all.
    """

    made: Callable[[], Endpoint]
    breached: frozenset[str]
    rules: Sequence[Rule] = RULES


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
    return acting(action, lambda call, proceed: change(proceed(call)), *breached)


def acting(
    action: str,
    act: Act | Callable[[ReferencePartner], Act],
    *breached: str,
    made: Callable[[], ReferencePartner] = partner,
    **settings: Any,
) -> Twin:
    """A partner that does one action (``*``: any; ``list``: any list) otherwise, in a way that is the judge's alone.

    `act` is what it does; or, where it must remember something or look at the forum, a function that makes it.
    """

    def make() -> ReferencePartner:
        it = made(**settings)
        own: Act = act(it) if act.__code__.co_argcount - len(act.__defaults__ or ()) == 1 else act  # type: ignore[call-arg, arg-type, assignment]

        def only(call: Call, proceed: Proceed) -> object:
            meant = action in (call.action, "*") or (action == "list" and call.operation == "list")
            return own(call, proceed) if meant else proceed(call)

        it.fault = Fault(name="twin", rules=(), description="has one defect", act=only)
        return it

    return Twin(make, frozenset(breached))


def spoiling(
    object_name: str,
    content_id: str,
    spoil: Callable[[dict[str, Any]], object],
    *breached: str,
    made: Callable[[], ReferencePartner] = partner,
    rules: Sequence[Rule] = RULES,
) -> Twin:
    """A partner that shows one content otherwise."""

    def make() -> ReferencePartner:
        it = made()
        it.fault = Fault(
            name="twin", rules=(), description="has one defect", target=(object_name, content_id), content=spoil
        )
        return it

    return Twin(make, frozenset(breached), rules)
