"""``prune``: deletes old cycles by hand."""

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.daemon.database import prune as delete_old


@click.command()
@base_command
@click.option(
    "--days",
    type=click.FloatRange(min=0, max=36_500),
    metavar="N",
    help="Delete what is older; else keep_days below [daemon].",
)
def prune(run: Invocation, *, days: float | None) -> None:
    """Delete old cycles and their exchanges.

    Contents, identities, cursors and the outbox stay, and so does the last cycle of each source. The daemon does the
    same by itself. It may run meanwhile: one transaction deletes little. The file does not shrink, but is used again.
    """
    keep = run.configuration.settings.daemon.keep_days if days is None else days
    with run.open_store() as store:
        gone = run.wait_for(lambda: delete_old(store, keep, run.outside.clock))
    if run.as_json:
        run.out.json({"deleted_cycles": gone, "older_than_days": keep})
    else:
        run.out.text(f"{gone:,} cycle{'s' if gone != 1 else ''} deleted that were older than {keep:g} days.")
