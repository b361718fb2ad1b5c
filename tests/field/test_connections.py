"""What no row of bytes can say: what comes while a connection rests, what was never sent, and how quick it is."""

import asyncio
import errno
import os
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from time import monotonic

import anyio
import pytest

from crawler.cycle import run_cycle
from crawler.errors import ErrorStatus
from crawler.journal import Event
from crawler.partner import Partner
from crawler.protocol.signature import HEADER
from crawler.store import Store
from crawler.sync.pages import Accepted
from crawler.transport import Transport
from tests.field.partner import OK, FieldPartner, queue_replies
from tests.partners.calling import call, calling, failed, fixed_clock, source
from tests.partners.raw import CERTIFICATE, SECRET, TLS, RawPartner, raw_partner
from tests.unit.store.writing import rows


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    ("late", "remark"),
    [
        (b"\n", r"1 byte behind the end of an answer: '\n'; the connection was closed"),
        (b"HTTP/1.1 200 OK\r\n\r\n", r"19 bytes behind the end of an answer: 'HTTP/1.1 200 OK\r\n\r\n'; the connection was closed"),  # noqa: E501 - one text
        (b"", ""),
    ],
    ids=["a line break", "an answer", "its end"],
)  # fmt: skip
async def test_what_comes_while_a_connection_rests_is_no_answer(
    late: bytes, remark: str, tls: bool, store: Store
) -> None:
    """algesten/ureq#372."""
    partner, writers = FieldPartner(), set[asyncio.StreamWriter]()

    async def answer(endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        await partner(endpoint, writer)

    async with raw_partner(answer, tls=tls) as endpoint:
        shop = source(endpoint.base_uri, verify_tls=False)
        async with Partner(shop, clock=fixed_clock) as line:
            first = await run_cycle(shop, store, partner=line, clock=fixed_clock)
            [writer] = writers
            writer.write(late)
            if not late:
                writer.transport.abort()
                await endpoint.until_closed(1)
            queue_replies(store, shop)
            second = await run_cycle(shop, store, partner=line, clock=fixed_clock)

        assert endpoint.connections == 2
    assert not first.failed
    assert not second.failed
    assert [it.text for it in second.connections.counts] == [remark] * bool(remark)
    assert list(second.connections.examples.values()) == [["implementation.info"]] * bool(remark)
    assert [params["retry"] for params in partner.creates] == [False] * 3


# Nothing is used up that was not sent (PU6)


class Names:
    """A resolver that a test may spoil."""

    def __init__(self) -> None:
        self.address = "127.0.0.1"
        self.error: OSError | None = None
        self.hangs = False

    async def __call__(self, _host: str, _port: int) -> Sequence[str]:
        if self.error is not None:
            raise self.error
        if self.hangs:
            await anyio.sleep_forever()
        return [self.address]


Spoil = Callable[[RawPartner, Names, ExitStack], object]


def no_descriptors(_endpoint: RawPartner, _names: Names, stack: ExitStack) -> None:
    """No more descriptors than those in use."""
    next_one = os.open(os.devnull, os.O_RDONLY)
    os.close(next_one)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_one, limits[1]))
    stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)


UNSENT: dict[str, tuple[Spoil, str]] = {
    "refused": (lambda endpoint, _names, _stack: endpoint.refuse(), "Connection refused"),
    "no such name": (
        lambda _endpoint, names, _stack: setattr(names, "error", socket.gaierror(-2, "Name or service not known")),
        "Name or service not known",
    ),
    "an address that is never connected to": (
        lambda _endpoint, names, _stack: setattr(names, "address", "169.254.1.1"),
        "shop.example is 169.254.1.1, which is link-local",
    ),
    "no connection in time": (lambda _endpoint, names, _stack: setattr(names, "hangs", True), "within 0.3 s"),
    "no descriptors left": (no_descriptors, os.strerror(errno.EMFILE)),
}


