"""The configuration: what the file, the environment and the flags say about sources and the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, cast

from crawler.errors import ConfigurationError
from crawler.protocol.envelope import printable
from crawler.protocol.signature import Secret
from crawler.protocol.uri import is_marked, showable
from crawler.settings.address import normal_uri
from crawler.settings.secret import (
    Warn,
    make_secret,
    read_secret_file,
    secret_from_environment,
    warn_if_others_can_read,
)
from crawler.settings.values import CONFIG_VARIABLE, DATABASE_VARIABLE, SECRET_KEYS, SECRET_VARIABLE, Values
from crawler.sync.setting import keys_of
from crawler.sync.source import Source

if TYPE_CHECKING:
    from pydantic import SecretStr

DEFAULT_CONFIG = "crawler.toml"
DEFAULT_DATABASE = "crawler.db"
SQLITE = "sqlite:///"
URL_EXPECTED = keys_of(Source)["base_uri"].expected
INIT_HINT = "`ringcx-crawler init` writes a configuration to start from"
SECRET_HINT = f"set {SECRET_VARIABLE}, or give --secret-file, or secret_env or secret_file in the configuration file"


def unwarned(_text: str) -> None:
    """Warn of nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the command line says about a source; it has the last word. `settings` has the keys of a source."""

    secret: str | None = None
    secret_file: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The settings of the file at `path`, or none where there is no file, and the environment."""

    settings: Values
    path: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    warn: Warn = unwarned

    @property
    def names(self) -> Sequence[str]:
        """The names of the configured sources, in the file's order."""
        return tuple(self.settings.sources)

    @property
    def secret_files(self) -> Sequence[Path]:
        """The files that secrets of configured sources are read from."""
        tables = [self.settings.of_source(name) for name in self.names]
        return tuple(
            dict.fromkeys(self._beside_file(str(keys["secret_file"])) for keys in tables if keys.get("secret_file"))
        )

    def database(self, flag: str | None = None) -> str:
        """The database's URL or path: the flag's, the environment's, the file's, or the default."""
        named = flag or self.environ.get(DATABASE_VARIABLE)
        if named:
            return named
        if self.settings.database is None:
            return DEFAULT_DATABASE
        return self._database_from_file(self.settings.database)

    def name(self, where: str) -> str:
        """The name of the source that `where` means, without a look at the rest of its settings.

        Raises `ConfigurationError`.
        """
        return where if where in self.settings.sources else self._name_of_uri(where)

    def source(self, where: str, flags: Flags = Flags(), *, with_secret: bool = True) -> Source:
        """The source that `where` names: one of the file's by its name or URL, or an endpoint by its URL.

        Not `with_secret` is for looking at what is stored only: then a secret that is not available is made up.

        Raises `ConfigurationError`.
        """
        name = self.name(where)
        keys = self.settings.of_source(name)
        configured = name in self.settings.sources
        base_uri = self.settings.base_uri(name) if configured else normal_uri(where)
        try:
            secret = self._secret(name, keys, flags, configured=configured)
        except ConfigurationError:
            if with_secret:
                raise
            secret = Secret("none")
        values = {key: value for key, value in keys.items() if key not in SECRET_KEYS and value is not None}
        files = [key for key in values if keys_of(Source)[key].setting.kind == "file"]
        values |= {key: str(self._beside_file(str(values[key]))) for key in files}
        values |= {"base_uri": base_uri, **flags.settings}
        if values.get("trust_env") and values.get("private_addresses") is False:
            raise ConfigurationError(
                f"{name}: trust_env and private_addresses = false exclude each other",
                hint="a proxy connects to the endpoint by itself, and its addresses cannot be checked here",
            )
        return Source(name=name, secret=secret, **values)  # type: ignore[arg-type]  # `SourceKeys` has checked them

    def _name_of_uri(self, where: str) -> str:
        """The name of the source at a URL: the configured one's, else the URL itself as it may be shown."""
        if "://" not in where and not where.startswith(("localhost", "http")) and "/" not in where:
            raise self._unknown(where)
        try:
            uri = normal_uri(where)
        except ValueError as error:
            shown = showable(where)
            hint = f"did you mean http://{shown}?" if "://" not in where else ""
            raise ConfigurationError(
                f"a source must be a name or {URL_EXPECTED}: '{printable(shown, 60)}' is {error}",
                hint=hint,
            ) from None
        named = [name for name in self.names if self._is(name, uri)]
        if len(named) > 1:
            raise ConfigurationError(
                f"{showable(uri)} is the base_uri of several sources in {self.path}: {', '.join(named)}",
                hint="give the name of the one that you mean",
            )
        return named[0] if named else showable(uri)

    def _is(self, name: str, uri: str) -> bool:
        """Whether `uri` is a source's base URI, or that as it is shown."""
        own = self.settings.base_uri(name)
        return own == uri or (is_marked(uri) and showable(own) == uri)

    def _unknown(self, where: str) -> ConfigurationError:
        shown = printable(where, 60)
        if self.path is None:
            return ConfigurationError(
                f"there is no source '{shown}', for there is no configuration file",
                hint=f"give the endpoint's URL, such as http://localhost:3000/, or write {DEFAULT_CONFIG}: {INIT_HINT}",
            )
        near = get_close_matches(where, self.names, n=1)
        known = f"did you mean {near[0]}?" if near else f"its sources: {', '.join(self.names) or 'none yet'}"
        return ConfigurationError(f"{self.path} has no source '{shown}'", hint=f"{known}; a URL will do as well")

    def _secret(self, name: str, keys: Mapping[str, object], flags: Flags, *, configured: bool) -> Secret:
        """The flags' secret, else the configured one, else the environment's."""
        if flags.secret is not None:
            return make_secret(flags.secret, "--secret", self.warn)
        if flags.secret_file is not None:
            return read_secret_file(Path(flags.secret_file), "--secret-file", self.warn)
        where = f"{self.path}: sources.{name}" if configured else f"{self.path}: defaults"
        given = [key for key in SECRET_KEYS if keys.get(key) is not None]
        if len(given) > 1:
            raise ConfigurationError(f"{where}: {' and '.join(given)} are both set", hint="keep one of them")
        if given and (configured or SECRET_VARIABLE not in self.environ):
            return self._configured_secret(given[0], keys[given[0]], f"{where}.{given[0]}")
        if SECRET_VARIABLE in self.environ:
            return secret_from_environment(SECRET_VARIABLE, "the secret", self.environ, self.warn)
        raise ConfigurationError(f"there is no secret for {name}", hint=SECRET_HINT)

    def _configured_secret(self, key: str, value: object, where: str) -> Secret:
        if key == "secret":
            if self.path is not None:
                warn_if_others_can_read(self.path, self.path.stat(), self.warn)
            return make_secret(cast("SecretStr", value).get_secret_value(), where, self.warn)
        if key == "secret_env":
            return secret_from_environment(str(value), where, self.environ, self.warn)
        return read_secret_file(self._beside_file(str(value)), where, self.warn)

    def _beside_file(self, path: str) -> Path:
        """A path of the file's, which is relative to the file's directory."""
        directory = self.path.parent if self.path else Path()
        return directory / Path(path).expanduser()

    def _database_from_file(self, where: str) -> str:
        if "://" not in where:
            return str(self._beside_file(where))
        name = where.removeprefix(SQLITE)
        if name == where or name in ("", ":memory:") or name.startswith(("/", "file:")):
            return where
        return SQLITE + str(self._beside_file(name)) if "?" in name else str(self._beside_file(name))


def read_configuration(
    path: str | None, environ: Mapping[str, str], *, warn: Warn = unwarned, directory: Path = Path()
) -> Configuration:
    """The configuration in the file at `path`, else at ``RINGCX_CRAWLER_CONFIG``, else in ``crawler.toml``.

    That last one need not exist. `directory` is where relative paths start.

    Raises `ConfigurationError`: one line for each problem.
    """
    named = path or environ.get(CONFIG_VARIABLE)
    file = directory / (named or DEFAULT_CONFIG)
    if not named and not file.exists():
        return Configuration(settings=Values(), environ=environ, warn=warn)
    from crawler.settings.file import read_file  # it imports pydantic

    return Configuration(settings=read_file(file), path=file, environ=environ, warn=warn)
