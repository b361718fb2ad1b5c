"""``init``: a configuration to start from."""

import os
from pathlib import Path

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.errors import ConfigurationError
from crawler.settings import CONFIG_VARIABLE, DEFAULT_CONFIG
from crawler.settings.example import example

NEXT = """\
Edit base_uri below [sources.shop] in it, put the secret into the environment variable SHOP_SECRET, then:
ringcx-crawler sync shop"""


@click.command()
@base_command
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def init(run: Invocation, *, force: bool) -> None:
    """Write a commented configuration file to start from.

    It is written to --config, RINGCX_CRAWLER_CONFIG, or crawler.toml, and never over a file that is there.
    """
    path = Path(run.config or run.outside.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG)
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(example().encode())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise ConfigurationError(
            f"{path} is there already", hint="name another file with --config, or overwrite it with --force"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror or error}", hint="name another file with --config"
        ) from error
    if run.as_json:
        run.out.json({"written": str(path)})
        return
    run.out.text(f"Wrote {path}.")
    for line in NEXT.splitlines():
        run.out.text(line)
