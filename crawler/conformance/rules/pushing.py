"""Creating what agents write (PU1 to PU4, PU11 to PU14)."""

from collections.abc import Iterator
from typing import Any

from crawler.conformance.evidence import NotApplicable, Seen, Sent, id_of, refusal
from crawler.conformance.rule import Breach, Chapter, Level
from crawler.conformance.timeline import pages
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import explain_value, shape

PUSHING = Chapter("pushing")
rule = PUSHING.rule
PAGE = "action-details"
CREATED = ["create-answered-with-success", "create-answers-an-id", "created-id-is-its-own"]
READABLE = ["declared-list-answers", "list-answers-an-array", "empty-list-is-an-empty-array"]
LISTED = [*READABLE, *CREATED, "created-content-is-listed"]
PURPOSES = ("thread", "message", "private message", "reply")
"""The usual creates; the others try limits."""


def created(seen: Seen, *purposes: str) -> list[Any]:
    """The `Creation`s of these purposes that were sent, at least one. Raises `NotApplicable`, with the reason."""
    creations = seen.facts.get("creations", {})
    found = [creations[it] for it in purposes if it in creations and creations[it].sent is not None]
    if not found:
        reasons = [seen.reasons[it] for it in purposes if it in seen.reasons]
        raise NotApplicable(seen.broke_off or next(iter(reasons), f"no {purposes[0]} was created"))
    return found


def is_listed(seen: Seen, object_name: str) -> bool:
    """Whether what is created must be seen in lists: they are declared, and not too long to come to their end."""
    return seen.declared.allows(object_name, "list") and object_name not in seen.fact("partial")


def shown(seen: Seen, creation: Any) -> dict[str, Any] | None:
    """The created content as it was listed first, `None` where it never was. Raises `NotApplicable` without a list."""
    if not is_listed(seen, creation.object):
        raise NotApplicable(f"the partner does not list {creation.object}, or too many to come to the newest")
    for page in pages(seen.sent, creation.object):
        for content in page.contents:
            if creation.id is not None and id_of(content) == creation.id:
                return content
    return None


def kept(seen: Seen, purpose: str, param: str, field: str) -> Iterator[Breach]:
    """A breach where the created content is listed with another value than was sent."""
    [creation] = created(seen, purpose)
    content = shown(seen, creation)
    if content is None:
        raise NotApplicable(f"the {purpose} that was created was not listed")
    wanted = creation.sent.exchange.params.get(param)
    if wanted is None:
        raise NotApplicable(f"the {purpose} was sent without {param}")
    value: object = content
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value != wanted and str(value) != wanted:
        actual = f"{field}: {printable(explain_value(value), 100) or shape(value)}"
        yield Breach(expected=f"{field}: {printable(str(wanted), 100)}", actual=actual, sent=creation.sent)


@rule(Level.MUST, "PU3", "PU6", "TR5", page=PAGE, probe="pushing", needs=["answer-signature-is-right"])
def create_answered_with_success(seen: Seen) -> Iterator[Breach]:
    """A create that the partner declares is answered with success.

    Why: after three failures the agent's message is given up; the customer never gets it.

    Mend: look into the endpoint's log. If agents cannot write there, do not declare `create`.
    """
    for creation in created(seen, *PURPOSES):
        if refused := refusal(creation.sent):
            yield Breach(expected="the created content", actual=refused, sent=creation.sent)


@rule(Level.MUST, "PU3", "PU11", page=PAGE, probe="pushing", needs=["create-answered-with-success"])
def create_answers_an_id(seen: Seen) -> Iterator[Breach]:
    """The answer to a create holds the new content's id.

    Why: without it the attempt counts as failed and is repeated twice, so that the customer gets the message three
    times; and it can neither be replied to nor deleted.

    Mend: answer the whole content, or at least `{"id": "…"}`.
    """
    for creation in created(seen, *PURPOSES):
        if creation.named is None:
            actual = printable(creation.sent.body[:100].decode("utf-8", "replace"), 100) or "an empty body"
            yield Breach(expected="an object with 'id'", actual=actual, sent=creation.sent)


