"""How long a lease of others was seen unrenewed (CY2): by what passed here, not by any clock that can be set."""

from crawler.sync.leases import LEASE_SECONDS, RENEWED_EVERY, HeldLease, next_look, unrenewed, watch


def lease(number: int = 1, fence: int = 1, until: float = 100.0) -> HeldLease:
    return HeldLease(source_id=number, source=f"s{number}", owner="them", fence=fence, until=until, keeps_waiting=False)


def test_a_lease_that_nobody_renews_has_run_out_after_as_long_as_it_lasts() -> None:
    watched = watch({}, [lease()], 1_000.0)
    watched = watch(watched, [lease()], 1_010.0)

    assert unrenewed(watched, 1_000.0 + LEASE_SECONDS - 0.1) == frozenset()
    assert unrenewed(watched, 1_000.0 + LEASE_SECONDS) == {lease().term}


def test_a_renewal_a_new_fence_or_another_source_counts_anew() -> None:
    watched = watch({}, [lease()], 1_000.0)
    for other in (lease(until=110.0), lease(until=-3_500.0), lease(fence=2), lease(2)):
        again = watch(watched, [other], 1_010.0)
        assert again == {other.term: 1_010.0}
        assert unrenewed(again, 1_000.0 + LEASE_SECONDS) == frozenset()


def test_a_lease_that_is_gone_is_forgotten() -> None:
    assert watch(watch({}, [lease()], 1_000.0), [], 1_001.0) == {}


def test_looks_are_as_frequent_as_renewals_and_come_when_a_lease_may_have_run_out() -> None:
    assert next_look({}, 1_000.0) == 1_000.0 + RENEWED_EVERY
    watched = watch({}, [lease(1)], 1_000.0)
    watched = watch(watched, [lease(1), lease(2)], 1_005.0)
    assert next_look(watched, 1_005.0) == 1_005.0 + RENEWED_EVERY
    assert next_look(watched, 1_025.0) == 1_000.0 + LEASE_SECONDS
    assert 2 * RENEWED_EVERY < LEASE_SECONDS  # one renewal may fail
