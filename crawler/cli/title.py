"""What others see of this process in their list of processes: its arguments, which may hold a secret."""

from collections.abc import Iterable
from pathlib import Path

ARGUMENTS = 45
"""At which place, behind the command's name, ``/proc/PID/stat`` says where the arguments begin; where they end is next.
"""


def hide_arguments(secrets: Iterable[str], process: Path = Path("/proc/self")) -> None:
    """Overwrite each secret where it is an argument, or stands in one that is a URL; on Linux alone.

    Whoever looked before has seen it.
    """
    texts = [text.encode("utf-8", "surrogateescape") for text in secrets if text]
    if not texts:
        return
    try:
        places = (process / "stat").read_bytes().rpartition(b")")[2].split()
        begin, end = map(int, places[ARGUMENTS : ARGUMENTS + 2])
        with (process / "mem").open("r+b", buffering=0) as memory:
            memory.seek(begin)
            arguments = memory.read(end - begin).split(b"\0")
            memory.seek(begin)
            memory.write(b"\0".join(_hidden(argument, texts) for argument in arguments))
    except (OSError, ValueError):  # another system, or one that does not allow it: the manual warns of it
        return


def _hidden(argument: bytes, secrets: Iterable[bytes]) -> bytes:
    for secret in secrets:
        if argument == secret or argument == b"--secret=" + secret or b"://" in argument:
            argument = argument.replace(secret, b"*" * len(secret))
    return argument
