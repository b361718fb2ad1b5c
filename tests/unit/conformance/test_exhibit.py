"""An exchange as reports show it, its curl line, which a real shell and a real curl must take, and differences."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import pytest

from crawler.conformance.evidence import Sent
from crawler.conformance.exhibit import ARGUMENT, Exhibit, differences, exhibit
from crawler.protocol.envelope import Answer, Exchange
from crawler.protocol.signature import HEADER, Secret
from crawler.sync.source import Source
from tests.partners.raw import raw_partner, response, saying

SOURCE = Source(name="shop", base_uri="http://anna:pass@shop.example/sdk?a=1#top", secret=Secret("open sesame"))
OLD = (200, {"Date": "Mon", "content-type": "application/json"}, b'{"id":"1","body":"a"}')
BODIES = {
    "json": b'{"action":"implementation.info"}',
    "quotes": b"""{"body":"it's \\"quoted\\" $HOME `id` %s \\\\ !"}""",
    "accents": '{"body":"zażółć 🐘"}'.encode(),
    "line breaks and control characters": b'{"a":\n\t"\x1b[31m"}\r\n\x00\x07',
    "not UTF-8": bytes(range(256)),
    "an at sign first": b"@/etc/hostname",
    "digits after an octal": b"\x001\x0022%d",
    "large": b"x" * (ARGUMENT + 60_000),
    "empty": b"",
}


def sent(body: bytes = b"{}", headers: Mapping[str, str] | None = None, **more: object) -> Sent:
    exchange = Exchange(
        action="messages.list",
        request=body,
        headers={"Content-Type": "application/json", HEADER: "ab"} if headers is None else headers,
        started=datetime(2026, 3, 1, tzinfo=UTC),
        seconds=0.1,
        request_size=len(body),
    )
    return Sent(id="probe.1", label="right", exchange=replace(exchange, **more))  # type: ignore[arg-type]  # one by one


def shown(body: bytes = b"{}", headers: Mapping[str, str] | None = None, **more: object) -> Exhibit:
    return exhibit(sent(body, headers, **more), SOURCE, keep_bytes=10)


def test_the_url_has_the_query_but_no_user_name_and_no_fragment() -> None:
    assert shown(query={"signature": "a b"}).url == "http://shop.example/sdk?a=1&signature=a+b"


def test_the_secret_is_taken_out_of_everything() -> None:
    answer = Answer(status=200, headers={"x": "open sesame"}, body=b"open sesame")
    found = exhibit(
        sent(b'{"id":"open sesame"}', {"X": "open sesame"}, answer=answer, error="open sesame", query={"q": "open"}),
        SOURCE,
        keep_bytes=100,
    )
    assert "sesame" not in repr(found) + found.curl


def test_of_an_answer_no_more_is_kept_than_asked_for() -> None:
    found = shown(answer=Answer(status=200, headers={}, body=b"0123456789abc"), answer_size=13)
    assert (found.answer, found.answer_size) == (b"0123456789", 13)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here")
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_the_curl_line_sends_the_very_same_bytes(body: bytes) -> None:
    async with raw_partner(saying(response(b"[]", "Connection: close"))) as partner:
        curl = replace(shown(body), url=partner.base_uri).curl
        assert curl.isprintable()
        await anyio.run_process(["sh"], input=curl.encode())
    (request,) = partner.requests
    assert request.body == body
    assert request.line == "POST /sdk HTTP/1.1"
    assert request.headers[HEADER.lower()] == "ab"
    assert request.headers["content-type"] == "application/json"


def test_the_curl_line_sends_an_empty_header_as_curl_wants_it() -> None:
    assert f"-H '{HEADER};'" in shown(headers={HEADER: ""}).curl


def test_the_curl_line_names_another_method() -> None:
    assert "-X GET 'http://shop.example/sdk?a=1'" in shown(method="GET").curl


def test_the_same_answer_at_another_time_has_no_difference() -> None:
    assert (
        differences(OLD, (200, {"date": "Tue", "Content-Type": "application/json"}, b'{"id": "1", "body": "a"}')) == []
    )


def test_status_header_and_one_json_key_are_told_apart() -> None:
    lines = differences(OLD, (403, {"content-type": "text/html"}, b'{"id":"1","body":"b"}'))
    assert lines[:2] == ["--- recorded", "+++ new"]
    assert {line for line in lines if line[0] in "+-" and line[:3] not in ("---", "+++")} == {
        "-HTTP 200", "+HTTP 403", "-content-type: application/json", "+content-type: text/html",
        '-  "body": "a"', '+  "body": "b"',
    }  # fmt: skip


def test_what_is_no_json_is_compared_line_by_line_and_holds_no_commands_for_a_terminal() -> None:
    lines = differences((200, {}, b"a\nb\xff"), (None, {}, b"\x1b[31m"))
    assert "-HTTP 200" in lines
    assert "+no answer" in lines
    assert "-b\\xff" in lines
    assert "+\\x1b[31m" in lines
