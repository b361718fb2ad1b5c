"""The way to partners: HTTP/1.1 by h11 over connections that are kept, as a transport of httpx (TR8, TR11, TR12).

What httpx has no words for stands in a request's `extensions`. It may ask for ``target``, the bytes in its first line,
and with ``fresh`` for a connection that served nobody yet. It is told ``unsent`` as long as nothing of it was sent for
certain, ``stray``, bytes that came behind the answer before, and ``behind``, bytes that came behind its own.
"""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress

import anyio
import h11
import httpx
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from crawler.network import Resolve, SocketStream, connect, resolve
from crawler.proxies import ProxyTransport

KEEPALIVE = 600.0
"""Seconds for which an unused connection is kept: longer than any interval between cycles (CY1)."""

KEPT_CONNECTIONS = 2
"""How many unused connections of a source are kept at most."""

HEAD_BYTES = 100 * 1024
"""How many bytes an answer's headers may have; its trailers, too."""

BEHIND_BYTES = 65_536
"""How many bytes behind an answer are looked at."""

AT_ONCE = 16_384
"""So many bytes are sent without a wait; while more are, the partner may answer already."""

PORTS = {"http": 80, "https": 443}
BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError)
_LENGTHS = re.compile(rb"^content-length:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


class KeptConnectionLost(httpx.RemoteProtocolError):
    """A connection that had served before broke before anything of an answer came: the request may have been seen."""


class ContradictoryLength(httpx.RemoteProtocolError):
    """An answer whose Content-Length is no number, or several; the text says which (TR13)."""


class Transport(httpx.AsyncBaseTransport):
    """The connections to one source, or, where a `proxy` is named, the way through that.

    `tls` is for https; `private` says that private addresses may be connected to. Raises what httpx's transports do,
    `ConnectionRefused` and `KeptConnectionLost`.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, private: bool, proxy: str | None = None, resolve: Resolve = resolve
    ) -> None:
        self._tls = tls
        self._private = private
        self._proxied = ProxyTransport(proxy, tls) if proxy is not None else None
        self._resolve = resolve
        self._kept: list[_Connection] = []
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the answer as soon as its headers are there."""
        if self._proxied is not None:
            return await self._proxied.handle_async_request(request)
        connection = None if request.extensions.get("fresh") else await self._rested(request)
        if connection is None:
            connection = await self._connected(request)
        try:
            head = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        told = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        body = _Body(self, connection, request)
        return httpx.Response(head.status_code, headers=list(head.headers), stream=body, extensions=told)

    async def aclose(self) -> None:
        """Close the connections."""
        self._closed = True
        while self._kept:
            self._kept.pop().close()
        if self._proxied is not None:
            await self._proxied.aclose()

    def keep(self, connection: "_Connection") -> None:
        """Keep a connection whose answer is at its end for another request; close it where that cannot be."""
        if self._closed or not connection.rest():
            connection.close()
            return
        self._kept.append(connection)
        if len(self._kept) > KEPT_CONNECTIONS:
            self._kept.pop(0).close()

    async def _rested(self, request: httpx.Request) -> "_Connection | None":
        """A kept connection over which nothing has come meanwhile: no bytes, and no end."""
        while self._kept:
            connection = self._kept.pop()
            behind, ended = b"", True
            try:
                if anyio.current_time() < connection.rests_until:
                    behind, ended = await connection.at_hand()
            finally:
                if behind or ended:
                    connection.close()
            if not behind and not ended:
                return connection
            if behind:
                request.extensions["stray"] = behind
        return None

    async def _connected(self, request: httpx.Request) -> "_Connection":
        """A new connection. Raises `ConnectionRefused`, and httpx's errors for one that does not come about."""
        url, timeout = request.url, request.extensions.get("timeout", {}).get("connect")
        if url.scheme not in PORTS:
            raise httpx.UnsupportedProtocol(f"the scheme '{url.scheme}' is neither http nor https")
        if not url.host:
            raise httpx.UnsupportedProtocol("the URL names no host")
        host, port = url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]
        request.extensions["unsent"] = True
        try:
            with anyio.fail_after(timeout):
                plain = await connect(host, port, private=self._private, resolve=self._resolve)
                return _Connection(plain, await self._secured(plain, host) if url.scheme == "https" else plain)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(str(error)) from error

    async def _secured(self, plain: SocketStream, host: str) -> ByteStream:
        """Speak TLS from now on. Raises `OSError` where that does not come about."""
        try:
            return await TLSStream.wrap(plain, ssl_context=self._tls, hostname=host, standard_compatible=False)
        except (anyio.BrokenResourceError, anyio.EndOfStream) as error:
            plain.close()
            raise ConnectionError("the connection ended during the TLS handshake") from error
        except BaseException:
            plain.close()
            raise


