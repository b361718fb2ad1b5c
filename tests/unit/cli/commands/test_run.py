"""What keeps the daemon from beginning; that it runs, tests/integration/test_run_process.py shows."""

import logging
import socket
from collections.abc import Iterator
from math import inf

import pytest
import structlog

from crawler.cli.commands.run import OWN_FILES, ConfiguredSources, files_needed, fitting
from crawler.cli.invocation import Invocation
from crawler.cli.output import Output
from crawler.cli.outside import Outside
from crawler.daemon import DaemonOptions
from crawler.daemon.single import only_daemon
from crawler.errors import ConfigurationError
from crawler.log import OURS
from crawler.protocol.credentials import Credentials
from crawler.transport import KEPT_CONNECTIONS
from tests.unit.cli.terminal import Terminal

SHOP = '[sources.shop]\nbase_uri = "http://shop.example/"\nsecret = "open sesame"\n'


@pytest.fixture(autouse=True)
def logging_left_as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger(OURS)
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = before
    structlog.reset_defaults()


def configured(terminal: Terminal, text: str) -> ConfiguredSources:
    terminal.configure(text)
    return ConfiguredSources(Invocation(outside=Outside(environ=terminal.environ), out=Output()))


def test_without_a_source_there_is_nothing_to_do(terminal: Terminal) -> None:
    terminal.configure("")
    result = terminal.run("run")
    assert result.exit_code == 2
    assert "no source is configured" in result.stderr
    assert "`ringcx-crawler init`" in result.stderr


def test_a_broken_configuration_is_said_line_by_line(terminal: Terminal) -> None:
    terminal.configure('[daemon]\ntick = 0\nlisten = "here"\nmax_cyles = 3\n')
    result = terminal.run("run")
    assert result.exit_code == 2
    assert "daemon.tick: expected a number of seconds from 0.01 to 60, got 0" in result.stderr
    assert (
        "daemon.listen: expected an address to listen on, such as 127.0.0.1:9180, got the text 'here'" in result.stderr
    )
    assert "daemon.max_cyles: there is no such setting; did you mean max_cycles?" in result.stderr


def test_an_address_that_is_taken_is_said(terminal: Terminal) -> None:
    terminal.configure(SHOP)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = terminal.run("run", "--listen", str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert "nothing can be served at" in result.stderr
    assert "Address already in use" in result.stderr


def test_an_address_that_is_none_is_misuse(terminal: Terminal) -> None:
    terminal.configure(SHOP)
    result = terminal.run("run", "--listen", "::1:80")
    assert result.exit_code == 2
    assert "an IPv6 address stands in brackets" in result.stderr


def test_a_database_with_a_daemon_is_refused(terminal: Terminal) -> None:
    terminal.configure(SHOP)
    with only_daemon(str(terminal.directory / "crawler.db")):
        result = terminal.run("run")
    assert result.exit_code == 2
    assert "a daemon runs already on the database" in result.stderr


def test_each_reading_brings_what_stands_there_now(terminal: Terminal) -> None:
    known = configured(terminal, SHOP)
    assert [source.list_interval for source in known.load()] == [60]
    terminal.configure(SHOP + "list_interval = 90\n")
    assert [source.list_interval for source in known.load()] == [90]
    terminal.configure("nonsense")
    with pytest.raises(ConfigurationError, match="is not TOML"):
        known.load()
    terminal.configure("[defaults]\n")
    with pytest.raises(ConfigurationError, match="no source is configured"):
        known.load()


def test_the_secrets_of_all_sources_are_known_to_the_log(terminal: Terminal) -> None:
    known = configured(terminal, SHOP + SHOP.replace("shop", "other").replace("open sesame", "abracadabra"))
    assert not known.credentials
    known.load()
    assert known.credentials == Credentials(["open sesame", "abracadabra"])


def test_what_counts_from_the_next_start_only_is_warned_about(
    terminal: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    known = configured(terminal, SHOP)
    known.load()
    known.load()
    with structlog.testing.capture_logs() as lines:
        terminal.configure("database = 'other.db'\n[daemon]\ngrace = 1\n" + SHOP)
        known.load()
    assert [line["warning"] for line in lines] == [
        "database and daemon: this change counts from the daemon's next start"
    ]


@pytest.mark.parametrize(
    ("allowed", "cycles", "kept"),
    [(inf, 200, 100_000), (65_536, 200, 32_648), (1_024, 164, 410), (64, 4, 10), (40, 1, 1), (3, 1, 1)],
)
def test_cycles_at_once_and_kept_connections_fit_the_open_files_that_the_system_allows(
    allowed: float, cycles: int, kept: int
) -> None:
    with structlog.testing.capture_logs() as lines:
        options = fitting(DaemonOptions(), 200, allowed)
    assert (options.max_cycles, options.max_kept) == (cycles, kept)
    assert allowed < OWN_FILES + KEPT_CONNECTIONS or OWN_FILES + KEPT_CONNECTIONS * kept + cycles <= allowed
    assert [line["event"] for line in lines] == ["too few open files"] * (allowed < files_needed(200, 200))
    assert not lines or "LimitNOFILE" in lines[0]["advice"]


def test_what_is_unwise_is_warned_about(terminal: Terminal) -> None:
    known = configured(terminal, SHOP.replace("http:", "https:") + "verify_signature = false\nverify_tls = false\n")
    with structlog.testing.capture_logs() as lines:
        known.load()
    assert [line["warning"].split(":")[1].strip() for line in lines] == [
        "SIGNATURES ARE NOT VERIFIED",
        "TLS CERTIFICATES ARE NOT VERIFIED",
    ]
