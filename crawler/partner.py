"""Sending one action to one source, for endpoints that nobody vouches for (TR, SG).

One `Partner` is one source's small connection pool. Its connections stay open between cycles where the partner allows
it. All pools share one TLS context for each set of TLS settings: a context costs 39 ms and 0.8 MB.
"""

import errno
import functools
import os
import socket
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from time import perf_counter
from types import TracebackType
from typing import Self

import anyio
import httpx

from crawler.clock import Clock, utc_now
from crawler.errors import (
    AddressRefused,
    AnswerEncoded,
    AnswerTooLarge,
    ConfigurationError,
    ConnectionBroken,
    DeadlineExceeded,
    EndpointUnreachable,
    PartnerError,
)
from crawler.network import CheckedNetwork, ConnectionRefused
from crawler.protocol.envelope import (
    INTERRUPTED,
    Answer,
    Exchange,
    Params,
    Request,
    check_answer,
    encode_request,
    printable,
    sign_request,
    verdict,
)
from crawler.sync.state import Source

KEEPALIVE = 600.0
"""Seconds for which an unused connection is kept: longer than any interval between cycles (CY1)."""

KEPT_CONNECTIONS = 2
"""How many unused connections of a source are kept at most."""

Record = Callable[[Exchange], None]
"""Is told of each exchange when it has ended, failed ones included: as it was on the wire.

Whoever shows or stores one takes the secret out first (`Exchange.without`).
"""


def unrecorded(_exchange: Exchange) -> None:
    """Record nothing."""


@functools.cache
def tls_context(ca_bundle: str | None, verify: bool) -> ssl.SSLContext:
    """The shared TLS context for these settings.

    Raises `ConfigurationError` where the bundle cannot be read.
    """
    try:
        if not verify:
            return httpx.create_ssl_context(verify=False, trust_env=False)
        if ca_bundle is not None:
            return ssl.create_default_context(cafile=ca_bundle)
        return httpx.create_ssl_context(trust_env=False)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(
            f"the CA bundle {ca_bundle} cannot be used: {reason}", hint="ca_bundle must name a PEM file"
        ) from error


class Partner:
    """The partner behind one source: `call` sends it an action.

    `transport` replaces the network, e.g. ``httpx.ASGITransport(app)``. Use it as an async context manager, or
    `aclose` it.
    """

    def __init__(
        self, source: Source, *, transport: httpx.AsyncBaseTransport | None = None, clock: Clock = utc_now
    ) -> None:
        self.source = source
        self._clock = clock
        self._answered = False
        # A transport and no client around it: of what a client adds (cookies, redirects, encodings, defaults that are
        # merged at each request) nothing is wanted here, and it takes two fifths of the CPU of an exchange.
        self._transport = transport if transport is not None else _network(source)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def call(
        self, action: str, params: Params | None = None, *, expected: str, record: Record = unrecorded
    ) -> Answer:
        """Send `action` and return the partner's trusted answer: 2xx and rightly signed. Its shape is not looked at.

        `expected` says for errors what the action asks for. The whole exchange has the source's deadline. A connection
        that was kept since the last cycle may have been closed by the partner in the very moment of its use: where
        that happens to `implementation.info`, which changes nothing, it is sent once more.

        Raises `PartnerError`.
        """
        while True:
            kept, self._answered = self._answered, False
            try:
                return await self.send(self.request(action, params), expected=expected, record=record)
            except ConnectionBroken:
                if not kept or action != "implementation.info":
                    raise

    def request(self, action: str, params: Params | None = None) -> Request:
        """The request for `action` as the source's settings ask for it, at this moment."""
        source = self.source
        body = encode_request(action, params, self._clock(), ascii_json=source.ascii_json)
        return sign_request(source.secret, action, params, body, signature_in_query=source.signature_in_query)

    async def send(self, request: Request, *, expected: str, record: Record = unrecorded) -> Answer:
        """Send `request` as it stands, once, and return the partner's trusted answer; as `call` in all else.

        Raises `PartnerError`.
        """
        source, started, begun = self.source, self._clock(), perf_counter()
        heads: list[float] = []
        answer: Answer | None = None
        failure: PartnerError | None = None
        signature_verdict = "none"
        try:
            answer = await self._answer(request, expected, heads)
            self._answered = True
            signature_verdict = verdict(answer, source.secret if source.verify_signature else None)
            raw_non_ascii = not request.body.isascii()
            quoted = answer if signature_verdict == "valid" else answer.without(source.secret)  # errors shorten it
            check_answer(source.name, request.action, expected, quoted, signature_verdict, raw_non_ascii=raw_non_ascii)
            return answer
        except PartnerError as error:
            failure = error.without(source.secret.redact)
            raise
        finally:
            record(
                Exchange(
                    action=request.action,
                    params=request.params,
                    request=request.body,
                    method=request.method,
                    headers=request.headers,
                    query=request.query,
                    started=started,
                    seconds=perf_counter() - begun,
                    answered=heads[0] - begun if heads else None,
                    answer=answer,
                    verdict=signature_verdict,
                    error=str(failure) if failure else "" if answer else INTERRUPTED,
                    request_size=len(request.body),
                    answer_size=len(answer.body) if answer else 0,
                )
            )

    async def _answer(self, request: Request, expected: str, heads: list[float]) -> Answer:
        """The one place where the network is touched, and where every foreign error becomes one of ours.

        When the answer's head is there, the moment is added to `heads`.
        """
        source = self.source
        where = {"source": source.name, "action": request.action, "expected": expected}
        try:
            with anyio.fail_after(source.deadline):
                return await self._exchange(request, where, heads)
        except PartnerError:
            raise
        except ConnectionRefused as error:
            raise AddressRefused(**where, came=str(error)) from error
        except httpx.ConnectTimeout as error:
            came = f"no connection to {self._address} within {source.connect_timeout:g} s"
            raise EndpointUnreachable(**where, came=came) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            came = f"no whole answer within {source.deadline:g} s"
            raise DeadlineExceeded(**where, came=came) from error
        except httpx.InvalidURL as error:
            raise EndpointUnreachable(**where, came=f"a base URI that is none: {_reason(error)}") from error
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            came = f"no connection to {self._address}: {_reason(error)}"
            raise EndpointUnreachable(**where, came=came) from error
        except Exception as error:  # whatever HTTP, TLS or an application in process comes up with
            came = f"a broken connection: {_reason(error)}"
            raise ConnectionBroken(**where, came=came) from error

    async def _exchange(self, request: Request, where: dict[str, str], heads: list[float]) -> Answer:
        url, headers = self._target
        if request.query:
            url = url.copy_merge_params(dict(request.query))
        sent = httpx.Request(
            request.method,
            url,
            headers=[*headers, *request.headers.items()],
            content=request.body,
            extensions={"timeout": {"connect": self.source.connect_timeout}},  # the deadline is around all of it
        )
        response = await self._transport.handle_async_request(sent)
        heads.append(perf_counter())
        try:
            encoding = response.headers.get("content-encoding", "identity").strip().lower()
            if encoding not in ("", "identity"):
                came = f"HTTP {response.status_code} with Content-Encoding {printable(encoding, 40)}"
                raise AnswerEncoded(**{**where, "expected": "an answer that is not encoded"}, came=came)
            came_in = BytesIO()  # which hands out what it has gathered without a copy
            async for chunk in _chunks(response):
                if came_in.tell() + len(chunk) > self.source.max_answer_bytes:
                    came = f"an answer of more than {self.source.max_answer_bytes:,} bytes"
                    raise AnswerTooLarge(**where, came=came)
                came_in.write(chunk)
            return Answer(status=response.status_code, headers=dict(response.headers), body=came_in.getvalue())
        finally:
            await response.aclose()

    @functools.cached_property
    def _target(self) -> tuple[httpx.URL, list[tuple[str, str]]]:
        """The URL, and the headers that are the same in each request. Raises `httpx.InvalidURL`."""
        url = httpx.URL(self.source.base_uri)
        headers = [
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("Connection", "keep-alive"),
            ("User-Agent", "ringcx-crawler"),
        ]
        if url.userinfo:
            userinfo = b64encode(f"{url.username}:{url.password}".encode()).decode()
            headers.append(("Authorization", f"Basic {userinfo}"))
        return url, headers

    @property
    def _address(self) -> str:
        url = httpx.URL(self.source.base_uri)
        return f"{url.scheme}://{url.netloc.decode('ascii', 'replace').rpartition('@')[2]}"


