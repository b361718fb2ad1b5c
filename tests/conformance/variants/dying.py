"""Processes that die of one request, or hang, and are back after a while, or not at all."""

import json
from collections.abc import Callable

from crawler.reference import ReferencePartner
from tests.conformance.variants.making import Shown
from tests.conformance.variants.shop import shop
from tests.conformance.variants.time import Mortal, Stuck, Time
from tests.conformance.variants.variant import TABLE, Harm, Kind, Made, Variant

RESTART = 3.0
"""Seconds until a supervisor has the process up again."""


def asks(operation: str, look: Callable[[Shown, ReferencePartner], bool]) -> Callable[[bytes, ReferencePartner], bool]:
    """Whether a request's body is such an action, with such params; ``*`` for any."""

    def look_at(body: bytes, it: ReferencePartner) -> bool:
        try:
            request = json.loads(body)
        except ValueError:
            return False
        action = request.get("action") if isinstance(request, dict) else None
        params = request.get("params") if isinstance(request, dict) else None
        same = isinstance(action, str) and operation in ("*", action.rpartition(".")[2])
        return same and look(params if isinstance(params, dict) else {}, it)

    return look_at


def dying(of: Callable[[bytes, ReferencePartner], bool], restart: float | None = RESTART, **others: bool) -> Made:
    def made(time: Time) -> Mortal:
        it = shop()
        return Mortal(it, time, kills=lambda body: of(body, it), restart=restart, **others)

    return made


def hanging(of: Callable[[bytes, ReferencePartner], bool]) -> Made:
    def made(time: Time) -> Stuck:
        it = shop()
        return Stuck(it, time, kills=lambda body: of(body, it))

    return made


def is_long(params: Shown, _it: ReferencePartner) -> bool:
    return len(str(params.get("body") or "")) > 10_000


def is_unknown(params: Shown, it: ReferencePartner) -> bool:
    return params.get("id") not in it.forum.contents


def is_gone(params: Shown, it: ReferencePartner) -> bool:
    content = it.forum.contents.get(str(params.get("id")))
    return content is not None and content.removed


def has_emoji(params: Shown, _it: ReferencePartner) -> bool:
    return any(ord(char) > 0xFFFF for char in str(params.get("body") or ""))


def has_files_alone(params: Shown, _it: ReferencePartner) -> bool:
    return bool(params.get("attachments"))


def is_quoted(params: Shown, _it: ReferencePartner) -> bool:
    return "'" in str(params.get("since_id") or "")


def is_large(body: bytes, _it: ReferencePartner) -> bool:
    return len(body) > 100_000


def is_no_json(body: bytes, _it: ReferencePartner) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return True
    return False


_ROWS: tuple[tuple[str, str, Made, bool, str, frozenset[str]], ...] = (
    ("dies of a long create", "a stack that is as deep as the text is long",
     dying(asks("create", is_long)), True, TABLE, frozenset()),
    ("dies of a long create for good", "the same, and nobody who starts it again",
     dying(asks("create", is_long), restart=None), True, TABLE, frozenset()),
    ("dies of a long create behind a proxy", "the same, and a proxy that answers 502 meanwhile",
     dying(asks("create", is_long), proxy=True), True, "open-wa/wa-automate-nodejs#1575",
     frozenset({"create-answered-with-success"})),
    ("hangs on a long create", "a regular expression that takes exponential time, in the only worker",
     hanging(asks("create", is_long)), True, "issue 15, point 5", frozenset()),
    ("dies of an emoji", "a log that is ASCII, and an exception that nobody catches",
     dying(asks("create", has_emoji)), True, "issue 15, point 5", frozenset()),
    ("dies of an attachment", "fetches the file in the background, and has no handler for what goes wrong there",
     dying(asks("create", has_files_alone), finishes=True), True, "danny-avila/LibreChat#12812", frozenset()),
    ("dies of a second deletion", "null where the row was",
     dying(asks("delete", is_gone)), True, "open-wa/wa-automate-nodejs#1575", frozenset()),
    ("dies of showing the unknown", "reads a field of what is not there",
     dying(asks("show", is_unknown)), False, f"{TABLE}; botpress/messaging#45", frozenset()),
    ("dies of showing the unknown behind a proxy", "the same, and a proxy that answers 502 meanwhile",
     dying(asks("show", is_unknown), proxy=True), False, f"{TABLE}; botpress/messaging#45",
     frozenset({"show-answers-the-content", "answers-again-after-errors"})),
    ("dies of a quote", "a query that a cursor with a quote breaks, outside of any handler",
     dying(asks("list", is_quoted)), False, "PROTOCOL.md LS2", frozenset()),
    ("dies of a large body", "a limit of memory",
     dying(is_large), False, "PROTOCOL.md SP", frozenset()),
    ("dies of what is no JSON", "JSON.parse without try",
     dying(is_no_json), False, "ueberdosis/hocuspocus#437", frozenset()),
)  # fmt: skip

DYING = tuple(
    Variant(
        name=name,
        slip=slip,
        harm=Harm.MUTE,
        kind=Kind.DEATH,
        origin=origin,
        made=made,
        write=write,
        found_by="survives-what-is-sent",
        not_by=wrong,
    )
    for name, slip, made, write, origin, wrong in _ROWS
)
