import json
import logging
import os
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import Any

import pytest
import structlog

from crawler.log import DIFFERENT, OURS, Outlet, Repeats, configure
from crawler.protocol.credentials import NOTHING, WITHHELD, Credentials
from crawler.protocol.signature import Secret

SECRET = Secret("open sesame")


@pytest.fixture(autouse=True)
def left_as_it_was() -> Iterator[None]:
    """Both kinds of logging are the process's own: what a test configures ends with it."""
    root, ours = logging.getLogger(), logging.getLogger(OURS)
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = before
    structlog.reset_defaults()


def lines(stream: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_without_a_terminal_each_line_is_an_object_with_what_was_bound() -> None:
    configure(stream := StringIO())
    structlog.get_logger(OURS).bind(source="shop", cycle=7).info("cycle", action="threads.list", seconds=0.5, text="é")
    (line,) = lines(stream)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "source": "shop",
        "cycle": 7,
        "action": "threads.list",
        "seconds": 0.5,
        "text": "é",
        "event": "cycle",
        "level": "info",
    }


def test_a_readable_line_is_no_json() -> None:
    configure(stream := StringIO(), readable=True)
    structlog.get_logger(OURS).warning("partner failed", source="shop")
    assert "partner failed" in stream.getvalue()
    assert "source=shop" in stream.getvalue()
    assert "{" not in stream.getvalue()


def test_debug_lines_are_for_those_who_ask() -> None:
    configure(stream := StringIO())
    structlog.get_logger(OURS).debug("exchange")
    assert lines(stream) == []
    configure(stream, verbose=True)
    structlog.get_logger(OURS).debug("exchange")
    assert [line["event"] for line in lines(stream)] == ["exchange"]


def test_libraries_are_heard_when_something_is_wrong_and_in_the_same_form() -> None:
    configure(stream := StringIO(), verbose=True)
    logging.getLogger("httpx").info("HTTP Request: POST http://shop.example/?signature=…")
    logging.getLogger("apscheduler").warning("it is late: %s", "open", extra={"job": "tick"})
    (line,) = lines(stream)
    told = [line[name] for name in ("event", "logger", "level", "job")]
    assert told == ["it is late: open", "apscheduler", "warning", "tick"]


@pytest.mark.parametrize("readable", [True, False])
def test_no_line_shows_a_secret_nor_does_a_traceback(readable: bool) -> None:
    configure(stream := StringIO(), readable=readable, known=lambda: Credentials(["open sesame"]))
    log = structlog.get_logger(OURS).bind(source="shop", key="open sesame")
    try:
        raise ValueError("the key open sesame does not fit")
    except ValueError:
        log.exception("unexpected open sesame")
    logging.getLogger("other").error("open sesame %s", "open sesame")
    assert "open sesame" not in stream.getvalue()
    assert stream.getvalue().count(WITHHELD) == 4  # two events, a value, and what the traceback quotes
    assert "Traceback" in stream.getvalue()


@pytest.mark.parametrize("readable", [True, False])
def test_a_traceback_tells_no_local_variables(readable: bool) -> None:
    configure(stream := StringIO(), readable=readable)
    body = "what a visitor " + "wrote"
    try:
        raise ValueError(len(body))
    except ValueError:
        structlog.get_logger(OURS).exception("unexpected")
    assert "ValueError: 20" in stream.getvalue()
    assert "what a visitor wrote" not in stream.getvalue()


# --- Floods, and nobody who reads


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(text: str, *args: object, name: str = "asyncio") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 0, text, args, None)


def test_equal_lines_of_libraries_are_told_once_a_minute_and_counted() -> None:
    time = Time()
    repeats = Repeats(time)
    assert [repeats.filter(record("no %s", n)) for n in range(50_000)] == [True] + [False] * 49_999
    assert repeats.filter(record("something else"))
    time.now = 60.0
    told = record("no %s", 7)
    assert repeats.filter(told)
    assert told.getMessage() == "no 7 (49999 times more in the minute before)"
    assert not repeats.filter(record("no %s", 8))
    time.now = 120.0
    again = record("no %s", 9)
    assert repeats.filter(again)
    assert again.getMessage() == "no 9 (1 times more in the minute before)"


