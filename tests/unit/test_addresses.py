"""Which addresses may be connected to: a table, with embedded IPv4 at every place where one can be."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.addresses import refusal

LINK_LOCAL = [
    "169.254.169.254", "169.254.0.1", "169.254.170.2", "fe80::1", "fe80::1%lo", "febf::1", "fe80::a9fe:a9fe%eth0",
]  # fmt: skip
CLOUDS = [
    "fd00:ec2::254", "fd00:ec2::254%lo", "fd00:ec2::23", "fd20:ce::254", "168.63.129.16", "100.100.100.200",
    "192.0.0.192", "fd00:c1::a9fe:a9fe", "fd00:42::42",
]  # fmt: skip
OWN = ["127.0.0.1", "127.1.2.3", "::1", "::1%lo", "0.0.0.0", "::"]  # noqa: S104
PRIVATE = [
    *("10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "0.1.2.3", "192.0.0.1", "192.0.2.1"),
    *("192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "fc00::1", "fd12:3456::1"),
    *("fec0::1", "feff::1", "ff02::1", "ff0e::1", "2001:db8::1", "3fff::1", "3fff:fff::1", "2001::1", "2001:2::1"),
    *("2001:20::1", "2001:1ff::1", "2002::1", "2620:4f:8000::1", "100::1", "100:0:0:1::1", "5f00::1", "4000::1"),
    *("1::1", "64:ff9b:1::1", "64:ff9b:2::1", "::2", "::ffff:0:8.8.8.8", "::8.8.8.8", "2002:808:808::1"),
    "64:ff9b:1::8.8.8.8",
]
PUBLIC = [
    "8.8.8.8", "93.184.216.34", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "223.255.255.255",
    "2606:2800:220:1:248:1893:25c8:1946", "2001:4860:4860::8888", "2a00:1450::1", "2001:200::1", "2003::1", "3ffe::1",
    "::ffff:93.184.216.34", "64:ff9b::93.184.216.34", "2606:2800::5efe:808:808",
]  # fmt: skip


def within(address: str) -> dict[str, str]:
    """An IPv4 address at each place of an IPv6 address where one can be."""
    number = int(IPv4Address(address))
    high, low = number >> 16, number & 0xFFFF
    inverted = number ^ 0xFFFFFFFF
    return {
        "mapped": f"::ffff:{address}",
        "mapped, in hexadecimal": f"::ffff:{high:x}:{low:x}",
        "SIIT": f"::ffff:0:{address}",
        "compatible": f"::{address}",
        "NAT64": f"64:ff9b::{address}",
        "local NAT64, /96": f"64:ff9b:1::{address}",
        "local NAT64, /96, within": f"64:ff9b:1:2:3:4:{high:x}:{low:x}",
        "6to4": f"2002:{high:x}:{low:x}::1",
        "Teredo's server": f"2001:0:{high:x}:{low:x}::",
        "Teredo's client": f"2001:0:808:808:0:0:{inverted >> 16:x}:{inverted & 0xFFFF:x}",
        "ISATAP": f"2606:2800::5efe:{high:x}:{low:x}",
        "ISATAP, universal": f"2606:2800::200:5efe:{high:x}:{low:x}",
    }


def local_nat64(address: str, length: int) -> str:
    """By RFC 6052: behind a prefix of that length, with 8 bits of zeros after the first 64."""
    number, before = int(IPv4Address(address)), int(IPv6Address("64:ff9b:1:abcd::")) >> (128 - length)
    bits = (before << 32 | number) << (120 - length - 32)
    return str(IPv6Address((bits >> 56) << 64 | bits & 0xFFFFFFFFFFFFFF))


PLACES = list(within("1.2.3.4"))


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("address", LINK_LOCAL)
def test_a_link_local_address_is_never_connected_to(address: str, private: bool) -> None:
    assert refusal(address, private=private) == "link-local"


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("address", CLOUDS)
def test_where_a_cloud_tells_credentials_is_never_connected_to(address: str, private: bool) -> None:
    assert refusal(address, private=private) == "a cloud's own"


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("place", PLACES)
def test_nor_inside_ipv6(place: str, private: bool) -> None:
    assert refusal(within("169.254.169.254")[place], private=private) == "link-local"
    assert refusal(within("168.63.129.16")[place], private=private) == "a cloud's own"


@pytest.mark.parametrize("length", [48, 56, 64])
def test_nor_behind_a_local_prefix_of_any_length(length: int) -> None:
    assert refusal(local_nat64("169.254.169.254", length), private=True) == "link-local"


@pytest.mark.parametrize("address", OWN)
def test_this_machine_is_connected_to_unless_the_source_says_otherwise(address: str) -> None:
    assert refusal(address, private=True) is None
    assert refusal(address, private=False) == "this machine's own"


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_connected_to_unless_the_source_says_otherwise(address: str) -> None:
    assert refusal(address, private=True) is None
    assert refusal(address, private=False) in ("private", "this machine's own")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.88.99.1", "224.0.0.1"])
def test_nor_are_those_inside_ipv6(address: str, place: str) -> None:
    assert refusal(within(address)[place], private=True) is None
    assert refusal(within(address)[place], private=False) in ("private", "this machine's own")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_always_connected_to(address: str) -> None:
    assert refusal(address, private=True) is None
    assert refusal(address, private=False) is None


@given(st.ip_addresses())
def test_what_the_standard_library_calls_special_is_not_public(address: IPv4Address | IPv6Address) -> None:
    if refusal(str(address), private=False) is None and not str(address).startswith(("::ffff:", "64:ff9b::")):
        assert address.is_global


@given(st.ip_addresses(network=IPv4Network("169.254.0.0/16")), st.sampled_from(PLACES))
def test_no_link_local_address_is_reached_in_any_way(address: IPv4Address, place: str) -> None:
    assert refusal(within(str(address))[place], private=True) == "link-local"
