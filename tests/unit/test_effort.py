"""Answers that are more work than they say: bounded by what comes, and never at the others' cost (TR14, CY8)."""

import asyncio
from collections.abc import Callable
from itertools import count

import anyio
import anyio.lowlevel
import pytest

from crawler.connection import AT_A_TIME, INFORMATIONAL, PIECE_BYTES, PIECES, WIRE_BYTES
from crawler.effort import LARGE, STEP, Effort
from crawler.errors import AnswerTooLarge
from tests.partners.calling import call, calling, failed
from tests.partners.raw import RawPartner, raw_partner, response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def sending(begin: bytes, again: bytes, end: bytes = b"", times: int | None = None) -> Callable[..., object]:
    """A partner that answers with `begin`, then with `again` so many times, or without end, then with `end`."""

    async def answer(endpoint: RawPartner, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        at_once = max(60_000 // len(again), 1)
        left = times
        while left is None or left:
            now = at_once if left is None else min(at_once, left)
            writer.write(again * now)
            await writer.drain()
            endpoint.sent += now * len(again)
            left = None if left is None else left - now
        writer.write(end)

    return answer


@pytest.mark.parametrize(
    ("begin", "again", "came"),
    [
        (b"", CONTINUE, f"more than {INFORMATIONAL} informational answers (HTTP 100)"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "informational answers (HTTP 103)"),
        (CHUNKED, b"1\r\n \r\n", " bytes in 21,"),
        (CHUNKED, b"1;" + b"x" * 50_000 + b"\r\n \r\n", "bytes for a body of "),
    ],
)
async def test_an_answer_that_is_too_much_work_is_given_up(begin: bytes, again: bytes, came: str) -> None:
    async with raw_partner(sending(begin, again)) as endpoint, calling(endpoint) as partner:  # type: ignore[arg-type]
        error = await failed(partner)
        await endpoint.until_closed(1)

    assert isinstance(error, AnswerTooLarge)
    assert "an answer that is too much work: " in str(error)
    assert came in str(error)
    assert endpoint.sent < WIRE_BYTES + 8_000_000  # the rest lay in the sockets' buffers


@pytest.mark.parametrize(
    ("again", "times", "size"),
    [
        (b"1\r\n \r\n", PIECES, PIECES),
        (b"10\r\n" + b" " * PIECE_BYTES + b"\r\n", 2 * PIECES, 2 * PIECES * PIECE_BYTES),
    ],
)
async def test_small_pieces_are_taken_as_long_as_they_are_not_too_many(again: bytes, times: int, size: int) -> None:
    answer = sending(CHUNKED, again, b"0\r\n\r\n", times)
    async with raw_partner(answer) as endpoint, calling(endpoint, verify_signature=False) as partner:  # type: ignore[arg-type]
        assert len((await call(partner)).body) == size


async def test_some_informational_answers_are_passed_over_each_time() -> None:
    answer = sending(b"", CONTINUE, response(b"[]"), INFORMATIONAL)
    async with raw_partner(answer) as endpoint, calling(endpoint) as partner:  # type: ignore[arg-type]
        for _ in range(3):
            assert (await call(partner)).body == b"[]"
    assert endpoint.connections == 1


async def test_while_an_answer_is_taken_apart_others_have_their_turns() -> None:
    turns = count()

    async def others() -> None:
        while True:
            await anyio.lowlevel.checkpoint()
            next(turns)

    answer = sending(CHUNKED, b"1\r\n \r\n", b"0\r\n\r\n", PIECES)
    async with raw_partner(answer) as endpoint, calling(endpoint) as partner, anyio.create_task_group() as tasks:  # type: ignore[arg-type]
        tasks.start_soon(others)
        await failed(partner)
        tasks.cancel_scope.cancel()
    assert next(turns) >= PIECES // AT_A_TIME


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


async def test_the_time_of_each_step_counts_and_no_time_of_waiting_or_standing_still() -> None:
    elapsed, processor = Clock(), Clock()

    async def steps() -> str:
        elapsed.pass_by(0.5)  # as where the process was stopped
        await anyio.lowlevel.checkpoint()
        for _ in range(10):
            elapsed.pass_by(0.005)
            asyncio.get_running_loop().call_soon(elapsed.pass_by, 100)  # while it waits
            await anyio.lowlevel.checkpoint()
        await effort.beside(LARGE + 1, processor.pass_by, 0.02)
        await effort.beside(1, elapsed.pass_by, 0.005)
        return "done"

    effort = Effort(elapsed=elapsed, processor=processor)
    assert await effort.of(steps()) == "done"
    assert effort.seconds == pytest.approx(STEP + 10 * 0.005 + 0.02 + 0.005)


async def test_what_the_work_raises_comes_out_and_what_cancels_it_goes_in() -> None:
    inside: list[str] = []

    async def fails() -> None:
        await anyio.lowlevel.checkpoint()
        raise KeyError("x")

    async def waits() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            inside.append("told")

    with pytest.raises(KeyError, match="x"):
        await Effort().of(fails())
    with anyio.move_on_after(0.01):
        await Effort().of(waits())
    assert inside == ["told"]
