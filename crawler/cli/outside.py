"""What the command line takes from the world outside, so that a test can pass in its own; and what is seen there of it.

The list of processes shows the arguments of each, which may hold a secret.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.clock import Clock, NewId, new_id, utc_now

if TYPE_CHECKING:
    import httpx

    from crawler.sync.source import Source

ARGUMENTS = 45
"""At which place, behind the command's name, ``/proc/PID/stat`` says where the arguments begin; where they end is next.
"""


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


def hide_arguments(secrets: Iterable[str], process: Path = Path("/proc/self")) -> None:
    """Overwrite each secret where it is an argument, or stands in one that is a URL; on Linux alone.

    Whoever looked before has seen it.
    """
    texts = [text.encode("utf-8", "surrogateescape") for text in secrets if text]
    if not texts:
        return
    try:
        places = (process / "stat").read_bytes().rpartition(b")")[2].split()
        begin, end = map(int, places[ARGUMENTS : ARGUMENTS + 2])
        with (process / "mem").open("r+b", buffering=0) as memory:
            memory.seek(begin)
            arguments = memory.read(end - begin).split(b"\0")
            memory.seek(begin)
            memory.write(b"\0".join(_hidden(argument, texts) for argument in arguments))
    except (OSError, ValueError):  # another system, or one that does not allow it: the manual warns of it
        return


def _hidden(argument: bytes, secrets: Iterable[bytes]) -> bytes:
    for secret in secrets:
        if argument == secret or argument == b"--secret=" + secret or b"://" in argument:
            argument = argument.replace(secret, b"*" * len(secret))
    return argument
