"""The container file: no engine builds it in these tests, but what it copies is enough to build the package."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "config" / "Containerfile").read_text()


@pytest.mark.slow
def test_what_it_copies_can_be_installed(tmp_path: Path) -> None:
    for words in re.findall(r"^COPY (.+)$", TEXT, re.MULTILINE):
        *copied, where = words.split()
        target = tmp_path / where.lstrip("/")
        for name in copied:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, target)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "out"), "."]
    done = subprocess.run(command, cwd=tmp_path / "src", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").glob("ringcx_crawler-*.whl"))
