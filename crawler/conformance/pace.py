"""How often a partner can be asked, as far as its own answers tell. PURE."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from crawler.protocol.envelope import Answer

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds to wait before a request that was put off is sent again, where the partner does not say how long."""
LONGEST = 60.0
"""Seconds that a partner may have us wait at once; what it puts off for longer stays put off."""
SLOWER = 1.25
"""By which factor the pace slows at least, where the one that was kept was still too fast."""
SLOWEST = 5.0
"""Seconds between two requests at most."""


def puts_off(answer: Answer | None) -> bool:
    """Whether an answer may say no more than that the partner is asked too often, or to come later."""
    return answer is not None and answer.status in (429, 503)


def says_so(answer: Answer) -> bool:
    """Whether it says that in so many words: a 503 without ``Retry-After`` may be its answer to just that request."""
    return answer.status == 429 or "retry-after" in answer.headers


def advice(answer: Answer, now: datetime) -> float | None:
    """How many seconds ``Retry-After`` wants us to wait, in seconds or as a date; `None` where it says nothing."""
    given = answer.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return float(given[:9])
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max((moment - now).total_seconds(), 0.0) if moment.tzinfo else None


@dataclass(slots=True)
class Pace:
    """The pace that a partner bears: `interval` seconds between two requests, 0 where it never put one off.

    `requests` counts all that were sent, `put_off` those that it did not want then, and `last` is the status of the
    last of these. Moments are in seconds of any one clock.
    """

    requests: int = 0
    interval: float = 0.0
    put_off: int = 0
    last: int = 0
    _begun: float | None = None
    _answered: int = 0
    _asked: float = 0.0

    def due(self, now: float) -> float:
        """How many seconds to wait before the next request."""
        return max(self._asked + self.interval - now, 0.0) if self._begun is not None else 0.0

    def asked(self, now: float) -> None:
        """Note that a request is sent."""
        self.requests += 1
        self._begun, self._asked = now if self._begun is None else self._begun, now

    def answered(self, now: float, *, after_pauses: bool) -> None:
        """Note that a request was answered; `after_pauses` where it was put off before.

        What it bore from the beginning up to then, pauses included, is what it bears.
        """
        if after_pauses and self._begun is not None:
            if self._answered:  # else it was not our asking that was too much for it
                borne = (now - self._begun) / self._answered
                self.interval = min(max(borne, self.interval * SLOWER), SLOWEST)
            self._begun, self._answered = now, 0
        self._answered += 1

    def pause(self, answer: Answer, tries: int, now: datetime) -> float | None:
        """How many seconds to wait before a request that was put off `tries` times is sent again; `None`: no more."""
        self.put_off, self.last = self.put_off + 1, answer.status
        if tries > len(PAUSES):
            return None
        wanted = advice(answer, now)
        seconds = max(PAUSES[tries - 1] if tries > 1 or wanted is None else 0.0, wanted or 0.0)
        return seconds if seconds <= LONGEST else None

    def __str__(self) -> str:
        """For the report; empty where nothing was put off."""
        if not self.put_off:
            return ""
        times = f"{self.put_off} request{'s' if self.put_off > 1 else ''} (HTTP {self.last})"
        slowed = f"asked once in {self.interval:.2g} s, since " if self.interval else ""
        return f"{slowed}it put off {times}"
