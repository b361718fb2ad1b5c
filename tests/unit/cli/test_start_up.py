"""Start-up is quick, and every command stands where the table says."""

import subprocess
import sys
from importlib.metadata import version

import click
import pytest
from click.testing import CliRunner

from crawler.cli import cli
from crawler.cli.commands import COMMANDS
from crawler.cli.options import Shared

HEAVY = {"rich", "httpx", "sqlalchemy", "sqlmodel", "pydantic", "pydantic_settings", "anyio", "msgspec", "uvicorn"}
PROBE = """
import sys
from crawler.cli import cli
try:
    cli(sys.argv[1:], prog_name="ringcx-crawler")
except SystemExit:
    pass
print("imported:", *sorted(name for name in sys.modules if "." not in name))
"""


@pytest.mark.parametrize("words", [["--help"], ["--version"], []])
def test_nothing_heavy_is_imported_before_a_command_is_known(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=True)
    imported = done.stdout.splitlines()[-1].split()
    assert imported[0] == "imported:"
    assert "click" in imported
    assert not HEAVY & set(imported)


@pytest.mark.parametrize(("words", "collected"), [(["--help"], False), (["explain"], True)])
def test_garbage_is_collected_as_soon_as_the_command_is_imported(words: list[str], collected: bool) -> None:
    probe = """
import atexit, gc, sys
from crawler.__main__ import main
atexit.register(lambda: print("collected:", gc.isenabled()))
main()
"""
    done = subprocess.run([sys.executable, "-c", probe, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"collected: {collected}"


def test_the_version_is_that_of_the_installed_package() -> None:
    shown = CliRunner().invoke(cli, ["--version"]).stdout
    assert shown == f"ringcx-crawler, version {version('ringcx-crawler')}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_what_the_table_says_and_has_a_help(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_own_options_come_before_the_shared_ones(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    shared = [isinstance(param, Shared) for param in command.params]
    assert shared == sorted(shared)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert silent == []


def test_completion_knows_the_commands_without_importing_them() -> None:
    found = cli.shell_complete(click.Context(cli), "s")
    assert [item.value for item in found][:2] == ["sync", "status"]
