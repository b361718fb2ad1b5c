"""Answers that fail before their content matters: status, signature, encoding, JSON, shape (TR, SG, IM1)."""

import gzip
from collections.abc import Callable
from dataclasses import replace

from crawler.protocol.signature import HEADER
from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.faults.spellings import php_error
from crawler.reference.wire import Call, Raw, Response, encode, plain

SIGNATURE = HEADER.lower()
WARNINGS = b"<br />\n<b>Warning</b>:  Undefined index: since_id in <b>/var/www/sdk.php</b> on line <b>41</b><br />\n"


def _whenever_ok(change: Callable[[Response], Response]) -> Callable[[Call, Response], Response]:
    """Change the answers that would have been a success."""

    def respond(_call: Call, response: Response) -> Response:
        return change(response) if SIGNATURE in response.headers else response

    return respond


def _headers(response: Response, **changes: str) -> Response:
    return replace(response, headers={**response.headers, **changes})


def _unsigned(response: Response) -> Response:
    return replace(response, headers={name: value for name, value in response.headers.items() if name != SIGNATURE})


def _wrongly_signed(response: Response) -> Response:
    return _headers(response, **{SIGNATURE: response.headers[SIGNATURE][::-1]})


def _in_upper_case(response: Response) -> Response:
    return _headers(response, **{SIGNATURE: response.headers[SIGNATURE].upper()})


def _warnings_first(response: Response) -> Response:
    return _headers(replace(response, body=WARNINGS + response.body), **{"content-type": "text/html; charset=UTF-8"})


def _compressed(response: Response) -> Response:
    """As a proxy does it: the signature is still that of the uncompressed bytes."""
    return _headers(replace(response, body=gzip.compress(response.body, mtime=0)), **{"content-encoding": "gzip"})


def _redirected(_response: Response) -> Response:
    return plain(307, "moved", location="/elsewhere")


def _broken(_response: Response) -> Response:
    return plain(500, "Fatal error: Uncaught exception 'PDOException': could not find driver 🐘")


def _php_error(_response: Response) -> Response:
    return php_error(plain(400, "Invalid action"))


_ANSWERS: tuple[tuple[str, tuple[str, ...], str, Callable[[Response], Response]], ...] = (
    ("unsigned-answer", ("SG4", "TR9"), "does not sign its answers", _unsigned),
    ("wrongly-signed-answer", ("SG4", "TR9"), "signs its answers wrongly", _wrongly_signed),
    ("upper-case-signature", ("TR10", "SG4"), "signs its answers in upper-case hexadecimal digits", _in_upper_case),
    ("warnings-before-json", ("TR9", "OB11"), "puts HTML warnings before JSON that is signed alone", _warnings_first),
    ("compressed-answer", ("TR6",), "compresses its answers with gzip, unasked", _compressed),
    ("redirect", ("TR5",), "redirects every call elsewhere", _redirected),
    ("server-error", ("TR5", "TR6"), "answers every call with status 500 and a text", _broken),
    ("php-error-always", ("TR9",), "answers every call as HTTP 200, unsigned, with a Status: header", _php_error),
)


def _answering(value: object) -> Callable[[Call, Proceed], object]:
    """What the body is to be; `Raw` for what is not JSON."""

    def act(_call: Call, _proceed: Proceed) -> object:
        return value

    return act


def _only(action: str, act: Callable[[Call, Proceed], object]) -> Callable[[Call, Proceed], object]:
    return lambda call, proceed: act(call, proceed) if call.action == action else proceed(call)


_BODIES: tuple[tuple[str, str, tuple[str, ...], str, object], ...] = (
    ("info-empty", "implementation.info", ("IM1", "TR6"), "an empty body, signed", Raw("")),
    ("info-null", "implementation.info", ("IM1", "TR6"), "null", None),
    ("info-array", "implementation.info", ("IM1", "TR6"), "an array instead of an object", []),
    ("info-without-objects", "implementation.info", ("IM1", "IM2"), "an object without objects", {"options": []}),
    ("info-not-json", "implementation.info", ("IM1", "TR9"), "signed HTML", Raw("<h1>It works!</h1>")),
    ("list-empty", "messages.list", ("TR6",), "an empty body, signed", Raw("")),
    ("list-null", "messages.list", ("TR6",), "null", None),
    ("list-object", "messages.list", ("TR6",), "an object instead of an array", {"messages": []}),
    ("list-not-json", "messages.list", ("TR6", "TR9"), "signed HTML", Raw("<h1>It works!</h1>")),
    ("list-cut-off", "messages.list", ("TR6", "TR9"), "signed JSON that ends too early", Raw('[{"id":"11","bod')),
    ("list-resource-error", "messages.list", ("TR6", "PU7"), "a resource error", {"error": {"message": "no"}}),
    ("show-array", "messages.show", ("TR6", "AC1"), "an array instead of an object", []),
)


def _marked(call: Call, proceed: Proceed) -> object:
    """As PHP does it where a file of the partner's was saved with a byte-order mark."""
    return Raw("\ufeff" + encode(proceed(call)).decode())


def _list_fails(call: Call, response: Response) -> Response:
    return plain(503, "the message index is being rebuilt") if call.action == "messages.list" else response


FAULTS = (
    *(
        Fault(name=name, rules=rules, description=description, response=_whenever_ok(change))
        for name, rules, description, change in _ANSWERS
    ),
    *(
        Fault(
            name=name,
            rules=rules,
            description=f"answers {action} with {what}",
            actions=frozenset({action}),
            act=_only(action, _answering(value)),
        )
        for name, action, rules, what, value in _BODIES
    ),
    Fault(
        name="byte-order-mark",
        rules=("TR6", "OB11"),
        description="puts a byte-order mark before its JSON, and signs it with it",
        act=_marked,
    ),
    Fault(
        name="list-error",
        rules=("TR5", "CY4"),
        description="answers messages.list with status 503 and a text, and everything else well",
        actions=frozenset({"messages.list"}),
        response=_list_fails,
    ),
)
