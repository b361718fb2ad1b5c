"""A partner that wants the processor of whoever asks it: ``python -m tests.integration.daemon.greedy``.

It writes its port. What comes at ``/chunks`` is answered in chunks of a byte, elsewhere by 100 Continue: without end.
"""

import socket
import sys
import threading

CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 10_000
CONTINUE = b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 3_000


def answer(client: socket.socket) -> None:
    """Send until nobody takes it any more."""
    with client:
        begin, again = CHUNKS if b"/chunks" in client.recv(65_536) else CONTINUE
        try:
            client.sendall(begin)
            while True:
                client.sendall(again)
        except OSError:
            pass


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
