"""Transport, and the signature of answers (TR, SG)."""

from collections.abc import Iterator, Sequence

from crawler.conformance.evidence import NotJudged, Remedy, Seen, Sent, no_info
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.errors import AnswerEncoded, AnswerTooLarge, ConnectionBroken, DeadlineExceeded, LengthWrong
from crawler.protocol.envelope import printable

PART = Part(Chapter.TRANSPORT)
rule = PART.rule
PAGE = "request-response"


def answered(seen: Seen) -> Sequence[Sent]:
    """The requests that brought a whole answer. Raises `Unjudged`."""
    return seen.some((sent for sent in seen.sent if sent.exchange.answer is not None), "no answer came", Remedy.THERE)


def successes(seen: Seen) -> Sequence[Sent]:
    """The answers with a 2xx status, trusted or not. Raises `Unjudged`."""
    whole = answered(seen)
    found = [sent for sent in whole if 200 <= (sent.status or 0) < 300]
    if not found:
        raise no_info(whole[0])
    return found


def signed(seen: Seen, answers: Sequence[Sent]) -> Iterator[Sent]:
    """The answers whose signature can be judged.

    Where signatures are not verified, nobody asked for one: then raises `NotJudged` after them if others have none.
    """
    unsigned = [it for it in answers if it.exchange.answer and it.exchange.answer.signature is None]
    yield from (it for it in answers if seen.verified or it not in unsigned)
    if unsigned and not seen.verified:
        raise NotJudged("an answer is not signed, and signatures are not verified", Remedy.SIGNATURE)


@rule(Level.MUST, "TR1", page=PAGE, probe="declaration")
@harm(Harm.LOST, "what is asked for and not answered is not imported")
def answers_within_deadline(seen: Seen) -> Iterator[Case]:
    """Every call is answered, whole, before the deadline.

    Why: the platform gives up waiting, takes the call for failed, and asks again in the next cycle.

    Mend: answer from data that is at hand; page long lists, and do slow work after the answer was sent.
    """
    for sent in seen.all("info"):
        kept = not isinstance(sent.error, DeadlineExceeded)
        yield case(kept, sent, expected="a whole answer before the deadline", actual=sent.came)


@rule(Level.MUST, "TR1", "TR6", "TR13", "TR14", page=PAGE, probe="declaration", needs=["answers-within-deadline"])
@harm(Harm.LOST, "of half an answer nothing is imported")
def answer_is_whole(seen: Seen) -> Iterator[Case]:
    """An answer is HTTP, and comes to its end before the connection closes.

    Why: the signature is over the whole body, so half an answer is worth nothing.

    Mend: look for a crash in the endpoint, a wrong Content-Length, or a proxy that cuts long answers.
    """
    for sent in seen.all("info"):
        kept = not isinstance(sent.error, ConnectionBroken | LengthWrong | AnswerTooLarge)
        yield case(kept, sent, expected="a whole HTTP answer", actual=sent.came)


@rule(Level.SHOULD, "TR12", page=PAGE, probe="declaration", needs=["answer-is-whole"])
@harm(Harm.BRITTLE, "the connection is closed each time, and others would read it as the next answer")
def nothing_behind_answers(seen: Seen) -> Iterator[Case]:
    """An answer ends where its Content-Length or its chunks say, and nothing comes behind it.

    Why: what comes behind it would be read as the next answer on that connection, which is therefore closed.

    Mend: look for a line break behind the closing tag of a script, for warnings printed after the body, and for code
    that sets a Content-Length and sends chunks.
    """
    for sent in answered(seen):
        behind = "; ".join(sent.exchange.remarks)
        yield case(not behind, sent, expected="nothing behind the end of an answer", actual=behind)


@rule(Level.MUST, "TR5", page=PAGE, probe="declaration", needs=["answer-is-whole"])
@harm(Harm.LOST, "redirects are not followed, so nothing is imported")
def no_redirect(seen: Seen) -> Iterator[Case]:
    """A call is answered at the URL that it was sent to, without a redirect.

    Why: a redirected POST may lose its body or its signature, so redirects are not followed.

    Mend: configure the final URL: https instead of http, with or without the slash at the end, as the server wants it.
    """
    for sent in answered(seen):
        yield case(not 300 <= (sent.status or 0) < 400, sent, expected="HTTP 2xx", actual=sent.came)


