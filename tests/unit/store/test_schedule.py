"""Who crawls what, and when: claims, leases and due times (CY1-CY6), the same on every database and its stand-in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from math import ceil
from typing import Any

import pytest

from crawler.errors import EndpointUnreachable, LeaseLost, SourceBusy
from crawler.store import Lease, Store
from crawler.sync.leases import LEASE_SECONDS
from crawler.sync.report import CycleReport
from crawler.sync.schedule import GRAIN, phase
from crawler.sync.source import Source
from tests.unit.store import stand_in, writing
from tests.unit.store.writing import INFO, NOON, SECRET

pytestmark = pytest.mark.parametrize("where", ["file", "memory", "postgresql", "stand-in"], indirect=True)

DEADLINE = 30.0
ERROR = EndpointUnreachable("shop", "implementation.info", expected="anything", came="nothing")


class Time:
    """A clock that takes the place of the database's."""

    def __init__(self) -> None:
        self.seconds = NOON.timestamp()

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(ceil(self.seconds * 1e6) / 1e6, UTC)  # whole microseconds, and never early


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(where: str, time: Time) -> Any:
    with stand_in.StandIn(time) if where == "stand-in" else Store.open(where, clock=time) as store:
        yield store


def rows(store: Store, name: str) -> list[dict[str, Any]]:
    return stand_in.source_rows(store) if isinstance(store, stand_in.StandIn) else writing.rows(store, name)


def sources(*names: str, **settings: Any) -> list[Source]:
    return [Source(name=name, base_uri="http://x.example/", secret=SECRET, **settings) for name in names]


def claimed(store: Store, **more: Any) -> list[str]:
    return [lease.source for lease in store.claim("me", **{"limit": 100, **more})]


def due(store: Store) -> dict[str, float | None]:
    return {row["name"]: row["due_at"] for row in rows(store, "source")}


def cycle(
    store: Store,
    source: Source,
    lease: Lease | None,
    *,
    period: float | None = 60,
    failed: bool = False,
    answered: float | None = None,
    **more: Any,
) -> Lease:
    """A cycle in which nothing happened, or one that failed; its info was answered so many seconds after its start."""
    begun = store.begin_cycle(source, "me", NOON, lease)
    report = CycleReport(source=source.name, started=NOON, interval=period, errors=[ERROR] if failed else [])
    info = None if failed else INFO
    held = begun.lease
    if answered is not None:
        held = replace(held, answered=held.taken + answered)
    store.end_cycle(source, held, report, info, NOON, exchanges=(), **more)
    return begun.lease


def settled(store: Store, time: Time, source: Source, *, period: float = 60) -> None:
    """A managed source that was crawled before, at the moment when it is due again."""
    store.manage([source])
    cycle(store, source, *store.claim("me", limit=1), period=period)
    time.seconds = due(store)[source.name] or 0


# Which sources daemons crawl


def test_a_new_source_is_due_at_once(store: Store, time: Time) -> None:
    store.manage(sources("a", "b"))

    assert due(store) == {"a": time.seconds, "b": time.seconds}
    assert sorted(claimed(store)) == ["a", "b"]


def test_only_sources_of_the_configuration_are_crawled(store: Store) -> None:
    a, b = sources("a", "b")
    store.register(a)
    assert claimed(store) == []

    store.manage([a, b])
    store.manage([b])
    assert claimed(store) == ["b"]


def test_a_restart_keeps_the_rhythm(store: Store, time: Time) -> None:
    [a] = sources("a")
    store.manage([a])
    [lease] = store.claim("me", limit=1)
    cycle(store, a, lease)
    before = due(store)
    time.seconds += 10
    store.manage(sources("a"))

    assert due(store) == before
    assert claimed(store) == []


def test_for_what_was_missed_while_no_daemon_ran_comes_one_late_cycle(store: Store, time: Time) -> None:
    """At once, so that restarts do not starve a source; the next one not sooner than the interval (CY1)."""
    [a] = sources("a")
    store.manage([a])
    cycle(store, a, *store.claim("me", limit=1), period=180)
    planned = due(store)["a"]
    time.seconds += 10_000
    store.manage([a])

    [lease] = store.claim("me", limit=1)
    assert lease.due == planned  # so its lateness is the whole of it
    cycle(store, a, lease, period=180)
    assert due(store)["a"] == pytest.approx(time.seconds + 180 + phase("a", 90) + GRAIN)
    assert claimed(store) == []


