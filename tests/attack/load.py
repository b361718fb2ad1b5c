"""Very many of everything: what it costs, in seconds of the processor and in memory, within generous bounds."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import sqlalchemy as sa

from crawler.settings import read_configuration
from crawler.store import Store
from crawler.store.schema import metadata
from crawler.sync.source import Source
from tests.attack.queueing import reply
from tests.attack.table import Row
from tests.attack.world import PATIENCE, ROOT, Database, database_in, program
from tests.database import reading, writing
from tests.integration.daemon.partners import INFO, Asked, Partners
from tests.integration.test_run_process import Daemon, until

PAGE = 1_000
HEAD = "[defaults]\nsecret = 'open sesame'\nagent_id = 'agent'\nlist_interval = 3600\n"


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds of the processor, peak memory (at least its parent's), exit code."""

    cpu: float
    megabytes: float
    code: int

    def __str__(self) -> str:
        return f"{self.cpu:.1f} s CPU {self.megabytes:.0f} MB"


def ended(process: subprocess.Popen[Any]) -> Cost:
    """Wait for a process; what it took."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


class Place:
    """A directory with a configuration and a database, where commands are run and what they cost is kept in bounds."""

    def __init__(self, directory: Path, sources: Sequence[str], partners: Partners, database: str = "") -> None:
        directory.mkdir()
        self.directory = directory
        self.database = database or str(directory / "crawler.db")
        self.config = directory / "crawler.toml"
        self.config.write_text(
            HEAD + "\n".join(f"[sources.{name}]\nbase_uri = '{partners.url(name)}'" for name in sources)
        )
        self.config.chmod(0o600)

    def source(self, name: str) -> Source:
        return read_configuration(str(self.config), {}).source(name)

    def command(self, row: Row, words: Sequence[str], *, cpu: float, megabytes: float) -> None:
        """Run a command, which has to succeed within so many seconds of the processor and so much memory."""
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "--config", str(self.config), "--database", self.database, *words],
            cwd=self.directory, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        cost = ended(process)
        self.judge(row, words[0], cost, cpu=cpu, megabytes=megabytes)

    @staticmethod
    def judge(row: Row, name: str, cost: Cost, *, cpu: float, megabytes: float) -> None:
        """Note what something cost, and hold it against its bounds."""
        row.tried += 1
        row.figure += f"{', ' if row.figure else ''}{name} {cost}"
        row.expect(cost.code == 0, f"{name} ended with {cost.code}")
        row.expect(cost.cpu < cpu, f"{name} took {cost}, {cpu:.0f} s are allowed")
        row.expect(cost.megabytes < megabytes, f"{name} took {cost}, {megabytes:.0f} MB are allowed")


def many_sources(directory: Path, count: int = 10_000) -> Row:
    """So many in one configuration file, and it is reloaded while they are crawled."""
    row = Row(f"{count:,} sources in one file")
    names = [f"s{number:05}" for number in range(count)]
    with Partners() as partners:
        place = Place(directory, names, partners)
        place.command(row, ["sync", names[-1]], cpu=20, megabytes=400)
        place.command(row, ["status"], cpu=25, megabytes=400)
        daemon = Daemon(directory)
        begun, ready = monotonic(), 0.0
        daemon.begin()
        assert daemon.process is not None
        try:
            daemon.ready()
            ready = monotonic() - begun
            until(lambda: len(partners.begun) > count / 100)
            daemon.signal(signal.SIGHUP)
            until(lambda: len(daemon.said("sources loaded")) > 1)
            reloaded = len(partners.begun)
            until(lambda: len(partners.begun) > min(reloaded + count / 100, count - 1))
            daemon.signal(signal.SIGTERM)
        except AssertionError as error:
            row.expect(holds=False, otherwise=f"run: {str(error)[:300]}")
            daemon.signal(signal.SIGKILL)
        told = monotonic()
        cost = ended(daemon.process)
        row.expect(monotonic() - told < 35, f"run ended {monotonic() - told:.1f} s after SIGTERM")
        place.judge(row, "run and reload", cost, cpu=120, megabytes=500)
        row.expect(max(partners.begun.values()) <= 2, "a source was crawled again before it was due")
    row.figure += f", ready in {ready:.1f} s"
    return row


def long_outbox(directory: Path, count: int = 100_000) -> Row:
    """So many entries wait: agents go on queueing, and look at them."""
    row = Row(f"an outbox of {count:,} entries")
    with Partners() as partners:
        place = Place(directory, ["shop"], partners)
        with Store.open(place.database) as store:
            store.queue(place.source("shop"), reply("first"))
            table = metadata.tables["outbox"]
            with writing(store) as session:
                first = dict(session.execute(sa.select(table)).mappings().one())
                del first["position"]
                for start in range(1, count, PAGE):
                    portion = range(start, min(start + PAGE, count))
                    session.execute(table.insert(), [{**first, "id": f"r{number}"} for number in portion])
        place.command(row, ["status"], cpu=10, megabytes=400)
        place.command(row, ["outbox", "shop"], cpu=60, megabytes=1_000)
        place.command(row, ["plan", "shop"], cpu=60, megabytes=1_000)
    return row


def many_contents(directory: Path, count: int) -> Row:
    """One source has so many: it is imported, is found to be up to date, and is read."""
    row = Row(f"a source with {count:,} contents")

    def listed(asked: Asked) -> object:
        since = int(asked.params.get("since_id") or 0)
        ids = range(min(since + PAGE, count), since, -1)
        author = {"id": "ann", "screenname": "Ann"}
        return [{"id": str(number), "author": author, "body": f"Message {number}"} for number in ids]

    with Partners() as partners:
        partners.answers["shop", "messages.list"] = listed
        place = Place(directory, ["shop"], partners)
        place.command(row, ["sync", "shop"], cpu=20 + count / 1_000, megabytes=400)
        place.command(row, ["sync", "shop"], cpu=10, megabytes=400)
        place.command(row, ["status"], cpu=10, megabytes=400)
        place.command(row, ["messages", "shop", "--limit", "50"], cpu=20, megabytes=400)
        with Store.open(place.database) as store, reading(store) as session:
            stored = session.scalar(sa.select(sa.func.count()).select_from(metadata.tables["content"])) or 0
    row.lost, row.doubled = max(count - stored, 0), max(stored - count, 0)
    return row


def many_queue_at_once(database: Database, processes: int = 20, each: int = 25) -> Row:
    """So many processes queue replies to one source at the same moment; then all of them are sent."""
    row = Row(f"{processes} processes queue to one source, {'PostgreSQL' if '://' in database.at else 'SQLite'}")
    made: list[str] = []

    def create(asked: Asked) -> object:
        made.append(str(asked.params["content_id"]))
        return {"id": f"made-{len(made)}"}

    with Partners() as partners:
        partners.answers["shop", "implementation.info"] = lambda _asked: INFO
        partners.answers["shop", "messages.create"] = create
        place = Place(database.directory / "queue", ["shop"], partners, database.at)
        accepted = place.directory / "accepted"
        words = (place.database, str(place.config), str(accepted))
        Store.open(place.database).close()
        running = [
            program("tests.attack.queueing", *words, f"q{number}", str(each), "0", "shop")
            for number in range(processes)
        ]
        said = [process.communicate(timeout=PATIENCE)[0].split() for process in running]
        place.command(row, ["sync", "shop", "--until-idle"], cpu=60, megabytes=300)
    row.tried = processes * each
    taken = accepted.read_text().split()[1::2]
    row.lost, row.doubled = len(set(taken) - set(made)), len(made) - len(set(made))
    refused = sum(int(words[1]) for words in said)
    row.expect(not refused, f"{refused} replies were refused")
    row.expect(len(taken) == processes * each, f"{len(taken)} of {processes * each} replies were queued")
    return row


def loads(directory: Path, databases: Sequence[str], contents: int) -> list[Row]:
    """All of these."""
    rows: list[Row] = []
    for name in databases:
        there = directory / f"queueing-{name}"
        there.mkdir()
        with database_in(there, name) as database:
            rows.append(many_queue_at_once(database))
    rows.append(many_contents(directory / "contents", contents))
    rows.append(long_outbox(directory / "outbox"))
    rows.append(many_sources(directory / "sources"))
    return rows
