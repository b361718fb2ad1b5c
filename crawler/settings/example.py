"""The commented configuration that `init` writes: every setting, with what it means and its default."""

import json
from collections.abc import Iterable
from textwrap import wrap

from crawler.settings.values import CONFIG_VARIABLE, DAEMON, DEFAULTS, SOURCES, DaemonValues, Values, source_keys
from crawler.sync.setting import Key, keys_of
from crawler.sync.source import Source

HEAD = (
    f"Configuration of ringcx-crawler. It is looked for as --config, {CONFIG_VARIABLE}, then crawler.toml in the "
    "current directory. Every setting is in here; those that are commented out show their default, or an example where "
    "they have none. Relative paths start at this file's directory."
)
NEEDED = ("database", "base_uri", "secret_env")
"""What a first configuration sets; all else is commented out."""

WIDTH = 120


def example(source: type = Source) -> str:
    """The file's text: TOML."""
    sections = (
        [_comment(HEAD), *_described(keys_of(Values).values())],
        [f"{_comment(SOURCES)}\n[sources.shop]", *_described(source_keys(source).values())],
        [f"{_comment(DAEMON)}\n[daemon]", *_described(keys_of(DaemonValues).values())],
        [f"{_comment(DEFAULTS)}\n[defaults]\n# {_assigned(keys_of(Source)['deadline'])}"],
    )
    return "\n\n\n".join("\n\n".join(section) for section in sections) + "\n"


def shown_default(key: Key) -> str:
    """The default as TOML has it; nothing where there is none."""
    value = None if key.is_required else key.default
    if value is None:
        return ""
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value, ensure_ascii=False)


def _described(keys: Iterable[Key]) -> Iterable[str]:
    for key in keys:
        yield f"{_comment(key.setting.text)}\n{'' if key.name in NEEDED else '# '}{_assigned(key)}"


def _assigned(key: Key) -> str:
    shown = key.setting.example
    if shown is not None and not key.is_number:
        shown = json.dumps(shown, ensure_ascii=False)
    return f"{key.name} = {shown_default(key) or shown}"


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in wrap(text, WIDTH - 2, break_on_hyphens=False))
