"""Defects: Errors and retries (TR6, PU6, PU7)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from crawler.protocol.signature import Secret
from crawler.reference import ReferencePartner
from crawler.reference.faults.fault import Proceed, admit_signed
from crawler.reference.wire import Call, Refusal, Request, Response, plain, signed
from tests.conformance.courtroom import SECRET, partner
from tests.conformance.twins.twin import Twin, defect, fault, twin

ACTIONS = ("no_such_operation", "no_such_object", "users.list")


def answers(word: str) -> Callable[[Call, Proceed], object]:
    """An empty list for what it does not know."""

    def act(call: Call, proceed: Proceed) -> object:
        return [] if word in call.action else proceed(call)

    return act


def not_an_action(body: bytes) -> str:
    """What is wrong with a body, in a word."""
    try:
        request = json.loads(body)
    except ValueError:
        return "json"
    if not isinstance(request, dict):
        return "object"
    return "" if isinstance(request.get("action"), str) else "action"


class Guessing(ReferencePartner):
    """Takes some malformed requests for `implementation.info`."""

    wrong = ""

    def respond(self, request: Request) -> Response:
        if request.signature == SECRET.sign(request.body) and not_an_action(request.body) == self.wrong:
            return signed(self.secret, self.capabilities.info())
        return super().respond(request)


def guessing(wrong: str) -> Callable[[], ReferencePartner]:
    def made() -> ReferencePartner:
        it = partner()
        guess = Guessing(it.secret, it.forum)
        guess.wrong = wrong
        return guess

    return made


def refuses(change: Callable[[Response], Response]) -> Callable[[Call, Response], Response]:
    """Says otherwise what it says to unknown actions."""

    def respond(call: Call, response: Response) -> Response:
        return change(response) if response.status == 400 and any(it in call.action for it in ACTIONS) else response

    return respond


def crashes_on_odd_cursors(call: Call, proceed: Proceed) -> object:
    if isinstance(call.params.get("since_id"), dict):
        raise Refusal(500, "unhashable type")
    return proceed(call)


def gives_up_after_errors(status: int = 500) -> ReferencePartner:
    """Once its parser has failed, it is busy for one request: the next `implementation.info` is not answered."""
    it = partner()
    failed: list[bytes] = []

    def admit(request: Request, secret: Secret) -> None:
        admit_signed(request, secret)
        wrong = not_an_action(request.body)
        if wrong:
            failed.append(request.body)
        elif failed and b'"implementation.info"' in request.body:
            failed.clear()
            raise Refusal(status, "still recovering")

    it.fault = replace(it.fault, admit=admit)
    return it


PAGE = "<!DOCTYPE html><html><head><title>400</title></head><body><h1>Bad Request</h1></body></html>"
TRACEBACK = 'Traceback (most recent call last):\n  File "/srv/app.py", line 7, in <module>\nKeyError: 1'


def text(status: int, words: str) -> Any:
    return refuses(lambda _response: plain(status, words))


ERRORS: Mapping[str, Twin] = {
    "any-operation": defect("unknown-operation-refused", act=answers("no_such_operation")),
    "any-object": defect("unknown-object-refused", act=answers("no_such_object")),
    "undeclared": defect("undeclared-action-refused", act=answers("users.list")),
    "guesses-at-broken-json": twin(guessing("json"), "body-that-is-not-json-refused"),
    "guesses-at-arrays": twin(guessing("object"), "request-that-is-no-object-refused"),
    "guesses-at-no-action": twin(guessing("action"), "request-without-action-refused"),
    "php-errors": fault(
        "php-errors",
        "refusals-have-an-error-status",
        "forgery-refused-with-a-client-error",
        "show-of-an-unknown-id-refused",
    ),
    "crashes-politely": defect("refusals-have-an-error-status", response=text(500, "something went wrong")),
    "crashes-on-odd-cursors": defect("odd-params-do-not-crash", act=crashes_on_odd_cursors),
    "says-nothing": defect("refusals-are-explained", response=text(400, "")),
    "says-it-in-latin-1": defect(
        "refusals-are-explained", response=refuses(lambda it: replace(it, body="évidemment".encode("latin-1")))
    ),
    "error-page": defect("refusals-are-no-web-pages", response=text(400, PAGE)),
    "traceback": defect("refusals-hide-the-stack", response=text(400, TRACEBACK)),
    "gives-up-after-errors": twin(gives_up_after_errors, "answers-again-after-errors"),
}
