"""What agents do to contents: operations, deletions, and what is refused (PU5, PU7, AC)."""

from collections.abc import Iterator

from crawler.conformance.evidence import NotApplicable, Seen, Sent, id_of, refusal
from crawler.conformance.rule import Breach, Level
from crawler.conformance.rules import pushing
from crawler.conformance.rules.cursors import LISTING
from crawler.conformance.rules.pushing import CREATED, PAGE, created, not_done
from crawler.conformance.timeline import is_page
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import STANDARD, shape

PUSHING = pushing.PUSHING
"""The chapter, with the rules of this module in it."""
rule = PUSHING.rule
DELETED = [*CREATED, "delete-answered-with-success"]


def operated(seen: Seen) -> list[Sent]:
    """The operations on what the judge created, deletion left out. Raises `NotApplicable`."""
    [message] = created(seen, "message")
    found = [
        sent
        for sent in seen.sent
        if sent.object == message.object
        and ((name := sent.action.partition(".")[2]) not in STANDARD or name in ("publish", "unpublish"))
        and sent.label in ("operate", "publish")
    ]
    if not found:
        raise NotApplicable(seen.reasons.get("operate", "the content that was created names no operation"))
    return found


@rule(Level.MUST, "PU5", "IM5", "AC2", page=PAGE, probe="pushing", needs=CREATED)
def operation_answered_with_success(seen: Seen) -> Iterator[Breach]:
    """An operation that both the declaration and the content's own `actions` name is answered with success.

    Why: agents see a button for it; after three failures it is given up.

    Mend: look into the endpoint's log; or leave the operation out of the `actions` of contents that it does not suit.
    """
    for sent in operated(seen):
        if refused := refusal(sent):
            yield Breach(expected="the content after the operation", actual=refused, sent=sent)


@rule(Level.SHOULD, "PU5", page=PAGE, probe="pushing", needs=["operation-answered-with-success"])
def operation_answers_the_content(seen: Seen) -> Iterator[Breach]:
    """The answer to an operation shows the whole content as it is then.

    Why: our copy is updated from it: without it agents see the old state until the content is listed again.

    Mend: answer the content in the same form as `show` does.
    """
    for sent in operated(seen):
        try:
            answer = sent.json()
        except NotApplicable:
            answer = None
        if not isinstance(answer, dict) or id_of(answer) != sent.exchange.params.get("id"):
            actual = printable(sent.body[:100].decode("utf-8", "replace"), 100) or "an empty body"
            yield Breach(expected=f"the content {sent.exchange.params.get('id')}", actual=actual, sent=sent)


@rule(Level.UNCLEAR, "IM5", "PU5", page="actions", probe="pushing", needs=["operation-answers-the-content"])
def operation_done_is_not_offered_again(seen: Seen) -> Iterator[Breach]:
    """After `publish` or `unpublish` the content's `actions` do not name the same operation again.

    Why: a button that does nothing puzzles agents.

    Mend: put into `actions` what can be done to the content in its present state.
    """
    judged = [sent for sent in operated(seen) if sent.action.endswith("publish")]
    if not judged:
        raise NotApplicable("the content that was created names neither publish nor unpublish")
    for sent in judged:
        actions = sent.json().get("actions")
        operation = sent.action.partition(".")[2]
        if isinstance(actions, list) and operation in actions:
            yield Breach(expected=f"actions without {operation}", actual=f"actions with {operation}", sent=sent)


@rule(Level.SHOULD, "PU5", "PU7", page=PAGE, probe="pushing", needs=CREATED)
def operation_on_unknown_content_refused(seen: Seen) -> Iterator[Breach]:
    """An operation on an id that names nothing is refused, without a crash.

    Why: a success says that it was done. A content may be gone at your side, and agents should hear of it.

    Mend: answer `{"error": {"fatal": true, "message": "…"}}`, signed, or 404 with a text.
    """
    yield from not_done(seen.one("unknown target"))


@rule(Level.SHOULD, "PU7", "TR6", page=PAGE, probe="pushing", needs=["answer-signature-is-right"])
def refusal_says_why(seen: Seen) -> Iterator[Breach]:
    """A refusal is an error status with a text, or `{"error": {"fatal": …, "message": …}}` with a boolean and a text.

    Why: the text is what agents see; `fatal` decides whether the same is tried twice more.

    Mend: say in a sentence what was wrong; `fatal: true` where trying again makes no sense.
    """
    judged = [sent for sent in seen.sent if sent.label in ("unknown thread", "no body", "unknown target")]
    refusals = [sent for sent in judged if refusal(sent) and sent.status is not None]
    if not refusals:
        raise NotApplicable(seen.broke_off or "the partner refused nothing")
    for sent in refusals:
        if not sent.succeeded:
            if not sent.body.strip():
                yield Breach(expected="a text that says why", actual=f"{sent.came}, an empty body", sent=sent)
            continue
        error = sent.json().get("error")
        fatal, message = (error.get("fatal"), error.get("message")) if isinstance(error, dict) else (None, None)
        if not isinstance(fatal, bool) or not isinstance(message, str) or not message.strip():
            actual = f"fatal: {shape(fatal)}, message: {shape(message)}" if isinstance(error, dict) else shape(error)
            yield Breach(expected="an error with a boolean 'fatal' and a text 'message'", actual=actual, sent=sent)


