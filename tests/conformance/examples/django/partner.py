"""A partner in Django, whole in one file: it shows its threads and messages to the platform."""

import hmac
import json

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

SECRET = b"the channel's API access token"
DATES = {"created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z"}
ZOE = {"id": "zoe", "screenname": "Zoë", **DATES}
CONTENTS = {
    "threads": [{"id": "t1", "author": ZOE, "title": "Commande nº 42", "body": "Où est-elle ?", **DATES}],
    "messages": [{"id": "m1", "author": ZOE, "thread_id": "t1", "body": "Merci !", **DATES}],
}
INFO = {"objects": {name: ["list", "show"] for name in CONTENTS}, "options": ["threads.text", "messages.text"]}


@csrf_exempt
@require_POST
def endpoint(request: HttpRequest) -> HttpResponse:
    signature = request.headers.get("X-SMCCSDK-SIGNATURE", "")
    if not hmac.compare_digest(signature.encode(), sign(request.body).encode()):
        return HttpResponseForbidden("the signature is missing or wrong")
    call = json.loads(request.body)
    found = answer(call["action"], call.get("params", {}))
    if found is None:
        return HttpResponseBadRequest("there is no such action here")
    body = json.dumps(found).encode()
    return HttpResponse(body, content_type="application/json", headers={"X-SMCCSDK-SIGNATURE": sign(body)})


def sign(body: bytes) -> str:
    return hmac.new(SECRET, body, "sha512").hexdigest()


def answer(action: str, params: dict) -> object:
    name, _, operation = action.partition(".")
    contents = CONTENTS.get(name, [])
    match operation:
        case "info":
            return INFO
        case "list" if contents:  # newest first; all of them where the cursor is unknown
            ids, since_id = [content["id"] for content in contents], params.get("since_id")
            return contents[ids.index(since_id) + 1 if since_id in ids else 0 :][::-1]
        case "show" if contents:
            return next((content for content in contents if content["id"] == params.get("id")), {})
    return None


urlpatterns = [path("ringcx", endpoint)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"], SECRET_KEY="no sessions here")
django.setup()
app = get_wsgi_application()
