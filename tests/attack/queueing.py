"""A process that queues replies: ``python -m tests.attack.queueing DATABASE CONFIG ACCEPTED NAME COUNT PAUSE SOURCE…``.

It queues COUNT of them in all (0: until it is killed or told to end), each to one of the sources, about PAUSE seconds
apart. What the store has taken is written to the file ACCEPTED, a line each; what it refused, because the database was
away or locked, is not. It writes how many of each there were.
"""

import random
import signal
import sys
import threading
from itertools import count
from pathlib import Path

from crawler.clock import utc_now
from crawler.errors import CrawlerError
from crawler.reference import AGENT
from crawler.settings import read_configuration
from crawler.store import Store
from crawler.sync.state import OutboxEntry, Ref


def reply(entry_id: str) -> OutboxEntry:
    """A message in answer to another one, which the partner has from its beginning."""
    return OutboxEntry(
        id=entry_id, object="messages", operation="create", queued_at=utc_now(), author_id=AGENT,
        body=f"Reply {entry_id}", format="html",
        thread=Ref("threads", foreign_id="1"), in_reply_to=Ref("messages", foreign_id="11"),
    )  # fmt: skip


def main(words: list[str]) -> None:
    """Do what the command line says."""
    database, config, accepted, name, wanted, pause, *names = words
    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set())
    chance = random.Random(name)
    configuration = read_configuration(config, {})
    taken = refused = 0
    with Store.open(database) as store, Path(accepted).open("a") as ledger:
        for number in count():
            if ends.is_set() or number == int(wanted) > 0:
                break
            source = configuration.source(chance.choice(names))
            entry = reply(f"{name}-{number}")
            try:
                store.queue(source, entry)
            except CrawlerError:
                refused += 1
            else:
                taken += 1
                ledger.write(f"{source.name} {entry.id}\n")
                ledger.flush()
            ends.wait(float(pause) * 2 * chance.random())
    sys.stdout.write(f"{taken} {refused}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
