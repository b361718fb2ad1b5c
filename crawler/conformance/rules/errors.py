"""Errors and retries (TR6, PU6, PU7)."""

import re
from collections.abc import Iterator

from crawler.conformance.evidence import NotApplicable, Seen, Sent
from crawler.conformance.rule import Breach, Chapter, Level
from crawler.protocol.envelope import printable

ERRORS = Chapter("errors and retries")
rule = ERRORS.rule
PAGE, PROBE = "request-response", "errors"
READ = ["objects-can-be-read"]

NONSENSE = ("unknown operation", "unknown object", "undeclared action")
MALFORMED = ("not JSON", "empty body", "not an object", "no action", "action of another type")
ODD_PARAMS = ("cursor of another type", "params of another type")

TRACE = re.compile(rb"Traceback \(most recent|Stack trace:|\n\s+at [\w.$<]+ ?\(|#0 /|\bline \d+ in /|\.(py|php|js):\d+")
"""What the stack traces of the usual languages look like."""


def not_refused(seen: Seen, label: str) -> Iterator[Breach]:
    """A breach where a request that means nothing was answered with success."""
    sent = seen.one(label)
    if sent.exchange.answer is None:
        raise NotApplicable(f"no answer came: {sent.came}")
    if sent.succeeded and not is_error(sent):
        yield Breach(expected="an error status, such as 400", actual=sent.came_well, sent=sent)


def is_error(sent: Sent) -> bool:
    """Whether a success is a resource error in truth (PU7)."""
    try:
        answer = sent.json()
    except NotApplicable:
        return False
    return isinstance(answer, dict) and bool(answer.get("error"))


def refusals(seen: Seen) -> list[Sent]:
    """The requests that were refused. Raises `NotApplicable` where none was."""
    found = [sent for sent in seen.sent if sent.exchange.answer is not None and not sent.succeeded]
    if not found:
        raise NotApplicable(seen.broke_off or "no request was refused")
    return found


@rule(Level.SHOULD, "TR5", "TR6", page=PAGE, probe=PROBE, needs=READ)
def unknown_operation_refused(seen: Seen) -> Iterator[Breach]:
    """An operation that the endpoint does not know is refused.

    Why: a success says that it was done; an agent's click would be settled though nothing happened.

    Mend: answer 400 with a short text for every action that you have no code for.
    """
    yield from not_refused(seen, "unknown operation")


@rule(Level.SHOULD, "TR5", "TR6", "IM10", page=PAGE, probe=PROBE, needs=READ)
def unknown_object_refused(seen: Seen) -> Iterator[Breach]:
    """An object that the endpoint does not know is refused.

    Why: an empty list for everything hides a misspelled action for good.

    Mend: answer 400 with a short text for every action that you have no code for.
    """
    yield from not_refused(seen, "unknown object")


@rule(Level.SHOULD, "TR5", "IM2", page=PAGE, probe=PROBE, needs=READ)
def undeclared_action_refused(seen: Seen) -> Iterator[Breach]:
    """An action that is not declared is refused.

    Why: what the implementation info says and what the endpoint does should be the same.

    Mend: declare the operation, or answer 400.
    """
    yield from not_refused(seen, "undeclared action")


@rule(Level.SHOULD, "TR1", "TR6", page=PAGE, probe=PROBE, needs=READ)
def body_that_is_not_json_refused(seen: Seen) -> Iterator[Breach]:
    """A body that is not JSON, or empty, is refused, though its signature is right.

    Why: who answers it did not read it; half a request may be taken for a whole one.

    Mend: answer 400 where the parser fails.
    """
    for label in ("not JSON", "empty body"):
        yield from not_refused(seen, label)


@rule(Level.SHOULD, "TR1", "TR6", page=PAGE, probe=PROBE, needs=READ)
def request_that_is_no_object_refused(seen: Seen) -> Iterator[Breach]:
    """A request that is JSON, but not an object, is refused.

    Why: every call is an object with `action`; anything else is none.

    Mend: look at the type of what was parsed before its keys are read, and answer 400.
    """
    yield from not_refused(seen, "not an object")


