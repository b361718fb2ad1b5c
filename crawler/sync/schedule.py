"""When the next cycle of a source is due (CY1, CY3). Moments are seconds since 1970 by the database's clock."""

from dataclasses import dataclass
from hashlib import blake2b
from math import ceil

from crawler.protocol.implementation import ImplementationInfo
from crawler.sync.state import Source

TOLERANCE = 1.0
"""A start this much after its slot, in seconds, still counts as on time: the next slot is the next one of the grid."""

JITTER = 0.1
"""How much sooner than the interval, in seconds, a start may follow one that was at least as late (CY1). Were it
nothing, the milliseconds by which each start is late would add up, or cost a slot each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the end of a cycle means for its source.

    `failures` is the number of failed cycles in a row, `period` the seconds from start to start without them, `due`
    when the next cycle is due, and `disabled` whether none is until a person switches the source on again (CY6).
    """

    failures: int
    period: float
    due: float
    disabled: bool


def interval(source: Source, info: ImplementationInfo | None) -> float:
    """Seconds from the start of one cycle to the start of the next, at least (CY1, CY3)."""
    if info is None or info.listed:
        return source.list_interval
    return source.no_list_interval


def phase(name: str, period: float) -> float:
    """Where in each period a source's slots lie: from 0 up to `period`, spread evenly, the same after any restart."""
    drawn = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
    return drawn / 2**64 * period


def slot(name: str, period: float, earliest: float) -> float:
    """The first moment of a source's grid, phase + k x period, that is not before `earliest`."""
    offset = phase(name, period)
    return offset + ceil((earliest - offset) / period) * period


def look_ahead(source: Source, *, period: float | None, started: float, failures: int) -> Outlook:
    """What follows from a cycle that `started` then, the last of `failures` failed ones in a row.

    Start to start, never sooner than the period (but for `JITTER`), and without drift: after a start within `TOLERANCE`
    of its slot comes the next slot, or as soon after it as the period allows. The period doubles with each failed cycle
    after the first, up to the source's `backoff_cap`. Slots that were missed are skipped, not made up. `period` is
    `None` while nothing was ever declared (CY3).
    """
    period = period or source.list_interval
    wait = period
    if failures > 1:
        wait = max(period, min(source.backoff_cap, period * 2.0 ** min(failures - 1, 30)))
    behind = started - slot(source.name, period, started - min(TOLERANCE, period / 4))
    late = max(behind, 0.0)  # after the slot in whose tolerance it started, if in any
    due = slot(source.name, period, started - late + wait - period / 1e6)
    return Outlook(
        failures=failures,
        period=period,
        due=max(due, started + wait - min(JITTER, period / 10)),
        disabled=source.disable_after is not None and failures >= source.disable_after,
    )
