"""Whatever hangs, the daemon ends when it is told to; and a database that does not answer is said, and waited for."""

import ctypes
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

import pytest

from crawler.cli.serving import served
from crawler.clock import utc_now
from crawler.reference import ReferencePartner, seeded
from crawler.store import Store
from tests.integration.test_run_process import SECRET, Daemon, until
from tests.postgresql import PostgresServer

pytestmark = [pytest.mark.thorough, pytest.mark.skipif(sys.platform != "linux", reason="SIGSTOP, /proc, namespaces")]

GRACE = 0.5
LONGEST = GRACE + 5
"""Seconds from the first signal to the end, at most."""

Hangs = Callable[[], AbstractContextManager[None]]


SILENT = """
import socket, time
with socket.socket(type=socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 53))
    server.recv(1)
    print("asked", flush=True)
    time.sleep(60)
"""
"""A name server that never answers."""


class Busy(ReferencePartner):
    """Counts what it was asked."""

    def __init__(self) -> None:
        super().__init__(SECRET, seeded(utc_now))

    @property
    def asked(self) -> int:
        return len(self.forum.ledger.actions)


@pytest.fixture
def partner() -> Busy:
    return Busy()


@pytest.fixture
def url(partner: Busy) -> Iterator[str]:
    with served(partner) as address:
        yield address


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path)
    yield daemon
    if daemon.process is not None and not daemon.ended:
        daemon.process.kill()
        daemon.process.wait()


@pytest.fixture(params=["postgresql", "sqlite"])
def hangs(request: pytest.FixtureRequest, daemon: Daemon) -> Iterator[Hangs]:
    """The daemon's database, by what lets it hang: a server that is stopped, or a file that is locked."""
    if request.param == "sqlite":
        yield lambda: locked(daemon.database)
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database() as name:
        daemon.environ["RINGCX_CRAWLER_DATABASE"] = server.url(name)
        yield server.frozen


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def begin(daemon: Daemon, url: str, *, more: str = "", interval: float = 0.2) -> None:
    text = f'[daemon]\ntick = 0.05\ngrace = {GRACE}\n{more}\n[defaults]\nsecret = "{SECRET}"\n'
    daemon.write(text + f'[sources.shop]\nbase_uri = "{url}"\nlist_interval = {interval}\n')
    daemon.begin()
    daemon.ready()


def stands_still(partner: Busy) -> None:
    """Wait until nothing is asked any more."""
    asked = -1
    while asked != (asked := partner.asked):
        threading.Event().wait(1.5)


def ends(process: subprocess.Popen[bytes], within: float) -> float:
    told = monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    took = monotonic() - told
    assert took < within, f"{took:.1f} s"
    return took


def test_it_ends_while_the_database_hangs(
    daemon: Daemon, url: str, partner: Busy, hangs: Hangs, record_property: Callable[[str, object], None]
) -> None:
    begin(daemon, url)
    until(lambda: daemon.said("cycle"))
    with hangs():
        stands_still(partner)
        assert daemon.process is not None
        took = ends(daemon.process, LONGEST)
    record_property("figure", f"{took:.1f} s after the signal")
    assert daemon.process.returncode == 0
    assert daemon.said("stopping")
    assert daemon.lines[-1]["event"] == "stopped"


def test_at_the_second_signal_it_ends_at_once(
    daemon: Daemon, url: str, partner: Busy, hangs: Hangs, record_property: Callable[[str, object], None]
) -> None:
    begin(daemon, url)
    until(lambda: daemon.said("cycle"))
    with hangs():
        stands_still(partner)
        daemon.signal(signal.SIGTERM)
        until(lambda: daemon.said("stopping"))
        assert daemon.process is not None
        took = ends(daemon.process, 1.0)
    record_property("figure", f"{took:.1f} s after the signal")


def test_that_it_does_not_answer_is_said_once_and_that_it_does_again_and_nothing_is_doubled(
    daemon: Daemon, url: str, partner: Busy, hangs: Hangs
) -> None:
    begin(daemon, url)
    until(lambda: daemon.said("cycle"))
    with hangs():
        stands_still(partner)
        since = monotonic()
        until(lambda: daemon.said("database away"))
        assert 5 < monotonic() - since < 15
        asked = partner.asked
        threading.Event().wait(5)
        assert partner.asked == asked
    until(lambda: daemon.said("database back"))
    cycles = len(daemon.said("cycle", outcome="succeeded"))
    until(lambda: len(daemon.said("cycle", outcome="succeeded")) > cycles + 2)
    assert daemon.process is not None
    ends(daemon.process, LONGEST)
    [away] = daemon.said("database away")
    assert "does not answer" in away["error"]
    assert len(daemon.said("database back")) == 1
    with Store.open(daemon.environ.get("RINGCX_CRAWLER_DATABASE", str(daemon.database))) as store:
        [overview] = store.overview()
        assert overview["contents"] == {"threads": 3, "messages": 8, "private_messages": 2}
        assert overview["crawled_by"] is None


