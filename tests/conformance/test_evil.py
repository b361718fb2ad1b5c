"""An endpoint that dies, hangs, drips, answers garbage or grows its answers: the report is complete, and says so."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from crawler.conformance.judgement import Judgement, Verdict
from crawler.conformance.reports.html import html_report
from crawler.conformance.reports.json import json_report
from crawler.conformance.reports.junit import junit_report
from crawler.conformance.reports.terminal import Page
from crawler.conformance.rule import Outcome
from crawler.conformance.rules import RULES, chosen
from crawler.conformance.suite import Suite
from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.wire import Call
from tests.conformance.courtroom import SOURCE, Clock, breached, judged, partner, reported
from tests.partners.raw import RawPartner, raw_partner

CAP = 100_000
"""`max_answer_bytes` of the source."""
DEADLINE = 0.2

Evil = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
"""What is done in the place of an honest answer, whose bytes are given."""


async def hangs(_writer: asyncio.StreamWriter, _answer: bytes) -> None:
    await asyncio.Event().wait()


async def drips(writer: asyncio.StreamWriter, answer: bytes) -> None:
    for byte in answer:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DEADLINE / 10)


async def answers_garbage(writer: asyncio.StreamWriter, _answer: bytes) -> None:
    writer.write(bytes(range(256)) * 16)
    writer.close()


async def breaks_off(writer: asyncio.StreamWriter, answer: bytes) -> None:
    writer.write(answer[:-1])
    writer.close()


async def never_ends(writer: asyncio.StreamWriter, _answer: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" " * 65_536)
        await writer.drain()


@asynccontextmanager
async def turning(evil: Evil, after: int) -> AsyncIterator[RawPartner]:
    """The reference partner on a socket, which turns evil after so many requests."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(partner())) as honest:

        async def answer(it: RawPartner, writer: asyncio.StreamWriter) -> None:
            asked = it.requests[-1]
            came = await honest.post("http://partner.example/", content=asked.body, headers=dict(asked.headers))
            fields = "".join(f"{name}: {value}\r\n" for name, value in came.headers.items())
            whole = f"HTTP/1.1 {came.status_code} X\r\n{fields}\r\n".encode() + came.content
            if len(it.requests) > after:
                await evil(writer, whole)
            else:
                writer.write(whole)
                await writer.drain()

        async with raw_partner(answer) as it:
            yield it


async def over(base_uri: str, seconds: float = 60, restart_wait: float = 1) -> Judgement:
    source = replace(SOURCE, base_uri=base_uri, deadline=DEADLINE, max_answer_bytes=CAP)
    async with Suite(source, clock=Clock(), write=True, seconds=seconds, restart_wait=restart_wait) as suite:
        return await suite.run(RULES)


def assert_complete(judgement: Judgement) -> None:
    """Each rule has a result, none is the judge's own fault, and each form of the report has them all."""
    assert [result.rule for result in judgement.results] == list(RULES)
    assert [(it.rule.name, it.reason) for it in judgement.results if it.outcome is Outcome.BROKEN] == []
    left = (Outcome.NOT_JUDGED, Outcome.DOES_NOT_APPLY)
    assert all(result.reason for result in judgement.results if result.outcome in left)
    for report in (json_report, junit_report, html_report, Page().whole):
        text = report(judgement)
        assert [rule.name for rule in RULES if rule.name not in text] == []
    assert reported(judgement)["verdict"] == judgement.verdict


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1, 30, 150])
@pytest.mark.parametrize("evil", [hangs, drips, answers_garbage, breaks_off, never_ends])
async def test_whatever_an_endpoint_turns_to_the_report_is_complete_and_says_so(evil: Evil, after: int) -> None:
    async with turning(evil, after) as it:
        judgement = await over(it.base_uri)
    assert_complete(judgement)
    assert judgement.verdict is not Verdict.CLEAR
    assert judgement.failures or judgement.broke_off


@pytest.mark.slow
@pytest.mark.parametrize(
    ("evil", "rule"),
    [(hangs, "answers-within-deadline"), (drips, "answers-within-deadline"), (answers_garbage, "answer-is-whole")],
)
async def test_an_endpoint_that_never_does_otherwise_breaks_the_rule_that_is_about_it(evil: Evil, rule: str) -> None:
    async with turning(evil, 0) as it:
        judgement = await over(it.base_uri)
    assert [result.rule.name for result in judgement.failures] == [rule]


