"""What a history may break between us and the partner: the line, and our own process."""

import json
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, ParamSpec, TypeVar, cast

import httpx

from crawler.connection import KeptConnectionLost
from crawler.reference import ReferencePartner
from crawler.store import Store

P = ParamSpec("P")
T = TypeVar("T")


class ProcessDied(BaseException):
    """Our process ends here: like a cancellation or a kill, no `except Exception` stops it."""


Trouble = Literal[
    "no connection",
    "no answer in time",
    "cut before",
    "cut after",
    "lost before",
    "lost after",
    "dies before",
    "dies after",
]
"""What happens to one request: before it reaches the partner, or after the partner did what it says.

What is lost is a kept connection, before any byte of an answer (TR11).
"""

Fate = Literal["answered", "refused", "broken", "lost", "unsent", "gone", "died"]


@dataclass(kw_only=True)
class Request:
    """One request as it left us, and what we got to see of its answer."""

    action: str
    params: dict[str, Any]
    fate: Fate = "died"
    answer: Any = None
    repeat: bool = False


class Line(httpx.AsyncBaseTransport):
    """The way to a reference partner in process; it writes down what we sent and what came back to us."""

    def __init__(self, partner: ReferencePartner) -> None:
        self.partner = partner
        self.requests: list[Request] = []
        self.troubles: dict[str, Trouble] = {}
        self._app = httpx.ASGITransport(partner)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(await request.aread())
        repeat = bool(request.extensions.get("fresh"))
        noted = Request(action=asked["action"], params=asked.get("params", {}), repeat=repeat)
        self.requests.append(noted)
        trouble = self.troubles.pop(noted.action, None)
        if trouble == "dies before":
            raise ProcessDied(noted.action)
        if trouble == "no connection":
            noted.fate = "unsent"
            raise httpx.ConnectError("planned", request=request)
        if trouble == "lost before":
            noted.fate = "lost"
            raise KeptConnectionLost("planned", request=request)
        noted.fate = "broken"
        if trouble == "cut before":
            raise httpx.ReadError("planned", request=request)
        response = await self._app.handle_async_request(request)
        if trouble == "dies after":
            noted.fate = "died"
            raise ProcessDied(noted.action)
        if trouble == "no answer in time":
            noted.fate = "gone"
            raise httpx.ReadTimeout("planned", request=request)
        if trouble == "lost after":
            noted.fate = "lost"
            raise KeptConnectionLost("planned", request=request)
        if trouble == "cut after":
            raise httpx.ReadError("planned", request=request)
        noted.fate = "answered" if response.status_code == 200 else "refused"
        noted.answer = self.partner.forum.ledger[-1].answer
        return response


@dataclass(frozen=True)
class Death:
    """Where our process dies: at the `count`-th call of a store's method in a cycle, after or before its commit."""

    method: str
    count: int
    committed: bool


class MortalStore(Store):
    """A store whose process may die at a planned transaction of a cycle; then nothing is written any more.

    Transactions run at once, without a thread, so that histories are quick and repeat exactly.
    """

    death: Death | None = None
    dead = False

    def open_again(self) -> "MortalStore":
        """Another store object on the same database, as a process that is started again has it."""
        return type(self)(self.backend)

    def submit(self, method: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """Run as late as may be; where a death is planned at once, so that it is known what is lost."""
        done = [self._do(method, *args, **kwargs)] if self.death is not None else []

        async def outcome() -> T:
            return done[0] if done else self._do(method, *args, **kwargs)

        return outcome()

    def _do(self, method: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self.dead:
            raise ProcessDied
        if isinstance(method, partial):
            return cast(T, self._do(method.func, *method.args, *args, **{**method.keywords, **kwargs}))
        if method.__name__ == "together":  # by one commit, or by one each as on PostgreSQL: then it may die in between
            return cast(T, [self._do(each) for each in args])  # type: ignore[arg-type]
        name = "settle" if method.__name__.startswith("settle_") else method.__name__
        self.calls[name] += 1
        dies = self.death is not None and (self.death.method, self.death.count) == (name, self.calls[name])
        if dies and self.death and not self.death.committed:
            self.dying(name, *args)
        result = method(*args, **kwargs)
        if dies:
            self.dying(name)
        return result

    def dying(self, name: str, *_args: object) -> None:
        """The process dies."""
        self.dead = True
        raise ProcessDied(name)

    @property
    def calls(self) -> Counter[str]:
        """How often each method was called since `death` was planned."""
        counts: Counter[str] = self.__dict__.setdefault("_calls", Counter())
        return counts

    def mortal(self, death: Death | None) -> None:
        """Plan a death for the cycle to come, or none."""
        self.death = death
        self.calls.clear()
