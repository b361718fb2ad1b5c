import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.daemon.notify import Notify


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A service manager's socket, and its name as the environment gives it."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name.replace("@", "\0", 1))
        listener.setblocking(False)
        yield listener, name


def test_each_state_is_one_datagram(manager: tuple[socket.socket, str]) -> None:
    listener, name = manager
    notify = Notify({"NOTIFY_SOCKET": name})
    notify.ready("sources: 2")
    notify.alive()
    notify.reloading()
    notify.stopping()
    assert [listener.recv(999), listener.recv(999)] == [b"READY=1\nSTATUS=sources: 2", b"WATCHDOG=1"]
    assert listener.recv(999).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    assert listener.recv(999) == b"STOPPING=1"


def test_without_a_manager_nothing_happens(tmp_path: Path) -> None:
    Notify({}).stopping()
    Notify({"NOTIFY_SOCKET": str(tmp_path / "gone")}).stopping()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "120000000"}, 120.0),
        ({"NOTIFY_SOCKET": "/x"}, None),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "0"}, None),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "120000000"}, None),
    ],
)
def test_the_watchdog_is_fed_where_systemd_wants_it(environ: dict[str, str], seconds: float | None) -> None:
    assert Notify(environ).watchdog == seconds
