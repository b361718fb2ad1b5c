"""Messages with structured content, created and listed again; only with the option ``view.messaging``.

Labels of cycles: ``before``, ``create``, ``listed``, ``deleted``. Learns what `Writing` does, with the purposes of
`STRUCTURED`.
"""

from collections.abc import Mapping
from typing import Any

from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.writing import MESSAGES, Writing
from crawler.protocol.implementation import ImplementationInfo

URL = "https://example.com/ringcx-crawler-check"
STRUCTURED: Mapping[str, Mapping[str, Any]] = {
    "select": {
        "type": "select",
        "items": [{"title": "One", "payload": "check:1"}, {"title": "Zwei — 二", "payload": "check:2"}],
    },
    "rich link": {"type": "rich_link", "url": URL, "title": "A check", "subtitle": "Please ignore", "url_text": "Here"},
}
"""What is sent, by purpose."""


def structured_kinds(info: ImplementationInfo) -> list[str]:
    """The messages that structured content may be created in. Raises `DoesNotApply` where there are none."""
    if "view.messaging" not in info.options:
        raise DoesNotApply("the partner does not declare the option view.messaging")
    kinds = [name for name in MESSAGES if info.allows(name, "create")]
    if not kinds:
        raise DoesNotApply("the partner declares no create of messages")
    return kinds


async def hold(talk: Talk) -> None:
    """Create one of each, list them, delete them."""
    kinds = structured_kinds(talk.info)
    writing = Writing(talk)
    await writing.begin()
    if writing.written.stranger:
        reason = "no puppetizable identity is listed, and only such write structured content (PU12)"
        raise NotJudged(reason, Remedy.AGENT)
    private = kinds[0] == "private_messages"
    for purpose, structured_content in STRUCTURED.items():
        writing.create(
            purpose,
            kinds[0],
            structured_content=structured_content,
            thread=None if private else writing.thread(),
            recipient_id=next(writing.parties(), None) if private else None,
        )
    await writing.sync("create")
    await writing.sync("listed")
    await writing.tidy("deleted")


def count(info: ImplementationInfo) -> Mapping[str, int]:
    """How many contents of each object are created."""
    return {structured_kinds(info)[0]: len(STRUCTURED)}


STRUCTURING = Probe(
    name="structured",
    about="messages with structured content",
    hold=hold,
    count=count,
    needs=("declaration", "crawling"),
    writes=True,
    applies=structured_kinds,
)
