"""Bytes and signatures: answers that nobody can trust, and requests that are trusted or not for the wrong reason."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace

from crawler.protocol.signature import HEADER, Secret
from crawler.reference import FAULTS
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Refusal, Response, plain
from tests.conformance.courtroom import SECRET
from tests.conformance.variants.making import acting, behaving
from tests.conformance.variants.variant import Harm, Kind, Made, Variant

SIGNATURE = HEADER.lower()
Change = Callable[[Call, Response], Response]
BOM = b"\xef\xbb\xbf"
NOTICE = b"<br />\n<b>Notice</b>: Undefined index: since_id in <b>/var/www/sdk.php</b> on line <b>41</b><br />\n"


def whenever_ok(change: Callable[[Response], Response], *operations: str) -> Change:
    """Changes answers that are a success, of some operations or of all."""
    return lambda call, response: (
        change(response) if response.status == 200 and (not operations or call.operation in operations) else response
    )


def unsigned(response: Response) -> Response:
    return replace(response, headers={name: value for name, value in response.headers.items() if name != SIGNATURE})


def signing(respell: Callable[[bytes], bytes], secret: Secret = SECRET) -> Callable[[Response], Response]:
    """Signs other bytes than it sends."""
    return lambda response: replace(
        response, headers={**response.headers, SIGNATURE: secret.sign(respell(response.body))}
    )


def with_escapes(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=(",", ":")).encode()


def with_blanks(body: bytes) -> bytes:
    return json.dumps(json.loads(body), ensure_ascii=False).encode()


def as_long_as_characters(response: Response) -> Response:
    return replace(response, body=response.body[: len(response.body.decode())])


def with_bom(response: Response) -> Response:
    return signing(lambda body: body)(replace(response, body=BOM + response.body))


def zipped(response: Response) -> Response:
    zipped_ = gzip.compress(response.body, mtime=0)
    return replace(response, body=zipped_, headers={**response.headers, "content-encoding": "gzip"})


def moved(_response: Response) -> Response:
    return plain(301, "Moved Permanently", location="https://shop.example/sdk/")


def notices_first(call: Call, response: Response) -> Response:
    """PHP complains of a list without `since_id`, before it answers."""
    if call.operation == "list" and not call.params.get("since_id") and response.status == 200:
        return replace(response, body=NOTICE + response.body)
    return response


def anything_goes(call: Call, proceed: Proceed) -> object:
    try:
        return proceed(call)
    except Refusal as refusal:
        if refusal.text.startswith("unknown"):
            return []
        raise


_ROWS: tuple[tuple[str, str, Harm, Made, str, bool, str | None], ...] = (
    ("never signs", "the SDK's example does not show it",
     Harm.LOST, behaving(response=whenever_ok(unsigned)), "issue 15", False, "answer-is-signed"),
    ("signs escapes", "signs json_encode() of its answer and sends it with JSON_UNESCAPED_UNICODE",
     Harm.LOST, behaving(response=whenever_ok(signing(with_escapes))), "octokit/webhooks.js#71", False,
     "answer-signature-is-right"),
    ("signs another spelling", "signs the value, and lets the framework write it once more",
     Harm.LOST, behaving(response=whenever_ok(signing(with_blanks))), "jonpulice/node-shopify-auth#2", False,
     "answer-signature-is-right"),
    ("signs no creates", "a second controller, without the filter that signs",
     Harm.MUTE, behaving(response=whenever_ok(unsigned, "create")), "PROTOCOL.md SG4", True,
     "create-answered-with-success"),
    ("counts characters", "Content-Length from the length of the text: with an accent the end is cut off",
     Harm.LOST, behaving(response=whenever_ok(as_long_as_characters)),
     "mashery/iodocs#192; abergs/OwinFriendlyExceptions#8", False, "answer-signature-is-right"),
    ("a byte order mark", "one PHP file that was saved with a BOM",
     Harm.SETTING, behaving(response=whenever_ok(with_bom)), "PROTOCOL.md TR6", False, "answers-begin-with-json"),
    ("zips", "a proxy that compresses all",
     Harm.LOST, behaving(response=whenever_ok(zipped)), "PROTOCOL.md TR6", False, "answer-is-not-encoded"),
    ("moved to https", "a redirect for browsers",
     Harm.LOST, behaving(response=whenever_ok(moved)), "PROTOCOL.md TR5", False, "no-redirect"),
    ("notices before the first list", "display_errors, and an index that is not there in the first list",
     Harm.LOST, behaving(response=notices_first), "PROTOCOL.md TR9", False, "declared-list-answers"),
    ("verifies escapes", "verifies json.dumps() of what it parsed: accents are refused unless they are escaped",
     Harm.SETTING, behaving(admit=FAULTS["python-spelling"].admit),
     "grnhse/greenhouse-api-docs#276; gabrielkoerich/orch#134", False, "raw-utf8-body-accepted"),
    ("verifies nothing", "a TODO",
     Harm.EXPOSED, behaving(admit=lambda _request, _secret: None), "PROTOCOL.md SG5", False,
     "unsigned-request-refused"),
    ("verifies where there is one", "if (signature && signature !== expected)",
     Harm.EXPOSED, behaving(admit=FAULTS["accepts-unsigned"].admit), "PROTOCOL.md SG5", False,
     "unsigned-request-refused"),
    ("an empty list for anything", "a default branch that answers []",
     Harm.PUZZLED, acting("*", anything_goes), "PROTOCOL.md TR5", False, "unknown-operation-refused"),
)  # fmt: skip

TRUST = tuple(
    Variant(
        name=name,
        slip=slip,
        harm=harm,
        kind=Kind.SIGNED,
        origin=origin,
        made=made,
        write=write,
        found_by=rule,
        not_by=frozenset({"objects-can-be-read"}) if "byte order" in name else frozenset(),
    )
    for name, slip, harm, made, origin, write, rule in _ROWS
)
