"""``forget``: deletes what is stored of a source that nobody crawls any more."""

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.cli.output import clean
from crawler.errors import ConfigurationError

KINDS = ("contents", "identities", "cursors", "outbox", "cycles", "exchanges")


@click.command()
@base_command
@click.argument("source", metavar="SOURCE")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(run: Invocation, source: str, *, yes: bool) -> None:
    """Delete all that is stored of SOURCE: contents, identities, cursors, the outbox, cycles.

    It shows what goes, and asks. For a source that was taken out of the configuration; one that stands in it would be
    imported anew by the next cycle. Nothing is sent to the partner. `export SOURCE` makes a backup before.
    """
    name = run.stored_name(source)
    if name in run.configuration.names:
        raise ConfigurationError(
            f"{name} stands in {run.configuration.path}: the next cycle would import it anew",
            hint="take it out of the file first, and let a daemon that runs read it again",
        )
    with run.open_store() as store:
        counts = store.count_stored(name)
        if not yes:
            _ask(run, name, counts)
        store.forget(name)
    if run.as_json:
        run.out.json({"source": name, "forgotten": counts})
    else:
        run.out.text(clean(f"{name} is forgotten."))


def _ask(run: Invocation, name: str, counts: dict[str, int]) -> None:
    """Show what goes, and see that somebody wants it. Raises `ConfigurationError` where nobody can be asked."""
    shown = ", ".join(f"{kind} {counts[kind]:,}" for kind in KINDS)
    if counts["pending"]:
        shown += f"; {counts['pending']:,} of the outbox pending, never to be sent"
    if not run.out.is_terminal:
        raise ConfigurationError(f"{name} was not forgotten: {shown}", hint="give --yes to delete them all the same")
    click.echo(clean(f"{name}: {shown}"), err=True)
    click.confirm("delete all of it?", abort=True, err=True)
