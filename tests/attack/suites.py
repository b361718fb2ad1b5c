"""The tests that attack one thing each, one file after the other, as long as there is time."""

import subprocess
import sys
from pathlib import Path
from time import monotonic
from xml.etree import ElementTree as ET

from tests.attack.table import Row
from tests.attack.world import ROOT

SUITES = (
    "tests/integration/daemon/test_right_file.py",
    "tests/integration/daemon/test_database_away.py",
    "tests/integration/test_secret_rotated.py",
    "tests/integration/test_slow_pipes.py",
    "tests/integration/test_hanging.py",
    "tests/crash/test_every_step.py",
    "tests/integration/daemon/test_load.py",
    "tests/integration/daemon/test_namespaces.py",
)


def suites(directory: Path, seconds: float) -> list[Row]:
    """A row for each; none is begun after so many seconds, and the last row names those."""
    until = monotonic() + seconds
    rows: list[Row] = []
    for number, suite in enumerate(SUITES):
        if monotonic() > until:
            names = ", ".join(SUITES[number:])
            rows.append(Row(f"no time was left for {names}"))
            break
        report = directory / f"{number}.xml"
        begun = monotonic()
        command = ["-m", "pytest", "-q", "-n", "2", "-m", "not long", f"--junitxml={report}", suite]
        done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False, capture_output=True, text=True)
        row = Row(suite)
        cases = list(ET.parse(report).iter("testcase")) if report.exists() else []  # noqa: S314 - our own
        skipped = [case for case in cases if case.find("skipped") is not None]
        row.tried = len(cases) - len(skipped)
        for case in cases:
            for kind in ("failure", "error"):
                if (found := case.find(kind)) is not None:
                    row.expect(holds=False, otherwise=f"{case.get('name')}: {found.get('message', '')[:300]}")
        row.expect(done.returncode == 0 or not row.good, f"pytest ended with {done.returncode}: {done.stdout[-300:]}")
        row.figure = f"{monotonic() - begun:.0f} s" + (f", {len(skipped)} skipped" if skipped else "")
        rows.append(row)
    return rows