@rule(Level.SHOULD, "PU3", "OB9", page="objects", probe="pushing", needs=["create-answers-an-id"])
def created_id_is_a_string(seen: Seen) -> Iterator[Breach]:
    """The id in the answer to a create is a string.

    Why: ids are opaque text; a number of more than 15 digits comes out of many JSON readers as another one.

    Mend: write `"id": "12"` instead of `"id": 12`.
    """
    for creation in created(seen, *PURPOSES):
        answer = creation.sent.json()
        if not isinstance(answer.get("id"), str):
            yield Breach(expected="'id' as a string", actual=shape(answer.get("id")), sent=creation.sent)


@rule(Level.SHOULD, "PU4", page="quick-start", probe="pushing", needs=["create-answers-an-id"])
def created_id_is_not_the_replied_to_id(seen: Seen) -> Iterator[Breach]:
    """The id in the answer to a create is not that of the content or thread which it was written to.

    Why: the guide's quick start does just that; but then what was created cannot be told from what it replies to, and a
    deletion of the one hits the other.

    Mend: answer the id of the content that you created.
    """
    for creation in created(seen, *PURPOSES):
        params = creation.sent.exchange.params
        for name in ("in_reply_to_id", "thread_id"):
            if creation.named == params.get(name) and name in params:
                yield Breach(expected="an id of its own", actual=f"{creation.named}, the {name}", sent=creation.sent)


@rule(
    Level.MUST,
    "PU3",
    "PU4",
    page=PAGE,
    probe="pushing",
    needs=["create-answers-an-id", "created-id-is-not-the-replied-to-id"],
)
def created_id_is_its_own(seen: Seen) -> Iterator[Breach]:
    """The id in the answer to a create is one that no other content has.

    Why: a content that is known is never overwritten, so what was created has no id: nothing can be done to it.

    Mend: answer the id that the new row got, not that of the last one read.
    """
    for creation in created(seen, *PURPOSES):
        if creation.id is None:
            yield Breach(expected="a new id", actual=f"{creation.named}, which is known", sent=creation.sent)


@rule(
    Level.SHOULD,
    "LS1",
    "PU11",
    page="polling",
    probe="pushing",
    needs=[*READABLE, *CREATED, "ids-stay"],
)
def created_content_is_listed(seen: Seen) -> Iterator[Breach]:
    """What was created is listed after the cursor from before, under the id of the answer.

    Why: the list is how later changes to it become known: an edit, a deletion, what may be done to it.

    Mend: list agents' contents like everybody's, and at once.
    """
    for creation in created(seen, *PURPOSES):
        if is_listed(seen, creation.object) and shown(seen, creation) is None:
            yield Breach(
                expected=f"{creation.id} in a list of {creation.object}", actual="never listed", sent=creation.sent
            )


@rule(Level.SHOULD, "PU11", page=PAGE, probe="pushing", needs=CREATED)
def create_answer_shows_what_was_sent(seen: Seen) -> Iterator[Breach]:
    """Where the answer to a create shows the content, its body is the one that was sent.

    Why: what was stored as sent stays so; if the customer gets another text, agents do not know it.

    Mend: answer the content as it is stored, and store what was sent.
    """
    for creation in created(seen, *PURPOSES):
        body = creation.sent.json().get("body")
        if body and body != creation.sent.exchange.params.get("body"):
            yield Breach(expected="the body that was sent", actual=printable(str(body), 100), sent=creation.sent)


@rule(Level.SHOULD, "PU11", page=PAGE, probe="pushing", needs=LISTED)
def body_is_kept(seen: Seen) -> Iterator[Breach]:
    """A created content is listed with the body that was sent.

    Why: the list has the last word on a content, so agents see another text than they wrote.

    Mend: store the body as it came; add footers and signatures where you show it.
    """
    yield from kept(seen, "message", "body", "body")


