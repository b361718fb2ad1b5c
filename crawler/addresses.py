"""Which addresses may be connected to: what is known to be good, and nothing else. PURE.

Good is what the registries give out for the whole internet: of IPv4 and of IPv6's ``2000::/3`` all but the blocks in
the tables "Special-Purpose Address Registry" (RFC 6890). An IPv6 address in which an IPv4 address is embedded
means that one as well, for a router or the kernel may take it there. Addresses of one link, and those at which clouds
tell their machines' credentials, are never connected to.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

LINK_LOCAL = (IPv4Network("169.254.0.0/16"), IPv6Network("fe80::/10"))

METADATA = (
    IPv6Network("fd00:ec2::/32"),  # Amazon
    IPv6Network("fd20:ce::/32"),  # Google
    IPv4Network("168.63.129.16/32"),  # Azure
    IPv4Network("100.100.100.200/32"),  # Alibaba
    IPv4Network("192.0.0.192/32"),  # Oracle
    IPv6Network("fd00:c1::/32"),  # Oracle
    IPv6Network("fd00:42::42/128"),  # Scaleway
)
"""Where clouds tell their machines' credentials, outside the link-local networks."""

OWN = (IPv4Network("127.0.0.0/8"), IPv4Network("0.0.0.0/32"), IPv6Network("::1/128"), IPv6Network("::/128"))
"""This machine's own."""

SPECIAL_IPV4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip

UNICAST = IPv6Network("2000::/3")
SPECIAL_IPV6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
"""Those within `UNICAST`; Teredo is within the first of them, 6to4 the third."""

MAPPED, NAT64 = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")
"""Of these the IPv4 address is all that is meant."""

LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
COMPATIBLE, SIIT = IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96")
SIX_TO_FOUR, TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")
ISATAP = (0x00005EFE, 0x02005EFE)
"""The upper half of an interface's identifier, whose lower half is an IPv4 address (RFC 5214)."""


def refusal(text: str, *, private: bool) -> str | None:
    """Why the address `text` must not be connected to, `None` if it may. `private` says that private ones may be.

    A scope ("%eth0") says on which link an address is, and nothing about what it is.
    """
    address = ip_address(text.partition("%")[0])
    meant = [address, *embedded(address)]
    if _any_in(meant, LINK_LOCAL):
        return "link-local"
    if _any_in(meant, METADATA):
        return "a cloud's own"
    if private:
        return None
    if _any_in(meant, OWN):
        return "this machine's own"
    if isinstance(address, IPv6Address) and (address in MAPPED or address in NAT64):
        meant = meant[1:]
    return None if all(map(_is_good, meant)) else "private"


def embedded(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address may lead to: several where nobody can say which is meant."""
    if not isinstance(address, IPv6Address):
        return
    number = int(address)
    low = number & 0xFFFFFFFF
    if any(address in block for block in (MAPPED, NAT64, LOCAL_NAT64, COMPATIBLE, SIIT)):
        yield IPv4Address(low)
    if (
        address in LOCAL_NAT64
    ):  # how long its prefix is, is the operator's choice; bits 64 to 71 are left out (RFC 6052)
        bits = number >> 64 << 56 | number & 0xFFFFFFFFFFFFFF
        for length in (48, 56, 64):
            yield IPv4Address(bits >> (120 - length - 32) & 0xFFFFFFFF)
    if address in SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    if address in TEREDO:
        yield IPv4Address(number >> 64 & 0xFFFFFFFF)  # the server
        yield IPv4Address(low ^ 0xFFFFFFFF)  # the client
    if number >> 32 & 0xFFFFFFFF in ISATAP:
        yield IPv4Address(low)


def _is_good(address: Address) -> bool:
    """Whether it is given out for the whole internet."""
    if isinstance(address, IPv4Address):
        return not _any_in([address], SPECIAL_IPV4)
    return address in UNICAST and not _any_in([address], SPECIAL_IPV6)


def _any_in(addresses: Iterable[Address], blocks: Iterable[IPv4Network | IPv6Network]) -> bool:
    listed = list(blocks)
    return any(address in block for address in addresses for block in listed)
