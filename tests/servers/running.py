"""Runs a partner on a server that nobody here wrote: in the foreground, on a port of its own, until the block ends.

with running(SERVERS["node"]) as partner:
    ...  # partner.url, partner.calls()
"""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SECRET = "the secret of /every/ server – é"
START_SECONDS = 20.0
STOP_SECONDS = 5.0
PAUSE = 0.02


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a partner runs: a port that is kept for it, a directory of its own, and the paths of what it needs."""

    port: int
    directory: Path
    where: Mapping[str, str]

    def configured(self, name: str, **values: str) -> str:
        """The path of a configuration file of ours, with ``@NAME@`` filled in."""
        text = (HERE / "php" / name).read_text()
        for key, value in ({"port": str(self.port), "directory": str(self.directory)} | values).items():
            text = text.replace(f"@{key.upper()}@", value)
        path = self.directory / name
        path.write_text(text)
        return str(path)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A kind of server: the path of its endpoint; what it needs, as scripts/servers calls it; and how it is started.

    `commands` are its processes. `humble`: it does not serve as root, so that it runs as nobody there. `habits` are
    rules of the judge that it breaks, none of which is a `must`. `environment` is what else its processes are told.
    """

    path: str = "/"
    needs: Sequence[str] = ()
    commands: Callable[[Place], Sequence[Sequence[str]]]
    humble: bool = False
    habits: frozenset[str] = frozenset()
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Running:
    """A partner that is running: its endpoint, and what it was sent."""

    url: str
    ledger: Path

    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Action and `params` of each call that was signed rightly, in order."""
        calls = map(json.loads, self.ledger.read_text().splitlines())
        return [(call["action"], call.get("params", {})) for call in calls]


@cache
def whereabouts() -> dict[str, str | None]:
    """What scripts/servers finds, by name, and where."""
    found: dict[str, str | None] = json.loads(
        subprocess.run([sys.executable, ROOT / "scripts" / "servers", "where"], capture_output=True, check=True).stdout
    )
    return found


@contextmanager
def running(server: Server) -> Iterator[Running]:
    """The partner, from its first answer to the end of all its processes, however the block ends.

    Raises `RuntimeError` with what they printed if it does not answer within `START_SECONDS`.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(reserved_port())
        where = {name: path for name in server.needs if (path := whereabouts()[name])}
        place = Place(port=port, directory=directory, where=where)
        shutil.copytree(HERE / "php", directory / "php")  # who runs as nobody may not read them where they are
        shutil.copy(HERE / "seed.json", directory)
        ledger, output = directory / "ledger", directory / "output"
        ledger.touch()
        output.touch()
        environment = os.environ | {
            "PARTNER_LEDGER": str(ledger),
            "PARTNER_PORT": str(port),
            "PARTNER_SECRET": SECRET,
            "PARTNER_STATE": str(directory / "state"),
            **(server.environment or {}),
        }
        commands = server.commands(place)
        user = "nobody" if server.humble and os.geteuid() == 0 else None
        if user is not None:
            give(directory, user)
        processes = [
            stack.enter_context(process(command, environment, user, stack.enter_context(output.open("ab"))))
            for command in commands
        ]
        url = f"http://127.0.0.1:{port}{server.path}"
        if why := unanswering(url, processes):
            raise RuntimeError(f"{commands} did not start: {why}. They printed:\n{output.read_text(errors='replace')}")
        yield Running(url, ledger)


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port that nobody else is given as long as the block lasts, and that a server can listen on all the same."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def give(directory: Path, user: str) -> None:
    """Make a directory, and all in it, a user's."""
    entry = pwd.getpwnam(user)
    for path in (directory, *directory.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid)


@contextmanager
def process(
    command: Sequence[str], environment: Mapping[str, str], user: str | None, output: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a group of its own: with it end its children."""
    group = pwd.getpwnam(user).pw_gid if user else None
    started = subprocess.Popen(
        command,
        cwd=ROOT if user is None else "/",
        env=environment,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        started.terminate()  # so that it sees its children end
        with suppress(subprocess.TimeoutExpired):
            started.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def unanswering(url: str, processes: Sequence[subprocess.Popen[bytes]]) -> str:
    """Wait until an unsigned request is refused; why it never was, otherwise empty."""
    why = "it did not answer"
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False, timeout=5) as client:
        while time.monotonic() < deadline:
            try:
                answer = client.post(url, content=b"{}", headers={"Content-Type": "application/json"})
            except httpx.HTTPError as error:
                why = repr(error)
            else:
                if answer.is_client_error:
                    return ""
                why = f"it answered {answer.status_code}"
            for each in processes:
                try:
                    each.wait(PAUSE)
                except subprocess.TimeoutExpired:
                    continue
                return f"{why}, and one ended with exit code {each.returncode}"
    return why
