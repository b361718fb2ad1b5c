"""Every setting, option and environment variable with absurd values: one sentence that names it, and no traceback."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import annotated_types
import certifi
import click
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crawler.cli import cli
from crawler.cli.options import Shared
from crawler.daemon.metrics import Metrics
from crawler.daemon.process import Notify
from crawler.errors import ConfigurationError
from crawler.partner import Partner
from crawler.settings.keys import DaemonKeys, SourceKeys
from crawler.transport import tls_context
from tests.partners.calling import source
from tests.unit.cli.terminal import URL, Terminal

SHOP = '[sources.shop]\nbase_uri = "http://shop.example/"\nsecret = "open sesame"\n'
NUMBERS = [
    *("0", "-0.0", "-1", "1e-300", "5e-324", "1e12", "1e15", "1e300", "-1e300", "inf", "-inf", "nan", "0.5", "1"),
    *map(str, (2**31, 2**63, 2**64, 2**70, -(2**63), 99999999999999999999)),
]
OTHERS = [
    *(
        '""',
        '" "',
        '"x"',
        '"1"',
        '"\\u0000"',
        '"\\u0001"',
        '"\\u202e"',
        f'"{"x" * 5_000}"',
        '"//"',
        '"..:1"',
        '"a..b:1"',
    ),
    *("true", "false", "[]", "{}", "[[1]]", "2024-01-01", "2024-01-01T00:00:00", "-7", "3.5", '["x"]'),
]
TABLES: dict[str, type[BaseModel]] = {"sources.shop": SourceKeys, "defaults": SourceKeys, "daemon": DaemonKeys}
SETTINGS = [(table, name) for table, model in TABLES.items() for name in model.model_fields if name != "secret"]


def written(table: str, name: str, value: str) -> str:
    """A configuration in which that setting has that value, as TOML."""
    heading = "" if table == "sources.shop" else f"[{table}]\n"
    return f"{SHOP}{heading}{name} = {value}\n"


def bounds(model: type[BaseModel], name: str) -> tuple[float, float] | None:
    """The least and the most of a number, `None` of any other setting."""
    found: dict[type, Any] = {type(it): it for it in _metadata(model.model_fields[name])}
    if annotated_types.Ge not in found:
        return None
    return found[annotated_types.Ge].ge, found[annotated_types.Le].le


def _metadata(field: FieldInfo) -> Iterator[object]:
    yield from field.metadata
    for alternative in getattr(field.annotation, "__args__", ()):
        for inner in getattr(alternative, "__metadata__", ()):
            yield from getattr(inner, "metadata", ())


NUMERIC = [(table, name) for table, name in SETTINGS if bounds(TABLES[table], name)]


@pytest.mark.parametrize(("table", "name"), SETTINGS)
def test_an_absurd_value_is_refused_by_name_or_harmless(terminal: Terminal, table: str, name: str) -> None:
    terminal.partner()
    for value in NUMBERS + OTHERS:
        terminal.configure(written(table, name, value))
        for command in (("sync", "shop"), ("status",)):
            result = terminal.run(*command)  # a traceback would be raised here
            assert result.exit_code in (0, 1, 2, 3)
            if result.exit_code == 2:
                assert name in result.stderr, (value, result.stderr)
                assert result.stderr.startswith("error: ")


@pytest.mark.parametrize("name", DaemonKeys.model_fields)
def test_an_absurd_value_keeps_the_daemon_from_starting_in_a_sentence(terminal: Terminal, name: str) -> None:
    for value in NUMBERS + OTHERS:
        terminal.configure(f"[daemon]\n{name} = {value}\n")  # without a source it does not start in any case
        result = terminal.run("run")
        assert result.exit_code == 2
        assert name in result.stderr or "no source is configured" in result.stderr, (value, result.stderr)


@pytest.mark.parametrize(("table", "name"), NUMERIC)
def test_a_number_beyond_its_bounds_is_refused_with_them(terminal: Terminal, table: str, name: str) -> None:
    found = bounds(TABLES[table], name)
    assert found is not None
    least, most = found
    for value in (least - 1, most + 1, "inf", "nan", 2**70):
        terminal.configure(written(table, name, str(value)))
        result = terminal.run("status")
        assert result.exit_code == 2
        assert f"from {least:,} to {most:,}, got " in result.stderr


@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
@pytest.mark.parametrize("name", [name for table, name in NUMERIC if table == "defaults"])
def test_a_source_is_crawled_with_the_least_and_the_most_of_each(terminal: Terminal, name: str, end: int) -> None:
    terminal.partner()
    found = bounds(SourceKeys, name)
    assert found is not None
    terminal.configure(written("sources.shop", name, str(found[end])))
    for _ in range(3):
        result = terminal.run("sync", "shop")
        assert result.exit_code in (0, 1, 3)
        assert not result.stderr.startswith("error: shop: the")


WORDS = ["", " ", "-1", "0", "1e300", "inf", "nan", "x", "\udc80", "..", "/", "//", "://", "[", "{", "1" * 30]
WORDS += ["http://", "sqlite:///", "x" * 5_000, "\u202e", "\u0663", "1" * 5_000, "~", "%", "=", "a..b:1", "::::"]
OPTIONS = sorted(
    {
        (name, option.opts[-1])
        for name in cli.list_commands(None)  # type: ignore[arg-type]  # ours needs no context
        if name not in ("run", "partner", "demo", "init")
        for option in cli.get_command(None, name).params  # type: ignore[arg-type, union-attr]
        if isinstance(option, click.Option) and not option.is_flag and option.opts[-1] != "--watch"
        if not isinstance(option, Shared) or name == "sync"
    }
)


@pytest.mark.slow
@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_an_absurd_option_ends_in_a_sentence(
    terminal: Terminal, command: str, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(terminal.directory)  # where what names a file makes one
    terminal.partner()
    words = {"send": ["implementation.info"], "show": ["7"], "reply": ["7", "x"], "act": ["x", "7"]}
    words |= {name: ["7"] for name in ("delete", "publish", "unpublish")}
    for value in WORDS:
        result = terminal.run(command, URL, *words.get(command, []), option, value)
        assert result.exit_code in (0, 1, 2, 3)
        if result.exit_code == 2:
            assert "rror: " in result.stderr


DATABASES = [
    *("", " ", "x" * 300, "/", "/nowhere/x.db", "sqlite://", "sqlite:///", "sqlite:///?x=1", "mysql://h/d", "foo://x"),
    *("postgresql://h:abc/d", "postgresql://[::1/d", "postgresql://127.0.0.1:1/\udc80", "postgresql://", "://", "a://"),
    *(f"sqlite:///k.db?{query}" for query in ("timeout=abc", "check_same_thread=x", "detect_types=x")),
    *("sqlite:///k.db?cached_statements=99999999999999", "sqlite:///k.db?uri=x", "file:x?mode=nope", "\udc80"),
    *("postgresql://127.0.0.1:1/d?connect_timeout=x", "postgresql://127.0.0.1:99999/d", "sqlite:///k.db?timeout=nan"),
]


@pytest.mark.parametrize("url", DATABASES, ids=ascii)
@pytest.mark.parametrize("by", ["environment", "option"])
def test_an_absurd_database_is_refused_in_a_sentence(
    terminal: Terminal, url: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(terminal.directory)
    terminal.partner()
    terminal.environ["RINGCX_CRAWLER_DATABASE"] = url if by == "environment" else "crawler.db"
    result = terminal.run("sync", URL, *(["--database", url] if by == "option" else []))
    assert result.exit_code in (0, 1, 2)
    assert result.exit_code == 0 or "error: " in result.stderr.lower()


def test_an_absurd_address_to_listen_on_ends_in_a_sentence(terminal: Terminal) -> None:
    terminal.configure("")
    for value in WORDS:
        result = terminal.run("run", "--listen", value)
        assert result.exit_code == 2
        assert "listen" in result.stderr or "no source is configured" in result.stderr, (value, result.stderr)


def test_an_absurd_option_of_the_reference_partner_ends_in_a_sentence(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(terminal.directory)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for value in WORDS:
            cases = [["--host", value, "--port", port], ["--port", value, "--fault", "none"], ["--fault", f"x{value}"]]
            cases += [["--secret", value, "--fault", "none"], ["--secret-file", f"nowhere/{value}", "--port", port]]
            for case in cases:
                result = terminal.run("partner", *case)
                assert result.exit_code == 2, (case, result.stderr)
                assert "rror: " in result.stderr


OURS = ["RINGCX_CRAWLER_CONFIG", "RINGCX_CRAWLER_DATABASE", "RINGCX_CRAWLER_SECRET", "XDG_CACHE_HOME", "HOME"]
VALUES = [value for value in WORDS if "\0" not in value]
"""What an environment variable can hold."""


@pytest.mark.parametrize("name", [*OURS, "NO_COLOR", "COLUMNS", "TZ", "LANG", "TERM"])
def test_an_absurd_variable_is_refused_by_name_or_harmless(
    terminal: Terminal, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(terminal.directory)
    terminal.partner()
    for value in VALUES:
        monkeypatch.setenv(name, value)
        if name in OURS:
            terminal.environ[name] = value
        for command in (["sync", URL], ["status"], ["log", URL], ["replay", "1"]):
            result = terminal.run(*command)
            assert result.exit_code in (0, 1, 2, 3), (value, result.stderr)
            assert result.exit_code != 2 or result.stderr.startswith("error: ")


PROXIES = [*(f"{scheme}_PROXY" for scheme in ("HTTP", "HTTPS", "ALL", "NO")), "http_proxy", "no_proxy"]
TLS = ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "REQUESTS_CA_BUNDLE"]


def refusal(make: Callable[[], object]) -> str:
    """What a `ConfigurationError` says of what cannot be made; empty where it can."""
    try:
        make()
    except ConfigurationError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("bundle", [True, False])
@pytest.mark.parametrize("name", [*PROXIES, *TLS])
def test_an_absurd_variable_of_the_way_to_a_partner_is_refused_by_name_or_harmless(
    name: str, bundle: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bundled = certifi.where() if bundle else None
    for value in [*VALUES, "/nowhere/x", "socks4://h:1", "socks5://h:1", "ftp://x", "http://[::1", "http://h:99999"]:
        monkeypatch.setenv(name, value)
        for scheme in ("http", "https"):
            tls_context.cache_clear()
            its = source(f"{scheme}://shop.example/", trust_env=True, ca_bundle=bundled)
            said = refusal(lambda its=its: Partner(its))  # type: ignore[misc]
            assert not said or name.upper() in said, value
            assert "\n" not in said
    tls_context.cache_clear()


def test_absurd_variables_of_systemd_and_prometheus_are_refused_by_name_or_harmless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for value in [*VALUES, "9" * 400, "@", "@" + "x" * 300, "/nowhere/x"]:
        notify = Notify({"NOTIFY_SOCKET": value, "WATCHDOG_USEC": value})
        notify.ready("sources: 1")
        assert notify.watchdog is None or 0 < notify.watchdog < 366 * 86_400
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", value)
        said = refusal(Metrics)
        assert not said or said.startswith("PROMETHEUS_MULTIPROC_DIR ")
