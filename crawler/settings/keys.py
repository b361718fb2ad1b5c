"""The configuration file's keys, as pydantic checks them: made of the settings' own descriptions."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, create_model
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from crawler.settings.address import normal_uri, read_address
from crawler.settings.values import DAEMON, DEFAULTS, SOURCES, DaemonValues, Values, source_keys
from crawler.sync.setting import Key, Kind, keys_of
from crawler.sync.source import Source


def _address(text: str) -> str:
    read_address(text)
    return text


NAME_EXPECTED = "a name of letters, digits, '.', '_' and '-'"
Name = Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
Text = Annotated[str, Field(pattern=r"^[^\x00]+$")]
TEXTS: Mapping[Kind, Any] = {
    "text": Text,
    "file": Text,
    "variable": Text,
    "url": Annotated[str, AfterValidator(normal_uri)],
    "address": Annotated[str, AfterValidator(_address)],
    "secret": SecretStr,
}


class Keys(BaseModel):
    """Strict: what is not known or not of the right type is refused."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    def values(self) -> dict[str, Any]:
        """The keys that are set."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def table(name: str, keys: Iterable[Key]) -> type[Keys]:
    """The model of a table with `keys`."""
    return cast("type[Keys]", create_model(name, __base__=Keys, **{key.name: _field(key) for key in keys}))  # type: ignore[call-overload]  # fields by name


def _field(key: Key) -> tuple[Any, Any]:
    """The type and the default of a key. TOML has no word for a default of `None`."""
    kind: Any = key.type
    if key.is_number:
        kind = Annotated[kind, Field(ge=key.setting.least, le=key.setting.most, allow_inf_nan=False)]
    elif kind is str:
        kind = TEXTS[key.setting.kind]
    return kind, Field(... if key.is_required else key.default, description=key.setting.text)


def source_tables(source: type = Source) -> tuple[type[Keys], type[Keys]]:
    """The models of ``[sources.NAME]``, and of ``[defaults]``, where nothing is required."""
    keys = source_keys(source).values()
    return table("Source", keys), table("Defaults", [key for key in keys if not key.is_required])


SOURCE, COMMON = source_tables()


class SourceTable(SOURCE):  # type: ignore[misc, valid-type]  # made of the settings
    """A source: the endpoint of one channel."""


class SourceKeys(COMMON):  # type: ignore[misc, valid-type]  # likewise
    """What holds for every source that does not set it itself."""


class DaemonKeys(table("Daemon", keys_of(DaemonValues).values())):  # type: ignore[misc]  # likewise
    """The daemon: `ringcx-crawler run`."""


class Settings(BaseSettings):
    """The configuration of ringcx-crawler."""

    model_config = SettingsConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    database: Text | None = Field(None, description=keys_of(Values)["database"].setting.text)
    daemon: DaemonKeys = Field(default_factory=DaemonKeys, description=DAEMON)
    defaults: SourceKeys = Field(default_factory=SourceKeys, description=DEFAULTS)
    sources: dict[Name, SourceTable] = Field(default_factory=dict, description=SOURCES)

    @classmethod
    def read(cls, text: str) -> Self:
        """The settings in a TOML file's `text`. Raises what `tomllib` and pydantic raise."""
        tables = tomllib.loads(text)

        class FromFile(cls):  # type: ignore[valid-type, misc]  # pydantic asks the class
            @classmethod
            def settings_customise_sources(
                cls, settings_cls: type[BaseSettings], **_others: PydanticBaseSettingsSource
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                """The file only: what the environment may set has a meaning of its own, and is read elsewhere."""
                return (InitSettingsSource(settings_cls, tables),)

        found: Self = FromFile()
        return found

    def values(self) -> Values:
        """The whole file as plain values; only `secret` stays hidden in pydantic's own type."""
        return Values(
            database=self.database,
            daemon=DaemonValues(**self.daemon.values()),
            defaults=self.defaults.values(),
            sources={name: table.values() for name, table in self.sources.items()},
        )
