"""Transport and signature (TR, SG, SP)."""

from collections.abc import Iterator, Sequence

from crawler.conformance.evidence import NotJudged, Remedy, Seen, Sent, no_info
from crawler.conformance.rule import Case, Chapter, Harm, Kept, Level, case, harm
from crawler.errors import AnswerEncoded, AnswerTooLarge, ConnectionBroken, DeadlineExceeded, LengthWrong
from crawler.protocol.envelope import printable

TRANSPORT = Chapter("transport and signature")
rule = TRANSPORT.rule
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


def signed(seen: Seen) -> Sequence[Sent]:
    """The successes whose signature can be judged. Raises `Unjudged`.

    Where signatures are not verified, an answer without one is not judged: nobody asked for one.
    """
    found = successes(seen)
    if not seen.verified:
        found = [sent for sent in found if sent.exchange.answer and sent.exchange.answer.signature is not None]
    return seen.some(found, "no answer is signed, and signatures are not verified", Remedy.SIGNATURE)


def refused(sent: Sent) -> bool:
    """Whether a request was answered, but neither with success nor with a body that is signed (SG5).

    What is no JSON, or says that it is an error, is a refusal as well.
    """
    if sent.exchange.answer is None:
        return False
    try:
        answer = sent.json()
    except NotJudged:
        return True
    return isinstance(answer, dict) and bool(answer.get("error"))


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


@rule(Level.MUST, "TR1", "TR6", "TR13", page=PAGE, probe="declaration", needs=["answers-within-deadline"])
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
    for sent in signed(seen):
        kept = sent.exchange.verdict != "missing"
        yield case(kept, sent, expected="a header X-SMCCSDK-SIGNATURE", actual=sent.came)


@rule(Level.MUST, "TR10", "SG4", page=PAGE, probe="declaration", needs=["answer-is-signed"], signature=True)
@harm(Harm.LOST, "in capitals it counts as wrong, and nothing of the answer is imported")
def signature_is_lower_case(seen: Seen) -> Iterator[Case]:
    """The signature of an answer is written in lower-case hexadecimal digits.

    Why: signatures are compared as text, letter by letter.

    Mend: write the digest with the lower-case variant of your language's hexadecimal function.
    """
    for sent in signed(seen):
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
    for sent in signed(seen):
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


def not_refused(sent: Sent) -> Case:
    """A breach where a forged request was answered as if it were right (SG5)."""
    if sent.exchange.answer is None:
        return Kept(sent=sent)  # which counts for nothing: no answer came
    return case(refused(sent), sent, expected="an error status, such as 403", actual=sent.came_well)


def answered_well(sent: Sent) -> Case:
    """A breach where a request that is signed rightly was not answered with success."""
    return case(sent.succeeded, sent, expected="HTTP 2xx, signed", actual=sent.came)


FORGED = ["answer-signature-is-right"]


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


UNBANNED = [*FORGED, "right-request-answered-after-forgeries"]


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


SPELLED = UNBANNED


def taken(seen: Seen, label: str) -> Case:
    """A breach where a spelling of the body was refused. Raises `Unjudged`."""
    sent = seen.one(label)
    if sent.exchange.answer is None:
        return Kept(sent=sent)  # which counts for nothing: no answer came
    said = f": {sent.error.explanation}" if sent.error and sent.error.explanation else ""
    trusted = sent.exchange.verdict not in ("missing", "wrong") or not seen.verified
    kept = trusted and 200 <= (sent.status or 0) < 300
    return case(kept, sent, expected=f"an answer to a body with {label}", actual=sent.came + said)


@rule(Level.MUST, "TR3", "SP", page=PAGE, probe="spellings", needs=SPELLED)
@harm(Harm.LOST, "nothing is imported while it is refused")
def compact_ascii_body_accepted(seen: Seen) -> Iterator[Case]:
    """A compact body of ASCII characters, with `<`, `>` and `&` as themselves, is accepted.

    Why: most of the platform's calls look like this one.

    Mend: verify the signature over the bytes that were received, before they are parsed.
    """
    yield taken(seen, "compact ASCII")


@rule(Level.SHOULD, "TR3", "SP", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.BRITTLE, "a setting of the source makes up for it (ascii_json)")
def raw_utf8_body_accepted(seen: Seen) -> Iterator[Case]:
    """A body with non-ASCII characters as themselves is accepted.

    Why: agents write names and accents; with this spelling refused, each such message fails three times and is lost.

    Mend: verify the signature over the received bytes instead of serialising the parsed body again. Until then the
    setting `ascii_json` of the source makes this crawler send escapes.
    """
    yield taken(seen, "raw UTF-8")


@rule(Level.SHOULD, "TR3", "SP", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.BRITTLE, "nobody knows whether the platform sends it")
def escaped_body_accepted(seen: Seen) -> Iterator[Case]:
    r"""A body with non-ASCII characters as `\uXXXX` escapes is accepted.

    Why: the guide does not say which spelling the platform uses, and both are the same JSON.

    Mend: verify the signature over the received bytes instead of serialising the parsed body again.
    """
    yield taken(seen, "escapes")


@rule(Level.UNCLEAR, "SP", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.UNKNOWN, "nobody knows which of them the platform sends")
def any_json_spelling_accepted(seen: Seen) -> Iterator[Case]:
    """Every other spelling of the same JSON is accepted: blanks, upper-case escapes, escaped slashes, numbers.

    Why: who verifies the received bytes need not care; who serialises the body again breaks at the next change of it.

    Mend: verify the signature over the received bytes.
    """
    for label in ("upper-case escapes", "escaped < > &", "escaped slashes", "spaces", "floats", "keys like integers"):
        yield taken(seen, label)


@rule(Level.SHOULD, "SP", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.BRITTLE, "nearly all messages are shorter; one that is not is refused, and an agent hears of it")
def large_body_accepted(seen: Seen) -> Iterator[Case]:
    """A body of more than 100 kB is accepted.

    Why: a body may have 20,000 characters, and a message with structured content and attachments is longer still.

    Mend: raise the limit of the body parser (100 kB is what the usual one allows by itself).
    """
    yield taken(seen, "over 100 kB")


@rule(Level.SHOULD, "TR1", page=PAGE, probe="spellings", needs=[*SPELLED, "compact-ascii-body-accepted"])
@harm(Harm.BRITTLE, "the platform sends none today")
def unknown_keys_ignored(seen: Seen) -> Iterator[Case]:
    """A key of a request that the endpoint does not know is ignored.

    Why: the platform may add keys at any time.

    Mend: read the keys that you need, and let the others be.
    """
    yield taken(seen, "unknown keys")
