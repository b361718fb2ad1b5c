"""Makes a database of schema 0002, as SQL on stdout, with something in it of all that there can be.

0002.sql is what it wrote in a checkout of commit 7a97163, the last one with that schema (but for the lines on top)::

    python -m tests.unit.store.carried.make_0002 > 0002.sql
"""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

from crawler.agent import Agent
from crawler.reference import DEFAULT, Fails, Rejects, Says
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.source import Source
from crawler.sync.state import Ref
from tests.unit.shop import NOON, SECRET, Shop


class CarriedShop(Shop):
    """A shop whose entries have ids of 32 hex digits, as they had by then."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.source = replace(self.source, keep_cycles=3, keep_bytes=60)
        self._numbers = count(1)

    def new_id(self) -> str:
        return f"{next(self._numbers):032x}"


def draft(body: str, **fields: object) -> Draft:
    return Draft(**{"object": "messages", "body": body, **fields})  # type: ignore[arg-type]


async def fill(store: Store) -> None:
    """A source with an outbox in all states; and one that was only registered."""
    shop = CarriedShop(store)
    shop.endpoint.capabilities = replace(DEFAULT, options=(*DEFAULT.options, "messages.attachments"))
    partner = shop.endpoint
    await shop.sync()
    agent = await shop.agent()
    agent.reply("7", draft("<p>sent</p>"))
    agent.create(Draft(object="threads", title="Sale 🎉", body="<p>sent</p>"))
    agent.act("delete", "5")
    agent.act("delete", "8")
    agent.act("unpublish", "9")
    agent.reply("10", draft("refused for good"))
    agent.reply("11", draft("answered with the id of another content"))
    agent.reply("4", draft("given up after three attempts"))
    agent.reply("6", draft("granted three more"))
    agent.act("delete", agent.create(draft("cancelled", thread=Ref("threads", foreign_id="1"))).id)
    shown = {"id": "sent-1", "author": {"id": "agent", "screenname": "The shop"}, "thread_id": "2", "body": "b"}
    shown |= {"actions": ["delete", "mark_as_solved"]}
    partner.plan("messages.create", Says(shown), Rejects("never", fatal=True), Says({"id": "11"}))
    partner.plan("messages.create", Fails(500), times=6)
    partner.plan("messages.delete", Says({}), Rejects("never", fatal=True))
    partner.plan("messages.unpublish", Rejects("never", fatal=True))
    for _ in range(3):
        shop.later(minutes=1)
        await shop.sync()
    granted = store.entries(shop.source)[8]["id"]
    store.retry(shop.source, granted)
    partner.plan("messages.create", Fails(500), times=2)
    agent.reply("7", draft("<p>begun</p>", format="html", attachments=[{"url": "https://shop.example/é.png"}]))
    message = {"author": {"id": "marc", "screenname": "Marc"}, "body": "b", "created_at": "2024-03-01T00:00:00Z"}
    asked = [{**message, "id": "m-1", "thread_id": "cannot be had", "in_reply_to_id": "later"}]
    partner.plan("messages.list", Says(asked))
    shop.later(minutes=1)
    await shop.sync()
    await go_on(shop, agent, message)


async def go_on(shop: CarriedShop, agent: Agent, message: Mapping[str, object]) -> None:
    """A thread that is not looked up, a deletion, and what waits; then a cycle that never ends."""
    partner, store = shop.endpoint, shop.store
    partner.capabilities = partner.capabilities.without("threads.show")
    partner.plan("messages.list", Says([{**message, "id": "m-2", "thread_id": "not asked for"}]))
    partner.plan("implementation.info", Says(partner.capabilities.info()))
    partner.plan("messages.create", Fails(503), Fails(503))
    agent.act("delete", "13")
    shop.later(minutes=1)
    await shop.sync()

    thread = agent.create(Draft(object="threads", title="Pending", body="<p>pending</p>"))
    agent.create(draft("<p>in it</p>", thread=Ref("threads", entry_id=thread.id)))
    agent.reply("12", Draft(object="private_messages", body="pending"))
    agent.act("mark_as_solved", f"{1:032x}")
    agent.act("escalate", "7")

    store.manage([shop.source, Source(name="quiet", base_uri="http://quiet.example/", secret=SECRET)])
    store.begin_cycle(shop.source, "process 1 on elsewhere", NOON + timedelta(hours=1))


async def recognise(store: Store) -> None:
    """A source whose partner ignores since_id, so that its pages are recognised."""
    deaf = Shop(store, Source(name="deaf", base_uri="http://deaf.example/", secret=SECRET, keep_cycles=1, keep_bytes=9))
    deaf.endpoint.fault = Shop(store, settings={"fault": "ignores-since-id"}).endpoint.fault
    for _ in range(3):
        await deaf.sync()


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "crawler.db"
        with Store.open(str(path)) as store:
            asyncio.run(fill(store))
            asyncio.run(recognise(store))
        with sqlite3.connect(path) as connection:
            sys.stdout.writelines(f"{line}\n" for line in connection.iterdump())


if __name__ == "__main__":
    main()
