"""Lists that do not lead to everything: what a cursor selects, in which order, and where a page ends (LS1-LS5)."""

from collections.abc import Callable

from crawler.reference import ReferencePartner
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Refusal
from tests.conformance.variants.making import Act, Query, Shown, after, place, remembering, rows, selecting, since
from tests.conformance.variants.time import Time
from tests.conformance.variants.variant import TABLE, Harm, Kind, Variant

PAGE = 10


def dates_after(
    all_of_them: list[Shown], since_id: str | None, *, equal: bool = False, digits: int = 20
) -> list[Shown]:
    """What is dated after the content of a cursor, or at the same time as well; by so many characters of the date."""
    at = place(all_of_them, since_id)
    if at < 0:
        return all_of_them
    date = all_of_them[at]["created_at"][:digits]
    return [
        it for it in all_of_them if it["created_at"][:digits] > date or (equal and it["created_at"][:digits] == date)
    ]


def newest_first_then(query: Query) -> Query:
    """The first list holds the newest of them, as it may; each one after a cursor is selected otherwise."""
    return lambda all_of_them, since_id: query(all_of_them, since_id) if since_id else all_of_them[-2 * PAGE :]


def lookahead(all_of_them: list[Shown], since_id: str | None) -> list[Shown]:
    """Reads one more than a page to know whether there is more, and then drops the wrong one."""
    found = after(all_of_them, since_id)[: PAGE + 1]
    return found[1:] if len(found) > PAGE else found


def by_text(all_of_them: list[Shown], since_id: str | None) -> list[Shown]:
    return [it for it in all_of_them if since_id is None or it["id"] > since_id]


def by_offset(all_of_them: list[Shown], since_id: str | None) -> list[Shown]:
    """The cursor is where the page begins: right as long as ids are numbers without a gap."""
    start = int(since_id) if since_id and since_id.isascii() and since_id.isdecimal() else 0
    return all_of_them[min(start, len(all_of_them)) :][:PAGE]


def by_thread(all_of_them: list[Shown], since_id: str | None) -> list[Shown]:
    """One order, and a right cursor in it; but what is new does not come last in it."""
    return after(sorted(all_of_them, key=lambda it: (it.get("thread_id", ""), int(it["id"]))), since_id)


def without_agents_afterwards(all_of_them: list[Shown], since_id: str | None) -> list[Shown]:
    """A page, and then without what agents wrote, since the platform has that: one page is empty."""
    found = after(all_of_them, since_id)
    page = found[:5] if since_id else found
    return [it for it in page if not it["author"].get("puppetizable")]


def by_place_of_creation(all_of_them: list[Shown], since_id: str | None) -> list[Shown]:
    return after(sorted(all_of_them, key=lambda it: (it["created_at"], int(it["id"]))), since_id)


def without_the_newest(all_of_them: list[Shown], since_id: str | None) -> list[Shown]:
    return after(all_of_them, since_id)[:-1]


def in_any_order(_it: ReferencePartner, _time: Time) -> Act:
    """Equal dates, and a database that orders them by chance: another way at each query."""
    turns = [0]

    def act(call: Call, proceed: Proceed) -> object:
        turns[0] += 1
        turn = turns[0] % 2
        ordered = sorted(rows(call, proceed), key=lambda it: (it["created_at"], int(it["id"]) * (1 if turn else -1)))
        return after(ordered, since(call))[:PAGE][::-1]

    return act


def cached(it: ReferencePartner, time: Time) -> Act:
    """For a minute the same answer to the same action, whatever the params are."""
    kept: dict[str, tuple[float, object]] = {}

    def act(call: Call, proceed: Proceed) -> object:
        at, answer = kept.get(call.action, (-60.0, None))
        if time.now - at >= 60:
            answer = after(rows(call, proceed), since(call))[:PAGE][::-1]
            kept[call.action] = time.now, answer
        return answer

    return act


