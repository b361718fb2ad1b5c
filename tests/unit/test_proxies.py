"""Which proxy the environment names for which endpoint, and the way through it."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from crawler.errors import ConfigurationError, ConnectionBroken, DeadlineExceeded, EndpointUnreachable
from crawler.partner import Partner
from crawler.protocol.envelope import Exchange
from crawler.proxies import needs_none, proxy_for
from tests.partners.calling import call, failed, fixed_clock, source
from tests.partners.raw import RawPartner, raw_partner, response, saying

OK = response(b"[]")
TUNNEL = b"HTTP/1.1 200 OK\r\n\r\n"

LISTED = [
    # names, with all below them
    ("http://shop.example/", "shop.example", True),
    ("http://a.shop.example/", "shop.example", True),
    ("http://a.shop.example/", ".shop.example", True),
    ("http://shop.example/", ".shop.example", True),
    ("http://a.shop.example/", "*.shop.example", True),
    ("http://noshop.example/", "shop.example", False),
    ("http://shop.example.org/", "shop.example", False),
    ("http://SHOP.example./", "other, Shop.Example.", True),
    ("http://shop.example/", "other shop.example", True),
    ("http://shop.example/", "*", True),
    ("http://shop.example/", "", False),
    ("http://shop.example/", " , ,", False),
    ("http://localhost:3000/", "localhost", True),
    # ports
    ("http://shop.example:8080/", "shop.example:8080", True),
    ("http://shop.example:8080/", "shop.example:80", False),
    ("http://shop.example/", "shop.example:80", True),
    ("https://shop.example/", "shop.example:443", True),
    ("https://shop.example/", "shop.example:80", False),
    ("http://127.0.0.1:3000/", "127.0.0.1:3000", True),
    ("http://127.0.0.1:3001/", "127.0.0.1:3000", False),
    # addresses and ranges
    ("http://10.1.2.3/", "10.1.2.3", True),
    ("http://10.1.2.3/", "10.0.0.0/8", True),
    ("http://10.1.2.3/", "10.1.2.3/8", True),
    ("http://11.1.2.3/", "10.0.0.0/8", False),
    ("http://10.1.2.3:81/", "10.0.0.0/8:81", True),
    ("http://10.1.2.3/", "10.0.0.0/33", False),
    ("http://shop.example/", "10.0.0.0/8", False),
    ("http://[::1]/", "::1", True),
    ("http://[::1]:3000/", "[::1]", True),
    ("http://[::1]:3000/", "[::1]:3000", True),
    ("http://[::1]:3000/", "[::1]:3001", False),
    ("http://[0:0::1]/", "[::1]", True),
    ("http://[fd00::5]/", "fd00::/8", True),
    ("http://[fd00::5]/", "[fd00::/8]", True),
    ("http://[fd00::5]/", "[fd00::]/8", True),
    ("http://[fe00::5]/", "fd00::/8", False),
    ("http://10.1.2.3/", "fd00::/8", False),
    # schemes
    ("http://shop.example/", "http://shop.example", True),
    ("http://shop.example/", "all://shop.example", True),
    ("https://shop.example/", "http://shop.example", False),
    # what is nothing
    ("http://shop.example/", "[", False),
    ("http://shop.example/", "[::1", False),
    ("http://shop.example/", ":80", False),
    ("http://shop.example/", "shop.example:http", False),
]  # fmt: skip


@pytest.mark.parametrize(("url", "no_proxy", "none"), LISTED)
def test_what_no_proxy_lists(url: str, no_proxy: str, none: bool) -> None:
    """encode/httpx#3221, pydantic/httpx2#1165, basicmachines-co/basic-memory#1541."""
    assert needs_none(httpx.URL(url), no_proxy) is none


@pytest.mark.parametrize(
    ("named", "url", "proxy"),
    [
        ({}, "http://shop.example/", None),
        ({"http": "http://p:3128"}, "http://shop.example/", "http://p:3128"),
        ({"http": "http://p:3128"}, "https://shop.example/", None),
        ({"http": "p:3128"}, "http://shop.example/", "http://p:3128"),
        ({"all": "http://p:3128", "https": ""}, "https://shop.example/", "http://p:3128"),
        ({"all": "http://a", "https": "https://s"}, "https://shop.example/", "https://s"),
        ({"http": "http://p:3128", "no": "shop.example:80"}, "http://shop.example/", None),
        ({"http": "ftp://p", "no": "*"}, "http://shop.example/", None),
        ({"http": "http://p:3128"}, "http://[::1/", None),
    ],
)
def test_the_proxy_of_an_endpoint(named: Mapping[str, str], url: str, proxy: str | None) -> None:
    assert proxy_for(url, lambda: named) == proxy


