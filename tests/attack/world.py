"""What is attacked: daemons over a database, partners in another process, and processes that queue replies."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from tests.attack.partner import SECRETS
from tests.integration.daemon.test_namespaces import CONTAINER
from tests.integration.test_hanging import locked
from tests.integration.test_run_process import Daemon
from tests.postgresql import PostgresServer

GRACE = 3.0
INTERVAL = 2.0
DEADLINE = 3.0
QUEUERS = 3
PATIENCE = 120.0
ROOT = Path(__file__).parents[2]


def containers_allowed() -> bool:
    """Whether this machine lets us make PID namespaces."""
    return bool(shutil.which("unshare")) and not _tried([*CONTAINER, "true"])


def _tried(command: list[str]) -> int:
    return subprocess.run(command, check=False, capture_output=True).returncode


def program(module: str, *words: str, **options: Any) -> subprocess.Popen[str]:
    """One of our own modules as a process."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", module, *words], env=environ, text=True, stdout=subprocess.PIPE, **options
    )


@dataclass(frozen=True)
class Database:
    """Where it is, what holds it while that is entered, and a directory for what else is written."""

    at: str
    hang: Callable[[], AbstractContextManager[None]]
    directory: Path


@contextmanager
def database_in(directory: Path, kind: str) -> Iterator[Database]:
    """A new database, SQLite's or one of a PostgreSQL server of our own."""
    if kind == "sqlite":
        file = directory / "crawler.db"
        yield Database(str(file), lambda: locked(file), directory)
        return
    with tempfile.TemporaryDirectory() as data:
        server = PostgresServer(Path(data))
        server.start()
        try:
            with server.database() as name:
                yield Database(server.url(name), server.frozen, directory)
        finally:
            server.stop()


class World:
    """Everything, started by entering it."""

    def __init__(self, database: Database, *, seed: str, sources: int, daemons: int) -> None:
        self.database, self.hang, self.directory, self.seed = database.at, database.hang, database.directory, seed
        directory = database.directory
        self.names = [f"shop{number:02}" for number in range(sources)]
        self.accepted = directory / "accepted"
        self.daemons = [Daemon(directory / f"daemon{number}") for number in range(daemons)]
        self.contained = [False] * daemons
        self.queuers: list[subprocess.Popen[str]] = []
        self.secret = 0
        self._processes: list[subprocess.Popen[str]] = []
        self._numbers = iter(range(10**6))

    def __enter__(self) -> Self:
        self.accepted.touch()
        self.partner = program("tests.attack.partner", self.seed, *self.names, stdin=subprocess.PIPE)
        self.greedy = program("tests.integration.daemon.greedy")
        self._processes += [self.partner, self.greedy]
        assert self.partner.stdout is not None
        assert self.greedy.stdout is not None
        self.url, self.greedy_url = self.partner.stdout.readline().strip(), int(self.greedy.stdout.readline())
        for daemon in self.daemons:
            daemon.directory.mkdir()
        self.configure()
        for number in range(len(self.daemons)):
            self.start(number)
        for _ in range(QUEUERS):
            self.add_queuer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for daemon in self.daemons:
            if daemon.process is not None and not daemon.ended:
                daemon.process.kill()
                daemon.process.wait()
        for process in [*self.queuers, *self._processes]:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def configure(self) -> None:
        """Write the configuration, and the secret that is the one now, for each daemon."""
        head = (
            f"[daemon]\ntick = 0.1\ngrace = {GRACE}\n[defaults]\nagent_id = 'agent'\nsecret_file = 'the.secret'\n"
            f"list_interval = {INTERVAL}\ndeadline = {DEADLINE}"
        )
        good = [f"[sources.{name}]\nbase_uri = '{self.url}{name}'\nbackoff_cap = {INTERVAL}" for name in self.names]
        bad = [
            f"[sources.{name}]\nbase_uri = 'http://127.0.0.1:{self.greedy_url}/{name}'"
            for name in ("chunks", "continue")
        ]
        for daemon in self.daemons:
            draft = daemon.directory / "secret.draft"
            draft.write_text(SECRETS[self.secret])
            draft.chmod(0o600)
            draft.replace(daemon.directory / "the.secret")
            daemon.write("\n".join([head, *good, *bad]))

    def start(self, number: int, *, contained: bool = False) -> None:
        """Start a daemon, in a PID namespace of its own where that is wanted, and wait until it is ready."""
        daemon = self.daemons[number]
        daemon.before = list(CONTAINER) if contained else []
        daemon.environ = {"RINGCX_CRAWLER_DATABASE": self.database}
        self.contained[number] = contained
        daemon.begin()
        daemon.ready()

    def inside(self, number: int) -> int:
        """The daemon's process id, as it is counted here."""
        process = self.daemons[number].process
        assert process is not None
        if not self.contained[number]:
            return process.pid
        [child] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return int(child)

    def signal(self, number: int, what: signal.Signals) -> None:
        os.kill(self.inside(number), what)

    def stop(self, number: int) -> float:
        """Tell a daemon to end; returns the seconds that it took."""
        begun = monotonic()
        self.signal(number, signal.SIGTERM)
        process = self.daemons[number].process
        assert process is not None
        process.wait(PATIENCE)
        return monotonic() - begun

    def add_queuer(self) -> None:
        """One process more that queues replies."""
        words = (self.database, str(self.daemons[0].config), str(self.accepted), f"q{next(self._numbers)}", "0", "0.7")
        err = (self.directory / "queuers").open("a")
        with err:
            self.queuers.append(program("tests.attack.queueing", *words, *self.names, stderr=err))

    def ask(self, command: str, *words: str) -> Any:
        """Let the partners' process do something."""
        assert self.partner.stdin is not None
        assert self.partner.stdout is not None
        self.partner.stdin.write(json.dumps([command, *words]) + "\n")
        self.partner.stdin.flush()
        return json.loads(self.partner.stdout.readline())

    def sync(self, names: list[str], *words: str, before: Sequence[str] = ()) -> tuple[int, str]:
        """Crawl by hand; returns the exit code, and what it said of errors, or else of what it did."""
        command = ["--config", str(self.daemons[0].config), "--database", self.database, "sync", *words, *names]
        environ = {**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        done = subprocess.run(
            [*before, sys.executable, "-m", "crawler", *command],
            check=False, capture_output=True, text=True, cwd=ROOT, env=environ,
        )  # fmt: skip
        return done.returncode, done.stderr or done.stdout

    def settle(self) -> str:
        """Nobody writes any more; crawl until nothing is left to do. Returns what is wrong about that."""
        for queuer in self.queuers:
            if queuer.poll() is None:
                queuer.terminate()
                queuer.wait(PATIENCE)
        self.ask("rest")
        deadline = monotonic() + PATIENCE
        while True:  # a lease that nobody proves to be nobody's lasts for a while
            code, said = self.sync(self.names, "--until-idle")
            if code == 0 or monotonic() > deadline:
                return said if code else ""
