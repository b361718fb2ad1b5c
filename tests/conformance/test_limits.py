"""What is asked too often, or too much: limiters are obeyed, deaths waited for and named, and requests counted."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx
import pytest

from crawler.conformance.evidence import Remedy
from crawler.conformance.judgement import Judgement, Verdict
from crawler.conformance.reports.terminal import Page
from crawler.conformance.rule import Outcome, Result
from crawler.conformance.rules import RULES, chosen
from crawler.conformance.suite import Suite
from tests.conformance.courtroom import SOURCE, Clock, Time, breached, judged, partner, reported, unjudged
from tests.conformance.variants.time import Limited, Mortal, Network, Stuck

SURVIVES = "survives-what-is-sent"


def result(judgement: Judgement, name: str) -> Result:
    return next(it for it in judgement.results if it.rule.name == name)


def mortal(word: bytes = b"no-such-id", **settings: object) -> Mortal:
    return Mortal(partner(), Time(), kills=lambda body: word in body, **settings)  # type: ignore[arg-type]  # each has its own type


@pytest.mark.parametrize("proxy", [False, True])
async def test_a_death_is_waited_for_and_named_and_all_else_is_judged(proxy: bool) -> None:
    judgement = await judged(mortal(proxy=proxy), write=False)

    assert breached(judgement) == {SURVIVES}
    assert judgement.broke_off == ""
    first, *_ = result(judgement, SURVIVES).breaches
    assert first.sent is not None
    assert first.sent.label == "unknown"
    assert b"no-such-id" in first.sent.exchange.request
    came = "HTTP 502 (text/html, 24 bytes)" if proxy else "a broken connection: Server disconnected without sending a "
    assert 'it died of \'unknown\', threads.show of 89 bytes that starts {"action":"threads.show"' in first.actual
    assert f"twice, {came}" in first.actual
    assert first.actual.endswith("; back after 3.8 s")
    left = unjudged(judgement)
    assert left["show-of-an-unknown-id-shows-nothing"].startswith("the endpoint dies of it: ")
    assert result(judgement, "answers-again-after-errors").outcome is Outcome.PASSED


async def test_what_kills_is_told_once_for_each_kind_of_request_and_sent_again_once() -> None:
    asked: list[dict[str, object]] = []

    def kills(body: bytes) -> bool:
        if b"messages.create" in body:
            asked.append(json.loads(body)["params"])
        return b"messages.create" in body

    judgement = await judged(Mortal(partner(), Time(), kills=kills), chosen(RULES, ["pushing"]))

    assert breached(judgement) == {SURVIVES}
    told = [it.sent.exchange.params["content_id"] for it in result(judgement, SURVIVES).breaches if it.sent]
    assert len(told) == len(set(told))
    of_first = [params["retry"] for params in asked if params["content_id"] == told[0]]
    assert of_first == [False, True, True, True]  # three attempts (PU6), and one to be sure
    assert left_out(judgement, "create-answered-with-success") == Remedy.FIX


def left_out(judgement: Judgement, name: str) -> Remedy | None:
    return result(judgement, name).remedy


async def test_after_a_death_for_good_the_rest_is_not_judged() -> None:
    judgement = await judged(mortal(restart=None), write=False)

    assert breached(judgement) == {SURVIVES}
    assert "not back within 10 s" in result(judgement, SURVIVES).breaches[0].actual
    assert "twice" not in result(judgement, SURVIVES).breaches[0].actual
    assert result(judgement, "answers-again-after-errors").remedy is Remedy.THERE
    assert judgement.verdict is Verdict.BREACH
    assert judgement.broke_off


@pytest.mark.parametrize(("wait", "back"), [(2.0, False), (3.5, True)])
async def test_it_is_waited_for_as_long_as_is_wanted(wait: float, back: bool) -> None:
    it = mortal()
    judgement = await judged(it, write=False, restart_wait=wait)

    assert (judgement.broke_off == "") is back
    assert result(judgement, SURVIVES).breaches[0].actual.endswith(" s" if back else "; not back within 2 s")


async def test_who_never_was_there_is_not_waited_for() -> None:
    time = Time()

    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno 111] Connection refused", request=request)

    @dataclass
    class Nobody(httpx.AsyncBaseTransport):
        time: Time

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return refuses(request)

    judgement = await judged(Nobody(time))

    assert time.now == 0
    assert (judgement.verdict, breached(judgement)) == (Verdict.UNJUDGED, set())


@dataclass
class After(Network):
    """Does something to chosen requests, by number; the first is 0."""

    instead: Callable[[int, httpx.Request], Exception | None] = lambda _number, _request: None
    number: int = field(default=-1, init=False)

    async def answered(self, request: httpx.Request) -> httpx.Response:
        self.number += 1
        failure = self.instead(self.number, request)
        if failure is not None:
            raise failure
        return await super().answered(request)


def refused(request: httpx.Request) -> Exception:
    return httpx.ConnectError("[Errno 111] Connection refused", request=request)


def broken(request: httpx.Request) -> Exception:
    return httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)


async def test_a_connection_that_is_refused_once_is_nobodys_fault() -> None:
    it = After(partner(), Time(), instead=lambda number, request: refused(request) if number == 60 else None)
    judgement = await judged(it, write=False)

    assert breached(judgement) == set()
    assert judgement.broke_off == ""
    assert result(judgement, SURVIVES).outcome is Outcome.PASSED


async def test_a_connection_that_breaks_once_is_no_death() -> None:
    it = After(partner(), Time(), instead=lambda number, request: broken(request) if number == 60 else None)
    judgement = await judged(it, write=False)

    assert SURVIVES not in breached(judgement)
    assert judgement.broke_off == ""


async def test_who_restarts_once_by_chance_is_not_accused() -> None:
    down = (60, 61, 62, 63)
    it = After(partner(), Time(), instead=lambda number, request: refused(request) if number in down else None)
    judgement = await judged(it, write=False)

    assert breached(judgement) == set()
    assert judgement.broke_off == ""


@dataclass
class Faltering(Network):
    """Answers, and dies right after that of some requests."""

    word: bytes = b""
    restart: float = 3.0
    _dead_until: float = field(default=0.0, init=False)

    async def answered(self, request: httpx.Request) -> httpx.Response:
        if self.time.now < self._dead_until:
            raise refused(request)
        answer = await super().answered(request)
        if self.word in request.content:
            self._dead_until = self.time.now + self.restart
        return answer


async def test_who_dies_once_it_has_answered_is_found_by_the_request_before() -> None:
    judgement = await judged(Faltering(partner(), Time(), word=b"no_such_object"), write=False)

    assert breached(judgement) == {SURVIVES}
    first, *others = result(judgement, SURVIVES).breaches
    assert others == []
    assert first.sent is not None
    assert first.sent.label == "unknown object"
    assert result(judgement, "unknown-object-refused").outcome is Outcome.PASSED


async def test_a_worker_that_hangs_is_waited_for_as_long_as_is_wanted() -> None:
    hangs = Stuck(partner(), Time(), kills=lambda body: b"no_such_object" in body, seconds=70)
    judgement = await judged(hangs, write=False, restart_wait=60)

    assert breached(judgement) == {SURVIVES}
    assert "twice, no whole answer within 30 s" in result(judgement, SURVIVES).breaches[0].actual
    assert judgement.broke_off == ""


async def test_a_death_is_told_whichever_rules_are_chosen() -> None:
    rules = chosen(RULES, ["show-of-an-unknown-id-refused"])
    judgement = await judged(mortal(), rules, write=False)

    assert [it.rule.name for it in judgement.results][-1] == SURVIVES
    assert breached(judgement) == {SURVIVES}
    assert set(judgement.seen) == {"declaration", "contents", "survival"}


async def test_the_rule_by_itself_has_all_conversations_held() -> None:
    judgement = await judged(mortal(), chosen(RULES, [SURVIVES]), write=False)

    assert breached(judgement) == {SURVIVES}
    assert {"errors", "cursors"} <= set(judgement.seen)


async def test_a_limiter_is_obeyed_and_its_pace_told() -> None:
    it = Limited(partner(), Time())
    judgement = await judged(it)

    assert breached(judgement) == set()
    assert judgement.conforms
    assert judgement.pace.put_off == 1
    assert judgement.pace.interval == pytest.approx(0.5, abs=0.01)
    assert it.time.now == pytest.approx(judgement.requests * 0.5, rel=0.02)
    pace = "asked once in 0.51 s, since it put off 1 request (HTTP 429)"
    assert f"its pace: {pace}" in Page().screen(judgement)
    assert reported(judgement)["pace"] == {"seconds": judgement.pace.interval, "put_off": 1}


async def test_a_limiter_that_wants_too_long_a_pause_leaves_rules_unjudged() -> None:
    judgement = await judged(Limited(partner(), Time(), per_second=0.1, headers={"retry-after": "3600"}), write=False)

    assert breached(judgement) == set()
    assert Remedy.PACE in judgement.left_out
    assert judgement.verdict is not Verdict.BREACH


async def test_creates_are_not_sent_again_where_nobody_says_that_they_were_not_done() -> None:
    """A 503 without more may have come after the content was created."""
    creates: list[bytes] = []

    @dataclass
    class Busy(Network):
        async def answered(self, request: httpx.Request) -> httpx.Response:
            if b"messages.create" in request.content:
                creates.append(request.content)
                return httpx.Response(503, text="something went wrong")
            return await super().answered(request)

    judgement = await judged(Busy(partner(), Time()), chosen(RULES, ["create-answered-with-success"]))

    assert breached(judgement) == {"create-answered-with-success"}
    sent = [(json.loads(body)["params"]["content_id"], json.loads(body)["params"]["retry"]) for body in creates]
    first = [content_id for content_id, retry in sent if not retry]
    assert len(first) == len(set(first))


async def test_where_no_more_requests_may_be_sent_the_rest_is_not_judged() -> None:
    judgement = await judged(partner(), requests_at_most=50)

    assert judgement.requests < 50 + 10  # a cycle is not cut off in the middle
    assert breached(judgement) == set()
    assert Remedy.REQUESTS in judgement.left_out
    assert "the 50 requests that it may take were sent" in unjudged(judgement).values()


@dataclass
class Process:
    """The reference partner on a socket, over connections that are kept, and gone for a while after some requests."""

    word: bytes
    away: float
    seconds: float = 0.0
    deaths: int = 0
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)
    _port: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{self._port}/"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._connections:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(PARTNER)) as honest:
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[1:-2]
                    headers = dict(line.split(": ", 1) for line in head)
                    length = next(it for name, it in headers.items() if name.lower() == "content-length")
                    body = await reader.readexactly(int(length))
                    if self.word in body:
                        self.deaths += 1
                        await self.stop()
                        return
                    came = await honest.post("http://partner.example/", content=body, headers=headers)
                    lines = "".join(f"{name}: {value}\r\n" for name, value in came.headers.items())
                    writer.write(f"HTTP/1.1 {came.status_code} X\r\n{lines}\r\n".encode() + came.content)
                    await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def sleep(self, seconds: float) -> None:
        """Time passes, and the process is started again once it was away for long enough."""
        self.seconds += seconds
        if self._server is not None and not self._server.is_serving() and self.seconds >= self.away * self.deaths:
            await self.start()


PARTNER = partner()


async def test_what_kills_over_a_connection_that_was_kept_is_named_too() -> None:
    process = Process(b"no_such_object", away=3.0)
    source = replace(SOURCE, base_uri=await process.start())
    try:
        async with Suite(source, clock=Clock(), sleep=process.sleep, elapsed=lambda: process.seconds) as suite:
            judgement = await suite.run(chosen(RULES, ["errors"]))
    finally:
        await process.stop()

    assert breached(judgement) == {SURVIVES}
    assert judgement.broke_off == ""
    assert process.deaths == 2
    first, *_ = result(judgement, SURVIVES).breaches
    assert first.sent is not None
    assert first.sent.label == "unknown object"
