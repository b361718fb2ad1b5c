"""What is wrong in a configuration file, one line for each problem, and never a secret's value."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from crawler.protocol.envelope import printable
from crawler.settings.address import quoted
from crawler.settings.keys import DaemonKeys, Name, Settings, SourceKeys, SourceTable

MODELS: Mapping[str, type[BaseModel]] = {
    "": Settings,
    "daemon": DaemonKeys,
    "defaults": SourceKeys,
    "sources": SourceTable,
}


def problems(file: str, error: ValidationError) -> list[str]:
    """One line for each problem: the file, the key, what was expected, and what came."""
    return [f"{file}: {_problem(found)}" for found in error.errors(include_url=False, include_context=True)]


def _problem(found: Any) -> str:
    path: Sequence[str] = [printable(str(step), 60) for step in found["loc"] if step != "[key]"]
    key = ".".join(path)
    if found["type"] == "extra_forbidden":
        return f"{key}: there is no such setting{_instead(path)}"
    expected = _expected(path, found)
    if found["type"] == "missing":
        return f"{key}: is missing; expected {expected}"
    return f"{key}: expected {expected}, got {_came(path, found)}"


def _instead(path: Sequence[str]) -> str:
    """Where the key that was meant stands, if that can be guessed."""
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
        return str(Name.__metadata__[0].description)  # type: ignore[attr-defined]
    if path[0] == "sources" and len(path) < 3:
        return "a table: [sources.NAME]"
    if path in (["daemon"], ["defaults"]):
        return f"a table: [{path[0]}]"
    field: FieldInfo = MODELS[path[0] if len(path) > 1 else ""].model_fields[path[-1]]
    return field.description or _inner_description(field)


def _inner_description(field: FieldInfo) -> str:
    """The description of the one type that an optional field has."""
    for alternative in getattr(field.annotation, "__args__", ()):
        for metadata in getattr(alternative, "__metadata__", ()):
            if isinstance(metadata, FieldInfo) and metadata.description:
                return metadata.description
    return "another value"


def _came(path: Sequence[str], found: Any) -> str:
    value = found["input"]
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    if path[-1] in ("secret", "secret_env"):  # a secret that stands where its name belongs is one, too
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
