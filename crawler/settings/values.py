"""What the configuration says, as plain values, and what goes without saying. Light: most commands read no file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.settings.secret import SECRET_KEYS


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonValues:
    """``[daemon]``; what each means stands in ``config/crawler.example.toml``."""

    max_cycles: int = 200
    tick: float = 0.5
    grace: float = 30.0
    keep_days: float = 30.0
    listen: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The whole file. `defaults` and each of `sources` hold the keys that are set there, with checked values."""

    database: str | None = None
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
