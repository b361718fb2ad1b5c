"""Errors and retries (TR6, PU6, PU7)."""

import re
from collections.abc import Iterator, Sequence

from crawler.conformance.chapters.transport.signatures import answered_well
from crawler.conformance.evidence import NotJudged, Remedy, Seen, Sent
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.envelope import printable

PART = Part(Chapter.ERRORS)
rule = PART.rule
PAGE, PROBE = "request-response", "errors"
READ = ["objects-can-be-read"]

NONSENSE = ("unknown operation", "unknown object", "undeclared action")
MALFORMED = ("not JSON", "empty body", "not an object", "no action", "action of another type")
ODD_PARAMS = ("cursor of another type", "params of another type")

TRACE = re.compile(rb"Traceback \(most recent|Stack trace:|\n\s+at [\w.$<]+ ?\(|#0 /|\bline \d+ in /|\.(py|php|js):\d+")
"""What the stack traces of the usual languages look like."""


def not_refused(seen: Seen, label: str) -> Case:
    """A breach where a request that means nothing was answered with success. Raises `Unjudged`."""
    sent = seen.one(label)
    kept = not sent.succeeded or is_error(sent)  # which counts for nothing where no answer came
    return case(kept, sent, expected="an error status, such as 400", actual=sent.came_well)


def is_error(sent: Sent) -> bool:
    """Whether a success is a resource error in truth (PU7)."""
    try:
        answer = sent.json()
    except NotJudged:
        return False
    return isinstance(answer, dict) and bool(answer.get("error"))


def refusals(seen: Seen, *labels: str) -> Sequence[Sent]:
    """The requests that were refused, of some labels or of all. Raises `Unjudged` where none was."""
    found = (sent for sent in seen.sent if sent.exchange.answer is not None and not sent.succeeded)
    return seen.some((it for it in found if not labels or it.label in labels), "no request was refused", Remedy.FIX)


