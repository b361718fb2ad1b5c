"""What `scripts/docs` writes is up to date, and a setting is named nowhere but where it is declared and used."""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from crawler.cli.options import setting_option, source_options
from crawler.settings.example import example
from crawler.settings.keys import source_tables
from crawler.sync.setting import Setting, count, keys_of, seconds
from crawler.sync.source import Source
from tests.documentation.generated import ROOT, schema, settings_page, written

SHOP = '[sources.shop]\nbase_uri = "https://shop.example/"\n'


@pytest.mark.parametrize("path", written(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_generated_file_is_as_scripts_docs_writes_it(path: Path) -> None:
    assert path.read_text("utf-8") == written()[path], "run scripts/docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class More(Source):
    """A source with settings that nothing else names."""

    patience: Annotated[float, seconds("How patient it is. Very.", most=5, option="--patience SECONDS")] = 2.5
    fancies: Annotated[int | None, count("How many fancies it has.", example="3", option="--fancies N")] = None
    mood: Annotated[Literal["gay", "sad"], Setting("Its mood.", option="--mood MOOD")] = "gay"
    shy: Annotated[bool, Setting("Whether it is shy.", option="--bold", help="Do not be shy.")] = True
    motto: Annotated[str | None, Setting("Its motto.", example="Onward")] = None


ADDED = [field.name for field in fields(More) if field.name not in keys_of(Source)][2:]


def test_a_new_setting_is_a_key_of_the_file_with_its_bounds() -> None:
    for table in source_tables(More):
        assert set(ADDED) <= set(table.model_fields)
    [sources, _] = source_tables(More)
    assert sources.model_validate({"base_uri": "http://x", "patience": 5.0, "mood": "sad"}).values()["patience"] == 5
    for wrong in ({"patience": 5.1}, {"fancies": 0}, {"mood": "angry"}, {"shy": 1}, {"motto": ""}):
        with pytest.raises(ValidationError):
            sources.model_validate({"base_uri": "http://x", **wrong})
    expected = [keys_of(More)[name].expected for name in ADDED]
    assert expected[0] == "a number of seconds from 0.001 to 5"
    assert expected[1] == "a whole number from 1 to 2,147,483,647"
    assert expected[2:] == ['"gay" or "sad"', "true or false", "a text that is not empty"]


def test_a_new_setting_is_in_the_example_and_in_the_documentation() -> None:
    for line in ("patience = 2.5", "fancies = 3", 'mood = "gay"', "shy = true", 'motto = "Onward"'):
        assert f"\n# {line}\n" in example(More)
    page = settings_page(More)
    assert (
        "| `patience` | a number of seconds from 0.001 to 5 | `2.5` | How patient it is. Very. Option: `--pat" in page
    )
    assert [name for name in ADDED if f"| `{name}` |" not in page] == []


def test_a_new_setting_with_an_option_is_one_of_the_command_line() -> None:
    found: dict[str, object] = {}

    @click.command()
    def command(**params: object) -> None:
        found.update(params)

    for name in ADDED[:4]:
        setting_option(keys_of(More)[name])(command)
    run = CliRunner().invoke
    assert run(command, ["--patience", "5", "--fancies", "7", "--mood", "sad", "--bold"]).exit_code == 0
    assert found == {"patience": 5, "fancies": 7, "mood": "sad", "shy": False}
    assert run(command, []).exit_code == 0
    assert found == dict.fromkeys(found)
    for wrong in (["--patience", "5.1"], ["--patience", "nan"], ["--fancies", "0"], ["--mood", "angry"]):
        assert run(command, wrong).exit_code == 2
    told = run(command, ["--help"]).output
    for line in ("How patient it is (2.5).", "How many fancies it has.", "Its mood.", "Do not be shy."):
        assert line in told


def test_each_option_of_a_setting_is_in_the_help() -> None:
    told = CliRunner().invoke(click.command()(source_options(lambda: None)), ["--help"]).output
    options = [key.setting.option for key in keys_of(Source).values() if key.setting.option]
    assert [option for option in options if option not in told] == []
    assert len(options) == 8


USED = {"base_uri", "trust_env", "private_addresses"}
"""Settings that the reading of the configuration itself uses, and not only hands on."""


def test_no_setting_of_a_source_is_named_where_settings_are_read() -> None:
    texts = [path.read_text("utf-8") for path in [*(ROOT / "crawler" / "settings").glob("*.py")]]
    texts.append((ROOT / "crawler" / "cli" / "options.py").read_text("utf-8"))
    code = re.sub(r'""".*?"""', "", "\n".join(texts), flags=re.DOTALL)
    named = {name for name in keys_of(Source) if re.search(rf"\b{name}\b", code)}
    assert named == USED | {"deadline", "keep_cycles"}  # the example of [defaults], and a text


def test_the_schema_takes_what_the_file_may_hold_and_nothing_else() -> None:
    validator = Draft202012Validator(schema())
    Draft202012Validator.check_schema(schema())
    validator.validate(tomllib.loads(example()))
    validator.validate(tomllib.loads(f"{SHOP}deadline = 3\n[daemon]\ntick = 0.5\n[defaults]\nmax_pages = 7\n"))
    for wrong in (
        *(f"{SHOP}deadline = {value}\n" for value in ("0", "'3'", "true")),
        *(f"{SHOP}{line}\n" for line in ("deadlin = 3", "push = 'soon'", "max_pages = 2.5", "agent_id = ''")),
        *("[sources.shop]\n", "[source.shop]\n", "[daemon]\ntick = 61\n", "[defaults]\nbase_uri = 'http://x'\n"),
    ):
        assert not validator.is_valid(tomllib.loads(wrong)), wrong


def test_an_editors_help_for_a_setting_is_its_text() -> None:
    told = schema()["$defs"]["SourceTable"]["properties"]
    assert {name: key.setting.text for name, key in keys_of(Source).items()} == {
        name: told[name]["description"] for name in keys_of(Source)
    }
