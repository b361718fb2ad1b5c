"""``enable``: switches a source on again (CY6)."""

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import stored_source
from crawler.cli.output import clean
from crawler.sync.source import Source


@click.command()
@stored_source
def enable(run: Invocation, source: Source) -> None:
    """Switch a source on again that the daemon switched off.

    It does that after `disable_after` failed cycles in a row. The next cycle of SOURCE is due at once then.
    """
    with run.open_store() as store:
        was_off = store.enable(source)
    if run.as_json:
        run.out.json({"source": source.name, "was_disabled": was_off})
    elif was_off:
        run.out.text(clean(f"{source.name} is switched on again: a daemon that runs crawls it now."))
    else:
        run.out.text(clean(f"{source.name} was not switched off: there is nothing to do."))
