"""``run``: the daemon."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from math import inf
from pathlib import Path

import click
import structlog

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.cli.output import as_json
from crawler.cli.serving import listen, url_of
from crawler.daemon import DaemonOptions, Setup, operate
from crawler.daemon.reload import Look, look
from crawler.errors import ConfigurationError
from crawler.log import Outlet, configure
from crawler.protocol.credentials import Credentials
from crawler.settings import DEFAULT_CONFIG, Configuration, read_address, read_configuration
from crawler.sync.source import Source
from crawler.transport import KEPT_CONNECTIONS

if os.name == "posix":
    import resource

LOOPBACK = ("127.", "::1", "localhost")
MANY_FILES = 65_536
OWN_FILES = 40
"""Database, log, event loop, name servers, and the HTTP endpoint with its clients; at rest it is half of that."""


@click.command()
@base_command
@click.option(
    "--listen", "address", metavar="[HOST:]PORT", help="Serve /healthz and /metrics there; a port alone: here only."
)
def run(run: Invocation, *, address: str | None) -> None:
    """Crawl all configured sources at the platform's rhythm, until told to stop.

    SIGTERM and Ctrl-C let the cycles in flight end; a second one does not wait for them. SIGHUP, and each change of
    the configuration file, reloads the sources. The log goes to stderr: JSON lines, or readable ones on a terminal;
    -v adds each exchange. One line on stdout says when it is ready.
    """
    outlets = [Outlet(sys.stderr), Outlet(sys.stdout)]
    try:
        _run(run, address, *outlets)
    finally:
        for outlet in outlets:
            outlet.close()


def _run(run: Invocation, address: str | None, log: Outlet, out: Outlet) -> None:
    known = ConfiguredSources(run)
    configure(log, verbose=run.verbose, known=lambda: known.credentials)
    configuration = known.read()
    keys = configuration.settings.daemon
    listener = _listener(address or keys.listen)
    options = DaemonOptions(max_cycles=keys.max_cycles, tick=keys.tick, grace=keys.grace)

    def ready(sources: int) -> None:
        url = url_of(listener) if listener is not None else None
        if run.as_json:
            said = as_json({"ready": True, "sources": sources, "url": url}, indent=2 if run.out.is_terminal else None)
        else:
            served = f", {url}healthz" if url else ""
            said = f"ringcx-crawler is ready: {sources} source{'s' if sources != 1 else ''}{served}"
        out.write(f"{said}\n")

    setup = Setup(
        database=configuration.database(run.database),
        load=known.load,
        config=configuration.path,
        secret_files=lambda: known.secret_files,
        options=fitting(options, len(configuration.names), _allowed_files()),
        keep_days=keys.keep_days,
        listener=listener,
        environ=run.outside.environ,
        clock=run.outside.clock,
        transport=run.outside.transport,
    )
    with listener or nullcontext():
        run.wait_for(lambda: operate(setup, ready))


class ConfiguredSources:
    """The configured sources, read anew whenever that is asked for, and their secrets, which no log may show."""

    def __init__(self, run: Invocation) -> None:
        self._run = run
        self._at_start: Configuration | None = None
        self.credentials = Credentials()
        self._warned: set[str] = set()
        self.secret_files: Mapping[Path, Look | None] = {}

    def read(self) -> Configuration:
        """The configuration as it is now. Raises `ConfigurationError`."""
        return read_configuration(self._run.config, self._run.outside.environ, warn=self._warn)

    def load(self) -> Sequence[Source]:
        """Its sources. Raises `ConfigurationError`, also where there is none."""
        configuration = self.read()
        if not configuration.names:
            where = configuration.path or f"no {DEFAULT_CONFIG} here"
            raise ConfigurationError(
                f"no source is configured ({where})",
                hint="`ringcx-crawler init` writes a configuration to start from; `run` crawls all that stand in it",
            )
        self.secret_files = {path: look(path) for path in configuration.secret_files}  # before they are read
        sources = [configuration.source(name) for name in configuration.names]
        for source in sources:
            if not source.verify_signature:
                self._warn(f"{source.name}: SIGNATURES ARE NOT VERIFIED: anyone in between can forge what is imported")
            if not source.verify_tls and source.base_uri.startswith("https:"):
                self._warn(f"{source.name}: TLS CERTIFICATES ARE NOT VERIFIED: anyone in between can read along")
        # Those of before as well: a cycle under way ends under the old ones (CY5).
        self.credentials = Credentials.union([self.credentials, *(source.credentials for source in sources)])
        self._compare(configuration)
        return sources

    def _compare(self, configuration: Configuration) -> None:
        """Warn about changes that count from the next start only."""
        before, self._at_start = self._at_start, self._at_start or configuration
        if before is None:
            return
        now, then = configuration.settings, before.settings
        changed = [name for name in ("database", "daemon") if getattr(now, name) != getattr(then, name)]
        if changed:
            _tell(f"{' and '.join(changed)}: this change counts from the daemon's next start")

    def _warn(self, text: str) -> None:
        """Warn once of each thing, however often it is read."""
        if text in self._warned:
            return
        self._warned.add(text)
        _tell(text)


def _tell(warning: str) -> None:
    structlog.get_logger("crawler").warning("configuration", warning=warning)


def _listener(address: str | None) -> socket.socket | None:
    """The listening socket of the HTTP endpoint, if there is to be one. Raises `ConfigurationError`."""
    if address is None:
        return None
    try:
        host, port = read_address(address)
    except ValueError as error:
        raise click.UsageError(f"--listen: expected [HOST:]PORT, got {error}") from None
    if not host.startswith(LOOPBACK):
        structlog.get_logger("crawler").warning("health and metrics are open to other machines", listen=address)
    try:
        return listen(host, port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ConfigurationError(
            f"nothing can be served at {address}: {reason}",
            hint="give another address (listen below [daemon], or --listen); port 0 takes one that is free",
        ) from error


def fitting(options: DaemonOptions, sources: int, allowed: float) -> DaemonOptions:
    """As many cycles at once, and connections that are kept, as there may be open files; says where those are few."""
    room = max(allowed - OWN_FILES, 0)
    cycles = max(min(options.max_cycles, room // (2 * KEPT_CONNECTIONS + 2)), 1)
    kept = max(min(options.max_kept, (room - cycles) // KEPT_CONNECTIONS), cycles)
    needed = files_needed(min(options.max_cycles, sources), sources)
    if allowed < needed:
        structlog.get_logger("crawler").warning(
            "too few open files",
            allowed=allowed,
            needed=needed,
            cycles_at_once=int(cycles),
            sources_that_stay_connected=int(min(kept, sources)),
            advice="raise the limit: LimitNOFILE, or ulimit -n",
        )
    return replace(options, max_cycles=int(cycles), max_kept=int(kept))


def _allowed_files() -> float:
    """How many files may be open at once, after the limit was raised as far as that goes; infinity of no limit."""
    if os.name != "posix":
        return inf
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return inf
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(MANY_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def files_needed(cycles: int, sources: int) -> int:
    """How many files may be open at once: the connections that sources keep, one that each cycle makes, and our own."""
    return sources * KEPT_CONNECTIONS + cycles + OWN_FILES
