"""What a twin is: a partner with exactly one defect."""

from collections.abc import Callable
from dataclasses import dataclass

from crawler.reference import ReferencePartner
from tests.conformance.courtroom import partner


@dataclass(frozen=True)
class Twin:
    """How the partner is `made`, and the rules that find it `breached`, which are those that follow from its defect."""

    made: Callable[[], ReferencePartner]
    breached: frozenset[str]


def fault(name: str, *breached: str) -> Twin:
    """The reference partner's variant of that name."""
    return Twin(lambda: partner(name), frozenset(breached))
