"""A configuration of the official Python SDK: what a partner of it writes, and all that it writes.

The SDK calls `onRequest` for each request whose signature is right, and `appExtend` once, with its Flask application.
Run by serve.py, in its own process; process.py starts and ends that.

It is an honest partner: it pages as the guide says (LS3), knows a repeated create by its ``content_id`` (PU2), and can
be told through ``/control`` to refuse or to lose the next create. ``GET /control`` shows what came and what there is;
``POST /control`` takes one order, a JSON object: ``do``, and what that order needs.
"""

import copy
import threading
from typing import Any

from flask import Flask, Response, abort, jsonify, request

JsonObject = dict[str, Any]

OBJECTS = ("threads", "messages", "private_messages")
INFO: JsonObject = {
    "objects": {
        "threads": ["create", "list", "show"],
        "messages": ["create", "delete", "list", "mark_as_spam", "show"],
        "private_messages": ["create", "delete", "list", "show"],
    },
    "options": ["messages.text", "private_messages.text", "threads.text"],
    "locales": {"default": {"mark_as_spam": "Report as spam"}, "fr": {"mark_as_spam": "Signaler"}},
}

AGENT = {"id": "user-agent", "screenname": "Support", "puppetizable": True}
ZOE = {"id": "user-zoë", "screenname": "Zoë Müller", "email": "zoe@example.org"}
IVAN = {"id": "user-ivan", "screenname": "Иван Петров"}


def _seeds() -> dict[str, list[JsonObject]]:
    """What there is at the start, oldest first. Ids neither ascend nor sort (LS2)."""

    def content(number: int, content_id: str, author: JsonObject, body: str, **more: object) -> JsonObject:
        at = f"2026-03-01T10:{number:02}:00Z"
        return {"id": content_id, "author": author, "body": body, "created_at": at, "updated_at": at} | more

    opening = {"thread_id": "thread-k", "actions": ["delete", "mark_as_spam"]}
    return {
        "threads": [
            content(1, "thread-k", ZOE, "Où est ma commande ?", title="Commande nº 42"),
            content(2, "thread-b", IVAN, "Здравствуйте!", title="Вопрос"),
        ],
        "messages": [
            content(3, "message-q", ZOE, "Elle n'est pas arrivée…", **opening),
            content(4, "message-c", IVAN, "Когда вы открыты?", thread_id="thread-b", actions=["mark_as_spam"]),
            content(5, "message-x", AGENT, "Nous cherchons 🔍", **opening, in_reply_to_id="message-q"),
            content(6, "message-a", ZOE, "<merci> & à bientôt", **opening, in_reply_to_id="message-x"),
            content(7, "message-m", IVAN, "日本語も大丈夫ですか。", thread_id="thread-b"),
        ],
        "private_messages": [
            content(8, "private-t", ZOE, "Mon numéro : 06…", recipient=AGENT, actions=["delete"]),
            content(9, "private-d", AGENT, "Merci Zoë", recipient=ZOE, in_reply_to_id="private-t", actions=["delete"]),
            content(10, "private-z", IVAN, "Спасибо 🙏", recipient=AGENT),
        ],
    }


