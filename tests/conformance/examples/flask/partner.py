"""A partner in Flask: it shows its messages to the platform, and takes none."""

import hmac
import json

from flask import Flask, Response, abort, request

SECRET = b"the channel's API access token"
DATES = {"created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z"}
ZOE = {"id": "zoe", "screenname": "Zoë", **DATES}
MESSAGES = [
    {"id": f"m{number}", "author": ZOE, "body": body, "format": "text", "created_at": f"2026-03-0{number}T10:00:00Z"}
    for number, body in enumerate(["Où est ma commande ?", "Merci !", "À bientôt."], start=1)
]
INFO = {"objects": {"messages": ["list", "show"]}, "options": ["messages.unthreaded", "messages.text"]}

app = Flask(__name__)


@app.post("/ringcx")
def endpoint() -> Response:
    signature = request.headers.get("X-SMCCSDK-SIGNATURE", "")
    if not hmac.compare_digest(signature.encode(), sign(request.data).encode()):
        abort(403, "the signature is missing or wrong")
    call = json.loads(request.data)
    body = json.dumps(answer(call["action"], call.get("params", {}))).encode()
    return Response(body, content_type="application/json", headers={"X-SMCCSDK-SIGNATURE": sign(body)})


def sign(body: bytes) -> str:
    return hmac.new(SECRET, body, "sha512").hexdigest()


def answer(action: str, params: dict) -> object:
    ids = [message["id"] for message in MESSAGES]
    match action:
        case "implementation.info":
            return INFO
        case "messages.list":  # newest first; all of them where the cursor is unknown
            since_id = params.get("since_id")
            return MESSAGES[ids.index(since_id) + 1 if since_id in ids else 0 :][::-1]
        case "messages.show":
            return next((message for message in MESSAGES if message["id"] == params.get("id")), {})
        case _:
            return abort(400, "there is no such action here")
