"""One exchange: what is sent, over which connection, and what the answer is worth (TR, SG, SP)."""

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from crawler.errors import (
    ConnectionBroken,
    EndpointUnreachable,
    ErrorStatus,
    LeaseLost,
    SignatureInvalid,
)
from crawler.partner import Partner
from crawler.protocol.credentials import WITHHELD
from crawler.protocol.envelope import Exchange
from crawler.protocol.signature import HEADER, Secret
from tests.partners.calling import INFO, NOON, Raising, answering, call, calling, failed, source
from tests.partners.raw import SECRET, RawPartner, raw_partner, response, saying

OK = response(b"[]")


async def test_a_request_is_these_exact_bytes() -> None:
    async with raw_partner(saying(OK)) as endpoint, calling(endpoint) as partner:
        await call(partner, "messages.create", params={"body": "déjà </vu> 🐘", "retry": False})

    body = '{"action":"messages.create","params":{"body":"déjà </vu> 🐘","retry":false},"time":"2024-03-01T12:00:00Z"}'
    [request] = endpoint.requests
    assert request.line == "POST /sdk HTTP/1.1"
    assert request.body == body.encode()
    assert request.headers["content-type"] == "application/json"
    assert request.headers[HEADER.lower()] == SECRET.sign(body.encode())
    assert request.headers["accept-encoding"] == "identity"
    assert "transfer-encoding" not in request.headers


async def test_a_source_may_want_its_requests_in_ascii() -> None:
    async with raw_partner(saying(OK)) as endpoint, calling(endpoint, ascii_json=True) as partner:
        await call(partner, "messages.create", params={"body": "é"})

    assert rb'"body":"\u00e9"' in endpoint.requests[0].body


async def test_the_signature_goes_into_the_query_as_well_where_the_source_says_so() -> None:
    async with raw_partner(saying(OK)) as endpoint:
        endpoint.base_uri += "?shop=7"
        async with calling(endpoint, signature_in_query=True) as partner:
            await call(partner)

    [request] = endpoint.requests
    assert request.line == f"POST /sdk?shop=7&signature={SECRET.sign(request.body)} HTTP/1.1"
    assert request.headers[HEADER.lower()] == SECRET.sign(request.body)


@pytest.mark.parametrize(
    "path",
    [
        "/sdk?debug",
        "/sdk?",
        "?debug",
        "/a;b?c;d=e",
        "/%zz%",
        "/a%2Fb%2fc",
        "/a/../b/./c//",
        "/%7Eä?[]{}|^`'\"<>\\=%C3%a4",
    ],
)
@pytest.mark.parametrize("signature_in_query", [False, True])
async def test_what_the_user_wrote_is_what_the_partner_sees(path: str, signature_in_query: bool) -> None:
    """TR8, SG3."""
    async with raw_partner(saying(OK)) as endpoint:
        endpoint.base_uri = endpoint.base_uri.replace("//", "//jo:p%40w@").removesuffix("/sdk") + path
        async with calling(endpoint, signature_in_query=signature_in_query) as partner:
            await call(partner)
            assert partner.source.address == endpoint.base_uri.replace("jo:p%40w@", "")

    [request] = endpoint.requests
    seen = path.replace("ä", "%C3%A4") if path.startswith("/") else f"/{path}"
    if signature_in_query:
        mark = "?" if "?" not in seen else "" if seen.endswith("?") else "&"
        seen += f"{mark}signature={SECRET.sign(request.body)}"
    assert request.line == f"POST {seen} HTTP/1.1"
    assert request.headers["host"] == endpoint.base_uri.split("@")[1].partition("/")[0].partition("?")[0]
    assert request.headers["authorization"] == f"Basic {b64encode(b'jo:p@w').decode()}"


async def test_the_answer_comes_as_it_is() -> None:
    body = '[{"id":"é"}] '.encode()
    async with raw_partner(saying(response(body, "X-Odd: 1"))) as endpoint, calling(endpoint) as partner:
        answer = await call(partner)

    assert (answer.status, answer.body, answer.headers["x-odd"]) == (200, body, "1")


async def test_one_connection_serves_several_calls() -> None:
    async with raw_partner(saying(OK)) as endpoint, calling(endpoint) as partner:
        for action in (INFO, "threads.list", "messages.list", INFO):
            await call(partner, action)

        assert (endpoint.connections, len(endpoint.requests)) == (1, 4)