@pytest.mark.slow
async def test_a_connection_that_is_closed_in_the_moment_of_its_use_is_nobodys_fault() -> None:
    """TR11: the same is sent once more over a fresh one, and only that counts."""
    used: Counter[int] = Counter()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(partner())) as honest:

        async def answer(it: RawPartner, writer: asyncio.StreamWriter) -> None:
            asked = it.requests[-1]
            used[asked.connection] += 1
            if used[asked.connection] == 2:
                writer.close()
                return
            came = await honest.post("http://partner.example/", content=asked.body, headers=dict(asked.headers))
            fields = "".join(f"{name}: {value}\r\n" for name, value in came.headers.items())
            writer.write(f"HTTP/1.1 {came.status_code} X\r\n{fields}\r\n".encode() + came.content)

        async with raw_partner(answer) as it:
            source = replace(SOURCE, base_uri=it.base_uri)
            async with Suite(source, clock=Clock(), rules=RULES) as suite:
                judgement = await suite.run(chosen(RULES, ["transport", "listing"]))
    assert breached(judgement) == {"only-post-answered", "signature-in-query-accepted"}  # it passes neither on
    assert judgement.broke_off == ""
    assert len(it.requests) > sum(len(seen.sent) for seen in judgement.seen.values())


@pytest.mark.slow
async def test_an_endpoint_that_hangs_is_given_up_after_a_few_deadlines() -> None:
    async with turning(hangs, 30) as it:
        judgement = await over(it.base_uri)
    unanswered = [sent for seen in judgement.seen.values() for sent in seen.sent if sent.exchange.answer is None]
    assert len(unanswered) == 3  # two in a row, and once more whether it is there again
    assert judgement.broke_off.startswith("the endpoint did not answer")


async def test_an_endpoint_that_was_away_for_a_moment_is_judged_on() -> None:
    it = httpx.ASGITransport(partner())
    asked = 0

    async def away(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked in (10, 11):
            raise httpx.ConnectError("Connection refused", request=request)
        return await it.handle_async_request(request)

    judgement = await judged(httpx.MockTransport(away))
    assert_complete(judgement)
    assert judgement.counts[Outcome.PASSED] > 100
    assert (breached(judgement), judgement.broke_off) == (set(), "")


def dying(after: int) -> httpx.MockTransport:
    """The reference partner, which dies after so many requests."""
    it = httpx.ASGITransport(partner())
    left = after

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal left
        left -= 1
        if left < 0:
            raise httpx.ConnectError("Connection refused", request=request)
        return await it.handle_async_request(request)

    return httpx.MockTransport(answer)


@pytest.mark.parametrize("after", [0, 1, 2, 3, 17, 40, 90, 150, 200, 250])
async def test_an_endpoint_may_die_in_the_middle(after: int) -> None:
    judgement = await judged(dying(after))
    assert_complete(judgement)
    assert "the endpoint did not answer" in judgement.broke_off
    assert judgement.unreachable is (after == 0)
    assert not judgement.failures


@pytest.mark.thorough
async def test_an_endpoint_may_die_at_any_request() -> None:
    whole = sum(len(seen.sent) for seen in (await judged(partner())).seen.values())
    for after in range(whole):
        judgement = await judged(dying(after))
        assert_complete(judgement)
        assert judgement.broke_off, after
        assert not judgement.failures, after


@pytest.mark.parametrize("seconds", [0.05, 0.15, 0.3])
async def test_the_run_has_a_deadline_and_says_what_was_not_judged(seconds: float) -> None:
    async with turning(hangs, 40) as it:
        source = replace(SOURCE, base_uri=it.base_uri)
        async with Suite(source, clock=Clock(), write=True, seconds=seconds) as suite:
            judgement = await suite.run(RULES)
    assert_complete(judgement)
    assert judgement.broke_off.startswith("the whole run took longer than")
    assert not judgement.failures


async def test_lists_that_double_with_each_answer_are_read_up_to_the_cap_and_judged() -> None:
    it = partner()
    size = 1

    def act(call: Call, proceed: Proceed) -> object:
        nonlocal size
        if call.action != "messages.list":
            return proceed(call)
        size = min(size * 2, 64)
        author = {"id": "zoe", "screenname": "Zoë"}
        made = [{"id": f"{size}-{n}", "thread_id": "1", "author": author, "body": "x" * 2_000} for n in range(size)]
        return made[::-1]

    it.fault = Fault(name="growing", rules=(), description="lists more each time", act=act)
    source = replace(SOURCE, max_answer_bytes=CAP)
    judgement = await judged(it, source=source)
    assert_complete(judgement)
    assert judgement.failures
    sent = [sent for seen in judgement.seen.values() for sent in seen.sent]
    assert max(len(one.body) for one in sent) <= CAP
    assert any("more than" in one.came for one in sent)
    assert json.loads(json_report(judgement))["verdict"] == "does not conform"