@pytest.mark.parametrize("timeouts", [(0.3, 5.0), (5.0, 0.3)], ids=["connect timeout", "deadline"])
@pytest.mark.parametrize("why", UNSENT)
async def test_what_was_certainly_not_sent_uses_no_attempt_up(
    why: str, timeouts: tuple[float, float], store: Store
) -> None:
    spoil, text = UNSENT[why]
    partner = FieldPartner(OK.replace("\r\n<signed>", "\r\nConnection: close\r\n<signed>"), then="close")
    names = Names()
    async with raw_partner(partner) as endpoint:
        port = endpoint.base_uri.split(":")[2].partition("/")[0]
        connect_timeout, deadline = timeouts
        shop = source(f"http://shop.example:{port}/sdk", connect_timeout=connect_timeout, deadline=deadline)
        queue_replies(store, shop)
        with ExitStack() as stack:

            def watch(event: Event) -> None:
                if isinstance(event, Accepted) and event.listing is None:
                    spoil(endpoint, names, stack)

            transport = Transport(private=True, resolve=names)
            async with Partner(shop, transport=transport, clock=fixed_clock) as line:
                report = await run_cycle(shop, store, partner=line, clock=fixed_clock, watch=watch)

    [retried] = report.exports
    assert retried.outcome == "retried"
    assert text in str(retried.entry.error)
    assert str(retried.entry.error).endswith("; not sent: no attempt was used up (PU6)")
    assert [(row["status"], row["attempts"]) for row in rows(store, "outbox")] == [("export_pending", 0)] * 3

    async with raw_partner(FieldPartner()) as healed:
        names = Names()
        port = healed.base_uri.split(":")[2].partition("/")[0]
        shop = source(f"http://shop.example:{port}/sdk")
        async with Partner(shop, transport=Transport(private=True, resolve=names), clock=fixed_clock) as line:
            await run_cycle(shop, store, partner=line, clock=fixed_clock)
        assert [b'"retry":false' in it.body for it in healed.requests if b"create" in it.body] == [True] * 3


async def test_an_attempt_of_which_only_the_repeat_was_not_sent_is_used_up(store: Store) -> None:
    """The partner has it for all we know."""
    partner = FieldPartner("", ("messages.create",), kept=True, then="close")
    async with raw_partner(partner) as endpoint:
        shop = source(endpoint.base_uri)
        queue_replies(store, shop, 1)

        def watch(event: Event) -> None:
            if isinstance(event, Accepted) and event.listing is None:
                endpoint.refuse()

        async with Partner(shop, clock=fixed_clock) as line:
            report = await run_cycle(shop, store, partner=line, clock=fixed_clock, watch=watch)

    [retried] = report.exports
    assert (retried.entry.attempts, retried.outcome) == (1, "retried")
    assert "no attempt" not in str(retried.entry.error)
    assert [params["retry"] for params in partner.creates] == [False]


# Requests that take a while


@asynccontextmanager
async def reading_heads(answer: bytes, *, reads: bool, tls: bool) -> AsyncIterator[str]:
    """A server that answers once it has read a request's head; then it `reads` the rest, or never does."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        with suppress(OSError):
            if reads:
                await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
                writer.write(b"[]")
            await ended.wait()
            writer.transport.abort()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
    if context is not None:
        context.load_cert_chain(CERTIFICATE, TLS / "key.pem")
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, limit=1_000)
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        ended.set()
        server.close()
        await server.wait_closed()


LARGE = "x" * 20_000_000


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_who_refuses_before_all_was_sent_is_heard(tls: bool) -> None:
    """psf/requests#2422."""
    refusal = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 9\r\n\r\ntoo large"
    async with reading_heads(refusal, reads=False, tls=tls) as url, Partner(source(url, verify_tls=False)) as partner:
        error = await failed(partner, "messages.create", params={"body": LARGE})
        assert not partner._transport._kept  # type: ignore[attr-defined]

    assert isinstance(error, ErrorStatus)
    assert (error.status, error.explanation) == (413, "too large")


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_who_begins_to_answer_before_all_was_sent_is_sent_the_rest(tls: bool) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{HEADER}: {SECRET.sign(b'[]')}\r\n\r\n".encode()
    async with reading_heads(head, reads=True, tls=tls) as url, Partner(source(url, verify_tls=False)) as partner:
        answer = await call(partner, "messages.create", params={"body": LARGE})
        assert len(partner._transport._kept) == 1  # type: ignore[attr-defined]

    assert answer.body == b"[]"


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux can acknowledge at once")
async def test_a_partner_that_writes_head_and_body_apart_costs_no_40_ms_a_call() -> None:
    """python/asyncio#311, http-rs/async-h1#199."""
    head, body = OK.split("<body>")[0], "<next><body>"

    async def answer(endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        await FieldPartner(head + body)(endpoint, writer)

    async with raw_partner(answer) as endpoint, calling(endpoint) as partner:
        begun = monotonic()
        for _ in range(50):
            await call(partner, "messages.list")
        passed = monotonic() - begun

    assert endpoint.connections == 1
    assert passed < 1.0  # 50 x 40 ms are 2 s
