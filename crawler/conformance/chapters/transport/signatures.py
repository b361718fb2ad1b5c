"""Requests that are forged, and right ones that are signed otherwise (SG, TR)."""

from collections.abc import Iterator

from crawler.conformance.chapters.transport.answers import PAGE
from crawler.conformance.evidence import NotJudged, Seen, Sent
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm

PART = Part(Chapter.TRANSPORT)
rule = PART.rule
FORGED = ["answer-signature-is-right"]
UNBANNED = [*FORGED, "right-request-answered-after-forgeries"]


def refused(sent: Sent) -> bool:
    """Whether a request was answered neither with success nor with a body that is signed (SG5).

    What is no JSON, or says that it is an error, is a refusal as well.
    """
    try:
        answer = sent.json()
    except NotJudged:
        return True
    return isinstance(answer, dict) and bool(answer.get("error"))


def not_refused(sent: Sent) -> Case:
    """A breach where a forged request was answered as if it were right (SG5); no answer counts for nothing."""
    return case(refused(sent), sent, expected="an error status, such as 403", actual=sent.came_well)


def answered_well(sent: Sent) -> Case:
    """A breach where a request that is signed rightly was not answered with success."""
    return case(sent.succeeded, sent, expected="HTTP 2xx, signed", actual=sent.came)


@rule(Level.MUST, "SG5", page=PAGE, probe="signatures", needs=FORGED)
@harm(Harm.EXPOSED, "whoever finds the URL reads what customers wrote")
def unsigned_request_refused(seen: Seen) -> Iterator[Case]:
    """A request without a signature is refused.

    Why: without this check anybody who finds the URL can read your customers' messages, and write in agents' names.

    Mend: answer 403 before anything else is looked at, where the header (or the query parameter) is missing.
    """
    yield not_refused(seen.one("unsigned"))


@rule(Level.MUST, "SG5", page=PAGE, probe="signatures", needs=FORGED)
@harm(Harm.EXPOSED, "whoever finds the URL reads what customers wrote")
def empty_signature_refused(seen: Seen) -> Iterator[Case]:
    """A request with an empty signature is refused.

    Why: a check that compares only where there is something to compare lets everybody in.

    Mend: treat an empty header like a missing one.
    """
    yield not_refused(seen.one("empty signature"))


@rule(Level.MUST, "SG5", page=PAGE, probe="signatures", needs=FORGED)
@harm(Harm.EXPOSED, "whoever finds the URL reads what customers wrote")
def wrong_signature_refused(seen: Seen) -> Iterator[Case]:
    """A request whose signature is wrong in one digit is refused.

    Why: whoever does not know the secret can only guess the signature; the whole of it must be compared.

    Mend: compare the HMAC of the received bytes with the header, in constant time, and answer 403 if they differ.
    """
    yield not_refused(seen.one("wrong signature"))


@rule(Level.MUST, "SG5", page=PAGE, probe="signatures", needs=FORGED)
@harm(Harm.EXPOSED, "a part of a signature is found by trying, and opens everything")
def cut_signature_refused(seen: Seen) -> Iterator[Case]:
    """A request that carries only the first half of its signature is refused.

    Why: a check of the first characters alone makes guessing easier.

    Mend: compare the whole text, its length included.
    """
    yield not_refused(seen.one("cut signature"))


@rule(Level.MUST, "SG5", "SG1", page=PAGE, probe="signatures", needs=FORGED)
@harm(Harm.EXPOSED, "whoever sees one request can send any other")
def tampered_body_refused(seen: Seen) -> Iterator[Case]:
    """A request whose body was changed after it was signed is refused.

    Why: the signature protects the body; a check that looks at something else protects nothing.

    Mend: compute the HMAC over the bytes that were received, not over a part of them or a constant.
    """
    yield not_refused(seen.one("tampered body"))


@rule(Level.SHOULD, "SG5", "TR6", page=PAGE, probe="signatures", needs=FORGED)
@harm(Harm.BRITTLE, "it is refused all the same; but by a crash, not by a check")
def forgery_refused_with_a_client_error(seen: Seen) -> Iterator[Case]:
    """A forged request is refused with a 4xx status and a short text, not with a crash.

    Why: a 500 with an error page says that the check itself broke: it may break open next time, and fills your log.

    Mend: look whether the header is there before it is used, and answer 403 with a sentence that says why.
    """
    for label in ("unsigned", "empty signature", "wrong signature", "cut signature", "tampered body"):
        sent = seen.one(label)
        if refused(sent):
            yield case(400 <= (sent.status or 0) < 500, sent, expected=f"HTTP 4xx ({label})", actual=sent.came)


