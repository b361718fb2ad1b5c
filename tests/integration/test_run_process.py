"""The daemon as a process of its own, over real sockets and with real signals."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import anyio
import pytest

from crawler.cli.serving import served
from crawler.clock import utc_now
from crawler.protocol.credentials import WITHHELD
from crawler.reference import Fails, ReferencePartner, reference_partner, seeded
from crawler.store import Store
from tests.database import writing
from tests.postgresql import PASSWORD, PostgresServer

pytestmark = pytest.mark.slow

SECRET = "open/sesame"
PATIENCE = 30.0


def until(what: Callable[[], Any]) -> Any:
    """What `what` returns as soon as that is true; it may fail until then, for want of a file or a listener."""
    deadline = monotonic() + PATIENCE
    while True:
        try:
            found = what()
        except (OSError, URLError) as error:
            found, reason = None, str(error)
        else:
            reason = repr(found)
        if found:
            return found
        assert monotonic() < deadline, reason
        threading.Event().wait(0.02)


class SlowPartner(ReferencePartner):
    """Answers only while `open` is set; `asked` is set by the first request."""

    def __init__(self) -> None:
        super().__init__(SECRET, seeded(utc_now))
        self.open, self.asked = threading.Event(), threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.set()
        await anyio.to_thread.run_sync(self.open.wait, PATIENCE)
        await super().__call__(scope, receive, send)


class Daemon:
    """A ``ringcx-crawler run`` in `directory`; what it writes stands in files there.

    `first` is what a shell does in its place before it becomes the program: a limit that is set, a file that is closed;
    `before` are words before the program's.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.database = directory / "crawler.db"
        self.config = directory / "crawler.toml"
        self.process: subprocess.Popen[bytes] | None = None
        self.environ: dict[str, str] = {}
        self.first = ":"
        self.before: list[str] = []
        self._runs = 0

    def configure(self, text: str, **sources: str) -> None:
        """The configuration: `text` below ``[daemon]``, and sources by their URLs; written in one stroke."""
        tables = [f'[sources.{name}]\nbase_uri = "{url}"\nlist_interval = 600' for name, url in sources.items()]
        whole = "\n".join([f'[daemon]\ntick = 0.05\n{text}\n[defaults]\nsecret = "{SECRET}"', *tables])
        self.write(whole)

    def write(self, text: str) -> None:
        draft = self.directory / "draft"
        draft.write_text(text)
        draft.chmod(0o600)
        draft.replace(self.config)

    def begin(self, *words: str) -> None:
        """Start it."""
        self._runs += 1
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RINGCX_CRAWLER_")}
        command = [*self.before, sys.executable, "-W", "error", "-m", "crawler", *words, "run"]
        with self._file("out").open("wb") as out, self._file("err").open("wb") as err:
            self.process = subprocess.Popen(
                ["sh", "-c", f'{self.first}; exec "$@"', "sh", *command],  # noqa: S607 - a shell is where PATH says
                cwd=self.directory,
                env={**kept, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1", **self.environ},
                stdout=out,
                stderr=err,
            )

    def _file(self, kind: str) -> Path:
        return self.directory / f"{kind}{self._runs}"

    @property
    def out(self) -> str:
        return self._file("out").read_text()

    @property
    def err(self) -> str:
        return self._file("err").read_text()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log so far; it must be JSON lines."""
        return [json.loads(line) for line in self.err.split("\n")[:-1]]

    def said(self, event: str, **values: Any) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event and values.items() <= line.items()]

    def ready(self) -> str:
        """Wait for the ready line; returns the address of the HTTP endpoint, if there is one."""
        until(lambda: "is ready" in self.out or self.ended)
        assert "is ready" in self.out, self.err
        found = re.search(r"http://\S+/(?=healthz)", self.out)
        return found.group() if found else ""

    @property
    def ended(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(PATIENCE)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    @property
    def leases(self) -> list[tuple[Any, ...]]:
        return self.sql("SELECT name FROM source WHERE lease_owner IS NOT NULL")

    def cycles(self, source: str) -> list[str]:
        found = self.sql("SELECT name, outcome FROM cycle JOIN source ON source.id = source_id")
        return [outcome for name, outcome in found if name == source]


@contextmanager
def daemon_in(directory: Path) -> Iterator[Daemon]:
    directory.mkdir(exist_ok=True)
    daemon = Daemon(directory)
    try:
        yield daemon
    finally:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with daemon_in(tmp_path / "first") as daemon:
        yield daemon


@pytest.fixture
def partner() -> ReferencePartner:
    return reference_partner(SECRET, utc_now)


@pytest.fixture
def url(partner: ReferencePartner) -> Iterator[str]:
    with served(partner) as address:
        yield address


@pytest.fixture
def slow() -> Iterator[SlowPartner]:
    partner = SlowPartner()
    try:
        yield partner
    finally:
        partner.open.set()


@pytest.fixture
def slow_url(slow: SlowPartner) -> Iterator[str]:
    with served(slow) as address:
        yield address
        slow.open.set()


def get(url: str) -> tuple[int, str]:
    try:
        with urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 - ours
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_crawls_says_so_and_ends_in_good_order(daemon: Daemon, url: str) -> None:
    daemon.configure('listen = "127.0.0.1:0"', shop=url)
    daemon.begin("-v")
    endpoint = daemon.ready()
    assert daemon.out == f"ringcx-crawler is ready: 1 source, {endpoint}healthz\n"
    until(lambda: daemon.said("cycle", source="shop", cycle=1, outcome="succeeded"))
    status, state = get(f"{endpoint}healthz")
    assert (status, json.loads(state)["ready"]) == (200, True)
    assert get(f"{endpoint}healthz/live") == (200, '{"live": true}\n')
    status, metrics = get(f"{endpoint}metrics")
    assert status == 200
    assert 'ringcx_crawler_cycles_total{outcome="succeeded"} 1.0' in metrics
    assert 'ringcx_crawler_source_cycles_total{outcome="succeeded",source="shop"} 1.0' in metrics
    assert 'ringcx_crawler_contents_imported_total{change="new",object="messages"} 8.0' in metrics
    assert "ringcx_crawler_database_answers 1.0" in metrics
    assert get(f"{endpoint}else")[0] == 404
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert daemon.leases == []
    assert daemon.said("exchange", source="shop", cycle=1, action="implementation.info")
    assert daemon.lines[-1]["event"] == "stopped"


def test_the_secret_is_in_no_log_even_if_a_partner_sends_it_back(
    daemon: Daemon, url: str, partner: ReferencePartner
) -> None:
    partner.plan("implementation.info", Fails(500, f"wrong key: {SECRET}"))
    daemon.configure("", shop=url)
    daemon.begin("-v")
    until(lambda: daemon.said("partner failed", source="shop"))
    daemon.signal(signal.SIGINT)
    assert daemon.wait() == 0
    assert WITHHELD in daemon.err
    assert SECRET not in daemon.err + daemon.out
    assert json.dumps(SECRET).replace("/", "\\/") not in daemon.err


def test_sighup_and_a_change_of_the_file_reload_it_and_a_broken_one_is_refused(daemon: Daemon, url: str) -> None:
    daemon.configure("", shop=url)
    daemon.begin()
    daemon.ready()
    until(lambda: daemon.said("cycle", source="shop"))
    daemon.configure("", shop=url, added=url)
    until(lambda: daemon.said("cycle", source="added"))
    daemon.write("this is no TOML")
    until(lambda: daemon.said("configuration refused, the old one stays"))
    daemon.write(f'[defaults]\nsecret = "{SECRET}"\n[sources.added]\nbase_uri = "{url}"\nlist_interval = 601\n')
    daemon.signal(signal.SIGHUP)
    until(lambda: len(daemon.said("cycle", source="added")) == 2)
    until(lambda: daemon.sql("SELECT name FROM source WHERE managed") == [("added",)])
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert len(daemon.said("cycle", source="shop")) == 1


def test_cycles_in_flight_end_before_it_does(daemon: Daemon, slow: SlowPartner, slow_url: str) -> None:
    daemon.configure("grace = 20", shop=slow_url)
    daemon.begin()
    assert slow.asked.wait(PATIENCE)
    daemon.signal(signal.SIGTERM)
    until(lambda: daemon.said("stopping", in_flight=1))
    assert not daemon.ended
    slow.open.set()
    assert daemon.wait() == 0
    assert daemon.cycles("shop") == ["succeeded"]
    assert daemon.leases == []


def test_those_that_take_longer_than_grace_are_interrupted(daemon: Daemon, slow: SlowPartner, slow_url: str) -> None:
    daemon.configure("grace = 0.2", shop=slow_url)
    daemon.begin()
    assert slow.asked.wait(PATIENCE)
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert daemon.cycles("shop") == ["interrupted"]
    assert daemon.leases == []


def test_a_second_signal_does_not_wait(daemon: Daemon, slow: SlowPartner, slow_url: str) -> None:
    daemon.configure("grace = 600", shop=slow_url)
    daemon.begin()
    assert slow.asked.wait(PATIENCE)
    daemon.signal(signal.SIGINT)
    until(lambda: daemon.said("stopping", in_flight=1))
    assert not daemon.ended
    daemon.signal(signal.SIGINT)
    assert daemon.wait() == 0
    assert daemon.cycles("shop") == ["interrupted"]
    assert daemon.leases == []


def test_a_second_daemon_on_the_same_file_is_refused_and_told_who_is_there(daemon: Daemon, url: str) -> None:
    daemon.configure("", shop=url)
    daemon.begin()
    daemon.ready()
    first = daemon.process
    assert first is not None
    daemon.begin()
    assert daemon.wait() == 2
    assert f"crawler.db: process {first.pid} on {socket.gethostname()}" in daemon.err
    assert "Traceback" not in daemon.err
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENCE) == 0
    daemon.begin()
    daemon.ready()


def test_a_database_of_a_newer_version_is_left_alone(daemon: Daemon, url: str) -> None:
    daemon.configure("", shop=url)
    with Store.open(str(daemon.database)) as store, writing(store) as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    daemon.begin()
    assert daemon.wait() == 1
    assert "schema 9999" in daemon.err
    assert "newer" in daemon.err


def test_a_server_that_is_away_at_start_is_waited_for_until_a_signal_comes(daemon: Daemon, url: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # and does not listen
        daemon.environ["RINGCX_CRAWLER_DATABASE"] = f"postgresql://u:{SECRET}@127.0.0.1:{probe.getsockname()[1]}/x"
        daemon.configure("", shop=url)
        daemon.begin()
        until(lambda: daemon.said("database away", retry_in_seconds=1.0))
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
    assert SECRET not in daemon.err


def test_a_server_that_comes_up_later_is_crawled_with_and_one_that_goes_is_waited_for(
    daemon: Daemon, url: str, postgresql: PostgresServer
) -> None:
    with postgresql.database() as name:
        postgresql.stop()
        try:
            daemon.environ["RINGCX_CRAWLER_DATABASE"] = postgresql.url(name)
            daemon.configure("listen = '0'", shop=url)
            daemon.begin()
            until(lambda: daemon.said("database away"))
        finally:
            postgresql.start()
        endpoint = daemon.ready()
        until(lambda: daemon.said("cycle", source="shop", outcome="succeeded"))
        assert get(f"{endpoint}healthz")[0] == 200
        postgresql.stop()
        try:
            until(lambda: get(f"{endpoint}healthz")[0] == 503)
            assert get(f"{endpoint}healthz/live")[0] == 200
        finally:
            postgresql.start()
        until(lambda: get(f"{endpoint}healthz")[0] == 200)
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
    assert PASSWORD not in daemon.err


def test_nothing_configured_is_said(daemon: Daemon) -> None:
    daemon.begin()
    assert daemon.wait() == 2
    assert "no source is configured" in daemon.err


def test_systemd_hears_of_it(daemon: Daemon, url: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        address = str(tmp_path / "notify")
        manager.bind(address)
        manager.settimeout(PATIENCE)
        daemon.environ |= {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "100000"}
        daemon.configure("", shop=url)
        daemon.begin()
        heard: list[str] = []

        def hear(start: str) -> None:
            while not heard or not heard[-1].startswith(start):
                heard.append(manager.recv(4096).decode())

        hear("READY=1\nSTATUS=sources: 1")
        daemon.signal(signal.SIGHUP)
        hear("RELOADING=1\nMONOTONIC_USEC=")
        hear("READY=1")
        hear("WATCHDOG=1")
        daemon.signal(signal.SIGTERM)
        hear("STOPPING=1")
    assert daemon.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("closed", [False, True], ids=["full", "closed"])
def test_a_daemon_outlives_its_stdout(daemon: Daemon, partner: ReferencePartner, closed: bool) -> None:
    with served(partner) as url:
        daemon.configure("", shop=url)
        daemon.first = "exec >&-" if closed else "exec >/dev/full"
        daemon.begin()
        until(lambda: "private_messages.list" in partner.forum.ledger.actions)
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
    assert "Traceback" not in daemon.err


def test_a_directory_for_metrics_that_is_not_there_is_refused_by_name(daemon: Daemon) -> None:
    daemon.configure("", shop="http://127.0.0.1:1/")
    daemon.environ["PROMETHEUS_MULTIPROC_DIR"] = "/nowhere"
    daemon.begin()
    assert daemon.wait() == 2
    assert "error: PROMETHEUS_MULTIPROC_DIR" in daemon.err
    assert "Traceback" not in daemon.err


def test_a_host_to_listen_on_that_can_be_none_is_refused(daemon: Daemon) -> None:
    daemon.configure('listen = "a..b:1"', shop="http://127.0.0.1:1/")
    daemon.begin()
    assert daemon.wait() == 2
    assert "error: nothing can be served at a..b:1: 'a..b' is no host's name" in daemon.err
