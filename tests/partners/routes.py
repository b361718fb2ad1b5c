"""What a partner answers, scripted with respx: a route for each action, and what it was asked.

routes = Routes(INFO)
routes.on("messages.list", since_id=None).mock(side_effect=[signed([message("2")]), signed([])])
async with Partner(source, transport=routes.transport) as partner: …
assert routes.asked("messages.list") == [{}, {"since_id": "2"}]
"""

import json
from typing import Any

import httpx
import respx

from crawler.protocol.signature import HEADER
from tests.partners.raw import SECRET


def signed(answer: object, status: int = 200, **headers: str) -> httpx.Response:
    """An answer as a partner signs it; bytes as they stand, anything else as JSON."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return httpx.Response(status, headers={HEADER: SECRET.sign(body), **headers}, content=body)


class Routes:
    """A partner that declares `objects` and answers by the routes that it is given; what has none is a failure."""

    def __init__(self, objects: dict[str, list[str]], options: tuple[str, ...] = ()) -> None:
        self.router = respx.Router(assert_all_called=False)
        info = {"objects": objects, "options": list(options)}
        self.on("implementation.info").mock(return_value=signed(info))

    def on(self, action: str, **params: object) -> respx.Route:
        """The route of an action, with these params among its own; `None` says that one is not there."""
        wanted: dict[str, Any] = {f"json__params__{name}": value for name, value in params.items() if value is not None}
        if None in params.values():
            wanted["json__params"] = {}
        return self.router.route(method="POST", json__action=action, **wanted)

    @property
    def transport(self) -> httpx.MockTransport:
        """The way to it."""
        return httpx.MockTransport(self.router.async_handler)

    def asked(self, action: str) -> list[Any]:
        """The params of the requests for one action, in order."""
        bodies = [json.loads(call.request.content) for call in self.router.calls]
        return [body.get("params") for body in bodies if body["action"] == action]
