"""A partner in Flask on waitress. Its habits: many threads; the body is generated, so that the connection is closed.

It has private messages, too.
"""

from collections.abc import Iterator

from flask import Flask, Response, request

from tests.servers.python.forum import Content, Forum, Refusal, sign

INFO = {
    "objects": {
        "threads": ["list", "show", "create", "delete"],
        "messages": ["list", "show", "create", "delete"],
        "private_messages": ["list", "show", "create", "delete"],
    },
    "options": [f"{name}.text" for name in ("threads", "messages", "private_messages")]
    + ["messages.no_title", "private_messages.no_title"],
}


def spell(_name: str, content: Content) -> Content:
    return content | {"format": "text", "actions": ["delete"], "in_reply_to_id": content.get("in_reply_to_id")}


forum = Forum(INFO, spell, page=2)
app = Flask(__name__)


@app.post("/")
def endpoint() -> Response:
    body = forum.answer(request.get_data(), request.headers.get("X-SMCCSDK-SIGNATURE", ""))

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    return Response(pieces(), content_type="application/json", headers={"X-SMCCSDK-SIGNATURE": sign(body)})


@app.errorhandler(Refusal)
def refused(refusal: Refusal) -> tuple[Content, int]:
    return {"error": str(refusal)}, refusal.status
