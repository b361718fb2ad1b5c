"""When the next cycle is due (CY1, CY3, CY6)."""

import json
from collections import Counter
from dataclasses import replace
from heapq import heapify, heapreplace
from itertools import pairwise
from math import floor, inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.implementation import ImplementationInfo, read_implementation
from crawler.protocol.signature import Secret
from crawler.sync.schedule import GRAIN, Outlook, answered_by, interval, look_ahead, phase
from crawler.sync.source import Source

NOW = 1_709_294_400.0
SHOP = Source(name="shop", base_uri="http://shop.example/sdk", secret=Secret("open sesame"))

names = st.text(min_size=1, max_size=20)
moments = st.floats(1.6e9, 2.2e9)
periods = st.sampled_from([1.0, 60.0, 61.5, 180.0, 3600.0])
failures = st.integers(0, 5_000)


def declared(*lists: str, options: tuple[str, ...] = ()) -> ImplementationInfo:
    objects = {name: ["list", "show"] for name in lists} or {"messages": ["create"]}
    return read_implementation("shop", json.dumps({"objects": objects, "options": options}).encode())


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


# The phase


@given(names, periods)
def test_a_phase_lies_within_its_window_and_never_changes(name: str, window: float) -> None:
    assert 0 <= phase(name, window) < window
    assert phase(name, window) == phase(name, window)
    assert phase(name, 0.0) == 0


def test_a_restart_keeps_the_phase() -> None:
    """It depends on the name alone: not on the process, its hash seed or the number of sources."""
    assert [round(phase(name, 60), 3) for name in ("shop", "forum")] == [PHASES["shop"], PHASES["forum"]]


PHASES = {"shop": 19.728, "forum": 14.945}


@pytest.mark.parametrize("window", [60, 180])
def test_thousands_of_sources_spread_evenly(window: int) -> None:
    count = 6_000
    for names_of in ("source-{}".format, "channel {:04}".format, "{}".format):
        seconds = Counter(floor(phase(names_of(n), window)) for n in range(count))
        assert len(seconds) == window
        assert max(seconds.values()) < 2 * count / window
        halves = sum(counted for second, counted in seconds.items() if second < window / 2)
        assert abs(halves - count / 2) < 200


# What follows from a cycle


def follow(
    answered: float, late: float = 0.0, *, name: str = "shop", period: float = 60, failed: int = 0, **settings: float
) -> Outlook:
    source = replace(SHOP, name=name, **settings)  # type: ignore[arg-type]  # mypy takes all fields at once
    return look_ahead(source, period=period, answered=answered, failures=failed, late=late)


@given(names, periods, moments)
def test_the_next_cycle_is_due_an_interval_after_the_answer(name: str, period: float, answered: float) -> None:
    assert follow(answered, name=name, period=period).due == pytest.approx(answered + period + GRAIN, abs=1e-6)


@given(names, periods, moments, st.floats(0, 1e5) | st.just(inf), st.floats(0.0011, 1))
def test_it_never_comes_sooner_by_any_clock_that_cuts_milliseconds_off(
    name: str, period: float, answered: float, late: float, elapsed: float
) -> None:
    """The answer came `elapsed` after a reading of the database's clock, and it is claimed by another one."""
    read = floor(answered * 1_000) / 1_000
    due = follow(read + elapsed, late, name=name, period=period).due
    claimed = due - 0.4
    starts = claimed + (due - floor(claimed * 1_000) / 1_000)  # it sleeps for the difference by what it has read

    assert starts >= answered + elapsed + period
    assert due >= answered + elapsed + period  # and where it was due already when it was claimed


@given(names, moments, st.integers(1, 1_500))
def test_starts_on_time_make_no_drift_beyond_the_grain(name: str, moment: float, cycles: int) -> None:
    due = moment
    for _ in range(cycles):
        due = follow(due, name=name).due

    assert due == pytest.approx(moment + cycles * (60 + GRAIN), abs=1e-3)


@given(names, periods, moments, st.floats(0, 1e5) | st.just(inf))
def test_what_was_late_comes_later_by_its_own_part_of_that_and_of_half_an_interval_at_most(
    name: str, period: float, answered: float, late: float
) -> None:
    extra = follow(answered, late, name=name, period=period).due - follow(answered, name=name, period=period).due

    assert extra == pytest.approx(phase(name, min(late, period / 2)), abs=1e-6)
    assert 0 <= extra <= min(late, period / 2)


@pytest.mark.parametrize("pause", [3, 20, 600])
def test_sources_that_a_pause_has_made_due_together_spread_again(pause: float) -> None:
    """Those that were to come one after the other meanwhile came at once; the next time they are apart again."""
    dues = [NOW - pause + n / 1_000 * pause for n in range(1_000)]
    nexts = [follow(NOW, NOW - due, name=f"source-{n}").due for n, due in enumerate(dues)]
    tenths = Counter(floor((due - NOW - 60) / (min(pause, 30) / 10)) for due in nexts)

    assert max(tenths.values()) < 400
    if pause > 60:
        assert len(tenths) == 10
        assert max(tenths.values()) < 150


