"""Where settings come from: the configuration file, the environment, the command line.

`read_configuration` reads the file and the environment; its result turns names and URLs into `Source` values. What each
setting means stands in ``config/crawler.example.toml``.
"""

from typing import TYPE_CHECKING

from crawler.protocol.uri import showable
from crawler.settings.address import normal_uri, read_address
from crawler.settings.configuration import (
    DATABASE_VARIABLE,
    DEFAULT_CONFIG,
    DEFAULT_DATABASE,
    Configuration,
    Flags,
)
from crawler.settings.reading import CONFIG_VARIABLE, read_configuration
from crawler.settings.secret import SECRET_VARIABLE

if TYPE_CHECKING:
    from crawler.settings.keys import DaemonKeys, Settings, SourceKeys, SourceTable

__all__ = [
    "CONFIG_VARIABLE",
    "DATABASE_VARIABLE",
    "DEFAULT_CONFIG",
    "DEFAULT_DATABASE",
    "SECRET_VARIABLE",
    "Configuration",
    "DaemonKeys",
    "Flags",
    "Settings",
    "SourceKeys",
    "SourceTable",
    "normal_uri",
    "read_address",
    "read_configuration",
    "showable",
]


def __getattr__(name: str) -> object:
    """The models of the file's keys, imported when somebody asks for them: pydantic takes long."""
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from crawler.settings import keys  # noqa: PLC0415 - it brings pydantic

    return getattr(keys, name)
