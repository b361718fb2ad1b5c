"""What agents do to contents: operations, deletions, and what is refused (PU5, PU7, AC)."""

from collections.abc import Iterator, Sequence

from crawler.conformance.chapters.pushing.creating import CREATED, PAGE, created
from crawler.conformance.chapters.pushing.repeating import not_done
from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, Sent, id_of, refusal
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import STANDARD, shape

PART = Part(Chapter.PUSHING)
rule = PART.rule
DELETED = [*CREATED, "delete-answered-with-success"]


def operated(seen: Seen) -> Sequence[Sent]:
    """The operations on what the judge created, deletion left out, at least one. Raises `Unjudged`."""
    if isinstance(left_out := seen.left_out("operate"), DoesNotApply):
        raise left_out
    [message] = created(seen, "message")
    found = [
        sent
        for sent in seen.sent
        if sent.object == message.object
        and ((name := sent.action.partition(".")[2]) not in STANDARD or name in ("publish", "unpublish"))
        and sent.label in ("operate", "publish")
    ]
    if not found and (left_out := seen.left_out("operate", "publish")):
        raise left_out
    return seen.some(found, "the content that was created names no operation")


@rule(Level.MUST, "PU5", "IM5", "AC2", page=PAGE, probe="pushing", needs=CREATED)
@harm(Harm.LOST, "what the agent wanted done is not done")
def operation_answered_with_success(seen: Seen) -> Iterator[Case]:
    """An operation that both the declaration and the content's own `actions` name is answered with success.

    Why: agents see a button for it; after three failures it is given up.

    Mend: look into the endpoint's log; or leave the operation out of the `actions` of contents that it does not suit.
    """
    for sent in operated(seen):
        refused = refusal(sent)
        yield case(not refused, sent, expected="the content after the operation", actual=refused, note=sent.action)


@rule(Level.SHOULD, "PU5", page=PAGE, probe="pushing", needs=["operation-answered-with-success"])
@harm(Harm.ALTERED, "agents see the old state until the content is listed again")
def operation_answers_the_content(seen: Seen) -> Iterator[Case]:
    """The answer to an operation shows the whole content as it is then.

    Why: our copy is updated from it: without it agents see the old state until the content is listed again.

    Mend: answer the content in the same form as `show` does.
    """
    for sent in operated(seen):
        try:
            answer = sent.json()
        except NotJudged:
            answer = None
        target = sent.exchange.params.get("id")
        kept = isinstance(answer, dict) and id_of(answer) == target
        actual = printable(sent.body[:100].decode("utf-8", "replace"), 100) or "an empty body"
        yield case(kept, sent, expected=f"the content {target}", actual=actual, note=sent.action)


@rule(Level.UNCLEAR, "IM5", "PU5", page="actions", probe="pushing", needs=["operation-answers-the-content"])
@harm(Harm.UNKNOWN, "the guide does not say which actions a content names when")
def operation_done_is_not_offered_again(seen: Seen) -> Iterator[Case]:
    """After `publish` or `unpublish` the content's `actions` do not name the same operation again.

    Why: a button that does nothing puzzles agents.

    Mend: put into `actions` what can be done to the content in its present state.
    """
    if isinstance(left_out := seen.left_out("publish"), DoesNotApply):
        raise left_out
    judged = (sent for sent in operated(seen) if sent.action.endswith("publish"))
    for sent in seen.some(judged, "the content that was created names neither publish nor unpublish"):
        actions = sent.json().get("actions")
        operation = sent.action.partition(".")[2]
        kept = not isinstance(actions, list) or operation not in actions
        yield case(kept, sent, expected=f"actions without {operation}", actual=f"actions with {operation}")


@rule(Level.SHOULD, "PU5", "PU7", page=PAGE, probe="pushing", needs=CREATED)
@harm(Harm.ALTERED, "it is rare; but agents take for done what was not")
def operation_on_unknown_content_refused(seen: Seen) -> Iterator[Case]:
    """An operation on an id that names nothing is refused, without a crash.

    Why: a success says that it was done. A content may be gone at your side, and agents should hear of it.

    Mend: answer `{"error": {"fatal": true, "message": "…"}}`, signed, or 404 with a text.
    """
    yield not_done(seen.one("unknown target"))