@rule(Level.SHOULD, "TR5", "TR6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "the platform asks for nothing that is not declared")
def unknown_operation_refused(seen: Seen) -> Iterator[Case]:
    """An operation that the endpoint does not know is refused.

    Why: a success says that it was done; an agent's click would be settled though nothing happened.

    Mend: answer 400 with a short text for every action that you have no code for.
    """
    yield not_refused(seen, "unknown operation")


@rule(Level.SHOULD, "TR5", "TR6", "IM10", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "the platform asks for nothing that is not declared")
def unknown_object_refused(seen: Seen) -> Iterator[Case]:
    """An object that the endpoint does not know is refused.

    Why: an empty list for everything hides a misspelled action for good.

    Mend: answer 400 with a short text for every action that you have no code for.
    """
    yield not_refused(seen, "unknown object")


@rule(Level.SHOULD, "TR5", "IM2", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "the platform asks for nothing that is not declared")
def undeclared_action_refused(seen: Seen) -> Iterator[Case]:
    """An action that is not declared is refused.

    Why: what the implementation info says and what the endpoint does should be the same.

    Mend: declare the operation, or answer 400.
    """
    yield not_refused(seen, "undeclared action")


@rule(Level.SHOULD, "TR1", "TR6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "the platform sends JSON alone")
def body_that_is_not_json_refused(seen: Seen) -> Iterator[Case]:
    """A body that is not JSON, or empty, is refused, though its signature is right.

    Why: who answers it did not read it; half a request may be taken for a whole one.

    Mend: answer 400 where the parser fails.
    """
    for label in ("not JSON", "empty body"):
        yield not_refused(seen, label)


@rule(Level.SHOULD, "TR1", "TR6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "the platform sends objects alone")
def request_that_is_no_object_refused(seen: Seen) -> Iterator[Case]:
    """A request that is JSON, but not an object, is refused.

    Why: every call is an object with `action`; anything else is none.

    Mend: look at the type of what was parsed before its keys are read, and answer 400.
    """
    yield not_refused(seen, "not an object")


@rule(Level.SHOULD, "TR1", "TR6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "the platform sends an action with each request")
def request_without_action_refused(seen: Seen) -> Iterator[Case]:
    """A request without `action`, or with one that is not a string, is refused.

    Why: an endpoint that falls back to some action does what nobody asked for.

    Mend: answer 400 where `action` is not a string that you know.
    """
    for label in ("no action", "action of another type"):
        yield not_refused(seen, label)


@rule(Level.SHOULD, "TR5", "TR9", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "it is taken for an error all the same; but people look for the wrong one")
def refusals_have_an_error_status(seen: Seen) -> Iterator[Case]:
    """What is refused is answered with a 4xx status.

    Why: a 5xx says that the endpoint crashed, and an unsigned 200 that somebody else answered.

    Mend: send the status itself. In PHP use `http_response_code(400)`; a header line `Status:` often is not enough.
    """
    for sent in refusals(seen, *NONSENSE, *MALFORMED):
        kept = 400 <= (sent.status or 0) < 500
        yield case(kept, sent, expected=f"HTTP 4xx ({sent.label})", actual=sent.came)


@rule(Level.SHOULD, "TR6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "the platform sends no such params today")
def odd_params_do_not_crash(seen: Seen) -> Iterator[Case]:
    """Params of another type than expected do not crash the endpoint.

    Why: what crashes on a cursor that is an object may crash on the next change of the protocol.

    Mend: check the type of each param, and answer 400 where it is wrong.
    """
    for label in ODD_PARAMS:
        for sent in seen.all(label):
            kept = sent.exchange.answer is not None and (sent.status or 0) < 500
            yield case(kept, sent, expected=f"an answer below HTTP 500 ({label})", actual=sent.came)


@rule(Level.SHOULD, "TR6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the error is counted all the same; but nobody can tell why")
def refusals_are_explained(seen: Seen) -> Iterator[Case]:
    """An error's body says in plain text what is wrong.

    Why: it is kept and shown to whoever looks for the reason; without it there is none to be found.

    Mend: send a sentence, in UTF-8, with the error status.
    """
    for sent in refusals(seen):
        try:
            text, what = sent.body.decode(), "nothing"
        except UnicodeDecodeError:
            text, what = "", "no text in UTF-8"
        yield case(text.strip(), sent, expected="a text in UTF-8 that explains it", actual=f"{sent.came}: {what}")


@rule(Level.SHOULD, "TR6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the text is shown without its tags")
def refusals_are_no_web_pages(seen: Seen) -> Iterator[Case]:
    """An error's body is not an HTML page.

    Why: the text is shown in logs and reports; of a page only rags remain.

    Mend: switch the framework's error pages off for this URL, and send plain text.
    """
    for sent in refusals(seen):
        page = re.match(rb"\s*<(!doctype|html|head|body|div|h1|br|b>)", sent.body, re.IGNORECASE)
        start = printable(sent.body[:60].decode("utf-8", "replace"), 60)
        yield case(not page, sent, expected="plain text", actual=f"{sent.came} that starts with {start!r}")


@rule(Level.SHOULD, "TR6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "only the platform's people see it; but so does whoever finds the URL")
def refusals_hide_the_stack(seen: Seen) -> Iterator[Case]:
    """An error's body shows no stack trace.

    Why: it tells strangers about your files and libraries, and tells the platform's people nothing.

    Mend: switch the debug mode off, and write traces to the endpoint's own log.
    """
    for sent in refusals(seen):
        found = TRACE.search(sent.body)
        line = sent.body[found.start() : found.start() + 80].decode("utf-8", "replace") if found else ""
        actual = f"{sent.came} with a stack trace: {printable(line, 80)}"
        yield case(not found, sent, expected="a sentence", actual=actual)


@rule(Level.MUST, "TR6", "IM1", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "one bad request stops the channel, and what is written meanwhile is not imported")
def answers_again_after_errors(seen: Seen) -> Iterator[Case]:
    """A right request is answered after requests that were refused.

    Why: one bad request must not stop the channel.

    Mend: catch errors request by request, and keep nothing of a failed one.
    """
    yield answered_well(seen.one("info"))
