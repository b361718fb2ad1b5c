"""What a fault is: one behaviour of the healthy partner, replaced."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from crawler.protocol.signature import Secret
from crawler.reference.timeline import Listing
from crawler.reference.wire import Call, Refusal, Request, Response

_Value = TypeVar("_Value")

Proceed = Callable[[Call], object]
"""What the healthy partner does for a call; raises `Refusal`."""


def admit_signed(request: Request, secret: Secret) -> None:
    """Raises `Refusal` (403) unless the request is signed (SG5)."""
    if not request.signature:
        raise Refusal(403, "the request is not signed")
    if not secret.verifies(request.body, request.signature):
        raise Refusal(403, "the request's signature is wrong")


def _proceed(call: Call, proceed: Proceed) -> object:
    return proceed(call)


def _as_answered(_call: Call, response: Response) -> Response:
    return response


def _same(value: _Value) -> _Value:
    return value


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One deviation from the healthy partner.

    `rules` are the ids of `PROTOCOL.md` that it concerns, `actions` those whose answers differ (empty: whichever).
    Of the hooks, all but one or two are the healthy partner's own:

    `admit` raises `Refusal` for a request that is not let in; `act` is put around what a call does and answers;
    `content` makes the wire's form of the one content that `target` names (object and id) into something else, its
    neighbours stay healthy; `listing` changes how lists are cut; `response` has the last word on status, headers and
    bytes.
    """

    name: str
    rules: tuple[str, ...]
    description: str
    actions: frozenset[str] = frozenset()
    target: tuple[str, str] | None = None
    admit: Callable[[Request, Secret], None] = admit_signed
    act: Callable[[Call, Proceed], object] = _proceed
    content: Callable[[dict[str, object]], object] = _same
    listing: Callable[[Listing], Listing] = _same
    response: Callable[[Call, Response], Response] = _as_answered


HEALTHY = Fault(name="", rules=(), description="does all that PROTOCOL.md asks for")
"""No fault at all."""
