"""Options and arguments that several commands share, and what becomes of them: an `Invocation`.

A command is decorated, below its `click.command`, with `one_source` (argument SOURCE), `stored_source` (the same, for
what only reads the database), `many_sources` (SOURCE…, which an `Invocation` resolves) or `base_command` (none), and
gets the `Invocation` as its first argument, `run`::

    @click.command()
    @stored_source
    @click.option("--limit", type=int)
    def threads(run: Invocation, source: Source, limit: int | None) -> None: ...

Light to import: it is what ``--help`` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from math import isnan
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from crawler.cli.invocation import Invocation
    from crawler.sync.setting import Key

F = TypeVar("F", bound=Callable[..., Any])

BASE = ("config", "database", "verbose", "as_json")
"""The parameters of `base_options`; given before the command's name, they are the group's."""

SECRET = ("secret", "secret_file")


class Shared(click.Option):
    """An option that several commands share: a command's help shows it after the command's own."""


MOST = 2**31 - 1
"""The largest number that every database can count on with."""


class Number(click.FloatRange):
    """A number within bounds; not even "not a number". `what` it is one of is said where it is none."""

    def __init__(self, least: float, most: float, what: str) -> None:
        super().__init__(min=least, max=most)
        self._what = what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number. Raises `click.BadParameter`."""
        found = super().convert(value, param, ctx)
        return self.fail(f"{value} is no {self._what}", param, ctx) if isnan(found) else found


class Seconds(Number):
    """A number of seconds above 0, at most a year."""

    def __init__(self) -> None:
        super().__init__(0.001, 366 * 86_400, "number of seconds")


def base_options(command: F) -> F:
    """The options that every command takes, before its name or after."""
    for option in (
        click.option("--json", "as_json", cls=Shared, is_flag=True, help="Print JSON for machines."),
        click.option("-v", "--verbose", cls=Shared, is_flag=True, help="Show each exchange as it happens, on stderr."),
        click.option(
            "--database",
            cls=Shared,
            metavar="URL|PATH",
            help="The database; else RINGCX_CRAWLER_DATABASE, else crawler.db.",
        ),
        click.option(
            "--config",
            cls=Shared,
            metavar="PATH",
            help="The configuration file; else RINGCX_CRAWLER_CONFIG, else crawler.toml.",
        ),
    ):
        command = option(command)
    return command


def source_options(command: F) -> F:
    """The options that say something about a source: its secret, and each setting that has one.

    They win over the configuration file.
    """
    secret = (
        click.option("--secret-file", cls=Shared, metavar="PATH", help="A file that holds the secret."),
        click.option(
            "--secret",
            cls=Shared,
            metavar="TEXT",
            help="The secret; others can see it in the list of processes.",
        ),
    )
    for option in (*(setting_option(key) for key in reversed(heavy()[1])), *secret):
        command = option(command)
    return command


def setting_option(key: Key) -> Callable[[F], F]:
    """The option of a setting: a flag turns a setting that is true or false over, any other one takes a value."""
    setting = key.setting
    flag, _, metavar = (setting.option or "").partition(" ")
    usual = f" ({key.default})" if key.is_number and key.default is not None else ""
    meaning = setting.help or f"{setting.text.partition('. ')[0].removesuffix('.')}{usual}."
    if key.type is bool:
        return click.option(flag, key.name, cls=Shared, flag_value=not key.default, default=None, help=meaning)
    kind: click.ParamType[Any] | None = click.Choice(key.choices) if key.choices else None
    if key.type is int:
        kind = click.IntRange(int(setting.least), int(setting.most))
    elif key.is_number:
        kind = Number(setting.least, setting.most, setting.expected.removeprefix("a "))
    return click.option(flag, key.name, cls=Shared, type=kind, metavar=metavar, help=meaning)


def heavy() -> tuple[type[Invocation], Sequence[Key]]:
    """What a command works with, and the settings that are options: imported once a command is known."""
    from crawler.cli.invocation import OPTIONS, Invocation  # heavy

    return Invocation, OPTIONS


def invocation(params: dict[str, Any], *, with_source: bool) -> Invocation:
    """Take our parameters out of `params`, and make the `Invocation` of them and of the group's."""
    made, options = heavy()
    ctx = click.get_current_context()
    before = ctx.find_root().params
    base = {name: params.pop(name) or before.get(name) for name in BASE}
    flags: dict[str, Any] = {}
    if with_source:
        flags = {name: params.pop(name) for name in SECRET}
        if all(flags.values()):
            raise click.UsageError("--secret and --secret-file exclude each other")
        chosen = {key.name: params.pop(key.name) for key in options}
        flags["settings"] = {name: value for name, value in chosen.items() if value is not None}
    return made.make(ctx.find_root(), **base, flags=flags)


def base_command(function: F) -> Callable[..., Any]:
    """For a command without a source: `run` as its first argument."""

    @wraps(function)
    def command(**params: Any) -> Any:
        return function(invocation(params, with_source=False), **params)

    return base_options(command)


def one_source(function: F) -> Callable[..., Any]:
    """For a command with one SOURCE: `run` and the resolved `source` as its first arguments."""

    @wraps(function)
    def command(**params: Any) -> Any:
        run = invocation(params, with_source=True)
        return function(run, run.source(params.pop("source")), **params)

    return click.argument("source")(source_options(base_options(command)))


def stored_source(function: F) -> Callable[..., Any]:
    """For a command that only looks at what is stored: as `one_source`, but no secret is needed."""

    @wraps(function)
    def command(**params: Any) -> Any:
        run = invocation(params, with_source=False)
        return function(run, run.stored_source(params.pop("source")), **params)

    return click.argument("source")(base_options(command))


def many_sources(function: F) -> Callable[..., Any]:
    """For a command with any number of SOURCEs: `run` as its first argument, and `sources`, the names as given."""

    @wraps(function)
    def command(**params: Any) -> Any:
        return function(invocation(params, with_source=True), **params)

    return click.argument("sources", nargs=-1, metavar="[SOURCE]...")(source_options(base_options(command)))
