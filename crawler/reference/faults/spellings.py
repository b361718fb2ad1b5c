"""Partners which verify the signature of what they wrote themselves, or of nothing (SP, SG5, TR9, TR10)."""

import json
from collections.abc import Callable
from dataclasses import replace

from crawler.protocol.signature import Secret
from crawler.reference.faults.fault import Fault, admit_signed
from crawler.reference.wire import Call, Refusal, Request, Response

NODE_LIMIT_BYTES = 100 * 1024
"""The limit of the usual body parser there."""

EXACT_INTEGERS = 2**53
INDEX_LIMIT = 2**32 - 1


def node_spelling(body: bytes) -> bytes:
    """`body` as ``JSON.stringify(JSON.parse(body))`` writes it; raises `ValueError` where it is not JSON."""
    parsed = json.loads(body, parse_int=_node_number, parse_float=_node_number, object_pairs_hook=_node_object)
    text = json.dumps(parsed, ensure_ascii=False, separators=(",", ":"))
    return "".join(f"\\u{ord(it):04x}" if "\ud800" <= it <= "\udfff" else it for it in text).encode()


def python_spelling(body: bytes) -> bytes:
    """`body` as a compact `json.dumps` writes it, with escapes; raises `ValueError` where it is not JSON."""
    return json.dumps(json.loads(body), separators=(",", ":")).encode()


def _node_number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) <= EXACT_INTEGERS else value


def _node_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Keys that look like array indices come first, in their order."""
    fields = dict(pairs)
    indices = sorted((key for key in fields if _is_index(key)), key=int)
    return {key: fields[key] for key in (*indices, *(key for key in fields if not _is_index(key)))}


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdecimal() and (key == "0" or key[0] != "0") and int(key) < INDEX_LIMIT


def _verify_respelled(request: Request, secret: Secret, spell: Callable[[bytes], bytes]) -> None:
    try:
        body = spell(request.body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"the body is not JSON: {error}") from error
    if not secret.verifies(body, request.signature):
        raise Refusal(422, "Invalid signature")


def _admit_node(request: Request, secret: Secret) -> None:
    if len(request.body) > NODE_LIMIT_BYTES:
        raise Refusal(413, "request entity too large")
    _verify_respelled(request, secret, node_spelling)


def _admit_python(request: Request, secret: Secret) -> None:
    _verify_respelled(request, secret, python_spelling)


def _admit_unsigned(request: Request, secret: Secret) -> None:
    if request.signature:
        admit_signed(request, secret)


def _admit_any_signature(request: Request, secret: Secret) -> None:
    if not request.signature:
        admit_signed(request, secret)


def _admit_exact_type(request: Request, secret: Secret) -> None:
    if request.headers.get("content-type") != "application/json":
        raise Refusal(400, "Invalid action")
    admit_signed(request, secret)


def php_error(response: Response) -> Response:
    """An error as PHP's SDK sends it where the server does not make a status of its `Status:` line (TR9)."""
    headers = {"content-type": "text/html; charset=UTF-8", "status": "400 Bad Request"}
    return Response(200, headers, response.body)


def _php_response(_call: Call, response: Response) -> Response:
    return php_error(response) if response.status >= 400 else response


FAULTS = (
    Fault(
        name="node-spelling",
        rules=("SP", "TR3"),
        description="signs what JSON.stringify makes of a request: 422 on escapes, spaces, 1.0; 413 over 100 kB",
        admit=_admit_node,
    ),
    Fault(
        name="python-spelling",
        rules=("SP", "TR3"),
        description="signs what json.dumps makes of a request: 422 on raw non-ASCII characters and on spaces",
        admit=_admit_python,
    ),
    Fault(
        name="php-errors",
        rules=("SP", "TR9"),
        description="takes every spelling; sends its errors as HTTP 200, text/html, unsigned, with a Status: header",
        response=_php_response,
    ),
    Fault(
        name="accepts-unsigned",
        rules=("SG5",),
        description="answers requests that carry no signature",
        admit=_admit_unsigned,
    ),
    Fault(
        name="accepts-wrong-signatures",
        rules=("SG5",),
        description="answers requests whatever their signature is",
        admit=_admit_any_signature,
    ),
    Fault(
        name="exact-content-type",
        rules=("TR10",),
        description="answers 'Invalid action' unless the Content-Type is application/json and nothing else",
        admit=_admit_exact_type,
    ),
    Fault(
        name="header-signature-only",
        rules=("SG3",),
        description="does not look for the signature in the query",
        admit=lambda request, secret: admit_signed(replace(request, query={}), secret),
    ),
)
