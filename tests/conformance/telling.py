"""What is said of every rule over partners that show much, little, and odd things; kept in ``told``, to be read.

.venv/bin/python -m tests.conformance.telling     writes it anew; read the difference before you commit it
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import Any

import anyio

from crawler.conformance.judgement import Judgement
from crawler.conformance.rule import Result
from crawler.protocol.envelope import printable
from crawler.reference import DEFAULT, MESSAGING, TITLES_ONLY, UNTHREADED, Capabilities, ReferencePartner
from crawler.reference.contents import OBJECTS
from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.forum import Forum
from crawler.reference.wire import Call, Refusal
from tests.conformance.courtroom import Clock, judged, messenger, partner
from tests.conformance.test_partners import without_agents

TOLD = Path(__file__).with_name("told")
WIDTH = 300
"""So many characters of a text are kept."""


def acting(act: Callable[[Call, Proceed], object], made: Callable[[], ReferencePartner] = partner) -> ReferencePartner:
    it = made()
    it.fault = Fault(name="told", rules=(), description="does one thing otherwise", act=act)
    return it


def declaring(objects: Mapping[str, tuple[str, ...]], *options: str) -> ReferencePartner:
    return partner(capabilities=Capabilities(objects, options))


ODD: Mapping[str, list[object]] = {
    "title": [7, ["a", 1], {"a": 1}, True, "", None],
    "body": ["x" * 20_001, 5, None, {"text": "hi"}],
    "format": ["markdown", 3, "text"],
    "language": [1.5],
    "categories": ["a,b", ["Delivery", "ok", 3], [], ["a/b"]],
    "context_data": [["a"], {"order no": 1, "order-no": 2}, {}, "a"],
    "attachments": [
        {"url": "/a.png"},
        [{"url": "ftp://a"}, {"content": "aGk=", "filename": "a"}, 3, {"name": "x"}],
        [],
    ],
    "actions": ["delete", {"0": "delete"}, ["show", "reply", "delete", 3, "", "mark"], []],
    "created_at": ["yesterday", 1330000000, "2012-10-01 17:18", "2999-01-01T00:00:00Z", ""],
    "updated_at": ["2001-01-01T00:00:00Z", None],
    "in_reply_to_id": ["0", "nobody", 1, ""],
    "thread_id": ["nobody", 1, ""],
    "id": [17, "", None],
    "author": [None, {}, "jo", {"id": 1}, {"id": "1", "screenname": "A"}, {"id": "1", "screenname": "B"}],
}


STRANGE: Mapping[str, list[object]] = {
    "actions": [["show", "reply", "delete"], ["mark", "create"], ["", "publish"], []],
    "context_data": [{"order no": 1, "order-no": 2}, {}, {"é": 1}],
    "categories": [["Delivery", "ok"], [], ["a/b"], None],
    "created_at": ["2012-10-01", "2012-10-01T17:18:40Z", "", None],
    "attachments": [[{"url": "http://a/a.png"}], [], [{"url": "HTTPS://a/a"}, {"content": "aGk=", "filename": "a"}]],
    "author": [
        {"id": "9", "screenname": name, "created_at": date} for name in ("A", "", "B") for date in (None, "2012")
    ],
}
"""What is less odd, so that rules are judged that are spared where there is worse."""


def oddly(call: Call, proceed: Proceed) -> object:
    """Each content that is listed has one odd field, the next one by turns; and some are no contents."""
    answer = spoilt(call, proceed, ODD)
    return [*answer, 5, None, "id"] if isinstance(answer, list) and call.params.get("since_id") is None else answer


def strangely(call: Call, proceed: Proceed) -> object:
    """Each content that is listed or shown has one strange field, by its id."""
    return spoilt(call, proceed, STRANGE)


def spoilt(call: Call, proceed: Proceed, fields: Mapping[str, list[object]]) -> object:
    answer = proceed(call)
    odd = [{name: value} for name, values in fields.items() for value in values]
    if call.operation == "list" and isinstance(answer, list):
        return [content | odd[int(content["id"]) % len(odd)] for content in answer]
    if call.operation == "show" and isinstance(answer, dict):
        return answer | odd[int(answer["id"]) % len(odd)]
    return answer


def with_much_to_list() -> ReferencePartner:
    it = partner()
    it.forum.fill(messages=len([value for values in ODD.values() for value in values]))
    return it


def refusing(call: Call, proceed: Proceed) -> object:
    """Refuses all that writes, and says so in the way of the protocol."""
    if call.operation in ("list", "show", "info"):
        return proceed(call)
    return {"error": {"fatal": True, "message": "read only"}}


def refusing_odd_ones(call: Call, proceed: Proceed) -> object:
    """Takes the first two creates of each object, and refuses the rest without a word."""
    if call.operation == "create" and len(str(call.params.get("body") or "")) > 40:
        raise Refusal(400, "")
    return proceed(call)


def without_ids(call: Call, proceed: Proceed) -> object:
    """Says nothing of what it created, but that it did."""
    answer = proceed(call)
    return {} if call.operation == "create" else answer


def twice_otherwise() -> ReferencePartner:
    """Declares something else, and worse, each time."""
    answers: list[Any] = [None, {"objects": {"messages": ["list"]}, "locales": {"default": []}}, [], {"objects": {}}]

    def act(call: Call, proceed: Proceed) -> object:
        if call.operation != "info":
            return proceed(call)
        answers.append(answers.pop(0))
        return answers[0]

    return acting(act)


def quietly_late(call: Call, proceed: Proceed) -> object:
    """Lists nothing after a cursor, whatever came."""
    answer = proceed(call)
    return [] if isinstance(answer, list) and call.params.get("since_id") else answer


Made = Callable[[], ReferencePartner]
PARTNERS: Mapping[str, tuple[Made, bool]] = {
    "the reference partner": (partner, True),
    "the reference partner, read alone": (partner, False),
    "a messenger": (messenger, True),
    "a messenger that shows who types": (
        lambda: partner(capabilities=MESSAGING.with_options("messaging.typing_indicator", "messages.allow_survey")),
        True,
    ),
    "no threads": (lambda: partner(capabilities=UNTHREADED), True),
    "threads that are titles": (lambda: partner(capabilities=TITLES_ONLY), True),
    "nothing declared": (lambda: declaring({}), True),
    "messages are listed": (lambda: declaring({"messages": ("list",)}), True),
    "messages are written, and not listed": (lambda: declaring({"messages": ("create", "delete")}), True),
    "messages are written and shown": (lambda: declaring({"messages": ("show", "create", "publish", "solve")}), True),
    "threads are written and listed": (lambda: declaring({"threads": ("list", "create", "reply")}), True),
    "private messages alone": (lambda: declaring({"private_messages": ("list", "show", "create")}), True),
    "no show and no deletion": (
        lambda: partner(
            capabilities=replace(
                DEFAULT,
                objects={
                    name: tuple(it for it in DEFAULT.objects[name] if it not in ("show", "delete")) for name in OBJECTS
                },
            )
        ),
        True,
    ),
    "an empty forum": (lambda: partner(forum=Forum(Clock())), True),
    "nobody to write as": (without_agents, True),
    "odd contents": (lambda: acting(oddly, with_much_to_list), False),
    "strange contents": (lambda: acting(strangely, with_much_to_list), True),
    "another declaration each time": (twice_otherwise, True),
    "refuses what is written": (lambda: acting(refusing), True),
    "refuses longer texts": (lambda: acting(refusing_odd_ones), True),
    "says nothing of what it creates": (lambda: acting(without_ids), True),
    "lists nothing that is new": (lambda: acting(quietly_late), True),
}


def telling(name: str) -> Callable[[], Awaitable[Judgement]]:
    """Judges the partner of that name."""
    made, write = PARTNERS[name]
    return lambda: judged(made(), write=write)


def said(result: Result) -> str:
    """What became of a rule: its outcome, how much it looked at, why it was not judged, and what breaks it."""
    parts: list[str] = [result.outcome]
    if result.reason:
        parts.append(result.reason + (f" → {result.remedy.code}" if result.remedy else ""))
    parts += [f"expected {it.expected}, got {it.actual}" for it in result.breaches]
    if result.looked_at:
        parts.append(f"{result.looked_at} looked at")
    return printable("; ".join(part[:WIDTH] for part in parts), 10_000)


def page(judgement: Judgement) -> str:
    """All rules, by what was said of them."""
    by_text: dict[str, list[str]] = {}
    for result in judgement.results:
        by_text.setdefault(said(result), []).append(result.rule.name)
    lines = [judgement.headline]
    for text in sorted(by_text):
        lines += [
            "",
            text,
            *wrap(
                ", ".join(by_text[text]), 110, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
            ),
        ]
    return "\n".join(lines) + "\n"


def file_of(name: str) -> Path:
    return TOLD / f"{name}.txt"


async def main() -> None:
    TOLD.mkdir(exist_ok=True)
    for name in PARTNERS:
        file_of(name).write_text(page(await telling(name)()), encoding="utf-8")


if __name__ == "__main__":
    anyio.run(main)
