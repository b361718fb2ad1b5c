"""Runs the official Python SDK as a partner, in a process of its own.

with official_sdk() as partner:
    ...  # partner.url, partner.secret, partner.control
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import httpx

SECRET = "official-sdk-secret-é"
CONFIG = Path(__file__).with_name("config.py")
START_SECONDS = 20.0
STOP_SECONDS = 5.0
_SDK_VARIABLES = ("FLASK_ENV", "HOST", "NO_ROUTE", "NO_SIGN_CHECK", "PORT", "SERVER_HOME")


class Control:
    """Reads what the partner received, and tells it what to do next: config.py's control route."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}control"

    def ledger(self) -> list[dict[str, Any]]:
        """Every request that came, in order: ``status`` answered, ``body`` (text), ``content_type``, ``signature``."""
        return list(self._state()["ledger"])

    def actions(self) -> list[tuple[str, dict[str, Any]]]:
        """Action and ``params`` of each request that the SDK accepted, in order."""
        bodies = [json.loads(entry["body"]) for entry in self.ledger() if entry["status"] not in (422, 500)]
        return [(body["action"], body.get("params", {})) for body in bodies]

    def contents(self, name: str) -> list[dict[str, Any]]:
        """The partner's own contents of the object `name`, oldest first."""
        return list(self._state()["contents"][name])

    def add(self, name: str, content: dict[str, Any]) -> None:
        """A content of the object `name` comes into being, as the newest."""
        self._order("add", object=name, content=content)

    def refuse_next_create(
        self, message: str, *, fatal: bool = False, status: int | None = None, after_storing: bool = False
    ) -> None:
        """Refuses the next create that is not spoken for yet.

        With a resource error (PU7), or, given a `status`, with that HTTP error. `after_storing`: the content is kept
        all the same, as when an answer is lost on its way.
        """
        self._order("refuse", message=message, fatal=fatal, status=status, after_storing=after_storing)

    def page_size(self, size: int) -> None:
        """At most `size` contents in an answer to a list from now on; 2 at the start."""
        self._order("page", size=size)

    def declare(self, info: dict[str, Any]) -> None:
        """Another ``implementation.info`` from now on."""
        self._order("declare", info=info)

    def reset(self) -> None:
        """Everything as at the start, with an empty ledger."""
        self._order("reset")

    def _order(self, do: str, **what: object) -> None:
        with httpx.Client(trust_env=False) as client:
            client.post(self._url, json={"do": do} | what).raise_for_status()

    def _state(self) -> dict[str, Any]:
        with httpx.Client(trust_env=False) as client:
            state: dict[str, Any] = client.get(self._url).raise_for_status().json()
        return state


@dataclass(frozen=True)
class OfficialSdk:
    """The running partner: its endpoint, its secret, its process id, and how to steer it."""

    url: str
    secret: str
    pid: int
    control: Control


def demo_config() -> Path:
    """The configuration that the SDK itself brings along."""
    spec = find_spec("ringcentral_engage_digital_source_sdk")  # not imported: it would want its secret
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("core") / "config_default.py"


@contextmanager
def official_sdk(secret: str = SECRET, config: Path = CONFIG) -> Iterator[OfficialSdk]:
    """The partner, from its first answer to the end of its process, however the block ends.

    It runs config.py; with another configuration, such as `demo_config`, there is nothing to control.

    Raises `RuntimeError` with the process's output if it does not answer within `START_SECONDS`.
    """
    with tempfile.TemporaryFile() as output:
        process, url = _start(secret, config, output)
        try:
            _wait_until_it_answers(process, url, output)
            yield OfficialSdk(url, secret, process.pid, Control(url))
        finally:
            _stop(process)


def _start(secret: str, config: Path, output: IO[bytes]) -> tuple[subprocess.Popen[bytes], str]:
    """The process, and its endpoint. The socket is bound here, so no one else can take the port in between."""
    environment = {name: value for name, value in os.environ.items() if name not in _SDK_VARIABLES}
    environment["RINGCENTRAL_ENGAGE_DIGITAL_API_TOKEN"] = secret
    environment["PYTHON_DOTENV_DISABLED"] = "1"  # the SDK would read any .env above it
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("serve.py")), str(descriptor), str(config)],
            env=environment,
            pass_fds=[descriptor],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        return process, f"http://127.0.0.1:{listener.getsockname()[1]}/"


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, output: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    why = "it did not answer"
    with httpx.Client(trust_env=False, timeout=1) as client:
        while time.monotonic() < deadline:
            try:
                # The SDK's own route. The kernel takes the connection at once; the answer comes when it serves.
                client.get(f"{url}test").raise_for_status()
            except httpx.HTTPError as error:
                why = repr(error)
            else:
                return
            if process.poll() is not None:
                why = f"it ended with exit code {process.returncode}"
                break
    output.seek(0)
    text = output.read().decode("utf-8", "backslashreplace")
    raise RuntimeError(f"the official SDK did not start: {why}. Its output:\n{text}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends this very process, and waits for its end."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        if process.stdin is not None:
            process.stdin.close()
