from pathlib import Path

import pytest

from crawler.daemon.single import lock_file, only_daemon
from crawler.errors import ConfigurationError
from crawler.store import this_process


def test_the_second_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    database = str(tmp_path / "crawler.db")
    with only_daemon(database):
        with pytest.raises(ConfigurationError) as caught, only_daemon(database):
            pass
        assert str(caught.value) == f"a daemon runs already on the database {database}: {this_process()}"
        assert "stop that one" in caught.value.hint


def test_another_spelling_of_the_same_file_is_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "crawler.db")
    with only_daemon(str(tmp_path / "crawler.db")):
        for where in (
            f"sqlite:///{tmp_path}/crawler.db",
            str(tmp_path / "link"),
            f"sqlite:///file:{tmp_path}/crawler.db?uri=true",
        ):
            with pytest.raises(ConfigurationError), only_daemon(where):
                pass


def test_when_it_has_ended_the_next_one_may_come(tmp_path: Path) -> None:
    database = str(tmp_path / "crawler.db")
    for _ in range(2):
        with only_daemon(database):
            assert (tmp_path / "crawler.db.daemon").read_text() == this_process()
    assert (tmp_path / "crawler.db.daemon").read_text() == ""


def test_two_files_have_two_daemons(tmp_path: Path) -> None:
    with only_daemon(str(tmp_path / "a.db")), only_daemon(str(tmp_path / "b.db")):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db.daemon", "b.db.daemon"]


@pytest.mark.parametrize("where", ["sqlite://", "sqlite:///:memory:", "postgresql://user@host/name"])
def test_what_is_no_file_is_not_locked(where: str) -> None:
    assert lock_file(where) is None
    with only_daemon(where), only_daemon(where):
        pass


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match="cannot be written: No such file"),
        only_daemon(str(tmp_path / "no/a.db")),
    ):
        pass
