"""HTTP/1.1 on one connection, by h11: a request goes out, an answer comes in, and nothing behind it is lost sight of.

Where an answer ends is what h11 makes of it. What has come beyond that is looked for without a wait, at its end and
before the connection is used again (TR12).
"""

import re
import ssl
from contextlib import suppress

import anyio
import anyio.lowlevel
import h11
import httpx
from anyio.abc import ByteStream

from crawler.network import SocketStream

HEAD_BYTES = 100 * 1024
"""How many bytes an answer's headers may have; its trailers, too."""

BEHIND_BYTES = 65_536
"""How many bytes behind an answer are looked at."""

AT_ONCE = 16_384
"""So many bytes are sent without a wait; while more are, the partner may answer already."""

INFORMATIONAL = 10
"""How many informational answers (1xx) may come before an answer."""

PIECES, PIECE_BYTES = 20_000, 16
"""How many pieces of an answer may be tiny: of the others, each brings so many bytes on average."""

WIRE_BYTES, WIRE_SHARE = 2_000_000, 8
"""How many bytes may come that are no body, and how many for each byte of it: chunks have heads, with extensions."""

AT_A_TIME = 200
"""How many pieces are taken apart before others have their turn: some milliseconds."""

BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError)
_LENGTHS = re.compile(rb"^content-length:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


class KeptConnectionLost(httpx.RemoteProtocolError):
    """A connection that had served before broke before anything of an answer came: the request may have been seen."""


class TooLaborious(httpx.RemoteProtocolError):
    """An answer in so many pieces that to take it apart is no work for what it says; the text says which."""


class ContradictoryLength(httpx.RemoteProtocolError):
    """An answer whose Content-Length is no number, or several; the text says which (TR13)."""


class Connection:
    """One connection, and where HTTP stands on it: `ask`, then `event` until the answer's end, then `rest` or `close`.

    `plain` is its socket, `stream` what is spoken over it.
    """

    def __init__(self, plain: SocketStream, stream: ByteStream) -> None:
        self._plain = plain
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._served = False
        self._in_step = True
        self._latest = b""
        self._informational = self._pieces = self._brought = self._came = 0

    async def ask(self, request: httpx.Request) -> h11.Response:
        """Send a request, headers and body together, and return the answer's head."""
        self._informational = self._pieces = self._brought = self._came = 0
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
        """What came next. Raises httpx's errors where that is not HTTP, breaks off, or is too much work."""
        try:
            while isinstance(event := self._http.next_event(), type):  # NEED_DATA
                self._feed(await self._receive())
        except h11.RemoteProtocolError as error:
            if "Content-Length" in str(error):
                given = b" and ".join(_LENGTHS.findall(self._latest)).decode("latin-1")
                raise ContradictoryLength(given or "several, or no number") from error
            raise httpx.RemoteProtocolError(str(error)) from error
        if isinstance(event, h11.Data | h11.InformationalResponse):
            await self._count(event)
        return event

    async def _count(self, event: h11.Data | h11.InformationalResponse) -> None:
        """Bound the work that an answer makes, which its bytes and its deadline do not. Raises `TooLaborious`."""
        if isinstance(event, h11.InformationalResponse):
            self._informational += 1
            if self._informational > INFORMATIONAL:
                raise TooLaborious(f"more than {INFORMATIONAL} informational answers (HTTP {event.status_code})")
            return
        self._pieces += 1
        self._brought += len(event.data)
        if self._pieces > PIECES + self._brought // PIECE_BYTES:
            raise TooLaborious(f"{self._brought:,} bytes in {self._pieces:,} pieces")
        if self._pieces % AT_A_TIME == 0:
            await anyio.lowlevel.checkpoint()

    def _feed(self, received: bytes) -> None:
        self._latest = received
        self._came += len(received)
        if self._came > WIRE_BYTES + WIRE_SHARE * self._brought:
            raise TooLaborious(f"{self._came:,} bytes for a body of {self._brought:,}")
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
        """Be ready for another request, where the partner keeps the connection; returns whether it does."""
        if not self._in_step or (self._http.our_state, self._http.their_state) != (h11.DONE, h11.DONE):
            return False
        self._http.start_next_cycle()
        self._served = True
        return True

    def close(self) -> None:
        """Close it, at once."""
        self._plain.close()
