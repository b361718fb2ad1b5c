"""Which addresses are connected to, whatever a host's name says."""

import asyncio
import socket
from collections.abc import Sequence

import anyio
import httpx
import pytest

from crawler.cli.errors import advise
from crawler.errors import AddressRefused, EndpointUnreachable
from crawler.network import ConnectionRefused, SocketStream, connect
from crawler.partner import Partner
from crawler.transport import Transport
from tests.partners.calling import INFO, call, failed, source
from tests.partners.raw import RawPartner, raw_partner, response, saying


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1"])
async def test_no_connection_is_made_to_this_machine_in_any_spelling(host: str) -> None:
    async with raw_partner(saying(response(b"[]"))) as endpoint:
        port = endpoint.base_uri.rpartition(":")[2]
        async with Partner(source(f"http://{host}:{port}", private_addresses=False)) as partner:
            error = await failed(partner)
    assert isinstance(error, AddressRefused)
    assert "which is this machine's own" in error.came
    assert endpoint.connections == 0
    assert "private_addresses" in advise(error).advice[0]
    assert advise(error).exit_code == 3


@pytest.mark.parametrize("trust_env", [False, True])
async def test_where_clouds_tell_their_credentials_nobody_asks(trust_env: bool) -> None:
    async with Partner(source("http://169.254.169.254/latest/", trust_env=trust_env)) as partner:
        error = await failed(partner)
    assert error.came == "169.254.169.254, which is link-local"


async def test_this_machine_may_be_connected_to_by_default() -> None:
    async with raw_partner(saying(response(b"[]"))) as endpoint, Partner(source(endpoint.base_uri)) as partner:
        assert (await call(partner, INFO)).body == b"[]"


class Rebinding:
    """A name that means another address each time it is asked for."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


async def test_a_name_is_asked_once_and_the_address_that_was_checked_is_connected_to() -> None:
    async with raw_partner(silent) as endpoint:
        port = int(endpoint.base_uri.split(":")[2].partition("/")[0])
        names = Rebinding(["127.0.0.1"], ["169.254.169.254"])
        assert await reached(port, names) == ("127.0.0.1", port)
    assert names.asked == 1


async def test_an_address_is_asked_of_nobody() -> None:
    async with raw_partner(silent) as endpoint:
        port = int(endpoint.base_uri.split(":")[2].partition("/")[0])
        names = Rebinding(["169.254.169.254"])
        assert await reached(port, names, host="127.0.0.1") == ("127.0.0.1", port)
    assert names.asked == 0


async def test_of_several_addresses_only_those_that_may_be_are_tried() -> None:
    async with raw_partner(silent) as endpoint:
        port = int(endpoint.base_uri.split(":")[2].partition("/")[0])
        names = Rebinding(["169.254.1.1", "fe80::1", "127.0.0.2", "127.0.0.1"])
        assert await reached(port, names) == ("127.0.0.1", port)
    names = Rebinding(["169.254.1.1", "10.0.0.1"])
    with pytest.raises(ConnectionRefused, match=r"link-local, 10\.0\.0\.1, which is private"):
        await connect("shop.example", port, private=False, resolve=names)


async def test_where_no_address_answers_the_first_ones_reason_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        await connect("shop.example", port, private=True, resolve=Rebinding(["127.0.0.1", "127.0.0.2"]))


async def test_a_name_without_a_meaning_is_unreachable() -> None:
    async def none(_host: str, _port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    transport = Transport(private=True, resolve=none)
    with pytest.raises(httpx.ConnectError, match="Name or service not known"):
        await transport.handle_async_request(httpx.Request("POST", "http://nobody.invalid/"))
    assert issubclass(AddressRefused, EndpointUnreachable)


async def reached(port: int, names: Rebinding, host: str = "shop.example") -> object:
    """The address of the other end of a connection."""
    stream = await connect(host, port, private=True, resolve=names)
    try:
        return stream._socket.getpeername()
    finally:
        stream.close()


async def silent(_endpoint: RawPartner, _writer: asyncio.StreamWriter) -> None:
    pass


async def test_a_stream_that_does_not_wait_takes_what_is_there() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    stream = SocketStream(ours)
    with theirs:
        stream.waits = False
        with pytest.raises(anyio.WouldBlock):
            await stream.receive()
        theirs.send(b"some bytes")
        assert await stream.receive() == b"some bytes"
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
        await stream.send_eof()
        assert theirs.recv(10) == b""
    await stream.aclose()


async def test_a_stream_sends_more_than_a_socket_takes_at_once() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    stream, received = SocketStream(ours), bytearray()
    with theirs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stream.send, b"x" * 5_000_000)
            while len(received) < 5_000_000:
                received += await anyio.to_thread.run_sync(theirs.recv, 1_000_000)
    await stream.aclose()
    assert received == b"x" * 5_000_000
