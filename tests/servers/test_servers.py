"""The main job on real servers: each is crawled for three cycles, with replies and a deletion, and then judged.

`scripts/servers install` gets what is not Python. Where CI is set, what is missing is a failure.
"""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from crawler.agent import Agent, ask_info
from crawler.conformance.judgement import Verdict
from crawler.conformance.rule import Outcome
from crawler.conformance.rules import RULES
from crawler.conformance.suite import Suite
from crawler.cycle import run_cycle
from crawler.partner import Partner
from crawler.protocol.signature import Secret
from crawler.store import Store
from crawler.sync.queueing import Draft
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from crawler.sync.state import Ref
from tests.servers.partners import SERVERS, leave_out, missing
from tests.servers.running import HERE, SECRET, Running, Server, running, whereabouts
from tests.unit.store.writing import rows

pytestmark = pytest.mark.slow

SEED = json.loads((HERE / "seed.json").read_text())
QUESTIONS = [content["body"] for content in SEED["messages"]]
REPLIES = [
    'Oui – « 到着 » 🐘, "5 < 6 & 7" \\ it\'s.',
    "<p>Prenez le <b>M</b>&nbsp;!</p>",
    "À bientôt.\nThe shop",
]


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, record_property: Any) -> Server:
    found: Server = SERVERS[request.param]
    if lacking := missing(found, whereabouts()):
        leave_out(lacking, os.environ, record_property)
    return found


@pytest.fixture
def partner(server: Server) -> Iterator[Running]:
    with running(server) as partner:
        yield partner


def source_of(partner: Running) -> Source:
    return Source(name="server", base_uri=partner.url, secret=Secret(SECRET), deadline=10)


@dataclass
class Crawl:
    """A source over the network, and what came of it in a database in memory."""

    source: Source
    store: Store
    caller: Partner

    async def sync(self) -> CycleReport:
        """A cycle in which nothing goes wrong."""
        report = await run_cycle(self.source, self.store, partner=self.caller)
        assert [str(error) for error in report.errors] == []
        assert not report.failed
        return report

    async def agent(self) -> Agent:
        return Agent(self.source, self.store, await ask_info(self.source, self.store, self.caller))

    def contents(self, name: str) -> list[dict[str, Any]]:
        """What was imported or created of an object, and not deleted."""
        return [it for it in rows(self.store, "content") if it["object"] == name and it["deleted_at"] is None]

    def ref(self, body: str) -> Ref:
        """The message with that body."""
        [found] = [it for it in self.contents("messages") if it["body"] == body]
        return Ref("messages", foreign_id=found["foreign_id"])


@asynccontextmanager
async def crawl(partner: Running) -> AsyncIterator[Crawl]:
    source = source_of(partner)
    with Store.open("sqlite://") as store:
        async with Partner(source) as caller:
            yield Crawl(source, store, caller)


async def test_three_cycles_bring_all_and_take_everything_once(partner: Running) -> None:
    async with crawl(partner) as crawled:
        first = await crawled.sync()
        threaded = "threads" in first.objects
        assert sorted(it["body"] for it in crawled.contents("messages")) == sorted(QUESTIONS)
        titles = [it["title"] for it in SEED["threads"]] if threaded else []
        assert sorted(it["title"] for it in crawled.contents("threads")) == sorted(titles)
        assert {it["screenname"] for it in rows(crawled.store, "identity")} == {"The shop", "Zoë 準", "marc_75"}

        agent = await crawled.agent()
        spelled = "text" if "messages.text" in agent.info.options else "html"

        def reply(to: str, body: str) -> str:
            draft = Draft(object="messages", body=body, format=spelled, in_reply_to=crawled.ref(to))
            return agent.create(draft).id

        queued = [reply(QUESTIONS[4], REPLIES[0]), reply(QUESTIONS[3], REPLIES[1])]
        second = await crawled.sync()
        assert [settled.outcome for settled in second.exports] == ["succeeded", "succeeded"]

        queued.append(reply(REPLIES[0], REPLIES[2]))
        deleted = crawled.ref(QUESTIONS[0])
        agent.act("delete", deleted.foreign_id or "", object_name="messages")
        third = await crawled.sync()
        assert [settled.outcome for settled in third.exports] == ["succeeded", "succeeded"]
        assert (second.objects["messages"].new, third.objects["messages"].new) == (0, 0)

        calls = partner.calls()
        creates = [params for action, params in calls if action == "messages.create"]
        assert [(it["content_id"], it["body"], it["retry"]) for it in creates] == [
            (content_id, body, False) for content_id, body in zip(queued, REPLIES, strict=True)
        ]
        deletions = [params for action, params in calls if action in ("messages.delete", "messages.destroy")]
        assert deletions == [{"id": deleted.foreign_id}]
        here = {name: shown(crawled, name) for name in ("messages", "threads")}
        assert {body for _, _, body in here["messages"]} == {*QUESTIONS[1:], *REPLIES}

    async with crawl(partner) as again:  # another platform, which sees what is there now
        await again.sync()
        assert {name: shown(again, name) for name in here} == here


def shown(crawled: Crawl, name: str) -> set[tuple[str, str | None, str | None]]:
    """Of each content its id, the id that it replies to, and its body."""
    return {(it["foreign_id"], it["in_reply_to_id"], it["body"]) for it in crawled.contents(name)}


async def test_the_judge_finds_its_habits_and_nothing_else(server: Server, partner: Running) -> None:
    """What stands behind an answer is seen where it has come by then: on a busy machine not each time."""
    found = set[str]()
    for _ in range(3):
        async with Suite(source_of(partner), write=True) as suite:
            judgement = await suite.run(RULES)
        assert [f"{it.rule.name}: {it.breaches or it.reason}" for it in judgement.failures] == []
        assert judgement.verdict is Verdict.CLEAR
        assert judgement.left_behind == []
        found |= {it.rule.name for it in judgement.results if it.outcome is Outcome.WARNED}
        if not found < server.habits:
            break
    assert found == server.habits
