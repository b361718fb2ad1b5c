"""The edge where time and randomness enter: everywhere else they are parameters."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time as an aware datetime in UTC."""

NewId = Callable[[], str]
"""Returns a new, unique `content_id`: 32 lower-case hexadecimal digits."""


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A random id."""
    return uuid.uuid4().hex
