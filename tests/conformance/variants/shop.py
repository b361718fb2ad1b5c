"""A shop with enough contents for positions to matter: what every variant breaks one piece of."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from crawler.reference import AGENT, Forum, ReferencePartner, seeded
from crawler.reference.contents import Attachment
from tests.conformance.courtroom import Clock, partner

OTHER_AGENT = "agent-lou"
MESSAGES = 33
EQUAL = range(8, 15)
"""The places, by age from 0, of messages that were written in the same second, as after an import."""
AGENTS_RUN = range(18, 24)
"""The places of messages in a row that agents wrote."""


def forum(clock: Callable[[], datetime]) -> Forum:
    """The seeded forum and more: 5 threads, 33 messages in html and text, 8 private messages, and two agents."""
    it = seeded(clock)
    start = it.contents["1"].created_at

    def at(hours: float) -> datetime:
        return start + timedelta(hours=hours)

    joined = {"created_at": at(-300), "updated_at": at(-10)}
    it.add_user(OTHER_AGENT, "Lou (the shop)", puppetizable=True, firstname="Lou", lastname="Nguyễn", **joined)
    it.add_user("zoe", "zoë", **joined)
    refund = it.add_thread("zoe", "Refund?", "<p>When do I get my 12 € back?</p>", created_at=at(31)).id
    colour = it.add_thread("marc", "Which blue?", "Navy or royal?", created_at=at(31.5), format="text").id
    threads = ("1", "2", refund, colour, "3")
    people = ("zoe", "marc", "jun", "42")
    for place in range(len(it.standing("messages")), MESSAGES):
        author = (AGENT, OTHER_AGENT)[place % 2] if place in AGENTS_RUN else people[place % 4]
        created_at = at(32) if place in EQUAL else at(32 + (place - 8) / 2)
        text = {"format": "text"} if place % 3 == 0 else {}
        body = f"Line one of {place}.\nLine two, 5 < 6 & done." if text else f"<p>Answer <b>{place}</b>, R&amp;D</p>"
        picture = (Attachment(f"https://shop.example/files/{place}.png", f"{place}.png"),) if place % 11 == 0 else ()
        it.add_message(author, threads[place % 5], body, created_at=created_at, attachments=picture, **text)
    for number, customer in enumerate(("zoe", "marc", "jun") * 2):
        author, recipient = (customer, AGENT) if number < 3 else (AGENT, customer)
        it.add_private_message(author, recipient, f"Between us: {number}", created_at=at(40 + number), format="text")
    return it


def shop(**settings: Any) -> ReferencePartner:
    """The reference partner over that forum."""
    return partner(forum=forum(Clock()), **settings)
