"""Whole cycles against the platform vendor's own Python SDK, in its own process: a partner that nobody here wrote."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from crawler.agent import Agent, ask_info
from crawler.cycle import run_cycle
from crawler.errors import ErrorStatus
from crawler.partner import Partner
from crawler.protocol.signature import Secret
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from crawler.sync.state import Ref, Status
from tests.partners.official_sdk.process import Control, OfficialSdk, official_sdk
from tests.unit.store.writing import everything, rows

IN_THREAD = Ref("threads", foreign_id="thread-k")


@pytest.fixture(scope="module")
def running() -> Iterator[OfficialSdk]:
    with official_sdk() as sdk:
        yield sdk


@dataclass
class Customer:
    """A source whose partner is the SDK, crawled over a real connection into a file."""

    source: Source
    store: Store
    partner: Partner
    control: Control

    async def sync(self) -> CycleReport:
        return await run_cycle(self.source, self.store, partner=self.partner)

    async def agent(self) -> Agent:
        numbers = count(1)
        info = await ask_info(self.source, self.store, self.partner)
        return Agent(self.source, self.store, info, new_id=lambda: f"q{next(numbers)}")

    async def create(self, body: str = "On its way", **fields: Any) -> None:
        draft = Draft(**{"object": "messages", "body": body, "thread": IN_THREAD, "author_id": "user-agent", **fields})
        await self.sync()
        (await self.agent()).create(draft)

    def imported(self, object_name: str) -> set[str]:
        """The ids of what was imported and not deleted."""
        found = [row for row in rows(self.store, "content") if row["object"] == object_name]
        return {row["foreign_id"] for row in found if row["deleted_at"] is None}

    def at_the_partner(self, object_name: str) -> list[str]:
        return [content["id"] for content in self.control.contents(object_name)]

    def sent(self, action: str) -> list[dict[str, Any]]:
        return [params for name, params in self.control.actions() if name == action]


@pytest.fixture
async def customer(running: OfficialSdk, tmp_path: Path) -> AsyncIterator[Customer]:
    running.control.reset()
    source = Source(name="sdk", base_uri=running.url, secret=Secret(running.secret), ascii_json=True, deadline=10.0)
    with Store.open(str(tmp_path / "crawler.db")) as store:
        async with Partner(source) as partner:
            yield Customer(source, store, partner, running.control)


async def test_everything_is_imported_page_by_page(customer: Customer) -> None:
    report = await customer.sync()

    assert (report.failed, report.remarks) == (False, ())
    for name in ("threads", "messages", "private_messages"):
        assert customer.imported(name) == set(customer.at_the_partner(name))
    assert [it.get("since_id") for it in customer.sent("messages.list")] == [
        None,
        "message-c",
        "message-a",
        "message-m",
    ]
    bodies = {row["foreign_id"]: row["body"] for row in rows(customer.store, "content")}
    assert bodies["message-x"] == "Nous cherchons 🔍"
    assert bodies["message-a"] == "<merci> & à bientôt"
    assert {row["foreign_id"] for row in rows(customer.store, "identity")} == {"user-agent", "user-zoë", "user-ivan"}


async def test_a_second_cycle_changes_nothing(customer: Customer) -> None:
    await customer.sync()
    before = everything(customer.store)
    report = await customer.sync()
    after = everything(customer.store)

    assert report.idle
    for table in ("content", "identity", "cursor", "lookup", "outbox"):
        assert after[table] == before[table]


async def test_what_is_new_comes_with_the_next_cycle(customer: Customer) -> None:
    await customer.sync()
    zoe = {"id": "user-zoë", "screenname": "Zoë Müller"}
    customer.control.add("messages", {"id": "message-0", "body": "ñ", "thread_id": "thread-k", "author": zoe})
    report = await customer.sync()

    assert report.objects["messages"].new == 1
    assert "message-0" in customer.imported("messages")


async def test_what_agents_create_arrives_once(customer: Customer) -> None:
    await customer.sync()
    agent = await customer.agent()
    agent.create(Draft(object="threads", title="News", body="Nous déménageons 📦", author_id="user-agent"))
    agent.reply("message-q", Draft(object="messages", body="Bientôt !", author_id="user-agent"))
    agent.reply("private-t", Draft(object="private_messages", body="Noté.", author_id="user-agent"))
    report = await customer.sync()

    assert [(settled.entry.action, settled.outcome) for settled in report.exports] == [
        ("threads.create", "succeeded"),
        ("messages.create", "succeeded"),
        ("private_messages.create", "succeeded"),
    ]
    assert customer.control.contents("threads")[-1]["body"] == "Nous déménageons 📦"
    reply = customer.control.contents("messages")[-1]
    assert (reply["body"], reply["in_reply_to_id"], reply["thread_id"]) == ("Bientôt !", "message-q", "thread-k")
    assert customer.control.contents("private_messages")[-1]["recipient"]["id"] == "user-zoë"
    for name in ("threads", "messages", "private_messages"):
        assert customer.imported(name) == set(customer.at_the_partner(name))

    again = await customer.sync()
    assert again.exports == []
    assert all(it.new == 0 for it in again.objects.values())


@pytest.mark.parametrize("status", [None, 503], ids=["resource error", "HTTP error"])
async def test_what_is_refused_is_sent_again_as_a_retry_of_the_same_content(
    customer: Customer, status: int | None
) -> None:
    await customer.create()
    customer.control.refuse_next_create("später – bitte", status=status)
    first, second = await customer.sync(), await customer.sync()

    assert (first.outcomes()["retried"], second.outcomes()["succeeded"]) == (1, 1)
    assert "später – bitte" in (first.exports[0].entry.error or "")
    bodies = customer.sent("messages.create")
    assert [(it["content_id"], it["retry"]) for it in bodies] == [("q1", False), ("q1", True)]
    assert len(customer.at_the_partner("messages")) == 6


async def test_what_is_refused_for_good_is_given_up(customer: Customer) -> None:
    await customer.create()
    customer.control.refuse_next_create("Never", fatal=True)
    await customer.sync()
    await customer.sync()

    [entry] = customer.store.entries(customer.source)
    assert (entry["status"], entry["attempts"]) == (str(Status.ABORTED), 1)
    assert len(customer.sent("messages.create")) == 1


async def test_what_was_stored_before_its_answer_was_lost_is_not_there_twice(customer: Customer) -> None:
    await customer.create()
    customer.control.refuse_next_create("Lost", status=502, after_storing=True)
    first, second = await customer.sync(), await customer.sync()

    assert (first.outcomes()["retried"], second.outcomes()["succeeded"]) == (1, 1)
    assert customer.at_the_partner("messages").count("messages-sent-1") == 1
    assert len(customer.at_the_partner("messages")) == 6
    assert customer.imported("messages") == set(customer.at_the_partner("messages"))
    [row] = [row for row in rows(customer.store, "content") if row["foreign_id"] == "messages-sent-1"]
    assert row["content_id"] == "q1"


async def test_what_agents_delete_is_gone_on_both_sides(customer: Customer) -> None:
    await customer.sync()
    (await customer.agent()).act("delete", "message-a")
    report = await customer.sync()

    assert report.outcomes()["succeeded"] == 1
    assert "message-a" not in customer.at_the_partner("messages")
    assert customer.imported("messages") == set(customer.at_the_partner("messages"))


async def test_a_custom_operation_is_done_and_no_longer_offered(customer: Customer) -> None:
    await customer.sync()
    (await customer.agent()).act("mark_as_spam", "message-q", author_id="user-agent")
    await customer.sync()

    assert customer.sent("messages.mark_as_spam") == [{"id": "message-q", "user_id": "user-agent"}]
    [row] = [row for row in rows(customer.store, "content") if row["foreign_id"] == "message-q"]
    assert (row["actions"], row["extra"]) == ('["delete"]', '{"categories":["mark_as_spam"]}')


async def test_text_that_is_not_ascii_is_refused_unless_it_is_escaped(customer: Customer) -> None:
    await customer.create("déjà vu")
    raw = replace(customer.source, ascii_json=False)
    async with Partner(raw) as partner:
        report = await run_cycle(raw, customer.store, partner=partner)
        assert "HTTP 422; the partner says: not valid" in (report.exports[0].entry.error or "")
        with pytest.raises(ErrorStatus) as caught:
            await partner.ask("messages.show", {"id": "é"}, expected="a content")
        assert caught.value.ascii_hint

    escaped = await customer.sync()
    assert escaped.outcomes()["succeeded"] == 1
    assert customer.control.contents("messages")[-1]["body"] == "déjà vu"


async def test_an_ascii_body_needs_no_setting(customer: Customer) -> None:
    await customer.create("On its way")
    plain = replace(customer.source, ascii_json=False)
    async with Partner(plain) as partner:
        report = await run_cycle(plain, customer.store, partner=partner)

    assert report.outcomes()["succeeded"] == 1


async def test_a_wrong_secret_is_refused_and_nothing_is_sent_after_it(customer: Customer) -> None:
    wrong = replace(customer.source, secret=Secret("wrong"))
    async with Partner(wrong) as partner:
        report = await run_cycle(wrong, customer.store, partner=partner)

    assert [(type(error), error.explanation) for error in report.errors] == [(ErrorStatus, "not valid")]
    assert [entry["status"] for entry in customer.control.ledger()] == [422]