@rule(Level.SHOULD, "TR1", "TR6", page=PAGE, probe=PROBE, needs=READ)
def request_without_action_refused(seen: Seen) -> Iterator[Breach]:
    """A request without `action`, or with one that is not a string, is refused.

    Why: an endpoint that falls back to some action does what nobody asked for.

    Mend: answer 400 where `action` is not a string that you know.
    """
    for label in ("no action", "action of another type"):
        yield from not_refused(seen, label)


@rule(Level.SHOULD, "TR5", "TR9", page=PAGE, probe=PROBE, needs=READ)
def refusals_have_an_error_status(seen: Seen) -> Iterator[Breach]:
    """What is refused is answered with a 4xx status.

    Why: a 5xx says that the endpoint crashed, and an unsigned 200 that somebody else answered.

    Mend: send the status itself. In PHP use `http_response_code(400)`; a header line `Status:` often is not enough.
    """
    for sent in refusals(seen):
        if sent.label in (*NONSENSE, *MALFORMED) and not 400 <= (sent.status or 0) < 500:
            yield Breach(expected=f"HTTP 4xx ({sent.label})", actual=sent.came, sent=sent)


@rule(Level.SHOULD, "TR6", page=PAGE, probe=PROBE, needs=READ)
def odd_params_do_not_crash(seen: Seen) -> Iterator[Breach]:
    """Params of another type than expected do not crash the endpoint.

    Why: what crashes on a cursor that is an object may crash on the next change of the protocol.

    Mend: check the type of each param, and answer 400 where it is wrong.
    """
    for label in ODD_PARAMS:
        for sent in seen.all(label):
            if sent.exchange.answer is None or (sent.status or 0) >= 500:
                yield Breach(expected=f"an answer below HTTP 500 ({label})", actual=sent.came, sent=sent)


@rule(Level.SHOULD, "TR6", page=PAGE, probe=PROBE, needs=READ)
def refusals_are_explained(seen: Seen) -> Iterator[Breach]:
    """An error's body says in plain text what is wrong.

    Why: it is kept and shown to whoever looks for the reason; without it there is none to be found.

    Mend: send a sentence, in UTF-8, with the error status.
    """
    for sent in refusals(seen):
        try:
            text = sent.body.decode()
        except UnicodeDecodeError:
            yield Breach(expected="text in UTF-8", actual=f"{sent.came}, which is none", sent=sent)
            continue
        if not text.strip():
            yield Breach(expected="a text that explains it", actual=f"{sent.came}: nothing", sent=sent)


@rule(Level.SHOULD, "TR6", page=PAGE, probe=PROBE, needs=READ)
def refusals_are_no_web_pages(seen: Seen) -> Iterator[Breach]:
    """An error's body is not an HTML page.

    Why: the text is shown in logs and reports; of a page only rags remain.

    Mend: switch the framework's error pages off for this URL, and send plain text.
    """
    for sent in refusals(seen):
        if re.match(rb"\s*<(!doctype|html|head|body|div|h1|br|b>)", sent.body, re.IGNORECASE):
            start = printable(sent.body[:60].decode("utf-8", "replace"), 60)
            yield Breach(expected="plain text", actual=f"{sent.came} that starts with {start!r}", sent=sent)


@rule(Level.SHOULD, "TR6", page=PAGE, probe=PROBE, needs=READ)
def refusals_hide_the_stack(seen: Seen) -> Iterator[Breach]:
    """An error's body shows no stack trace.

    Why: it tells strangers about your files and libraries, and tells the platform's people nothing.

    Mend: switch the debug mode off, and write traces to the endpoint's own log.
    """
    for sent in refusals(seen):
        found = TRACE.search(sent.body)
        if found:
            line = printable(sent.body[found.start() : found.start() + 80].decode("utf-8", "replace"), 80)
            yield Breach(expected="a sentence", actual=f"{sent.came} with a stack trace: {line}", sent=sent)


@rule(Level.MUST, "TR6", "IM1", page=PAGE, probe=PROBE, needs=READ)
def answers_again_after_errors(seen: Seen) -> Iterator[Breach]:
    """A right request is answered after requests that were refused.

    Why: one bad request must not stop the channel.

    Mend: catch errors request by request, and keep nothing of a failed one.
    """
    sent = seen.one("info")
    if not sent.succeeded:
        yield Breach(expected="HTTP 2xx, signed", actual=sent.came, sent=sent)