async def test_two_sources_share_no_connection() -> None:
    async with (
        raw_partner(saying(OK)) as endpoint,
        calling(endpoint) as partner,
        calling(endpoint, name="other") as other,
    ):
        await call(partner)
        await call(other)

    assert [request.connection for request in endpoint.requests] == [1, 2]


async def closing_at_its_second_request(endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
    """Answers the first request of each connection, and closes it unanswered at the second."""
    here = [request for request in endpoint.requests if request.connection == endpoint.requests[-1].connection]
    if len(here) == 1:
        writer.write(OK)
    else:
        writer.close()


@pytest.mark.parametrize("action", [INFO, "messages.list", "messages.delete", "threads.show"])
async def test_a_request_is_sent_once_more_where_a_kept_connection_breaks(action: str) -> None:
    seen: list[Exchange] = []
    async with raw_partner(closing_at_its_second_request) as endpoint, calling(endpoint) as partner:
        await call(partner, "users.list")
        await call(partner, action, params={"id": "7"}, record=seen.append)

    assert [request.connection for request in endpoint.requests] == [1, 1, 2]
    assert endpoint.requests[1].body == endpoint.requests[2].body
    assert [bool(exchange.error) for exchange in seen] == [True, False]


async def test_a_create_that_is_sent_once_more_says_so_and_is_signed_anew() -> None:
    seen: list[Exchange] = []
    async with raw_partner(closing_at_its_second_request) as endpoint, calling(endpoint) as partner:
        await call(partner)
        await call(partner, "messages.create", params={"body": "Hi", "retry": False}, record=seen.append)

    first, repeat = endpoint.requests[1:]
    assert first.body.replace(b'"retry":false', b'"retry":true') == repeat.body
    assert repeat.headers[HEADER.lower()] == SECRET.sign(repeat.body)
    assert [exchange.params["retry"] for exchange in seen] == [False, True]


async def test_a_request_is_not_repeated_on_a_new_connection_that_breaks() -> None:
    async def close(_endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with raw_partner(close) as endpoint, calling(endpoint) as partner:
        error = await failed(partner, INFO)

    assert isinstance(error, ConnectionBroken)
    assert len(endpoint.requests) == 1


async def test_a_request_is_repeated_only_once() -> None:
    async def answer_the_very_first(endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        if len(endpoint.requests) == 1:
            writer.write(OK)
        else:
            writer.close()

    async with raw_partner(answer_the_very_first) as endpoint, calling(endpoint) as partner:
        await call(partner, INFO)
        await failed(partner, INFO)

    assert len(endpoint.requests) == 3


async def test_nothing_is_repeated_once_a_byte_of_an_answer_came() -> None:
    async def answer_half_of_the_second(endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.write(OK if len(endpoint.requests) == 1 else OK[:4])
        if len(endpoint.requests) > 1:
            writer.close()

    async with raw_partner(answer_half_of_the_second) as endpoint, calling(endpoint) as partner:
        await call(partner)
        error = await failed(partner)

    assert isinstance(error, ConnectionBroken)
    assert len(endpoint.requests) == 2


async def test_whoever_guards_what_is_sent_is_asked_before_a_repeat_too() -> None:
    asked = 0

    def guard() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise LeaseLost("another process took over")

    async with raw_partner(closing_at_its_second_request) as endpoint, calling(endpoint) as partner:
        await call(partner)
        with pytest.raises(LeaseLost):
            await call(partner, guard=guard)

    assert len(endpoint.requests) == 2


async def test_what_cannot_be_repeated_may_have_been_sent_all_the_same() -> None:
    """The endpoint is gone at the repeat; nobody knows what it did before (PU6)."""
    async with raw_partner(closing_at_its_second_request) as endpoint, calling(endpoint) as partner:
        await call(partner)
        endpoint.refuse()
        error = await failed(partner)

    assert isinstance(error, EndpointUnreachable)
    assert error.sent


async def test_a_kept_connection_that_was_closed_in_the_meantime_is_replaced_before_anything_is_sent() -> None:
    async def answer_and_close(_endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        writer.close()

    async with raw_partner(answer_and_close) as endpoint, calling(endpoint) as partner:
        await call(partner, INFO)
        await endpoint.until_closed(1)
        await call(partner, "messages.create")

    assert [request.connection for request in endpoint.requests] == [1, 2]


async def test_cookies_are_not_sent_back() -> None:
    cookies = response(b"[]", "Set-Cookie: session=1; Path=/", "Set-Cookie: tracker=2; Domain=127.0.0.1")
    async with raw_partner(saying(cookies)) as endpoint, calling(endpoint) as partner:
        await call(partner)
        await call(partner)

    assert [request.headers.get("cookie") for request in endpoint.requests] == [None, None]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment, without what it may say about proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


async def test_a_proxy_in_the_environment_is_ignored(environment: pytest.MonkeyPatch) -> None:
    async with raw_partner(saying(OK)) as proxy, raw_partner(saying(OK)) as endpoint:
        environment.setenv("HTTP_PROXY", proxy.base_uri)
        async with calling(endpoint) as partner:
            await call(partner)

    assert (len(proxy.requests), len(endpoint.requests)) == (0, 1)


async def test_a_proxy_in_the_environment_is_used_where_the_source_trusts_it(environment: pytest.MonkeyPatch) -> None:
    async with raw_partner(saying(OK)) as proxy:
        environment.setenv("HTTP_PROXY", proxy.base_uri)
        async with Partner(source("http://shop.example/sdk", trust_env=True)) as partner:
            await call(partner)

    assert [request.line for request in proxy.requests] == ["POST http://shop.example/sdk HTTP/1.1"]


async def test_a_redirect_is_an_error_and_is_not_followed() -> None:
    moved = response(b"moved", "Location: /elsewhere", status="307 Temporary Redirect", signed=False)
    async with raw_partner(saying(moved, OK)) as endpoint, calling(endpoint) as partner:
        error = await failed(partner)

    assert isinstance(error, ErrorStatus)
    assert "got HTTP 307, a redirect to /elsewhere, which is not followed" in str(error)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("status", [199, 300, 304, 400, 403, 404, 500, 503])
async def test_only_2xx_is_a_success(status: int) -> None:
    async with calling(answering(b"why", status)) as partner:
        error = await failed(partner)

    assert isinstance(error, ErrorStatus)
    assert (error.status, error.explanation) == (status, "why")


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_is_a_success(status: int) -> None:
    async with calling(answering(b"{}", status)) as partner:
        assert (await call(partner)).status == status


async def test_an_error_tells_source_action_what_was_expected_what_came_and_the_partners_own_words() -> None:
    page = b"<html><style>p {}</style><h1>Fatal</h1>\x1b[2J no\n\ndriver \xf0\x9f\x90\x98</html>"
    async with calling(answering(page, 500, signed=False)) as partner:
        error = await failed(partner)

    assert str(error) == (
        "shop: messages.list: expected HTTP 2xx, got HTTP 500; the partner says: Fatal [2J no driver 🐘"
    )


@pytest.mark.parametrize(
    ("signature", "verdict", "came"),
    [
        (None, "missing", "HTTP 200 (application/json, 2 bytes) that is unsigned"),
        ("", "wrong", "HTTP 200 (application/json, 2 bytes) that is wrongly signed"),
        (SECRET.sign(b"[] "), "wrong", "HTTP 200 (application/json, 2 bytes) that is wrongly signed"),
        (SECRET.sign(b"[]").upper(), "wrong", "HTTP 200 (application/json, 2 bytes) that is wrongly signed"),
    ],
)
async def test_an_answer_that_is_not_rightly_signed_is_not_trusted(
    signature: str | None, verdict: str, came: str
) -> None:
    headers: dict[str, Any] = {"Content_Type": "application/json"} | (
        {HEADER: signature} if signature is not None else {}
    )
    seen: list[Exchange] = []
    async with calling(answering(signed=False, **headers)) as partner:
        error = await failed(partner, record=seen.append)
    async with calling(answering(signed=False, **headers), verify_signature=False) as partner:
        await call(partner, record=seen.append)

    assert isinstance(error, SignatureInvalid)
    assert f"expected a JSON array of contents, got {came}" in str(error)
    assert [exchange.verdict for exchange in seen] == [verdict, "unchecked"]


async def test_an_error_of_the_php_sdk_is_recognised() -> None:
    said = answering(b"Invalid action", signed=False, Content_Type="text/html; charset=UTF-8", Status="400 Bad Request")
    async with calling(said) as partner:
        error = await failed(partner)

    assert isinstance(error, SignatureInvalid)
    assert error.php_status == "400 Bad Request"
    assert "HTTP 200 (text/html, 14 bytes) that is unsigned and has a header 'Status: 400 Bad Request'" in str(error)
    assert str(error).endswith("; the partner says: Invalid action")


@pytest.mark.parametrize(
    ("status", "body", "settings", "hinted"),
    [
        (422, "é", {}, True),
        (422, "e", {}, False),
        (422, "é", {"ascii_json": True}, False),
        (400, "é", {}, False),
    ],
)
async def test_a_422_to_a_body_that_is_not_ascii_hints_at_ascii_json(
    status: int, body: str, settings: dict[str, Any], hinted: bool
) -> None:
    async with calling(answering(b"not valid", status), **settings) as partner:
        error = await failed(partner, "messages.create", params={"body": body})

    assert isinstance(error, ErrorStatus)
    assert error.ascii_hint is hinted


async def test_an_exchange_is_recorded_byte_for_byte() -> None:
    seen: list[Exchange] = []
    body = '[{"id":"é"}]'.encode()
    async with calling(answering(body, Content_Type="application/json")) as partner:
        await call(partner, params={"since_id": "7"}, record=seen.append)

    [exchange] = seen
    assert exchange.answer is not None
    assert (exchange.action, exchange.params, exchange.started) == ("messages.list", {"since_id": "7"}, NOON)
    assert exchange.request == b'{"action":"messages.list","params":{"since_id":"7"},"time":"2024-03-01T12:00:00Z"}'
    assert (exchange.request_size, exchange.answer_size) == (len(exchange.request), len(body))
    assert (exchange.answer.body, exchange.verdict, exchange.error) == (body, "valid", "")
    assert 0 <= exchange.seconds < 5


ECHOES: dict[str, Callable[[str], Any]] = {
    "error text": lambda secret: answering(f"your key is {secret}".encode(), 403, signed=False),
    "error text, where it is shortened": lambda secret: answering(b"x" * 290 + secret.encode(), 403, signed=False),
    "redirect": lambda secret: answering(b"", 307, Location=f"/login?key={secret}"),
    "content type": lambda secret: answering(signed=False, Content_Type=f"text/{secret}"),
    "PHP's status": lambda secret: answering(signed=False, Status=f"400 {secret}"),
    "encoding": lambda secret: answering(b"", signed=False, Content_Encoding=secret),
    "unsigned text": lambda secret: answering(json.dumps([secret]).encode(), signed=False),
    "unknown header": lambda secret: answering(b"", 500, X_Debug=f"{{'key': '{secret}'}}"),
    "failure": lambda secret: Raising(httpx.RemoteProtocolError(f"illegal header line: {secret}"), "reading"),
}


@pytest.mark.parametrize("text", ["correct-horse-battery-staple", 'a "quoted" secret\\'], ids=["plain", "quoted"])
@pytest.mark.parametrize("echo", ECHOES)
async def test_a_secret_that_a_partner_sends_back_is_shown_nowhere(
    echo: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    seen: list[Exchange] = []
    async with calling(ECHOES[echo](text), secret=Secret(text)) as partner:
        error = await failed(partner, record=seen.append)

    shown = [f"{error}", f"{error!r}", f"{vars(error)}", f"{partner.source}", caplog.text, *map(repr, seen)]
    bytes_kept = [exchange.request + (exchange.answer.body if exchange.answer else b"") for exchange in seen]
    for spelling in (text, json.dumps(text)[1:-1], repr(text)[1:-1], text[:12]):
        assert not [it for it in shown if spelling in it]
        assert not [it for it in bytes_kept if spelling.encode() in it]
    assert len(seen) == 1


async def test_an_exchange_is_recorded_as_it_was_on_the_wire_and_shown_without_the_secret() -> None:
    text = "a secret in a message"
    body = json.dumps([{"body": text}]).encode()
    seen: list[Exchange] = []
    said = answering(body, signed=False, **dict[str, Any]({HEADER: Secret(text).sign(body)}))
    async with calling(said, secret=Secret(text)) as partner:
        request = partner.request("messages.list")
        answers = [await partner.send(request, expected="a JSON array of contents", record=seen.append)]
        answers.append(await call(partner, record=seen.append))

    assert [answer.body for answer in answers] == [body, body]
    assert [exchange.verdict for exchange in seen] == ["valid", "valid"]
    assert [exchange.answer.body for exchange in seen if exchange.answer] == [body, WITHHELD.encode()]
