from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reference import Forum, Listing
from crawler.reference.timeline import Timeline
from tests.unit.reference.small_platform import ask, call, fixed_clock, listed, partner


def of_ids(*ids: str) -> Timeline:
    timeline = Timeline()
    for it in ids:
        timeline.touch(it)
    return timeline


def test_newest_first_and_since_id_exclusive() -> None:
    it = partner()
    assert listed(it, since_id="9") == ["11", "10"]
    assert listed(it, since_id="11") == []


def test_a_page_holds_the_oldest_after_the_cursor() -> None:
    it = partner(listing=Listing(page_size=3))
    assert listed(it) == ["6", "5", "4"]
    assert listed(it, since_id="6") == ["9", "8", "7"]
    assert listed(it, since_id="9") == ["11", "10"]
    assert listed(it, since_id="11") == []


def test_empty_forum_lists_nothing() -> None:
    assert listed(partner(forum=Forum(fixed_clock))) == []


def test_since_id_is_a_string() -> None:
    assert ask(partner(), "messages.list", since_id=11).status_code == 400


def test_since_id_of_another_object_is_unknown() -> None:
    assert len(listed(partner(), since_id="13")) == 8


@pytest.mark.parametrize(
    ("choice", "ids"),
    [("nothing", []), ("everything", ["11", "10", "9"]), ("all but the oldest", ["11", "10"])],
)
def test_unknown_since_id(choice: str, ids: list[str]) -> None:
    it = partner(listing=Listing(unknown_since_id=choice))  # type: ignore[arg-type]
    for foreign_id in "45678":
        it.forum.remove(foreign_id)
    assert listed(it, since_id="99") == ids


def test_a_removed_cursor_keeps_its_place() -> None:
    it = partner()
    it.forum.remove("9")
    assert listed(it, since_id="9") == ["11", "10"]
    it.listing = Listing(forgets_removed=True)
    assert listed(it, since_id="9") == ["11", "10", "8", "7", "6", "5", "4"]


def test_repeated_since_id_comes_on_top_of_the_page() -> None:
    it = partner(listing=Listing(page_size=1, repeats_since_id=True))
    assert listed(it, since_id="9") == ["10", "9"]
    assert listed(it, since_id="11") == ["11"]
    assert listed(it) == ["4"]


def test_an_edited_content_is_the_newest() -> None:
    it = partner()
    listed(it)
    it.forum.edit("7", body="<p>Edited</p>")
    assert [content["body"] for content in call(it, "messages.list", since_id="11")] == ["<p>Edited</p>"]


def test_a_cursor_means_where_it_stood_when_it_was_served() -> None:
    timeline = of_ids("a", "b")
    assert timeline.page(None, Listing()) == ["b", "a"]
    timeline.touch("c")
    timeline.touch("b")
    timeline.touch("d")
    assert timeline.page("b", Listing()) == ["d", "c"]
    assert timeline.page("d", Listing()) == ["b"]
    assert timeline.page("b", Listing()) == []


def test_an_edited_cursor_is_served_until_another_follows() -> None:
    timeline = of_ids("a")
    timeline.page(None, Listing())
    timeline.touch("a")
    assert [timeline.page("a", Listing()) for _ in range(3)] == [["a"]] * 3
    timeline.touch("b")
    assert timeline.page("a", Listing()) == ["b"]
    assert timeline.page("b", Listing()) == ["a"]
    assert timeline.page("a", Listing()) == []


def test_an_edited_cursor_does_not_block_a_page_of_one() -> None:
    timeline = of_ids("a")
    timeline.page(None, Listing(page_size=1))
    timeline.touch("a")
    timeline.touch("b")
    assert timeline.page("a", Listing(page_size=1)) == ["b"]
    assert timeline.page("b", Listing(page_size=1)) == ["a"]


events = st.lists(
    st.one_of(
        st.just("add"),
        st.tuples(st.just("edit"), st.integers(0, 5)),
        st.tuples(st.just("remove"), st.integers(0, 5)),
        st.just("read"),
        st.just("read but lose the answer"),
    ),
    max_size=40,
)


@given(events, st.sampled_from([None, 1, 2, 3]), st.booleans())
def test_a_reader_misses_no_last_version_whatever_is_lost(
    happenings: list[str | tuple[str, int]], page_size: int | None, repeats: bool
) -> None:
    forum, listing = Forum(fixed_clock), Listing(page_size=page_size, repeats_since_id=repeats)
    known: dict[str, str] = {}
    cursor: str | None = None

    def read(*, lost: bool = False) -> bool:
        nonlocal cursor
        page = forum.page("messages", cursor, listing)
        if lost or not page:
            return False
        moved = page[0].id != cursor
        known.update((content.id, content.body) for content in page)
        cursor = page[0].id
        return moved

    def standing(number: int, act: Callable[[str], object]) -> None:
        contents = forum.standing("messages")
        if contents:
            act(contents[number % len(contents)].id)

    for version, happening in enumerate(happenings):
        match happening:
            case "add":
                forum.add_message("agent", "", f"version {version}")
            case ("edit", number):
                standing(number, lambda it, version=version: forum.edit(it, body=f"version {version}"))  # type: ignore[misc]
            case ("remove", number):
                standing(number, forum.remove)
            case "read":
                read()
            case _:
                read(lost=True)
    rounds = 0
    while read():
        rounds += 1
        assert rounds <= 2 * len(happenings) + 2
    for content in forum.standing("messages"):
        assert known[content.id] == content.body
