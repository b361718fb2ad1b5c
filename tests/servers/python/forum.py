"""What the partners in Python share: the signature, a forum in memory, and how a call is taken and answered."""

import hmac
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

Content = dict[str, Any]
KEPT = ("body", "title", "format", "thread_id", "in_reply_to_id", "attachments", "structured_content", "created_at")


class Refusal(Exception):
    """What is answered with a 4xx status and a text."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def sign(body: bytes) -> str:
    return hmac.new(os.environ["PARTNER_SECRET"].encode(), body, "sha512").hexdigest()


class Forum:
    """`info` is what is declared, `spell` makes a content what it is on the wire, `page` is how many a list shows."""

    def __init__(self, info: Content, spell: Callable[[str, Content], Content], page: int = 100) -> None:
        seed = json.loads((Path(__file__).parents[1] / "seed.json").read_text())
        self.info, self.spell, self.page = info, spell, page
        self.users: dict[str, Content] = seed["users"]
        self.contents: dict[str, list[Content]] = {name: seed.get(name, []) for name in info["objects"]}
        for content in (it for contents in self.contents.values() for it in contents):
            content |= {name: str(content[name]) for name in ("id", "thread_id", "in_reply_to_id") if name in content}
        self.created: dict[str, Content] = {}
        self.last = 100
        self.lock = RLock()

    def answer(self, body: bytes, signature: str) -> bytes:
        """The answer to one call. Raises `Refusal`. Any thread may ask."""
        if not hmac.compare_digest(sign(body).encode(), signature.encode()):
            raise Refusal(403, "the signature is missing or wrong")
        with self.lock, Path(os.environ["PARTNER_LEDGER"]).open("ab") as ledger:
            ledger.write(body + b"\n")
        try:
            call = json.loads(body)
            name, _, operation = call["action"].partition(".")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refusal(400, "this is no call") from None
        if call["action"] == "implementation.info":
            return json.dumps(self.info).encode()
        if operation not in self.info["objects"].get(name, ()):
            raise Refusal(400, f"there is no {call['action']} here")
        params = call.get("params")
        with self.lock:
            result = self.do(operation, name, params if isinstance(params, dict) else {})
        return json.dumps(result, ensure_ascii=False).encode()

    def do(self, operation: str, name: str, params: Content) -> object:
        match operation:
            case "list":
                ids = [it["id"] for it in self.contents[name]]
                since_id = params.get("since_id")
                place = ids.index(since_id) + 1 if since_id in ids else 0
                return [self.shown(name, it) for it in self.contents[name][place : place + self.page][::-1]]
            case "create":
                content = self.created.get(params["content_id"]) or self.create(name, params)
            case "show":
                content = self.find(name, params.get("id"))
            case "delete":
                content = self.find(name, params.get("id"))
                self.contents[name].remove(content)
            case custom:
                content = self.find(name, params.get("id"))
                content["categories"] = [custom]
        return self.shown(name, content)

    def find(self, name: str, content_id: object) -> Content:
        for content in self.contents[name]:
            if content["id"] == content_id:
                return content
        raise Refusal(404, f"there is no such content in {name}")

    def create(self, name: str, params: Content) -> Content:
        if not any(params.get(it) for it in ("body", "attachments", "structured_content")):
            raise Refusal(422, "the body is empty")
        if name == "messages" and "threads" in self.contents:
            self.find("threads", params.get("thread_id"))
        self.last += 1
        content = {name: params[name] for name in KEPT if name in params}
        content |= {"id": str(self.last), "author": params["author_id"]}
        if "recipient_id" in params:
            content["recipient"] = params["recipient_id"]
        self.contents[name].append(content)
        self.created[params["content_id"]] = content
        return content

    def user(self, user_id: str) -> Content:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return self.users.setdefault(
            user_id, {"id": user_id, "screenname": user_id, "created_at": now, "updated_at": now}
        )

    def shown(self, name: str, content: Content) -> Content:
        people = {role: self.user(content[role]) for role in ("author", "recipient") if role in content}
        return self.spell(name, content | people)