def test_after_an_outage_the_longest_overdue_come_first_and_no_more_than_there_is_room_for(
    store: Store, time: Time
) -> None:
    """Thousands that are late do not stampede: a claim takes as many as the cap on cycles in flight leaves."""
    many = {source.name: source for source in sources(*(f"s{n}" for n in range(30)))}
    store.manage(list(many.values()))
    for lease in store.claim("me", limit=30):
        cycle(store, many[lease.source], lease)
    planned = due(store)
    time.seconds += 10_000
    store.manage(list(many.values()))
    taken = [claimed(store, limit=10) for _ in range(4)]

    assert [len(portion) for portion in taken] == [10, 10, 10, 0]
    assert [name for portion in taken for name in portion] == sorted(many, key=lambda name: planned[name] or 0)


def test_changed_settings_are_due_at_once(store: Store, time: Time) -> None:
    a, b = sources("a", "b")
    store.manage([a, b])
    for lease in store.claim("me", limit=2):
        cycle(store, {"a": a, "b": b}[lease.source], lease)
    time.seconds += 1
    store.manage([replace(a, deadline=7), b])

    assert claimed(store) == ["a"]


def test_settings_that_change_while_a_cycle_runs_are_due_at_its_end(store: Store, time: Time) -> None:
    [a] = sources("a")
    store.manage([a])
    [lease] = store.claim("me", limit=1)
    begun = store.begin_cycle(a, "me", NOON, lease)
    new = replace(a, deadline=7)
    store.manage([new])
    report = CycleReport(source="a", started=NOON, interval=60)
    store.end_cycle(a, begun.lease, report, INFO, NOON, exchanges=())

    assert store.stored_info(new) is None  # it was declared under the old ones
    assert claimed(store) == ["a"]


def test_settings_that_change_between_claim_and_start_stay_due(store: Store, time: Time) -> None:
    """The cycle was claimed ahead, and begins under the old ones: that takes the start of the new ones from nobody."""
    [a] = sources("a")
    store.manage([a])
    [lease] = store.claim("me", limit=1)
    new = replace(a, deadline=7, disable_after=1)
    store.manage([new])
    cycle(store, replace(a, disable_after=1), lease, failed=True)

    assert rows(store, "source")[0]["disabled_at"] is None  # the old ones switch nothing off
    assert claimed(store) == ["a"]


# Claims


def test_the_longest_overdue_come_first_and_no_more_than_wanted(store: Store, time: Time) -> None:
    for name in "cab":
        store.manage([*sources(*[row["name"] for row in rows(store, "source")]), *sources(name)])
        time.seconds += 0.1

    assert claimed(store, limit=2) == ["c", "a"]
    assert claimed(store, limit=2) == ["b"]


def test_a_source_is_claimed_a_little_ahead_and_starts_when_it_is_due(store: Store, time: Time) -> None:
    [a] = sources("a")
    store.manage([a])
    time.seconds -= 0.4

    assert claimed(store) == claimed(store, ahead=0.3) == []
    [lease] = store.claim("me", limit=1, ahead=0.5)
    assert (lease.started - lease.taken) == pytest.approx(0.4)
    assert lease.started == lease.due


def test_a_claimed_source_is_nobody_elses(store: Store, time: Time) -> None:
    [a] = sources("a")
    store.manage([a])
    store.claim("process 1 on elsewhere", limit=1)

    assert claimed(store) == []
    with pytest.raises(SourceBusy, match="process 1 on elsewhere"):
        store.begin_cycle(a, "me", NOON)
    time.seconds += LEASE_SECONDS - 1
    with pytest.raises(SourceBusy, match="process 1 on elsewhere"):
        store.begin_cycle(a, "me", NOON)


