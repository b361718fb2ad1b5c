"""Whether what agents write comes back: a table of texts, and each field, in every object and format that is declared.

All that is created is the judge's own, and is taken away again at the end. What is created is followed until it is
listed or shown.

Labels: the purposes of what is created, see `orders` and `replies`; ``listed`` and ``shown`` for what became of it;
``tidy`` and ``left`` at the end. Learns what `Posting` does.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from crawler.conformance.chapters.pushing.probes.pushing import creates, kind_of
from crawler.conformance.evidence import NotJudged, Remedy
from crawler.conformance.posting import OTHER_THREAD, Order, Posting
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.texts import MIXED, NOT_ASCII, TITLE, plans
from crawler.protocol.implementation import ImplementationInfo

URL = "https://example.com/ringcx-crawler-check"
FILES = ({"url": f"{URL}-1.png", "filename": "a check.png"}, {"url": f"{URL}-2.pdf", "filename": "another check.pdf"})
FILE_PURPOSES = ("files", "files without a text")
THREAD = "thread"
REPLIES = ("reply", "private reply")
DATED = "written the day before"
TIME_OF_DAY = time(23, 47, 58, tzinfo=UTC)
"""One that no other reading of a date leaves as it is: 23 is no hour of a clock with 12, 47 is no month."""


def orders(info: ImplementationInfo, now: datetime) -> Iterator[Order]:
    """What is created first. By their order who takes another thread, or party, than is meant is never right."""
    kind = kind_of(info)
    if info.allows("threads", "create"):
        for number, purpose in enumerate((THREAD, OTHER_THREAD)):
            forms = info.formats("threads")
            form = forms[number % len(forms)]
            plan = MIXED.as_html() if form == "html" else MIXED
            yield Order(purpose=purpose, object="threads", plan=plan, title=TITLE)
    yield Order(purpose="in the other thread", object=kind, thread=OTHER_THREAD)
    for plan in plans(info, kind):
        yield Order(purpose=plan.name, object=kind, plan=plan, thread=THREAD)
    yield Order(
        purpose=DATED, object=kind, thread=THREAD, at=datetime.combine(now.date() - timedelta(days=1), TIME_OF_DAY)
    )
    yield Order(purpose="as another agent", object=kind, thread=THREAD, agent=1)
    if info.takes_attachments(kind):
        for purpose in FILE_PURPOSES:
            wordless = purpose != FILE_PURPOSES[0]
            yield Order(purpose=purpose, object=kind, thread=THREAD, attachments=FILES, wordless=wordless)
    if info.allows("private_messages", "create"):
        for form in info.formats("private_messages"):
            plan = MIXED.as_html() if form == "html" else MIXED
            yield Order(purpose=f"private message, {form}", object="private_messages", plan=plan, party=1)


def replies(info: ImplementationInfo) -> Iterator[Order]:
    """What is created once the content that it replies to is listed, and says that it may be replied to (AC4)."""
    if info.allows("messages", "create"):
        yield Order(purpose="reply", object="messages", thread=OTHER_THREAD, in_reply_to="in the other thread")
    if info.allows("private_messages", "create"):
        form = info.formats("private_messages")[0]
        answered = f"private message, {form}"
        yield Order(purpose="private reply", object="private_messages", in_reply_to=answered, party=1)


def undeclared(info: ImplementationInfo) -> Mapping[str, str]:
    """The purposes for which nothing is created, since the partner does not declare what they need: why."""
    kind = kind_of(info)
    needed = {
        **dict.fromkeys((THREAD, OTHER_THREAD), info.allows("threads", "create") or "create of threads"),
        "in the other thread": (kind == "messages" and not info.unthreaded) or "threads that messages are written in",
        "reply": info.allows("messages", "create") or "create of messages",
        "private reply": info.allows("private_messages", "create") or "create of private messages",
        **dict.fromkeys(FILE_PURPOSES, info.takes_attachments(kind) or f"attachments of {kind}"),
    }
    return {label: f"the partner declares no {what}" for label, what in needed.items() if isinstance(what, str)}


async def hold(talk: Talk) -> None:
    """Create all, follow it, reply, follow that, and tidy up."""
    posting = Posting(talk)
    spelled = (sent for sent in talk.before["spellings"].sent if sent.label == "raw UTF-8")
    ascii_only = any(not sent.succeeded for sent in spelled) and not talk.source.ascii_json
    for order in orders(talk.info, talk.clock()):
        if order.plan is not None and order.plan.name in NOT_ASCII and ascii_only:
            talk.leave_out(order.purpose, NotJudged("raw-utf8-body-accepted is broken", Remedy.FIX))
        elif order.agent < max(len(posting.agents), 1):
            await posting.create(order.in_ascii() if ascii_only else order)
    await posting.follow()
    for order in replies(talk.info):
        await posting.create(order)
    await posting.follow()
    await posting.tidy()


def count(info: ImplementationInfo) -> Mapping[str, int]:
    """How many contents of each object are created at most."""
    now = datetime.fromisoformat("2026-01-01T00:00:00Z")  # whichever
    return Counter(order.object for order in (*orders(info, now), *replies(info)))


RETURNING = Probe(
    name="returning",
    about="whether what agents write comes back",
    hold=hold,
    count=count,
    needs=("declaration", "spellings", "crawling"),
    writes=True,
    applies=creates,
    undeclared=undeclared,
    seconds=180,
)
