"""Endpoints that are not there, do not end, break off, or send too much; and foreign exceptions: none slips through."""

import asyncio
import builtins
import gzip
import inspect
import socket
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from time import monotonic
from types import ModuleType
from typing import Any

import anyio
import h11
import httpcore
import httpx
import pytest

from crawler.errors import (
    AnswerEncoded,
    AnswerTooLarge,
    ConnectionBroken,
    DeadlineExceeded,
    EndpointUnreachable,
    LengthWrong,
    PartnerError,
)
from crawler.partner import Partner
from crawler.protocol.envelope import Exchange
from crawler.protocol.signature import HEADER
from tests.partners.calling import Raising, answering, call, calling, failed, source
from tests.partners.raw import SECRET, RawPartner, raw_partner, response, saying

OK = response(b"[]")


async def silent(_endpoint: RawPartner, _writer: asyncio.StreamWriter) -> None:
    pass


async def dripping(_endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
    """A byte now and then: no pause is ever as long as the deadline."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.03)


@pytest.mark.parametrize("answer", [silent, dripping])
async def test_an_answer_that_does_not_end_is_given_up_on_time(answer: Any) -> None:
    async with raw_partner(answer) as endpoint, calling(endpoint, deadline=0.2) as partner:
        begun = monotonic()
        error = await failed(partner)
        passed = monotonic() - begun

    assert isinstance(error, DeadlineExceeded)
    assert "no whole answer within 0.2 s" in str(error)
    assert 0.19 < passed < 1


async def test_the_connection_of_a_call_that_was_given_up_is_not_used_again() -> None:
    async with raw_partner(dripping) as endpoint, calling(endpoint, deadline=0.2) as partner:
        await failed(partner)
        await failed(partner)
        await endpoint.until_closed(2)

    assert [request.connection for request in endpoint.requests] == [1, 2]


async def test_a_host_that_takes_no_connection_has_its_own_timeout() -> None:
    """A listener whose queue is full drops what else wants to come in."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(5):
            filling = sockets.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(address)
        async with Partner(source(f"http://127.0.0.1:{address[1]}/", connect_timeout=0.2)) as partner:
            begun = monotonic()
            error = await failed(partner)
            passed = monotonic() - begun

    assert isinstance(error, EndpointUnreachable)
    assert f"no connection to http://127.0.0.1:{address[1]} within 0.2 s" in str(error)
    assert passed < 1


async def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with Partner(source(f"http://127.0.0.1:{port}/sdk")) as partner:
        error = await failed(partner)

    assert isinstance(error, EndpointUnreachable)
    assert f"no connection to http://127.0.0.1:{port}: " in str(error)
    assert str(error).endswith("Connection refused")


async def test_a_name_that_does_not_resolve() -> None:
    async with Partner(source("http://name:password@nobody.invalid/sdk")) as partner:
        error = await failed(partner)

    assert isinstance(error, EndpointUnreachable)
    assert "no connection to http://nobody.invalid: " in str(error)
    assert "password" not in str(error)


@pytest.mark.parametrize(
    "uri",
    ["http://[::1/", "http://nul.example/\0", "ftp://shop.example/", "shop.example", "http:///sdk", "http://a..b/"],
)
async def test_a_base_uri_that_is_none(uri: str) -> None:
    async with Partner(source(uri)) as partner:
        assert isinstance(await failed(partner), EndpointUnreachable)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nwhat\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 200_000,
    ],
)
async def test_an_answer_that_breaks_off_or_is_not_http(sent: bytes) -> None:
    async def send_and_close(_endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        writer.close()

    async with raw_partner(send_and_close) as endpoint, calling(endpoint) as partner:
        error = await failed(partner)

    assert isinstance(error, ConnectionBroken)
    assert error.came.startswith("a broken connection: ")
    assert not error.came.endswith(": ")


@pytest.mark.parametrize(
    ("lengths", "came"),
    [
        ("Content-Length: two", "got two"),
        ("Content-Length: -2", "got -2"),
        ("Content-Length:", "got several, or no number"),
        ("Content-Length: 2\r\ncontent-length:  5 ", "got 2 and 5"),
        ("Content-Length: 2, 5", "got 2, 5"),
    ],
)
async def test_a_length_that_is_none(lengths: str, came: str) -> None:
    """TR13."""
    said = f"HTTP/1.1 200 OK\r\n{lengths}\r\n\r\n[]".encode()
    async with raw_partner(saying(said)) as endpoint, calling(endpoint) as partner:
        error = await failed(partner)

    assert isinstance(error, LengthWrong)
    assert str(error).endswith(f"expected a Content-Length that counts the bytes of the answer's body, {came}")


async def test_an_endless_answer_is_read_to_the_limit_and_no_further() -> None:
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"

    async def endless(endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(chunk)
            await writer.drain()
            endpoint.sent += len(chunk)

    async with raw_partner(endless) as endpoint, calling(endpoint, max_answer_bytes=1_000_000) as partner:
        error = await failed(partner)
        await endpoint.until_closed(1)

    assert isinstance(error, AnswerTooLarge)
    assert "an answer of more than 1,000,000 bytes" in str(error)
    assert endpoint.sent < 50_000_000  # the rest lay in the sockets' buffers


@pytest.mark.parametrize(("size", "taken"), [(1_000, True), (1_001, False)])
async def test_the_limit_is_the_last_size_that_is_taken(size: int, taken: bool) -> None:
    body = b"[" + b" " * (size - 2) + b"]"
    for endpoint in (answering(body), httpx.MockTransport(lambda _request: _streamed(body))):
        async with calling(endpoint, max_answer_bytes=1_000) as partner:
            if taken:
                assert (await call(partner)).body == body
            else:
                assert isinstance(await failed(partner), AnswerTooLarge)


def _streamed(body: bytes) -> httpx.Response:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in body:
            yield bytes((byte,))

    return httpx.Response(200, headers={HEADER: SECRET.sign(body)}, content=pieces())


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "gzip, gzip", "br", "deflate", "x-of-our-own"])
async def test_an_encoded_answer_is_refused_unread(encoding: str) -> None:
    """Its body never comes, and nobody waits for it."""
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: 100\r\n\r\n".encode()
    async with raw_partner(saying(head)) as endpoint, calling(endpoint) as partner:
        error = await failed(partner)

    assert isinstance(error, AnswerEncoded)
    assert f"expected an answer that is not encoded, got HTTP 200 with Content-Encoding {encoding.lower()}" in str(
        error
    )