class _Connection:
    """One connection, and where HTTP stands on it: `ask`, then `event` until the answer's end, then `rest` or `close`.

    `plain` is its socket, `stream` what is spoken over it.
    """

    def __init__(self, plain: SocketStream, stream: ByteStream) -> None:
        self.rests_until = 0.0
        self._plain = plain
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._served = False
        self._in_step = True
        self._latest = b""

    async def ask(self, request: httpx.Request) -> h11.Response:
        """Send a request, headers and body together, and return the answer's head."""
        target = request.extensions.get("target", request.url.raw_path)
        head = h11.Request(method=request.method, target=target, headers=request.headers.raw)
        events = (head, h11.Data(data=await request.aread()), h11.EndOfMessage())
        data = b"".join([self._http.send(event) for event in events])
        request.extensions.pop("unsent", None)
        if len(data) <= AT_ONCE:
            await self._send(data)
            return await self._head(request)
        heard: h11.Response | Exception
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._send, data)
            try:
                heard = await self._head(request)
            except Exception as error:  # noqa: BLE001 - raised below, for here it would become one of a group
                heard = error
            if isinstance(heard, Exception) or heard.status_code >= 300:
                tasks.cancel_scope.cancel()  # who refuses what was not sent yet does not want it
        if isinstance(heard, Exception):
            raise heard
        return heard

    async def _send(self, data: bytes) -> None:
        self._in_step = False
        with suppress(*BROKEN):  # who does not listen any more may have answered all the same
            await self._stream.send(data)
            self._in_step = True

    async def _head(self, request: httpx.Request) -> h11.Response:
        if self._served:
            await self._begin(request)
        while True:
            event = await self.event()
            if isinstance(event, h11.Response):
                return event
            if isinstance(event, h11.ConnectionClosed):
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    async def _begin(self, request: httpx.Request) -> None:
        """Hear the beginning of an answer over a connection that has served before: what else comes was behind that.

        Raises `KeptConnectionLost`.
        """
        began = b""
        while not began:
            try:
                received = await self._receive()
            except httpx.ReadError as error:
                raise KeptConnectionLost(str(error)) from error
            if not received:
                raise KeptConnectionLost("Server disconnected without sending a response.")
            began = received.lstrip(b"\r\n")
            if began != received:
                self._in_step = False
                request.extensions["stray"] = received[: len(received) - len(began)]
        if not began.startswith(b"HTTP/"[: len(began)]):
            request.extensions["stray"] = began
            raise KeptConnectionLost("what came was no answer")
        self._feed(began)

    async def event(self) -> h11.Event:
        """What came next. Raises httpx's errors where that is not HTTP, or breaks off."""
        try:
            while isinstance(event := self._http.next_event(), type):  # NEED_DATA
                self._feed(await self._receive())
        except h11.RemoteProtocolError as error:
            if "Content-Length" in str(error):
                given = b" and ".join(_LENGTHS.findall(self._latest)).decode("latin-1")
                raise ContradictoryLength(given or "several, or no number") from error
            raise httpx.RemoteProtocolError(str(error)) from error
        return event

    def _feed(self, received: bytes) -> None:
        self._latest = received
        self._http.receive_data(received)

    async def _receive(self) -> bytes:
        """Some bytes, none at the end. Raises `httpx.ReadError`."""
        try:
            return await self._stream.receive()
        except anyio.EndOfStream:
            return b""
        except BROKEN as error:
            raise httpx.ReadError(str(error)) from error

    async def at_hand(self) -> tuple[bytes, bool]:
        """What has come and was not read as an answer, and whether the connection has ended; waits for nothing."""
        came, _ = self._http.trailing_data
        self._plain.waits = False
        try:
            while len(came) < BEHIND_BYTES:
                came += await self._stream.receive()
        except anyio.WouldBlock:
            return came, False
        except (anyio.EndOfStream, *BROKEN):
            pass
        finally:
            self._plain.waits = True
        return came, True

    def rest(self) -> bool:
        """Be ready for another request, where the partner keeps the connection; says whether it does."""
        if not self._in_step or (self._http.our_state, self._http.their_state) != (h11.DONE, h11.DONE):
            return False
        self._http.start_next_cycle()
        self._served = True
        self.rests_until = anyio.current_time() + KEEPALIVE
        return True

    def close(self) -> None:
        """Close it, at once."""
        self._plain.close()


class _Body(httpx.AsyncByteStream):
    """An answer's body as it comes. At its end the connection is kept, before that `aclose` closes it."""

    def __init__(self, transport: Transport, connection: _Connection, request: httpx.Request) -> None:
        self._transport = transport
        self._connection = connection
        self._request = request
        self._clean = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        event = await self._connection.event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        behind, ended = await self._connection.at_hand()
        self._clean = not behind and not ended
        if behind:
            self._request.extensions["behind"] = behind
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Keep the connection, or close it."""
        if self._clean:
            self._clean = False
            self._transport.keep(self._connection)
        else:
            self._connection.close()
