"""How a command ends: errors become advice on stderr and an exit code, never a traceback."""

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click

from crawler.errors import CrawlerError

INTERRUPTED = 130
READER_GONE = 141  # as a shell reports a process that SIGPIPE ended


@contextmanager
def ended(ctx: click.Context) -> Iterator[None]:
    """End the process rightly if the body raises one of our errors, is interrupted, or nobody takes its output."""
    try:
        yield
        sys.stdout.flush()
    except CrawlerError as error:
        from crawler.cli.errors import advise  # noqa: PLC0415 - rarely needed
        from crawler.cli.output import print_advice  # noqa: PLC0415

        advice = advise(error)
        print_advice(advice)
        ctx.exit(advice.exit_code)
    except KeyboardInterrupt:
        click.echo("\ninterrupted: what was stored stays, and the next cycle goes on from there", err=True)
        ctx.exit(INTERRUPTED)
    except OSError as error:
        ctx.exit(unwritable(error))
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception:
        withheld_traceback(ctx)
        raise


def withheld_traceback(ctx: click.Context) -> None:
    """Print the traceback of a fault of ours, and end the process, where it holds a secret; else do nothing."""
    from crawler.cli.output import echo, known  # noqa: PLC0415 - rarely needed

    text = traceback.format_exc()
    shown = known().withhold_trace(text)
    if shown != text:
        echo(shown, err=True)
        ctx.exit(1)


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
