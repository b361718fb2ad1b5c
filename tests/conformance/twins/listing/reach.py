"""Defects of what is reached from a position, and of what becomes of an endpoint by what it is sent."""

from collections.abc import Mapping

from crawler.reference import Fault, ReferencePartner
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Refusal
from tests.conformance.courtroom import Time, partner
from tests.conformance.twins.listing.lists import Shown, page, since, without_since_id
from tests.conformance.twins.twin import Act, Twin, acting, twin
from tests.conformance.variants.conforming import indexed_later
from tests.conformance.variants.time import Mortal, Network

READ = "older-positions-reach-as-much"
OLD = "old-positions-lead-to-what-is-new"
UNLISTED = "created-content-is-listed"


def everything(call: Call, proceed: Proceed) -> list[Shown]:
    """All there is, oldest first."""
    return page(proceed(without_since_id(call)))[::-1]


def after(shown: list[Shown], since_id: str) -> list[Shown]:
    place = next((place for place, it in enumerate(shown) if it["id"] == since_id), -1)
    return shown[place + 1 :]


def compares_texts(call: Call, proceed: Proceed) -> object:
    """'9' is more than '10'."""
    return [it for it in page(proceed(without_since_id(call))) if it["id"] > since(call)]


def newest_three(call: Call, proceed: Proceed) -> object:
    """What is known at first are these as well."""
    return page(proceed(call))[:3]


def all_but_the_newest(call: Call, proceed: Proceed) -> object:
    return after(everything(call, proceed)[:-1], since(call))[::-1]


def sorted_by_date(call: Call, proceed: Proceed) -> object:
    shown = sorted(everything(call, proceed), key=lambda it: (it["created_at"], int(it["id"])))
    return after(shown, since(call))[::-1]


def first_page_alone(call: Call, proceed: Proceed) -> object:
    return everything(call, proceed)[:5][::-1]


def shows_the_second_late(it: ReferencePartner) -> Act:
    """The second of what is created is there from the third list on."""
    lists: dict[str, int] = {}

    def act(call: Call, proceed: Proceed) -> object:
        shown = everything(call, proceed)
        ours = [own["id"] for own in shown if it.forum.contents[own["id"]].content_id]
        for own in ours[1:2]:
            lists[own] = lists.get(own, 0) + 1
        return after([own for own in shown if lists.get(own["id"], 3) > 2], since(call))[::-1]

    return act


def lists_no_more(it: ReferencePartner) -> Act:
    """Once an agent wrote, the list fails."""

    def act(call: Call, proceed: Proceed) -> object:
        if any(content.content_id for content in it.forum.standing("messages")):
            raise Refusal(500, "Undefined array key: author_name")
        return proceed(call)

    return act


def much_later() -> Network:
    """What was created is listed all together, after a quarter of a minute."""
    it, time = partner(), Time()
    act = indexed_later(it, time, seconds=15.0)
    it.fault = Fault(name="twin", rules=(), description="has one defect", act=act)
    return Network(it, time)


def dies_of(word: bytes, *, proxy: bool = False) -> Mortal:
    """A process that is gone for three seconds after a request with a word in it."""
    return Mortal(partner(), Time(), kills=lambda body: word in body, proxy=proxy)


REACH: Mapping[str, Twin] = {
    "compares ids as text": acting(
        "messages.list", compares_texts, READ, OLD, "nothing-skipped-after-a-position", "since-id-respected",
        "unknown-since-id-starts-anew",
    ),
    "newest three, always": acting("messages.list", newest_three, OLD, "several-new-contents-all-listed"),
    "all but the newest": acting(
        "messages.list", all_but_the_newest, "the-newest-is-listed", "contents-created-while-paging-listed"
    ),
    "sorted by date": acting("messages.list", sorted_by_date, "late-content-comes-last"),
    "first page alone": acting(
        "messages.list", first_page_alone, "ignored-since-id-loses-nothing", "since-id-respected", UNLISTED
    ),
    "shows the second late": acting(
        "messages.list", shows_the_second_late, "nothing-appears-behind-the-cursor", "several-new-contents-all-listed"
    ),
    "lists no more": acting(
        "messages.list", lists_no_more, "lists-still-answer", "several-new-contents-all-listed",
        "contents-created-while-paging-listed",
    ),
    "lists much later": twin(much_later, UNLISTED),
    "dies of a quote": twin(lambda: dies_of(b"' OR '"), "survives-what-is-sent"),
    "dies behind a proxy": twin(lambda: dies_of(b"no-such-id", proxy=True), "survives-what-is-sent"),
    "dies of an agent": twin(lambda: dies_of(b"messages.create"), "survives-what-is-sent"),
}  # fmt: skip
