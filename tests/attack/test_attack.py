"""A short attack: see scripts/attack."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attack.storm import storms
from tests.attack.table import shown

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_with_everything_at_once_nothing_is_lost_nothing_doubled_and_bounds_hold(
    tmp_path: Path, database: str, record_property: Callable[[str, object], None]
) -> None:
    seed = os.environ.get("SEED", str(random.randrange(10**6)))
    rows = storms(tmp_path, seed, 25, [database], sources=8)
    assert all(row.good for row in rows), f"SEED={seed} plays it once more, as far as time allows\n{shown(rows)}"
    record_property("figure", f"{rows[0].tried} events (seed {seed}): {rows[0].figure}: 0 lost, 0 doubled")
