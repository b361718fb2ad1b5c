"""Sending one action to one source, for endpoints that nobody vouches for (TR, SG).

One `Partner` has one source's connections, which stay open between cycles where the partner allows it. All share one
TLS context for each set of TLS settings: a context costs 39 ms and 0.8 MB.
"""

import errno
import functools
import os
import socket
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from time import perf_counter
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
import httpx

from crawler.clock import Clock, utc_now
from crawler.connection import ContradictoryLength, KeptConnectionLost, TooLaborious
from crawler.effort import Effort
from crawler.errors import (
    AddressRefused,
    AnswerEncoded,
    AnswerTooLarge,
    ConnectionBroken,
    DeadlineExceeded,
    EndpointUnreachable,
    KeptConnectionBroken,
    LengthWrong,
    PartnerError,
)
from crawler.network import ConnectionRefused
from crawler.protocol.credentials import WITHHELD
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
from crawler.protocol.framing import LENGTH, behind_remark, length_too_large, length_too_small
from crawler.protocol.uri import request_target, showable, split_uri, with_query
from crawler.sync.source import Source
from crawler.transport import way_to

T = TypeVar("T")

LOOKED_AT = 262_144
"""How many bytes of an answer are looked through for secrets before an error quotes some of it: it quotes few."""

Record = Callable[[Exchange], None]
"""Is told of each exchange when it has ended, failed ones included."""


def unrecorded(_exchange: Exchange) -> None:
    """Record nothing."""


def unread(answer: Answer) -> Answer:
    """The answer itself: what is in it is not looked at."""
    return answer


