"""The configuration file's keys. A field's description says what is expected there, for errors and documentation."""

import tomllib
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from crawler.settings.address import ADDRESS_EXPECTED, normal_uri, read_address
from crawler.settings.address import EXPECTED as URL_EXPECTED
from crawler.settings.values import DaemonValues, Values

YEAR = 366 * 86_400
"""Seconds: the longest time that means anything here."""

MOST = 2**31 - 1
"""The largest number that every database can store and count on with."""


def number(what: str, least: float, most: float) -> FieldInfo:
    """A field for a number of `what`, of at least `least` and at most `most`."""
    bounds = f"{what} from {least:,} to {most:,}"
    found: FieldInfo = Field(ge=least, le=most, allow_inf_nan=False, description=bounds)
    return found


Seconds = Annotated[float, number("a number of seconds", 0.001, YEAR)]
Count = Annotated[int, number("a whole number", 1, MOST)]
Days = Annotated[float, number("a number of days", 0.001, 36_500)]
WORDS = r"^[^\x00]+$"
Text = Annotated[str, Field(pattern=WORDS, description="a text that is not empty")]
File = Annotated[str, Field(pattern=WORDS, description="the path of a file")]
Uri = Annotated[str, AfterValidator(normal_uri), Field(description=URL_EXPECTED)]
Address = Annotated[str, AfterValidator(lambda text: read_address(text) and text)]
Name = Annotated[str, Field(pattern=r"^\w[\w.-]*$", description="a name of letters, digits, '.', '_' and '-'")]

USUAL = DaemonValues()


class Keys(BaseModel):
    """Strict: what is not known or not of the right type is refused."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class SourceKeys(Keys):
    """What may be set for one source or, in ``[defaults]``, for all: the fields of `crawler.sync.state.Source`."""

    secret_env: Annotated[str | None, Field(pattern=WORDS, description="the name of an environment variable")] = None
    secret_file: File | None = None
    secret: Annotated[SecretStr | None, Field(description="a text")] = None
    list_interval: Seconds | None = None
    no_list_interval: Seconds | None = None
    agent_id: Text | None = None
    sender_name: Text | None = None
    push: Annotated[Literal["cycle", "at once"] | None, Field(description='"cycle" or "at once"')] = None
    ascii_json: Annotated[bool | None, Field(description="true or false")] = None
    signature_in_query: Annotated[bool | None, Field(description="true or false")] = None
    verify_signature: Annotated[bool | None, Field(description="true or false")] = None
    verify_tls: Annotated[bool | None, Field(description="true or false")] = None
    ca_bundle: File | None = None
    trust_env: Annotated[bool | None, Field(description="true or false")] = None
    private_addresses: Annotated[bool | None, Field(description="true or false")] = None
    deadline: Seconds | None = None
    connect_timeout: Seconds | None = None
    max_answer_bytes: Annotated[int, number("a whole number of bytes", 1, MOST)] | None = None
    max_pages: Count | None = None
    cursor_check: Annotated[float, number("a number of seconds", 0, YEAR)] | None = None
    ignore_older_than: Days | None = None
    backoff_cap: Seconds | None = None
    disable_after: Count | None = None
    keep_cycles: Count | None = None
    keep_bytes: Annotated[int, number("a whole number of bytes", 0, MOST)] | None = None

    def values(self) -> dict[str, object]:
        """The keys that are set."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class SourceTable(SourceKeys):
    """``[sources.NAME]``."""

    base_uri: Uri


class DaemonKeys(Keys):
    """``[daemon]``: how `ringcx-crawler run` works."""

    max_cycles: Annotated[int, number("a whole number", 1, 100_000)] = USUAL.max_cycles
    tick: Annotated[float, number("a number of seconds", 0.01, 60)] = USUAL.tick
    grace: Annotated[float, number("a number of seconds", 0, 86_400)] = USUAL.grace
    keep_days: Days = USUAL.keep_days
    listen: Annotated[Address | None, Field(description=ADDRESS_EXPECTED)] = USUAL.listen

    def values(self) -> DaemonValues:
        """All keys."""
        return DaemonValues(**dict(self))


class Settings(BaseSettings):
    """The whole file."""

    model_config = SettingsConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    database: Text | None = None
    daemon: DaemonKeys = DaemonKeys()
    defaults: SourceKeys = SourceKeys()
    sources: dict[Name, SourceTable] = {}

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
            daemon=self.daemon.values(),
            defaults=self.defaults.values(),
            sources={name: table.values() for name, table in self.sources.items()},
        )
