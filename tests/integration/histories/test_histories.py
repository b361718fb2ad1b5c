from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.histories.machine import Histories

QUICK = settings(
    max_examples=int(__import__("os").environ.get("N","500")),
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def test_histories_end_as_they_must() -> None:
    run_state_machine_as_test(Histories, settings=QUICK)
    print(Histories.ended, Histories.cycles, Histories.steps)
