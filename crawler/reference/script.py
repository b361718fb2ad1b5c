"""Answers planned beforehand: how a test makes the partner fail at a moment of its choosing."""

from collections import deque
from dataclasses import dataclass

ANY = "*"
"""Stands for every action that has no plan of its own left."""


@dataclass(frozen=True)
class Rejects:
    """Does nothing and answers a resource error, signed (PU7)."""

    message: str = "not now"
    fatal: bool = False


@dataclass(frozen=True)
class Fails:
    """Does nothing and answers this HTTP status with this text."""

    status: int = 500
    text: str = "something went wrong"


@dataclass(frozen=True)
class Says:
    """Does nothing and answers this JSON value, signed."""

    answer: object


@dataclass(frozen=True)
class LosesReply:
    """Breaks the connection half way through the answer; what was asked for is done all the same, if `done`."""

    done: bool = True


@dataclass(frozen=True)
class Obeys:
    """Does what it is asked for and answers as usual: for the gaps between the others."""


Planned = Rejects | Fails | Says | LosesReply | Obeys


class Script:
    """A queue of planned answers for each action; where it is empty, the partner behaves."""

    def __init__(self) -> None:
        self._plans: dict[str, deque[Planned]] = {}

    def plan(self, action: str, *planned: Planned, times: int = 1) -> None:
        """The next calls of `action` (`ANY`: of whichever) are answered by `planned`, the whole `times` times over."""
        self._plans.setdefault(action, deque()).extend(planned * times)

    def take(self, action: str) -> Planned:
        """What is planned for this call, which is thereby used up."""
        for name in (action, ANY):
            plan = self._plans.get(name)
            if plan:
                return plan.popleft()
        return Obeys()