def test_a_claim_takes_no_lease_that_somebody_holds_however_late_it_is(store: Store, time: Time) -> None:
    """The clock may have been set. A lease that nobody renews is made free, by the time that passed here."""
    store.manage(sources("a", "b"))
    store.claim("process 1 on elsewhere", limit=2)
    time.seconds += 3_600
    assert claimed(store) == []
    held = {lease.source: lease for lease in store.look_at_leases()}
    assert {it.source: (it.owner, it.fence, it.keeps_waiting) for it in held.values()} == {
        "a": ("process 1 on elsewhere", 1, True),
        "b": ("process 1 on elsewhere", 1, True),
    }

    assert [it.source for it in store.look_at_leases([held["b"].term])] == ["a"]
    assert claimed(store) == ["b"]


def test_a_lease_that_was_given_back_and_taken_anew_is_not_made_free(store: Store, time: Time) -> None:
    store.manage(sources("a"))
    [stale] = store.claim("process 1 on elsewhere", limit=1)
    [seen] = store.look_at_leases()
    store.release(stale)
    time.seconds += 1
    store.claim("process 1 on elsewhere", limit=1)

    assert [it.fence for it in store.look_at_leases([seen.term])] == [2]


def test_only_a_source_that_is_due_waits_for_a_lease(store: Store, time: Time) -> None:
    a, b, c = sources("a", "b", "c")
    store.manage([a, b])
    for source in (b, c):
        store.begin_cycle(source, "process 1 on elsewhere", NOON)
    store.claim("process 1 on elsewhere", limit=1)

    assert {it.source: it.keeps_waiting for it in store.look_at_leases()} == {"a": True, "b": False, "c": False}


def test_leases_are_renewed_by_those_who_hold_them(store: Store, time: Time) -> None:
    store.manage(sources("a", "b", "c", "d"))
    [a, b, c] = store.claim(store.owner, limit=3)
    store.claim("process 1 on elsewhere", limit=1)
    store.release(c)
    store.claim("process 1 on elsewhere", limit=1)
    time.seconds += LEASE_SECONDS + 5  # one that has run out is still one's own
    _, held = store.renew([a, c])

    assert held == {("a", 1)}
    until = {it.source: it.until - time.seconds for it in store.look_at_leases()}
    assert until == pytest.approx({"a": LEASE_SECONDS, "b": -5, "c": -5, "d": -5}, abs=1e-3)
    assert b.fence == 1


def test_a_lease_that_was_taken_over_has_another_fence(store: Store) -> None:
    [a] = sources("a")
    store.manage([a])
    [stale] = store.claim("process 1 on elsewhere", limit=1)
    store.look_at_leases([it.term for it in store.look_at_leases()])
    [lease] = store.claim("me", limit=1)

    assert lease.fence == stale.fence + 1
    for lost in (stale, replace(stale, cycle_id=1)):
        with pytest.raises(LeaseLost, match="a: another process took this source over"):
            store.begin_cycle(a, "process 1 on elsewhere", NOON, lost)
    store.release(stale)
    assert rows(store, "source")[0]["lease_owner"] == "me"


def test_a_lease_that_was_given_back_leaves_the_source_due(store: Store) -> None:
    store.manage(sources("a"))
    [lease] = store.claim("me", limit=1)
    store.release(lease)

    assert claimed(store) == ["a"]


def test_a_source_whose_cycle_could_not_begin_can_be_tried_later(store: Store, time: Time) -> None:
    [a] = sources("a")
    store.manage([a])
    [lease] = store.claim("me", limit=1)
    store.release(lease, time.seconds + 60)
    assert due(store)["a"] == time.seconds + 60

    time.seconds += 60
    [lease] = store.claim("me", limit=1)
    store.begin_cycle(a, "me", NOON, lease)
    planned = due(store)["a"]
    store.release(lease, time.seconds + 1)
    assert due(store)["a"] == planned  # it did begin


