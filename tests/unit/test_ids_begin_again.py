"""A partner that was set up anew under the same URL: all its ids begin again (LS12), and mean other contents (OB13)."""

from datetime import timedelta
from typing import Literal

import pytest

from crawler.errors import ActionRefused
from crawler.reference import Listing, reference_partner
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.state import Ref
from tests.unit.shop import SECRET, Shop
from tests.unit.store.writing import rows

REPLY = Draft(object="messages", body="<p>Sorry!</p>")
UNKNOWN: list[Literal["nothing", "everything", "all but the oldest"]] = ["nothing", "everything", "all but the oldest"]


@pytest.fixture(params=UNKNOWN)
async def shop(request: pytest.FixtureRequest, store: Store) -> Shop:
    shop = Shop(store, settings={"listing": Listing(unknown_since_id=request.param)})
    await shop.sync()
    agent = await shop.agent()
    agent.reply("7", REPLY)
    shop.later(minutes=1)
    await shop.sync()
    return shop


def set_up_anew(shop: Shop) -> None:
    """Another forum, fewer or more contents, none of which was there before."""
    shop.later(minutes=10)
    fresh = reference_partner(SECRET, shop.clock, **shop.settings)
    for content in list(fresh.forum.contents.values()):
        at = content.created_at + timedelta(hours=1)
        fresh.forum.edit(content.id, body=f"<p>Anew: {content.id}</p>", created_at=at, author_id="jun")
    for gone in ("10", "11"):
        fresh.forum.remove(gone)
    shop.endpoint = fresh


def stands(shop: Shop, object_name: str = "messages") -> dict[str, str]:
    found = [row for row in rows(shop.store, "content") if row["object"] == object_name and row["deleted_at"] is None]
    return {row["foreign_id"]: row["body"] for row in found}


async def test_it_is_said_and_nothing_is_attached_to_wrong_contents(shop: Shop) -> None:
    """Neither what was queued before, nor what an agent who knows the old contents wants afterwards."""
    agent = await shop.agent()
    agent.act("delete", "7")
    agent.reply("5", REPLY)
    agent.reply("q1", REPLY)
    agent.reply("11", REPLY)  # whose id nothing has any more
    agent.create(Draft(object="messages", body="In it", thread=Ref("threads", foreign_id="1")))
    set_up_anew(shop)

    reports = []
    for _ in range(4):
        reports.append(await shop.sync())
        shop.later(minutes=1)
    said = {remark.rule for report in reports for it in report.objects.values() for remark in it.remarks.counts}
    assert "LS12" in said
    assert not [asked for asked in shop.asked if asked.endswith((".delete", ".create"))]
    assert stands(shop) == {str(n): f"<p>Anew: {n}</p>" for n in range(4, 10)}
    assert stands(shop, "threads") == {str(n): f"<p>Anew: {n}</p>" for n in range(1, 4)}

    with pytest.raises(ActionRefused):
        agent.act("delete", "q1")
    with pytest.raises(ActionRefused):
        agent.reply("11", REPLY)
    agent.reply("9", REPLY)  # said by its id, the new one is meant
    [settled] = [it for it in (await shop.sync()).exports if it.outcome == "succeeded"]
    assert settled.entry.in_reply_to is not None
    assert settled.entry.in_reply_to.foreign_id == "9"


async def test_it_is_noticed_within_an_hour_where_nothing_is_exported(shop: Shop) -> None:
    set_up_anew(shop)
    for minutes in (1, 60, 1, 1):
        shop.later(minutes=minutes)
        await shop.sync()
    assert stands(shop) == {str(n): f"<p>Anew: {n}</p>" for n in range(4, 10)}
    shop.endpoint.forum.add_message("marc", "1", "<p>News</p>")
    shop.later(minutes=1)
    await shop.sync()
    assert stands(shop)["14"] == "<p>News</p>"  # and not what was sent to the one before under this id
    assert [row["content_id"] for row in rows(shop.store, "content") if row["foreign_id"] == "14"] == [None]


async def test_a_partner_that_comes_back_as_it_was_changes_nothing(shop: Shop) -> None:
    """LS12: after a check, which shows the same contents."""
    before = stands(shop)
    shop.later(hours=2)
    report = await shop.sync()
    assert not [it for counted in report.objects.values() for it in counted.remarks.counts if it.rule == "LS12"]
    assert stands(shop) == before


async def test_a_partner_that_is_restored_from_a_backup_keeps_what_is_the_same(shop: Shop) -> None:
    """It gives the ids of what it lost again: those are others, and all else stands."""
    forum = shop.endpoint.forum
    for number in range(4):
        forum.add_message("marc", "1", f"<p>Lost {number}</p>")
    shop.later(minutes=1)
    await shop.sync()
    old = {it: body for it, body in stands(shop).items() if int(it) < 15}
    restored = reference_partner(SECRET, lambda: shop.now - timedelta(minutes=2), **shop.settings)
    restored.forum.contents.update({it: forum.contents[it] for it in restored.forum.contents})
    restored.forum.clock = shop.clock
    restored.forum.add_message("agent", "1", old["14"])
    for number in range(4):
        shop.later(minutes=1)
        restored.forum.add_message("jun", "1", f"<p>Other {number}</p>")
    shop.endpoint = restored
    for minutes in (60, 1, 1, 1):
        shop.later(minutes=minutes)
        await shop.sync()
    found = stands(shop)
    assert {it: found[it] for it in old if it != "14"} == {it: old[it] for it in old if it != "14"}
    assert {it: found.get(it) for it in ("15", "16", "17", "18")} == {
        str(15 + number): f"<p>Other {number}</p>" for number in range(4)
    }
