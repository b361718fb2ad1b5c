"""Trouble below: a disk that is full, a server that is restarted in mid-commit, a clock that is set back and forth."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa

from crawler.cli.serving import served
from crawler.cycle import cycles_until_idle
from crawler.errors import DatabaseUnavailable
from crawler.partner import Partner
from crawler.reference import seeded
from crawler.store import Store
from crawler.store.sql import Transaction
from crawler.store.sqlite import SQLite
from crawler.sync.queueing import Draft
from crawler.sync.source import Source
from tests.crash.comparing import check, end_state
from tests.crash.crawling import clock, source_at
from tests.crash.partner import LastingPartner
from tests.database import writing
from tests.postgresql import PostgresServer
from tests.unit.cycling import counts, ids
from tests.unit.shop import Shop
from tests.unit.store.writing import rows


async def test_a_disk_that_fills_up_loses_nothing_and_once_there_is_room_the_next_cycle_goes_on(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "crawler.db")
    with Store.open(path) as store:
        shop = Shop(store)
        shop.endpoint.forum.fill(messages=500)
        store.register(shop.source)
        _fill(store)
        with pytest.raises(DatabaseUnavailable, match="database or disk is full") as caught:
            await shop.sync()
        assert "free some space on the disk" in caught.value.hint
        stored = ids(shop)
        cursors = store.cursors(shop.source)
        assert stored == []
        assert cursors.get("messages") is None
    with Store.open(path) as shop.store:
        _lapse(shop.store)
        report = await shop.sync()
        assert not report.failed
        assert counts(report) == (508, 0, 0, 0)
        assert len(ids(shop)) == len(set(ids(shop))) == 508


def _lapse(store: Store) -> None:
    """The lease of the cycle that broke off is taken over at once from a process that is gone; this one lives."""
    with writing(store) as session:
        session.execute(sa.text("UPDATE source SET lease_until = 0"))


def _fill(store: Store) -> None:
    """Leave room for a few pages more, as on a disk that is nearly full."""
    assert isinstance(store.backend, SQLite)
    [[pages]] = store.backend.connection.execute("PRAGMA page_count").fetchall()
    store.backend.connection.execute(f"PRAGMA max_page_count = {pages + 12}")


T = TypeVar("T")


class Restarted(Store):
    """A store whose server is gone at the moment of a commit: before it (`committed` is false), or right after it."""

    server: PostgresServer
    at = 0
    committed = False

    @contextmanager
    def transaction(self, *, writing: bool = True, limited: bool = True, beside: bool = False) -> Iterator[Transaction]:
        transaction = super().transaction(writing=writing, limited=limited, beside=beside)
        with self._restarted(transaction) if writing else transaction as tx:
            yield tx

    @contextmanager
    def _restarted(self, transaction: AbstractContextManager[T]) -> Iterator[T]:
        with transaction as it:
            yield it
            type(self).at -= 1
            if self.at == 0 and not self.committed:
                self.server.kill()
        if self.at == 0 and self.committed:
            self.server.kill()


async def crawl(shop: Source, store: Store, partner: Partner) -> None:
    async for _ in cycles_until_idle(shop, store, partner=partner, clock=clock):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after it"])
async def test_a_server_that_is_restarted_in_mid_commit_loses_nothing(
    postgresql: PostgresServer, committed: bool, record_property: Callable[[str, object], None]
) -> None:
    partner = LastingPartner()
    restarts = 0
    with served(partner) as base_uri:
        shop = source_at(base_uri)
        for at in (1, 2, 4, 7):
            partner.set_back(seeded(clock))
            forum = partner.forum
            with postgresql.database() as copy_of:
                url = postgresql.url(copy_of)
                with Restarted.open(url) as store:
                    Restarted.server, Restarted.at, Restarted.committed = postgresql, at, committed
                    async with Partner(shop, clock=clock) as line:
                        with pytest.raises(DatabaseUnavailable) as caught:
                            await crawl(shop, store, line)
                        assert "start" in caught.value.hint
                        postgresql.start()
                        restarts += 1
                        _lapse(store)
                        await crawl(shop, store, line)
                assert check(end_state(url, forum), forum) == 0
    record_property("figure", f"{restarts} restarts: 0 contents lost, 0 doubled")


async def test_a_clock_that_is_set_back_and_forth_loses_nothing_and_doubles_nothing() -> None:
    with Store.open("sqlite://") as store:
        shop = Shop(store)
        await shop.sync()
        agent = await shop.agent()
        for days in (-400, 800, -1, 0, 3, -3):
            shop.later(days=days)
            agent.reply("11", Draft(object="messages", body=f"{days} days"))
            shop.endpoint.forum.add_message("jun", "1", f"New after {days} days")
            report = await shop.sync()
            assert not report.failed
        await shop.sync()
        standing = {it.id for it in shop.endpoint.forum.standing("messages")}
        assert set(ids(shop)) == standing
        assert len(ids(shop)) == len(standing)
        assert {row["status"] for row in rows(store, "outbox")} == {"success"}
        assert [entry.params["retry"] for entry in shop.endpoint.forum.ledger.of("messages.create")] == [False] * 6


def test_a_source_is_due_again_once_the_daemon_starts_after_the_clock_was_set_back() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    with Store.open("sqlite://", clock=lambda: now) as store:
        shop = Shop(store)
        store.manage([shop.source])
        now = datetime(2020, 3, 1, tzinfo=UTC)
        assert store.claim("me", limit=1) == []
        store.manage([shop.source])
        longest = max(shop.source.list_interval, shop.source.no_list_interval)
        [lease] = store.claim("me", limit=1, ahead=1.5 * longest + 1)
        assert longest <= lease.due - now.timestamp()  # when it was crawled last, nobody can tell (CY1)


def test_no_time_that_a_cycle_plans_is_taken_for_a_clock_that_was_set_back() -> None:
    """Not even that of a short interval and a long deadline, by a process that died."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    with Store.open("sqlite://", clock=lambda: now) as store:
        shop = Shop(store).source
        source = replace(shop, list_interval=1, no_list_interval=1, backoff_cap=1, deadline=300)
        store.manage([source])
        store.begin_cycle(source, "process 1 on elsewhere", now, *store.claim("process 1 on elsewhere", limit=1))
        [planned] = [row["due_at"] for row in rows(store, "source")]
        store.manage([source])
        assert [row["due_at"] for row in rows(store, "source")] == [planned]
