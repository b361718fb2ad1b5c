"""The fields beside a text come back: where it stands, who wrote it and when, what was attached (PU1, PU12-PU14)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from crawler.conformance.causes import date_cause
from crawler.conformance.chapters.pushing.once import LISTS, PROBE, REPLIES, SINGLE, comes_back, creations, returned
from crawler.conformance.chapters.pushing.returning import titled, titles
from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, id_of, refusal
from crawler.conformance.returned import Creation, Found, bearing, written
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.dates import read_date
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import explain_value, shape

PART = Part(Chapter.PUSHING)
rule = PART.rule
FILES = ("files", "files without a text")
TOLERANCE = 60
"""Seconds by which a date may be off."""


def field(seen: Seen, param: str, path: str, *purposes: str) -> Iterator[Case]:
    """A breach for each created content that came back with another value than was sent. Raises `Unjudged`."""
    comes_back(seen)
    sent = [it.purpose for it in creations(seen, *purposes) if it.params.get(param) is not None]
    for posted, there in returned(seen, *(sent or purposes or ["content"])):
        wanted = posted.params[param]
        value: object = there.content
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        expected = f"{path}: {printable(str(wanted), 100)}"
        actual = f"{path}: {printable(explain_value(value), 100) or shape(value)}"
        same = value == wanted or str(value) == wanted
        yield case(same, posted.sent, expected=expected, actual=actual, note=f"{posted.purpose}, {expected}")


@rule(Level.MUST, "PU12", page="objects", probe=PROBE, needs=["create-answered-with-success"])
@harm(Harm.UNANSWERED, "some agents cannot answer anybody")
def any_agent_accepted(seen: Seen) -> Iterator[Case]:
    """Whoever is shown as `puppetizable` may be written as.

    Why: each agent writes in the name of the identity that is chosen; where one is refused, the message is given up.

    Mend: take any `author_id` of a user that you show as puppetizable; or do not show it so.
    """
    if written(seen).stranger:
        raise NotJudged("no puppetizable identity is listed", Remedy.AGENT)
    by_author: dict[str, list[Creation]] = {}
    for posted in creations(seen):
        by_author.setdefault(posted.params["author_id"], []).append(posted)
    for author, by_it in by_author.items():
        taken = next((it for it in by_it if not refusal(it.sent)), by_it[0])
        refused = refusal(taken.sent)
        yield case(not refused, taken.sent, expected=f"success as {author}", actual=refused, note=author)


@rule(Level.MUST, "PU1", "PU14", "OB3", page="objects", probe=PROBE, needs=SINGLE)
@harm(Harm.LOST, "what the agent wrote above the text is not what the customer reads")
def title_is_kept(seen: Seen) -> Iterator[Case]:
    """A title that is sent beside a body comes back, with nothing of it lost.

    Why: threads are shown by their title.

    Mend: store `title` as it was sent.
    """
    for posted, there, difference in titles(seen):
        yield titled(posted, there, difference if difference and difference.lost else None)


@rule(Level.MUST, "PU1", "PU13", "OB7", page="options", probe=PROBE, needs=[*SINGLE, "any-agent-accepted"])
@harm(Harm.LOST, "an agent who attached a file takes it for sent")
def attachments_are_kept(seen: Seen) -> Iterator[Case]:
    """Where attachments are declared, a content comes back with all that were sent, with a text or without.

    Why: an agent who attached a file takes it for sent.

    Mend: read all of `attachments` in `create`, and take one that comes without `body`; or do not declare the option.
    """
    for posted in creations(seen, *FILES):
        expected = f"{posted.purpose}: the created content"
        refused = refusal(posted.sent)
        if refused:
            yield Breach(expected=expected, actual=refused, sent=posted.sent)
    for posted, there in returned(seen, *FILES):
        sent, urls = posted.params["attachments"], attached(there, "url")
        expected = f"{len(sent)} attachments: {sent[0]['url']} and others, or copies of them"
        kept = len(urls) >= len(sent)
        yield case(kept, posted.sent, expected=expected, actual=f"{len(urls)} attachments", note=posted.purpose)


@rule(Level.SHOULD, "PU1", "OB7", page="objects", probe=PROBE, needs=["attachments-are-kept"])
@harm(Harm.ALTERED, "the file is there, under a name that says nothing")
def attachments_keep_their_names(seen: Seen) -> Iterator[Case]:
    """Attachments come back with the `filename` that was sent.

    Why: the name says what it is, and with which program it opens.

    Mend: store `filename` beside the URL, and show both.
    """
    for posted, there in returned(seen, *FILES):
        wanted = [it["filename"] for it in posted.params["attachments"]]
        names = attached(there, "filename")
        missing = [it for it in wanted if it not in names]
        actual = f"filename: {', '.join(map(str, names)) or 'none'}"
        expected = f"filename: {', '.join(missing or wanted)}"
        yield case(not missing, posted.sent, expected=expected, actual=actual, note=posted.purpose)


def attached(there: Found, name: str) -> list[Any]:
    """One field of each attachment of a content."""
    files = there.content.get("attachments")
    found = [it.get(name) for it in files if isinstance(it, dict)] if isinstance(files, list) else []
    return [it for it in found if it]


@rule(Level.MUST, "PU1", "OB1", page="objects", probe=PROBE, needs=SINGLE)
@harm(Harm.EXPOSED, "elsewhere it answers another customer's question")
def message_stays_in_its_thread(seen: Seen) -> Iterator[Case]:
    """A message comes back in the thread that it was written in, whether that is the newest one or not.

    Why: elsewhere it answers another customer's question.

    Mend: store `thread_id` as it was sent.
    """
    if seen.declared.unthreaded or not seen.declared.allows("messages", "create"):
        raise DoesNotApply("the partner declares no threads that messages are written in")
    yield from field(seen, "thread_id", "thread_id")


@rule(Level.SHOULD, "PU1", "OB8", page="objects", probe=PROBE, needs=SINGLE)
@harm(Harm.ALTERED, "the reply is delivered, but agents do not see to which question")
def reply_names_what_it_replies_to(seen: Seen) -> Iterator[Case]:
    """A reply comes back with the `in_reply_to_id` that was sent, a private one as well.

    Why: it is how agents see which question was answered; private messages are put together by it alone.

    Mend: store `in_reply_to_id` as it was sent.
    """
    yield from field(seen, "in_reply_to_id", "in_reply_to_id", *REPLIES)


@rule(Level.SHOULD, "PU1", "PU12", page="objects", probe=PROBE, needs=[*SINGLE, "any-agent-accepted"])
@harm(Harm.ALTERED, "the message is delivered, under another name")
def author_is_kept(seen: Seen) -> Iterator[Case]:
    """A created content comes back as written by the user that `author_id` names, whichever agent that is.

    Why: by the author agents tell their own side from the customer's, and so do the statistics.

    Mend: write in the name of that user; only users that you show as puppetizable are named there.
    """
    if written(seen).stranger:
        raise NotJudged("no puppetizable identity is listed, so that the judge wrote as nobody", Remedy.AGENT)
    yield from field(seen, "author_id", "author.id")


@rule(Level.MUST, "PU1", "OB2", page="objects", probe=PROBE, needs=SINGLE)
@harm(Harm.EXPOSED, "somebody else reads what was meant for one")
def recipient_is_kept(seen: Seen) -> Iterator[Case]:
    """A private message goes to the user that `recipient_id` names, and comes back so, also where another wrote last.

    Why: what goes to somebody else is a breach of privacy.

    Mend: send it to `recipient_id`, not to the author of the last message.
    """
    private(seen)
    yield from field(seen, "recipient_id", "recipient.id")


def private(seen: Seen) -> None:
    """Raises `DoesNotApply` where no private message can be created."""
    if not seen.declared.allows("private_messages", "create"):
        raise DoesNotApply("the partner declares no create of private messages")


@rule(Level.MUST, "PU1", "OB2", page="objects", probe=PROBE, needs=[*LISTS, "body-holds-nothing-else"])
@harm(Harm.EXPOSED, "everybody reads what was meant for one")
def private_create_stays_private(seen: Seen) -> Iterator[Case]:
    """A private message is listed nowhere but among private messages.

    Why: messages and threads may be public; what an agent writes to one customer is not.

    Mend: look at the action, `private_messages.create`, and keep what is private apart in every list.
    """
    private(seen)
    public = [name for name in ("messages", "threads") if seen.declared.allows(name, "list")]
    if not public:
        raise DoesNotApply("the partner declares no list of messages or threads")
    sent = [it for it in creations(seen) if it.object == "private_messages" and it.tag and not refusal(it.sent)]
    for posted in seen.some(sent, "no private message was created"):
        there = [it for name in public for it in bearing(seen, posted, name)]
        actual = f"{there[0].sent.object} {id_of(there[0].content)}" if there else ""
        yield case(not there, posted.sent, expected="nothing of it in public", actual=actual, note=posted.purpose)


@rule(Level.SHOULD, "PU1", "OB5", page="objects", probe=PROBE, needs=[*SINGLE, "dates-can-be-read", "created-at-stays"])
@harm(Harm.ALTERED, "it is shown out of order, and waiting times are wrong")
def created_at_is_kept(seen: Seen) -> Iterator[Case]:
    """A created content comes back with the `created_at` that was sent, to the minute.

    Why: contents are shown by their dates, and how long a customer waited is told by them. What an agent writes may be
    sent later than it was written.

    Mend: store `created_at` as it was sent, in UTC; show it in UTC with `Z`, or with its offset.
    """
    back = returned(seen)
    dated = [(it, there, read) for it, there in back if (read := read_date(there.content.get("created_at"))[0])]
    latest = sorted(dated, key=lambda it: it[0].params["created_at"])
    for posted, there, read in latest:
        sent, received = (datetime.fromisoformat(it) for it in (posted.params["created_at"], read))
        kept = abs((received - sent).total_seconds()) < TOLERANCE
        cause = "" if kept else f", {date_cause(sent, received, there.sent.exchange.started)}"
        value = printable(str(there.content.get("created_at")), 40)
        expected = f"created_at: {posted.params['created_at']}"
        actual = f"{value}{cause} ({there.sent.id})"
        yield case(kept, posted.sent, expected=expected, actual=actual, note=f"{posted.purpose}: {value}")
    seen.some(dated, "nothing that was created is shown with a date that can be read")
