"""The edge where time and randomness enter: everywhere else they are parameters."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time as an aware datetime in UTC."""

Elapsed = Callable[[], float]
"""Returns seconds from wherever, by a clock that nobody sets: what passed between two calls."""

NewId = Callable[[], str]
"""Returns a new, unique `content_id`: 24 lower-case hexadecimal digits, as the platform's are (PU1)."""


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def since_boot() -> float:
    """Seconds since the machine started, with those for which it slept wherever the system counts them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def new_id() -> str:
    """A random id."""
    return os.urandom(12).hex()
