"""When the next cycle is due (CY1, CY3, CY6)."""

import json
from collections import Counter
from dataclasses import replace
from heapq import heapify, heapreplace
from itertools import pairwise
from math import floor
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.implementation import ImplementationInfo, read_implementation
from crawler.protocol.signature import Secret
from crawler.sync.schedule import JITTER, TOLERANCE, Outlook, interval, look_ahead, phase, slot
from crawler.sync.state import Source

NOW = 1_709_294_400.0
SHOP = Source(name="shop", base_uri="http://shop.example/sdk", secret=Secret("open sesame"))

names = st.text(min_size=1, max_size=20)
moments = st.floats(1.6e9, 2.2e9)
periods = st.sampled_from([1.0, 60.0, 61.5, 180.0, 3600.0])
failures = st.integers(0, 5_000)


def declared(*lists: str, options: tuple[str, ...] = ()) -> ImplementationInfo:
    objects = {name: ["list", "show"] for name in lists} or {"messages": ["create"]}
    return read_implementation("shop", json.dumps({"objects": objects, "options": options}).encode())


def floor_to_slot(name: str, period: float, moment: float) -> float:
    """The last slot that is not after `moment`."""
    offset = phase(name, period)
    return offset + floor((moment - offset + 1e-4) / period) * period


def on_grid(name: str, period: float, moment: float) -> bool:
    k = (moment - phase(name, period)) / period
    return abs(k - round(k)) * period < 1e-3


# The interval


@pytest.mark.parametrize(
    ("info", "seconds"),
    [
        (None, 60),
        (declared("messages"), 60),
        (declared("threads"), 60),
        (declared("private_messages"), 60),
        (declared("threads", options=("threads.no_content",)), 60),
        (declared(), 180),
        (declared("users"), 180),
        (declared("threads", options=("messages.unthreaded",)), 180),
        (declared("threads", "messages", options=("messages.unthreaded",)), 60),
    ],
)
def test_a_minute_where_a_list_is_in_force_and_three_where_none_is(
    info: ImplementationInfo | None, seconds: float
) -> None:
    assert interval(SHOP, info) == seconds


def test_both_intervals_are_settings() -> None:
    source = replace(SHOP, list_interval=7, no_list_interval=9)
    assert (interval(source, None), interval(source, declared("messages")), interval(source, declared())) == (7, 7, 9)


# The grid


@given(names, periods)
def test_a_phase_lies_within_the_period_and_never_changes(name: str, period: float) -> None:
    assert 0 <= phase(name, period) < period
    assert phase(name, period) == phase(name, period)


def test_a_restart_keeps_the_phase() -> None:
    """It depends on the name alone: not on the process, its hash seed or the number of sources."""
    assert [round(phase(name, 60), 3) for name in ("shop", "forum")] == [PHASES["shop"], PHASES["forum"]]


PHASES = {"shop": 19.728, "forum": 14.945}


@pytest.mark.parametrize("period", [60, 180])
def test_thousands_of_sources_spread_evenly(period: int) -> None:
    count = 6_000
    for names_of in ("source-{}".format, "channel {:04}".format, "{}".format):
        slots = Counter(floor(phase(names_of(n), period)) for n in range(count))
        assert len(slots) == period
        assert max(slots.values()) < 2 * count / period
        halves = sum(counted for second, counted in slots.items() if second < period / 2)
        assert abs(halves - count / 2) < 200


@given(names, periods, moments)
def test_a_slot_is_the_first_of_the_grid_that_is_not_before(name: str, period: float, earliest: float) -> None:
    found = slot(name, period, earliest)
    assert earliest - 1e-6 <= found < earliest + period + 1e-6
    assert on_grid(name, period, found)


# What follows from a cycle


def follow(
    due: float, late: float = 0.0, *, name: str = "shop", period: float = 60, failed: int = 0, **settings: float
) -> Outlook:
    source = replace(SHOP, name=name, **settings)  # type: ignore[arg-type]  # mypy takes all fields at once
    return look_ahead(source, period=period, started=due + late, failures=failed)


@given(names, periods, moments, st.floats(0, 1e5), failures)
def test_the_next_cycle_is_in_a_slot_and_never_sooner_than_the_period(
    name: str, period: float, due: float, late: float, failed: int
) -> None:
    outlook = follow(due, late, name=name, period=period, failed=failed)
    behind = outlook.due - floor_to_slot(name, period, outlook.due)

    assert outlook.due >= due + late + period - min(JITTER, period / 10) - 1e-3
    assert behind <= TOLERANCE  # on the grid, or as soon after a slot as the period allows


@given(names, periods, moments, st.lists(st.floats(0, JITTER), max_size=50))
def test_starts_that_are_a_little_late_make_no_drift(
    name: str, period: float, moment: float, lateness: list[float]
) -> None:
    first = due = slot(name, period, moment)
    for late in lateness:
        due = follow(due, min(late, period / 10), name=name, period=period).due

    assert abs(due - (first + len(lateness) * period)) < 1e-3


@given(names, moments, st.floats(JITTER, TOLERANCE - 1e-3))
def test_a_start_that_was_later_is_made_good_bit_by_bit(name: str, moment: float, late: float) -> None:
    """The next one is neither sooner than the interval, but for the jitter, nor a slot later."""
    first = due = slot(name, 60, moment)
    due = follow(due, late, name=name).due
    assert due == pytest.approx(first + 60 + late - JITTER, abs=1e-3)
    for _ in range(10):
        due = follow(due, name=name).due
    assert due == pytest.approx(first + 11 * 60, abs=1e-3)


