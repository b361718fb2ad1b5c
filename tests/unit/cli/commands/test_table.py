"""The table of commands: a command is a module of this room and a line of the table, and nothing else knows of it."""

import re
import subprocess
import sys
from pathlib import Path

import crawler
from crawler.cli import commands
from crawler.cli.commands import COMMANDS

ROOT = Path(crawler.__file__).parent
ROOM = Path(commands.__file__).parent

GREET = '''
import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command


@click.command()
@base_command
def greet(run: Invocation) -> None:
    """Say hello."""
    run.out.json({"hello": "world"}) if run.as_json else run.out.text("Hello.")
'''
ADDED = """
import importlib, sys
from crawler import cli
from crawler.cli import commands
commands.__path__.append(sys.argv.pop(1))
commands.COMMANDS["greet"] = ("greet:greet", "Say hello to the world.")
importlib.reload(cli)
from crawler.__main__ import main
main()
"""


def test_the_modules_of_the_room_are_those_that_the_table_names() -> None:
    named = {where.partition(":")[0] for where, _ in COMMANDS.values()}
    assert {path.stem for path in ROOM.glob("*.py")} == {*named, "__init__"}


def test_no_module_imports_one_of_a_command() -> None:
    texts = {path: path.read_text("utf-8") for path in ROOT.rglob("*.py")}
    assert [
        str(path) for path, text in texts.items() if re.search(r"cli\.commands(\.\w| import (?!COMMANDS))", text)
    ] == []


def test_a_module_and_a_line_of_the_table_make_a_command(tmp_path: Path) -> None:
    (tmp_path / "greet.py").write_text(GREET)

    def run(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", ADDED, str(tmp_path), *words], capture_output=True, text=True, check=True
        ).stdout

    assert run("greet") == "Hello.\n"
    assert run("greet", "--json") == '{"hello": "world"}\n'
    assert "--database" in run("greet", "--help")
    assert re.search(r"^  greet +Say hello to the world.$", run("--help"), re.MULTILINE)
