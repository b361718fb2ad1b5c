"""Partners that keep every `must`, each in a way of its own: nobody may find them broken."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from crawler.protocol.signature import Secret
from crawler.reference import AGENT, DEFAULT, MESSAGING, Listing, ReferencePartner, seeded
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Response
from tests.conformance.courtroom import SOURCE, Clock, partner
from tests.conformance.variants.dates import dating
from tests.conformance.variants.making import (
    Act,
    Shown,
    acting,
    after,
    behaving,
    doing,
    remembering,
    rows,
    selecting,
    showing,
    since,
    with_params,
)
from tests.conformance.variants.shop import shop
from tests.conformance.variants.time import Limited, Network, Time
from tests.conformance.variants.variant import Conforming, Made

NUMBERS = ("id", "thread_id", "in_reply_to_id")
WORD = Secret("list")


def numbers(shown: Shown) -> Shown:
    return {**shown, **{name: int(shown[name]) for name in NUMBERS if name in shown}}


def as_html(shown: Shown) -> Shown:
    """A text as html: escaped, and with its lines broken."""
    if shown.get("format") != "text":
        return shown
    body = html.escape(shown.get("body", ""), quote=False).replace("\n", "<br>")
    return {**without(shown, "format"), "body": f"<p>{body}</p>"}


def without(shown: Shown, *names: str) -> Shown:
    return {name: it for name, it in shown.items() if name not in names}


def html_alone() -> Made:
    options = tuple(name for name in DEFAULT.options if not name.endswith(".text"))
    return showing(as_html, capabilities=replace(DEFAULT, options=options))


def sanitised(body: str) -> str:
    """The same for whoever reads it: numbers for entities, no scripts, attributes in order, lines between blocks."""
    body = re.sub(r"(?is)<(script|style)\b.*?</\1>", "", body)
    body = body.replace("&amp;", "&#38;").replace("&lt;", "&#60;").replace("&gt;", "&#62;").replace("<br />", "<br>")
    body = re.sub(r"<(\w+)((?:\s+\w+=\"[^\"]*\")+)\s*>", in_order, body)
    return body.replace("</p><p>", "</p>\n<p>")


def in_order(tag: re.Match[str]) -> str:
    attributes = sorted(re.findall(r"\w+=\"[^\"]*\"", tag.group(2)), reverse=True)
    return f"<{tag.group(1)} {' '.join(attributes)}>"


def sanitising(call: Call, proceed: Proceed) -> object:
    body = call.params.get("body")
    is_html = isinstance(body, str) and call.params.get("format", "html") == "html"
    return proceed(with_params(call, body=sanitised(str(body)) or None) if is_html else call)


def carriage_returns(shown: Shown) -> Shown:
    body = shown.get("body")
    return {**shown, "body": re.sub(r"\r?\n|\r", "\r\n", body)} if isinstance(body, str) else shown


def untitled() -> Made:
    capabilities = DEFAULT.without("threads.create")
    return showing(lambda shown: without(shown, "title"), capabilities=capabilities)


def five_agents(it: ReferencePartner, _time: Time) -> Act:
    """Each customer has an agent, and customers write to whom they like."""
    for number in range(3):
        user = f"agent-{number}"
        it.forum.add_user(user, f"Agent {number}", puppetizable=True, firstname="Ann", lastname=f"No. {number}")
        it.forum.add_message(user, "1", f"<p>This is agent {number}.</p>")
        it.forum.add_private_message("zoe", user, f"Are you there, {number}?", format="text")
    return lambda call, proceed: proceed(call)


def offset_by(hours: float, spelling: str) -> Callable[[datetime], str]:
    return lambda moment: moment.astimezone(timezone(timedelta(hours=hours))).strftime(spelling)


def first_ten_newest(all_of_them: list[Shown], since_id: str | None) -> list[Shown]:
    return after(all_of_them, since_id) if since_id else all_of_them[-10:]


def indexed_later(it: ReferencePartner, time: Time, *, seconds: float = 3.0) -> Act:
    """What was created is listed some seconds later, and nothing overtakes it."""
    created: dict[str, float] = {}

    def act(call: Call, proceed: Proceed) -> object:
        for content in it.forum.contents.values():
            if content.content_id:
                created.setdefault(content.id, time.now)
        if call.operation != "list":
            return proceed(call)
        found = rows(call, proceed)
        ready = [time.now - created.get(row["id"], -seconds) >= seconds for row in found]
        whole = found[: ready.index(False)] if False in ready else found
        return after(whole, since(call))[::-1]

    return act


def own_copies(shown: Shown) -> Shown:
    """Files are copied to its own disk, and shown from there."""
    if not shown.get("attachments"):
        return shown
    files = [
        {**file, "url": f"https://cdn.shop.example/{file['url'].rpartition('/')[2]}"} for file in shown["attachments"]
    ]
    return {**shown, "attachments": files}


def created_201(call: Call, response: Response) -> Response:
    return replace(response, status=201) if call.operation == "create" and response.status == 200 else response


def id_alone(call: Call, proceed: Proceed) -> object:
    answer = proceed(call)
    return {"id": answer["id"]} if isinstance(answer, dict) and "id" in answer else answer


def limited(**settings: object) -> Made:
    return lambda time: Limited(shop(), time, **settings)  # type: ignore[arg-type]  # each has its own type


def secret_is_a_word(time: Time) -> Network:
    it = shop()
    it.secret = WORD
    return Network(it, time)


GUIDE: tuple[Mapping[str, object], ...] = (
    {"type": "select", "items": [{"title": "Yes"}, {"title": "No", "payload": "no"}]},
    {"type": "rich_link", "url": "https://shop.example/42", "title": "The shirt"},
    {
        "type": "template", "title": "The shirt", "subtitle": "In three colours",
        "items": [{"type": "url", "title": "Buy", "url": "https://shop.example/42"}, {"type": "reply", "title": "Ask"}],
    },
    {
        "type": "carousel",
        "items": [{"title": "The shirt"}, {"title": "The hat", "items": [{"type": "reply", "title": "Ask"}]}],
    },
)  # fmt: skip
"""Of the guide's forms: all but a select come without a body, a payload may be missing, cards have no type."""


