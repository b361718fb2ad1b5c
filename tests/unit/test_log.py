import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from crawler.log import OURS, configure
from crawler.protocol.credentials import WITHHELD, Credentials
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
