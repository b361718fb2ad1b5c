"""A partner that knows the protocol and writes its answers to a socket as one row of the table wants them."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from crawler.protocol.signature import HEADER
from crawler.store import Store
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry
from tests.partners.raw import SECRET, RawPartner

OK = "HTTP/1.1 200 OK\r\nContent-Length: <length>\r\n<signed>\r\n\r\n<body>"
"""An answer as it should be: the text of a row, with places to be filled in; see `filled`."""

INFO = {"objects": {"messages": ["list", "create"]}, "options": ["messages.unthreaded", "messages.text"]}

Then = Literal["stay", "close", "close soon", "reset", "end"]
"""What becomes of the connection after an answer: kept, closed at once or 0.5 ms later, reset, or half of it closed."""


def content(content_id: str, body: str) -> dict[str, Any]:
    author = {"id": "ann", "screenname": "Ann", "created_at": "2024-01-01", "updated_at": "2024-01-01"}
    return {"id": content_id, "author": author, "body": body}


NEWEST = [content("3", "Größe 38? 🐘"), content("2", "Grüße"), content("1", "Hallo")]


@dataclass
class FieldPartner:
    """Writes `text` in answer to `actions`, or on kept connections alone, and right answers to all else.

    What it does not `serve` it has not even read; `creates` are the params of those that it has.
    """

    text: str = OK
    actions: tuple[str, ...] = ()
    kept: bool = False
    serves: bool = True
    then: Then = "stay"
    creates: list[Mapping[str, Any]] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)

    async def __call__(self, partner: RawPartner, writer: asyncio.StreamWriter) -> None:
        request = partner.requests[-1]
        call = json.loads(request.body)
        kept = [it.connection for it in partner.requests].count(request.connection) > 1
        spoiled = (kept or not self.kept) and (not self.actions or call["action"] in self.actions)
        body = self.serve(call["action"], call.get("params", {})) if self.serves or not spoiled else b""
        for part in (self.text if spoiled else OK).split("<next>"):
            writer.write(filled(part, body))
        await writer.drain()
        if spoiled:
            await leave(writer, self.then)

    def serve(self, action: str, params: Mapping[str, Any]) -> bytes:
        """Does what it is asked for, and says so."""
        answer: object
        match action:
            case "implementation.info":
                answer = INFO
            case "messages.list":
                answer = [it for it in NEWEST if it["id"] > (params.get("since_id") or "0")]
            case _:
                self.creates.append(params)
                answer = content(self.made.setdefault(params["content_id"], f"9{len(self.made)}"), params["body"])
        return json.dumps(answer, ensure_ascii=False).encode()


def filled(text: str, body: bytes) -> bytes:
    """The bytes of an answer. What follows ``<next>`` goes in a packet of its own."""
    places = {
        b"<length>": str(len(body)).encode(),
        b"<characters>": str(len(body.decode())).encode(),
        b"<less>": str(len(body) - 1).encode(),
        b"<more>": str(len(body) + 1).encode(),
        b"<hex>": f"{len(body):X}".encode(),
        b"<signed>": f"{HEADER}: {SECRET.sign(body)}".encode(),
        b"<half>": body[: len(body) // 2],
        b"<body>": body,
    }
    written = text.encode("latin-1")
    for place, value in places.items():
        written = written.replace(place, value)
    return written


async def leave(writer: asyncio.StreamWriter, then: Then) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    match then:
        case "close":
            writer.close()
        case "close soon":
            await asyncio.sleep(0.0005)
            writer.close()
        case "end":
            raw.shutdown(socket.SHUT_WR)
        case "reset":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


def queue_replies(store: Store, shop: Source, count: int = 3, body: str = "Reply") -> None:
    """What an agent wants sent to the partner."""
    for number in range(count):
        entry = OutboxEntry(
            id=f"q{number}", object="messages", operation="create", queued_at=datetime(2024, 3, 1, tzinfo=UTC),
            author_id="ann", body=f"{body} {number}", format="text",
        )  # fmt: skip
        store.queue(shop, entry)
