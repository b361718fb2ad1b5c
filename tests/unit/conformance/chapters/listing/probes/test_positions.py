from itertools import pairwise

import pytest

from crawler.conformance.chapters.listing.probes.cursors import unlike
from crawler.conformance.chapters.listing.probes.positions import EACH, places, spread


@pytest.mark.parametrize("size", [0, 1, 2, 5, 99, 100])
def test_few_positions_are_all_asked_after(size: int) -> None:
    ids = [str(number) for number in range(size)]

    assert spread(ids, 100) == ids


@pytest.mark.parametrize("size", [101, 150, 1_000, 12_345])
@pytest.mark.parametrize("number", [5, 100])
def test_of_many_positions_some_are_spread_evenly_with_both_ends_and_the_second_newest(size: int, number: int) -> None:
    ids = [str(number) for number in range(size)]
    chosen = spread(ids, number)

    assert len(chosen) <= number
    assert {ids[0], ids[-1], ids[-2]} <= set(chosen)
    assert chosen == sorted(chosen, key=int)
    gaps = [int(after) - int(before) for before, after in pairwise(chosen)]
    assert max(gaps) <= 2 * size / (number - 2)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 63, 64])
def test_of_few_positions_each_is_asked_after(number: int) -> None:
    assert places(number) == list(range(number))


@pytest.mark.parametrize(
    ("number", "beyond"),
    [(65, [64]), (127, [125, 126]), (128, [126, 127]), (129, [127, 128]), (1000, [127, 255, 511, 998, 999])],
)
def test_of_many_positions_those_twice_as_far_are_asked_after_and_the_newest(number: int, beyond: list[int]) -> None:
    assert places(number) == [*range(EACH), *(place for place in beyond if place >= EACH)]


def test_an_id_that_names_nothing_looks_like_the_partners_own() -> None:
    assert unlike(["4", "11"]) == "999999999"
    assert unlike(["abc", "x-7"]).startswith("x-7-")
    assert unlike([]) == "-ringcx-crawler-check"
