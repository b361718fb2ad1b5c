"""Connecting to addresses that may be connected to, whatever a name says they are when it is asked once more.

Whoever chooses an endpoint's URL chooses where this program connects to. A name is resolved once, each of its addresses
is checked (`crawler.addresses`), and one of those very addresses is connected to: a name that means another address a
moment later changes nothing.
"""

import errno
import os
import select
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

import anyio
from anyio.abc import ByteStream

from crawler.addresses import refusal

STAGGER = 0.25
"""Seconds after which the next address is tried beside one that has not answered yet."""

QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Acknowledges at once what comes next. A partner that writes headers and body apart waits for that (Nagle's
algorithm): 40 ms an answer where the acknowledgement is delayed. Linux alone has it, and forgets it: see `receive`.
"""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses that a host's name has. Raises `OSError`."""


class ConnectionRefused(Exception):
    """No address of a host may be connected to; the text says which it has, and of what kind."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The system's answer."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


async def connect(host: str, port: int, *, private: bool, resolve: Resolve = resolve) -> "SocketStream":
    """Connect to one of the host's addresses, as soon as one answers; an address as `host` is asked of nobody.

    Raises `ConnectionRefused`, and `OSError` or `UnicodeError` where the name has no address or none answers.
    """
    try:
        ip_address(host)
        found: Sequence[str] = [host]
    except ValueError:
        found = await resolve(host, port)
    refused = {address: refusal(address, private=private) for address in found}
    allowed = [address for address, why in refused.items() if why is None]
    if not allowed:
        kinds = ", ".join(f"{address}, which is {why}" for address, why in refused.items())
        raise ConnectionRefused(f"{host} is {kinds}" if host not in refused else kinds)
    return SocketStream(await (_first(allowed, port) if len(allowed) > 1 else _connected(allowed[0], port)))


async def _first(addresses: Sequence[str], port: int) -> socket.socket:
    """A connection to whichever address answers first; each gets a little time alone. Raises `OSError`."""
    connected: list[socket.socket] = []
    errors: list[OSError] = []

    async def attempt(address: str, failed: anyio.Event) -> None:
        try:
            connected.append(await _connected(address, port))
            tasks.cancel_scope.cancel()
        except OSError as error:
            errors.append(error)
            failed.set()

    kept: list[socket.socket] = []
    try:
        async with anyio.create_task_group() as tasks:
            for address in addresses:
                failed = anyio.Event()
                tasks.start_soon(attempt, address, failed)
                with anyio.move_on_after(STAGGER):
                    await failed.wait()
        kept = connected[:1]
    finally:  # of several that came at once, and where the caller was cancelled in this very moment
        for superfluous in connected[len(kept) :]:
            superfluous.close()
    if not kept:
        raise errors[0]
    return kept[0]


async def _connected(address: str, port: int) -> socket.socket:
    """A connection to this address. Raises `OSError`."""
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = made.connect_ex((address, port))
        if code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            await anyio.wait_writable(made)
            code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
    except BaseException:
        made.close()
        raise
    return made


class SocketStream(ByteStream):
    """A connected socket as a stream of bytes, of which nothing that has come lies anywhere but in the socket.

    So that it can be told what is there already: with `waits` off, `receive` takes that or raises `anyio.WouldBlock`.
    """

    def __init__(self, connected: socket.socket) -> None:
        self.waits = True
        self._socket = connected

    async def receive(self, max_bytes: int = 65_536) -> bytes:
        """Some bytes. Raises `anyio.EndOfStream` at the end, and `anyio.BrokenResourceError`."""
        try:
            while True:
                if self.waits:
                    if QUICKACK is not None:
                        self._socket.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
                    await anyio.wait_readable(self._socket)
                try:
                    received = self._socket.recv(max_bytes)
                except BlockingIOError:
                    if not self.waits:
                        raise anyio.WouldBlock from None
                    continue
                if not received:
                    raise anyio.EndOfStream
                return received
        except OSError as error:
            raise anyio.BrokenResourceError from error

    async def send(self, item: bytes) -> None:
        """Send all of `item`, at once where the socket takes it. Raises `anyio.BrokenResourceError`."""
        left = memoryview(item)
        try:
            while left:
                try:
                    left = left[self._socket.send(left) :]
                except BlockingIOError:
                    await anyio.wait_writable(self._socket)
        except OSError as error:
            raise anyio.BrokenResourceError from error

    async def send_eof(self) -> None:
        """Say that nothing more will be sent."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close it, at once."""
        self._socket.close()

    async def aclose(self) -> None:
        """Close it."""
        self.close()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """None."""
        return {}


def is_readable(descriptor: int) -> bool:
    """Whether there is something to read from a socket; of a connection at rest, its end."""
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
