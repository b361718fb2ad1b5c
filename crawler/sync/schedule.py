"""When the next cycle of a source is due (CY1, CY3). Moments are seconds since 1970 by the database's clock."""

from dataclasses import dataclass
from hashlib import blake2b

from crawler.protocol.implementation import ImplementationInfo
from crawler.sync.source import Source

GRAIN = 0.002
"""Seconds by which each due time is rounded up: SQLite's clock cuts off what is less than a millisecond, and a cycle
that comes a millisecond sooner than the interval comes too soon (CY1)."""


PATIENCE, TRIFLE = 20.0, 0.1
"""How many times longer than it took the processor a source waits whose cycle has brought nothing (CY8), and up to how
many seconds of that count as none: an idle cycle takes a tenth of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the end of a cycle means for its source.

    `failures` is the number of failed cycles in a row, `period` the seconds from cycle to cycle without them, `due`
    when the next cycle is due, and `disabled` whether none is until a person switches the source on again (CY6).
    """

    failures: int
    period: float
    due: float
    disabled: bool


def interval(source: Source, info: ImplementationInfo | None) -> float:
    """Seconds from one cycle to the next, at least: from the answer to `implementation.info` on (CY1, CY3)."""
    if info is None or info.listed:
        return source.list_interval
    return source.no_list_interval


def phase(name: str, window: float) -> float:
    """A source's own place in a `window` of seconds: from 0 up to it, spread evenly, the same after any restart."""
    drawn = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
    return drawn / 2**64 * window


def answered_by(source: Source, sent: float) -> float:
    """When `implementation.info` is answered at the latest that was `sent` then: it may be sent once more (TR11)."""
    return sent + 2 * source.deadline


def look_ahead(
    source: Source,
    *,
    period: float | None,
    answered: float,
    failures: int,
    late: float = 0.0,
    effort: float = 0.0,
) -> Outlook:
    """What follows from a cycle whose `implementation.info` was `answered` then, the last of `failures` failed ones.

    The next one is due a period after that answer, and never sooner. The period doubles with each failed cycle after
    the first, up to the source's `backoff_cap`; it is `None` while nothing was ever declared (CY3). After a cycle
    that took so many seconds of `effort` in vain comes a wait of `PATIENCE` times as many, up to that cap, too (CY8).
    Sources that a pause has made due together are spread again: one that began `late`, in seconds, is followed by one
    that comes later by its phase in as long a time, or in half a period where that is shorter.
    """
    period = period or source.list_interval
    wait = period
    if failures > 1:
        wait = max(period, min(source.backoff_cap, period * 2.0 ** min(failures - 1, 30)))
    if effort > TRIFLE:
        wait = max(wait, min(source.backoff_cap, PATIENCE * effort))
    return Outlook(
        failures=failures,
        period=period,
        due=answered + wait + phase(source.name, min(late, period / 2)) + GRAIN,
        disabled=source.disable_after is not None and failures >= source.disable_after,
    )
