"""A secret among the arguments is overwritten where others read them."""

import subprocess
import sys
from pathlib import Path

import pytest

from crawler.cli.outside import hide_arguments

WORDS = [
    "sync",
    "http://jo:passw0rd@shop.example/",
    "--secret",
    "Tok3nSecretValue9",
    "--secret=Tok3nSecretValue9",
    "passw0rd",
]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_secret_is_not_seen_in_the_list_of_processes() -> None:
    code = (
        "from pathlib import Path; from crawler.cli.outside import hide_arguments; "
        "hide_arguments(['Tok3nSecretValue9', 'passw0rd', '']); print(Path('/proc/self/cmdline').read_bytes()[-131:])"
    )
    shown = subprocess.run([sys.executable, "-c", code, *WORDS], capture_output=True, check=True, text=True).stdout
    assert "Tok3n" not in shown
    assert "passw0rd" not in shown
    assert "sync\\x00http://jo:********@shop.example/\\x00--secret\\x00*****************\\x00" in shown


def test_where_that_cannot_be_done_nothing_happens(tmp_path: Path) -> None:
    hide_arguments(["Tok3nSecretValue9"], tmp_path)
    (tmp_path / "stat").write_text("1 (x) S 2")
    hide_arguments(["Tok3nSecretValue9"], tmp_path)
    hide_arguments([], tmp_path)
