"""A source's secret: read from where the settings say, never shown, and warned about where others can read it."""

import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from crawler.errors import ConfigurationError
from crawler.protocol.credentials import weakness
from crawler.protocol.signature import Secret

MAX_FILE_BYTES = 65_536
NAME = re.compile(r"[A-Z][A-Z0-9_]*_(SECRET|TOKEN|KEY|PASSWORD)")
"""A variable's name that can be shown: it says what it holds, and is hardly a secret itself."""

Warn = Callable[[str], None]
"""Called with one line about what is allowed but unwise."""


def make_secret(text: str, where: str, warn: Warn) -> Secret:
    """The secret `text`, which is at `where`.

    Raises `ConfigurationError` for an empty one, and for one that is no Unicode.
    """
    try:
        secret = Secret(text)
    except ValueError as error:
        raise ConfigurationError(f"{where}: {error}", hint="put the channel's API access token there") from None
    if text != text.strip():
        warn(f"{where}: the secret begins or ends with a blank or a line break, which counts as part of it")
    if (weak := weakness(text)) is not None:
        warn(
            f"{where}: {weak}, so the secret cannot be told from other text: it signs and verifies like any other, but "
            "is not withheld where a partner sends it back"
        )
    return secret


def read_secret_file(path: Path, where: str, warn: Warn) -> Secret:
    """The secret in a file, without the line break at its end.

    Raises `ConfigurationError` where the file cannot be read, or holds nothing, or no text.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        is_there = isinstance(error, PermissionError | IsADirectoryError)
        shown = path if is_there else "that it names"  # what names no file may be the secret itself
        raise ConfigurationError(
            f"{where}: the secret file {shown} cannot be read: {reason}",
            hint="check the path and its permissions; a path in the configuration file is relative to that file",
        ) from None
    if len(data) > MAX_FILE_BYTES:
        raise ConfigurationError(f"{where}: the secret file {path} is too large to hold a secret")
    warn_if_others_can_read(path, status, warn)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:  # its text would quote the secret
        raise ConfigurationError(f"{where}: the secret file {path} is not text in UTF-8") from None
    return make_secret(text.rstrip("\r\n"), f"{where}: {path}", warn)


def warn_if_others_can_read(path: Path, status: os.stat_result, warn: Warn) -> None:
    """Warn about a regular file that holds a secret and is open to its group or to everybody."""
    if os.name == "posix" and stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        warn(f"{path} holds a secret, and is open to others (mode {mode:04o}): chmod 600 {path}")


def secret_from_environment(name: str, where: str, environ: Mapping[str, str], warn: Warn) -> Secret:
    """The secret in an environment variable.

    Raises `ConfigurationError`. Its text names the variable only if that is the name of a secret: a secret that was put
    where its name belongs is not to be shown.
    """
    shown = name if NAME.fullmatch(name) else "that it names"
    if name not in environ:
        raise ConfigurationError(
            f"{where}: the environment variable {shown} is not set",
            hint="export the variable that holds the channel's API access token, or use secret_file",
        )
    return make_secret(environ[name], f"{where}: the environment variable {shown}", warn)
