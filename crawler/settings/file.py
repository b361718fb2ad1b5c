"""The configuration file, read and checked: where there is none, nobody needs to import pydantic."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from crawler.errors import ConfigurationError
from crawler.settings.configuration import INIT_HINT
from crawler.settings.keys import Settings
from crawler.settings.problems import problems
from crawler.settings.values import Values


def read_file(file: Path) -> Values:
    """What stands in `file`. Raises `ConfigurationError`: one line for each problem."""
    try:
        return Settings.read(file.read_bytes().decode("utf-8-sig")).values()
    except OSError as error:
        reason = error.strerror or str(error)
        hint = INIT_HINT if isinstance(error, FileNotFoundError) else "check the path and its permissions"
        raise ConfigurationError(f"the configuration file {file} cannot be read: {reason}", hint=hint) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ConfigurationError(f"{file} is not TOML: {reason}", hint=f"{INIT_HINT}, with comments") from None
    except ValidationError as error:
        raise ConfigurationError("\n".join(problems(str(file), error)), hint=INIT_HINT) from None
