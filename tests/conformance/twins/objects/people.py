"""Defects of who wrote to whom."""

from collections.abc import Mapping
from dataclasses import replace

from crawler.reference import AGENT, ReferencePartner
from crawler.reference.contents import show_user
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call
from tests.conformance.twins.listing.lists import Shown, page
from tests.conformance.twins.twin import Act, Twin, acting
from tests.conformance.variants.making import each


def of_authors(names: Mapping[str, str]) -> Act:
    """Some authors under another id."""

    def change(shown: Shown) -> Shown:
        author = shown["author"]
        return {**shown, "author": {**author, "id": names.get(author["id"], author["id"])}}

    def act(call: Call, proceed: Proceed) -> object:
        return proceed(call) if call.object_name == "implementation" else each(proceed(call), change)

    return act


def two_with_one_id(it: ReferencePartner) -> Act:
    for author in ("jun", "marc"):
        it.forum.add_message(author, "1", f"<p>It is {author}.</p>")
    return of_authors({"jun": "marc"})


def june_once(call: Call, proceed: Proceed) -> object:
    """Jun had another name until lately."""

    def change(shown: Shown) -> Shown:
        before = shown["id"] in ("3", "4")
        return {**shown, "author": {**shown["author"], "screenname": "june"}} if before else shown

    return proceed(call) if call.object_name == "implementation" else each(proceed(call), change)


def to_the_shop(it: ReferencePartner) -> Act:
    shop = show_user(it.forum.users[AGENT])

    def change(shown: Shown) -> Shown:
        return {**shown, "recipient": shop} if "recipient" in shown else shown

    return lambda call, proceed: each(proceed(call), change)


def private_ones_as_well(call: Call, proceed: Proceed) -> object:
    private = page(proceed(replace(call, action="private_messages.list", params={})))
    answer = page(proceed(call))
    return [*answer, *({**it, "thread_id": "1"} for it in private)] if not call.params.get("since_id") else answer


SAME = "users-are-the-same-everywhere"

PEOPLE: Mapping[str, Twin] = {
    "guests are nobody": acting(
        "*", of_authors({"jun": "0", "42": "0"}), "user-id-is-one-person", SAME, "any-text-accepted"
    ),
    "two with one id": acting("*", two_with_one_id, "user-id-is-one-person", SAME),
    "renamed": acting("*", june_once, SAME),
    "to the shop": acting("*", to_the_shop, "private-messages-go-to-somebody-else", "recipient-is-kept"),
    "private ones among messages": acting(
        "messages.list", private_ones_as_well, "private-messages-stay-private", "dates-descend",
        "nothing-skipped-after-a-position", "old-positions-lead-to-what-is-new",
    ),
}  # fmt: skip