def unguarded() -> None:
    """Let everything be sent."""


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
        # A transport and no client around it: of what a client adds (cookies, redirects, encodings, defaults that are
        # merged at each request) nothing is wanted here, and it takes two fifths of the CPU of an exchange.
        self._transport = transport if transport is not None else way_to(source)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def ask(
        self,
        action: str,
        params: Params | None = None,
        read: Callable[[Answer], T] = unread,  # type: ignore[assignment]  # then T is Answer
        *,
        expected: str,
        record: Record = unrecorded,
        guard: Callable[[], None] = unguarded,
        keep_bytes: int | None = None,
        effort: Effort | None = None,
    ) -> T:
        """Send `action` and return what `read` makes of the partner's trusted answer: 2xx and rightly signed.

        The one place where answers are read, and where secrets are withheld that a partner sent back: `record` is told
        of the exchange as it may be shown and stored (bodies cut at `keep_bytes`), and so is whoever gets an error.
        `read` is pure, and raises `PartnerError` for what is no answer; that of a large one runs in another thread.

        `effort` counts what reading takes. `expected` says for errors what the action asks for; `guard` is asked before
        anything is sent, and may raise. The whole exchange has the source's deadline. A connection that was kept may be
        closed by the partner in the very moment of its use: where nothing of an answer came over it, the same is sent
        once more over a fresh one, as a repeat (TR11, PU2).

        Raises `PartnerError`.
        """
        credentials = self.source.credentials

        def withheld(exchange: Exchange) -> None:
            record(exchange.without(credentials, keep_bytes))

        told = withheld if record is not unrecorded else record
        answer = await self._ask(action, params, expected, told, guard)
        try:
            return await (effort or Effort()).beside(len(answer.body), read, answer)
        except PartnerError as error:
            if error.explanation and credentials.hold(answer.body[:LOOKED_AT]):  # it may be cut there
                error.explanation = WITHHELD
            raise error.without(credentials.withhold) from error.__cause__

    async def _ask(
        self, action: str, params: Params | None, expected: str, record: Record, guard: Callable[[], None]
    ) -> Answer:
        guard()
        try:
            return await self.send(self.request(action, params), expected=expected, record=record)
        except KeptConnectionBroken:
            guard()
            if params is not None and "retry" in params:
                params = {**params, "retry": True}
        try:
            return await self.send(self.request(action, params), expected=expected, record=record, fresh=True)
        except EndpointUnreachable as error:
            error.sent = True
            raise

    def request(self, action: str, params: Params | None = None) -> Request:
        """The request for `action` as the source's settings ask for it, at this moment."""
        source = self.source
        body = encode_request(action, params, self._clock(), ascii_json=source.ascii_json)
        return sign_request(source.secret, action, params, body, signature_in_query=source.signature_in_query)

    async def send(
        self, request: Request, *, expected: str, record: Record = unrecorded, fresh: bool = False
    ) -> Answer:
        """Send `request` as it stands, once, and return the partner's trusted answer; its shape is not looked at.

        `record` is told of the exchange as it was on the wire; whoever shows it withholds secrets
        (`Exchange.without`). `fresh` asks for a connection that has served nobody yet. Raises `PartnerError`, whose
        texts may be shown.
        """
        source, started, begun = self.source, self._clock(), perf_counter()
        withhold = source.credentials.withhold
        where = {"source": source.name, "action": request.action, "expected": expected}
        came = _Came()
        answer: Answer | None = None
        failure: PartnerError | None = None
        signature_verdict = "none"
        try:
            answer = await self._answer(request, where, came, fresh=fresh)
            signature_verdict = verdict(answer, source.secret if source.verify_signature else None)
            came.check(answer, signature_verdict, where)
            self._check(request, expected, answer, signature_verdict)
            return answer
        except PartnerError as error:
            failure = error.without(withhold)
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
                    answered=came.head - begun if came.head is not None else None,
                    answer=answer,
                    verdict=signature_verdict,
                    error=str(failure) if failure else "" if answer else INTERRUPTED,
                    request_size=len(request.body),
                    answer_size=len(answer.body) if answer else 0,
                    remarks=tuple(
                        behind_remark(source.credentials.withhold_bytes(behind))
                        for behind in (came.told("stray"), came.told("behind"))
                        if behind
                    ),
                )
            )

    def _check(self, request: Request, expected: str, answer: Answer, signature_verdict: str) -> None:
        """Raise where the answer is no trusted success; the error quotes and shortens what may be shown of it."""
        where = (self.source.name, request.action, expected)
        raw_non_ascii = not request.body.isascii()
        try:
            check_answer(*where, answer, signature_verdict, raw_non_ascii=raw_non_ascii)
        except PartnerError:
            quoted = replace(answer, body=answer.body[:LOOKED_AT], size=len(answer.body))
            shown = quoted.without(self.source.credentials)
        else:
            return
        check_answer(*where, shown, signature_verdict, raw_non_ascii=raw_non_ascii)

    async def _answer(self, request: Request, where: dict[str, str], came: "_Came", *, fresh: bool) -> Answer:
        """The one place where the network is touched, and where every foreign error becomes one of ours."""
        source = self.source
        try:
            with anyio.fail_after(source.deadline):
                return await self._exchange(request, where, came, fresh=fresh)
        except PartnerError:
            raise
        except ConnectionRefused as error:
            raise AddressRefused(**where, came=str(error)) from error
        except KeptConnectionLost as error:
            raise KeptConnectionBroken(**where, came=f"a broken connection: {self._reason(error)}") from error
        except TooLaborious as error:
            raise AnswerTooLarge(**where, came=f"an answer that is too much work: {error}") from error
        except ContradictoryLength as error:
            raise LengthWrong(**{**where, "expected": LENGTH}, came=self._printable(str(error), 100)) from error
        except httpx.ConnectTimeout as error:
            text = f"no connection to {self._address} within {source.connect_timeout:g} s"
            raise EndpointUnreachable(**where, came=text) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            if came.told("unsent"):
                text = f"no connection to {self._address} within {source.deadline:g} s"
                raise EndpointUnreachable(**where, came=text) from error
            came.check_whole(where, f"nothing more within {source.deadline:g} s")
            text = f"no whole answer within {source.deadline:g} s"
            raise DeadlineExceeded(**where, came=text) from error
        except httpx.InvalidURL as error:
            raise EndpointUnreachable(**where, came=f"a base URI that is none: {self._reason(error)}") from error
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            text = f"no connection to {self._address}: {self._reason(error)}"
            raise EndpointUnreachable(**where, came=text) from error
        except Exception as error:  # whatever HTTP, TLS or an application in process comes up with
            came.check_whole(where, "the end of the connection")
            raise ConnectionBroken(**where, came=f"a broken connection: {self._reason(error)}") from error

    async def _exchange(self, request: Request, where: dict[str, str], came: "_Came", *, fresh: bool) -> Answer:
        url, target, headers = self._target
        if request.query:
            uri = with_query(self.source.base_uri, request.query)
            url, target = httpx.URL(uri), request_target(uri)
        extensions = {
            "target": target,
            "timeout": {"connect": self.source.connect_timeout},  # the deadline is around all of it
            "fresh": fresh,
        }
        came.request = httpx.Request(
            request.method,
            url,
            headers=[*headers, *request.headers.items()],
            content=request.body,
            extensions=extensions,
        )
        response = came.response = await self._transport.handle_async_request(came.request)
        came.head = perf_counter()
        try:
            encoding = response.headers.get("content-encoding", "identity").strip().lower()
            if encoding not in ("", "identity"):
                text = f"HTTP {response.status_code} with Content-Encoding {self._printable(encoding, 40)}"
                raise AnswerEncoded(**{**where, "expected": "an answer that is not encoded"}, came=text)
            body = came.body
            async for chunk in _chunks(response):
                if body.tell() + len(chunk) > self.source.max_answer_bytes:
                    text = f"an answer of more than {self.source.max_answer_bytes:,} bytes"
                    raise AnswerTooLarge(**where, came=text)
                body.write(chunk)
            return Answer(status=response.status_code, headers=dict(response.headers), body=body.getvalue())
        finally:
            await response.aclose()

    @functools.cached_property
    def _target(self) -> tuple[httpx.URL, bytes, list[tuple[str, str]]]:
        """The URL, what of it stands in a request's first line, and the headers that are the same in each request.

        Raises `httpx.InvalidURL`.
        """
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
        return url, request_target(self.source.base_uri), headers

    def _printable(self, text: str, limit: int) -> str:
        """A partner's text, or one that quotes it, as it may be shown."""
        return printable(self.source.credentials.withhold(text), limit)

    def _reason(self, error: BaseException) -> str:
        """Why a foreign call failed, as it may be shown."""
        return self._printable(_reason(error), 200) or type(error).__name__

    @property
    def _address(self) -> str:
        return split_uri(showable(self.source.base_uri))[0]