@rule(Level.SHOULD, "TR3", "PU11", page="request-response", probe="pushing", needs=["body-is-kept"])
def accents_and_emoji_are_kept(seen: Seen) -> Iterator[Breach]:
    """A body with accents, Asian characters and emoji is accepted, and listed as it was sent.

    Why: agents and customers write them every day.

    Mend: keep UTF-8 all the way; in MySQL use the character set `utf8mb4`.
    """
    [creation] = created(seen, "accents")
    if refused := refusal(creation.sent):
        yield Breach(expected="the created content", actual=refused, sent=creation.sent)
    else:
        yield from kept(seen, "accents", "body", "body")


@rule(Level.SHOULD, "OB6", "PU11", page="objects", probe="pushing", needs=["body-is-kept"])
def long_body_is_kept(seen: Seen) -> Iterator[Breach]:
    """A body of 20,000 characters is accepted, and listed as it was sent.

    Why: that is the length up to which agents can write.

    Mend: make the column long enough; where the channel itself takes less, split the text, or refuse it with an error
    that says so.
    """
    [creation] = created(seen, "long")
    if refused := refusal(creation.sent):
        yield Breach(expected="the created content", actual=refused, sent=creation.sent)
    else:
        yield from kept(seen, "long", "body", "body")


@rule(Level.SHOULD, "PU1", "PU13", "OB7", page="options", probe="pushing", needs=["body-is-kept"])
def attachments_are_kept(seen: Seen) -> Iterator[Breach]:
    """Where the option for attachments is declared, a content is created with the attachments that were sent.

    Why: an agent who attached a file takes it for sent.

    Mend: read `attachments` in `create`; or do not declare the option.
    """
    [creation] = created(seen, "attachment")
    content = shown(seen, creation) or {}
    sent = [it["url"] for it in creation.sent.exchange.params["attachments"]]
    attached = content.get("attachments")
    urls = [it.get("url") for it in attached if isinstance(it, dict)] if isinstance(attached, list) else []
    if refused := refusal(creation.sent):
        yield Breach(expected="the created content", actual=refused, sent=creation.sent)
    elif content and len(urls) < len(sent):
        actual = f"{len(urls)} attachments"
        yield Breach(expected=f"the attachment {sent[0]}, or a copy of it", actual=actual, sent=creation.sent)


@rule(Level.MUST, "PU1", "OB1", page="objects", probe="pushing", needs=LISTED)
def message_stays_in_its_thread(seen: Seen) -> Iterator[Breach]:
    """A message that is created in a thread is listed in that thread.

    Why: elsewhere it answers another customer's question.

    Mend: store `thread_id` as it was sent.
    """
    yield from kept(seen, "message", "thread_id", "thread_id")


@rule(Level.SHOULD, "PU1", "OB8", page="objects", probe="pushing", needs=LISTED)
def reply_names_what_it_replies_to(seen: Seen) -> Iterator[Breach]:
    """A reply is listed with the `in_reply_to_id` that was sent.

    Why: it is how agents see which question was answered; private messages are put together by it alone.

    Mend: store `in_reply_to_id` as it was sent.
    """
    yield from kept(seen, "reply", "in_reply_to_id", "in_reply_to_id")


@rule(Level.SHOULD, "PU1", "PU12", page="objects", probe="pushing", needs=LISTED)
def author_is_kept(seen: Seen) -> Iterator[Breach]:
    """A created content is listed as written by the user that `author_id` names.

    Why: by the author agents tell their own side from the customer's, and so do the statistics.

    Mend: write in the name of that user; only users that you show as puppetizable are named there.
    """
    if seen.facts.get("stranger"):
        raise NotApplicable("the judge wrote as nobody that the partner knows: no puppetizable identity is listed")
    yield from kept(seen, "message", "author_id", "author.id")


@rule(Level.MUST, "PU1", "OB2", page="objects", probe="pushing", needs=LISTED)
def recipient_is_kept(seen: Seen) -> Iterator[Breach]:
    """A private message goes to the user that `recipient_id` names, and is listed so.

    Why: what goes to somebody else is a breach of privacy.

    Mend: send it to `recipient_id`, not to the author of the last message.
    """
    yield from kept(seen, "private message", "recipient_id", "recipient.id")


