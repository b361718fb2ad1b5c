"""A partner in FastAPI: it shows its messages to the platform, and takes what agents write."""

import hmac
import json
from datetime import UTC, datetime

from fastapi import FastAPI, HTTPException, Request, Response

SECRET = b"the channel's API access token"
DATES = {"created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z"}
SHOP = {"id": "shop", "screenname": "The shop", "puppetizable": True, **DATES}
ZOE = {"id": "zoe", "screenname": "Zoë", **DATES}
INFO = {
    "objects": {"messages": ["list", "show", "create", "delete"]},
    "options": ["messages.unthreaded", "messages.text"],
}

app = FastAPI()
users = {user["id"]: user for user in (SHOP, ZOE)}
messages = [
    {"id": "m1", "author": ZOE, "body": "Où est ma commande ?", "format": "text", **DATES},
    {"id": "m2", "author": SHOP, "body": "En route.", "format": "text", "actions": ["delete"], **DATES},
]
deleted: dict[str, dict] = {}
sent: dict[str, dict] = {}
"""What was created, by the platform's content_id: a repeated create must not make a second message (PU2)."""


@app.post("/ringcx")
async def endpoint(request: Request) -> Response:
    received = await request.body()
    signature = request.headers.get("X-SMCCSDK-SIGNATURE", "")
    if not hmac.compare_digest(signature.encode(), sign(received).encode()):
        raise HTTPException(403, "the signature is missing or wrong")
    call = json.loads(received)
    body = json.dumps(answer(call["action"], call.get("params", {}))).encode()
    return Response(body, media_type="application/json", headers={"X-SMCCSDK-SIGNATURE": sign(body)})


def sign(body: bytes) -> str:
    return hmac.new(SECRET, body, "sha512").hexdigest()


def answer(action: str, params: dict) -> object:
    match action:
        case "implementation.info":
            return INFO
        case "messages.list":  # newest first; all of them where the cursor is unknown
            ids, since_id = [message["id"] for message in messages], params.get("since_id")
            return messages[ids.index(since_id) + 1 if since_id in ids else 0 :][::-1]
        case "messages.show":
            return find(params.get("id")) or {}
        case "messages.create":
            return create(params)
        case "messages.delete":
            return delete(params.get("id"))
        case _:
            raise HTTPException(400, "there is no such action here")


def find(message_id: object) -> dict | None:
    return next((message for message in messages if message["id"] == message_id), None)


def create(params: dict) -> dict:
    if params["author_id"] not in users:
        return error(f"there is no user {params['author_id']}")
    if params["content_id"] not in sent:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = {
            "id": f"m{len(messages) + len(deleted) + 1}",
            "author": users[params["author_id"]],
            "body": params.get("body", ""),
            "format": params.get("format", "text"),
            "actions": ["delete"],
            "created_at": now,
            "updated_at": now,
        }
        if find(params.get("in_reply_to_id")):
            message["in_reply_to_id"] = params["in_reply_to_id"]
        messages.append(message)
        sent[params["content_id"]] = message
    return sent[params["content_id"]]


def delete(message_id: object) -> dict:
    message = find(message_id)
    if message is not None and "delete" in message.get("actions", []):
        messages.remove(message)
        deleted[message["id"]] = message
    return deleted.get(str(message_id)) or error("there is no such message that could be deleted")


def error(message: str) -> dict:
    return {"error": {"fatal": True, "message": message}}
