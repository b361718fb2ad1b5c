"""Telling systemd how the daemon fares (``Type=notify``), where systemd started it; else telling nobody."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic_ns

DIGITS = 13
"""Of a number of microseconds that means anything: 115 days have so many."""


class Notify:
    """What the service manager is told: a datagram to the socket that ``NOTIFY_SOCKET`` names, if it is set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        wanted = environ.get("WATCHDOG_USEC", "")
        is_number = wanted.isdecimal() and len(wanted) <= DIGITS
        self.watchdog = int(wanted) / 1e6 if address and is_number and int(wanted) else None
        """Seconds after which systemd wants to have heard of us, if it does."""

    def ready(self, status: str) -> None:
        """All is set up, or set up again."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is being read again."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns() // 1_000}")

    def stopping(self) -> None:
        """The daemon is about to end."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """The watchdog's due."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:  # nobody listens any more
            out.setblocking(False)
            out.sendto("\n".join(lines).encode(), self._address)
