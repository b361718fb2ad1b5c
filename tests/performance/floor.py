"""The floors: the least that the same work costs in Python. Nothing is validated, reported or remembered beyond it."""

import asyncio
import hmac
import http.client
import json
import sqlite3
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from tests.performance.measuring import Figures, measured
from tests.performance.server import TLS

KEY = b"open sesame"
HEADER = "X-SMCCSDK-SIGNATURE"
AT_ONCE = 200
"""How many sources are polled at a time, as by the daemon."""

SCHEMA = """
CREATE TABLE content (
    object TEXT, id TEXT, author_id TEXT, thread_id TEXT, in_reply_to_id TEXT, title TEXT, body TEXT, format TEXT,
    language TEXT, created_at TEXT, updated_at TEXT, actions TEXT, attachments TEXT, PRIMARY KEY (object, id)
);
CREATE INDEX content_thread ON content (thread_id);
CREATE TABLE identity (
    id TEXT PRIMARY KEY, screenname TEXT, firstname TEXT, lastname TEXT, created_at TEXT, updated_at TEXT,
    puppet INTEGER
);
CREATE TABLE cursor (object TEXT PRIMARY KEY, since_id TEXT);
"""
PUT_CONTENT = "INSERT OR REPLACE INTO content VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
PUT_IDENTITY = "INSERT OR REPLACE INTO identity VALUES (?,?,?,?,?,?,?)"
PUT_CURSOR = "INSERT OR REPLACE INTO cursor VALUES (?,?)"


def sign(body: bytes) -> str:
    return hmac.new(KEY, body, "sha512").hexdigest()


def request(action: str, params: dict[str, Any] | None = None) -> bytes:
    of = {} if action == "implementation.info" else {"params": params or {}}
    return json.dumps({"action": action, **of, "time": "2024-03-01T12:00:00Z"}, separators=(",", ":")).encode()


class Endpoint:
    """http.client, and an HMAC over each body."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.path = parts.path
        self.connection = http.client.HTTPConnection(parts.netloc)

    def list(self, object_name: str, since: str | None) -> bytes:
        body = request(f"{object_name}.list", {"since_id": since} if since else None)
        headers = {"Content-Type": "application/json", HEADER: sign(body)}
        self.connection.request("POST", self.path, body, headers)
        response = self.connection.getresponse()
        answer = response.read()
        assert hmac.compare_digest(sign(answer), response.headers[HEADER])
        return answer


def unparsed(url: str) -> Figures:
    """What the server is able to: its answers are read, and nothing but their newest id is looked for in them."""
    endpoint, since = Endpoint(url), None
    with measured() as figures:
        while True:
            body = request("messages.list", {"since_id": since} if since else None)
            endpoint.connection.request("POST", endpoint.path, body)
            answer = endpoint.connection.getresponse().read()
            if len(answer) == 2:
                return figures
            figures.done += answer.count(b'"thread_id"')
            since = answer[8 : answer.index(b'"', 8)].decode()


def pull(urls: list[str]) -> Figures:
    """Import from each of the URLs, one after the other; measured is the last one."""
    with tempfile.TemporaryDirectory() as directory:
        database = sqlite3.connect(Path(directory) / "floor.db", isolation_level=None)
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)
        runs = []
        for url in urls:
            with measured() as figures:
                figures.done = _import(Endpoint(url), database)
            runs.append(figures)
        database.close()
    return runs[-1]


def _import(endpoint: Endpoint, database: sqlite3.Connection) -> int:
    done, since = 0, dict(database.execute("SELECT object, since_id FROM cursor"))
    for name in ("threads", "messages"):
        while contents := msgspec.json.decode(endpoint.list(name, since.get(name))):
            since[name] = contents[0]["id"]
            database.execute("BEGIN IMMEDIATE")
            database.executemany(PUT_CONTENT, _contents(name, contents))
            database.executemany(PUT_IDENTITY, _identities(contents))
            database.execute(PUT_CURSOR, (name, since[name]))
            database.execute("COMMIT")
            done += len(contents)
    return done


def _contents(name: str, contents: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for content in contents:
        get = content.get
        attachments = get("attachments")
        yield (
            name,
            content["id"],
            content["author"]["id"],
            get("thread_id"),
            get("in_reply_to_id"),
            get("title"),
            get("body"),
            get("format"),
            get("language"),
            get("created_at"),
            get("updated_at"),
            json.dumps(get("actions")),
            json.dumps(attachments) if attachments else None,
        )


def _identities(contents: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for user in {content["author"]["id"]: content["author"] for content in contents}.values():
        get = user.get
        names = (get("screenname"), get("firstname"), get("lastname"))
        yield (user["id"], *names, get("created_at"), get("updated_at"), get("puppetizable"))


class Calls:
    """A bare httpx client: signed calls, the answers' signatures checked, and nothing kept."""

    def __init__(self, url: str, context: ssl.SSLContext | bool) -> None:
        limits = httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=600)
        self.url = url
        self.client = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(verify=context, limits=limits), timeout=30)

    async def call(self, action: str, params: dict[str, Any] | None = None) -> bytes:
        body = request(action, params)
        headers = {"Content-Type": "application/json", HEADER: sign(body)}
        answer = await self.client.post(self.url, content=body, headers=headers)
        assert hmac.compare_digest(sign(answer.content), answer.headers[HEADER])
        return answer.content

    async def cycle(self) -> int:
        """The calls of a cycle that finds nothing new."""
        for action in ("implementation.info", "threads.list", "messages.list"):
            await self.call(action)
        return 3

    async def pull(self) -> int:
        """The calls of a first import."""
        calls = 1
        await self.call("implementation.info")
        for name in ("threads", "messages"):
            since: str | None = None
            while len(answer := await self.call(f"{name}.list", {"since_id": since} if since else None)) > 2:
                since = answer[8 : answer.index(b'"', 8)].decode()
                calls += 1
            calls += 1
        return calls

    async def push(self, exports: int, attempts: sqlite3.Connection | None = None) -> int:
        """The calls of a cycle that sends so many exports, each committed before to `attempts`, if that is given."""
        calls = await self.cycle()
        for n in range(exports):
            params = {
                "author_id": "user-0",
                "body": "<p>We will see to it.</p>",
                "content_id": f"export-{n}",
                "created_at": "2024-03-01T12:00:00Z",
                "format": "html",
                "retry": False,
                "thread_id": "thread-1",
                "updated_at": "2024-03-01T12:00:00Z",
            }
            if attempts is not None:
                attempts.execute("UPDATE attempt SET attempts = attempts + 1 WHERE export = ?", (n,))
            await self.call("messages.create", params)
        return calls + exports


