"""What a user would write: requests and sqlite3, row by row, nothing validated, no answer's signature checked."""

import hashlib
import hmac
import json
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from tests.performance.measuring import Figures, measured

KEY = b"open sesame"

SCHEMA = """
CREATE TABLE contents (
    object TEXT, id TEXT, author_id TEXT, thread_id TEXT, in_reply_to_id TEXT, title TEXT, body TEXT, format TEXT,
    language TEXT, created_at TEXT, updated_at TEXT, actions TEXT, attachments TEXT, PRIMARY KEY (object, id)
);
CREATE INDEX contents_thread ON contents (thread_id);
CREATE TABLE users (
    id TEXT PRIMARY KEY, screenname TEXT, firstname TEXT, lastname TEXT, created_at TEXT, updated_at TEXT,
    puppet INTEGER
);
CREATE TABLE cursors (object TEXT PRIMARY KEY, since_id TEXT);
"""


def call(session: requests.Session, url: str, action: str, since: str | None = None) -> Any:
    time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    request: dict[str, Any] = {"action": action, "params": {"since_id": since} if since else {}, "time": time}
    body = json.dumps(request, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "X-SMCCSDK-SIGNATURE": hmac.new(KEY, body, hashlib.sha512).hexdigest(),
    }
    response = session.post(url, data=body, headers=headers, timeout=30)
    response.raise_for_status()
    return response.json()


def save(database: sqlite3.Connection, object_name: str, content: dict[str, Any]) -> None:
    author = content["author"]
    database.execute(
        "INSERT OR REPLACE INTO users VALUES (?,?,?,?,?,?,?)",
        (
            author["id"],
            author["screenname"],
            author.get("firstname"),
            author.get("lastname"),
            author.get("created_at"),
            author.get("updated_at"),
            author.get("puppetizable"),
        ),
    )
    database.execute(
        "INSERT OR REPLACE INTO contents VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            object_name,
            content["id"],
            author["id"],
            content.get("thread_id"),
            content.get("in_reply_to_id"),
            content.get("title"),
            content.get("body"),
            content.get("format"),
            content.get("language"),
            content.get("created_at"),
            content.get("updated_at"),
            json.dumps(content.get("actions")),
            json.dumps(content.get("attachments")),
        ),
    )


def sync(url: str, database: sqlite3.Connection) -> int:
    done = 0
    session = requests.Session()
    objects = call(session, url, "implementation.info")["objects"]
    for object_name in ("threads", "messages", "private_messages"):
        if "list" not in objects.get(object_name, []):
            continue
        row = database.execute("SELECT since_id FROM cursors WHERE object = ?", (object_name,)).fetchone()
        since = row[0] if row else None
        while contents := call(session, url, f"{object_name}.list", since):
            for content in contents:
                save(database, object_name, content)
            since = contents[0]["id"]
            database.execute("INSERT OR REPLACE INTO cursors VALUES (?,?)", (object_name, since))
            database.commit()
            done += len(contents)
    return done


def pull(urls: list[str]) -> Figures:
    """Import from each of the URLs, one after the other; measured is the last one."""
    with tempfile.TemporaryDirectory() as directory:
        database = sqlite3.connect(Path(directory) / "script.db")
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(SCHEMA)
        runs = []
        for url in urls:
            with measured() as figures:
                figures.done = sync(url, database)
            runs.append(figures)
        database.close()
    return runs[-1]