@dataclass(slots=True)
class _Came:
    """What is known of an exchange even where it broke off."""

    request: httpx.Request | None = None
    response: httpx.Response | None = None
    head: float | None = None
    body: BytesIO = field(default_factory=BytesIO)  # which hands out what it has gathered without a copy

    def told(self, name: str) -> Any:
        """What the transport says about it; see `crawler.transport`."""
        return self.request.extensions.get(name) if self.request is not None else None

    def check(self, answer: Answer, signature_verdict: str, where: dict[str, str]) -> None:
        """Raise `LengthWrong` where what came behind the answer looks like a part of it (TR13)."""
        behind = self.told("behind")
        if behind and signature_verdict != "valid" and self._length == str(len(answer.body)):
            text = length_too_small(answer.body, behind) if 200 <= answer.status < 300 else None
            if text is not None:
                raise LengthWrong(**{**where, "expected": LENGTH}, came=text)

    def check_whole(self, where: dict[str, str], end: str) -> None:
        """Raise `LengthWrong` where an answer broke off that looks whole (TR13); `end` says what came then."""
        if self._length is not None and self.body.tell():
            text = length_too_large(self._length, self.body.getvalue(), end)
            if text is not None:
                raise LengthWrong(**{**where, "expected": LENGTH}, came=text)

    @property
    def _length(self) -> str | None:
        headers = self.response.headers if self.response is not None else {}
        return None if "transfer-encoding" in headers else headers.get("content-length")


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """The answer's bytes as they come; at once where a transport made the whole of it beforehand, as mocks do."""
    if response.is_stream_consumed:
        yield response.content
    else:
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - httpx says no more by its types
        async for chunk in response.stream:
            yield chunk


def _reason(error: BaseException) -> str:
    """Why a foreign call failed: what its first cause says; perhaps nothing."""
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
    return text