def test_our_own_lines_all_come() -> None:
    repeats = Repeats(Time())
    assert all(repeats.filter(record("cycle", name=OURS)) for _ in range(3))


def test_what_libraries_come_up_with_is_not_kept_for_good() -> None:
    repeats = Repeats(Time())
    assert all(repeats.filter(record(f"text {n}")) for n in range(10 * DIFFERENT))
    assert len(repeats._since) <= DIFFERENT


def test_a_stream_that_takes_lines_gets_all_of_them_in_order() -> None:
    stream = StringIO()
    outlet = Outlet(stream)
    for n in range(100):
        outlet.write(f"{n}\n")
    outlet.close()
    assert stream.getvalue() == "".join(f"{n}\n" for n in range(100))
    assert not outlet.isatty()


@pytest.mark.parametrize("stream", [None, "/dev/full", "closed"])
def test_a_stream_that_takes_nothing_disturbs_nobody(stream: str | None) -> None:
    with Path(stream if stream == "/dev/full" else "/dev/null").open("w", encoding="utf-8") as file:
        if stream == "closed":
            file.close()
        outlet = Outlet(file if stream else None)
        outlet.write("a line\n")
        outlet.close()


class Slow(StringIO):
    """A stream that keeps its writer until it is `ready` for a text."""

    def __init__(self, ready: Callable[[str], bool]) -> None:
        super().__init__()
        self._ready = ready

    def write(self, text: str) -> int:
        while not self._ready(text):
            pass
        return super().write(text)


def overrun(outlet: Outlet) -> None:
    """Let a line be written, fill the room for two, and lose two."""
    log = structlog.get_logger(OURS)
    log.info("first")
    while not outlet._lines.empty():
        pass
    for event in ("second", "third", "lost", "lost"):
        log.info(event)


def test_what_is_lost_is_told_though_the_end_waits_behind_the_last_line() -> None:
    go_on = Event()

    def ready(text: str) -> bool:
        if '"first"' in text:
            return go_on.is_set()
        return '"second"' not in text or outlet._lines.full()  # with the third, and the end

    stream = Slow(ready)
    outlet: Outlet = Outlet(stream, lines=2)
    configure(outlet)
    overrun(outlet)
    go_on.set()
    outlet.close(10)
    assert [line["event"] for line in lines(stream)] == ["first", "second", "third", "lines of the log were lost"]
    assert lines(stream)[-1]["lines"] == 2


def test_what_is_lost_is_told_though_there_is_no_room_for_it_any_more() -> None:
    go_on = Event()
    stream = Slow(lambda text: "first" not in text or go_on.is_set())
    outlet = Outlet(stream, lines=2)

    def known() -> Credentials:
        """Asked for each line: while that of the loss is made, others write more."""
        if current_thread().name == "outlet":
            for event in ("more", "last"):
                other = Thread(target=outlet.write, args=(json.dumps({"event": event}) + "\n",))
                other.start()
                other.join()
        return NOTHING

    configure(outlet, known=known)
    overrun(outlet)
    go_on.set()
    while '"last"' not in stream.getvalue():
        pass
    outlet.close(10)
    told = [line["lines"] for line in lines(stream) if line["event"] == "lines of the log were lost"]
    assert told == [2]


def test_a_pipe_that_nobody_reads_keeps_nobody_waiting_and_what_is_lost_is_counted() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream, os.fdopen(reading, encoding="utf-8") as reader:
        outlet = Outlet(stream, lines=50)
        configure(outlet)
        for n in range(3_000):
            structlog.get_logger(OURS).info("cycle", number=n, text="x" * 100)
        outlet.close(0.01)  # it waits no longer than that
        numbers: list[int] = []
        lost = 0
        while len(numbers) + lost < 3_000:
            line: dict[str, Any] = json.loads(reader.readline())
            if line["event"] == "lines of the log were lost":
                lost += line["lines"]
            else:
                numbers.append(line["number"])
    assert numbers == sorted(set(numbers))
    assert lost > 0
    assert len(numbers) + lost == 3_000
