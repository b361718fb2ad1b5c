"""Whatever bytes come, only what is expected is raised. `scripts/fuzz` does the same for longer, guided by coverage."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS, TARGETS

EXAMPLES = 300


def spoilt(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes; and seeds of which parts were replaced, doubled and left out."""
    cuts = st.tuples(st.sampled_from(seeds), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), PIECES), max_size=4))
    return st.binary(max_size=300) | cuts.map(_cut)


PIECES = st.binary(max_size=6) | st.sampled_from(
    [
        b'"',
        b"[",
        b"]",
        b"{}",
        b"null",
        b"NaN",
        b"1e999",
        b"\\u0000",
        b'"\\ud800"',
        b"[" * 2000,
        b"9" * 400,
        b"\n",
        b"-0.0",
    ]
)


def _cut(drawn: tuple[bytes, list[tuple[float, float, bytes]]]) -> bytes:
    data, cuts = drawn
    for start, length, piece in cuts:
        begin = int(start * len(data))
        data = data[:begin] + piece + data[begin + int(length * length * 20) :]
    return data


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_only_what_is_expected_is_raised(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    tried = 0

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(spoilt(SEEDS[name]))
    def holds(data: bytes) -> None:
        nonlocal tried
        tried += 1
        TARGETS[name](data)

    holds()
    assert tried >= EXAMPLES / 2
    record_property("figure", f"{tried} hostile texts tried")


@pytest.mark.parametrize(("name", "data"), [(name, seed) for name, seeds in SEEDS.items() for seed in seeds])
def test_each_seed_is_read(name: str, data: bytes) -> None:
    TARGETS[name](data)
