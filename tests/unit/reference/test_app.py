import asyncio
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest

from crawler.protocol.signature import HEADER
from crawler.reference import LosesReply, ReplyLost, reference_partner
from crawler.reference.app import MAX_REQUEST_BYTES
from crawler.reference.wire import Request
from tests.unit.reference.small_platform import SECRET, ask, body, call, fixed_clock, listed, partner, send

INFO = body("implementation.info")


def test_signed_call_is_answered_with_signed_json() -> None:
    response = send(partner(), INFO)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert SECRET.verifies(response.content, response.headers[HEADER])


def test_a_secret_may_be_given_as_text() -> None:
    assert call(reference_partner("open sesame", fixed_clock), "implementation.info")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_post_is_answered(method: str) -> None:
    response = send(partner(), INFO, method=method)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("signature", ["", "0" * 128, SECRET.sign(INFO).upper(), "x"])
def test_bad_signature_is_refused(signature: str) -> None:
    response = send(partner(), INFO, signature=signature)
    assert response.status_code == 403
    assert HEADER not in response.headers
    assert response.text


def test_unsigned_call_does_nothing() -> None:
    it = partner()
    assert send(it, body("messages.delete", {"id": "7"}), signature="").status_code == 403
    assert not it.forum.contents["7"].removed


def test_signature_that_is_no_ascii_is_refused() -> None:
    assert partner().respond(Request(headers={HEADER.lower(): "é" * 128}, body=INFO)).status == 403


def test_signature_covers_the_exact_bytes() -> None:
    assert send(partner(), INFO + b" ", signature=SECRET.sign(INFO)).status_code == 403
    assert send(partner(), INFO + b" ").status_code == 200


def test_signature_may_come_in_the_query() -> None:
    async def exchange() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(partner())) as client:
            return await client.post("http://it/", params={"signature": SECRET.sign(INFO)}, content=INFO)

    assert asyncio.run(exchange()).status_code == 200


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "not JSON"),
        (b"", "not JSON"),
        (b'{"action":NaN}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "'action' is missing"),
        (b'{"action":1}', "'action' is missing"),
        (b'{"action":"messages.list","params":[1]}', "'params' is not an object"),
        (b'{"action":"messages.fly"}', "unknown action: messages.fly"),
        (b'{"action":"nonsense"}', "unknown action: nonsense"),
        (b'{"action":"messages.reply"}', "unknown action"),
        (b'{"action":"users.create"}', "unknown action"),
    ],
)
def test_what_is_not_a_call_is_explained(content: bytes, words: str) -> None:
    response = send(partner(), content)
    assert (response.status_code, response.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert words in response.text


def test_body_is_read_up_to_a_bound() -> None:
    assert send(partner(), b" " * (MAX_REQUEST_BYTES + 1)).status_code == 413


def test_lone_surrogates_are_echoed_as_escapes() -> None:
    it = partner()
    content = b'{"action":"messages.create","params":{"author_id":"agent","body":"\\ud83d","thread_id":"1"}}'
    response = send(it, content)
    assert response.status_code == 200
    assert b'"body":"\\ud83d"' in response.content


def test_ledger_tells_all_that_came_in_order() -> None:
    it = partner()
    call(it, "implementation.info")
    send(it, INFO, signature="0")
    ask(it, "messages.show", id="99")
    send(it, b"hello")
    call(it, "messages.list", since_id="10")
    assert it.forum.ledger.actions == ["implementation.info", "", "messages.show", "", "messages.list"]
    assert [entry.status for entry in it.forum.ledger] == [200, 403, 404, 400, 200]
    assert [entry.accepted for entry in it.forum.ledger] == [True, False, False, False, True]
    last = it.forum.ledger[-1]
    assert last.params == {"since_id": "10"}
    assert isinstance(last.answer, list)
    assert last.answer[0]["id"] == "11"
    assert last.body == body("messages.list", {"since_id": "10"})
    it.forum.ledger.clear()
    assert len(it.forum.ledger) == 0


def test_lifespan_starts_and_ends() -> None:
    async def live() -> list[str]:
        phases = iter(["lifespan.startup", "lifespan.shutdown"])
        sent: list[str] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": next(phases)}

        async def note(message: MutableMapping[str, Any]) -> None:
            sent.append(message["type"])

        await partner()({"type": "lifespan"}, receive, note)
        return sent

    assert asyncio.run(live()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def _never(message: MutableMapping[str, Any]) -> None:
    raise AssertionError(message)


def test_a_client_that_goes_away_gets_no_answer() -> None:
    it = partner()

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    asyncio.run(it({"type": "http", "method": "POST", "headers": []}, receive, _never))
    assert len(it.forum.ledger) == 0


def test_a_body_in_pieces_is_put_together() -> None:
    async def pieces() -> Any:
        it = partner()
        chunks = [INFO[:10], INFO[10:]]
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def note(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        headers = [(HEADER.encode(), SECRET.sign(INFO).encode())]
        await it({"type": "http", "method": "POST", "headers": headers, "query_string": b""}, receive, note)
        return sent[0]["status"]

    assert asyncio.run(pieces()) == 200


def test_other_protocols_are_none_of_its_business() -> None:
    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError

    with pytest.raises(ValueError, match="websocket"):
        asyncio.run(partner()({"type": "websocket"}, receive, _never))


def test_two_partners_answer_to_the_byte_alike() -> None:
    assert send(partner(), body("messages.list")).content == send(partner(), body("messages.list")).content


def test_secret_may_change() -> None:
    it = partner()
    it.secret = type(SECRET)("another")
    assert send(it, INFO).status_code == 403


def test_lost_reply_is_half_an_answer() -> None:
    it = partner()
    it.plan("messages.list", LosesReply())
    with pytest.raises(ReplyLost):
        ask(it, "messages.list")
    assert it.forum.ledger[-1].lost
    assert listed(it)[0] == "11"
