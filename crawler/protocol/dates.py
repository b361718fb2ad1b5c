"""Dates as partners write them (OB5, OB11)."""

import re
from datetime import UTC, datetime

from crawler.protocol.envelope import format_time

_READABLE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?\s?(?:Z|z|UTC|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_MILLISECONDS_FROM = 100_000_000_000  # as seconds: the year 5138


def read_date(value: object) -> tuple[str | None, str]:
    """A date in the spelling of TR2, and what is odd about it (empty if nothing is).

    ``2012-02-10`` is midnight UTC; offsets, fractions of a second and a missing zone (taken as UTC) are read; numbers
    are seconds or milliseconds since 1970 (OB11). What cannot be read is ``(None, why)``: it counts as absent (OB5).
    """
    if value is None or value == "":
        return None, ""
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
            return format_time(datetime.fromtimestamp(seconds, UTC)), "is a number instead of an ISO 8601 date"
        except (ValueError, OverflowError, OSError):
            return None, "is a number that is no date"
    return None, "is not a date"


def is_usual(text: str) -> bool:
    """Whether a text is a date in the very spelling of TR2, as nearly all are."""
    if len(text) != 20 or text[4:8:3] != "--" or text[10:14:3] != "T:" or text[16:20:3] != ":Z":
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read_text(text: str) -> tuple[str | None, str]:
    if is_usual(text):
        return text, ""
    try:
        if not _READABLE.fullmatch(text):
            return None, "is not an ISO 8601 date"
        compact = text[:11] + text[11:].replace(" ", "").replace("UTC", "Z")
        moment = datetime.fromisoformat(compact)
        if moment.tzinfo is not None:
            return format_time(moment), "has a space instead of the 'T'" if text[10] == " " else ""
        if len(text) == 10:
            return format_time(moment.replace(tzinfo=UTC)), ""
        return format_time(moment.replace(tzinfo=UTC)), "has no time zone, and was read as UTC"
    except (ValueError, OverflowError):
        return None, "is not an ISO 8601 date"
