"""Processes that hold leases."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HOLDS = """
import sys
from pathlib import Path
from crawler.clock import new_id
from crawler.store.holder import new_holder
from crawler.store.presence import presence_beside
path, *_ = [*sys.argv[1:], None]
presence = presence_beside(Path(path)) if path else None
print(new_holder(new_id(), presence), flush=True)
sys.stdin.read()
"""


@contextmanager
def running(*arguments: str, before: tuple[str, ...] = ()) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that holds leases, and its name."""
    command = [*before, sys.executable, "-c", HOLDS, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().rstrip("\n")
        finally:
            process.kill()
