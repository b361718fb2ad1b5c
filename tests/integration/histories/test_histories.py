"""The engine's promises over random histories: our contents end equal to a model's, and nothing is sent amiss.

Each failure shows the shortest history that was found for it. `scripts/test -m long -k histories` runs many more, at
random; ``HISTORIES_SEED`` repeats such a run.
"""

import os
import random
import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.histories.faulty import FAULTY
from tests.integration.histories.machine import Histories
from tests.integration.histories.process import MortalStore

PARTS, FEW, MANY = 4, 125, 10_000
"""Histories that always run are so many parts of so many, which several workers may share; the long run is one."""

SETTINGS = settings(
    max_examples=FEW,
    stateful_step_count=3,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

Record = Callable[[str, object], None]


def histories(number: int, store_class: type[MortalStore] = MortalStore) -> type[Histories]:
    """The machine that draws the histories of this number, and counts for itself."""

    class Counted(Histories):
        pass

    Counted.store_class = store_class
    return seed(number)(Counted)


def run(machine: type[Histories], of: settings, record: Record) -> None:
    begun = time.perf_counter()
    run_state_machine_as_test(machine, settings=of)
    seconds = time.perf_counter() - begun
    counts = f"{machine.ended:,} histories, {machine.cycles:,} cycles, {machine.requests:,} requests"
    record("figure", f"{counts}, {machine.exports:,} of them exports, in {seconds:.0f} s")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_histories_end_as_the_model_says(part: int, record_property: Record) -> None:
    machine = histories(part)
    run(machine, SETTINGS, record_property)
    assert machine.ended >= FEW


@pytest.mark.long
def test_many_histories_end_as_the_model_says(record_property: Record, capsys: pytest.CaptureFixture[str]) -> None:
    number = int(os.environ.get("HISTORIES_SEED") or random.randrange(2**32))
    with capsys.disabled():
        sys.stdout.write(f"\nHISTORIES_SEED={number}\n")
    machine = histories(number)
    run(machine, settings(SETTINGS, max_examples=MANY, stateful_step_count=4), record_property)
    assert machine.ended >= MANY


@pytest.mark.slow
@pytest.mark.parametrize("store_class", FAULTY)
def test_histories_find_a_planted_fault(store_class: type[MortalStore]) -> None:
    quick = settings(SETTINGS, max_examples=300, phases=[Phase.generate], verbosity=Verbosity.quiet)
    with pytest.raises(AssertionError, match=FAULTY[store_class]):
        run_state_machine_as_test(histories(0, store_class), settings=quick)
