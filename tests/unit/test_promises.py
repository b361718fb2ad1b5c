"""docs/daemon.md and docs/backup.md promise nothing that no test holds."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISES = "\n".join((ROOT / "docs" / name).read_text("utf-8") for name in ("daemon.md", "backup.md"))


def test_each_promise_names_a_test_that_is_there() -> None:
    names = set(re.findall(r"`(test_\w+)`", PROMISES))
    tests = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))
    assert len(names) > 20
    assert [name for name in sorted(names) if f"def {name}(" not in tests] == []


@pytest.mark.parametrize("promise", re.findall(r"^- .*(?:\n  .*)*", PROMISES, re.MULTILINE))
def test_each_promise_names_one(promise: str) -> None:
    assert "`test_" in promise
