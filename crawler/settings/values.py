"""What the configuration says, as plain values, and the defaults. Light: most commands read no file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from crawler.sync.setting import Key, Setting, count, days, keys_of, seconds
from crawler.sync.source import Source

CONFIG_VARIABLE = "RINGCX_CRAWLER_CONFIG"
DATABASE_VARIABLE = "RINGCX_CRAWLER_DATABASE"
SECRET_VARIABLE = "RINGCX_CRAWLER_SECRET"  # noqa: S105 - its name


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPlace:
    """Where a source's secret is: one of these."""

    secret_env: Annotated[
        str | None,
        Setting(
            "The environment variable that holds the secret that both sides sign with (the channel's \"API access "
            f'token"). Set this, secret_file or secret; without any of them, {SECRET_VARIABLE} is used.',
            "the name of an environment variable",
            kind="variable",
            example="SHOP_SECRET",
        ),
    ] = None
    secret_file: Annotated[
        str | None,
        Setting(
            "The file that holds the secret. It should be readable by you alone; a line break at its end is not part "
            "of the secret.",
            "the path of a file",
            kind="file",
            example="shop.secret",
        ),
    ] = None
    secret: Annotated[str | None, Setting("The secret itself.", "a text", kind="secret", example="…")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonValues:
    """``[daemon]``: how `ringcx-crawler run` works."""

    max_cycles: Annotated[
        int,
        count("How many cycles may run at the same time. At most half of them are of sources that fail.", most=100_000),
    ] = 200
    tick: Annotated[float, seconds("Seconds from one look at what is due to the next.", least=0.01, most=60)] = 0.5
    grace: Annotated[
        float,
        seconds(
            "Seconds for which a stop waits for the cycles in flight. Those that take longer are interrupted, and lose "
            "nothing.",
            least=0,
            most=86_400,
        ),
    ] = 30.0
    keep_days: Annotated[
        float, days("How many days the log keeps a cycle, even where `keep_cycles` would keep more.")
    ] = 30.0
    listen: Annotated[
        str | None,
        Setting(
            "Serve /healthz and /metrics at this address, or at this port of this machine. Not set: nothing is served.",
            "an address to listen on, such as 127.0.0.1:9180",
            kind="address",
            example="127.0.0.1:9180",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The whole file. `defaults` and each of `sources` hold the keys that are set there, with checked values."""

    database: Annotated[
        str | None,
        Setting(
            "Where contents, cursors and the outbox are kept: a path, an SQLite URL, or a PostgreSQL one. --database "
            f"and {DATABASE_VARIABLE} win.",
            example="sqlite:///crawler.db",
        ),
    ] = None
    daemon: DaemonValues = DaemonValues()
    defaults: Mapping[str, object] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def base_uri(self, name: str) -> str:
        """The endpoint of the configured source `name`. Raises `KeyError` if there is none."""
        return str(self.sources[name]["base_uri"])

    def of_source(self, name: str) -> Mapping[str, object]:
        """What is set for the source `name`, and in the defaults where it sets nothing; for any other, these alone.

        Of the secret's keys only one place's.
        """
        own, common = self.sources.get(name, {}), self.defaults
        if any(key in own for key in SECRET_KEYS):
            common = {key: value for key, value in common.items() if key not in SECRET_KEYS}
        return {**common, **own}


SECRET_KEYS = tuple(keys_of(SecretPlace))

SOURCES = (
    "One table for each channel. The name is yours: `ringcx-crawler sync shop`. What is stored is kept under it, so do "
    "not change it."
)
DAEMON = (
    "The daemon: `ringcx-crawler run` crawls all sources of this file until it is told to stop. What is changed here "
    "takes effect at its next start; what is changed of sources, immediately."
)
DEFAULTS = "What is set here holds for every source that does not set it itself: all settings of a source but base_uri."


def source_keys(source: type = Source) -> Mapping[str, Key]:
    """What may be set for one source: its fields, with the secret's places next to its endpoint."""
    base_uri, *others = keys_of(source).values()
    return {key.name: key for key in (base_uri, *keys_of(SecretPlace).values(), *others)}
