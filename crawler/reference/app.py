"""The partner's endpoint as a plain ASGI application."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from crawler.protocol.signature import Secret
from crawler.reference.actions import Actions
from crawler.reference.capabilities import DEFAULT, Capabilities
from crawler.reference.contents import Content, Shown
from crawler.reference.faults.fault import HEALTHY, Fault
from crawler.reference.forum import Forum
from crawler.reference.ledger import Entry
from crawler.reference.script import Fails, LosesReply, Planned, Rejects, Says, Script
from crawler.reference.timeline import Listing
from crawler.reference.wire import Call, Refusal, Request, Response, plain, read_call, signed

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_REQUEST_BYTES = 2**20


class ReplyLost(ConnectionError):
    """Raised through the server in the middle of an answer that is to be lost: the connection breaks there."""


class ReferencePartner:
    """A partner's endpoint over `forum`, answering at any path.

    `secret`, `capabilities`, `listing`, `fault` and the forum may be changed at any time and count from the next
    request on. `plan` prepares failures; `forum.ledger` tells what was asked. Served in process, a lost answer raises
    `ReplyLost`; served by uvicorn, it breaks the connection.
    """

    def __init__(
        self,
        secret: Secret | str,
        forum: Forum,
        *,
        capabilities: Capabilities = DEFAULT,
        listing: Listing = Listing(),  # noqa: B008 - frozen
        fault: Fault = HEALTHY,
    ) -> None:
        self.secret = Secret(secret) if isinstance(secret, str) else secret
        self.forum = forum
        self.capabilities = capabilities
        self.listing = listing
        self.fault = fault
        self._script = Script()

    def plan(self, action: str, *planned: Planned, times: int = 1) -> None:
        """Answer the next calls of `action` (``"*"``: of any) as `planned`, the whole `times` times over."""
        self._script.plan(action, *planned, times=times)

    def respond(self, request: Request) -> Response:
        """The whole of the endpoint, without the transport; what came of it is in the ledger."""
        call = Call("", {})
        if request.method != "POST":
            return self.fault.response(call, plain(405, "only POST is answered here", allow="POST"))
        answer: object = None
        try:
            self.fault.admit(request, self.secret)
            call = read_call(request.body)
            answer, lost = self._answer(call)
            response = replace(signed(self.secret, answer), lost=lost)
        except Refusal as refusal:
            answer = refusal.text
            response = plain(refusal.status, refusal.text)
        response = self.fault.response(call, response)
        self.forum.ledger.add(Entry(call.action, call.params, response.status, answer, request.body, response.lost))
        return response

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """ASGI's entry: HTTP and lifespan."""
        if scope["type"] == "lifespan":
            return await _live(receive, send)
        if scope["type"] != "http":
            raise ValueError(f"only HTTP is served here, not {scope['type']}")
        body = await _read(receive)
        if body is None:
            return None
        request = Request(
            method=scope["method"],
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
            query=dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"))),
            body=body,
        )
        too_large = len(body) > MAX_REQUEST_BYTES
        await _send(plain(413, "the body is too large") if too_large else self.respond(request), send)
        return None

    def _answer(self, call: Call) -> tuple[object, bool]:
        """The answer to a call, and whether it is to be lost."""
        match self._script.take(call.action):
            case Rejects(message, fatal):
                return {"error": {"fatal": fatal, "message": message}}, False
            case Fails(status, text):
                raise Refusal(status, text)
            case Says(answer):
                return answer, False
            case LosesReply(done):
                return self._perform(call) if done else None, True
            case _:
                return self._perform(call), False

    def _perform(self, call: Call) -> object:
        actions = Actions(self.forum, self.capabilities, self.fault.listing(self.listing), self._alter)
        return self.fault.act(call, actions.perform)

    def _alter(self, content: Content, shown: Shown) -> object:
        return self.fault.content(shown) if self.fault.target == (content.object_name, content.id) else shown


async def _read(receive: Receive) -> bytes | None:
    """A request's body, or its beginning where that is too large already; `None` if the client went away."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk: bytes = message.get("body", b"")
        body += chunk
        if not message.get("more_body", False) or len(body) > MAX_REQUEST_BYTES:
            return body


async def _send(response: Response, send: Send) -> None:
    headers = {**response.headers, "content-length": str(len(response.body))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    if response.lost:
        await send({"type": "http.response.body", "body": response.body[: len(response.body) // 2], "more_body": True})
        raise ReplyLost("the answer is lost, as planned")
    await send({"type": "http.response.body", "body": response.body})


async def _live(receive: Receive, send: Send) -> None:
    """The lifespan protocol, with nothing to start and nothing to end."""
    while True:
        phase = (await receive())["type"].removeprefix("lifespan.")
        await send({"type": f"lifespan.{phase}.complete"})
        if phase == "shutdown":
            return
