"""The command line: ``ringcx-crawler``.

Nothing heavy is imported before a command is known: ``--help`` and ``--version`` answer at once.
"""

import errno
import gc
import os
import sys
from importlib import import_module

import click

from crawler import __version__
from crawler.cli.commands import COMMANDS
from crawler.cli.options import Shared, base_options

READER_GONE = 141  # as a shell reports a process that SIGPIPE ended

EPILOG = """\
A SOURCE is the name of one in the configuration file, or simply an endpoint's URL.

Exit codes: 0 all well; 1 the partner failed or refused something, or the database cannot be used; 2 usage or
configuration; 3 the endpoint cannot be reached; 130 interrupted.
"""


class Commands(click.Group):
    """The group of `COMMANDS`: a stand-in for each, until it is asked for."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported now; its help shows its own options before those that others share."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"crawler.cli.commands.{module}"), name)
        if not gc.isenabled():  # `main` has switched it off
            gc.freeze()
            gc.enable()
        command.params.sort(key=lambda param: isinstance(param, Shared))
        return command

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in our order and not in the alphabet's."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        """The help's list of commands, from the stand-ins."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help or "") for name, command in self.commands.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; whatever ends it early becomes advice and an exit code."""
        from crawler.cli.errors import ended  # `--help` and `--version` do not get here

        with ended(ctx):
            return super().invoke(ctx)


@click.group(
    cls=Commands,
    commands={name: click.Command(name, help=line) for name, (_, line) in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.version_option(__version__, prog_name="ringcx-crawler")
@base_options
def cli(**_options: object) -> None:
    """Play RingCX Digital's platform: crawl partners' Channel SDK endpoints.

    To begin: `ringcx-crawler sync http://localhost:3000/ --secret-file FILE`.
    """


def unwritable(error: OSError) -> int:
    """The exit code where the output cannot be written; what a file or the database says is one of our own errors.

    Raises `error` where it is about something else.
    """
    if error.errno not in (errno.EPIPE, errno.ENOSPC):
        raise error
    # What is still buffered would raise once more when the interpreter ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return READER_GONE
    click.echo(f"error: the output cannot be written: {error.strerror}", err=True)
    return 1
