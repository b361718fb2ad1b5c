"""`init`: a configuration to start from."""

from pathlib import Path

from crawler.settings import read_configuration
from tests.unit.cli.terminal import Terminal


def test_init_writes_a_configuration_that_can_be_read(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    assert terminal.run("init", "--config", str(path)).stdout.startswith(f"Wrote {path}.\n")
    configuration = read_configuration(str(path), {"SHOP_SECRET": "x"})
    assert configuration.source("shop").base_uri == "https://shop.example/channel"


def test_init_never_overwrites_unless_forced(terminal: Terminal) -> None:
    path = terminal.configure("# mine\n")
    result = terminal.run("init")
    assert result.stderr == (
        f"error: {path} is there already\n  Name another file with --config, or overwrite it with --force.\n"
    )
    assert result.exit_code == 2
    assert path.read_text() == "# mine\n"
    assert terminal.run("init", "--force").exit_code == 0
    assert "[sources.shop]" in path.read_text()


def test_init_says_where_it_cannot_write(terminal: Terminal, tmp_path: Path) -> None:
    result = terminal.run("init", "--config", str(tmp_path / "none" / "crawler.toml"))
    assert "cannot be written: No such file or directory" in result.stderr
    assert result.exit_code == 2