def poll(urls: list[str], rounds: int) -> Figures:
    """Poll one source behind each URL, kept-alive connections, in rounds; the first round is not measured."""

    async def run() -> Figures:
        tls = urls[0].startswith("https:")
        context: ssl.SSLContext | bool = (
            ssl.create_default_context(cafile=str(TLS / "certificate.pem")) if tls else False
        )
        sources = [Calls(url, context) for url in urls]
        await _round(sources)
        with measured() as figures:
            for _ in range(rounds):
                figures.done += await _round(sources)
        return figures

    return asyncio.run(run())


async def _round(sources: list[Calls]) -> int:
    done = 0
    for first in range(0, len(sources), AT_ONCE):
        done += sum(await asyncio.gather(*(source.cycle() for source in sources[first : first + AT_ONCE])))
    return done


def push(url: str, exports: int, durable: bool = False) -> Figures:
    """Send exports. `durable`: that each attempt begins is committed before, by one row and no more."""

    async def run() -> Figures:
        source = Calls(url, False)
        with tempfile.TemporaryDirectory() as directory:
            attempts = _attempts(Path(directory) / "attempts.db", exports)
            with measured() as figures:
                figures.done = await source.push(exports, attempts if durable else None)
            attempts.close()
        return figures

    return asyncio.run(run())


def _attempts(file: Path, exports: int) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE attempt (export INTEGER PRIMARY KEY, attempts INTEGER)")
    database.execute("BEGIN")
    database.executemany("INSERT INTO attempt VALUES (?, 0)", ((n,) for n in range(exports)))
    database.execute("COMMIT")
    return database


def mix(idle: list[str], full: list[str], exports: int) -> Figures:
    """All at once: idle sources, sources with a first import, and one of each URL in `full` with exports to send."""

    async def run() -> Figures:
        with measured() as figures:
            work = [Calls(url, False).cycle() for url in idle]
            work += [Calls(url, False).pull() for url in full]
            work += [Calls(url, False).push(exports) for url in idle[: len(full)]]
            figures.done = sum(await asyncio.gather(*work))
        return figures

    return asyncio.run(run())
