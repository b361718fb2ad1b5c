"""A partner on a raw socket that answers honestly, but for one action, once: then it does whatever a test says."""

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from crawler.protocol.signature import HEADER
from tests.partners.raw import SECRET, RawPartner, response

CAP = 4 * 2**20
"""`max_answer_bytes` of the source that is crawled."""

CHUNK = b" " * 65_536
Evil = Callable[[asyncio.StreamWriter], Awaitable[None]]

INFO = {"objects": {"messages": ["list", "create"]}, "options": ["messages.unthreaded"]}


def content(content_id: str, **changes: Any) -> dict[str, Any]:
    author = {"id": "ann", "screenname": "Ann", "created_at": "2024-01-01", "updated_at": "2024-01-01"}
    return {"id": content_id, "author": author, "body": f"Message {content_id}", **changes}


class Hell:
    """`evil` is done once at its action; `created` maps the content_ids of creates to ids."""

    def __init__(self, action: str = "", evil: Evil | None = None) -> None:
        self.action = action
        self.evil = evil
        self.created: dict[str, str] = {}
        self.retries: list[bool] = []

    async def __call__(self, partner: RawPartner, writer: asyncio.StreamWriter) -> None:
        call = json.loads(partner.requests[-1].body)
        answer = self.honest(call["action"], call.get("params", {}))
        if call["action"] == self.action and self.evil is not None:
            evil, self.evil = self.evil, None
            await evil(writer)
            return
        writer.write(response(json.dumps(answer).encode()))
        await writer.drain()

    def honest(self, action: str, params: Mapping[str, Any]) -> object:
        """Does what is asked for, evil or not: what is lost is the answer."""
        match action:
            case "implementation.info":
                return INFO
            case "messages.list":
                since_id, newest = params.get("since_id"), ["3", "2", "1"]
                return [content(it) for it in newest if since_id not in newest or it > since_id]  # LS10: everything
            case _:
                self.retries.append(params["retry"])
                made = self.created.setdefault(params["content_id"], f"made-{len(self.created) + 1}")
                return content(made, body=params["body"])


# --- what it does


async def silent(_writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def dripping(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(0.05)
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def bytes_of(*parts: bytes, close: bool = False) -> Evil:
    async def send(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if close:
            writer.close()

    return send


def body_of(body: bytes, *headers: str, status: str = "200 OK", signed: bool = True) -> Evil:
    """A whole answer, a piece at a time, so that it is not copied at this end."""
    head = response(b"", *headers, status=status, signed=False).replace(
        b"Content-Length: 0", f"Content-Length: {len(body)}".encode()
    )
    if signed:
        head = head[:-2] + f"{HEADER}: {SECRET.sign(body)}\r\n\r\n".encode()

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for start in range(0, len(body), len(CHUNK)):
            writer.write(body[start : start + len(CHUNK)])
            await writer.drain()

    return send


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + CHUNK + b"\r\n")
        await writer.drain()


def long_header() -> Evil:
    return bytes_of(b"HTTP/1.1 200 OK\r\nX-Long: ", *[b"x" * 65_536] * 16, b"\r\nContent-Length: 2\r\n\r\n[]")


def bomb() -> Evil:
    twice = gzip.compress(gzip.compress(bytes(50_000_000)))
    return body_of(twice, "Content-Encoding: gzip, gzip")


def listing(*elements: str) -> Evil:
    """A list answer, rightly signed: these elements, and an honest one after them."""
    return body_of(("[" + ",".join([*elements, json.dumps(content("1"))]) + "]").encode())
