"""What random histories have found, each as the shortest history that shows it."""

from collections.abc import Iterator

import pytest

from crawler.reference import LosesReply
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.state import Ref
from tests.unit.shop import Shop

PICTURE = {"url": "https://shop.example/b.png", "filename": "b.png"}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Store.open("sqlite://") as store:
        yield Shop(store)


async def write_message(shop: Shop) -> str:
    """The content_id of an agent's message with a picture, queued."""
    draft = Draft(object="messages", body="Hello", thread=Ref("threads", foreign_id="1"), attachments=(PICTURE,))
    return (await shop.agent()).create(draft).id


async def test_a_created_content_is_unchanged_when_a_list_shows_it_as_it_was_sent(shop: Shop) -> None:
    """Its attachments were stored in another spelling than lists have, which made it count as updated (LS4)."""
    await shop.sync()
    content_id = await write_message(shop)
    await shop.sync()
    before = shop.store.content(shop.source, content_id)

    shop.later(minutes=1)
    report = await shop.sync()

    assert (report.objects["messages"].listed, report.objects["messages"].updated) == (1, 0)
    assert shop.store.content(shop.source, content_id) == before


async def test_what_a_list_shows_before_its_creation_is_answered_keeps_its_content_id(shop: Shop) -> None:
    """The answer to the first attempt is lost, a list shows the content, the repeat is answered (PU2, PU3)."""
    await shop.sync()
    content_id = await write_message(shop)
    shop.endpoint.plan("messages.create", LosesReply(done=True))
    await shop.sync()
    shop.later(minutes=1)
    await shop.sync()

    assert [it["content_id"] for it in shop.store.content(shop.source, content_id)] == [content_id]
    assert [it.params["retry"] for it in shop.endpoint.forum.ledger.of("messages.create")] == [False, True]
