"""The HTTP endpoint's server: small, so that whoever can reach the port can neither fill the process nor slow it down.

One request a connection. Who says nothing is dropped as soon as others come, and at the latest after `PATIENCE`.
"""

import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
import anyio.lowlevel
import h11
import structlog
from anyio.abc import TaskGroup

BACKLOG = 16
"""How many connections the kernel holds that were not accepted yet."""

MOST = 8
"""How many connections are open at once."""

PATIENCE = 5.0
"""Seconds for a request to come, and for its answer to be taken."""

HEAD_BYTES = 8_192
"""How many bytes a request's head may have."""

PAUSE = 0.2
"""Seconds until the next attempt, where the system gives no connection."""

Ask = Callable[[str, str], Awaitable[tuple[int, str, bytes]]]
"""Answers a method and a path: with a status, a content type and a body."""


class Endpoint:
    """Serves what `ask` answers on a listening socket.

    It keeps a descriptor in reserve: where the process has no other left, one client at a time is served with that.
    """

    def __init__(self, ask: Ask, listener: socket.socket) -> None:
        self._ask = ask
        self._listener = listener
        self._reserve: int | None = None
        self._clients = 0
        self._silent: dict[anyio.CancelScope, None] = {}  # whose request has not come, the oldest first

    async def serve(self) -> None:
        """Serve until cancelled."""
        self._listener.setblocking(False)
        self._listener.listen(BACKLOG)
        self._put_by()
        try:
            async with anyio.create_task_group() as tasks:
                while True:
                    await anyio.wait_readable(self._listener)
                    await self._accept(tasks)
        finally:
            self._listener.close()
            self.spend()

    async def _accept(self, tasks: TaskGroup) -> None:
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:  # no descriptor is left, or no memory
            if not self.spend():
                await anyio.sleep(PAUSE)
            return
        client.setblocking(False)
        if self._clients >= MOST and not self._silent:
            client.close()
            return
        if self._clients >= MOST:
            oldest = next(iter(self._silent))
            del self._silent[oldest]
            oldest.cancel()
        self._clients += 1
        tasks.start_soon(self._attend, client)
        await anyio.lowlevel.checkpoint()  # a flood has no more turns than a cycle

    async def _attend(self, client: socket.socket) -> None:
        scope = anyio.CancelScope(deadline=anyio.current_time() + PATIENCE)
        self._silent[scope] = None
        try:
            with client, scope, suppress(OSError, h11.RemoteProtocolError):
                await self._answer(client, scope)
        finally:
            self._silent.pop(scope, None)
            self._clients -= 1
            self._put_by()

    async def _answer(self, client: socket.socket, scope: anyio.CancelScope) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        while (event := http.next_event()) is h11.NEED_DATA:
            await anyio.wait_readable(client)
            with suppress(BlockingIOError):
                http.receive_data(client.recv(HEAD_BYTES))
        if not isinstance(event, h11.Request):
            return
        self._silent.pop(scope, None)
        scope.deadline = float("inf")  # whoever answers has a bound of its own
        try:
            status, kind, body = await self._ask(event.method.decode("ascii"), event.target.decode().partition("?")[0])
        except Exception:  # noqa: BLE001 - one answer that fails is not the daemon's end
            structlog.get_logger("crawler").exception("health endpoint")
            status, kind, body = 500, "text/plain", b""
        scope.deadline = anyio.current_time() + PATIENCE
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
        head = h11.Response(status_code=status, headers=[*headers.items(), ("Connection", "close")])
        left = memoryview(b"".join((http.send(head), b"" if event.method == b"HEAD" else body)))
        while left:
            try:
                left = left[client.send(left) :]
            except BlockingIOError:
                await anyio.wait_writable(client)
        client.shutdown(socket.SHUT_WR)
        self._silent[scope] = None
        await anyio.wait_readable(client)  # who is about to read it hangs up first: it is lost on nobody

    def _put_by(self) -> None:
        if self._reserve is None:
            with suppress(OSError):
                self._reserve = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def spend(self) -> bool:
        """Give the reserve away, if it is there; returns whether it was."""
        reserve, self._reserve = self._reserve, None
        if reserve is None:
            return False
        os.close(reserve)
        return True
