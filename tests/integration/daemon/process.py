"""A daemon as a process of its own, for tests that end it: ``python -m tests.integration.daemon.process PLAN``.

PLAN is JSON: ``name``, ``database``, ``sources`` (lists of name and base URI), their common ``settings``, ``options``.
Each request says whose it is, in the header ``X-Daemon``. SIGTERM stops it.
"""

import json
import signal
import sys
from time import monotonic
from typing import Any

import anyio
import httpx
import structlog
from structlog.typing import EventDict

from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.protocol.signature import Secret
from crawler.store import Store
from crawler.store.database import BUSY_SECONDS
from crawler.sync.source import Source
from crawler.transport import Transport
from tests.integration.daemon.watching import Seen


class Named(httpx.AsyncBaseTransport):
    """The network, with a name on each request."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._network = Transport(private=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["X-Daemon"] = self._name
        return await self._network.handle_async_request(request)

    async def aclose(self) -> None:
        await self._network.aclose()


def sources_of(plan: dict[str, Any]) -> list[Source]:
    settings = {**plan["settings"], "secret": Secret("open sesame")}
    return [Source(name=name, base_uri=uri, **settings) for name, uri in plan["sources"]]


def without_cycles(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Drop what is said again and again."""
    if event["event"] in ("cycle", "exchange"):
        raise structlog.DropEvent
    return event


async def crawl(plan: dict[str, Any]) -> None:
    # Each cycle's line is left out: the pipe is read late.
    structlog.configure(processors=[without_cycles, structlog.dev.ConsoleRenderer(colors=False)])
    structlog.get_logger().info("begins", at=monotonic())
    with Store.open(plan["database"], busy_seconds=plan.get("busy_seconds", BUSY_SECONDS)) as store:
        options = DaemonOptions(**plan["options"])
        daemon = Daemon(store, Seen(), options=options, transport=lambda _source: Named(plan["name"]))
        with anyio.open_signal_receiver(signal.SIGTERM) as signals:

            async def obey() -> None:
                async for _ in signals:
                    daemon.stop()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(obey)
                await daemon.manage(sources_of(plan))
                await daemon.run()
                tasks.cancel_scope.cancel()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # one that comes as it ends is no other end


if __name__ == "__main__":
    anyio.run(crawl, json.loads(sys.argv[1]))
