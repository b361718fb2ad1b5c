"""A messenger in FastAPI on uvicorn. Its habits: resource errors in place of error statuses; a custom operation."""

import json

from fastapi import FastAPI, Request, Response

from tests.servers.python.forum import Content, Forum, Refusal, sign

INFO = {
    "objects": {"threads": ["list", "show"], "messages": ["list", "show", "create", "delete", "mark_as_spam"]},
    "options": ["view.messaging", "messages.text", "messages.no_title", "messages.attachments", "threads.text"],
    "locales": {"default": {"mark_as_spam": "Spam!"}, "fr": {"mark_as_spam": "Signaler"}},
}


def spell(name: str, content: Content) -> Content:
    return content | {"format": "text", "actions": ["delete", "mark_as_spam"] if name == "messages" else []}


forum = Forum(INFO, spell)
app = FastAPI()


@app.post("/api/ringcx")
async def endpoint(request: Request) -> Response:
    try:
        body = forum.answer(await request.body(), request.headers.get("X-SMCCSDK-SIGNATURE", ""))
    except Refusal as refusal:
        if refusal.status == 403:
            return Response(str(refusal), 403, media_type="text/plain")
        body = json.dumps({"error": {"fatal": refusal.status == 422, "message": str(refusal)}}).encode()
    return Response(body, media_type="application/json", headers={"X-SMCCSDK-SIGNATURE": sign(body)})
