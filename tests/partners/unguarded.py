"""A partner that reads `params.since_id` unguarded, as published ones do: without `params` its process is gone."""

import json

import httpx


class Unguarded(httpx.AsyncBaseTransport):
    """The way to such a partner, which is `inner` in all else. `dead` says what killed it, if anything did."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.dead = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.dead:
            raise httpx.ConnectError("Connection refused", request=request)
        action = throws(await request.aread())
        if action:
            self.dead = f"TypeError: cannot read since_id of undefined, in {action}"
            raise httpx.ReadError("the connection was closed", request=request)
        return await self.inner.handle_async_request(request)


def throws(body: bytes) -> str:
    """The action of a request that has no `params` to read from; a body without an action is refused before."""
    try:
        call = json.loads(body)
    except ValueError:
        return ""
    action = call.get("action") if isinstance(call, dict) else None
    if not isinstance(action, str) or action == "implementation.info" or call.get("params") is not None:
        return ""
    return action
