"""The configuration file, read and checked: one line for each problem, and never a secret's value.

Where there is no file, nothing here is imported: pydantic takes long.
"""

import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from crawler.errors import ConfigurationError
from crawler.protocol.envelope import printable
from crawler.settings.address import quoted
from crawler.settings.configuration import INIT_HINT
from crawler.settings.keys import NAME_EXPECTED, DaemonKeys, Settings, SourceKeys, SourceTable
from crawler.settings.values import DaemonValues, Values, source_keys
from crawler.sync.setting import Key, keys_of

MODELS: Mapping[str, type[BaseModel]] = {
    "": Settings,
    "daemon": DaemonKeys,
    "defaults": SourceKeys,
    "sources": SourceTable,
}

KEYS: Mapping[str, Mapping[str, Key]] = {
    "": keys_of(Values),
    "daemon": keys_of(DaemonValues),
    "defaults": source_keys(),
    "sources": source_keys(),
}


def read_file(file: Path) -> Values:
    """What `file` says. Raises `ConfigurationError`: one line for each problem."""
    try:
        return Settings.read(file.read_bytes().decode("utf-8-sig")).values()
    except OSError as error:
        reason = error.strerror or str(error)
        hint = INIT_HINT if isinstance(error, FileNotFoundError) else "check the path and its permissions"
        raise ConfigurationError(f"the configuration file {file} cannot be read: {reason}", hint=hint) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ConfigurationError(f"{file} is not TOML: {reason}", hint=f"{INIT_HINT}, with comments") from None
    except ValidationError as error:
        raise ConfigurationError("\n".join(problems(str(file), error)), hint=INIT_HINT) from None


def problems(file: str, error: ValidationError) -> list[str]:
    """One line for each problem: the file, the key, what was expected, and what was received."""
    return [f"{file}: {_problem(found)}" for found in error.errors(include_url=False, include_context=True)]


def _problem(found: Any) -> str:
    path: Sequence[str] = [printable(str(step), 60) for step in found["loc"] if step != "[key]"]
    key = ".".join(path)
    if found["type"] == "extra_forbidden":
        return f"{key}: there is no such setting{_instead(path)}"
    expected = _expected(path, found)
    if found["type"] == "missing":
        return f"{key}: is missing; expected {expected}"
    return f"{key}: expected {expected}, got {_received(path, found)}"


def _instead(path: Sequence[str]) -> str:
    """Where the key that was meant belongs, if that can be guessed."""
    table, name = path[0] if len(path) > 1 else "", path[-1]
    if not table and name in SourceTable.model_fields:
        return f"; {name} belongs below [sources.NAME]" + (" or [defaults]" if name != "base_uri" else "")
    if table != "daemon" and name in DaemonKeys.model_fields:
        return f"; {name} belongs below [daemon]"
    if table and name in Settings.model_fields:
        return f"; {name} belongs at the top of the file, before the first [table]"
    near = get_close_matches(name, MODELS[table].model_fields, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _expected(path: Sequence[str], found: Any) -> str:
    if found["loc"][-1] == "[key]":
        return NAME_EXPECTED
    if path[0] == "sources" and len(path) < 3:
        return "a table: [sources.NAME]"
    if path in (["daemon"], ["defaults"]):
        return f"a table: [{path[0]}]"
    return KEYS[path[0] if len(path) > 1 else ""][path[-1]].expected


def _received(path: Sequence[str], found: Any) -> str:
    value = found["input"]
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    if path[-1] in ("secret", "secret_env"):  # a secret where its name belongs is one, too
        return "an empty text" if value == "" else "something else"
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str():
            return quoted(value)
        case list():
            return "an array"
        case dict():
            return "a table"
        case _:
            return "a date" if hasattr(value, "isoformat") else "something else"