def test_a_transaction_with_a_server_that_does_not_answer_is_given_up_after_a_while(
    daemon: Daemon, url: str, partner: Busy, postgresql: PostgresServer
) -> None:
    with postgresql.database() as name:
        daemon.environ["RINGCX_CRAWLER_DATABASE"] = postgresql.url(name)
        begin(daemon, url)
        until(lambda: daemon.said("cycle"))
        with postgresql.frozen():
            stands_still(partner)
            for _ in range(3):  # `until` waits for half a minute
                with_patience = monotonic() + 25
                while monotonic() < with_patience and not daemon.said("cycle broke off"):
                    threading.Event().wait(0.5)
            broken = daemon.said("cycle broke off")
        assert len(broken) <= 1
        assert all("has not answered for 45 s" in line["error"] for line in broken)
        until(lambda: daemon.said("database back"))
        cycles = len(daemon.said("cycle", outcome="succeeded"))
        until(lambda: len(daemon.said("cycle", outcome="succeeded")) > cycles)
        assert daemon.process is not None
        ends(daemon.process, LONGEST)


def test_it_crawls_on_and_ends_although_nobody_reads_its_log_or_its_stdout(
    daemon: Daemon, url: str, partner: Busy
) -> None:
    daemon.write(
        f'[daemon]\ntick = 0.05\ngrace = {GRACE}\n[sources.shop]\nbase_uri = "{url}"\nsecret = "{SECRET}"\n'
        "list_interval = 0.01\n"
    )
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"full\n" * 1_000)
    os.set_blocking(writing, True)
    daemon.process = subprocess.Popen(
        [sys.executable, "-m", "crawler", "-v", "run"],
        cwd=daemon.directory,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=writing,
        stderr=writing,
    )
    until(lambda: partner.asked)
    asked = partner.asked
    threading.Event().wait(5)
    assert partner.asked > asked + 100
    ends(daemon.process, LONGEST)
    assert daemon.process.returncode == 0
    os.close(reading)
    os.close(writing)


