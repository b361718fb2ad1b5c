"""The first contents of each object, as they are listed and as they are shown. Learns `Whole`."""

from collections.abc import Iterable, Mapping
from typing import Any

from crawler.conformance.chapters.objects.references import Whole
from crawler.conformance.evidence import NotJudged, Remedy, Sent, id_of
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.timeline import is_page
from crawler.protocol.implementation import POLLED, ImplementationInfo

PAGES = 3
"""How many pages of each object are read."""

SHOWN = 3
"""How many contents of each object are shown, and how many that are named but not listed."""

UNKNOWN = "no-such-id-4f1d"


async def hold(talk: Talk) -> None:
    """Labels: ``list``, ``show`` (of listed ids), ``referred`` (of ids that others name), ``unknown`` (of none)."""
    whole = talk.seen.learn(Whole())
    listed: dict[str, list[Any]] = {name: await _list(talk, name, whole.objects) for name in talk.info.listed}
    for name in POLLED:
        if not talk.info.allows(name, "show"):
            continue
        known = _ids(listed.get(name, ()))
        for foreign_id in known[:SHOWN]:
            await talk.ask("show", f"{name}.show", {"id": foreign_id})
        for foreign_id in [it for it in named(name, listed) if it not in known][:SHOWN]:
            await talk.ask("referred", f"{name}.show", {"id": foreign_id})
        await talk.ask("unknown", f"{name}.show", {"id": UNKNOWN})
    talk.leave_out("show", NotJudged("no object that can be shown has contents", Remedy.CONTENTS))


def undeclared(info: ImplementationInfo) -> Mapping[str, str]:
    """The labels for which nothing is sent, since the partner does not declare what they need: why."""
    shown = any(info.allows(name, "show") for name in POLLED)
    return {} if shown else dict.fromkeys(("show", "unknown"), "the partner declares no show")


async def _list(talk: Talk, name: str, whole: set[str]) -> list[Any]:
    """What an object's first pages hold; `name` goes to `whole` where there is no more."""
    found: list[Any] = []
    asked: set[str | None] = {None}
    since_id: str | None = None
    for _ in range(PAGES):
        sent = await talk.ask("list", f"{name}.list", {"since_id": since_id} if since_id else None)
        elements = _elements(sent)
        if elements is None:
            return found
        found.extend(elements)
        since_id = next(iter(_ids(elements)), None)
        if since_id in asked:
            whole.add(name)
            break
        asked.add(since_id)
    return found


def _elements(sent: Sent) -> list[Any] | None:
    """A page's elements; `None` where the partner has not answered with any."""
    return sent.elements() if is_page(sent) else None


def _ids(elements: Iterable[Any]) -> list[str]:
    return [found for element in elements if (found := id_of(element)) is not None]


def named(name: str, listed: dict[str, list[Any]]) -> list[str]:
    """The ids of contents of `name` that other listed contents name: as their thread, or as what they reply to."""
    fields = {"threads": (("messages", "thread_id"),)}.get(name, ((name, "in_reply_to_id"),))
    contents = [(it, field) for owner, field in fields for it in listed.get(owner, ()) if isinstance(it, dict)]
    return list(dict.fromkeys(found for it, field in contents if (found := id_of({"id": it.get(field)}))))


CONTENTS = Probe(name="contents", about="what contents look like", hold=hold, undeclared=undeclared, seconds=120)
