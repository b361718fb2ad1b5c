"""A partner on gunicorn, in plain WSGI. Its habits: every connection is closed; a thread is nothing but a title."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.servers.python.forum import Content, Forum, Refusal, sign

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

INFO = {
    "objects": {"threads": ["list", "show"], "messages": ["list", "show", "create", "delete"]},
    "options": ["threads.no_content", "messages.no_title"],
}


def spell(name: str, content: Content) -> Content:
    if name == "threads":
        return {"id": content["id"], "title": content["title"]}
    return content | {"actions": ["delete"]}


forum = Forum(INFO, spell, page=4)


def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] != "POST":
        start_response("405 Method Not Allowed", [("Content-Type", "text/plain")])
        return [b"only POST is answered here"]
    try:
        body = forum.answer(environ["wsgi.input"].read(), environ.get("HTTP_X_SMCCSDK_SIGNATURE", ""))
    except Refusal as refusal:
        start_response(f"{refusal.status} Refused", [("Content-Type", "text/plain")])
        return [str(refusal).encode()]
    start_response("200 OK", [("Content-Type", "application/json"), ("X-SMCCSDK-SIGNATURE", sign(body))])
    return [body]
