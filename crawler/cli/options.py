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

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from crawler.cli.invocation import Invocation

F = TypeVar("F", bound=Callable[..., Any])

BASE = ("config", "database", "verbose", "as_json")
"""The parameters of `base_options`; given before the command's name, they are the group's."""

SECRET = ("secret", "secret_file")
SETTINGS = (
    "agent_id",
    "sender_name",
    "ascii_json",
    "signature_in_query",
    "verify_signature",
    "verify_tls",
    "ca_bundle",
    "deadline",
)
"""The parameters of `source_options` that are settings of the source, by the settings' own names."""

SHARED = frozenset((*BASE, *SECRET, *SETTINGS))


MOST = 2**31 - 1
"""The largest number that every database can count on with."""


class Seconds(click.FloatRange):
    """A number of seconds above 0, at most a year; not even "not a number"."""

    def __init__(self) -> None:
        super().__init__(min=0.001, max=366 * 86_400)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number. Raises `click.BadParameter`."""
        found = super().convert(value, param, ctx)
        return found if found == found else self.fail(f"{value} is no number of seconds", param, ctx)  # noqa: PLR0124 - NaN is not


def base_options(command: F) -> F:
    """The options that every command takes, before its name or after."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON for machines."),
        click.option("-v", "--verbose", is_flag=True, help="Show each exchange as it happens, on stderr."),
        click.option(
            "--database", metavar="URL|PATH", help="The database; else RINGCX_CRAWLER_DATABASE, else crawler.db."
        ),
        click.option(
            "--config", metavar="PATH", help="The configuration file; else RINGCX_CRAWLER_CONFIG, else crawler.toml."
        ),
    ):
        command = option(command)
    return command


def source_options(command: F) -> F:
    """The options that say something about a source. They win over the configuration file."""
    for option in (
        click.option(
            "--deadline",
            type=Seconds(),
            metavar="SECONDS",
            help="How long one exchange may take (30).",
        ),
        click.option(
            "--sender-name", metavar="NAME", help="The sender_name of what is exported; else the author's name."
        ),
        click.option("--agent-id", metavar="ID", help="The identity that acts (author_id of what is exported)."),
        click.option("--ca-bundle", metavar="PATH", help="PEM file of the authorities to trust for TLS."),
        click.option(
            "--insecure", "verify_tls", flag_value=False, default=None, help="Do not verify TLS certificates."
        ),
        click.option(
            "--signature-in-query", flag_value=True, default=None, help="Send the signature in the query as well."
        ),
        click.option(
            "--no-verify-signature",
            "verify_signature",
            flag_value=False,
            default=None,
            help="Trust answers that are not, or wrongly, signed.",
        ),
        click.option("--ascii-json", flag_value=True, default=None, help=r"Send \uXXXX instead of raw UTF-8."),
        click.option("--secret-file", metavar="PATH", help="A file that holds the secret."),
        click.option("--secret", metavar="TEXT", help="The secret; others can see it in the list of processes."),
    ):
        command = option(command)
    return command


def invocation(params: dict[str, Any], *, with_source: bool) -> Invocation:
    """Take our parameters out of `params`, and make the `Invocation` of them and of the group's."""
    from crawler.cli.invocation import Invocation  # heavy

    ctx = click.get_current_context()
    before = ctx.find_root().params
    base = {name: params.pop(name) or before.get(name) for name in BASE}
    flags: dict[str, Any] = {}
    if with_source:
        flags = {name: params.pop(name) for name in SECRET}
        if all(flags.values()):
            raise click.UsageError("--secret and --secret-file exclude each other")
        chosen = {name: params.pop(name) for name in SETTINGS}
        flags["settings"] = {name: value for name, value in chosen.items() if value is not None}
    return Invocation.make(ctx.find_root(), **base, flags=flags)


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
