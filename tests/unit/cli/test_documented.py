"""Every setting stands in the example, and every command and setting in the README."""

import tomllib
from pathlib import Path

from crawler.cli.commands import COMMANDS
from crawler.settings.keys import DaemonKeys, Settings, SourceKeys, SourceTable

ROOT = Path(__file__).parents[3]


def uncommented(text: str) -> str:
    """The example with its commented-out settings switched on; `secret_env` is commented out instead."""
    lines = [line.removeprefix("# ") if " = " in line and line.startswith("# ") else line for line in text.splitlines()]
    return "\n".join(lines)


def test_every_setting_stands_in_the_example_and_no_other() -> None:
    example = tomllib.loads(uncommented((ROOT / "config" / "crawler.example.toml").read_text()))
    assert set(example) == set(Settings.model_fields)
    assert set(example["daemon"]) == set(DaemonKeys.model_fields)
    assert set(example["sources"]["shop"]) == set(SourceTable.model_fields)
    assert set(example["defaults"]) <= set(SourceKeys.model_fields)


def test_every_command_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"ringcx-crawler {name}" not in readme and f"`{name}" not in readme] == []


def test_every_setting_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    settings = [*(name for name in Settings.model_fields if name != "sources"), *SourceTable.model_fields]
    settings += DaemonKeys.model_fields
    assert [name for name in settings if f"`{name}`" not in readme] == []
