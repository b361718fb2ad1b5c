from dataclasses import asdict
from pathlib import Path

import pytest

from crawler.daemon import DaemonOptions
from crawler.errors import ConfigurationError
from crawler.settings import read_address, read_configuration
from crawler.settings.values import DaemonValues


def read(directory: Path, text: str) -> DaemonValues:
    path = directory / "crawler.toml"
    path.write_text(text)
    return read_configuration(str(path), {}).settings.daemon


def test_nothing_said_means_the_daemons_own_defaults(tmp_path: Path) -> None:
    keys, options = read(tmp_path, ""), DaemonOptions()
    assert (keys.max_cycles, keys.tick, keys.grace) == (options.max_cycles, options.tick, options.grace)
    assert (keys.keep_days, keys.listen) == (30, None)


def test_all_may_be_said(tmp_path: Path) -> None:
    text = '[daemon]\nmax_cycles = 7\ntick = 2\ngrace = 0\nkeep_days = 0.5\nlisten = "[::1]:80"\n'
    keys = read(tmp_path, text)
    assert asdict(keys) == {"max_cycles": 7, "tick": 2, "grace": 0, "keep_days": 0.5, "listen": "[::1]:80"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("max_cycles = 0", "daemon.max_cycles: expected a whole number from 1 to 100,000, got 0"),
        ("grace = -1", "daemon.grace: expected a number of seconds from 0 to 86,400, got -1"),
        ("keep_days = 0", "daemon.keep_days: expected a number of days from 0.001 to 36,500, got 0"),
        ("listen = 9180", "daemon.listen: expected an address to listen on, such as 127.0.0.1:9180, got 9180"),
        ("ticks = 1", "daemon.ticks: there is no such setting; did you mean tick?"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, f"[daemon]\n{line}\n")
    assert str(caught.value) == f"{tmp_path / 'crawler.toml'}: {problem}"


def test_a_setting_in_the_wrong_place_is_shown_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"defaults\.max_cycles: .*; max_cycles belongs below \[daemon\]"):
        read(tmp_path, "[defaults]\nmax_cycles = 3\n")
    with pytest.raises(ConfigurationError, match="daemon: expected a table: "):
        read(tmp_path, "daemon = 3\n")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9180", ("127.0.0.1", 9180)),
        ("shop.example:0", ("shop.example", 0)),
        ("localhost:65535", ("localhost", 65535)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_an_address_is_a_host_and_a_port_or_a_port_here(text: str, address: tuple[str, int]) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize("text", ["", ":80", "host", "host:", "host:65536", "host:-1", "::1:80", "host:8o", "host:²"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="text"):
        read_address(text)
