"""The entry point: ``ringcx-crawler``, and ``python -m crawler``, which is the same."""

import gc
import os
import sys
from io import TextIOWrapper
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line."""
    # What is imported stays. To look through it for garbage again and again, and once more at the end, would take a
    # seventh of the CPU of `--help` and a quarter of that of `sync`. `Commands.get_command` ends this.
    gc.disable()
    from crawler.cli import cli, unwritable  # click is what most of the start is spent on

    gc.freeze()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started this: nobody wants to read it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - pathlib is heavy; for as long as the process lasts
        elif isinstance(stream, TextIOWrapper):  # a terminal that cannot show a character is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        cli(prog_name="ringcx-crawler")
    except OSError as error:  # what click itself prints
        sys.exit(unwritable(error))
    raise AssertionError("click has ended the process")


if __name__ == "__main__":
    main()
