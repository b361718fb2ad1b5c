"""One run of a command: its options in common, and how it gets at sources, store, partners and output."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self, TypeVar

import anyio
import click

from crawler.cli.output import Output, know
from crawler.cli.outside import Outside, hide_arguments
from crawler.cli.trace import TracedPartner
from crawler.errors import ConfigurationError
from crawler.partner import Partner
from crawler.protocol.credentials import Credentials
from crawler.protocol.signature import Secret
from crawler.protocol.uri import secrets_in
from crawler.settings import DEFAULT_CONFIG, Configuration, Flags, read_configuration
from crawler.settings.configuration import unwarned
from crawler.store import Store
from crawler.sync.setting import keys_of
from crawler.sync.source import Source

T = TypeVar("T")

OPTIONS = tuple(key for key in keys_of(Source).values() if key.setting.option)
"""The settings of a source that the command line has an option for."""


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What a command works with. `out` prints."""

    outside: Outside
    out: Output
    config: str | None = None
    database: str | None = None
    verbose: bool = False
    as_json: bool = False
    flags: Flags = Flags()  # noqa: RUF009 - frozen

    @classmethod
    def make(cls, root: click.Context, *, flags: Mapping[str, Any], **base: Any) -> Self:
        """The invocation for the parameters that `crawler.cli.options` has collected. Hides a secret among them."""
        if flags.get("secret"):
            hide_arguments([flags["secret"]])
        outside = root.ensure_object(Outside)
        out = Output(is_terminal=outside.is_terminal, width=outside.width, as_json=bool(base["as_json"]))
        return cls(outside=outside, out=out, flags=Flags(**flags), **base)

    @cached_property
    def configuration(self) -> Configuration:
        """The configuration. Raises `ConfigurationError`."""
        return read_configuration(self.config, self.outside.environ, warn=self.out.warn)

    def stored_source(self, where: str) -> Source:
        """The source that a name or URL means, to look at what is stored of it: no secret is needed for that.

        One that was taken out of the configuration is found by the name that it is stored under, or by its URL.

        Raises `ConfigurationError`.
        """
        found = self._left(where)
        if found is not None:
            name, base_uri = found
            return Source(name=name, base_uri=base_uri, secret=Secret("none"))
        source = self.configuration.source(where, with_secret=False)
        know(source.credentials)
        return source

    def know_sources(self, names: Iterable[str]) -> None:
        """Know the secrets of these sources, so that none is shown; says nothing about them."""
        quiet = replace(self.configuration, warn=unwarned)
        with suppress(ConfigurationError):  # then they cannot be crawled either
            know(Credentials.union(quiet.source(name, with_secret=False).credentials for name in names))

    def stored_name(self, where: str) -> str:
        """The name of the source that a name or URL means, as `stored_source`. Raises `ConfigurationError`."""
        found = self._left(where)
        return found[0] if found is not None else self.configuration.name(where)

    def _left(self, where: str) -> tuple[str, str] | None:
        """Name and base URI of a source that is stored, and stands in no configuration."""
        try:
            name = self.configuration.name(where)
        except ConfigurationError:
            name = where
        if name in self.configuration.names:
            return None
        with self.open_store() as opened:
            return opened.find_stored(name)

    def source(self, where: str) -> Source:
        """The source that a name or URL means; warns where its settings are dangerous.

        Raises `ConfigurationError`.
        """
        hide_arguments(secrets_in(where) if "://" in where else ())
        source = self.configuration.source(where, self.flags)
        know(source.credentials)
        if not source.verify_signature:
            self.out.warn(f"{source.name}: SIGNATURES ARE NOT VERIFIED: anyone in between can forge what is imported")
        if not source.verify_tls and source.base_uri.startswith("https:"):
            self.out.warn(f"{source.name}: TLS CERTIFICATES ARE NOT VERIFIED: anyone in between can read along")
        return source

    def sources(self, names: Sequence[str], *, every: bool = False) -> list[Source]:
        """The sources that `names` mean, once each; all configured ones if there are none, or for `every`.

        Raises `ConfigurationError`.
        """
        if every and names:
            raise click.UsageError("--all and SOURCE exclude each other")
        wanted = names or self.configuration.names
        if not wanted:
            where = self.configuration.path or f"no {DEFAULT_CONFIG} here"
            raise ConfigurationError(
                f"no source was given, and none is configured ({where})",
                hint="give the endpoint's URL, such as http://localhost:3000/, or write a configuration with "
                "`ringcx-crawler init`",
            )
        found = [self.source(name) for name in wanted]
        return list({source.name: source for source in found}.values())

    def open_store(self) -> Store:
        """The database, opened: use it as a context manager. Raises `ConfigurationError` or `StoreError`."""
        return Store.open(self.configuration.database(self.database))

    def partner(self, source: Source) -> Partner:
        """The partner behind a source: use it as an async context manager. With ``-v`` it shows each exchange."""
        kind = TracedPartner if self.verbose else Partner
        return kind(source, transport=self.outside.transport(source), clock=self.outside.clock)

    def wait_for(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work` on an event loop. Ctrl-C cancels it, and is raised when it has ended."""
        return anyio.run(work)
