"""The real daemon, killed again and again at moments that nobody chose, under load."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.serving import served
from crawler.clock import utc_now
from crawler.reference import AGENT, Forum, Listing, ReferencePartner, seeded
from crawler.settings import read_configuration
from crawler.store import Store
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry, Ref
from tests.crash.comparing import check, end_state

pytestmark = pytest.mark.thorough

PATIENCE = 60.0
KILLS = 10
SOURCES = 4
EXPORTS = 30
RUNS = 2.5
"""Seconds that a daemon runs at most before it is killed."""


@contextmanager
def process(directory: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", "-m", "crawler", *words]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with (directory / "err").open("a") as err:
        running = subprocess.Popen(command, cwd=directory, env=environ, stdout=subprocess.PIPE, stderr=err, text=True)
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.communicate()


class Asked(ReferencePartner):
    """A partner that lets a thread wait until somebody asks it for something."""

    asked = threading.Event()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self.asked.set()
        await super().__call__(scope, receive, send)


def partners_of(count: int) -> list[ReferencePartner]:
    """Partners with much to list, a few contents at a time."""
    found: list[ReferencePartner] = []
    for _ in range(count):
        forum = seeded(utc_now)
        forum.fill(messages=150, private_messages=20)
        found.append(Asked("open sesame", forum, listing=Listing(page_size=5)))
    return found


def queue(store: Store, directory: Path, name: str) -> None:
    """Much to send: replies, a thread, messages into that thread."""
    source = read_configuration(str(directory / "crawler.toml"), {}).source(name)
    thread = OutboxEntry(
        id=f"{name}-thread", object="threads", operation="create", queued_at=utc_now(), author_id=AGENT,
        title="Sale", body="All", format="html",
    )  # fmt: skip
    old, new, replied = (
        Ref("threads", foreign_id="1"),
        Ref("threads", entry_id=thread.id),
        Ref("messages", foreign_id="11"),
    )
    entries = [
        OutboxEntry(
            id=f"{name}-{number}", object="messages", operation="create", queued_at=utc_now(), author_id=AGENT,
            body=f"Message {number}", format="html",
            thread=old if number % 2 else new, in_reply_to=replied if number % 2 else None,
        )
        for number in range(EXPORTS)
    ]  # fmt: skip
    for entry in (thread, *entries):
        store.queue(source, entry)


def test_a_daemon_that_is_killed_again_and_again_loses_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    chance = random.Random(seed)
    partners = partners_of(SOURCES)
    names = [f"shop{number}" for number in range(SOURCES)]
    with ExitStack() as stack:
        urls = [stack.enter_context(served(partner)) for partner in partners]
        tables = [f'[sources.{name}]\nbase_uri = "{url}"' for name, url in zip(names, urls, strict=True)]
        head = '[daemon]\ntick = 0.02\n[defaults]\nsecret = "open sesame"\nlist_interval = 0.2\nagent_id = "agent"'
        (tmp_path / "crawler.toml").write_text("\n".join([head, *tables]))
        (tmp_path / "crawler.toml").chmod(0o600)
        database = str(tmp_path / "crawler.db")
        with Store.open(database) as store:
            for name in names:
                queue(store, tmp_path, name)
        for _ in range(KILLS):
            with process(tmp_path, "run") as daemon:
                assert daemon.stdout is not None
                assert "is ready" in daemon.stdout.readline(), (tmp_path / "err").read_text()
                threading.Event().wait(RUNS * chance.random())
                Asked.asked.clear()
                Asked.asked.wait(PATIENCE)  # a cycle is under way; how far it gets until the signal is chance
                daemon.send_signal(signal.SIGKILL)
                assert daemon.wait(PATIENCE) == -signal.SIGKILL
        with process(tmp_path, "sync", "--all", "--until-idle") as finishing:
            said, _ = finishing.communicate(timeout=PATIENCE)
    said += (tmp_path / "err").read_text()
    assert "Traceback" not in said, said
    forums: list[Forum] = [partner.forum for partner in partners]
    contents = given_up = 0
    cycles: list[str] = []
    try:
        with Store.open(database) as store:
            for source in _sources(tmp_path, names):
                cycles += [cycle["outcome"] for cycle in store.cycles(source)]
        for name, forum in zip(names, forums, strict=True):
            got = end_state(database, forum, name)
            given_up += check(got, forum)
            contents += len(got.tables["content"])
    except AssertionError as error:
        error.add_note(f"SEED={seed} plays it once more, as far as time allows\n{said}")
        raise
    assert cycles.count("interrupted") > KILLS // 2  # most of the kills hit something
    assert given_up <= KILLS // 3 * SOURCES
    record_property(
        "figure",
        f"{KILLS} kills (seed {seed}), {len(cycles)} cycles of {SOURCES} sources, "
        f"{cycles.count('interrupted')} of them cut off, {contents} contents, "
        f"{SOURCES * (EXPORTS + 1)} exports, {given_up} of them cut off thrice: 0 lost, 0 doubled",
    )


def _sources(directory: Path, names: list[str]) -> list[Source]:
    configuration = read_configuration(str(directory / "crawler.toml"), {})
    return [configuration.source(name) for name in names]
