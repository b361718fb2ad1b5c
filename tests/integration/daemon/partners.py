"""Partners on the loopback that count: one server, in a thread of its own, with one partner at each path."""

import asyncio
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Any, Self

from crawler.protocol.signature import HEADER, Secret

SECRET = Secret("open sesame")
INFO = {"objects": {"messages": ["list", "create"]}, "options": ["messages.unthreaded"]}
Answer = Callable[["Asked"], object]


@dataclass
class Asked:
    """One request: to which source, by which daemon, and when its first byte came and its answer was ready."""

    source: str
    daemon: str
    action: str
    params: dict[str, Any]
    begun: float = field(default_factory=monotonic)
    answered: float | None = None


class Gate:
    """Holds answers back until it is opened."""

    def __init__(self, source: str, action: str, daemon: str = "") -> None:
        self._wanted = (source, action, daemon)
        self._open = threading.Event()
        self.reached = threading.Event()

    def holds(self, asked: Asked) -> bool:
        source, action, daemon = self._wanted
        fits = asked.source == source and asked.action == action and asked.daemon.startswith(daemon)
        return fits and not self._open.is_set()

    def open(self) -> None:
        self._open.set()

    async def wait(self) -> None:
        self.reached.set()
        while not self._open.is_set():  # noqa: ASYNC110 - opened by another thread
            await asyncio.sleep(0.01)


class Partners:
    """The server. `asked` are all requests so far; `begun` counts each source's cycles, and `most_inside` how many
    requests it answered at once at most.

    What a source answers is in `answers`, by source and action; without it there are no contents. A `gates` entry holds
    answers back: what was asked for is done by then.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[tuple[str, str], Answer] = {}
        self.gates: list[Gate] = []
        self.begun: Counter[str] = Counter()
        self.most_inside: dict[str, int] = defaultdict(int)
        self._inside: dict[str, int] = defaultdict(int)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def url(self, source: str) -> str:
        return f"http://127.0.0.1:{self.port}/{source}"

    def of(self, source: str, action: str = "") -> list[Asked]:
        """What a source was asked."""
        return [asked for asked in list(self.asked) if asked.source == source and asked.action.startswith(action)]

    def gate(self, source: str, action: str, daemon: str = "") -> Gate:
        gate = Gate(source, action, daemon)
        self.gates.append(gate)
        return gate

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                first = await reader.readexactly(1)
                begun = monotonic()
                lines = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(int(headers["content-length"]))
                call = json.loads(body)
                source = lines[0].split(" ")[1].lstrip("/")
                asked = Asked(source, headers.get("x-daemon", ""), call["action"], call.get("params", {}), begun)
                answer = json.dumps(await self._answer(asked)).encode()
                signature = SECRET.sign(answer)
                writer.write(
                    f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n{HEADER}: {signature}\r\n\r\n".encode()
                    + answer
                )
                await writer.drain()
        writer.close()

    async def _answer(self, asked: Asked) -> object:
        self.asked.append(asked)
        self.begun[asked.source] += asked.action == "implementation.info"
        source = asked.source
        self._inside[source] += 1
        self.most_inside[source] = max(self.most_inside[source], self._inside[source])
        try:
            default: object = INFO if asked.action == "implementation.info" else []
            answering = self.answers.get((source, asked.action))
            answer = answering(asked) if answering else default
            for gate in self.gates:
                if gate.holds(asked):
                    await gate.wait()
            return answer
        finally:
            self._inside[source] -= 1
            asked.answered = monotonic()