@given(names, st.sampled_from([60.0, 180.0]), moments, st.floats(TOLERANCE + 1e-3, 59) | st.floats(240, 1e5))
def test_missed_slots_are_skipped_and_not_made_up(name: str, period: float, moment: float, late: float) -> None:
    due = slot(name, period, moment)
    outlook = follow(due, late, name=name, period=period)

    assert due + late + period - JITTER - 1e-3 <= outlook.due <= due + late + 2 * period + 1e-3
    if late < 59:
        assert outlook.due == pytest.approx(due + 2 * period, abs=1e-3)


@given(names, moments, st.floats(0.001, 1e5))
def test_a_start_before_its_slot_counts_from_itself(name: str, moment: float, early: float) -> None:
    """As when a person runs a cycle by hand."""
    outlook = follow(moment, -early, name=name)
    assert outlook.due >= moment - early + 60 - JITTER - 1e-3


@given(st.sampled_from([60.0, 180.0]), st.sampled_from([60.0, 180.0]), moments)
def test_a_new_interval_counts_at_once(before: float, after: float, moment: float) -> None:
    due = slot("shop", before, moment)
    outlook = follow(due, period=after)

    assert outlook.period == after
    assert due + after - JITTER - 1e-3 <= outlook.due < due + 2 * after


def test_a_source_that_never_declared_anything_is_asked_each_minute() -> None:
    outlook = look_ahead(SHOP, period=None, started=NOW, failures=0)
    assert outlook.period == 60
    assert NOW + 60 <= outlook.due + 1e-3 < NOW + 120


# Backoff


def test_a_failing_source_backs_off_exponentially_up_to_a_cap() -> None:
    due = slot("shop", 60, NOW)
    waits = [round(follow(due, failed=n).due - due) for n in range(10)]

    assert waits == [60, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


@given(moments, periods, failures, st.floats(1, 1e5))
def test_backoff_never_shortens_and_never_exceeds_cap_and_grid(
    due: float, period: float, failed: int, cap: float
) -> None:
    outlook = follow(due, period=period, failed=failed, backoff_cap=cap)
    more = follow(due, period=period, failed=failed + 1, backoff_cap=cap)

    assert more.due >= outlook.due
    assert outlook.due - due <= max(cap, period) + period + 1e-3
    assert (outlook.failures, outlook.period) == (failed, period)


@given(moments, periods, failures)
def test_the_first_success_brings_the_rhythm_back(due: float, period: float, failed: int) -> None:
    due = slot("shop", period, due)
    again = follow(due, period=period, failed=failed).due
    assert abs(follow(again, period=period).due - again - period) < 1e-3


@given(failures, st.none() | st.integers(1, 100))
def test_enough_failures_in_a_row_switch_a_source_off(failed: int, after: int | None) -> None:
    outlook = look_ahead(replace(SHOP, disable_after=after), period=60, started=NOW, failures=failed)
    assert outlook.disabled is (after is not None and failed >= after)


# A day


@pytest.mark.slow
def test_a_day_of_200_sources() -> None:
    """Mixed capabilities, partners that flap, late ticks and restarts; 24 hours, without a drop or a drift."""
    dice = Random(24)
    sources = {f"source-{n}": (60.0, 180.0)[n % 2] for n in range(200)}
    steady = {name for n, name in enumerate(sources) if n % 4 < 2}
    settings = {name: replace(SHOP, name=name) for name in sources}
    failed = dict.fromkeys(sources, 0)
    starts: dict[str, list[float]] = {name: [] for name in sources}
    missed: Counter[str] = Counter()
    queue = [(slot(name, period, NOW), name) for name, period in sources.items()]
    heapify(queue)
    restarts = [NOW + 3_600 * hour + 1_234.5 for hour in range(1, 24)]
    while queue[0][0] < NOW + 86_400:
        due, name = queue[0]
        if restarts and due > restarts[0]:  # what was due while it was down is skipped, as `Store.manage` does
            back = restarts.pop(0) + 20
            skipped = [name for at, name in queue if at < back - TOLERANCE]
            missed.update(skipped)
            queue = [(slot(n, sources[n], back) if n in skipped else at, n) for at, n in queue]
            heapify(queue)
            continue
        late = dice.uniform(0, JITTER) if name in steady else dice.choice([0, 0.9, 7, 300])
        flaps = name not in steady and dice.random() < 0.3
        failed[name] = failed[name] + 1 if flaps else 0
        outlook = look_ahead(settings[name], period=sources[name], started=due + late, failures=failed[name])
        starts[name].append(due + late)
        heapreplace(queue, (outlook.due, name))

    for name, period in sources.items():
        gaps = [after - before for before, after in pairwise(starts[name])]
        assert min(gaps) >= period - JITTER - 1e-3, name
        if name in steady:
            assert len(starts[name]) + missed[name] == 86_400 / period
            mean = (starts[name][-1] - starts[name][0]) / (len(gaps) + missed[name])
            assert mean == pytest.approx(period, abs=0.01)
            assert max(start - floor_to_slot(name, period, start) for start in starts[name]) <= JITTER + 1e-3
    assert missed
