"""The edge where time and randomness enter: everywhere else they are parameters."""

import os
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time as an aware datetime in UTC."""

NewId = Callable[[], str]
"""Returns a new, unique `content_id`: 24 lower-case hexadecimal digits, as the platform's are (PU1)."""


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A random id."""
    return os.urandom(12).hex()