def commits_late(it: ReferencePartner, _time: Time) -> Act:
    """Every third content that is created is to be seen only after two more lists, in its place by its id."""
    seen: dict[str, int] = {}

    def act(call: Call, proceed: Proceed) -> object:
        if call.operation != "list":
            return proceed(call)
        found = rows(call, proceed)
        ours = [row["id"] for row in found if it.forum.contents[row["id"]].content_id]
        for late in (own for own in ours if int(own) % 3 == 0):
            seen[late] = seen.get(late, 0) + 1
        return after([row for row in found if seen.get(row["id"], 9) > 2], since(call))[::-1]

    return act


def marks_as_read(it: ReferencePartner, _time: Time) -> Act:
    """Each content is listed once, to whoever asks first; a list without a cursor begins anew."""
    read: set[str] = set()

    def act(call: Call, proceed: Proceed) -> object:
        found = after(rows(call, proceed), since(call))
        new = [row for row in found if row["id"] not in read] if since(call) else found
        read.update(row["id"] for row in new)
        return new[::-1]

    return act


def only_numbers_it_has(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        if since(call) and it.forum.find(call.object_name, since(call)) is None:
            raise Refusal(500, "Attempt to read property 'created_at' on null")
        return proceed(call)

    return act


def forgets_removed(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        content = it.forum.find(call.object_name, since(call))
        if content is not None and content.removed:
            raise Refusal(404, "that message was deleted")
        return proceed(call)

    return act


_QUERIES: tuple[tuple[str, str, Harm, Query, bool, str, str | None], ...] = (
    ("newest five, always", "ORDER BY id DESC LIMIT 5, and since_id is not looked at",
     Harm.LOST, lambda them, _: them[-5:], True, f"{TABLE}; OpenXE-org/OpenXE#262",
     "old-positions-lead-to-what-is-new"),
    ("newest seven after the cursor", "WHERE id > since ORDER BY id DESC LIMIT 7",
     Harm.LOST, lambda them, it: after(them, it)[-7:], True, "appdotnet/api-spec#133; friendica/friendica#9418",
     "old-positions-lead-to-what-is-new"),
    ("newest seven after the cursor, all at first", "the same, but for the first import, which has no limit",
     Harm.LOST, lambda them, it: after(them, it)[-7:] if it else them, False, "llun/activities.next#865",
     "nothing-skipped-after-a-position"),
    ("one too few at the border", "OFFSET 1 to leave the cursor's own content out, which > does already",
     Harm.LOST, lambda them, it: after(them, it)[1 if it else 0 :][:PAGE], False, "issue 15, point 4",
     "nothing-skipped-after-a-position"),
    ("drops the wrong one of eleven", "reads a page and one more, and drops that one at the wrong end",
     Harm.LOST, lookahead, False, "linuxfoundation/insights#1879", "nothing-skipped-after-a-position"),
    ("the cursor as an offset", "LIMIT 10 OFFSET since_id, tested with ids 1 to 20",
     Harm.LOST, by_offset, False, "issue 15, point 4; openlinker-project/openlinker#2656",
     "nothing-skipped-after-a-position"),
    ("ids compared as text", "since_id > id in a language, or a column, where both are strings",
     Harm.LOST, by_text, False, "issue 15; appdotnet/api-spec#345", "older-positions-reach-as-much"),
    ("dates alone", "created_at > that of the cursor, with a limit that cuts through equal dates",
     Harm.LOST, lambda them, it: dates_after(them, it)[:PAGE], False, "gotify/server#34; ai-shifu/ai-shifu#700",
     "nothing-skipped-after-a-position"),
    ("dates by the day", "compares DATE(created_at)",
     Harm.LOST, lambda them, it: dates_after(them, it, digits=10), False, "PROTOCOL.md LS3",
     "nothing-skipped-after-a-position"),
    ("equal dates fill a page", "created_at >= that of the cursor, LIMIT 5, and an import of seven in a second",
     Harm.LOST, newest_first_then(lambda them, it: dates_after(them, it, equal=True)[:5]), False,
     "Kinto/kinto#451; openlinker-project/openlinker#2627", "paging-reaches-everything"),
    ("inclusive pages of one", "id >= since LIMIT 1",
     Harm.LOST, newest_first_then(lambda them, it: them[max(place(them, it), 0) :][:1]), False, "PROTOCOL.md LS3, LS4",
     "nothing-skipped-after-a-position"),
    ("limit before the filter", "takes five and drops what agents wrote: a page that is empty is the end",
     Harm.LOST, without_agents_afterwards, False, "apify/apify-client-python#964; voxmedia/autotune#230",
     "nothing-skipped-after-a-position"),
    ("never the newest", "a loop that ends one too early",
     Harm.LOST, without_the_newest, True, "PROTOCOL.md LS3", "the-newest-is-listed"),
    ("thread by thread", "ORDER BY thread_id, id: the cursor is the last of the last thread",
     Harm.LOST, by_thread, True, "PROTOCOL.md LS2", "several-new-contents-all-listed"),
    ("by date of creation", "what comes late, by a retry, is sorted where it would have been",
     Harm.UNSEEN, by_place_of_creation, True, "discourse/discourse#30990; kryoseu/WyrmRSS#98",
     "late-content-comes-last"),
    ("pages of ten from the beginning", "a LIMIT, and since_id is not looked at: the second ten never come",
     Harm.LOST, lambda them, _: them[:PAGE], True, "woocommerce/woocommerce#66818",
     "ignored-since-id-loses-nothing"),
    ("oldest first", "ORDER BY id, as for a page of a web site",
     Harm.LOST, lambda them, it: after(them, it)[:PAGE][::-1], False, "PROTOCOL.md LS2", "newest-first"),
)  # fmt: skip


_STATEFUL: tuple[tuple[str, str, Harm, Callable[[ReferencePartner, Time], Act], bool, str, str | None], ...] = (
    ("equal dates in any order", "ORDER BY created_at alone, with a limit",
     Harm.LOST, in_any_order, False, "erp-mafia/accounted#2445; TryGhost/Ghost#4674", "same-order-everywhere"),
    ("a cache without the cursor", "keeps answers for a minute under the name of the action",
     Harm.LOST, cached, True, "interagent/heroics#69; xivapi/xivapi.com#59",
     "ignored-since-id-loses-nothing"),
    ("commits out of order", "an id is given at the beginning of a transaction, and seen at its end",
     Harm.LOST, commits_late, True, "prooph/pdo-event-store#189; NEventStore/NEventStore.Persistence.SQL#21",
     "nothing-appears-behind-the-cursor"),
    ("marks as read", "lists each content once, since who asked for it has it",
     Harm.LOST, marks_as_read, False, "PROTOCOL.md LS6", "nothing-skipped-after-a-position"),
    ("crashes on an unknown cursor", "the cursor's row, without a look whether there is one",
     Harm.LOST, only_numbers_it_has, False, "PROTOCOL.md LS10", "unknown-since-id-answered"),
    ("refuses a deleted cursor", "a 404, as for any other deleted message",
     Harm.LOST, forgets_removed, True, "PROTOCOL.md LS10", "deleted-since-id-answered"),
)  # fmt: skip

REACH = (
    *(
        Variant(
            name=name,
            slip=slip,
            harm=harm,
            kind=Kind.REACH,
            origin=origin,
            made=selecting(query),
            write=write,
            found_by=rule,
            not_by=frozenset({"newest-first"}) if query is by_text else frozenset(),
        )
        for name, slip, harm, query, write, origin, rule in _QUERIES
    ),
    *(
        Variant(
            name=name,
            slip=slip,
            harm=harm,
            kind=Kind.REACH,
            origin=origin,
            made=remembering("list", make),
            write=write,
            found_by=rule,
        )
        for name, slip, harm, make, write, origin, rule in _STATEFUL
    ),
)
