"""What the command line takes from the world outside, so that a test can pass in its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.clock import Clock, NewId, new_id, utc_now

if TYPE_CHECKING:
    import httpx

    from crawler.sync.state import Source


def over_the_network(_source: Source) -> httpx.AsyncBaseTransport | None:
    """No transport in the place of the network."""
    return None


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Clock, ids, sleep, network, environment, and the terminal: its `width`, and whether stdout `is_terminal`.

    `None` means: look for yourself. Pass one as click's `obj`.
    """

    clock: Clock = utc_now
    new_id: NewId = new_id
    sleep: Callable[[float], None] = time.sleep
    transport: Callable[[Source], httpx.AsyncBaseTransport | None] = over_the_network
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    is_terminal: bool | None = None
    width: int | None = None
