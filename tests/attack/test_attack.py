"""A short attack: see scripts/attack."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attack.load import loads
from tests.attack.storm import storms
from tests.attack.table import Row, shown


def test_the_table_says_what_was_lost_doubled_and_out_of_bound() -> None:
    row = Row("a storm", tried=3)
    row.expect(holds=True, otherwise="nothing")
    assert row.good
    row.compare(
        ["shop: lost: message 3", "shop: doubled: message 4", "shop: a repeat that does not say so: r1 [False]"]
    )
    row.expect(holds=False, otherwise="ended 9.0 s after SIGTERM")
    assert (row.lost, row.doubled, row.out_of_bound, row.good) == (1, 2, 1, False)
    assert shown([row]).splitlines()[2].split() == ["a", "storm", "3", "1", "2", "1"]
    assert "a storm: ended 9.0 s after SIGTERM" in shown([row])


@pytest.mark.thorough
def test_very_many_sources_contents_entries_and_processes_stay_in_bounds(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rows = loads(tmp_path, ["sqlite", "postgresql"], contents=100_000)
    assert all(row.good for row in rows), shown(rows)
    record_property("figure", "; ".join(f"{row.what}: {row.figure}" for row in rows))


@pytest.mark.thorough
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_with_everything_at_once_nothing_is_lost_nothing_doubled_and_bounds_hold(
    tmp_path: Path, database: str, record_property: Callable[[str, object], None]
) -> None:
    seed = os.environ.get("SEED", str(random.randrange(10**6)))
    rows = storms(tmp_path, seed, 25, [database], sources=8)
    assert all(row.good for row in rows), f"SEED={seed} plays it once more, as far as time allows\n{shown(rows)}"
    record_property("figure", f"{rows[0].tried} events (seed {seed}): {rows[0].figure}: 0 lost, 0 doubled")