@rule(Level.SHOULD, "PU1", "PU14", "OB3", page="objects", probe="pushing", needs=LISTED)
def title_is_kept(seen: Seen) -> Iterator[Breach]:
    """A created thread is listed with the title that was sent.

    Why: threads are shown by their title.

    Mend: store `title` as it was sent.
    """
    yield from kept(seen, "thread", "title", "title")


def _copies(seen: Seen, purpose: str, label: str) -> Iterator[Breach]:
    """A breach where a repeated create made one more content: by the lists, or else by the answer."""
    [creation] = created(seen, purpose)
    sent = seen.one(label)
    if shown(seen, creation) is None:
        raise NotApplicable(f"the {purpose} that was created was not listed")
    copies = {
        id_of(content)
        for page in pages(seen.sent, creation.object)
        for content in page.contents
        if creation.tag in str(content.get("body"))
    }
    if len(copies) > 1:
        yield Breach(expected="one content", actual=f"{len(copies)} of the same content_id", sent=sent)


@rule(Level.SHOULD, "PU2", "PU11", page=PAGE, probe="pushing", needs=LISTED)
def repeated_create_makes_no_copy(seen: Seen) -> Iterator[Breach]:
    """A create that comes again with `retry: true` and the same `content_id` creates nothing more.

    Why: where an answer got lost, the platform cannot know whether the message was created, and sends it again; without
    this check the customer gets it twice.

    Mend: store `content_id` with what you create, with a unique index, and look for it before you create.
    """
    yield from _copies(seen, "message", "repeat")


@rule(Level.SHOULD, "PU2", "PU3", page=PAGE, probe="pushing", needs=CREATED)
def repeated_create_answers_the_same_id(seen: Seen) -> Iterator[Breach]:
    """A create that comes again with `retry: true` is answered with the id of what the first one created.

    Why: the content is known by that id from then on.

    Mend: answer the content that you find under `content_id`.
    """
    [creation] = created(seen, "message")
    sent = seen.one("repeat")
    if refused := refusal(sent):
        yield Breach(expected=f"id {creation.id}", actual=refused, sent=sent)
    elif (again := id_of(sent.json())) != creation.id:
        yield Breach(expected=f"id {creation.id}", actual=f"id {again}", sent=sent)


@rule(Level.UNCLEAR, "PU2", page=PAGE, probe="pushing", needs=[*LISTED, "repeated-create-makes-no-copy"])
def content_id_alone_prevents_copies(seen: Seen) -> Iterator[Breach]:
    """A create that comes again with the same `content_id` creates nothing more, even where it says `retry: false`.

    Why: the guide does not say which of the two counts; the platform sets `retry` on every repeat.

    Mend: nothing needs mending; a unique `content_id` is safer than the flag.
    """
    yield from _copies(seen, "accents", "repeat without retry")


def not_done(sent: Sent) -> Iterator[Breach]:
    """A breach where nonsense was done, or crashed the endpoint."""
    if not (refused := refusal(sent)):
        yield Breach(expected="an error", actual=f"{sent.came}, a success", sent=sent)
    elif sent.status is None or sent.status >= 500:
        yield Breach(expected="HTTP 4xx, or an object with 'error'", actual=refused, sent=sent)


@rule(Level.SHOULD, "PU1", "PU7", page=PAGE, probe="pushing", needs=CREATED)
def create_in_unknown_thread_refused(seen: Seen) -> Iterator[Breach]:
    """A message for a thread that does not exist is refused.

    Why: an agent whose answer cannot be delivered must hear of it; a success says that the customer got it.

    Mend: answer `{"error": {"fatal": true, "message": "…"}}`, signed, or 4xx with a text.
    """
    yield from not_done(seen.one("unknown thread"))


@rule(Level.SHOULD, "PU1", "PU7", "OB1", page=PAGE, probe="pushing", needs=CREATED)
def create_without_body_refused(seen: Seen) -> Iterator[Breach]:
    """A message with neither body nor attachments is refused.

    Why: a content without a body cannot be imported again, and nobody wants to receive it.

    Mend: answer `{"error": {"fatal": true, "message": "…"}}`, signed, or 4xx with a text.
    """
    yield from not_done(seen.one("no body"))
