"""Dates that are wrong: those of what agents write, where the judge knows what was sent, and those of everything."""

from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.reference import ReferencePartner
from crawler.reference.contents import wire_time
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call
from tests.conformance.variants.making import Act, Shown, each, remembering, showing, taking
from tests.conformance.variants.time import Time
from tests.conformance.variants.variant import TABLE, Harm, Kind, Made, Variant

DATES = ("created_at", "updated_at")
HERE = timedelta(hours=2)
"""How far the shop's own time is ahead of UTC."""


def dating(write: Callable[[datetime], str | None]) -> Made:
    """All dates of contents, written otherwise."""

    def change(shown: Shown) -> Shown:
        return {**shown, **{name: write(datetime.fromisoformat(shown[name])) for name in DATES if name in shown}}

    return showing(change)


def swapped(moment: datetime) -> str:
    """Day and month change places, where the day may be a month."""
    try:
        return wire_time(moment.replace(day=moment.month, month=moment.day))
    except ValueError:
        return wire_time(moment)


def now_whenever_shown(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        now = wire_time(it.forum.clock())
        return each(proceed(call), lambda shown: {**shown, "created_at": now, "updated_at": now})

    return act


_SHOWN: tuple[tuple[str, str, Callable[[datetime], str | None], str, str | None], ...] = (
    ("two hours ahead", "the local time with a Z behind it",
     lambda it: wire_time(it + HERE), f"{TABLE}; sonichi/sutando#908", "created-at-is-kept"),
    ("two hours behind", "takes the UTC of its database for local time",
     lambda it: wire_time(it - HERE), f"{TABLE}; SrainApp/srain#379", "created-at-is-kept"),
    ("local time without a zone", "a date without an offset, as the ORM prints it",
     lambda it: (it + HERE).strftime("%Y-%m-%dT%H:%M:%S"), "Vacademy-io/vacademy_platform#2585", "dates-are-iso-8601"),
    ("day and month swapped", "reads 02/03 the American way",
     swapped, "PROTOCOL.md OB11", "created-at-is-kept"),
    ("month for minutes", "date('Y-m-d\\TH:m:s\\Z')",
     lambda it: f"{it:%Y-%m-%dT%H:%m:%SZ}", "open-webui/open-webui#633; Nuvei/nuvei-server-php#53",
     "created-at-is-kept"),
    ("month counted from 0", "getMonth() of JavaScript",
     lambda it: f"{it:%Y}-{max(it.month - 1, 1):02}-{it:%dT%H:%M:%SZ}",
     "netdata/netdata#272; jonschlinkert/time-stamp#1", "created-at-is-kept"),
    ("twelve hours", "h for H in the format: 14:00 is 02:00",
     lambda it: f"{it:%Y-%m-%dT%I:%M:%SZ}", "PROTOCOL.md OB5", "created-at-is-kept"),
    ("days alone", "a DATE column",
     lambda it: f"{it:%Y-%m-%d}", "PROTOCOL.md OB5", "created-at-is-kept"),
    ("seconds since 1970", "the number that the database holds",
     lambda it: str(int(it.timestamp())), "PROTOCOL.md OB5", "dates-are-iso-8601"),
)  # fmt: skip

BY_READING = {"dates-are-iso-8601", "dates-can-be-read"}
"""Rules that find them without writing."""

DATED = (
    *(
        Variant(
            name=name,
            slip=slip,
            harm=Harm.DATE,
            kind=Kind.DATES,
            origin=origin,
            made=dating(write),
            found_by=rule,
            write=rule not in BY_READING,
        )
        for name, slip, write, origin, rule in _SHOWN
    ),
    Variant(
        name="its own now",
        slip="dates what agents write by the clock of its server, which nobody sets",
        harm=Harm.DATE,
        kind=Kind.DATES,
        origin=f"{TABLE}; calzoneman/sync#827",
        made=taking(lambda _params: {"created_at": None, "updated_at": None}),
        found_by="created-at-is-kept",
    ),
    Variant(
        name="now whenever it is listed",
        slip="fills the dates in while the answer is written",
        harm=Harm.DATE,
        kind=Kind.DATES,
        origin=TABLE,
        made=remembering("*", now_whenever_shown),
        found_by="created-at-stays",
        write=False,
    ),
    Variant(
        name="the date of the thread",
        slip="a join of messages and threads, both with a column created_at",
        harm=Harm.DATE,
        kind=Kind.DATES,
        origin="PROTOCOL.md OB1",
        made=remembering("*", lambda it, _time: of_its_thread(it)),
        found_by="created-at-is-kept",
    ),
)


def of_its_thread(it: ReferencePartner) -> Act:
    def change(shown: Shown) -> Shown:
        thread = it.forum.find("threads", shown.get("thread_id"))
        return {**shown, "created_at": wire_time(thread.created_at)} if thread else shown

    return lambda call, proceed: each(proceed(call), change)
