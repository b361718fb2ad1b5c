"""Leaving a partner as it was found: what was created is taken away again, and what remains is told."""

from contextlib import suppress

import anyio

from crawler.conformance.evidence import UNJUDGED, id_of, refusal
from crawler.conformance.probe import Gone, Talk
from crawler.conformance.returned import Written, written
from crawler.conformance.timeline import Crawled, pages
from crawler.errors import EndpointUnreachable

SECONDS = 5.0
"""How long it may take to tidy up after a conversation that was cut off."""


async def clear(talk: Talk) -> None:
    """Delete what was created, or unpublish it where the partner deletes nothing; what is deleted is not left behind.

    Label: ``tidy``.
    """
    ours = written(talk.seen)
    left = ours.left_behind
    for object_name, content_id in list(left):
        delete = talk.info.delete_name(object_name)
        operation = delete or ("unpublish" if talk.info.allows(object_name, "unpublish") else None)
        if operation is not None:
            sent = await talk.ask("tidy", f"{object_name}.{operation}", {"id": content_id})
            if isinstance(sent.error, EndpointUnreachable):  # it was waited for, and may be there by now
                sent = await talk.ask("tidy", f"{object_name}.{operation}", {"id": content_id})
            if isinstance(sent.error, EndpointUnreachable):
                return
            if delete and not refusal(sent):
                left.remove((object_name, content_id))
                ours.deleted.append((object_name, content_id))


async def look_back(talk: Talk) -> None:
    """See by lists what is still there: what is listed is left behind, and what was and is not any more is gone.

    Label: ``left``.
    """
    known = written(talk.seen)
    ours = dict.fromkeys([*known.left_behind, *known.deleted])
    there: dict[tuple[str, str], bool] = {}
    for object_name in dict.fromkeys(name for name, _ in ours):
        if talk.info.allows(object_name, "list") and object_name not in talk.seen.learnt(Crawled).part:
            before = {it for page in pages(talk.seen.sent, object_name) for it in page.ids}
            now = await _listed(talk, object_name, known.start.get(object_name))
            if now is not None:
                there |= {it: it[1] in now for it in ours if it[0] == object_name and it[1] in before | now}
    known.left_behind = [it for it in ours if there.get(it, it in known.left_behind)]


async def _listed(talk: Talk, object_name: str, since_id: str | None) -> set[str] | None:
    """What is listed after a cursor; `None` where the partner does not say, or goes on for too long."""
    found: set[str] = set()
    last = None
    async for last in talk.walk("left", object_name, since_id):
        found.update(last.ids)
    return found if last is not None and last.head in (None, last.sent.since_id) else None


async def leave_as_found(talk: Talk) -> None:
    """Tidy up after a conversation that was cut off, whatever cut it off, for `SECONDS` at most."""
    if talk.seen.known(Written) is not None:
        _forget_deleted(talk)
        with anyio.move_on_after(SECONDS, shield=True), suppress(Gone, *UNJUDGED):
            await _find_unanswered(talk)
            await clear(talk)


def _forget_deleted(talk: Talk) -> None:
    """What was deleted in a cycle that did not come to its end is not left behind."""
    known = written(talk.seen)
    deleted = {
        (sent.object, sent.exchange.params.get("id"))
        for sent in talk.seen.sent
        if sent.operation == talk.info.delete_name(sent.object) and not refusal(sent)
    }
    known.left_behind = [it for it in known.left_behind if it not in deleted]


async def _find_unanswered(talk: Talk) -> None:
    """Look for what was created by a request that brought no answer, by its mark."""
    known = written(talk.seen)
    creates = (sent for sent in talk.seen.sent if sent.action.endswith(".create") and sent.exchange.answer is None)
    for name in dict.fromkeys(sent.object for sent in creates if talk.info.allows(sent.object, "list")):
        since_id = known.start.get(name)
        sent = await talk.ask("left", f"{name}.list", {"since_id": since_id} if since_id else None)
        contents = [content for page in pages([sent], name) for content in page.contents]
        ours = [(name, str(id_of(it))) for it in contents if known.is_ours(it)]
        known.left_behind = list(dict.fromkeys([*ours, *known.left_behind]))
