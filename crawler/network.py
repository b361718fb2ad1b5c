"""Connecting to addresses that may be connected to, whatever a name says they are when it is asked once more.

Whoever chooses an endpoint's URL chooses where this program connects to. A name is resolved once, each of its addresses
is checked, and one of those very addresses is connected to: a name that means another address a moment later changes
nothing. Addresses of one link, where clouds tell their machines' credentials, are never connected to.
"""

import select
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import anyio
import httpcore
from anyio.abc import ByteStream, SocketAttribute, SocketStream
from anyio.streams.tls import TLSAttribute, TLSStream

METADATA = frozenset({ip_address("fd00:ec2::254"), ip_address("100.100.100.200")})
"""Where clouds tell credentials to whoever asks, outside the link-local networks."""

NAT64 = IPv6Network("64:ff9b::/96")
STAGGER = 0.25
"""Seconds after which the next address is tried beside one that has not answered yet."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses that a host's name has."""

Address = IPv4Address | IPv6Address


class ConnectionRefused(Exception):
    """No address of a host may be connected to; the text says which it has, and of what kind."""


def refusal(text: str, *, private: bool) -> str | None:
    """Why the address `text` must not be connected to, `None` if it may. `private` says that private ones may be."""
    address = _meant(ip_address(text))
    if address.is_link_local or address in METADATA:
        return "link-local"
    if private:
        return None
    if address.is_loopback or address.is_unspecified:
        return "this machine's own"
    return "private" if address.is_multicast or not address.is_global else None


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to, if it does; else the address itself."""
    if not isinstance(address, IPv6Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


async def resolve(host: str, port: int) -> Sequence[str]:
    """The system's answer."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """The network, without the addresses that must not be connected to. Raises `ConnectionRefused`."""

    def __init__(self, *, private: bool, resolve: Resolve = resolve) -> None:
        self._private = private
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of the host's addresses, as soon as one answers."""
        try:
            with anyio.fail_after(timeout):
                addresses = self._checked(host, await self._resolve(host, port))
                return await self._first(addresses, port, local_address, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(error) from error
        except (OSError, UnicodeError) as error:  # the name cannot be resolved, or is none
            raise httpcore.ConnectError(error) from error

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)

    def _checked(self, host: str, addresses: Sequence[str]) -> list[str]:
        refused = {address: refusal(address, private=self._private) for address in addresses}
        allowed = [address for address, why in refused.items() if why is None]
        if not allowed:
            kinds = ", ".join(f"{address}, which is {why}" for address, why in refused.items())
            raise ConnectionRefused(f"{host} is {kinds}" if host not in refused else kinds)
        return allowed

    async def _first(
        self,
        addresses: Sequence[str],
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        connected: list[SocketStream] = []
        errors: list[OSError] = []

        async def attempt(address: str, failed: anyio.Event) -> None:
            try:
                stream = await anyio.connect_tcp(address, port, local_host=local_address)
            except OSError as error:
                errors.append(error)
                failed.set()
                return
            for option in socket_options or ():
                stream.extra(SocketAttribute.raw_socket).setsockopt(*option)  # noqa: S610 - anyio's
            connected.append(stream)
            tasks.cancel_scope.cancel()

        kept: list[SocketStream] = []
        try:
            async with anyio.create_task_group() as tasks:
                for address in addresses:
                    failed = anyio.Event()
                    tasks.start_soon(attempt, address, failed)
                    with anyio.move_on_after(STAGGER):
                        await failed.wait()
            kept = connected[:1]
        finally:  # of several that came at once, and where the caller was cancelled in this very moment
            with anyio.CancelScope(shield=True):
                for superfluous in connected[len(kept) :]:
                    await superfluous.aclose()
        if not kept:
            raise errors[0]
        return Connection(kept[0])


class Connection(httpcore.AsyncNetworkStream):
    """A connection, plain or TLS: what httpcore's own is, without its timeouts for each read and write.

    Whoever waits for an answer has a deadline for the whole of it. That, and a cheap look at whether a kept connection
    was closed, saves a quarter of the CPU of a small exchange.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._socket = stream.extra(SocketAttribute.raw_socket)  # noqa: S610 - anyio's, not Django's
        self._unsent = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109 - httpcore's
        """Send what was written, then receive some bytes; none at the end. Raises `httpcore.ReadError`."""
        try:
            if self._unsent:
                unsent, self._unsent = self._unsent, b""
                with suppress(anyio.BrokenResourceError):  # who does not listen any more may have answered all the same
                    await self._stream.send(unsent)
            return await self._stream.receive(max_bytes)
        except anyio.EndOfStream:
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise httpcore.ReadError(error) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109 - httpcore's
        """Send bytes: a request's headers and body together, once the answer is waited for."""
        self._unsent += buffer

    async def aclose(self) -> None:
        """Close it."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """Speak TLS from now on. Raises `httpcore.ConnectError` or `httpcore.ConnectTimeout`."""
        try:
            with anyio.fail_after(timeout):
                wrapped = await TLSStream.wrap(
                    self._stream, ssl_context=ssl_context, hostname=server_hostname, standard_compatible=False
                )
        except TimeoutError as error:
            await self.aclose()
            raise httpcore.ConnectTimeout(error) from error
        except (anyio.BrokenResourceError, anyio.EndOfStream, ssl.SSLError) as error:
            await self.aclose()
            raise httpcore.ConnectError(error) from error
        except BaseException:
            await self.aclose()
            raise
        return Connection(wrapped)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: `is_readable` of a connection at rest means that its other end has closed it."""
        if info == "is_readable":
            return is_readable(self._socket.fileno())
        wanted = {"ssl_object": TLSAttribute.ssl_object, "server_addr": SocketAttribute.remote_address}.get(info)
        return self._stream.extra(wanted, None) if wanted is not None else None  # noqa: S610 - anyio's


def is_readable(descriptor: int) -> bool:
    """Whether there is something to read from a socket; of a connection at rest, its end."""
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
