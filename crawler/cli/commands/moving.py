"""``export`` and ``import``: a source's whole state as a file, for a backup or for another database."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile, gettempdir
from typing import IO

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.errors import ConfigurationError


@click.command("export")
@base_command
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--to", "path", metavar="FILE", help="Write a new file, which only you may read; else stdout.")
def export_state(run: Invocation, sources: Sequence[str], *, path: str | None) -> None:
    """Write the state of SOURCEs, or of all, as lines of JSON: a backup, or the way into another database.

    Contents, identities, cursors and the outbox with its attempts, all of one moment; no past cycles and no secret.
    Nothing is sent to a partner: what is queued goes out with the next cycle. Before you move a source, stop what
    crawls it: two databases that know the same outbox would both send it.
    """
    names = [run.stored_name(where) for where in sources] or None
    with run.open_store() as store:
        lines = store.export_state(names)
        if path is None:
            with _spooled(f"{line}\n" for line in lines) as spool:
                for line in spool:
                    click.echo(line, nl=False)
            return
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor
                file.writelines(f"{line}\n" for line in lines)
        except FileExistsError:
            raise ConfigurationError(f"{path} is there already", hint="give the name of a new file") from None
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}", hint="check the path") from error
    run.out.note(f"written: {path}")


@contextmanager
def _spooled(lines: Iterable[str]) -> Iterator[IO[str]]:
    """All of these, in a file: a pipe that is slow must not hold a transaction open, and with it the database.

    Raises `ConfigurationError`.
    """
    with TemporaryFile("w+", encoding="utf-8") as spool:
        try:
            spool.writelines(lines)
            spool.seek(0)
        except OSError as error:
            hint = f"free some space in {gettempdir()}, or name another directory in TMPDIR"
            raise ConfigurationError(f"a temporary file cannot be written: {error.strerror}", hint=hint) from error
        yield spool


@click.command("import")
@base_command
@click.argument("path", metavar="FILE")
def import_state(run: Invocation, *, path: str) -> None:
    """Store what `export` wrote to FILE (`-`: stdin), all of it or nothing.

    A source that is in the database already is refused. From SQLite to PostgreSQL: stop the daemon, `export --to FILE`,
    then `--database postgresql://… import FILE`, and start the daemon on the new database.
    """
    try:
        with click.open_file(path, encoding="utf-8") as file, _spooled(file) as spool, run.open_store() as store:
            counts = store.import_state(spool)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigurationError(f"{path} cannot be read: {reason}", hint="give a file that `export` wrote") from error
    if run.as_json:
        run.out.json(counts)
    else:
        run.out.facts([(f"{table}s" if table != "identity" else "identities", n) for table, n in counts.items()])