@rule(Level.SHOULD, "PU7", "TR6", page=PAGE, probe="pushing", needs=["answer-signature-is-right"])
@harm(Harm.ALTERED, "the failure is counted all the same; but agents cannot tell why")
def refusal_says_why(seen: Seen) -> Iterator[Case]:
    """A refusal is an error status with a text, or `{"error": {"fatal": …, "message": …}}` with a boolean and a text.

    Why: the text is what agents see; `fatal` decides whether the same is tried twice more.

    Mend: say in a sentence what was wrong; `fatal: true` where trying again makes no sense.
    """
    judged = (sent for sent in seen.sent if sent.label in ("unknown thread", "no body", "unknown target"))
    refusals = (sent for sent in judged if refusal(sent) and sent.status is not None)
    for sent in seen.some(refusals, "the partner refused nothing", Remedy.FIX):
        if not sent.succeeded:
            actual = f"{sent.came}, an empty body"
            yield case(sent.body.strip(), sent, expected="a text that says why", actual=actual)
            continue
        error = sent.json().get("error")
        fatal, message = (error.get("fatal"), error.get("message")) if isinstance(error, dict) else (None, None)
        kept = isinstance(fatal, bool) and isinstance(message, str) and message.strip()
        actual = f"fatal: {shape(fatal)}, message: {shape(message)}" if isinstance(error, dict) else shape(error)
        yield case(kept, sent, expected="an error with a boolean 'fatal' and a text 'message'", actual=actual)


def deletions(seen: Seen) -> Sequence[Sent]:
    """The deletions of what the judge created, at least one. Raises `Unjudged`."""
    found = [sent for sent in seen.sent if sent.label == "delete" and sent.action.endswith((".delete", ".destroy"))]
    if not found and (left_out := seen.left_out("delete")):
        raise left_out
    return seen.some(found, "nothing could be deleted", Remedy.FIX)


@rule(Level.MUST, "PU5", "IM6", page=PAGE, probe="pushing", needs=[*CREATED, "ids-stay"])
@harm(Harm.EXPOSED, "what an agent wanted gone stays there to be seen")
def delete_answered_with_success(seen: Seen) -> Iterator[Case]:
    """A deletion that both the declaration and the content's own `actions` name is answered with a signed 2xx.

    Why: after three failures it is given up, and what an agent wanted gone stays.

    Mend: look into the endpoint's log; or do not declare `delete`.
    """
    for sent in deletions(seen):
        refused = refusal(sent)
        yield case(not refused, sent, expected="HTTP 2xx, signed", actual=refused, note=sent.action)


@rule(Level.MUST, "PU5", "LS1", page=PAGE, probe="pushing", needs=[*DELETED, "list-answers-an-array"])
@harm(Harm.EXPOSED, "what an agent wanted gone is still there to be seen")
def deleted_content_is_not_listed(seen: Seen) -> Iterator[Case]:
    """What was deleted is not listed any more.

    Why: a content that is listed is a content that is there: it is shown to agents again.

    Mend: leave deleted contents out of lists.
    """
    [message] = created(seen, "message")
    sent = seen.one("list from the beginning")
    kept = message.id not in sent.ids()
    yield case(kept, sent, expected=f"a list without {message.id}", actual="it is listed", note=str(message.id))


@rule(Level.SHOULD, "PU5", "PU6", page=PAGE, probe="pushing", needs=DELETED)
@harm(Harm.ALTERED, "it is gone all the same; but agents read that it could not be deleted")
def repeated_delete_is_no_crash(seen: Seen) -> Iterator[Case]:
    """Deleting what was deleted already is answered with success, or with an error that says so, but not with a 5xx.

    Why: where an answer got lost the deletion is sent again; a crash counts as a failure to delete.

    Mend: answer the same as the first time, or `{"error": …}`.
    """
    sent = seen.one("delete again")
    yield case((sent.status or 500) < 500, sent, expected="HTTP 2xx or 4xx", actual=sent.came)


@rule(Level.SHOULD, "AC1", "OB9", page=PAGE, probe="pushing", needs=DELETED)
@harm(Harm.BRITTLE, "agents rarely look at it")
def show_of_deleted_content_is_no_crash(seen: Seen) -> Iterator[Case]:
    """`show` of what was deleted is answered with 404 or with the content as it is now, but not with a 5xx.

    Why: agents may still look at it.

    Mend: look whether the content is there before you show it.
    """
    sent = seen.one("show deleted")
    yield case((sent.status or 500) < 500, sent, expected="HTTP 404, or the content", actual=sent.came)


@rule(Level.SHOULD, "PU10", page="options", probe="pushing", needs=["answer-signature-is-right"])
@harm(Harm.ALTERED, "visitors do not see how long they wait, and nothing else follows")
def queuing_update_answered(seen: Seen) -> Iterator[Case]:
    """With the option `messaging.queuing_update`, that action is answered with a 2xx status.

    Why: it is sent whenever a visitor's place in the queue changes, and each failure is one in your statistics.

    Mend: answer `{}`; or do not declare the option.
    """
    sent = seen.one("queuing update")
    yield case(200 <= (sent.status or 0) < 300, sent, expected="HTTP 2xx", actual=sent.came)