def _network(source: Source) -> httpx.AsyncBaseTransport:
    """The way to a source: by checked addresses, or through the proxy that the environment names, if it is trusted.

    A proxy connects to an address of its own choice, which cannot be checked here.
    """
    limits = httpx.Limits(max_connections=4, max_keepalive_connections=KEPT_CONNECTIONS, keepalive_expiry=KEEPALIVE)
    context: ssl.SSLContext | bool = False
    if source.trust_env or source.base_uri.lower().startswith("https:"):
        context = tls_context(source.ca_bundle, source.verify_tls)
    if source.trust_env:
        client = httpx.AsyncClient(verify=context, limits=limits)
        proxied = client._transport_for_url(httpx.URL(source.base_uri))  # noqa: SLF001 - httpx alone reads it rightly
        if proxied is not client._transport:  # noqa: SLF001 - likewise
            return proxied
    transport = httpx.AsyncHTTPTransport(verify=context, limits=limits, trust_env=False)
    # httpx has no parameter for that, httpcore has.
    transport._pool._network_backend = CheckedNetwork(private=source.private_addresses)  # noqa: SLF001 - see above
    return transport


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """The answer's bytes as they come; at once where a transport made the whole of it beforehand, as mocks do."""
    if response.is_stream_consumed:
        yield response.content
    else:
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - httpx says no more by its types
        async for chunk in response.stream:
            yield chunk


def _reason(error: BaseException) -> str:
    """Why a foreign call failed: what its first cause says, or the name of its kind, without an empty message."""
    if isinstance(error, BaseExceptionGroup):  # one for each address that was tried
        return _reason(error.exceptions[0])
    cause = error.__cause__ or next(iter(error.args), None)  # httpcore passes the cause as an argument
    if isinstance(cause, BaseException):  # "All connection attempts failed" alone helps nobody
        return _reason(cause)
    text = str(error)
    if isinstance(error, socket.gaierror):  # a number says nothing to people
        text = error.strerror or text
    elif isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno is not None:
        text = os.strerror(error.errno) if error.errno in errno.errorcode else text
    return printable(text, 200) or type(error).__name__