def as_in_the_guide(time: Time) -> Network:
    it = partner(forum=seeded(Clock()), capabilities=MESSAGING)
    for value in GUIDE:
        body = "Do you like it?" if value["type"] == "select" else ""
        it.forum.add_message(AGENT, "1", body, format="text", structured_content=value)
    return Network(it, time)


def nobody_to_write_as(it: ReferencePartner, _time: Time) -> Act:
    for user in [user for user in it.forum.users.values() if user.puppetizable]:
        it.forum.edit_user(user.id, puppetizable=False)
    return lambda call, proceed: proceed(call)


TEN = (
    Conforming("ids as numbers", "ids, threads and replies as JSON numbers", showing(numbers)),
    Conforming("html alone", "no text among its options", html_alone()),
    Conforming(
        "since_id inclusive",
        "each page ends with the cursor's own content, as in the guide's example",
        behaving(listing=Listing(page_size=10, repeats_since_id=True)),
    ),
    Conforming("pages of one", "one content at a time", behaving(listing=Listing(page_size=1))),
    Conforming("another time zone", "dates with +05:30", dating(offset_by(5.5, "%Y-%m-%dT%H:%M:%S+05:30"))),
    Conforming("no titles", "threads without a title, begun by customers alone", untitled()),
    Conforming("ascending storage", "one table, oldest first; nothing moves in it", selecting(after)),
    Conforming("several authors", "five agents", remembering("*", five_agents)),
    Conforming("slow", "eight seconds for each answer", lambda time: Network(shop(), time, latency=8.0)),
    Conforming("two requests a second", "429 with Retry-After for what is more", limited()),
)
"""Those that the issue names."""

FAIR = (
    Conforming(
        "a limiter without advice",
        "503 and nothing else for what is more than 20 requests in a second",
        limited(per_second=20.0, status=503, headers={}),
    ),
    Conforming("the guide's structured content", "examples in the forms of the guide", as_in_the_guide),
    Conforming(
        "a secret that is a word", "its secret is 'list'", secret_is_a_word, source=replace(SOURCE, secret=WORD)
    ),
    Conforming("carriage returns", "lines end with CR LF", showing(carriage_returns)),
    Conforming("sanitised html", "the same html, spelled otherwise, without scripts", acting("create", sanitising)),
    Conforming("the newest ten at first", "the first list holds so many, and no more", selecting(first_ten_newest)),
    Conforming("listed later", "what is created is listed after three seconds", remembering("*", indexed_later)),
    Conforming(
        "nothing after the unknown",
        "an unknown cursor gets an empty list",
        behaving(listing=Listing(unknown_since_id="nothing")),
    ),
    Conforming("copies of files", "attachments have an address of its own", showing(own_copies)),
    Conforming(
        "201 and an id",
        "a create is answered with 201 and nothing but the id",
        behaving(act=doing("create", id_alone), response=created_201),
    ),
    Conforming(
        "nobody to write as",
        "no identity is puppetizable, and others are refused with a 400",
        remembering("*", nobody_to_write_as),
    ),
    Conforming("spelled as PHP does", "dates with +0200", dating(offset_by(2, "%Y-%m-%dT%H:%M:%S+0200"))),
)
"""Others that were accused of what is no fault, or may be."""

CONFORMING = (*TEN, *FAIR)