def deletions(seen: Seen) -> list[Sent]:
    """The deletions of what the judge created. Raises `NotApplicable`."""
    found = [sent for sent in seen.sent if sent.label == "delete" and sent.action.endswith((".delete", ".destroy"))]
    if not found:
        raise NotApplicable(seen.broke_off or seen.reasons.get("delete", "nothing could be deleted"))
    return found


@rule(Level.MUST, "PU5", "IM6", page=PAGE, probe="pushing", needs=[*CREATED, "ids-stay"])
def delete_answered_with_success(seen: Seen) -> Iterator[Breach]:
    """A deletion that both the declaration and the content's own `actions` name is answered with a signed 2xx.

    Why: after three failures it is given up, and what an agent wanted gone stays.

    Mend: look into the endpoint's log; or do not declare `delete`.
    """
    for sent in deletions(seen):
        if refused := refusal(sent):
            yield Breach(expected="HTTP 2xx, signed", actual=refused, sent=sent)


@rule(Level.SHOULD, "PU5", "LS1", page=PAGE, probe="pushing", needs=[*DELETED, "list-answers-an-array"])
def deleted_content_is_not_listed(seen: Seen) -> Iterator[Breach]:
    """What was deleted is not listed any more.

    Why: a content that is listed is a content that is there: it is shown to agents again.

    Mend: leave deleted contents out of lists.
    """
    [message] = created(seen, "message")
    sent = seen.one("list from the beginning")
    if message.id in sent.ids():
        yield Breach(expected=f"a list without {message.id}", actual="it is listed", sent=sent)


@rule(Level.SHOULD, "PU5", "PU6", page=PAGE, probe="pushing", needs=DELETED)
def repeated_delete_is_no_crash(seen: Seen) -> Iterator[Breach]:
    """Deleting what was deleted already is answered with success, or with an error that says so, but not with a 5xx.

    Why: where an answer got lost the deletion is sent again; a crash counts as a failure to delete.

    Mend: answer the same as the first time, or `{"error": …}`.
    """
    sent = seen.one("delete again")
    if sent.status is None or sent.status >= 500:
        yield Breach(expected="HTTP 2xx or 4xx", actual=sent.came, sent=sent)


@rule(Level.SHOULD, "AC1", "OB9", page=PAGE, probe="pushing", needs=DELETED)
def show_of_deleted_content_is_no_crash(seen: Seen) -> Iterator[Breach]:
    """`show` of what was deleted is answered with 404 or with the content as it is now, but not with a 5xx.

    Why: agents may still look at it.

    Mend: look whether the content is there before you show it.
    """
    sent = seen.one("show deleted")
    if sent.status is None or sent.status >= 500:
        yield Breach(expected="HTTP 404, or the content", actual=sent.came, sent=sent)


@rule(Level.MUST, "PU10", page="options", probe="pushing", needs=["answer-signature-is-right"])
def queuing_update_answered(seen: Seen) -> Iterator[Breach]:
    """With the option `messaging.queuing_update`, that action is answered with a 2xx status.

    Why: it is sent whenever a visitor's place in the queue changes, and each failure is one in your statistics.

    Mend: answer `{}`; or do not declare the option.
    """
    sent = seen.one("queuing update")
    if not 200 <= (sent.status or 0) < 300:
        yield Breach(expected="HTTP 2xx", actual=sent.came, sent=sent)


@LISTING.rule(Level.MUST, "LS10", page="polling", probe="pushing", needs=[*DELETED, "unknown-since-id-answered"])
def deleted_since_id_answered(seen: Seen) -> Iterator[Breach]:
    """A list after a content that was deleted is answered with an array.

    Why: the newest content is the cursor, and it may be deleted at any time; with an error each cycle fails from then
    on, for good.

    Mend: keep the place of what was deleted, or answer everything.
    """
    sent = seen.one("list after deleted")
    if not is_page(sent):
        yield Breach(expected="a JSON array", actual=sent.came, sent=sent)
