"""The connections to one source: how many rest, when one is not used again, and that none is left open (TR11)."""

import asyncio
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from crawler.errors import AnswerTooLarge, EndpointUnreachable
from crawler.partner import Partner
from crawler.transport import KEPT_CONNECTIONS, Transport
from tests.partners.calling import call, calling, failed, source
from tests.partners.raw import RawPartner, raw_partner, response, saying

OK = response(b"[]")


async def test_at_most_two_connections_rest() -> None:
    together = asyncio.Barrier(3)

    async def answer(_endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        await together.wait()
        writer.write(OK)

    async with raw_partner(answer) as endpoint, calling(endpoint) as partner:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(call, partner)
        await endpoint.until_closed(1)
        assert len(partner._transport._kept) == KEPT_CONNECTIONS  # type: ignore[attr-defined]

    assert endpoint.connections == 3


async def test_a_connection_that_rested_too_long_is_not_used_again() -> None:
    async with raw_partner(saying(OK)) as endpoint, calling(endpoint) as partner:
        await call(partner)
        kept = partner._transport._kept  # type: ignore[attr-defined]
        kept[0] = (kept[0][0], anyio.current_time())
        await call(partner)
        await endpoint.until_closed(1)

    assert [request.connection for request in endpoint.requests] == [1, 2]


async def test_the_last_one_that_was_used_is_used_first() -> None:
    """So that those that are not needed come to their end."""
    both = asyncio.Barrier(2)

    async def answer(endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        if len(endpoint.requests) <= 2:
            await both.wait()
        writer.write(OK)

    async with raw_partner(answer) as endpoint, calling(endpoint) as partner:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call, partner)
            tasks.start_soon(call, partner)
        for _ in range(3):
            await call(partner)

    assert len({request.connection for request in endpoint.requests[2:]}) == 1


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["], ids=["head", "body"])
async def test_an_exchange_that_is_cancelled_closes_its_connection(sent: bytes, tls: bool) -> None:
    came = anyio.Event()

    async def answer(_endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()
        came.set()

    async with raw_partner(answer, tls=tls) as endpoint, calling(endpoint, verify_tls=False) as partner:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call, partner)
            await came.wait()
            tasks.cancel_scope.cancel()
        await endpoint.until_closed(1)
        assert partner._transport._kept == []  # type: ignore[attr-defined]


async def test_an_exchange_that_is_cancelled_while_it_connects_leaves_nothing_open() -> None:
    async with raw_partner(saying(OK)) as endpoint, calling(endpoint) as partner:
        for _ in range(20):
            with anyio.move_on_after(0):
                await call(partner)

    assert endpoint.requests == []
    assert endpoint.closed == endpoint.connections


async def test_a_connection_whose_transport_was_closed_meanwhile_is_closed_at_its_answers_end() -> None:
    async with raw_partner(saying(OK)) as endpoint:
        transport = Transport(private=True)
        answer = await transport.handle_async_request(httpx.Request("POST", endpoint.base_uri))
        await transport.aclose()
        assert await answer.aread() == b"[]"
        await endpoint.until_closed(1)


async def test_a_request_may_have_its_body_in_pieces() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"some "
        yield b"bytes"

    async with raw_partner(saying(OK)) as endpoint:
        transport = Transport(private=True)
        length = {"Content-Length": "10"}
        request = httpx.Request("POST", endpoint.base_uri, content=pieces(), headers=length)
        answer = await transport.handle_async_request(request)
        assert (answer.http_version, answer.reason_phrase) == ("HTTP/1.1", "OK")
        await answer.aclose()
        await transport.aclose()

    assert [request.body for request in endpoint.requests] == [b"some bytes"]


async def test_whoever_sends_without_end_does_not_keep_others_waiting() -> None:
    async def endless(_endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n" * 1_000)
            await writer.drain()

    async with raw_partner(endless) as endpoint, calling(endpoint, deadline=0.3) as partner:
        begun = anyio.current_time()
        assert isinstance(await failed(partner), AnswerTooLarge)
        assert anyio.current_time() - begun < 2
        await endpoint.until_closed(1)


@pytest.mark.parametrize("scheme", ["ftp", "ws"])
async def test_another_scheme_is_no_way(scheme: str) -> None:
    async with Partner(source(f"{scheme}://shop.example/")) as partner:
        error = await failed(partner)

    assert isinstance(error, EndpointUnreachable)
    assert error.came == f"no connection to {scheme}://shop.example: the scheme '{scheme}' is neither http nor https"


async def test_an_endpoint_that_hangs_up_during_the_tls_handshake() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with Partner(source(f"https://127.0.0.1:{port}/", verify_tls=False)) as partner:
            error = await failed(partner)

    assert isinstance(error, EndpointUnreachable)
    assert error.came.startswith(f"no connection to https://127.0.0.1:{port}: ")
