"""Dates as partners write them (OB5, OB11)."""

import re
from datetime import UTC, datetime, timedelta

from crawler.protocol.envelope import format_time

_ISO = re.compile(
    r"(?P<year>\d{4})(?P<dash>[-/]?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:(?P<separator>[Tt ])(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"(?: ?(?P<zone>[Zz]|UTC|GMT|(?P<sign>[+-])(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?))?)?",
    re.ASCII,
)
_TIME = ("hour", "minute", "second", "fraction", "sign", "hours", "minutes")
_DIGITS = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_TWO_DIGITS = re.compile(r"\d\d?[-/.]\d\d?[-/.]\d\d(?!\d)", re.ASCII)
_YEAR_LAST = re.compile(r"\d\d?[-/.]\d\d?[-/.]\d{4}(?!\d)", re.ASCII)
_CALENDAR = re.compile(  # a year, and maybe month, day, hour with minute, second; ten digits are seconds of our time
    r"(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-4])[0-5]\d(?:[0-5]\d)?)?)?)?",
    re.ASCII,
)
_SECONDS_BELOW = 10_000_000_000  # the year 2286
_MILLISECONDS_FROM = 100_000_000_000  # 1973

NO_DATE = "is not an ISO 8601 date"
NO_NUMBER = "is a number that is no date"
OUTSIDE = "lies outside the years 0001 to 9999"
WHICH_IS_THE_DAY = "does not say which is the day and which is the month"
WHICH_CENTURY = "has a year of two digits"
WHICH_UNIT = "is a number that may be seconds or milliseconds"
WHICH_COUNT = "is a number that may be a calendar date or count seconds"


def read_date(value: object) -> tuple[str | None, str]:
    """A date in the spelling of TR2, and what is odd about it (empty if nothing is).

    ``2012-02-10`` is midnight UTC. All that ISO 8601 writes as a day, or as a day and a time to the minute or finer, is
    read; so are blanks and slashes, a missing zone (taken as UTC), and numbers that are seconds or milliseconds since
    1970 (OB11). What cannot be read, or may mean two things, is ``(None, why)``: it counts as absent (OB5).
    """
    if value is None or value == "":
        return None, ""
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _read_number(value)
    return None, "is not a date"


def is_usual(text: str) -> bool:
    """Whether a text is a date in the very spelling of TR2, as nearly all are."""
    if len(text) != 20 or text[4:8:3] != "--" or text[10:14:3] != "T:" or text[16:20:3] != ":Z" or text[11:13] == "24":
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read_text(text: str) -> tuple[str | None, str]:
    if is_usual(text):
        return text, ""
    if _DIGITS.fullmatch(text):
        return _read_number(float(text))
    match = _ISO.fullmatch(text)
    if match is not None:
        return _read_iso(match)
    if _TWO_DIGITS.match(text):
        return None, WHICH_CENTURY
    return None, WHICH_IS_THE_DAY if _YEAR_LAST.match(text) else NO_DATE


def _read_iso(parts: re.Match[str]) -> tuple[str | None, str]:
    """A date by its parts: 24:00 is the end of its day, and a leap second the second after it."""
    hour, minute, second, fraction, sign, hours, minutes = (parts[name] or "" for name in _TIME)
    midnight, leap = hour == "24", second == "60"
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if (midnight and (minute + second + fraction).strip("0")) or offset >= timedelta(days=1) or minutes >= "60":
        return None, NO_DATE
    day = int(parts["year"]), int(parts["month"]), int(parts["day"])
    try:
        time = 0 if midnight else int(hour or 0), int(minute or 0), 59 if leap else int(second or 0)
        moment = datetime(*day, *time, tzinfo=UTC)
    except ValueError:
        return None, NO_DATE
    try:
        moment += timedelta(days=midnight) + (offset if sign == "-" else -offset)
        if leap:
            if (moment.hour, moment.minute) != (23, 59):
                return None, NO_DATE
            moment += timedelta(seconds=1)
    except OverflowError:
        return None, OUTSIDE
    if hour and not parts["zone"]:
        return format_time(moment), "has no time zone, and was read as UTC"
    if parts["dash"] == "/":
        return format_time(moment), "has slashes instead of '-'"
    return format_time(moment), "has a space instead of the 'T'" if parts["separator"] == " " else ""


def _read_number(value: float) -> tuple[str | None, str]:
    """Seconds or milliseconds since 1970, where it is certain that it is one of them and which."""
    try:
        count = int(value)
        if _CALENDAR.fullmatch(str(count)):
            return None, WHICH_COUNT
        if _SECONDS_BELOW <= abs(count) < _MILLISECONDS_FROM:
            return None, WHICH_UNIT
        moment = datetime.fromtimestamp(value / 1000 if abs(count) >= _MILLISECONDS_FROM else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None, NO_NUMBER
    return format_time(moment), "is a number instead of an ISO 8601 date"
