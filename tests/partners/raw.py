"""A partner on a real socket of this machine that answers with exactly the bytes that a test wants.

async with raw_partner(answer) as partner:
    ...  # partner.base_uri; afterwards partner.requests, partner.connections

`answer` is called for each whole request, with the partner and the connection to write to; to close that is up to it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from crawler.protocol.signature import HEADER, Secret

TLS = Path(__file__).with_name("tls")
CERTIFICATE = TLS / "certificate.pem"
SECRET = Secret("the shop's own secret")
PATIENCE = 15.0
"""Seconds after which a test that uses such a partner is given up."""


@dataclass(frozen=True)
class RawRequest:
    """A request as it came: its first line, `headers` with names in lower case, and the exact `body`."""

    line: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


@dataclass
class RawPartner:
    """The running partner: what it was sent, over how many connections; `closed` counts those that have ended."""

    answer: "Answering"
    base_uri: str = ""
    requests: list[RawRequest] = field(default_factory=list)
    connections: int = 0
    closed: int = 0
    sent: int = 0
    server: asyncio.Server | None = None
    _change: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def until_closed(self, connections: int) -> None:
        """Wait until so many connections have ended, on whichever side."""
        while self.closed < connections:
            self._change.clear()
            await self._change.wait()

    def refuse(self) -> None:
        """Take no more connections; those that there are go on."""
        assert self.server is not None
        self.server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first request to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        number = self.connections
        try:
            while not writer.is_closing():
                self.requests.append(await _read(reader, number))
                await self.answer(self, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the other side is gone, or the test has ended
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            self.closed += 1
            self._change.set()
            self._tasks.discard(task)

    async def end(self) -> None:
        """End all connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


Answering = Callable[[RawPartner, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_partner(answer: Answering, *, tls: bool = False) -> AsyncIterator[RawPartner]:
    partner = RawPartner(answer)
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, TLS / "key.pem")
    server = partner.server = await asyncio.start_server(partner.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    partner.base_uri = f"https://localhost:{port}/sdk" if tls else f"http://127.0.0.1:{port}/sdk"
    try:
        with anyio.fail_after(PATIENCE):
            yield partner
    finally:
        for _ in range(5):  # what is accepted in the very moment in which a server closes, Python 3.11 loses track of
            await asyncio.sleep(0)
        server.close()
        await partner.end()
        await server.wait_closed()


def response(body: bytes, *headers: str, status: str = "200 OK", signed: bool = True) -> bytes:
    """A whole HTTP response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    if signed:
        lines.append(f"{HEADER}: {SECRET.sign(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def saying(*answers: bytes) -> Answering:
    """Answers each request with the next of `answers`, and all that follow with the last."""
    left = list(answers)

    async def answer(_partner: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()

    return answer


async def _read(reader: asyncio.StreamReader, connection: int) -> RawRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return RawRequest(line, headers, body, connection)
