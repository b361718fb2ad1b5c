"""It leaves the place as it found it: what is created is planned, taken away again, and what remains is told."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
import pytest

from crawler.conformance.planning import announced, planned
from crawler.conformance.probe import read_info
from crawler.conformance.returned import written
from crawler.conformance.rules import RULES, chosen
from crawler.reference import DEFAULT, DESTROYING, TITLES_ONLY, UNTHREADED, Capabilities, ReferencePartner
from crawler.reference.contents import OBJECTS
from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.wire import Call
from tests.conformance.courtroom import judged, messenger, partner, reported
from tests.conformance.variants.time import Network, Time


def standing(it: ReferencePartner) -> dict[str, set[str]]:
    return {name: {content.id for content in it.forum.standing(name)} for name in OBJECTS}


def named(left_behind: object) -> dict[str, set[str]]:
    assert isinstance(left_behind, list)
    return {name: {content_id for object_name, content_id in left_behind if object_name == name} for name in OBJECTS}


async def plan_of(it: ReferencePartner, *select: str) -> tuple[Mapping[str, int], str]:
    info = read_info((await judged(it, chosen(RULES, ["no-redirect"]))).seen["declaration"].sent[0])
    assert info is not None
    plan = planned(chosen(RULES, select), info)
    return plan, announced(plan, info) if plan else ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "capabilities", [DEFAULT, UNTHREADED, TITLES_ONLY, DESTROYING, DEFAULT.without("messages.create")]
)
async def test_what_is_created_is_what_was_planned(capabilities: Capabilities) -> None:
    it = partner(capabilities=capabilities)
    it.forum.add_user("colleague", "Lou", puppetizable=True)
    it.forum.add_message("colleague", "1", "<p>Can I help?</p>")
    before = set(it.forum.contents)
    await judged(it)

    made = Counter(content.object_name for own, content in it.forum.contents.items() if own not in before)
    assert dict(made) == (await plan_of(it))[0]


async def test_what_is_planned_follows_from_the_rules_that_are_chosen() -> None:
    assert (await plan_of(partner(), "transport"))[0] == {}
    assert (await plan_of(partner(), "created-content-is-listed"))[0] == {
        "threads": 1,
        "messages": 3,
        "private_messages": 1,
    }
    assert (await plan_of(partner(capabilities=Capabilities({"messages": ("list",)}))))[0] == {}
    assert (await plan_of(messenger()))[0].keys() == {"threads", "messages"}


async def test_what_will_be_created_is_told_in_a_sentence() -> None:
    rule = "created-content-is-listed"
    start = (
        "--write creates up to 1 thread, 3 messages and 1 private message there, each of which says that it is a check"
    )
    start += ", private messages to customers who are listed. "
    assert (await plan_of(partner(), rule))[1] == f"{start}They are deleted again at the end."
    fewer = DEFAULT.without("private_messages.delete").without("threads.delete")
    assert (await plan_of(partner(capabilities=fewer), rule))[1] == (
        f"{start}threads are unpublished at the end; messages are deleted again at the end; "
        "private messages are left there, since they cannot be deleted."
    )


async def test_what_cannot_be_deleted_is_unpublished_and_named() -> None:
    it = partner(capabilities=DEFAULT.without("messages.delete"))
    before = standing(it)
    judgement = await judged(it, chosen(RULES, ["body-is-kept"]))

    created = standing(it)["messages"] - before["messages"]
    assert created
    assert {own for own in created if it.forum.contents[own].published} == set()
    assert named(judgement.left_behind)["messages"] == created
    assert {found["id"] for found in reported(judgement)["left_behind"]} == created


def pretends(call: Call, proceed: Proceed) -> object:
    """Says that it deletes."""
    return {"id": call.params.get("id")} if call.operation == "delete" else proceed(call)


async def test_what_is_still_listed_after_its_deletion_is_named() -> None:
    it = partner()
    it.fault = Fault(name="pretends", rules=(), description="deletes nothing", act=pretends)
    before = standing(it)
    judgement = await judged(it, chosen(RULES, ["body-is-kept", "publish-brings-it-back"]))

    assert named(judgement.left_behind) == {name: now - before[name] for name, now in standing(it).items()}


@dataclass
class Dying(Network):
    """A process that is gone after so many answers, or for so many seconds then."""

    answers: int = 0
    seconds: float = float("inf")

    async def answered(self, request: httpx.Request) -> httpx.Response:
        self.answers -= 1
        if self.answers < 0 and self.seconds > 0:
            self.seconds -= 1
            raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
        return await super().answered(request)


RETURNING = "body-is-kept"


@pytest.mark.parametrize("answers", [120, 130, 140, 150, 160, 170])
async def test_after_a_death_all_that_is_there_is_named(answers: int) -> None:
    it = partner()
    before = standing(it)
    judgement = await judged(Dying(it, Time(), answers=answers), chosen(RULES, [RETURNING]))

    left = {name: now - before[name] for name, now in standing(it).items()}
    assert judgement.broke_off
    assert named(judgement.left_behind) == left


@pytest.mark.parametrize("made", [partner, messenger])
@pytest.mark.parametrize("requests", [10, 45], ids=["while it creates", "while it deletes"])
@pytest.mark.parametrize("refused", [2, 8, 10], ids=["waited for", "given up once", "given up"])
async def test_who_is_back_after_a_death_finds_nothing_of_ours(
    made: Callable[[], ReferencePartner], requests: int, refused: int
) -> None:
    rules = chosen(RULES, [RETURNING])
    before_it = sum(len(seen.sent) for name, seen in (await judged(made(), rules)).seen.items() if name != "returning")
    it = made()
    before = standing(it)
    judgement = await judged(Dying(it, Time(), answers=before_it + requests, seconds=refused), rules)

    assert bool(judgement.broke_off) is (refused > 2)
    assert (judgement.seen["returning"].ended is not None) is (refused == 10)
    assert judgement.left_behind == []
    assert standing(it) == before


async def test_what_is_listed_later_is_waited_for() -> None:
    time = Time()

    def late(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        ours = [] if time.now >= 3 else [own for own, content in it.forum.contents.items() if content.content_id]
        return [shown for shown in answer if shown["id"] not in ours] if isinstance(answer, list) else answer

    it = partner()
    it.fault = Fault(name="late", rules=(), description="lists later", act=late)
    judgement = await judged(Network(it, time, latency=0.0), chosen(RULES, ["created-content-is-listed"]))

    assert written(judgement.seen["pushing"]).waited == 3
    assert judgement.failures == []


async def test_never_showing_up_names_the_time_that_was_waited() -> None:
    time = Time()

    def hides(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if not isinstance(answer, list):
            return answer
        return [shown for shown in answer if not it.forum.contents[shown["id"]].content_id]

    it = partner()
    it.fault = Fault(name="hides", rules=(), description="hides agents", act=hides)
    judgement = await judged(Network(it, time, latency=0.0), chosen(RULES, ["created-content-is-listed"]))

    [found] = [result for result in judgement.findings if result.rule.name == "created-content-is-listed"]
    assert found.breaches[0].actual == "not listed within 10 s"
    assert time.now == 10
