"""``python -m tests.attack``: see scripts/attack."""

import argparse
import random
import sys
import tempfile
from pathlib import Path
from time import monotonic

from tests.attack.load import loads
from tests.attack.storm import storms
from tests.attack.suites import suites
from tests.attack.table import shown

SHORT, LONG = 40.0, 150.0
"""Seconds of everything at once on each database."""

FEW, MANY = 100_000, 1_000_000
"""Contents of one source. It would be 5 million, which take ten minutes."""

LAST = 700.0
"""Seconds from the beginning after which the long form begins nothing more."""


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser("scripts/attack")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", default=str(random.randrange(10**6)))
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    wanted = parser.parse_args()
    databases = [wanted.database] if wanted.database else ["sqlite", "postgresql"]
    sys.stdout.write(f"seed {wanted.seed}\n")
    sys.stdout.flush()
    begun = monotonic()
    with tempfile.TemporaryDirectory() as directory:
        there = Path(directory)
        seconds = wanted.minutes * 60 / len(databases) if wanted.minutes else LONG if wanted.long else SHORT
        rows = storms(there, wanted.seed, seconds, databases)
        if not wanted.minutes:
            rows += loads(there, databases, contents=MANY if wanted.long else FEW)
        if wanted.long and not wanted.minutes:
            rows += suites(there, LAST - (monotonic() - begun))
    sys.stdout.write(f"{shown(rows)}\n{monotonic() - begun:.0f} s in all\n")
    return 0 if all(row.good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
