"""Connecting to addresses that may be connected to, whatever a name says they are when it is asked once more.

Whoever chooses an endpoint's URL chooses where this program connects to. A name is resolved once, each of its addresses
is checked, and one of those very addresses is connected to: a name that means another address a moment later changes
nothing. Addresses of one link, where clouds tell their machines' credentials, are never connected to.
"""

import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import anyio
import httpcore

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
        self._network = httpcore.AnyIOBackend()

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
        await self._network.sleep(seconds)

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
        connected: list[httpcore.AsyncNetworkStream] = []
        errors: list[httpcore.ConnectError] = []

        async def attempt(address: str, failed: anyio.Event) -> None:
            try:
                stream = await self._network.connect_tcp(
                    address, port, local_address=local_address, socket_options=socket_options
                )
            except httpcore.ConnectError as error:
                errors.append(error)
                failed.set()
                return
            connected.append(stream)
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            for address in addresses:
                failed = anyio.Event()
                tasks.start_soon(attempt, address, failed)
                with anyio.move_on_after(STAGGER):
                    await failed.wait()
        if not connected:
            raise errors[0]
        for superfluous in connected[1:]:
            await superfluous.aclose()
        return connected[0]
