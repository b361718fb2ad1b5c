"""`demo`: the story runs from its beginning to its end, and leaves nothing behind."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler.cli import cli
from crawler.cli.outside import Outside


@pytest.mark.slow
def test_the_story_is_told_to_its_end_and_leaves_nothing_behind(tmp_path: Path) -> None:
    mine = tmp_path / "mine.db"
    outside = Outside(environ={"RINGCX_CRAWLER_DATABASE": str(mine)}, is_terminal=False)
    result = CliRunner().invoke(cli, ["demo"], obj=outside, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "# One more: nothing is left to do, and not a row changes." in result.stdout
    assert list(tmp_path.iterdir()) == []