@rule(Level.MUST, "TR5", "IM1", page=PAGE, probe="declaration", needs=["no-redirect"])
@harm(Harm.LOST, "while it fails nothing is imported, and no agent's message goes out")
def info_answered_with_success(seen: Seen) -> Iterator[Case]:
    """A rightly signed `implementation.info` is answered with a 2xx status.

    Why: each cycle starts with it; where it fails, nothing else is asked in that cycle.

    Mend: a 401, 403 or 422 says that the endpoint takes the signature for wrong: compare the secret, and sign the exact
    bytes of the body. A 404 or 405 says that the URL or the method is not served. A 5xx is in the endpoint's own log.
    """
    for sent in answered(seen):
        if sent.refused_signature:
            raise no_info(sent)
        said = f": {sent.error.explanation}" if sent.error and sent.error.explanation else ""
        yield case(200 <= (sent.status or 0) < 300, sent, expected="HTTP 2xx", actual=sent.came + said)


@rule(Level.MUST, "TR6", page=PAGE, probe="declaration", needs=["answer-is-whole"])
@harm(Harm.LOST, "an answer that is compressed is refused, so nothing is imported")
def answer_is_not_encoded(seen: Seen) -> Iterator[Case]:
    """An answer is not compressed where `Accept-Encoding: identity` was asked for.

    Why: the signature is over the bytes that are sent; a proxy that compresses them later breaks it.

    Mend: switch compression off for this URL, in the endpoint and in the proxies before it.
    """
    for sent in seen.all("info"):
        kept = not isinstance(sent.error, AnswerEncoded)
        yield case(kept, sent, expected="no Content-Encoding", actual=sent.came)


@rule(
    Level.MUST,
    "SG4",
    "TR9",
    page=PAGE,
    probe="declaration",
    needs=["info-answered-with-success", "answer-is-not-encoded"],
    signature=True,
)
@harm(Harm.LOST, "nothing of an unsigned answer is imported")
def answer_is_signed(seen: Seen) -> Iterator[Case]:
    """Every 2xx answer carries the header X-SMCCSDK-SIGNATURE.

    Why: what is not signed may come from anybody, so nothing of it is imported.

    Mend: sign the exact bytes of the body with the secret and send the result in that header. An unsigned page with
    HTTP 200 often is the error page of a framework, or PHP's error with a `Status:` header that the server ignores.
    """
    for sent in signed(seen, successes(seen)):
        kept = sent.exchange.verdict != "missing"
        yield case(kept, sent, expected="a header X-SMCCSDK-SIGNATURE", actual=sent.came)


@rule(Level.MUST, "TR10", "SG4", page=PAGE, probe="declaration", needs=["answer-is-signed"], signature=True)
@harm(Harm.LOST, "in capitals it counts as wrong, and nothing of the answer is imported")
def signature_is_lower_case(seen: Seen) -> Iterator[Case]:
    """The signature of an answer is written in lower-case hexadecimal digits.

    Why: signatures are compared as text, letter by letter.

    Mend: write the digest with the lower-case variant of your language's hexadecimal function.
    """
    for sent in signed(seen, successes(seen)):
        signature = (sent.exchange.answer.signature if sent.exchange.answer else None) or ""
        kept = signature and signature == signature.lower()
        yield case(kept, sent, expected="lower-case hexadecimal digits", actual=printable(signature, 40) or "none")


@rule(
    Level.MUST,
    "SG1",
    "SG4",
    page=PAGE,
    probe="declaration",
    needs=["answer-is-signed", "signature-is-lower-case"],
    signature=True,
)
@harm(Harm.LOST, "nothing of a wrongly signed answer is imported")
def answer_signature_is_right(seen: Seen) -> Iterator[Case]:
    """The signature of an answer is the HMAC-SHA512 of its exact body bytes, keyed with the secret.

    Why: an answer with a wrong signature is not trusted, and nothing of it is imported.

    Mend: sign the bytes that go out, after the last change to them, with every newline, warning or byte-order mark that
    comes before or after. Check that both sides have the same secret, without blanks around it.
    """
    for sent in signed(seen, successes(seen)):
        came = f"{sent.came}; the body starts with {printable(sent.body[:60].decode('utf-8', 'replace'), 60)!r}"
        kept = sent.exchange.verdict == "valid"
        yield case(kept, sent, expected="HMAC-SHA512 of the body, keyed with the secret", actual=came)


@rule(Level.SHOULD, "TR6", page=PAGE, probe="declaration", needs=["answer-signature-is-right"])
@harm(Harm.BRITTLE, "it is read as JSON all the same, until a proxy changes what it takes for text")
def answer_says_it_is_json(seen: Seen) -> Iterator[Case]:
    """A successful answer has the Content-Type `application/json`.

    Why: proxies and debuggers treat text and HTML otherwise, and some change them, which breaks the signature.

    Mend: set the header `Content-Type: application/json`.
    """
    for sent in successes(seen):
        kind = sent.exchange.answer.headers.get("content-type", "none") if sent.exchange.answer else "none"
        kept = kind.split(";")[0].strip().lower() == "application/json"
        actual = f"Content-Type: {printable(kind, 80)}"
        yield case(kept, sent, expected="Content-Type: application/json", actual=actual)
