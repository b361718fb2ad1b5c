"""A partner that is no bottleneck: a process of its own that sends answers it made, and signed, beforehand.

``python -m tests.performance.server`` prints the ports of plain HTTP and TLS, and serves until its stdin is closed.
"""

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crawler.protocol.signature import HEADER
from tests.performance.forum import SECRET, Forum

TLS = Path(__file__).parents[1] / "partners" / "tls"
KEPT_BYTES = 400_000_000
"""How many bytes of answers are kept; beyond that they are made anew."""


class Answers:
    """Answers by path and request; those to what changes nothing are kept."""

    def __init__(self) -> None:
        self._kept: dict[tuple[bytes, bytes], bytes] = {}
        self._size = 0

    def to(self, path: bytes, body: bytes) -> bytes:
        """The whole answer, from the status line on."""
        asked = body[: body.rindex(b',"time"')]
        found = self._kept.get((path, asked))
        if found is None:
            found = self._make(path, body)
            if b".create" not in asked and self._size < KEPT_BYTES:
                self._kept[path, asked] = found
                self._size += len(found)
        return found

    @staticmethod
    def _make(path: bytes, body: bytes) -> bytes:
        request = json.loads(body)
        answer = Forum.at(path.decode()).answer(request["action"], request.get("params", {}))
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {len(answer)}\r\n{HEADER}: {SECRET.sign(answer)}\r\n\r\n"
        )
        return head.encode() + answer


class Connection(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            at = head.lower().index(b"content-length:") + 15
            length = int(head[at:].split(b"\r\n", 1)[0])
            whole = end + 4 + length
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            self._transport.write(self._answers.to(head.split(b" ", 2)[1], body))


@dataclass(frozen=True, slots=True)
class Serving:
    """Where the server listens."""

    port: int
    tls_port: int

    def url(self, kind: str, messages: int, page: int = 1_000, *, tls: bool = False) -> str:
        """The base URI of a forum."""
        where = f"https://127.0.0.1:{self.tls_port}" if tls else f"http://127.0.0.1:{self.port}"
        return f"{where}/{kind}/{messages}/{page}"


@contextmanager
def serving() -> Iterator[Serving]:
    """Run the server in a process of its own."""
    command = [sys.executable, "-m", "tests.performance.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Serving(*json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()


async def _serve() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    loop, answers = asyncio.get_running_loop(), Answers()
    ports = []
    for tls in (None, context):
        server = await loop.create_server(lambda: Connection(answers), "127.0.0.1", 0, ssl=tls, backlog=4_096)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)  # noqa: T201
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