async def test_a_bomb_that_was_compressed_twice_is_refused() -> None:
    bomb = gzip.compress(gzip.compress(bytes(50_000_000)))
    async with (
        raw_partner(saying(response(bomb, "Content-Encoding: gzip, gzip"))) as endpoint,
        calling(endpoint) as partner,
    ):
        tracemalloc.start()
        tracemalloc.reset_peak()
        try:
            assert isinstance(await failed(partner), AnswerEncoded)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak < 5_000_000


async def test_identity_is_no_encoding() -> None:
    async with calling(answering(Content_Encoding="Identity")) as partner:
        assert (await call(partner)).body == b"[]"


@pytest.mark.slow
async def test_a_large_answer_is_held_once() -> None:
    """It comes in pieces, which are joined: twice for a moment, once afterwards; never thrice."""
    size = 64 * 2**20
    piece = b" " * 2**20
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n{HEADER}: {SECRET.sign(b' ' * size)}\r\n\r\n".encode()

    async def large(_endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(size // len(piece)):
            writer.write(piece)
            await writer.drain()

    async with raw_partner(large) as endpoint, calling(endpoint, deadline=14.0, max_answer_bytes=size) as partner:
        tracemalloc.start()
        try:
            answer = await call(partner)
            held, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert len(answer.body) == size
    assert held < 1.2 * size
    assert peak < 2.3 * size


def exceptions(*modules: ModuleType) -> Iterator[type[Exception]]:
    for module in modules:
        for found in (getattr(module, name) for name in dir(module)):
            if inspect.isclass(found) and issubclass(found, Exception):
                yield found


BUILT_IN = [
    found for found in exceptions(builtins) if issubclass(found, OSError | UnicodeError | EOFError | ValueError)
]
FOREIGN = sorted(
    {*exceptions(httpx, httpcore, h11, ssl, socket, anyio), *BUILT_IN}, key=lambda it: (it.__module__, it.__name__)
)


def raised(kind: type[Exception]) -> Exception:
    """An instance of an exception class, however that wants to be made."""
    request = httpx.Request("POST", "http://shop.example/")
    ways: tuple[Callable[[], Exception], ...] = (
        lambda: kind("boom", request=request, response=httpx.Response(500)),  # type: ignore[call-arg]
        lambda: kind("boom"),
        lambda: kind("utf-8", b"boom", 0, 1, "boom"),
        lambda: kind("utf-8", "boom", 0, 1, "boom"),
        lambda: kind("boom", 0, 1, "boom"),
        kind,
    )
    for way in ways:
        try:
            return way()
        except (TypeError, AttributeError):
            continue
    return kind.__new__(kind)


def test_all_kinds_of_foreign_exceptions_are_among_those_that_are_tried() -> None:
    assert {httpx.ReadError, httpx.InvalidURL, httpcore.PoolTimeout, h11.RemoteProtocolError} < set(FOREIGN)
    assert {ssl.SSLCertVerificationError, socket.gaierror, ConnectionResetError, UnicodeDecodeError} < set(FOREIGN)
    assert {anyio.BrokenResourceError, anyio.WouldBlock, OSError, TimeoutError} < set(FOREIGN)
    assert len(FOREIGN) > 80


@pytest.mark.parametrize("moment", ["sending", "reading", "closing"])
@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
async def test_no_foreign_exception_slips_through(kind: type[Exception], moment: str) -> None:
    seen: list[Exchange] = []
    async with calling(Raising(raised(kind), moment)) as partner:
        error = await failed(partner, record=seen.append)

    assert isinstance(error, EndpointUnreachable | DeadlineExceeded | ConnectionBroken)
    assert error.came
    assert [exchange.error for exchange in seen] == [str(error)]


@pytest.mark.parametrize(
    ("foreign", "own"),
    [
        (httpx.ConnectError("boom"), EndpointUnreachable),
        (httpx.ConnectTimeout("boom"), EndpointUnreachable),
        (httpx.ProxyError("boom"), EndpointUnreachable),
        (httpx.UnsupportedProtocol("boom"), EndpointUnreachable),
        (httpx.ReadTimeout("boom"), DeadlineExceeded),
        (httpx.WriteTimeout("boom"), DeadlineExceeded),
        (httpx.PoolTimeout("boom"), DeadlineExceeded),
        (TimeoutError(), DeadlineExceeded),
        (httpx.ReadError("boom"), ConnectionBroken),
        (httpx.RemoteProtocolError("boom"), ConnectionBroken),
        (ExceptionGroup("several", [OSError("boom")]), ConnectionBroken),
        (ZeroDivisionError("boom"), ConnectionBroken),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, Exception) else it.__name__,
)
async def test_what_each_foreign_exception_becomes(foreign: Exception, own: type[PartnerError]) -> None:
    async with calling(Raising(foreign, "sending")) as partner:
        error = await failed(partner)

    assert type(error) is own
    assert error.__cause__ is foreign


async def test_a_failure_that_says_nothing_is_called_by_its_kind() -> None:
    async with calling(Raising(httpx.ReadError(""), "reading")) as partner:
        assert (await failed(partner)).came == "a broken connection: ReadError"


async def test_whoever_cancels_a_call_is_heard() -> None:
    seen: list[Exchange] = []
    async with raw_partner(silent) as endpoint, calling(endpoint) as partner:
        with anyio.move_on_after(0.1) as scope:
            await call(partner, record=seen.append)

    assert scope.cancelled_caught
    assert [(exchange.error, exchange.answer) for exchange in seen] == [("interrupted", None)]
