"""The platform's side, as small as can be: signs a call, sends it to a partner in process, reads the answer."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx

from crawler.protocol.signature import HEADER, Secret
from crawler.reference import ReferencePartner, reference_partner

SECRET = Secret("open sesame")
NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)


def fixed_clock() -> datetime:
    return NOW


def partner(**settings: Any) -> ReferencePartner:
    return reference_partner(SECRET, fixed_clock, **settings)


def body(action: str, params: dict[str, Any] | None = None) -> bytes:
    given = {} if action == "implementation.info" and not params else {"params": params or {}}
    request = {"action": action, **given, "time": "2024-03-01T12:00:00Z"}
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


def send(
    to: ReferencePartner,
    content: bytes,
    *,
    method: str = "POST",
    signature: str | None = None,
    **headers: str,
) -> httpx.Response:
    """One signed request; `signature` replaces the right one, empty for none."""
    signature = SECRET.sign(content) if signature is None else signature
    given = {"content-type": "application/json", **headers, **({HEADER: signature} if signature else {})}

    async def exchange() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(to)) as client:
            return await client.request(method, "http://partner.example/sdk", content=content, headers=given)

    return asyncio.run(exchange())


def ask(to: ReferencePartner, action: str, **params: Any) -> httpx.Response:
    return send(to, body(action, params))


def call(to: ReferencePartner, action: str, **params: Any) -> Any:
    """The answer to an action that must succeed and be signed."""
    response = ask(to, action, **params)
    assert response.status_code == 200, response.text
    assert SECRET.verifies(response.content, response.headers[HEADER])
    return response.json()


def listed(to: ReferencePartner, object_name: str = "messages", **params: Any) -> list[str]:
    """The ids of a page."""
    return [content["id"] for content in call(to, f"{object_name}.list", **params)]
