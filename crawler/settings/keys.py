"""The configuration file's keys. A field's description says what is expected there, for errors and documentation."""

import tomllib
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from crawler.settings.address import ADDRESS_EXPECTED, normal_uri, read_address
from crawler.settings.address import EXPECTED as URL_EXPECTED
from crawler.settings.values import DaemonValues, Values

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False, description="a number of seconds above 0")]
Text = Annotated[str, Field(min_length=1, description="a text that is not empty")]
Uri = Annotated[str, AfterValidator(normal_uri), Field(description=URL_EXPECTED)]
Address = Annotated[str, AfterValidator(lambda text: read_address(text) and text)]
Name = Annotated[str, Field(pattern=r"^\w[\w.-]*$", description="a name of letters, digits, '.', '_' and '-'")]

USUAL = DaemonValues()

MOST_BYTES = 2**31 - 1
"""The largest size of an answer that every database can store as a number."""


class Keys(BaseModel):
    """Strict: what is not known or not of the right type is refused."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class SourceKeys(Keys):
    """What may be set for one source or, in ``[defaults]``, for all: the fields of `crawler.sync.state.Source`."""

    secret_env: Annotated[str | None, Field(min_length=1, description="the name of an environment variable")] = None
    secret_file: Annotated[str | None, Field(min_length=1, description="the path of a file")] = None
    secret: Annotated[SecretStr | None, Field(description="a text")] = None
    list_interval: Seconds | None = None
    no_list_interval: Seconds | None = None
    agent_id: Text | None = None
    sender_name: Text | None = None
    ascii_json: Annotated[bool | None, Field(description="true or false")] = None
    signature_in_query: Annotated[bool | None, Field(description="true or false")] = None
    verify_signature: Annotated[bool | None, Field(description="true or false")] = None
    verify_tls: Annotated[bool | None, Field(description="true or false")] = None
    ca_bundle: Annotated[str | None, Field(min_length=1, description="the path of a file")] = None
    trust_env: Annotated[bool | None, Field(description="true or false")] = None
    private_addresses: Annotated[bool | None, Field(description="true or false")] = None
    deadline: Seconds | None = None
    connect_timeout: Seconds | None = None
    max_answer_bytes: Annotated[
        int | None, Field(ge=1, le=MOST_BYTES, description=f"a whole number of bytes above 0, at most {MOST_BYTES}")
    ] = None
    max_pages: Annotated[int | None, Field(ge=1, description="a whole number above 0")] = None
    cursor_check: Annotated[float | None, Field(ge=0, allow_inf_nan=False, description="a number of seconds")] = None
    ignore_older_than: Annotated[
        float | None, Field(gt=0, le=36_500, allow_inf_nan=False, description="a number of days above 0")
    ] = None
    backoff_cap: Seconds | None = None
    disable_after: Annotated[int | None, Field(ge=1, description="a whole number above 0")] = None
    keep_cycles: Annotated[int | None, Field(ge=1, description="a whole number above 0")] = None
    keep_bytes: Annotated[int | None, Field(ge=0, description="a whole number of bytes")] = None

    def values(self) -> dict[str, object]:
        """The keys that are set."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class SourceTable(SourceKeys):
    """``[sources.NAME]``."""

    base_uri: Uri


class DaemonKeys(Keys):
    """``[daemon]``: how `ringcx-crawler run` works."""

    max_cycles: Annotated[int, Field(ge=1, description="a whole number above 0")] = USUAL.max_cycles
    tick: Seconds = USUAL.tick
    grace: Annotated[float, Field(ge=0, allow_inf_nan=False, description="a number of seconds")] = USUAL.grace
    keep_days: Annotated[float, Field(gt=0, le=36_500, allow_inf_nan=False, description="a number of days above 0")] = (
        USUAL.keep_days
    )
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
