"""What a setting is: plain data next to the field that holds it, from which all else that names the setting is derived.

The keys of the configuration file with their errors, the options of the command line, the commented example, the page
of the documentation and the schema for editors are all made of `keys_of`. A new setting is a field, and its use.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

Kind = Literal["text", "file", "url", "address", "variable", "secret"]
"""What a text means: a file's path is relative to the configuration file, and a secret is never shown."""

YEAR = 366 * 86_400
"""Seconds: the longest time that means anything here."""

MOST = 2**31 - 1
"""The largest number that every database can store and count on with."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is said of a setting besides its field's name, type and default.

    `text` begins with a sentence that can stand alone: it is the help of `option`, unless `help` is another one.
    `expected` is what an error asks for; numbers are at least `least` and at most `most`. `example` is shown where
    there is no default. `option` is ``--name METAVAR``, or ``--name`` for one that turns the default over.
    """

    text: str
    expected: str = ""
    kind: Kind = "text"
    least: float = 0
    most: float = 0
    example: str | None = None
    option: str | None = None
    help: str | None = None


def seconds(text: str, *, least: float = 0.001, most: float = YEAR, option: str | None = None) -> Setting:
    """A time in seconds."""
    return Setting(text, "a number of seconds", least=least, most=most, option=option)


def days(text: str, *, example: str | None = None, option: str | None = None) -> Setting:
    """A time in days."""
    return Setting(text, "a number of days", least=0.001, most=36_500, example=example, option=option)


def count(text: str, *, most: float = MOST, example: str | None = None, option: str | None = None) -> Setting:
    """A number of things, one at least."""
    return Setting(text, "a whole number", least=1, most=most, example=example, option=option)


def size(text: str, *, least: float = 1, option: str | None = None) -> Setting:
    """A number of bytes."""
    return Setting(text, "a whole number of bytes", least=least, most=MOST, option=option)


@dataclass(frozen=True, slots=True)
class Key:
    """A setting with what its field says: name, type and default. `type` is without ``None``; it may be a `Literal`."""

    name: str
    type: Any
    default: Any
    setting: Setting

    @property
    def is_required(self) -> bool:
        """Whether there is no default, so that it must be set."""
        return self.default is MISSING

    @property
    def is_number(self) -> bool:
        """Whether it is a number, which has bounds."""
        return self.type in (int, float)

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that it may be, if it is one of a few."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def expected(self) -> str:
        """What is expected there, with the bounds of a number: for errors and documentation."""
        if self.is_number:
            return f"{self.setting.expected} from {self.setting.least:,} to {self.setting.most:,}"
        if self.type is bool:
            return "true or false"
        return (
            " or ".join(f'"{choice}"' for choice in self.choices) or self.setting.expected or "a text that is not empty"
        )


@lru_cache(maxsize=16)
def keys_of(settings: type) -> Mapping[str, Key]:
    """The settings among the fields of a dataclass, in its order: those that are annotated with a `Setting`."""
    hints = get_type_hints(settings, include_extras=True)
    found = {}
    for field in fields(settings):
        kind, *said = get_args(hints[field.name]) if get_origin(hints[field.name]) is Annotated else (None,)
        if said and isinstance(said[0], Setting):
            found[field.name] = Key(field.name, _without_none(kind), field.default, said[0])
    return found


def _without_none(hint: Any) -> Any:
    """The type of what is set: ``float`` of ``float | None``."""
    kept = [part for part in get_args(hint) if part is not type(None)]
    return kept[0] if type(None) in get_args(hint) else hint
