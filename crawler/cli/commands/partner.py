"""``partner``: the reference partner, served."""

import os
import socket
from contextlib import suppress
from pathlib import Path

import click
import uvicorn

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.cli.outside import hide_arguments
from crawler.cli.serving import listen, url_of
from crawler.errors import ConfigurationError
from crawler.protocol.signature import Secret
from crawler.reference import FAULTS, reference_partner
from crawler.settings import SECRET_VARIABLE
from crawler.settings.secret import make_secret, read_secret_file, secret_from_environment


@click.command()
@base_command
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=3000, show_default=True, help="0: one that is free.")
@click.option("--secret", metavar="TEXT", help="The secret; others can see it in the list of processes.")
@click.option("--secret-file", metavar="PATH", help="A file that holds the secret.")
@click.option("--fault", metavar="NAME", default="", help="Do one thing wrong; see --list-faults.")
@click.option("--list-faults", is_flag=True, help="List what can be done wrong.")
def partner(
    run: Invocation,
    *,
    host: str,
    port: int,
    secret: str | None,
    secret_file: str | None,
    fault: str,
    list_faults: bool,
) -> None:
    """Serve the reference partner, an endpoint that keeps every rule.

    A small forum in memory, forgotten when it ends. The secret: --secret, --secret-file or RINGCX_CRAWLER_SECRET, else
    one is made up and shown.
    """
    if list_faults:
        rows = [{"fault": f.name, "what it does": f.description, "rules": ", ".join(f.rules)} for f in FAULTS.values()]
        run.out.records(rows, ["fault", "what it does", "rules"], empty="")
        return
    if fault and fault not in FAULTS:
        raise ConfigurationError(f"there is no fault '{fault}'", hint="`ringcx-crawler partner --list-faults`")
    key, how = _secret(run, secret, secret_file)
    app = reference_partner(key, run.outside.clock, fault=fault)
    with _listen(host, port) as listening:
        url = url_of(listening)
        run.out.note(f"The reference partner answers at {url}, until Ctrl-C.")
        if fault:
            run.out.note(f"Its fault: it {FAULTS[fault].description} ({', '.join(FAULTS[fault].rules)}).")
        run.out.note(how)
        run.out.note(f"Try: ringcx-crawler sync {url}")
        level = "info" if run.verbose else "error"
        config = uvicorn.Config(app, log_level=level, access_log=run.verbose, lifespan="off")
        with suppress(KeyboardInterrupt):  # uvicorn has ended in good order, and passes it on
            uvicorn.Server(config).run(sockets=[listening])
        click.echo(err=True)


def _secret(run: Invocation, secret: str | None, secret_file: str | None) -> tuple[Secret, str]:
    """The secret, and a sentence on where it is from."""
    if secret is not None and secret_file is not None:
        raise click.UsageError("--secret and --secret-file exclude each other")
    environ, warn = run.outside.environ, run.out.warn
    if secret is not None:
        hide_arguments([secret])
        return make_secret(secret, "--secret", warn), "The secret is that of --secret."
    if secret_file is not None:
        found = read_secret_file(Path(secret_file), "--secret-file", warn)
        return found, f"The secret is that in {secret_file}."
    if SECRET_VARIABLE in environ:
        found = secret_from_environment(SECRET_VARIABLE, "the secret", environ, warn)
        return found, f"The secret is that in {SECRET_VARIABLE}."
    made_up = run.outside.new_id()
    return Secret(made_up), f"The secret was made up for this run: export {SECRET_VARIABLE}={made_up}"


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises `ConfigurationError`."""
    try:
        return listen(host, port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ConfigurationError(
            f"nothing can be served at {host}, port {port}: {reason}",
            hint="give another --port; --port 0 takes one that is free",
        ) from error