def test_it_ends_although_a_partner_does_not_answer(daemon: Daemon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begin(daemon, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        asked, _ = silent.accept()
        with asked:
            assert asked.recv(1)
            assert daemon.process is not None
            ends(daemon.process, LONGEST)
    assert daemon.process.returncode == 0
    assert daemon.lines[-1]["event"] == "stopped"


@contextmanager
def small_disk(path: Path) -> Iterator[Path]:
    path.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"small", bytes(path), b"tmpfs", 0, b"size=1500k"):
        pytest.skip("this machine lets nobody mount")
    try:
        yield path
    finally:
        libc.umount2(bytes(path), 2)


@pytest.mark.parametrize("freed", [True, False])
def test_a_full_disk_is_said_once_and_it_goes_on_or_ends(
    daemon: Daemon, url: str, partner: Busy, tmp_path: Path, freed: bool
) -> None:
    with small_disk(tmp_path / "small") as disk:
        daemon.environ["RINGCX_CRAWLER_DATABASE"] = str(disk / "crawler.db")
        begin(daemon, url)
        until(lambda: daemon.said("cycle", outcome="succeeded"))
        with suppress(OSError), (disk / "filling").open("wb", buffering=0) as filling:
            while filling.write(b"x" * 4_096):
                pass
        until(lambda: daemon.said("database away"))
        threading.Event().wait(2)
        assert len(daemon.said("database away")) == 1
        assert "disk is full" in daemon.said("database away")[0]["error"]
        if freed:
            (disk / "filling").unlink()
            until(lambda: daemon.said("database back"))
            cycles = len(daemon.said("cycle", outcome="succeeded"))
            until(lambda: len(daemon.said("cycle", outcome="succeeded")) > cycles + 2)
        assert daemon.process is not None
        ends(daemon.process, LONGEST)
        if freed:
            with Store.open(str(disk / "crawler.db")) as store:
                [overview] = store.overview()
                assert overview["contents"] == {"threads": 3, "messages": 8, "private_messages": 2}


def test_at_64_open_files_with_200_sources_and_100_idle_clients_it_answers_says_little_and_ends(
    daemon: Daemon, url: str, record_property: Callable[[str, object], None]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    daemon.first = "ulimit -n 64"
    daemon.configure(f"grace = {GRACE}\nlisten = '127.0.0.1:{port}'", **{f"s{n}": url for n in range(200)})
    daemon.begin()
    with ExitStack() as stack:
        daemon.ready()
        begun = monotonic()
        for _ in range(100):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        until(lambda: len(daemon.said("cycle")) == 200)
        while monotonic() - begun < 15:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                assert answer.status == 200
            threading.Event().wait(0.5)
        assert daemon.process is not None
        files = len(list(Path(f"/proc/{daemon.process.pid}/fd").iterdir()))
        ends(daemon.process, LONGEST)
    others = [line for line in daemon.lines if line["event"] != "cycle"]
    record_property("figure", f"{len(others)} lines beside 200 cycles, {files} files at rest")
    assert daemon.process.returncode == 0
    assert len(others) < 20, others[:30]
    assert all(line["outcome"] == "succeeded" for line in daemon.said("cycle"))
    [told] = daemon.said("too few open files")
    assert told["cycles_at_once"] == 4


def test_it_ends_although_no_name_server_answers(daemon: Daemon, tmp_path: Path) -> None:
    """The thread that asks for an address cannot be interrupted."""
    words = ("unshare", "--mount", "--net")
    if not shutil.which("unshare") or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("this machine lets nobody make namespaces")
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:30\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: dns\n")
    daemon.write(
        f'[daemon]\ntick = 0.05\ngrace = {GRACE}\n[sources.shop]\nbase_uri = "http://shop.example/"\n'
        f'secret = "{SECRET}"\n'
    )
    script = (
        "ip link set lo up; mount --bind resolv.conf /etc/resolv.conf; mount --bind nsswitch.conf /etc/nsswitch.conf; "
        f'{sys.executable} -c "$SILENT" >asked & sleep 0.5; exec {sys.executable} -m crawler run'
    )
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(
            [*words, "--pid", "--fork", "--kill-child", "sh", "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "SILENT": SILENT},
            stdout=out,
            stderr=out,
        )
    daemon.process = process
    until((tmp_path / "asked").read_text)
    [inside] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    told = monotonic()
    os.kill(int(inside), signal.SIGTERM)
    process.wait(30)
    assert monotonic() - told < LONGEST


@contextmanager
def dead_file_system(path: Path) -> Iterator[Path]:
    """A directory in which everything waits for a file system that does nothing, as for one behind a dead network."""
    path.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("this machine has no FUSE")
    try:
        options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}".encode()
        if libc.mount(b"dead", bytes(path), b"fuse", 0, options):
            pytest.skip("this machine lets nobody mount")
        try:
            yield path
        finally:
            libc.umount2(bytes(path), 2)  # at once, whoever still waits
    finally:
        os.close(device)


def test_it_ends_although_the_file_system_of_its_configuration_hangs(daemon: Daemon, url: str, tmp_path: Path) -> None:
    """The event loop looks at that file."""
    with dead_file_system(tmp_path / "dead") as dead:
        begin(daemon, url)
        (tmp_path / "draft").symlink_to(dead / "crawler.toml")
        (tmp_path / "draft").replace(daemon.config)
        threading.Event().wait(2.5)
        assert daemon.process is not None
        ends(daemon.process, LONGEST)
    assert daemon.process.returncode == 1
    assert daemon.lines[-1]["event"] == "ended before all was done"


def test_it_ends_although_the_file_system_of_its_database_hangs(daemon: Daemon, url: str, tmp_path: Path) -> None:
    with dead_file_system(tmp_path / "dead") as dead:
        daemon.environ["RINGCX_CRAWLER_DATABASE"] = str(dead / "crawler.db")
        daemon.configure(f"grace = {GRACE}", shop=url)
        daemon.begin()
        threading.Event().wait(4)
        assert daemon.process is not None
        assert not daemon.ended
        ends(daemon.process, LONGEST)


def test_it_ends_although_a_client_of_the_health_port_says_nothing(daemon: Daemon, url: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin(daemon, url, more=f'listen = "127.0.0.1:{port}"')
    with socket.create_connection(("127.0.0.1", port)) as idle, socket.create_connection(("127.0.0.1", port)) as half:
        half.sendall(b"GET /healthz HTTP/1.1\r\n")
        idle.settimeout(5)
        assert daemon.process is not None
        ends(daemon.process, LONGEST)
    assert daemon.process.returncode == 0