@pytest.mark.parametrize(
    ("named", "came"),
    [
        ("ftp://jo:pw@proxy:21", "'ftp://proxy'"),
        ("socks4://jo:pw@proxy", "'socks4://proxy'"),
        ("socks5://jo:pw@proxy", "'socks5://proxy', and the package socksio is not installed"),
        ("http://", "'http://'"),
        ("http://jo:pw@proxy:port", "what is no URL"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_one_sentence_without_its_password(named: str, came: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        proxy_for("https://shop.example/", lambda: {"https": named})

    expected = "HTTPS_PROXY names no proxy that can be used: expected http://, https:// or socks5://, got "
    assert str(caught.value) == expected + came
    assert "NO_PROXY" in caught.value.hint


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment, without what it may say about proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@asynccontextmanager
async def through(
    proxy: str, base_uri: str, environment: pytest.MonkeyPatch, **settings: Any
) -> AsyncIterator[Partner]:
    """A partner that is reached through a proxy."""
    environment.setenv("HTTPS_PROXY" if base_uri.startswith("https") else "HTTP_PROXY", proxy)
    shop = source(base_uri, trust_env=True, verify_tls=False, **settings)
    async with Partner(shop, clock=fixed_clock) as partner:
        yield partner


def at(url: str) -> str:
    return url.removesuffix("/sdk")


async def test_what_the_user_wrote_goes_through_a_proxy_as_well(environment: pytest.MonkeyPatch) -> None:
    async with raw_partner(saying(OK)) as proxy:
        url = at(proxy.base_uri).replace("//", "//jo:p%40w@")
        async with through(url, "http://Shop.example/%zz/a%2fb?debug", environment) as partner:
            for _ in range(2):
                await call(partner)

    first, second = proxy.requests
    assert first.line == "POST http://shop.example/%zz/a%2fb?debug HTTP/1.1"
    assert first.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'jo:p@w').decode()}"
    assert (first.connection, second.connection) == (1, 2)


@asynccontextmanager
async def tunnelling(says: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A proxy that answers CONNECT with `says`, and tunnels where that is 200; yields its URL and what it was asked."""
    asked: list[bytes] = []
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b"\r\n")[0])
        writer.write(says)
        if b" 200 " not in says:
            writer.close()
            return
        there = head.split(b" ")[1].decode().split(":")
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(there[1]))
        tasks.add(asyncio.create_task(pump(reader, far_writer)))
        tasks.add(asyncio.create_task(pump(far_reader, writer)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def test_an_https_endpoint_is_reached_through_a_tunnel(environment: pytest.MonkeyPatch) -> None:
    seen: list[Exchange] = []
    async with (
        raw_partner(saying(OK), tls=True) as endpoint,
        tunnelling(TUNNEL) as (proxy, asked),
        through(proxy, endpoint.base_uri + "?debug", environment) as partner,
    ):
        await call(partner, record=seen.append)

    assert asked == [b"CONNECT " + at(endpoint.base_uri).removeprefix("https://").encode() + b" HTTP/1.1"]
    assert [request.line for request in endpoint.requests] == ["POST /sdk?debug HTTP/1.1"]
    assert [exchange.verdict for exchange in seen] == ["valid"]


@pytest.mark.parametrize(
    ("says", "came"),
    [
        (b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n", "407 Who are you"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "502 Bad Gateway"),
        (b"", "Server disconnected without sending a response."),
        (b"SSH-2.0\r\n\r\n", "illegal status line"),
    ],
)  # fmt: skip
async def test_a_proxy_that_failed_to_connect_has_sent_nothing(
    says: bytes, came: str, environment: pytest.MonkeyPatch
) -> None:
    """PU6."""
    async with tunnelling(says) as (proxy, _), through(proxy, "https://shop.example/sdk", environment) as partner:
        error = await failed(partner)

    assert isinstance(error, EndpointUnreachable)
    assert error.came.startswith(f"no connection to https://shop.example: {came}")


async def test_a_proxy_that_is_not_there(environment: pytest.MonkeyPatch) -> None:
    async with raw_partner(saying(OK)) as gone:
        pass
    async with through(at(gone.base_uri), "http://shop.example/", environment) as partner:
        assert isinstance(await failed(partner), EndpointUnreachable)


async def silent(_endpoint: RawPartner, _writer: asyncio.StreamWriter) -> None:
    pass


async def closing(_endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(("answer", "kind"), [(silent, DeadlineExceeded), (closing, ConnectionBroken)])
async def test_what_was_sent_through_a_proxy_and_not_answered_may_have_been_seen(
    answer: Any, kind: type[Exception], scheme: str, environment: pytest.MonkeyPatch
) -> None:
    async with raw_partner(answer, tls=scheme == "https") as endpoint:
        if scheme == "http":
            async with through(at(endpoint.base_uri), "http://shop.example/", environment, deadline=0.3) as partner:
                error = await failed(partner)
        else:
            async with (
                tunnelling(TUNNEL) as (proxy, _),
                through(proxy, endpoint.base_uri, environment, deadline=0.3) as partner,
            ):
                error = await failed(partner)

    assert type(error) is kind
    assert len(endpoint.requests) == 1


async def test_a_proxy_that_never_answers_has_sent_nothing(environment: pytest.MonkeyPatch) -> None:
    async with (
        raw_partner(silent) as proxy,
        through(at(proxy.base_uri), "https://shop.example/", environment, deadline=0.3) as partner,
    ):
        error = await failed(partner)

    assert isinstance(error, EndpointUnreachable)
    assert "within 0.3 s" in error.came
