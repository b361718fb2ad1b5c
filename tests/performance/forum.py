"""The forum that is imported: messages of about 600 bytes, the same ones each time, and its answers, signed.

What a partner does is said by the path of its URL, ``/<kind>/<messages>/<page>``: messages there are, and of how many a
page holds at most. The kinds:

- ``honest``: shows what is newer than `since_id`, the oldest page first;
- ``scattered``: the same with ids in no order, as where they are drawn at random;
- ``changed``: the same, and whoever has seen all is shown 1 % of the messages again, with another body, once;
- ``deaf``: shows everything, whatever `since_id` says.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

from crawler.protocol.signature import Secret

SECRET = Secret("open sesame")
THREADS = 100
AUTHORS = 500
INFO = {
    "objects": {"threads": ["list", "show"], "messages": ["list", "show", "create"]},
    "options": ["messages.html", "messages.text", "messages.no_title"],
}
LINES = (
    "<p>Hello, I ordered the blue pullover two weeks ago and it has not arrived yet. Could you have a look?</p>",
    "<p>Bonjour, le colis est arrivé ce matin, mais la taille ne va pas du tout. Que dois-je faire ? 📦</p>",
    "<p>Thank you for the quick answer! I have sent the form back, with the receipt and two pictures.</p>",
)


@dataclass(frozen=True, slots=True)
class Forum:
    """What stands behind one path."""

    kind: str
    messages: int
    page: int

    @classmethod
    def at(cls, path: str) -> "Forum":
        """The forum of a path."""
        kind, messages, page = path.strip("/").split("/")
        return cls(kind, int(messages), int(page))

    def answer(self, action: str, params: dict[str, str]) -> bytes:
        """The body of the answer."""
        since = params.get("since_id", "")
        if action == "implementation.info":
            return json.dumps(INFO).encode()
        if action == "threads.list":
            return b"[]" if since or not self.messages else _array(thread(n) for n in reversed(range(THREADS)))
        if action == "messages.list":
            return self._listed(since)
        if action == "messages.create":
            shown = {**params, "id": f"made-{params['content_id']}", "author": author(0), "actions": ["show"]}
            return json.dumps(shown).encode()
        raise ValueError(action)

    def _listed(self, since: str) -> bytes:
        if self.kind == "deaf":
            return _array(self._message(n) for n in reversed(range(self.messages)))
        first = number_of(since) + 1 if since else 0
        if self.kind == "changed" and first == self.messages:
            return _array(self._message(n, edited=True) for n in range(0, self.messages, 100))
        if self.kind == "changed" and since == self._id(0):  # the newest of those
            return b"[]"
        return _array(self._message(n) for n in reversed(range(first, min(first + self.page, self.messages))))

    def _id(self, n: int) -> str:
        if self.kind == "scattered":
            return f"{blake2b(n.to_bytes(8, 'big'), digest_size=6).hexdigest()}-{n}"
        return f"message-{n}"

    def _message(self, n: int, *, edited: bool = False) -> str:
        second = f"2024-{n // 2_419_200 % 12 + 1:02}-{n // 86_400 % 28 + 1:02}T{n // 3600 % 24:02}:{n // 60 % 60:02}"
        answers = f'"in_reply_to_id":"{self._id(n - 1)}",' if n % 2 else ""
        picture = '"attachments":[{"url":"https://cdn.example/p.png","filename":"p.png"}],' if n % 10 == 0 else ""
        text = ("<p>(edited)</p>" if edited else "") + LINES[n % 3]
        return (
            f'{{"id":"{self._id(n)}","author":{_author(n * n % AUTHORS)},"thread_id":"thread-{n % THREADS}",{answers}'
            f'{picture}"body":"{text}","format":"html","language":"en","created_at":"{second}:{n % 60:02}Z",'
            f'"updated_at":"{second}:{n % 60:02}Z","actions":["show","reply"]}}'
        )


def number_of(content_id: str) -> int:
    """Which message of its forum has that id."""
    return int(content_id.rpartition("-")[2])


def author(n: int) -> dict[str, object]:
    """One who writes."""
    return {
        "id": f"user-{n}",
        "screenname": f"Customer {n}",
        "firstname": "Camille",
        "lastname": f"Durand {n}",
        "created_at": "2023-05-17T08:30:00Z",
        "updated_at": "2024-01-09T17:12:45Z",
        "puppetizable": n == 0,
    }


@cache
def _author(n: int) -> str:
    return json.dumps(author(n), separators=(",", ":"))


def thread(n: int) -> str:
    """A thread, as JSON."""
    date = "2024-01-01T00:00:00Z"
    return (
        f'{{"id":"thread-{n}","title":"Thread {n}","body":"{LINES[n % 3]}","format":"html",'
        f'"author":{_author(n % AUTHORS)},"created_at":"{date}","updated_at":"{date}","actions":["show","reply"]}}'
    )


def _array(elements: Iterator[str]) -> bytes:
    return f"[{','.join(elements)}]".encode()
