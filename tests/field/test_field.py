"""What partners write to the wire in the field: whole cycles against exactly these bytes (TR11, TR12, TR13, PU6).

Three messages are there to be imported, and three replies wait. Each row names the thread of a public tracker where
somebody met it, or says that it was constructed.
"""

from dataclasses import dataclass

import pytest

from crawler.cycle import run_cycle
from crawler.partner import Partner
from crawler.store import Store
from crawler.sync.report import CycleReport
from tests.field.partner import OK, FieldPartner, Then, queue_replies
from tests.partners.calling import fixed_clock, source
from tests.partners.raw import raw_partner
from tests.unit.store.writing import rows

LIST, CREATE = ("messages.list",), ("messages.create",)
ONCE = (("success", 1),) * 3
REPEATED = (False, True) * 3


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the partner writes, as `FieldPartner` has it, and what comes of it.

    `imported` is the number of messages; `exports` are status and attempts of each reply; `retries` what its creates
    said that reached the partner, `None` where that depends on chance; `remark` and `error` are parts of the one text
    that the report must hold.
    """

    seen: str
    text: str = OK
    at: tuple[str, ...] = ()
    kept: bool = False
    serves: bool = True
    then: Then = "stay"
    imported: int = 3
    exports: tuple[tuple[str, int], ...] = ONCE
    retries: tuple[bool, ...] | None = (False, False, False)
    remark: str = ""
    error: str = ""


PENDING = (("export_pending", 1),) * 3
CONNECTION = "HTTP/1.1 200 OK\r\nContent-Length: <length>\r\n<signed>\r\n{}\r\n\r\n<body>"
LENGTH = "expected a Content-Length that counts the bytes of the answer's body, got "

CASES: dict[str, Case] = {
    "as it should be": Case(seen="constructed"),
    # bytes behind an answer
    "a line break behind each answer": Case(
        seen="OISF/libhtp#50", text=OK + "\n", remark=r"1 byte behind the end of an answer: '\n'; the connection was"
    ),
    "a line break in a packet of its own": Case(
        seen="OISF/libhtp#50", text=OK + "<next>\n", remark=r"1 byte behind the end of an answer: '\n'"
    ),
    "an empty line behind each answer": Case(seen="benoitc/hackney#603", text=OK + "\r\n", remark=r"'\r\n'"),
    "the end of a chunked body behind a length": Case(
        seen="jonashaag/bjoern#139", text=OK + "0\r\n\r\n", remark=r"5 bytes behind the end of an answer: '0\r\n\r\n'"
    ),
    "a notice of PHP behind the body": Case(
        seen="matomo-org/plugin-QueuedTracking#45",
        text=OK + "<br />\n<b>Notice</b>:  Undefined index: foo in <b>/srv/www/channel.php</b>",
        remark=r"'<br />\n<b>Notice</b>:  Undefined index: …'",
    ),
    "a second whole answer behind each": Case(
        seen="jmcvetta/napping#28",
        text=OK + "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        remark=r"'HTTP/1.1 500 Internal Server Error\r\nCont…'",
    ),
    "the same answer twice": Case(seen="constructed", text=OK + OK, remark="'HTTP/1.1 200 OK"),
    "a body behind 204": Case(
        seen="encode/httpx#1474", text="HTTP/1.1 204 No Content\r\nContent-Length: <length>\r\n<signed>\r\n\r\n<body>",
        at=LIST, imported=0, remark="behind the end of an answer: '[{", error="HTTP 204",
    ),
    "a line break in front of each answer on a kept connection": Case(
        seen="tornadoweb/tornado#1124", text="\r\n" + OK, kept=True, remark=r"'\r\n'"
    ),
    "the end of a chunked body in front of it": Case(
        seen="amphp/http-server#392", text="0\r\n\r\n" + OK, kept=True, retries=REPEATED[:6], remark=r"'0\r\n\r\n"
    ),
    # connections that end
    "closes after each answer, and says so": Case(
        seen="JoeDog/siege#252", text=CONNECTION.format("Connection: close"), then="close"
    ),
    "closes after each answer, and does not say so": Case(seen="yhirose/cpp-httplib#1282", then="close"),
    "closes half a millisecond after each answer": Case(seen="urllib3/urllib3#1911", then="close soon", retries=None),
    "closes at the next request, unread": Case(
        seen="capnproto/capnproto#2785", text="", kept=True, serves=False, then="close", retries=(True,) * 3
    ),
    "resets at the next request, unread": Case(
        seen="tokuhirom/Furl#98", text="", kept=True, serves=False, then="reset", retries=(True,) * 3
    ),
    "does what the next request says, and closes": Case(
        seen="tokuhirom/Furl#16", text="", kept=True, then="close", at=CREATE, retries=REPEATED
    ),
    "does what the next request says, and resets": Case(
        seen="constructed", text="", kept=True, then="reset", at=CREATE, retries=REPEATED
    ),
    "resets after each answer": Case(seen="constructed", then="reset"),
    "closes its half after each answer": Case(seen="scylladb/seastar#2768", then="end"),
    "closes in the middle of a head": Case(
        seen="constructed", text="HTTP/1.1 200 OK\r\nContent-Le", at=LIST, then="close", imported=0,
        error="a broken connection: peer unexpectedly closed connection",
    ),
    "resets in the middle of a body": Case(
        seen="constructed", text=OK.replace("<body>", "<half>"), at=CREATE, then="reset", exports=PENDING,
        error="a broken connection: ",
    ),
    "closes in the middle of a body": Case(
        seen="constructed", text=OK.replace("<body>", "<half>"), at=LIST, then="close", imported=0,
        error="without sending complete message body",
    ),
    "closes in the middle of a chunk": Case(
        seen="constructed", at=LIST, then="close", imported=0, error="incomplete chunked read",
        text="HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n<signed>\r\n\r\n<hex>\r\n<half>",
    ),
    "spells it Close": Case(
        seen="mochi/mochiweb#81", text=CONNECTION.format("Connection: Close"), then="close"
    ),
    "spells it CLOSE, without a blank": Case(
        seen="MailRuChamps/hlcupdocs#52", text=CONNECTION.format("CONNECTION:CLOSE"), then="close"
    ),
    "keeps and closes": Case(
        seen="socketry/protocol-http#41", text=CONNECTION.format("Connection: Keep-Alive, close"), then="close"
    ),
    "says close, and keeps it": Case(
        seen="javaee/grizzly#1780", text=CONNECTION.format("Connection: close")
    ),
    # lengths
    "a length in characters": Case(
        seen="wyhaines/iowa#4", text=OK.replace("<length>", "<characters>"), at=LIST, imported=0,
        error=LENGTH + "402 for 409 bytes or more: counted in characters, it seems", remark="behind the end",
    ),
    "a length that is one too small": Case(
        seen="gnieh/tiscaf#14", text=OK.replace("<length>", "<less>"), at=LIST, imported=0,
        error=LENGTH + "408 for 409 bytes or more: too small, it seems", remark="1 byte behind the end of an answer: ",
    ),
    "a length that is one too large, closed": Case(
        seen="sipcapture/homer-api#176", text=OK.replace("<length>", "<more>"), at=LIST, then="close", imported=0,
        error=LENGTH + "410 for an answer that is whole after 409 bytes, and then the end of the connection: too large",
    ),
    "a length that is one too large, kept": Case(
        seen="owncloud/core#7006", text=OK.replace("<length>", "<more>"), at=LIST, imported=0,
        error=LENGTH + "410 for an answer that is whole after 409 bytes, and then nothing more within 0.4 s: too large",
    ),
    "two lengths": Case(
        seen="python-hyper/h11#95", text=OK.replace("<length>", "<length>\r\nContent-Length: <more>"), at=LIST,
        imported=0, error=LENGTH + "409 and 410",
    ),
    "the same length twice": Case(
        seen="encode/httpx#767", text=OK.replace("<length>", "<length>\r\nContent-Length: <length>")
    ),
    "a length and chunks": Case(
        seen="espressif/esp-idf#2458",
        text="HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n<signed>\r\n\r\n"
        "<hex>\r\n<body>\r\n0\r\n\r\n",
    ),
    # heads
    "two 1xx answers before each": Case(
        seen="nginx/nginx#1241",
        text="HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + OK,
    ),
    "HTTP/1.0 without a length": Case(
        seen="palantir/dialogue#2537", text="HTTP/1.0 200 OK\r\n<signed>\r\n\r\n<body>", then="close"
    ),
    "HTTP/1.0 that is kept": Case(
        seen="Luukdegram/apple_pie#55",
        text="HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: <length>\r\n<signed>\r\n\r\n<body>",
    ),
    "HTTP/1.1 without a length": Case(
        seen="nodejs/llhttp#354", text="HTTP/1.1 200 OK\r\n<signed>\r\n\r\n<body>", then="close"
    ),
    "a folded header": Case(seen="seanmonstar/httparse#68", text=CONNECTION.format("X-Folded: one\r\n\ttwo")),
    "Latin-1 in a header": Case(seen="apify/impit#434", text=CONNECTION.format("Last-Modified: Dienstag, 31. M\xe4rz")),
    "Latin-1 in the reason": Case(seen="mitmproxy/mitmproxy#784", text=OK.replace("OK", "Autoris\xe9", 1)),
    "no reason": Case(seen="scrapy/scrapy#345", text=OK.replace("200 OK", "200")),
    "an empty reason": Case(seen="seanmonstar/httparse#29", text=OK.replace("200 OK", "200 ")),
    "lines that end in LF": Case(seen="encode/httpx#1378", text=OK.replace("\r\n", "\n")),
    "header names in other cases": Case(
        seen="constructed", text=OK.replace("Content-Length", "CONTENT-LENGTH").replace("<signed>", "<signed>\r\nX-A:")
    ),
    "chunks with extensions, and trailers": Case(
        seen="http-kit/http-kit#523",
        text='HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nTrailer: ETag\r\n<signed>\r\n\r\n'
        '<hex>;a="b"\r\n<body>\r\n0;last\r\nETag: "1"\r\n\r\n',
    ),
    "refuses with 413, and closes": Case(
        seen="psf/requests#2422", at=CREATE, then="close", serves=False, retries=(), exports=PENDING,
        text="HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", error="HTTP 413",
    ),
}  # fmt: skip


def texts(report: CycleReport) -> tuple[list[str], list[str]]:
    """What the report remarks on connections, and its errors, those of exports included."""
    remarks = [remark.text for remark in report.connections.counts]
    errors = [error.what for error in report.errors] + [settled.entry.error or "" for settled in report.exports]
    return remarks, [error for error in errors if error]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("name", CASES)
async def test_a_cycle(name: str, tls: bool, store: Store) -> None:
    case = CASES[name]
    partner = FieldPartner(case.text, case.at, case.kept, case.serves, case.then)
    async with raw_partner(partner, tls=tls) as endpoint:
        waits = "nothing more within" in case.error
        shop = source(endpoint.base_uri, deadline=0.4 if waits else 5.0, verify_tls=False)
        queue_replies(store, shop)
        async with Partner(shop, clock=fixed_clock) as line:
            report = await run_cycle(shop, store, partner=line, clock=fixed_clock)

    remarks, errors = texts(report)
    assert [error for error in errors if case.error not in error] == []
    assert bool(errors) == bool(case.error), errors
    assert [remark for remark in remarks if case.remark not in remark] == []
    assert bool(remarks) == bool(case.remark), remarks
    assert len([row for row in rows(store, "content") if not row["foreign_id"].startswith("9")]) == case.imported
    assert tuple((row["status"], row["attempts"]) for row in rows(store, "outbox")) == case.exports
    assert case.retries in (None, tuple(params["retry"] for params in partner.creates))
    assert len(partner.made) == (0 if case.retries == () else 3)
