"""How variants are made: the shop, with one piece of what it does replaced."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from crawler.reference import ReferencePartner
from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.wire import Call, Refusal
from tests.conformance.variants.shop import shop
from tests.conformance.variants.time import Network, Time
from tests.conformance.variants.variant import Made

Shown = dict[str, Any]
Act = Callable[[Call, Proceed], object]
Query = Callable[[list[Shown], str | None], list[Shown]]
"""What is listed, oldest first, of all there is, oldest first, after a cursor."""


def meant(action: str, call: Call) -> bool:
    """Whether a call is of `action`: one of them, ``*`` for any, or an operation on whatever object."""
    return action in ("*", call.action, call.operation)


def doing(action: str, act: Act) -> Act:
    return lambda call, proceed: act(call, proceed) if meant(action, call) else proceed(call)


def behaving(**hooks: Any) -> Made:
    """The shop with hooks of a `Fault`; and with capabilities or a listing, where they are among them."""

    def made(time: Time) -> Network:
        given = dict(hooks)
        it = shop(**{name: given.pop(name) for name in ("capabilities", "listing") if name in given})
        it.fault = Fault(name="variant", rules=(), description="has one fault", **given)
        return Network(it, time)

    return made


def acting(action: str, act: Act, **settings: Any) -> Made:
    """The shop, which does one action otherwise."""
    return behaving(act=doing(action, act), **settings)


def remembering(action: str, make: Callable[[ReferencePartner, Time], Act], **settings: Any) -> Made:
    """The shop, which does one action otherwise, by what it remembers or finds in its forum."""

    def made(time: Time) -> Network:
        it = shop(**settings)
        it.fault = Fault(name="variant", rules=(), description="has one fault", act=doing(action, make(it, time)))
        return Network(it, time)

    return made


def with_params(call: Call, **changes: object) -> Call:
    """The call with other params; `None` leaves one out."""
    params = {**call.params, **changes}
    return replace(call, params={name: value for name, value in params.items() if value is not None})


def storing(change: Callable[[str], str], action: str = "create") -> Made:
    """The shop, which stores another text than was sent."""

    def act(call: Call, proceed: Proceed) -> object:
        body = call.params.get("body")
        return proceed(with_params(call, body=change(body)) if isinstance(body, str) else call)

    return acting(action, act)


def taking(change: Callable[[Shown], dict[str, object]], action: str = "create") -> Made:
    """The shop, which takes what is sent for something else: `change` names the params that differ."""
    return acting(action, lambda call, proceed: proceed(with_params(call, **change(dict(call.params)))))


def refusing(unwanted: Callable[[Shown], bool], text: str, status: int = 400, action: str = "create") -> Made:
    """The shop, which refuses some of what is sent."""

    def act(call: Call, proceed: Proceed) -> object:
        if unwanted(dict(call.params)):
            raise Refusal(status, text)
        return proceed(call)

    return acting(action, act)


def each(answer: object, change: Callable[[Shown], Shown]) -> object:
    """An answer with each content in it changed."""
    if isinstance(answer, list):
        return [change(dict(it)) for it in answer]
    return change(dict(answer)) if isinstance(answer, dict) and "id" in answer else answer


def showing(change: Callable[[Shown], Shown], **settings: Any) -> Made:
    """The shop, which shows every content otherwise, wherever it is shown."""

    def act(call: Call, proceed: Proceed) -> object:
        return each(proceed(call), change) if call.object_name != "implementation" else proceed(call)

    return acting("*", act, **settings)


def declaring(change: Callable[[Any], object]) -> Made:
    """The shop, which declares otherwise."""
    return acting("implementation.info", lambda call, proceed: change(proceed(call)))


def rows(call: Call, proceed: Proceed) -> list[Shown]:
    """All there is, in the order in which it was created: nothing moves in it."""
    answer = proceed(with_params(call, since_id=None))
    assert isinstance(answer, list)
    return sorted(answer, key=lambda it: int(it["id"]))


def since(call: Call) -> str | None:
    return str(call.params["since_id"]) if call.params.get("since_id") else None


def selecting(query: Query, **settings: Any) -> Made:
    """The shop, which lists by another query."""
    return acting("list", lambda call, proceed: query(rows(call, proceed), since(call))[::-1], **settings)


def place(all_of_them: list[Shown], since_id: str | None) -> int:
    """The place of a cursor; before all of them where there is none, or it names nothing."""
    return next((place for place, it in enumerate(all_of_them) if it["id"] == since_id), -1)


def after(all_of_them: list[Shown], since_id: str | None) -> list[Shown]:
    """What a right query selects."""
    return all_of_them[place(all_of_them, since_id) + 1 :]
