"""What is said of every rule over partners that show much, little, and odd things; kept in ``told``, to be read.

.venv/bin/python -m tests.conformance.telling     writes it anew; read the difference before you commit it
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from textwrap import wrap
from typing import Any

import anyio
import httpx

from crawler.conformance.chapters.listing.probes.crawling import CYCLES
from crawler.conformance.judgement import Judgement
from crawler.conformance.rule import Result
from crawler.conformance.suite import PAGES
from crawler.protocol.envelope import printable
from crawler.protocol.signature import HEADER
from crawler.reference import DEFAULT, MESSAGING, TITLES_ONLY, UNTHREADED, Capabilities, Listing, ReferencePartner
from crawler.reference.contents import OBJECTS
from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.forum import AGENT, Forum
from crawler.reference.seed import DESIGNATED_MESSAGE
from crawler.reference.wire import Call, Refusal, Response
from crawler.sync.source import Source
from tests.conformance.courtroom import (
    CARD,
    CAROUSEL,
    LINK,
    SECRET,
    SELECT,
    SOURCE,
    TEMPLATE,
    Clock,
    Endpoint,
    judged,
    messenger,
    partner,
)
from tests.conformance.test_partners import without_agents
from tests.conformance.variants.time import Network, Time

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
    "actions": [[{"name": "delete"}], "delete", {"0": "delete"}, ["show", "reply", "delete", 3, "", "mark"], []],
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


def fewer_options_each_other_time() -> ReferencePartner:
    """Declares one option less whenever it is asked again."""
    asked = count()

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if call.operation == "info" and isinstance(answer, dict) and next(asked) % 2:
            return {**answer, "options": answer["options"][:-1]}
        return answer

    return acting(act)


def quietly_late(call: Call, proceed: Proceed) -> object:
    """Lists nothing after a cursor, whatever came."""
    answer = proceed(call)
    return [] if isinstance(answer, list) and call.params.get("since_id") else answer


def changing(change: Callable[[dict[str, Any], Call], object]) -> ReferencePartner:
    """A partner that shows each content otherwise, in whatever answer it stands."""

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if isinstance(answer, list):
            return [shown for it in answer if (shown := change(it, call)) is not None]
        return change(answer, call) if isinstance(answer, dict) and "author" in answer else answer

    return acting(act)


def offering(*operations: str) -> ReferencePartner:
    return changing(lambda shown, _: {**shown, "actions": [*operations]})


def with_odd_files(shown: dict[str, Any], _call: Call) -> object:
    return {**shown, "attachments": ["https://a/b.png", {"filename": "b.png"}]} if shown.get("attachments") else shown


def counting() -> ReferencePartner:
    """Shows with each content how often it was shown."""
    shown = count(1)
    return changing(lambda it, _: {**it, "context_data": {"views": next(shown)}})


def vanishing(*operations: str) -> ReferencePartner:
    """What one of these operations was done to is neither listed nor shown, until it is published."""
    gone: set[object] = set()

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if call.operation in operations:
            gone.add(call.params.get("id"))
        if call.operation == "publish":
            gone.discard(call.params.get("id"))
        if call.operation == "show" and call.params.get("id") in gone:
            raise Refusal(404, "not there")
        return [it for it in answer if it["id"] not in gone] if isinstance(answer, list) else answer

    return acting(act)


def doing_nothing(call: Call, proceed: Proceed) -> object:
    """A custom operation is answered with the content as it is."""
    if call.operation in ("mark_as_solved", "escalate"):
        return proceed(Call(f"{call.object_name}.show", call.params))
    return proceed(call)


def answering_nothing(call: Call, proceed: Proceed) -> object:
    """Operations are answered with an empty object."""
    answer = proceed(call)
    return answer if call.operation in ("list", "show", "create", "info") else {}


def with_ids_alone(call: Call, proceed: Proceed) -> object:
    answer = proceed(call)
    return {"id": answer["id"]} if call.operation == "create" and isinstance(answer, dict) else answer


def without_threads() -> ReferencePartner:
    """Every message names a thread that is not listed, and nothing is shown."""
    it = changing(lambda shown, call: {**shown, "thread_id": "none"} if call.object_name == "messages" else shown)
    it.capabilities = replace(DEFAULT, objects=LITTLE)
    return it


def without_private_messages() -> ReferencePartner:
    it = partner()
    for content in it.forum.standing("private_messages"):
        it.forum.remove(content.id)
    return it


def answering_every_second() -> ReferencePartner:
    """Every second create is answered without an id."""
    created = count()

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        return {} if call.operation == "create" and next(created) % 2 else answer

    return acting(act)


def firewalled(call: Call, proceed: Proceed) -> object:
    """Something before it refuses whatever has a backslash in it."""
    if "\\" in str(call.params.get("body")):
        raise Refusal(406, "blocked")
    return proceed(call)


def refusing_files(call: Call, proceed: Proceed) -> object:
    if call.params.get("attachments") and not call.params.get("body"):
        raise Refusal(400, "no text")
    return proceed(call)


def failing_now_and_then(action: str, every: int, answer: Callable[[], object]) -> ReferencePartner:
    asked = count(1)

    def act(call: Call, proceed: Proceed) -> object:
        return answer() if call.action == action and next(asked) % every == 0 else proceed(call)

    return acting(act)


def crash() -> object:
    raise Refusal(500, "something went wrong")


def refusing_signatures(_call: Call, _proceed: Proceed) -> object:
    raise Refusal(403, "wrong signature")


def oddly_declared() -> ReferencePartner:
    info = {
        "objects": {
            "messages": {"0": "list", "1": "show"},
            "threads": None,
            "private_messages": ["list", 3, ""],
            "users": "show",
            "comments": ["list"],
        },
        "options": {"a": True},
        "locales": {"default": ["a"], "fr": {"a": 1, "b": "B"}, "de": None},
    }
    return acting(lambda call, proceed: info if call.operation == "info" else proceed(call))


def signing(what: Callable[[Call], bool]) -> ReferencePartner:
    """Signs some answers, and others not."""

    def response(call: Call, given: Response) -> Response:
        headers = {name: it for name, it in given.headers.items() if what(call) or name.lower() != HEADER.lower()}
        return replace(given, headers=headers)

    it = partner()
    it.fault = Fault(name="told", rules=(), description="signs some answers", response=response)
    return it


def crashing_on_long_texts() -> ReferencePartner:
    return acting(lambda call, proceed: crash() if len(str(call.params.get("body"))) > 9_999 else proceed(call))


def in_ascii(shown: dict[str, Any], _call: Call) -> object:
    return {**shown, "body": str(shown["body"]).encode("ascii", "ignore").decode(), "title": ""}


URL_BUTTON = {"type": "url", "title": "Order", "url": "shirts://42"}
STRUCTURED: list[object] = [
    "a card", ["S"], {"type": "buttons"}, SELECT, {**SELECT, "items": "S"}, {**SELECT, "items": [5, {"title": "S"}]},
    LINK, {**LINK, "url": "javascript:1"}, {**LINK, "items": [URL_BUTTON]}, {**TEMPLATE, "items": URL_BUTTON},
    {**TEMPLATE, "url": "shirts://42"}, {**TEMPLATE, "items": [5, URL_BUTTON]}, {**CAROUSEL, "items": 5},
    {**CAROUSEL, "items": [5, CARD]}, {**CAROUSEL, "items": [CARD, {**CARD, "attachment_url": "https://a/a.png"}]},
    {**CAROUSEL, "items": [{**CARD, "items": 5}, {**CARD, "items": [URL_BUTTON]}]}, {**CAROUSEL, "items": [CARD]},
    {"type": "rich_link", "items": [{**URL_BUTTON, "url": "https://a"}]},
]  # fmt: skip


def oddly_structured(strange: bool) -> ReferencePartner:
    """Every message has structured content, the next one by turns; only where it is strange some of unknown types."""
    of_known_type = STRUCTURED[3:]

    def structured(shown: dict[str, Any], call: Call) -> object:
        values = STRUCTURED if strange else of_known_type
        if call.action != "messages.list":
            return shown
        return {**shown, "structured_content": values[int(shown["id"]) % len(values)]}

    it = changing(structured)
    it.capabilities = MESSAGING
    it.forum.fill(messages=len(STRUCTURED))
    return it


def listing_threads_alone() -> ReferencePartner:
    """A messenger that lists threads, all by an agent, and takes and shows messages."""
    it = changing(lambda shown, _: {**shown, "author": {"id": AGENT, "screenname": "A", "puppetizable": True}})
    it.capabilities = replace(MESSAGING, objects={"threads": ("list",), "messages": ("create", "show")})
    return it


def choices_of_two() -> ReferencePartner:
    """A bot and a customer offer choices by turns; that the bot is puppetizable stands in one message without any."""
    first: list[object] = []

    def structured(shown: dict[str, Any], call: Call) -> object:
        if call.action != "messages.list":
            return shown
        name = "bot" if int(shown["id"]) % 2 else "customer"
        shown = {**shown, "author": {"id": name, "screenname": name}}
        if name == "bot" and shown["id"] in (first or [shown["id"]]):
            first[:] = [shown["id"]]
            return {**shown, "author": {**shown["author"], "puppetizable": True}}
        return {**shown, "structured_content": SELECT}

    it = changing(structured)
    it.capabilities = MESSAGING
    return it


def without_ids_afterwards() -> ReferencePartner:
    """A create after two deletions is answered without an id."""
    deleted: list[Call] = []

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if call.operation == "delete":
            deleted.append(call)
        if call.operation != "create":
            return answer
        answer = {} if len(deleted) == 2 else answer
        deleted.clear()
        return answer

    return acting(act)


def busy_afterwards() -> ReferencePartner:
    """Shows no messages; and after an operation it is too soon to list them, until something else is asked."""
    last: list[Call] = []

    def act(call: Call, proceed: Proceed) -> object:
        if call.action == "messages.list" and last and last[-1].operation in ("mark_as_solved", "unpublish", "publish"):
            raise Refusal(429, "too often")
        if call.operation != "list":
            last[:] = [call]
        return proceed(call)

    it = acting(act)
    it.capabilities = replace(DEFAULT, objects={**DEFAULT.objects, "messages": NOT_SHOWN})
    return it


def with_arrivals_in_between() -> ReferencePartner:
    """Pages of one; and where it is asked a third time after the same message, another one stands there."""
    asked = Counter[object]()

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if call.action != "messages.list" or not isinstance(answer, list) or not answer:
            return answer
        since_id = call.params.get("since_id")
        asked[since_id] += 1
        return [{**answer[0], "id": "late"}] if since_id and asked[since_id] == 3 else answer

    return acting(act, lambda: partner(listing=Listing(page_size=1)))


def refusing_structured_content() -> ReferencePartner:
    def act(call: Call, proceed: Proceed) -> object:
        if call.params.get("structured_content"):
            raise Refusal(400, "no cards")
        return proceed(call)

    return acting(act, messenger)


def turning_round(call: Call, proceed: Proceed) -> object:
    """Lists the oldest first where there is a cursor."""
    answer = proceed(call)
    return answer[::-1] if isinstance(answer, list) and call.params.get("since_id") else answer


class HangsUp(Network):
    """It breaks connections over which a forged request comes, or a body with escapes."""

    async def answered(self, request: httpx.Request) -> httpx.Response:
        signature = request.headers.get(HEADER, "").lower()
        if signature != SECRET.sign(request.content) or b"\\u0" in request.content:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        return await super().answered(request)


def crashing_for_strangers() -> ReferencePartner:
    def act(call: Call, proceed: Proceed) -> object:
        return crash() if call.operation == "create" else proceed(call)

    return acting(act, without_agents)


def never_showing(call: Call, proceed: Proceed) -> object:
    """Is asked too often for one message, whenever that is."""
    if call.action == "messages.show" and call.params.get("id") == DESIGNATED_MESSAGE:
        raise Refusal(429, "too often")
    return proceed(call)


def forgetful() -> ReferencePartner:
    """Lists every second content but once."""
    listed: set[str] = set()

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if call.operation == "list" and isinstance(answer, list):
            answer = [it for it in answer if it["id"] not in listed]
            listed.update(it["id"] for it in answer if int(it["id"]) % 2)
        return answer

    return acting(act)


def with_options(*options: str) -> ReferencePartner:
    return partner(capabilities=DEFAULT.with_options(*options))


def many_pages() -> ReferencePartner:
    it = partner(listing=Listing(page_size=1))
    it.forum.fill(messages=PAGES * CYCLES)
    return it


@dataclass(frozen=True)
class Told:
    """How a partner is made and judged."""

    made: Callable[[], Endpoint]
    write: bool = True
    source: Source = SOURCE


NOT_SHOWN = tuple(it for it in DEFAULT.objects["messages"] if it != "show")
LITTLE = {name: tuple(it for it in DEFAULT.objects[name] if it not in ("show", "delete")) for name in OBJECTS}
UNVERIFIED = replace(SOURCE, verify_signature=False)
PARTNERS: Mapping[str, Told] = {
    "the reference partner": Told(partner),
    "the reference partner, read alone": Told(partner, write=False),
    "a messenger": Told(messenger),
    "a messenger that shows who types": Told(
        lambda: partner(capabilities=MESSAGING.with_options("messaging.typing_indicator", "messages.allow_survey"))
    ),
    "odd structured content": Told(lambda: oddly_structured(strange=True), write=False),
    "structured content of known types": Told(lambda: oddly_structured(strange=False), write=False),
    "choices by a bot and a customer": Told(choices_of_two, write=False),
    "a messenger that lists threads alone": Told(listing_threads_alone),
    "refuses structured content": Told(refusing_structured_content),
    "no threads": Told(lambda: partner(capabilities=UNTHREADED)),
    "threads that are titles": Told(lambda: partner(capabilities=TITLES_ONLY)),
    "nothing declared": Told(lambda: declaring({})),
    "oddly declared": Told(oddly_declared),
    "another declaration each time": Told(twice_otherwise),
    "fewer options each other time": Told(fewer_options_each_other_time, write=False),
    "options that exclude each other": Told(
        lambda: with_options("messages.unthreaded", "threads.no_content", "view.messaging")
    ),
    "messages are listed": Told(lambda: declaring({"messages": ("list",)})),
    "messages are written, and not listed": Told(lambda: declaring({"messages": ("create", "delete")})),
    "messages are written, threads are listed": Told(
        lambda: declaring({"messages": ("create", "delete"), "threads": ("list", "show")})
    ),
    "messages are written and shown": Told(lambda: declaring({"messages": ("show", "create", "publish", "solve")})),
    "threads are written and listed": Told(lambda: declaring({"threads": ("list", "create", "reply")})),
    "private messages alone": Told(lambda: declaring({"private_messages": ("list", "show", "create")})),
    "no show and no deletion": Told(lambda: partner(capabilities=replace(DEFAULT, objects=LITTLE))),
    "no show, and threads that are nowhere": Told(without_threads),
    "an empty forum": Told(lambda: partner(forum=Forum(Clock()))),
    "no private messages": Told(without_private_messages),
    "nobody to write as": Told(without_agents),
    "nobody to write as, and a crash for others": Told(crashing_for_strangers),
    "shows one message never": Told(lambda: acting(never_showing)),
    "lists every second content once": Told(forgetful),
    "the oldest first after a cursor": Told(lambda: acting(turning_round)),
    "hangs up on what is odd": Told(lambda: HangsUp(partner(), Time())),
    "odd contents": Told(lambda: acting(oddly, with_much_to_list), write=False),
    "strange contents": Told(lambda: acting(strangely, with_much_to_list)),
    "users without ids": Told(
        lambda: changing(lambda shown, _: {**shown, "author": {"screenname": f"User {shown['id']}"}}), write=False
    ),
    "odd files": Told(lambda: changing(with_odd_files)),
    "counts how often it shows": Told(counting, write=False),
    "offers nothing": Told(offering),
    "offers everything always": Told(
        lambda: offering("reply", "delete", "publish", "unpublish", "mark_as_solved", "escalate")
    ),
    "unpublishing hides": Told(lambda: vanishing("unpublish")),
    "custom operations hide": Told(lambda: vanishing("mark_as_solved")),
    "custom operations change nothing": Told(lambda: acting(doing_nothing)),
    "operations are answered with nothing": Told(lambda: acting(answering_nothing)),
    "creates are answered with nothing": Told(lambda: acting(without_ids)),
    "creates are answered with an id": Told(lambda: acting(with_ids_alone)),
    "every second create is answered with nothing": Told(answering_every_second),
    "after a deletion creates are answered with nothing": Told(without_ids_afterwards),
    "is asked too soon after an operation": Told(busy_afterwards),
    "refuses what is written": Told(lambda: acting(refusing)),
    "refuses longer texts": Told(lambda: acting(refusing_odd_ones)),
    "refuses files without a text": Told(lambda: acting(refusing_files)),
    "crashes on long texts": Told(crashing_on_long_texts),
    "keeps ASCII alone, and no titles": Told(lambda: changing(in_ascii)),
    "refuses backslashes": Told(lambda: acting(firewalled)),
    "refuses our signature": Told(lambda: acting(refusing_signatures)),
    "declares nothing now and then": Told(lambda: failing_now_and_then("implementation.info", 4, crash), write=False),
    "lists nothing that is new": Told(lambda: acting(quietly_late)),
    "pages of one": Told(lambda: partner(listing=Listing(page_size=1))),
    "pages of one, and arrivals in between": Told(with_arrivals_in_between, write=False),
    "too many pages": Told(many_pages),
    "nothing is signed, and nobody looks": Told(lambda: signing(lambda _: False), source=UNVERIFIED),
    "lists are not signed, and nobody looks": Told(
        lambda: signing(lambda call: call.operation != "list"), source=UNVERIFIED
    ),
    "the declaration is not signed, and nobody looks": Told(
        lambda: signing(lambda call: call.operation != "info"), source=UNVERIFIED
    ),
}


def telling(name: str) -> Callable[[], Awaitable[Judgement]]:
    """Judges the partner of that name."""
    it = PARTNERS[name]
    return lambda: judged(it.made(), write=it.write, source=it.source)


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
