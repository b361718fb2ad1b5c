"""``export`` and ``import``."""

import json
from pathlib import Path

from tests.unit.cli.terminal import SECRET, URL, Terminal


def test_a_source_moves_into_another_database(terminal: Terminal, tmp_path: Path) -> None:
    terminal.partner()
    assert terminal.run("sync", URL).exit_code == 0
    path = tmp_path / "state.jsonl"
    written = terminal.run("export", URL, "--to", str(path))
    assert (written.exit_code, written.stdout) == (0, "")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == terminal.run("export").stdout
    assert SECRET not in path.read_text()
    assert path.read_text().isascii()
    again = terminal.run("export", "--to", str(path))
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)

    other = ("--database", str(tmp_path / "other.db"))
    imported = terminal.run(*other, "import", str(path), "--json")
    assert json.loads(imported.stdout) == {"source": 1, "content": 13, "identity": 4, "cursor": 3}
    assert terminal.run(*other, "messages", URL).stdout == terminal.run("messages", URL).stdout
    refused = terminal.run(*other, "import", str(path))
    assert refused.exit_code == 2
    assert f"error: {URL} is there already" in refused.stderr
    assert terminal.run(*other, "import", "-", stdin=b"\xff").exit_code == 2
    assert terminal.run(*other, "import", str(tmp_path / "none")).exit_code == 2
    assert terminal.run("export", "--to", str(tmp_path / "no" / "where")).exit_code == 2
    assert "contents" in terminal.run("--database", str(tmp_path / "third.db"), "import", str(path)).stdout
