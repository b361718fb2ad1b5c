"""Serving an ASGI application from a thread of this process, on a free port of the loopback address."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from crawler.reference import ReferencePartner

HOST = "127.0.0.1"
PATIENCE = 10.0


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket. Raises `OSError`, also for a host whose name cannot be one.

    It names its protocol, because asyncio sends small answers at once only on sockets that do; others lose 40 ms each.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except UnicodeError:
        raise OSError(f"'{host}' is no host's name") from None
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The URL at which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextmanager
def served(partner: ReferencePartner, port: int = 0) -> Iterator[str]:
    """Serve `partner` while the body runs, on a free port or on `port`; yields its URL. Raises `OSError`."""
    with listen(HOST, port) as listener:
        config = uvicorn.Config(partner, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            # The socket listens already: a connection made now waits until the server takes it.
            yield url_of(listener)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
