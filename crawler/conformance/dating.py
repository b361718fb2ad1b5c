"""What is likely to have made another date of one. PURE."""

from datetime import datetime, timedelta

NEAR = timedelta(minutes=5)
"""How far two clocks may be apart."""
QUARTER, MOST = timedelta(minutes=15), timedelta(hours=14)
"""Time zones are off by whole quarters of an hour, and by no more than that."""


def date_cause(sent: datetime, received: datetime, shown: datetime) -> str:
    """What is likely to have made `received` of `sent`; `shown` is when it was answered."""
    off = received - sent
    exact = received.replace(second=sent.second, microsecond=sent.microsecond)
    if exact == _replaced(sent, day=sent.month, month=sent.day):
        return "day and month changed places"
    if exact == _replaced(sent, minute=sent.month):
        return "the month stands for the minutes: m or M in its format"
    if exact == _replaced(sent, month=sent.month - 1):
        return "months are counted from 0: getMonth() of JavaScript"
    if off == timedelta(hours=-12):
        return "hours are counted up to 12: h for H in its format"
    if received == received.replace(hour=0, minute=0, second=0, microsecond=0) and received.date() == sent.date():
        return "the time of day is gone: a column for days alone"
    if abs(received - shown) < NEAR:
        return "its own clock: it is dated by when it was stored, or listed"
    if off and abs(off) <= MOST and abs(off % QUARTER) < timedelta(seconds=1):
        hours = abs(off.total_seconds()) / 3600
        way = "ahead: a local time is shown as UTC" if off > timedelta() else "behind: UTC is taken for local time"
        return f"{hours:g} h {way}"
    return "another date: perhaps that of its thread"


def _replaced(moment: datetime, **parts: int) -> datetime | None:
    """The moment with other parts; `None` where there is no such date."""
    try:
        return moment.replace(**parts)  # type: ignore[arg-type]  # parts of a date are integers
    except ValueError:
        return None
