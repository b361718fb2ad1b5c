"""Contents and users as they are shown: what customers write is lost on its way, or ends with somebody else (OB)."""

from collections.abc import Callable

from crawler.reference import AGENT, ReferencePartner
from crawler.reference.contents import show_user
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Raw, Refusal
from tests.conformance.variants.making import Act, Shown, acting, each, remembering, showing
from tests.conformance.variants.time import Time
from tests.conformance.variants.variant import Harm, Kind, Made, Variant

GUESTS = ("zoe", "jun")
"""Customers who never signed up."""
TEASER = 20


def of(author: Callable[[Shown], Shown], *, role: str = "author") -> Made:
    """All users of one role, shown otherwise."""
    return showing(lambda shown: {**shown, role: author(shown[role])} if shown.get(role) else shown)


def guest(user: Shown) -> Shown:
    return {**user, "id": "0"} if user["id"] in GUESTS else user


def without(*names: str) -> Callable[[Shown], Shown]:
    return lambda shown: {name: it for name, it in shown.items() if name not in names}


def some(which: Callable[[Shown], bool], change: Callable[[Shown], Shown]) -> Made:
    return showing(lambda shown: change(shown) if which(shown) else shown)


def of_guests(shown: Shown) -> bool:
    return shown["author"]["id"] in GUESTS


def with_relative_urls(shown: Shown) -> Shown:
    files = [{**file, "url": file["url"].removeprefix("https://shop.example")} for file in shown.get("attachments", [])]
    return {**shown, "attachments": files}


def picture_alone(shown: Shown) -> Shown:
    """A message that was but a picture, of which the list shows neither a text nor a file."""
    return without("body", "attachments")(shown) if shown.get("attachments") else shown


def teasers(call: Call, proceed: Proceed) -> object:
    return each(proceed(call), lambda shown: {**shown, "body": str(shown.get("body", ""))[:TEASER]})


def by_number(it: ReferencePartner, _time: Time) -> Act:
    """(int) "12abc" is 12, and what is no number is 0: then it shows the first row."""

    def act(call: Call, proceed: Proceed) -> object:
        known = it.forum.find(call.object_name, call.params.get("id"))
        first = it.forum.standing(call.object_name)[0].id
        return proceed(call if known else Call(call.action, {"id": first}))

    return act


def to_the_shop(it: ReferencePartner, _time: Time) -> Act:
    """`recipient` is always the shop, where the shop writes as well: an agent's next message goes to itself."""
    shop = show_user(it.forum.users[AGENT])
    return lambda call, proceed: each(
        proceed(call), lambda shown: {**shown, "recipient": shop} if "recipient" in shown else shown
    )


def without_closed_threads(it: ReferencePartner, _time: Time) -> Act:
    """Closed threads are neither listed nor shown; their messages are."""
    closed = {"2", "3"}

    def act(call: Call, proceed: Proceed) -> object:
        if call.action == "threads.show" and call.params.get("id") in closed:
            raise Refusal(404, "there is no such thread")
        answer = proceed(call)
        if call.action == "threads.list" and isinstance(answer, list):
            return [shown for shown in answer if shown["id"] not in closed]
        return answer

    return act


def in_an_array(call: Call, proceed: Proceed) -> object:
    return [proceed(call)]


_ROWS: tuple[tuple[str, str, Harm, Made, str, str | None], ...] = (
    ("guests are one", "who never signed up has the id 0: all of them are one customer",
     Harm.EXPOSED, of(guest), "chatwoot/chatwoot#4728; chatwoot/chatwoot#7244", "user-id-is-one-person"),
    ("no author of guests", "an outer join without a row: author is null",
     Harm.LOST, some(of_guests, lambda it: {**it, "author": None}), "PROTOCOL.md OB11", "contents-have-an-author"),
    ("no names of guests", "a profile that was never filled in",
     Harm.LOST, of(lambda user: without("screenname")(user) if user["id"] in GUESTS else user), "PROTOCOL.md OB4",
     "users-have-a-screenname"),
    ("no thread of openings", "a question of its own has no parent yet: thread_id is null",
     Harm.LOST, some(lambda it: it.get("thread_id") == "3", without("thread_id")), "PROTOCOL.md OB1",
     "messages-have-a-thread"),
    ("pictures alone", "lists texts and forgets that some are but a picture",
     Harm.LOST, showing(picture_alone), "anymail/django-anymail#229", "messages-have-a-body"),
    ("relative pictures", "the path that the page uses",
     Harm.LOST, showing(with_relative_urls), "PROTOCOL.md OB7", "attachment-urls-are-absolute"),
    ("teasers", "the list's query cuts the text for a preview, show does not",
     Harm.LOST, acting("list", teasers), "issue 15, point 3; PROTOCOL.md AC1", "show-agrees-with-list"),
    ("a zero byte", "a text that a mail client padded",
     Harm.LOST, some(lambda it: it["id"] == "17", lambda it: {**it, "body": Raw('"padded\\u0000"')}),
     "PROTOCOL.md OB12", "contents-can-be-stored"),
    ("private messages to the shop", "recipient is always the shop, whoever writes",
     Harm.LOST, remembering("*", to_the_shop), "zammad/zammad#206", "private-messages-go-to-somebody-else"),
    ("private messages to nobody", "recipient only where it is not the shop",
     Harm.LOST, some(lambda it: it.get("recipient", {}).get("id") == AGENT, without("recipient")), "PROTOCOL.md OB2",
     "private-messages-have-a-recipient"),
    ("agents in words", "puppetizable: 'yes', out of a form",
     Harm.MUTE, of(lambda user: {**user, "puppetizable": "yes" if user["puppetizable"] else "no"}),
     "PROTOCOL.md OB4", "puppetizable-is-a-boolean"),
    ("replies to zero", "in_reply_to_id is 0 where there is none",
     Harm.LOOSE, some(lambda it: not it.get("in_reply_to_id"), lambda it: {**it, "in_reply_to_id": "0"}),
     "PROTOCOL.md OB8, OB11", "replies-name-a-known-content"),
    ("closed threads are gone", "lists open threads and all messages",
     Harm.PUZZLED, remembering("*", without_closed_threads), "PROTOCOL.md LS9", "messages-name-a-known-thread"),
    ("shows the first instead", "(int) of the id, and no look whether it is the same",
     Harm.EXPOSED, remembering("show", by_number), "PROTOCOL.md AC1", "show-of-an-unknown-id-shows-nothing"),
    ("shows an array", "the list's query with one id",
     Harm.LOST, acting("show", in_an_array), "PROTOCOL.md AC1", "show-answers-the-content"),
)  # fmt: skip

SHAPE = tuple(
    Variant(name=name, slip=slip, harm=harm, kind=Kind.SHAPE, origin=origin, made=made, found_by=rule, write=False)
    for name, slip, harm, made, origin, rule in _ROWS
)
