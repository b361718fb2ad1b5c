"""The HTTP endpoint's server: it answers whoever asks, whatever others do at its port."""

import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.abc import SocketStream

from crawler.cli.serving import listen
from crawler.daemon.endpoint import MOST, Endpoint

asked: list[tuple[str, str]] = []


async def answer(method: str, path: str) -> tuple[int, str, bytes]:
    if path == "/fails":
        raise ZeroDivisionError
    asked.append((method, path))
    return 200, "text/plain", b"well\n" * (100_000 if path == "/long" else 1)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    asked.clear()
    with listen("127.0.0.1", 0) as listener:
        yield listener


@asynccontextmanager
async def serving(listener: socket.socket) -> AsyncIterator[int]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Endpoint(answer, listener).serve)
        yield listener.getsockname()[1]
        tasks.cancel_scope.cancel()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def get(port: int, path: str = "/", method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        return await client.request(method, f"http://127.0.0.1:{port}{path}")


async def said(port: int, *sent: bytes) -> bytes:
    """What comes back for these bytes until the end of the connection."""
    came = b""
    async with await anyio.connect_tcp("127.0.0.1", port) as client:
        for part in sent:
            await client.send(part)
        try:
            while True:
                came += await client.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return came


async def test_it_is_served_until_it_is_cancelled(listener: socket.socket) -> None:
    async with serving(listener) as port:
        found = await get(port, "/healthz?verbose")
        assert (found.status_code, found.text, found.headers["content-type"]) == (200, "well\n", "text/plain")
        assert found.headers["cache-control"] == "no-store"
        assert len((await get(port, "/long")).content) == 500_000
    with pytest.raises(httpx.ConnectError):
        await get(port)
    assert asked == [("GET", "/healthz"), ("GET", "/long")]


async def test_head_has_no_body(listener: socket.socket) -> None:
    async with serving(listener) as port:
        head, _, body = (await said(port, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")).partition(b"\r\n\r\n")
    assert (b"Content-Length: 5" in head, body) == (True, b"")


@pytest.mark.parametrize("sent", [b"\r\n\r\nodd", b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000])
async def test_what_is_no_request_is_hung_up_on(listener: socket.socket, sent: bytes) -> None:
    async with serving(listener) as port:
        assert await said(port, sent) == b""
        assert (await get(port)).status_code == 200


async def test_an_answer_that_fails_is_not_the_end(listener: socket.socket) -> None:
    async with serving(listener) as port:
        assert (await get(port, "/fails")).status_code == 500
        assert (await get(port)).status_code == 200


async def test_100_clients_that_say_nothing_keep_nobody_from_an_answer(listener: socket.socket) -> None:
    """Nor do they fill the process: those that came first are dropped."""
    async with serving(listener) as port, AsyncExitStack() as stack:
        before = descriptors()
        idle: list[SocketStream] = []
        for n in range(100):
            idle.append(await stack.enter_async_context(await anyio.connect_tcp("127.0.0.1", port)))
            if n % 3 == 0:
                await idle[-1].send(b"GET /healthz HTTP/1.1\r\n")
        assert (await get(port)).status_code == 200
        assert descriptors() - before <= 100 + MOST + 1  # the reserve
        with anyio.fail_after(5):
            for client in idle[: 100 - MOST]:
                with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                    await client.receive()


class Scarce(socket.socket):
    """A listening socket of a process that has no descriptor left: `left` more connections are given."""

    left = 0

    def accept(self) -> tuple[socket.socket, object]:
        if not self.left:
            raise OSError(errno.EMFILE, "Too many open files")
        self.left -= 1
        return super().accept()


async def test_without_a_descriptor_left_the_reserve_serves_one_client_after_the_other() -> None:
    with ExitStack() as stack:
        plain = stack.enter_context(listen("127.0.0.1", 0))
        scarce = stack.enter_context(Scarce(fileno=plain.detach()))
        endpoint = Endpoint(answer, scarce)
        spent: list[bool] = []
        given = endpoint.spend

        def spend() -> bool:
            spent.append(given())
            scarce.left += spent[-1]
            return spent[-1]

        endpoint.spend = spend  # type: ignore[method-assign]  # what the kernel does with a descriptor that is closed
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(endpoint.serve)
            port = scarce.getsockname()[1]
            assert [(await get(port)).status_code for _ in range(3)] == [200] * 3
            tasks.cancel_scope.cancel()
    assert spent[:3] == [True] * 3
