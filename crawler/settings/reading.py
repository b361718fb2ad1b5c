"""Reading the configuration file, and saying what is wrong with it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from crawler.errors import ConfigurationError
from crawler.settings.configuration import DEFAULT_CONFIG, INIT_HINT, Configuration, unwarned
from crawler.settings.keys import Settings
from crawler.settings.problems import problems
from crawler.settings.secret import Warn

CONFIG_VARIABLE = "RINGCX_CRAWLER_CONFIG"


def read_configuration(
    path: str | None, environ: Mapping[str, str], *, warn: Warn = unwarned, directory: Path = Path()
) -> Configuration:
    """The configuration in the file at `path`, else at ``RINGCX_CRAWLER_CONFIG``, else in ``crawler.toml``.

    That last one need not exist. `directory` is where relative paths start.

    Raises `ConfigurationError`: one line for each problem.
    """
    named = path or environ.get(CONFIG_VARIABLE)
    file = directory / (named or DEFAULT_CONFIG)
    if not file.exists() and not named:
        return Configuration(settings=Settings.model_construct(), environ=environ, warn=warn)
    try:
        file.open("rb").close()  # pydantic-settings would pass over what is no regular file
        settings = Settings.read(str(file))
    except OSError as error:
        reason = error.strerror or str(error)
        hint = INIT_HINT if isinstance(error, FileNotFoundError) else "check the path and its permissions"
        raise ConfigurationError(f"the configuration file {file} cannot be read: {reason}", hint=hint) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ConfigurationError(f"{file} is not TOML: {reason}", hint=f"{INIT_HINT}, with comments") from None
    except ValidationError as error:
        raise ConfigurationError("\n".join(problems(str(file), error)), hint=INIT_HINT) from None
    return Configuration(settings=settings, path=file, environ=environ, warn=warn)
