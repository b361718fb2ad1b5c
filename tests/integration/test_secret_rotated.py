"""A secret that is rotated under a running daemon: no cycle mixes the old one and the new (CY5)."""

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from crawler.cli.serving import served
from crawler.protocol.signature import HEADER, Secret
from tests.integration.test_run_process import PATIENCE, Daemon, daemon_in, until

INFO = "implementation.info"
DECLARED = {"objects": {name: ["list"] for name in ("threads", "messages", "private_messages")}, "options": []}


class Rotating:
    """Takes each of its secrets, as partners do while one is rotated, and signs with the one that it was asked with.

    `asked` are actions and which secret they were signed with; it answers the list of messages while `open` is set.
    """

    def __init__(self, secrets: list[str]) -> None:
        self.secrets = {text: Secret(text) for text in secrets}
        self.asked: list[tuple[str, str]] = []
        self.open = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (event := await receive()) and event["type"] == "http.request":
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        action = json.loads(body)["action"]
        signature = dict(scope["headers"])[HEADER.lower().encode()].decode()
        used = next((text for text, secret in self.secrets.items() if secret.verifies(body, signature)), "none")
        self.asked.append((action, used))
        if action == "messages.list":
            await anyio.to_thread.run_sync(self.open.wait, PATIENCE)
        answer = json.dumps(DECLARED if action == INFO else []).encode()
        headers = [(HEADER.encode(), self.secrets[used].sign(answer).encode())] if used in self.secrets else []
        await send({"type": "http.response.start", "status": 200 if headers else 403, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    @property
    def cycles(self) -> list[set[str]]:
        """The secrets of each cycle."""
        found: list[set[str]] = []
        for action, used in list(self.asked):
            if action == INFO:
                found.append(set())
            found[-1].add(used)
        return found


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with daemon_in(tmp_path / "daemon") as daemon:
        yield daemon


def rotate(daemon: Daemon, secret: str) -> None:
    draft = daemon.directory / "secret.draft"
    draft.write_text(secret)
    draft.chmod(0o600)
    draft.replace(daemon.directory / "shop.secret")


def crawl(daemon: Daemon, url: str, interval: float) -> None:
    daemon.write(
        f'[daemon]\ntick = 0.05\n[sources.shop]\nbase_uri = "{url}"\nlist_interval = {interval}\n'
        'secret_file = "shop.secret"\n'
    )
    daemon.begin()
    daemon.ready()


def test_a_cycle_under_way_ends_under_the_old_secret_and_the_next_begins_under_the_new(daemon: Daemon) -> None:
    partner = Rotating(["the old secret", "the new secret"])
    rotate(daemon, "the old secret")
    with served(partner) as url:  # type: ignore[arg-type]  # any application
        crawl(daemon, url, interval=600)
        until(lambda: ("messages.list", "the old secret") in partner.asked)
        rotate(daemon, "the new secret")
        until(lambda: len(daemon.said("sources loaded")) == 2)
        partner.open.set()
        until(lambda: daemon.cycles("shop") == ["succeeded", "succeeded"])
    assert partner.cycles == [{"the old secret"}, {"the new secret"}]


def test_no_cycle_mixes_secrets_however_often_they_are_rotated(daemon: Daemon) -> None:
    secrets = [f"secret number {number}" for number in range(12)]
    partner = Rotating(secrets)
    partner.open.set()
    rotate(daemon, secrets[0])
    with served(partner) as url:  # type: ignore[arg-type]  # any application
        crawl(daemon, url, interval=0.05)
        for number, secret in enumerate(secrets[1:], 2):
            rotate(daemon, secret)
            daemon.signal(signal.SIGHUP)
            until(lambda number=number: len(daemon.said("sources loaded")) >= number)  # type: ignore[misc]
        until(lambda: partner.cycles[-1] == {secrets[-1]})
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
    assert all(len(used) == 1 for used in partner.cycles)
    assert {used.copy().pop() for used in partner.cycles} >= {secrets[0], secrets[-1]}
    assert set(daemon.cycles("shop")) == {"succeeded"}
    assert not [secret for secret in secrets if secret in daemon.err + daemon.out]
