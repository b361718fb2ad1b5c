"""Defects of transport and signature."""

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from itertools import count
from typing import Any

import httpx

from crawler.protocol.signature import HEADER, Secret
from crawler.reference.app import ReferencePartner
from crawler.reference.faults.fault import admit_signed
from crawler.reference.wire import Call, Refusal, Request, Response
from tests.conformance.courtroom import partner
from tests.conformance.twins.twin import Twin, defect, fault, twin


async def never_answers(*_: object) -> None:
    """What a client sees of an endpoint that hangs, without the waiting."""
    raise TimeoutError


async def hangs_up(*_: object) -> None:
    raise ConnectionResetError("connection reset by peer")


def as_html(_call: Call, response: Response) -> Response:
    if response.status != 200:
        return response
    return replace(response, headers={**response.headers, "content-type": "text/html"})


def empty_lets_in(request: Request, secret: Secret) -> None:
    if request.headers.get(HEADER.lower()) != "":
        admit_signed(request, secret)


def compares_as_far_as_it_goes(request: Request, secret: Secret) -> None:
    if not request.signature or not secret.sign(request.body).startswith(request.signature):
        raise Refusal(403, "the request's signature is wrong")


def signs_known_keys_alone(request: Request, secret: Secret) -> None:
    """Whatever else stands in the body is not protected."""
    known = {name: it for name, it in json.loads(request.body).items() if name in ("action", "params", "time")}
    if not secret.verifies(json.dumps(known, separators=(",", ":")).encode(), request.signature):
        admit_signed(request, secret)


def crashes_on_forgeries(request: Request, secret: Secret) -> None:
    try:
        admit_signed(request, secret)
    except Refusal as refusal:
        raise Refusal(500, "Internal Server Error") from refusal


def bans_for_a_while(status: int = 403) -> ReferencePartner:
    """Refuses whatever comes after the fifth forgery, until the conversation is over."""
    refused, banned = count(1), count(1)
    it = partner()

    def admit(request: Request, secret: Secret) -> None:
        if next(refused) > 5 + 2 and next(banned) < 8:  # the declaration's two came first
            raise Refusal(status, "your address is banned")
        admit_signed(request, secret)

    it.fault = replace(it.fault, admit=admit)
    return it


def any_case(request: Request, secret: Secret) -> None:
    headers = {**request.headers}
    if HEADER.lower() in headers:
        headers[HEADER.lower()] = request.signature.lower()
    admit_signed(replace(request, headers=headers), secret)


class ExactHeaderName(httpx.ASGITransport):
    """ASGI knows no case of header names, so this looks before it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if any(name.lower() == HEADER.lower().encode() and name != HEADER.encode() for name, _ in request.headers.raw):
            return httpx.Response(403, text="the request is not signed")
        return await super().handle_async_request(request)


class LineBreakBehindAnswers(httpx.ASGITransport):
    """ASGI knows no bytes behind answers, so this tells of them as the crawler's own transport does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["behind"] = b"\n"
        return await super().handle_async_request(request)


def refuses_queries(request: Request, secret: Secret) -> None:
    if request.query:
        raise Refusal(404, "there is nothing at this URL")
    admit_signed(request, secret)


class AnyMethod:
    """The reference partner, to which every method is POST."""

    def __init__(self) -> None:
        self.partner = partner()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await self.partner({**scope, "method": "POST"}, receive, send)


def firewall(*forbidden: bytes) -> Any:
    """Something before the endpoint that does not like what stands in a body."""

    def admit(request: Request, secret: Secret) -> None:
        if any(word in request.body for word in forbidden):
            raise Refusal(406, "an attack was prevented")
        admit_signed(request, secret)

    return admit


def limits_bodies(request: Request, secret: Secret) -> None:
    if len(request.body) > 100 * 1024:
        raise Refusal(413, "request entity too large")
    admit_signed(request, secret)


def wants_known_keys(request: Request, secret: Secret) -> None:
    admit_signed(request, secret)
    if not json.loads(request.body).keys() <= {"action", "params", "time"}:
        raise Refusal(400, "unknown keys")


TRANSPORT: Mapping[str, Twin] = {
    "never-answers": twin(lambda: never_answers, "answers-within-deadline"),
    "hangs-up": twin(lambda: hangs_up, "answer-is-whole"),
    "line-break-behind-answers": twin(lambda: LineBreakBehindAnswers(partner()), "nothing-behind-answers"),
    "redirect": fault("redirect", "no-redirect"),
    "server-error": fault("server-error", "info-answered-with-success"),
    "compressed-answer": fault("compressed-answer", "answer-is-not-encoded"),
    "unsigned-answer": fault("unsigned-answer", "answer-is-signed"),
    "php-error-always": fault("php-error-always", "answer-is-signed"),
    "upper-case-signature": fault("upper-case-signature", "signature-is-lower-case"),
    "wrongly-signed-answer": fault("wrongly-signed-answer", "answer-signature-is-right"),
    "warnings-before-json": fault("warnings-before-json", "answer-signature-is-right"),
    "answers-as-html": defect("answer-says-it-is-json", response=as_html),
    "accepts-unsigned": fault("accepts-unsigned", "unsigned-request-refused", "empty-signature-refused"),
    "accepts-empty-signature": defect("empty-signature-refused", admit=empty_lets_in),
    "accepts-wrong-signatures": fault(
        "accepts-wrong-signatures",
        "wrong-signature-refused",
        "cut-signature-refused",
        "tampered-body-refused",
        "upper-case-signature-refused",
    ),
    "accepts-half-a-signature": defect("cut-signature-refused", admit=compares_as_far_as_it_goes),
    "accepts-a-tampered-body": defect("tampered-body-refused", admit=signs_known_keys_alone),
    "crashes-on-forgeries": defect("forgery-refused-with-a-client-error", admit=crashes_on_forgeries),
    "bans-after-forgeries": twin(bans_for_a_while, "right-request-answered-after-forgeries"),
    "accepts-upper-case": defect("upper-case-signature-refused", admit=any_case),
    "header-looked-up-by-exact-case": twin(lambda: ExactHeaderName(partner()), "header-name-in-any-case"),
    "refuses-queries": defect("signature-in-query-does-no-harm", admit=refuses_queries),
    "header-signature-only": fault("header-signature-only", "signature-in-query-accepted"),
    "exact-content-type": fault("exact-content-type", "content-type-with-charset-accepted"),
    "answers-get": twin(AnyMethod, "only-post-answered"),
    "firewall": defect("compact-ascii-body-accepted", admit=firewall(b"<then>")),
    "python-spelling": fault("python-spelling", "raw-utf8-body-accepted", "any-json-spelling-accepted"),
    "node-spelling": fault(
        "node-spelling", "escaped-body-accepted", "any-json-spelling-accepted", "large-body-accepted"
    ),
    "refuses-escaped-slashes": defect("any-json-spelling-accepted", admit=firewall(b"\\/")),
    "limits-bodies": defect("large-body-accepted", admit=limits_bodies),
    "wants-known-keys": defect("unknown-keys-ignored", admit=wants_known_keys),
}
