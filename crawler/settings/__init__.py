"""Where settings come from: the configuration file, the environment, the command line.

`read_configuration` reads the file and the environment; its result turns names and URLs into `Source` values. What each
setting means is said at its field: in `crawler.sync.source` and `crawler.settings.values`.
"""

from crawler.protocol.uri import showable
from crawler.settings.address import normal_uri, read_address
from crawler.settings.configuration import (
    DEFAULT_CONFIG,
    DEFAULT_DATABASE,
    Configuration,
    Flags,
    read_configuration,
)
from crawler.settings.values import CONFIG_VARIABLE, DATABASE_VARIABLE, SECRET_VARIABLE

__all__ = [
    "CONFIG_VARIABLE",
    "DATABASE_VARIABLE",
    "DEFAULT_CONFIG",
    "DEFAULT_DATABASE",
    "SECRET_VARIABLE",
    "Configuration",
    "Flags",
    "normal_uri",
    "read_address",
    "read_configuration",
    "showable",
]
