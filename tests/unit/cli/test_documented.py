"""Every setting is in the example, and every command and setting in its page of the documentation."""

import tomllib
from pathlib import Path

from crawler.cli.commands import COMMANDS
from crawler.settings.keys import DaemonKeys, Settings, SourceKeys, SourceTable

ROOT = Path(__file__).parents[3]


def uncommented(text: str) -> str:
    """The example with its commented-out settings switched on; `secret_env` is commented out instead."""
    lines = [line.removeprefix("# ") if " = " in line and line.startswith("# ") else line for line in text.splitlines()]
    return "\n".join(lines)


def test_every_setting_is_in_the_example_and_no_other() -> None:
    example = tomllib.loads(uncommented((ROOT / "config" / "crawler.example.toml").read_text()))
    assert set(example) == set(Settings.model_fields)
    assert set(example["daemon"]) == set(DaemonKeys.model_fields)
    assert set(example["sources"]["shop"]) == set(SourceTable.model_fields)
    assert set(example["defaults"]) <= set(SourceKeys.model_fields)


def test_every_command_is_in_its_page() -> None:
    headings = (ROOT / "docs" / "commands.md").read_text("utf-8").splitlines()
    assert [name for name in COMMANDS if f"## {name}" not in headings] == []


def test_every_setting_is_in_its_page() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    settings = ["database", *SourceTable.model_fields, *DaemonKeys.model_fields]
    assert [name for name in settings if f"| `{name}` |" not in page] == []
