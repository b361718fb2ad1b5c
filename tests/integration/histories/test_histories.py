"""The engine's promises over random histories: our contents end equal to a model's, and nothing is sent amiss.

Each failure shows the shortest history that was found for it. `scripts/test -m long -k histories` runs many more, at
random; ``HISTORIES_SEED`` repeats such a run.
"""

import os
import random
import sys
import time

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.histories.faulty import FAULTY
from tests.integration.histories.machine import Histories
from tests.integration.histories.process import MortalStore

FEW, MANY = 500, 10_000

SETTINGS = settings(
    max_examples=FEW,
    stateful_step_count=6,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def histories(store_class: type[MortalStore] = MortalStore) -> type[Histories]:
    """A machine that counts for itself."""

    class Counted(Histories):
        pass

    Counted.store_class = store_class
    return Counted


def show(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{text}\n")


def run(machine: type[Histories], of: settings, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.perf_counter()
    run_state_machine_as_test(machine, settings=of)
    seconds = time.perf_counter() - begun
    done = f"{machine.ended} histories, {machine.cycles} cycles, {machine.requests} requests"
    show(capsys, f"{done}, {machine.exports} of them exports, in {seconds:.0f} s")


@pytest.mark.slow
def test_histories_end_as_the_model_says(capsys: pytest.CaptureFixture[str]) -> None:
    machine = histories()
    run(machine, SETTINGS, capsys)
    assert machine.ended >= FEW


@pytest.mark.long
def test_many_histories_end_as_the_model_says(capsys: pytest.CaptureFixture[str]) -> None:
    number = int(os.environ.get("HISTORIES_SEED") or random.randrange(2**32))
    show(capsys, f"HISTORIES_SEED={number}")
    machine = seed(number)(histories())
    run(machine, settings(SETTINGS, max_examples=MANY, derandomize=False, stateful_step_count=10), capsys)
    assert machine.ended >= MANY


@pytest.mark.slow
@pytest.mark.parametrize("store_class", FAULTY)
def test_histories_find_a_planted_fault(store_class: type[MortalStore]) -> None:
    quick = settings(SETTINGS, phases=[Phase.generate], verbosity=Verbosity.quiet)
    with pytest.raises(AssertionError, match=FAULTY[store_class]):
        run_state_machine_as_test(histories(store_class), settings=quick)