class Partner:
    """The partner's whole state."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        self.ledger: list[JsonObject] = []
        self.info = copy.deepcopy(INFO)
        self.contents = _seeds()
        self.deleted: dict[str, JsonObject] = {}
        self.sent: dict[tuple[str, str], JsonObject] = {}
        self.users = {user["id"]: user for user in (AGENT, ZOE, IVAN)}
        self.page_size = 2
        self.refusals: list[JsonObject] = []

    def answer(self, action: str, params: JsonObject) -> object:
        """What the partner says to one action of the platform."""
        name, _, operation = action.partition(".")
        if action == "implementation.info":
            return self.info
        if operation not in self.info["objects"].get(name, []):
            return _error(f"There is no {action} here.", fatal=True)
        if operation == "list":
            return self.page(name, params.get("since_id"))
        if operation == "show":
            return self.find(name, params.get("id")) or {}
        if operation == "create":
            return self.create(name, params)
        if operation == "delete":
            return self.delete(name, params.get("id"))
        return self.apply(operation, name, params)

    def page(self, name: str, since_id: str | None) -> list[JsonObject]:
        """The oldest contents after `since_id`, newest first (LS2, LS3); from the start if that id is unknown."""
        contents = self.contents[name]
        start = next((n for n, content in enumerate(contents, start=1) if content["id"] == since_id), 0)
        return contents[start : start + self.page_size][::-1]

    def find(self, name: str, foreign_id: object) -> JsonObject | None:
        return next((content for content in self.contents[name] if content["id"] == foreign_id), None)

    def create(self, name: str, params: JsonObject) -> JsonObject:
        """Takes a content, once for each ``content_id``, unless a refusal is in store."""
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None and not refusal["after_storing"]:
            return _refuse(refusal)
        key = (name, params["content_id"])
        if key not in self.sent:
            self.sent[key] = self.store(name, params)
        if refusal is not None:
            return _refuse(refusal)
        return self.sent[key]

    def store(self, name: str, params: JsonObject) -> JsonObject:
        kept = ("body", "created_at", "format", "in_reply_to_id", "thread_id", "title", "updated_at")
        content = {key: params[key] for key in kept if key in params}
        content["id"] = f"{name}-sent-{len(self.sent) + 1}"
        content["author"] = self.user(params.get("author_id"))
        content["actions"] = ["delete"]
        if name == "private_messages":
            content["recipient"] = self.user(params.get("recipient_id"))
        self.contents[name].append(content)
        return content

    def user(self, user_id: object) -> JsonObject:
        return self.users.get(str(user_id), {"id": user_id, "screenname": f"{user_id}"})

    def delete(self, name: str, foreign_id: object) -> JsonObject:
        """Takes a content away; doing so again gives the same answer."""
        content = self.find(name, foreign_id)
        if content is not None and "delete" not in content.get("actions", []):
            return _error("This one stays.", fatal=True)
        if content is not None:
            self.contents[name].remove(content)
            self.deleted[content["id"]] = content | {"actions": []}
        return self.deleted.get(str(foreign_id)) or _error("There is no such content.", fatal=True)

    def apply(self, operation: str, name: str, params: JsonObject) -> JsonObject:
        content = self.find(name, params.get("id"))
        if content is None or operation not in content.get("actions", []):
            return _error(f"This one takes no {operation}.", fatal=True)
        content["actions"].remove(operation)
        content["categories"] = [operation]
        return content

    def order(self, order: JsonObject) -> None:
        """Does what a test asked for."""
        match order:
            case {"do": "reset"}:
                self.reset()
            case {"do": "add", "object": name, "content": content}:
                self.contents[name].append(content)
            case {"do": "refuse", **refusal}:
                self.refusals.append(refusal)
            case {"do": "page", "size": size}:
                self.page_size = size
            case {"do": "declare", "info": info}:
                self.info = info
            case _:
                abort(400, f"no such order: {order}")


def _error(message: str, *, fatal: bool) -> JsonObject:
    return {"error": {"fatal": fatal, "message": message}}


def _refuse(refusal: JsonObject) -> JsonObject:
    """A resource error, or, through Flask and past the SDK, an unsigned HTTP error."""
    if refusal["status"] is not None:
        abort(refusal["status"], refusal["message"])
    return _error(refusal["message"], fatal=refusal["fatal"])


partner = Partner()


def onRequest(event: JsonObject) -> object:  # noqa: N802 - the SDK's own name
    body = event["body"]
    with partner.lock:
        return copy.deepcopy(partner.answer(body["action"], body.get("params", {})))


def appExtend(app: Flask) -> None:  # noqa: N802 - the SDK's own name
    """Adds the control route, and the ledger: every request to the endpoint, those that the SDK refused too."""

    @app.after_request
    def record(response: Response) -> Response:
        if request.method == "POST" and request.path == "/":
            entry = {
                "status": response.status_code,
                "body": request.data.decode("utf-8", "backslashreplace"),
                "content_type": request.headers.get("Content-Type"),
                "signature": request.headers.get("X-SMCCSDK-SIGNATURE"),
            }
            with partner.lock:
                partner.ledger.append(entry)
        return response

    @app.get("/control")
    def show() -> Response:
        with partner.lock:
            return jsonify(ledger=partner.ledger, contents=partner.contents)

    @app.post("/control")
    def take() -> Response:
        with partner.lock:
            partner.order(request.get_json())
        return jsonify(done=True)