@rule(Level.MUST, "SG4", "SG5", page=PAGE, probe="signatures", needs=FORGED)
@harm(Harm.LOST, "anybody can stop the channel, and what is written meanwhile is not imported")
def right_request_answered_after_forgeries(seen: Seen) -> Iterator[Case]:
    """A rightly signed request is answered after forged ones were refused.

    Why: who can lock the platform out by sending rubbish can stop the channel.

    Mend: do not ban the sender's address after wrong signatures; all the platform's calls come from few addresses.
    """
    yield answered_well(seen.one("right"))


@rule(Level.UNCLEAR, "TR10", page=PAGE, probe="signatures", needs=UNBANNED)
@harm(Harm.UNKNOWN, "the guide does not say whether the case counts")
def upper_case_signature_refused(seen: Seen) -> Iterator[Case]:
    """A request that is signed in upper-case digits is refused.

    Why: the guide does not say it; all public implementations compare the text, and so do we.

    Mend: nothing needs mending; know that the platform itself sends lower case.
    """
    sent = seen.one("upper-case signature")
    yield case(not sent.succeeded, sent, expected="an error status", actual=sent.came)


@rule(Level.MUST, "SG1", page=PAGE, probe="signatures", needs=UNBANNED)
@harm(Harm.LOST, "a proxy or a client that writes it otherwise ends all imports")
def header_name_in_any_case(seen: Seen) -> Iterator[Case]:
    """The signature's header is found whatever the case of its name.

    Why: HTTP/2 and many proxies send header names in lower case.

    Mend: ask your framework for the header instead of looking into a dictionary with an exact key.
    """
    yield answered_well(seen.one("lower-case header"))


@rule(Level.SHOULD, "SG3", page="quick-start", probe="signatures", needs=UNBANNED)
@harm(Harm.BRITTLE, "the platform sends it only where the channel is set so")
def signature_in_query_does_no_harm(seen: Seen) -> Iterator[Case]:
    """A request that carries its signature in the query as well is answered like any other.

    Why: a source may be configured to send both, for proxies that drop headers.

    Mend: leave the query out of what is routed and verified; the signature is over the body alone.
    """
    yield answered_well(seen.one("query as well"))


@rule(
    Level.UNCLEAR, "SG3", page="quick-start", probe="signatures", needs=[*UNBANNED, "signature-in-query-does-no-harm"]
)
@harm(Harm.UNKNOWN, "the guide offers it, and does not say who must take it")
def signature_in_query_accepted(seen: Seen) -> Iterator[Case]:
    """A request whose signature stands in the query alone is answered.

    Why: the guide offers it to partners behind proxies that drop headers; who is not behind one does not need it.

    Mend: where the header is missing, take the query parameter `signature`.
    """
    yield answered_well(seen.one("query only"))


@rule(Level.UNCLEAR, "TR10", "TR4", page=PAGE, probe="signatures", needs=UNBANNED)
@harm(Harm.UNKNOWN, "the platform sends none, and the guide does not say")
def content_type_with_charset_accepted(seen: Seen) -> Iterator[Case]:
    """A request with `Content-Type: application/json; charset=utf-8` is answered.

    Why: the platform sends it without a charset, as we do; other clients of yours may not.

    Mend: compare the media type only, up to the semicolon.
    """
    yield answered_well(seen.one("charset"))


@rule(Level.UNCLEAR, "TR1", page=PAGE, probe="signatures", needs=UNBANNED)
@harm(Harm.UNKNOWN, "the platform sends POST only, and the guide does not say what a GET gets")
def only_post_answered(seen: Seen) -> Iterator[Case]:
    """A GET with a right signature is not answered like a POST.

    Why: every call is a POST; what answers a GET may be cached on its way.

    Mend: route POST alone to the endpoint, and answer 405 to the rest.
    """
    sent = seen.one("get")
    yield case(not sent.succeeded, sent, expected="an error status, such as 405", actual=sent.came)