def test_failing_sources_have_a_share_of_the_claims(store: Store, time: Time) -> None:
    bad, good = sources("bad1", "bad2", "bad3", backoff_cap=60), sources("good1", "good2")
    named = {source.name: source for source in (*bad, *good)}
    store.manage([*bad, *good])
    for lease in store.claim("me", limit=5):
        assert not lease.failing
        cycle(store, named[lease.source], lease, failed=lease.source.startswith("bad"))
    time.seconds += 120

    first = store.claim("me", limit=100, failing=2)
    assert sorted(lease.source[:-1] for lease in first) == ["bad", "bad", "good", "good"]
    assert all(lease.failing is lease.source.startswith("bad") for lease in first)
    assert store.claim("me", limit=100, failing=0) == store.claim("me", limit=100, failing=-3) == []
    assert len(store.claim("me", limit=100, failing=1)) == 1


# Due times


def test_a_cycle_is_followed_by_one_an_interval_after_its_answer(store: Store, time: Time) -> None:
    [a] = sources("a")
    settled(store, time, a)
    cycle(store, a, *store.claim("me", limit=1), answered=1.5)

    assert due(store)["a"] == pytest.approx(time.seconds + 61.5 + GRAIN)
    time.seconds += 61.5
    assert claimed(store) == []
    time.seconds += 2 * GRAIN
    assert claimed(store) == ["a"]


def test_sources_that_begin_together_spread_from_their_second_cycle_on(store: Store, time: Time) -> None:
    """New ones, and those whose settings have changed: each by its phase, in half an interval."""
    both = sources("a", "b")
    for deadline in (30, 29):
        both = [replace(source, deadline=deadline) for source in both]
        store.manage(both)
        for lease in sorted(store.claim("me", limit=2), key=lambda lease: lease.source):
            cycle(store, both["ab".index(lease.source)], lease)
        for name in "ab":
            assert due(store)[name] == pytest.approx(time.seconds + 60 + phase(name, 30) + GRAIN)
        time.seconds += 100


def test_a_late_start_is_not_made_good(store: Store, time: Time) -> None:
    [a] = sources("a")
    settled(store, time, a)
    time.seconds += 4
    cycle(store, a, *store.claim("me", limit=1))

    assert due(store)["a"] == pytest.approx(time.seconds + 60 + phase("a", 4) + GRAIN)


def test_the_newest_interval_counts_at_once(store: Store, time: Time) -> None:
    [a] = sources("a")
    store.manage([a])
    settled(store, time, a)
    for period in (60, 180, 60):
        [lease] = store.claim("me", limit=1)
        cycle(store, a, lease, period=period)
        planned = due(store)["a"]
        assert planned == pytest.approx(time.seconds + period + GRAIN)
        time.seconds = planned or 0


def test_the_last_known_interval_counts_while_none_can_be_had(store: Store, time: Time) -> None:
    [a] = sources("a")
    store.manage([a])
    cycle(store, a, *store.claim("me", limit=1), period=180)
    time.seconds = due(store)["a"] or 0
    cycle(store, a, *store.claim("me", limit=1), period=None, failed=True)

    assert due(store)["a"] == pytest.approx(time.seconds + 180 + GRAIN)


def test_a_cycle_begins_when_it_begins_and_not_when_it_was_claimed(store: Store, time: Time) -> None:
    """However long it waited for its turn, the next one is not sooner (CY1)."""
    [a] = sources("a")
    store.manage([a])
    [lease] = store.claim("me", limit=1)
    time.seconds += 50
    cycle(store, a, lease)

    assert (due(store)["a"] or 0) >= time.seconds + 60


def test_a_cycle_whose_process_dies_keeps_the_interval(store: Store, time: Time) -> None:
    """Neither a restart nor whoever takes the source over comes sooner (CY1), whenever the info was answered.

    It may have been sent twice, and answered when two deadlines were over: nobody knows.
    """
    [a] = sources("a", no_list_interval=600)
    settled(store, time, a, period=600)
    [lease] = store.claim("process 1 on elsewhere", limit=1)
    store.begin_cycle(a, "process 1 on elsewhere", NOON, lease)
    started = time.seconds
    time.seconds += LEASE_SECONDS + 1
    assert store.look_at_leases([it.term for it in store.look_at_leases()]) == []

    assert claimed(store) == []
    store.manage([a])
    assert claimed(store) == []
    time.seconds = started + 2 * DEADLINE + 600
    assert claimed(store) == []
    time.seconds += 2 * GRAIN
    assert claimed(store) == ["a"]


