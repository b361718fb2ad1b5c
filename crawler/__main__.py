"""The entry point: ``ringcx-crawler``, and ``python -m crawler``, which is the same."""

import gc
import sys
from io import TextIOWrapper
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line."""
    # What is imported stays. To look through it for garbage again and again, and once more at the end, would take a
    # seventh of the CPU of `--help` and a quarter of that of `sync`. `Commands.get_command` ends this.
    gc.disable()
    from crawler.cli import cli  # noqa: PLC0415 - click is what most of the start is spent on

    gc.freeze()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a character is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    cli(prog_name="ringcx-crawler")
    raise AssertionError("click has ended the process")


if __name__ == "__main__":
    main()
