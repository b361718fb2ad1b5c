"""The pages and files that are written from the code: `scripts/docs` writes them, and a test compares them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from crawler.cli import cli
from crawler.cli.options import Shared, base_options, source_options
from crawler.settings.example import example, shown_default
from crawler.settings.keys import Settings
from crawler.settings.values import (
    CONFIG_VARIABLE,
    DAEMON,
    DEFAULTS,
    SOURCES,
    DaemonValues,
    Values,
    source_keys,
)
from crawler.sync.setting import Key, keys_of
from crawler.sync.source import Source

ROOT = Path(__file__).parents[2]

SETTINGS = f"""\
# Settings

`ringcx-crawler init` writes a commented `crawler.toml` to start from;
[config/crawler.example.toml](../config/crawler.example.toml) is the same file. The file is looked for as `--config`,
`{CONFIG_VARIABLE}`, then `crawler.toml` in the current directory; without any, an endpoint's URL and a secret are
enough. Relative paths in it start at its directory. An option of the command line wins over the file.

For an editor that knows JSON schemas (VS Code with Even Better TOML, or anything with Taplo), put
[config/crawler.schema.json](../config/crawler.schema.json) next to your `crawler.toml` and name it in the first line:

    #:schema ./crawler.schema.json

The editor then completes the settings, explains each, and underlines what the crawler would refuse.

At the top of the file:

{{top}}

## Sources: `[sources.NAME]`

{SOURCES}

{{sources}}

The secret is never stored, logged or shown: see [security](security.md). For a URL without a configuration it is
also taken from `--secret-file` or `--secret`, which others can see in the list of processes until it is overwritten
there.

## Defaults: `[defaults]`

{DEFAULTS}

## The daemon: `[daemon]`

{DAEMON}

{{daemon}}
"""


COMMANDS = """\
# Commands

Where a command takes a SOURCE, that is the name of one in the [configuration file](settings.md), or simply the
endpoint's URL. A body that begins with `-` goes after `--`: `ringcx-crawler reply shop 42 -- "-1 from me"`.

{index}

| exit code | meaning |
| --- | --- |
| 0 | all well |
| 1 | the partner failed or refused something, or the database cannot be used |
| 2 | usage or configuration |
| 3 | the endpoint could not be reached; or `check` could not judge it |
| 130 | interrupted by Ctrl-C; nothing is lost, the next cycle continues |

Every command takes these options, before its name or after it. `--json` prints one object, or one object a line
for lists.

{base}

Commands that call a partner take the options of a source too. They win over the configuration file.

{source}

{commands}
"""


def commands_page() -> str:
    """docs/commands.md."""
    ctx = click.Context(cli, info_name="ringcx-crawler")
    commands = [part for name in cli.list_commands(ctx) for part in _command(ctx, name, cli.get_command(ctx, name))]
    shared = {
        name: _options(ctx, click.command()(decorate(lambda: None)).params)
        for name, decorate in (("base", base_options), ("source", source_options))
    }
    lines = [f"| [`{name}`](#{name}) | {_cell(command.help or '')} |" for name, command in cli.commands.items()]
    index = "\n".join(["| command | what it does |", "| --- | --- |", *lines])
    return COMMANDS.format(**shared, index=index, commands="\n\n".join(commands))


def _command(parent: click.Context, name: str, command: click.Command | None) -> Iterator[str]:
    assert command is not None
    ctx = click.Context(command, info_name=name, parent=parent)
    yield f"{'#' * (ctx.command_path.count(' ') + 1)} {name}"
    yield f"    {' '.join([ctx.command_path, *command.collect_usage_pieces(ctx)])}"
    yield cleandoc(command.help or "")
    own = [param for param in command.params if isinstance(param, click.Option) and not isinstance(param, Shared)]
    if table := _options(ctx, own):
        yield table
    if any(param.name == "secret" for param in command.params if isinstance(param, Shared)):
        yield "It takes the options of a source."
    if isinstance(command, click.Group):
        for below in command.list_commands(ctx):
            yield from _command(ctx, below, command.get_command(ctx, below))


def _options(ctx: click.Context, params: Iterable[click.Parameter]) -> str:
    found = [record for param in params if (record := param.get_help_record(ctx)) is not None]
    rows = [f"| `{_cell(names)}` | {_cell(told)} |" for names, told in found]
    return "\n".join(["| option | meaning |", "| --- | --- |", *rows]) if rows else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def settings_page(source: type = Source) -> str:
    """docs/settings.md."""
    tables = {"top": keys_of(Values), "sources": source_keys(source), "daemon": keys_of(DaemonValues)}
    return SETTINGS.format(**{name: _table(keys.values()) for name, keys in tables.items()})


def _table(keys: Iterable[Key]) -> str:
    rows = ["| setting | value | default | meaning |", "| --- | --- | --- | --- |"]
    for key in keys:
        default = f"`{shown}`" if (shown := shown_default(key)) else "must be set" if key.is_required else ""
        option = f" Option: `{key.setting.option}`." if key.setting.option else ""
        cells = [f"`{key.name}`", key.expected, default, key.setting.text + option]
        rows.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(rows)


def schema(settings: type[BaseModel] = Settings) -> dict[str, Any]:
    """config/crawler.schema.json: what the configuration file may hold, for editors."""
    found = settings.model_json_schema()
    return {"$schema": GenerateJsonSchema.schema_dialect, **_without_noise(found)}


def _without_noise(node: Any) -> Any:
    """A schema without generated titles and without defaults that TOML cannot write."""
    if not isinstance(node, dict):
        return [_without_noise(item) for item in node] if isinstance(node, list) else node
    kept = {key: value for key, value in node.items() if (key, value) != ("default", None)}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    return {key: _without_noise(value) for key, value in kept.items()}


def written() -> Mapping[Path, str]:
    """Each generated file with its text."""
    return {
        ROOT / "config" / "crawler.example.toml": example(),
        ROOT / "config" / "crawler.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
        ROOT / "docs" / "commands.md": commands_page(),
        ROOT / "docs" / "settings.md": settings_page(),
    }


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