def test_an_interrupted_cycle_says_nothing_about_the_partner(store: Store, time: Time) -> None:
    [a] = sources("a")
    store.manage([a])
    cycle(store, a, *store.claim("me", limit=1), failed=True)
    time.seconds = due(store)["a"] or 0
    cycle(store, a, *store.claim("me", limit=1), interrupted=True)

    assert rows(store, "source")[0]["failures"] == 1
    assert due(store)["a"] == pytest.approx(time.seconds + 60 + GRAIN)


def test_failures_back_off_and_a_success_ends_that(store: Store, time: Time) -> None:
    [a] = sources("a", backoff_cap=300)
    store.manage([a])
    settled(store, time, a)
    waits = []
    for failed in (True, True, True, True, True, False, True, False):
        cycle(store, a, *store.claim("me", limit=1), failed=failed)
        planned = due(store)["a"] or 0
        waits.append(round(planned - time.seconds))
        time.seconds = planned

    assert waits == [60, 120, 240, 300, 300, 60, 60, 60]


def test_a_cycle_by_hand_may_come_at_once_and_the_scheduled_one_after_it_keeps_the_minimum(
    store: Store, time: Time
) -> None:
    [a] = sources("a")
    settled(store, time, a)
    assert cycle(store, a, *store.claim("me", limit=1)).early is None
    time.seconds += 20
    assert cycle(store, a, None, answered=2).early == pytest.approx(40 + GRAIN)

    assert due(store)["a"] == pytest.approx(time.seconds + 62 + GRAIN)
    assert claimed(store) == []
    time.seconds += 62.1
    assert cycle(store, a, None).early == 0


@pytest.mark.parametrize("pause", [0, 20, 1_000_000])
def test_a_daemon_that_starts_after_a_cycle_by_hand_keeps_the_minimum(store: Store, time: Time, pause: float) -> None:
    """No daemon crawled the source when it was; if that is long ago it is due now, and not late."""
    [a] = sources("a")
    cycle(store, a, None, answered=2)
    time.seconds += pause
    store.manage([a])

    expected = time.seconds - pause + 62 + GRAIN
    assert due(store)["a"] == pytest.approx(max(expected, time.seconds))


@pytest.mark.parametrize("lease", [lambda store: None, lambda store: store.claim("me", limit=1)[0]])
def test_a_source_that_no_daemon_crawls_any_more_is_not_due(
    store: Store, time: Time, lease: Callable[[Store], Lease | None]
) -> None:
    """And where it comes back, it keeps the minimum from its last cycle."""
    [a] = sources("a")
    store.manage([a])
    held = lease(store)
    store.manage([])
    cycle(store, a, held)
    ended = time.seconds
    time.seconds += 1_000
    assert claimed(store) == []
    time.seconds = ended + 5
    store.manage([a])
    assert claimed(store) == []
    time.seconds = ended + 60 + 30 + 1
    assert claimed(store) == ["a"]


def test_too_many_failures_switch_a_source_off_until_a_person_enables_it(store: Store, time: Time) -> None:
    [a] = sources("a", disable_after=2, backoff_cap=1)
    store.manage([a])
    for _ in range(2):
        assert rows(store, "source")[0]["disabled_at"] is None
        cycle(store, a, *store.claim("me", limit=1), failed=True)
        time.seconds = due(store)["a"] or 0
    assert rows(store, "source")[0]["disabled_at"] == "2024-03-01T12:00:00.000Z"

    time.seconds += 1_000_000
    assert claimed(store) == []
    store.manage([a])
    time.seconds += 120
    assert claimed(store) == []
    assert store.enable(a) is True
    assert store.enable(a) is False
    [lease] = store.claim("me", limit=1)
    assert not lease.failing
    cycle(store, a, lease, failed=True)
    assert rows(store, "source")[0]["disabled_at"] is None  # it is counted anew
