"""What a page of a listing means: what is stored, the next cursor, and whether to go on (LS, OB8, CY7)."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.objects import Content, User
from crawler.protocol.remarks import Ignored, Remark, Remarks
from crawler.sync.pages import (
    SEEN_CHARS,
    TRAIL,
    Accepted,
    Listing,
    Stored,
    accept_page,
    doubt,
    is_another,
    page_mark,
    recognize,
)
from crawler.sync.source import Source
from crawler.sync.state import Cursor
from tests.unit.protocol.samples import unhurried
from tests.unit.sync.listing_partner import (
    ListingPartner,
    Platform,
    Unknown,
    broken,
    content,
    one_after_the_other,
    page,
)
from tests.unit.sync.samples import NOW, SOURCE

UNKNOWN_REPLY = Remark("OB8", "'in_reply_to_id' is no known content of the same object, and counts as absent")
UNKNOWN: list[Unknown] = ["nothing", "everything", "all but the oldest"]
HOUR = {"hours": 1.0}


def cursor(since_id: str | None = "3", *trail: str, **changes: object) -> Cursor:
    return replace(Cursor(object="messages", since_id=since_id, trail=trail, checked_at=NOW), **changes)  # type: ignore[arg-type]


def test_a_listing_begins_without_a_cursor() -> None:
    """LS1: the partner chooses how much it returns the first time."""
    platform = Platform(ListingPartner(contents=["1", "2", "3"]))
    platform.cycle()
    assert platform.asked == [None, "3"]
    assert (platform.imported, platform.cursor.since_id) == (["3", "2", "1"], "3")


def test_a_listing_goes_on_from_the_newest_element() -> None:
    """LS1, LS2: ids are opaque and need not ascend."""
    partner = ListingPartner(contents=["9", "a", "1"])
    platform = Platform(partner)
    platform.cycle()
    partner.contents += ["0", "-"]
    platform.cycle()
    assert platform.asked == ["1", "-"]
    assert (platform.imported[3:], platform.cursor.since_id) == (["-", "0"], "-")


def test_nothing_new_costs_one_request() -> None:
    """LS3."""
    platform = Platform(ListingPartner(contents=["1"]))
    platform.cycle()
    platform.cycle()
    assert platform.asked == ["1"]


def test_small_pages_are_followed_to_the_end() -> None:
    """LS3: a partner that limits its answers returns the oldest first."""
    platform = Platform(ListingPartner(limit=2, contents=list("12345")))
    platform.cycle()
    assert platform.asked == [None, "2", "4", "5"]
    assert platform.imported == ["2", "1", "4", "3", "5"]


@pytest.mark.parametrize("limit", [1, 3, None])
def test_a_partner_that_repeats_the_cursors_content_makes_no_progress_by_it(limit: int | None) -> None:
    """LS4."""
    partner = ListingPartner(repeats=True, limit=limit, contents=list("1234"))
    platform = Platform(partner)
    platform.until_quiet()
    assert sorted(platform.imported) == list("1234")
    platform.cycle()
    assert platform.asked == ["4"]


def test_a_partner_that_ignores_the_cursor_is_asked_twice_and_then_once() -> None:
    """LS5: it returns everything every time."""
    platform = Platform(lambda _since_id: page("3", "2", "1"))
    platform.cycle()
    assert platform.asked == [None, "3"]
    platform.cycle()
    assert platform.asked == ["3"]
    assert platform.imported == ["3", "2", "1"]


def test_a_cursor_that_goes_in_circles_ends_the_listing() -> None:
    """LS3."""
    circle = {None: "1", "1": "2", "2": "3", "3": "1"}
    platform = Platform(lambda since_id: page(circle[since_id]))
    assert not platform.cycle().more_later
    assert platform.asked == [None, "1", "2", "3"]


def test_a_page_that_holds_nothing_but_the_last_one_ends_the_listing() -> None:
    """LS3: in whatever order it holds that."""
    platform = Platform(one_after_the_other([page("3", "2", "1"), page("2", "3"), page("x")]))
    platform.cycle()
    assert platform.asked == [None, "3"]
    assert platform.cursor.since_id == "2"


def test_the_page_limit_leaves_the_rest_to_the_next_cycle() -> None:
    """LS3."""
    platform = Platform(ListingPartner(limit=1, contents=list("12345"))).having(max_pages=2)
    assert platform.cycle().more_later
    assert platform.asked == [None, "1"]
    assert platform.cycle().more_later
    assert platform.asked == ["2", "3"]
    assert not platform.cycle().more_later
    assert platform.imported == list("12345")


def test_a_content_that_is_known_is_updated_in_place() -> None:
    """LS4."""
    stored = Stored(contents={"1": content("1"), "2": content("2")})
    it = accept_page(SOURCE, Listing.begin(cursor()), page("4", "2", content("1", title="new")), stored, NOW)
    assert ([c.id for c in it.new], [c.id for c in it.updated], it.unchanged) == (["4"], ["1"], 1)
    assert it.changes


def test_a_content_that_was_deleted_and_is_listed_again_is_updated() -> None:
    """LS4."""
    it = accept_page(SOURCE, Listing.begin(cursor()), page("1"), Stored(contents={"1": None}), NOW)
    assert [c.id for c in it.updated] == ["1"]


def test_identities_are_stored_where_they_are_new_or_changed() -> None:
    """OB10, OB11: another `created_at` changes nothing."""
    ada, bob, eve = (User(id=name, screenname=name, created_at="2001-01-01") for name in ("ada", "bob", "eve"))
    listed = replace(page(), users={"ada": ada, "bob": bob, "eve": eve})
    before = {"ada": User(id="ada", screenname="ada", created_at="1999-01-01"), "bob": User(id="bob", screenname="B")}
    it = accept_page(SOURCE, Listing.begin(cursor()), listed, Stored(users=before), NOW)
    assert it.users == (bob, eve)
    assert it.changes


def test_a_page_that_brings_nothing_changes_nothing() -> None:
    """LS6: then there is nothing to commit."""
    before = cursor()
    for listed in (page(), page("3")):
        stored = Stored(contents={"3": content("3")})
        it = accept_page(SOURCE, Listing.begin(before), listed, stored, NOW)
        assert (it.changes, it.cursor, it.listing, it.object) == (False, before, None, "messages")


def test_an_ignored_content_is_reported_and_the_cursor_moves_past_it() -> None:
    """LS7."""
    gone = broken("9")
    it = accept_page(SOURCE, Listing.begin(cursor()), page(gone, "8"), Stored(), NOW)
    assert (it.ignored, [c.id for c in it.new], it.cursor.since_id) == ((gone,), ["8"], "9")
    assert it.listing is not None
    assert it.listing.ask == "9"


def test_a_page_of_nothing_but_ignored_contents_is_moved_past() -> None:
    """LS7."""
    platform = Platform(one_after_the_other([page(broken("9"), broken("8")), page("10")]), cursor=cursor())
    platform.cycle()
    assert platform.asked == ["3", "9", "10"]
    assert platform.imported == ["10"]


def test_a_page_without_any_id_ends_the_listing_and_leaves_the_cursor() -> None:
    """LS7."""
    platform = Platform(one_after_the_other([page(broken(None)), page("10")]), cursor=cursor())
    platform.cycle()
    assert (platform.asked, platform.cursor) == (["3"], cursor())


def test_a_newest_element_without_an_id_leaves_the_next_one_to_be_the_cursor() -> None:
    """LS7, LS2."""
    it = accept_page(SOURCE, Listing.begin(cursor()), page(broken(None), "8"), Stored(), NOW)
    assert it.cursor.since_id == "8"


@pytest.mark.parametrize("unknown", UNKNOWN)
def test_a_cursor_whose_content_was_deleted_heals_by_itself(unknown: Unknown) -> None:
    """LS10, LS11."""
    partner = ListingPartner(unknown, contents=list("12"))
    platform = Platform(partner)
    for new in "345":
        partner.contents.append(new)
        platform.cycle()
    partner.contents = [*"1234", "6"]
    platform.later(**HOUR)
    platform.cycle()
    assert platform.cursor.since_id == "6"
    assert sorted(platform.imported) == list("123456")
    partner.contents.append("7")
    platform.cycle()
    assert platform.asked == ["6", "7"]
    assert len(platform.imported) == len(set(platform.imported)) == 7


def test_an_empty_answer_is_believed_for_an_hour() -> None:
    """LS11."""
    platform = Platform(ListingPartner(contents=["1"]))
    platform.cycle()
    platform.later(minutes=59)
    platform.cycle()
    assert platform.asked == ["1"]
    platform.later(minutes=1)
    platform.cycle()
    assert platform.asked == ["1", None]


def test_a_cursor_that_is_seen_to_be_known_needs_no_check_for_another_hour() -> None:
    """LS11: seen by a check, or by an answer that shows its content."""
    platform = Platform(ListingPartner(contents=["1", "2"]), cursor=cursor("2", "1"))
    platform.later(**HOUR)
    platform.cycle()
    assert platform.asked == ["2", "1"]
    assert (platform.cursor.checked_at, platform.cursor.trail) == (platform.now, ("1",))
    platform.later(minutes=59)
    platform.cycle()
    assert platform.asked == ["2"]


def test_a_partner_that_shows_the_cursors_content_each_time_is_never_checked() -> None:
    """LS11, LS4."""
    platform = Platform(ListingPartner(repeats=True, contents=["1", "2"]), cursor=cursor("2", "1"))
    for _ in range(3):
        platform.later(hours=2)
        platform.cycle()
        assert platform.asked == ["2"]
        assert platform.cursor.checked_at == platform.now


def test_the_time_between_checks_is_a_setting() -> None:
    """LS11."""
    platform = Platform(ListingPartner(contents=["1"]), cursor=cursor("1")).having(cursor_check=60)
    platform.later(seconds=59)
    platform.cycle()
    assert platform.asked == ["1"]
    platform.later(seconds=1)
    platform.cycle()
    assert platform.asked == ["1", None]


def test_a_listing_whose_cursor_we_deleted_begins_before_it() -> None:
    """LS11: the partner may have forgotten that id, or given it to a content that is older than the newest."""
    for contents, imported in ((["1", "3"], ["3"]), (["1", "2", "3"], ["3", "2"])):
        platform = Platform(ListingPartner(contents=contents), cursor=cursor("2", "1", checked_at=None))
        platform.stored = {"1": content("1")}
        platform.cycle()
        assert platform.asked == ["1", "3"]
        assert (platform.imported, platform.cursor) == (imported, cursor("3", "2", "1"))


def test_what_we_deleted_is_no_cursor_to_go_back_to() -> None:
    """LS11, OB13."""
    assert doubt(cursor("3", "2", "1"), "3") == cursor("3", "2", "1", checked_at=None)
    assert doubt(cursor("3", "2", "1"), "2") == cursor("3", "1")
    assert doubt(cursor("3", "2", "1"), "4") == cursor("3", "2", "1")


def test_a_cursor_that_we_deleted_is_asked_for_when_nothing_was_before_it() -> None:
    """LS11: a partner may list nothing without a cursor, and something after one that it no longer knows."""
    answers = {None: page(), "2": page("3"), "3": page()}
    platform = Platform(lambda since_id: answers[since_id], cursor=cursor("2", checked_at=None))
    platform.cycle()
    assert platform.asked == [None, "2", "3"]
    assert (platform.imported, platform.cursor) == (["3"], cursor("3", "2"))


def test_an_id_that_is_given_again_when_nothing_was_left_is_not_passed_over() -> None:
    """LS11: the partner deleted all, and numbers anew."""
    partner = ListingPartner()
    platform = Platform(partner, cursor=cursor("2", "1", checked_at=None))
    platform.cycle()
    assert platform.asked == ["1", None, "2"]
    platform.cycle()
    assert platform.asked == [None, "2"]
    partner.contents = ["1", "2", "3"]
    platform.cycle()
    assert platform.asked == [None, "3"]
    assert sorted(platform.imported) == ["1", "2", "3"]
    assert platform.cursor == cursor("3", "2")


def test_a_check_asks_from_each_cursor_before_and_last_without_one() -> None:
    """LS11."""
    partner = ListingPartner("nothing", contents=["0"])
    platform = Platform(partner, cursor=cursor("9", "8", "7", "6", "5"))
    platform.later(**HOUR)
    platform.cycle()
    assert platform.asked == ["9", "8", "7", "6", "5", None, "0"]
    assert platform.imported == ["0"]


def test_a_check_steps_back_no_further_than_it_must() -> None:
    """LS11: what the trail holds after the content that came is gone."""
    platform = Platform(ListingPartner(contents=list("1234567")), cursor=cursor("9", "8", "7", "6", "5"))
    platform.later(**HOUR)
    platform.cycle()
    assert platform.asked == ["9", "8", "7", "6"]
    assert platform.cursor == cursor("7", "6", "5", checked_at=platform.now)


def test_a_partner_that_has_nothing_left_is_checked_once_an_hour() -> None:
    """LS11."""
    platform = Platform(ListingPartner(), cursor=cursor("9", "8", "7"))
    platform.later(**HOUR)
    platform.cycle()
    assert platform.asked == ["9", "8", "7", None]
    assert platform.cursor == cursor("9", "8", "7", checked_at=platform.now)
    platform.later(minutes=59)
    platform.cycle()
    assert platform.asked == ["9"]


def test_a_source_that_never_had_anything_has_nothing_to_check() -> None:
    """LS11, LS1."""
    platform = Platform(ListingPartner())
    for _ in range(2):
        platform.later(**HOUR)
        platform.cycle()
        assert platform.asked == [None]
    assert platform.cursor == Cursor(object="messages")


def test_four_cursors_are_kept() -> None:
    """LS11."""
    partner = ListingPartner()
    platform = Platform(partner)
    for new in "123456":
        partner.contents.append(new)
        platform.cycle()
    assert (platform.cursor.since_id, platform.cursor.trail) == ("6", ("5", "4", "3", "2"))
    assert TRAIL == 4


@pytest.mark.parametrize("max_pages", [1, 2])
def test_the_page_limit_does_not_cut_a_check_off(max_pages: int) -> None:
    """LS11, LS3: or each cycle would begin it again."""
    partner = ListingPartner("nothing", contents=["1", "2"])
    platform = Platform(partner, cursor=cursor("9", "8", "7")).having(max_pages=max_pages)
    platform.later(**HOUR)
    platform.until_quiet(2)
    assert platform.imported == ["2", "1"]
    platform.later(**HOUR)
    assert not platform.cycle().more_later


def test_a_check_that_brings_no_id_leaves_the_cursor_to_be_checked_again() -> None:
    """LS11."""
    platform = Platform(one_after_the_other([page(), page(broken(None))]), cursor=cursor("9", "8"))
    platform.later(**HOUR)
    platform.cycle()
    assert platform.asked == ["9", "8"]
    assert platform.cursor == cursor("9", "8")


@pytest.mark.parametrize(
    ("target", "remarked"),
    [(None, False), ("2", False), ("7", False), ("gone", True), ("old", True)],
)
def test_a_reply_to_no_known_content_is_reported(target: str | None, remarked: bool) -> None:
    """OB8: it may be a content of this page, or one that is stored."""
    listed = page(content("3", in_reply_to_id=target), "2", content("old", created_at="1999-01-01T00:00:00Z"))
    source = replace(SOURCE, ignore_older_than=60)
    it = accept_page(source, Listing.begin(cursor("1")), listed, Stored(replied_to=frozenset({"7"})), NOW)
    assert it.remarks.examples == ({UNKNOWN_REPLY: ["3"]} if remarked else {})


@pytest.mark.parametrize(
    ("thread_id", "known", "remarked"),
    [
        ("15", Stored(threads=frozenset({"15"})), False),
        ("15", Stored(replied_to=frozenset({"15"})), False),
        ("15", Stored(), True),
        ("3", Stored(threads=frozenset({"15"})), True),
        ("3", Stored(replied_to=frozenset({"15"})), False),
        (None, Stored(threads=frozenset({"15"})), True),
        (None, Stored(replied_to=frozenset({"15"})), False),
    ],
)
def test_a_reply_is_to_a_message_or_to_the_opening_of_its_own_thread(
    thread_id: str | None, known: Stored, remarked: bool
) -> None:
    """OB8: partners number threads and messages separately, and thread 15 has nothing to do with message 15."""
    reply = content("3", thread_id=thread_id, in_reply_to_id="15")
    it = accept_page(SOURCE, Listing.begin(cursor("1")), page(reply), known, NOW)
    assert it.remarks.examples == ({UNKNOWN_REPLY: ["3"]} if remarked else {})


def test_a_reply_that_is_known_is_not_reported_again() -> None:
    """OB8."""
    reply = content("3", in_reply_to_id="gone")
    it = accept_page(SOURCE, Listing.begin(cursor("1")), page(reply), Stored(contents={"3": reply}), NOW)
    assert not it.remarks.counts


@pytest.mark.parametrize(
    ("created_at", "kept"),
    [
        (None, True),
        ("2024-03-01T12:00:00Z", True),
        ("2023-12-31T12:00:00Z", False),
        ("2024-01-01T12:00:00Z", True),
        ("2024-01-01T11:59:59Z", False),
        ("0999-01-01T00:00:00Z", False),
    ],
)
def test_contents_older_than_the_source_wants_are_ignored(created_at: str | None, kept: bool) -> None:
    """CY7: the cursor moves past them."""
    source = replace(SOURCE, ignore_older_than=60)
    listed = page(broken("6"), content("5", created_at=created_at), "4")
    it = accept_page(source, Listing.begin(cursor()), listed, Stored(), NOW)
    assert [c.id for c in it.new] == (["5", "4"] if kept else ["4"])
    assert it.cursor.since_id == "6"
    if not kept:
        assert [(i.position, i.id, i.rule) for i in it.ignored] == [(0, "6", "OB1"), (1, "5", "CY7")]
        assert it.ignored[1].reason == f"was created at {created_at}, more than 60 days ago"


def test_contents_of_any_age_are_imported_unless_the_source_says_otherwise() -> None:
    """CY7."""
    it = accept_page(
        SOURCE, Listing.begin(cursor()), page(content("5", created_at="1999-01-01T00:00:00Z")), Stored(), NOW
    )
    assert [c.id for c in it.new] == ["5"]


def test_an_old_content_that_is_stored_already_is_still_updated() -> None:
    """CY7."""
    source = replace(SOURCE, ignore_older_than=0.5)
    old = content("1", created_at="1999-01-01T00:00:00Z")
    it = accept_page(source, Listing.begin(cursor()), page(old), Stored(contents={"1": content("1")}), NOW)
    assert ([c.id for c in it.updated], it.ignored) == (["1"], ())


ids = st.sampled_from("abcdefgh")
elements = ids | ids.map(broken) | st.just(broken(None))
any_page = st.lists(elements, max_size=3, unique_by=lambda it: it if isinstance(it, str) else it.id)
cursors = st.permutations("abcdefgh").map(lambda it: cursor(it[0], *it[1 : 1 + TRAIL]))


@unhurried
@given(
    st.dictionaries(st.none() | ids, any_page),
    st.lists(any_page, max_size=40),
    cursors | st.just(Cursor(object="messages")),
    st.fixed_dictionaries({"cursor_check": st.sampled_from([0.0, 3_600.0]), "max_pages": st.integers(1, 10)}),
)
def test_a_listing_ends_whatever_the_partner_answers(
    fixed: dict[str | None, list[str | Ignored]],
    arbitrary: list[list[str | Ignored]],
    start: Cursor,
    settings: dict[str, float | None],
) -> None:
    """LS3, LS5, LS11: within the page limit and the few requests of a check, and it never asks the same thing twice."""
    rest = iter(arbitrary)
    platform = Platform(
        lambda since_id: page(*(fixed[since_id] if since_id in fixed else next(rest, []))), cursor=start
    )
    platform.having(**settings)
    platform.later(**HOUR)
    platform.cycle()
    assert len(platform.asked) <= platform.source.max_pages + TRAIL + 1
    assert len(set(platform.asked)) == len(platform.asked)
    assert len(platform.cursor.trail) <= TRAIL
    assert platform.cursor.since_id not in platform.cursor.trail
    assert len(set(platform.imported)) == len(platform.imported)


def test_ever_new_contents_do_not_hold_a_cycle_up() -> None:
    """LS3, CY4."""
    numbers = count()
    platform = Platform(lambda _since_id: page(f"n{next(numbers)}"))
    assert platform.cycle().more_later
    assert len(platform.asked) == SOURCE.max_pages == 1_000


changes = st.lists(
    st.one_of(
        st.integers(1, 5).map(lambda size: ("new", size)),
        st.integers(0, 30).map(lambda index: ("delete", index)),
        st.integers(1, 5).map(lambda size: ("restore an older backup", size)),
        st.sampled_from([1.0, 90.0]).map(lambda minutes: ("cycle", minutes)),
    ),
    max_size=25,
)


@unhurried
@given(
    st.sampled_from(UNKNOWN), st.sampled_from([None, 1, 2, 3]), st.booleans(), st.sampled_from([1, 3, 1_000]), changes
)
def test_whatever_is_deleted_all_that_is_left_arrives_once(
    unknown: Unknown, limit: int | None, repeats: bool, max_pages: int, history: list[tuple[str, float]]
) -> None:
    """LS4, LS10, LS11: a source whose cursor was deleted goes on by itself."""
    partner = ListingPartner(unknown, limit, repeats, ["root"])
    platform = Platform(partner).having(max_pages=max_pages)
    platform.until_quiet()
    for number, (change, size) in enumerate(history):
        match change:
            case "new":
                partner.contents += [f"{number}.{n}" for n in range(int(size))]
            case "delete" if len(partner.contents) > 1:
                del partner.contents[1 + int(size) % (len(partner.contents) - 1)]
            case "restore an older backup":
                partner.contents = partner.contents[: max(1, len(partner.contents) - int(size))]
            case _:
                platform.later(minutes=size)
                platform.cycle()
    platform.later(hours=2)
    platform.until_quiet()
    platform.until_quiet()
    assert set(partner.contents) <= set(platform.imported)
    assert len(platform.imported) == len(set(platform.imported))
    before = len(platform.imported)
    partner.contents.append("newest")
    platform.until_quiet()
    assert platform.imported[before:] == ["newest"]


# --- A page that is shown again (LS5)


def seen_before(*listed: Content | Ignored, source: Source = SOURCE, stored: str = "x") -> Accepted:
    """A page that is shown from its own newest element once more, and changes nothing."""
    shown = page(*listed)
    before = Stored(contents={it.id: msgspec.structs.replace(it, body=stored) for it in shown.contents})
    return accept_page(source, Listing.begin(cursor(shown.head_id)), shown, before, NOW, mark="m")


def test_a_page_that_changed_nothing_is_recognized_and_told_as_before() -> None:
    before = seen_before(content("3"), broken("2"), content("1"))
    again = recognize(SOURCE, Listing.begin(before.cursor), "m", NOW)
    assert again == before
    assert (before.unchanged, before.ignored) == (2, (broken("2"),))


def test_remarks_on_a_page_are_told_again() -> None:
    listed = page("3")
    listed.remarks.add("OB4", "the author lacks 'created_at' or 'updated_at'", "3")
    stored = Stored(contents={"3": content("3")})
    before = accept_page(SOURCE, Listing.begin(cursor()), listed, stored, NOW, mark="m")
    again = recognize(SOURCE, Listing.begin(before.cursor), "m", NOW)
    assert again is not None
    assert again.remarks == before.remarks != Remarks()


@pytest.mark.parametrize(
    "accepted",
    [
        seen_before(content("3"), stored="another text"),
        seen_before(content("3"), source=replace(SOURCE, ignore_older_than=1)),
        accept_page(SOURCE, Listing.begin(cursor("2")), page("3"), Stored(contents={"3": content("3")}), NOW, mark="m"),
        accept_page(SOURCE, Listing.begin(cursor()), page(), Stored(), NOW, mark="m"),
        seen_before(content("3"), *(broken(str(n) * 50) for n in range(SEEN_CHARS // 100))),
        seen_before(content("3"), broken("\0")),
    ],
    ids=["changed", "of contents that grow old", "not the last", "empty", "too much to tell", "not to be stored"],
)
def test_a_page_is_not_recognized_where_it_was(accepted: Accepted) -> None:
    assert accepted.cursor.page_mark is None
    assert recognize(SOURCE, Listing.begin(accepted.cursor), "m", NOW) is None


def test_now_and_then_a_page_is_read_all_the_same() -> None:
    """LS11: to see whether the partner still knows the cursor."""
    before = seen_before(content("3")).cursor
    assert recognize(SOURCE, Listing.begin(before), "m", NOW + timedelta(hours=1)) is None
    assert recognize(SOURCE, Listing.begin(before), "other", NOW) is None
    assert recognize(SOURCE, Listing.begin(before), None, NOW) is None


def test_a_page_that_changes_something_forgets_the_one_that_did_not() -> None:
    """That one came in another form, or under another info, and would change it back."""
    before = seen_before(content("3")).cursor
    changed = Stored(contents={"3": msgspec.structs.replace(content("3"), body="another text")})
    after = accept_page(SOURCE, Listing.begin(before), page("3"), changed, NOW, mark="another").cursor
    assert (after.page_mark, after.page_seen) == (None, None)


def test_a_cursor_that_moves_on_forgets_the_page() -> None:
    before = seen_before(content("3")).cursor
    moved = accept_page(SOURCE, Listing.begin(before), page("4"), Stored(), NOW).cursor
    assert (moved.since_id, moved.page_mark, moved.page_seen) == ("4", None, None)


def test_a_mark_is_of_all_that_decides_what_a_page_means() -> None:
    listing = Listing.begin(cursor())
    marks = {
        page_mark(SOURCE, listing, b"{}", "s"),
        page_mark(SOURCE, listing, b"{}", "another signature"),
        page_mark(SOURCE, listing, b'{"options": ["messages.unthreaded"]}', "s"),
        page_mark(SOURCE, Listing.begin(cursor("4")), b"{}", "s"),
        page_mark(SOURCE, Listing.begin(replace(cursor(), object="threads")), b"{}", "s"),
        page_mark(replace(SOURCE, ascii_json=True), listing, b"{}", "s"),
    }
    assert len(marks) == 6
    assert page_mark(SOURCE, listing, b"{}", "s") in marks


# A partner whose ids begin again (LS12)


def old_and_new(*ids: str) -> tuple[Stored, list[Content]]:
    """Contents as they are stored, and others under their ids, newest first."""
    new = [content(it, author_id="u2", body="another", created_at="2024-02-02T00:00:00Z") for it in reversed(ids)]
    return Stored(contents={it: content(it, created_at="2024-01-01T00:00:00Z") for it in ids}), new


def test_a_page_of_others_under_ids_that_are_known_says_that_ids_begin_again() -> None:
    """All is taken as new, nothing goes on in this cycle, and the next one lists from the start."""
    stored, shown = old_and_new("1", "2", "3")
    accepted = accept_page(SOURCE, Listing.begin(cursor("9", "8")), page(*shown, broken("4")), stored, NOW, mark="m")
    assert accepted.begins_again
    assert (accepted.listing, accepted.more_later, accepted.cursor) == (
        None,
        True,
        Cursor(object="messages", since_id="3"),
    )
    assert (accepted.new, accepted.updated) == (tuple(shown), ())
    assert [it.id for it in accepted.ignored] == ["4"]
    [(remark, count)] = accepted.remarks.counts.items()
    assert (remark.rule, count) == ("LS12", 3)
    assert Listing.begin(accepted.cursor).ask is None


@pytest.mark.parametrize("spared", ["the same", "deleted", "new"])
def test_two_of_them_or_one_that_is_the_same_do_not(spared: str) -> None:
    stored, shown = old_and_new("1", "2", "3", "4")
    contents = dict(stored.contents)
    if spared == "the same":
        contents["4"] = shown[0]
    else:
        contents["3"] = None
        contents["4"] = None
    if spared == "new":
        del contents["3"], contents["4"]
    accepted = accept_page(SOURCE, Listing.begin(cursor("9", "8")), page(*shown), Stored(contents=contents), NOW)
    assert not accepted.begins_again


def test_they_are_counted_over_small_pages_until_one_is_the_same() -> None:
    stored, (three, two, one) = old_and_new("1", "2", "3")
    listing = Listing.begin(cursor("9", "8"))
    for shown in (one, two):
        accepted = accept_page(SOURCE, listing, page(shown), stored, NOW)
        assert accepted.listing is not None
        listing = accepted.listing
    assert accept_page(SOURCE, listing, page(three), stored, NOW).begins_again
    same = accept_page(SOURCE, listing, page("4"), Stored(contents={"4": content("4")}), NOW).listing
    assert same is not None
    assert not accept_page(SOURCE, same, page(three), stored, NOW).begins_again


DAY, NEXT_DAY = "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("changes", "another"),
    [
        ({}, False),
        ({"body": "edited"}, False),
        ({"author_id": "u2"}, False),
        ({"author_id": "u2", "body": "edited"}, False),
        ({"created_at": NEXT_DAY}, False),
        ({"created_at": None}, False),
        ({"created_at": NEXT_DAY, "author_id": "u2"}, True),
        ({"created_at": NEXT_DAY, "body": "edited"}, True),
        ({"created_at": NEXT_DAY, "body": None, "author_id": None}, False),
        ({"created_at": None, "author_id": "u2"}, False),
        ({"created_at": None, "body": "edited"}, False),
        ({"created_at": None, "body": "edited", "author_id": "u2"}, True),
        ({"created_at": None, "body": "edited", "author_id": None}, False),
    ],
)
def test_what_is_another_content_by_all_that_they_tell(changes: dict[str, str | None], *, another: bool) -> None:
    """OB13: what is left out says nothing."""
    before = content("1", created_at=DAY)
    shown = msgspec.structs.replace(before, **changes)
    assert is_another(before, shown) is another
    assert is_another(shown, before) is another


def test_a_cursor_is_checked_sooner_where_something_waits_to_be_exported() -> None:
    """LS12: before that is sent."""
    before, listing = cursor("2", "1"), Listing.begin(cursor("2", "1"), exporting=True)
    for seconds, following in ((299, None), (300, "1")):
        accepted = accept_page(SOURCE, listing, page(), Stored(), NOW + timedelta(seconds=seconds))
        assert (accepted.listing.ask if accepted.listing else None) == following
        assert accepted.cursor == before
    often = replace(SOURCE, cursor_check=60)
    assert accept_page(often, listing, page(), Stored(), NOW + timedelta(seconds=60)).listing is not None