@given(st.sampled_from([60.0, 180.0]), moments)
def test_a_new_interval_counts_at_once(after: float, moment: float) -> None:
    outlook = follow(moment, period=after)

    assert outlook.period == after
    assert outlook.due == pytest.approx(moment + after + GRAIN, abs=1e-6)


def test_a_source_that_never_declared_anything_is_asked_each_minute() -> None:
    outlook = look_ahead(SHOP, period=None, answered=NOW, failures=0)
    assert outlook.period == 60
    assert outlook.due == pytest.approx(NOW + 60 + GRAIN, abs=1e-6)


def test_an_info_is_asked_within_two_deadlines() -> None:
    assert answered_by(replace(SHOP, deadline=7), NOW) == NOW + 14


# Backoff


def test_a_failing_source_backs_off_exponentially_up_to_a_cap() -> None:
    waits = [round(follow(NOW, failed=n).due - NOW) for n in range(10)]

    assert waits == [60, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


@given(moments, periods, failures, st.floats(1, 1e5))
def test_backoff_never_shortens_and_never_exceeds_its_cap(
    answered: float, period: float, failed: int, cap: float
) -> None:
    outlook = follow(answered, period=period, failed=failed, backoff_cap=cap)
    more = follow(answered, period=period, failed=failed + 1, backoff_cap=cap)

    assert more.due >= outlook.due
    assert outlook.due - answered <= max(cap, period) + 1e-2
    assert (outlook.failures, outlook.period) == (failed, period)


@pytest.mark.parametrize(
    ("effort", "failed", "wait"),
    [(0, 0, 60), (0.1, 0, 60), (3, 0, 60), (4, 0, 80), (9, 0, 180), (9, 5, 960), (1e4, 0, 3600)],
)
def test_a_source_that_takes_the_processor_in_vain_waits_20_times_as_long(
    effort: float, failed: int, wait: float
) -> None:
    outlook = look_ahead(SHOP, period=60, answered=NOW, failures=failed, effort=effort)
    assert (round(outlook.due - NOW), outlook.period) == (wait, 60)


def test_less_than_a_tenth_of_a_second_counts_as_none_however_short_the_interval() -> None:
    hasty = replace(SHOP, list_interval=0.01)
    waits = [look_ahead(hasty, period=0.01, answered=NOW, failures=0, effort=effort).due - NOW for effort in (0.1, 0.2)]
    assert waits == pytest.approx([0.01 + GRAIN, 4 + GRAIN], abs=1e-3)


@given(failures, st.none() | st.integers(1, 100))
def test_enough_failures_in_a_row_switch_a_source_off(failed: int, after: int | None) -> None:
    outlook = look_ahead(replace(SHOP, disable_after=after), period=60, answered=NOW, failures=failed)
    assert outlook.disabled is (after is not None and failed >= after)


# A day


@pytest.mark.slow
def test_a_day_of_200_sources() -> None:
    """Mixed capabilities, partners that flap, late ticks, slow answers and restarts: never sooner, and no drift."""
    dice = Random(24)
    sources = {f"source-{n}": (60.0, 180.0)[n % 2] for n in range(200)}
    steady = {name for n, name in enumerate(sources) if n % 4 < 2}
    settings = {name: replace(SHOP, name=name) for name in sources}
    failed = dict.fromkeys(sources, 0)
    starts: dict[str, list[float]] = {name: [] for name in sources}
    queue = [(NOW, name) for name in sources]
    heapify(queue)
    restarts = [NOW + 3_600 * hour + 1_234.5 for hour in range(1, 24)]
    while queue[0][0] < NOW + 86_400:
        due, name = queue[0]
        begins = due + (dice.uniform(0, 0.02) if name in steady else dice.choice([0, 0.9, 7, 300]))
        for stopped in restarts:  # nobody runs for 20 s
            if stopped <= begins < stopped + 20:
                begins = stopped + 20
        starts[name].append(begins)
        flaps = name not in steady and dice.random() < 0.3
        failed[name] = failed[name] + 1 if flaps else 0
        answered = begins + (dice.uniform(0, 0.02) if name in steady else dice.choice([0, 0.2, 12]))
        outlook = look_ahead(
            settings[name], period=sources[name], answered=answered, failures=failed[name], late=begins - due
        )
        heapreplace(queue, (outlook.due, name))

    for name, period in sources.items():
        gaps = [after - before for before, after in pairwise(starts[name])]
        assert min(gaps) >= period, name
        if name in steady:
            assert len(gaps) >= 86_400 / (period + 0.07) - 23 * 40 / period - 1, name
            assert sum(gap > period + 0.07 for gap in gaps) <= 2 * len(restarts), name
    assert any(max(b - a for a, b in pairwise(starts[name])) > 3_000 for name in sources)
