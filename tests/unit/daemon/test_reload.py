import os
from collections.abc import Sequence
from pathlib import Path
from shutil import move

import pytest
from structlog.testing import capture_logs

from crawler.daemon.process import Notify
from crawler.daemon.reload import ConfigurationFile, Look, Reload, look
from crawler.errors import ConfigurationError, DatabaseUnavailable
from crawler.protocol.signature import Secret
from crawler.sync.source import Source

SHOP = Source(name="shop", base_uri="http://shop.example/", secret=Secret("open sesame"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "crawler.toml"
    path.write_text("first")
    return path


class Configured:
    """A reload whose configuration is whatever `sources` is, or the error that `broken` is."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.sources: Sequence[Source] = [SHOP]
        self.broken: ConfigurationError | None = None
        self.away = False
        self.managed: list[Sequence[Source]] = []
        self.told: list[bool] = []
        self.reload = Reload(ConfigurationFile(path), self.load, self.manage, notify=Notify({}), told=self.told.append)

    def write(self, text: str) -> None:
        assert self.path is not None
        self.path.write_text(text)

    def load(self) -> Sequence[Source]:
        if self.broken is not None:
            raise self.broken
        return self.sources

    async def manage(self, sources: Sequence[Source]) -> None:
        if self.away:
            raise DatabaseUnavailable("it is away")
        self.managed.append(sources)

    async def steps(self, number: int = 1) -> None:
        for _ in range(number):
            await self.reload.step()


def test_a_change_is_seen_once_when_the_file_has_come_to_rest(path: Path) -> None:
    file = ConfigurationFile(path)
    assert [file.changed(), file.changed()] == [False, False]
    path.write_text("seconds")
    assert [file.changed(), file.changed()] == [False, True]
    file.reading()
    assert [file.changed(), file.changed()] == [False, False]


def test_a_file_that_is_still_being_written_is_left_to_its_writer(path: Path) -> None:
    file = ConfigurationFile(path)
    for text in ("", "a", "ab", "abc"):
        path.write_text(text)
        assert not file.changed()
    assert file.changed()


def test_a_file_that_was_replaced_by_one_just_like_it_is_another_file(path: Path) -> None:
    file = ConfigurationFile(path)
    before = path.stat()
    draft = path.with_name("draft")
    draft.write_text("other")
    os.utime(draft, ns=(before.st_atime_ns, before.st_mtime_ns))
    draft.replace(path)
    assert [file.changed(), file.changed()] == [False, True]


def test_a_file_that_is_gone_is_waited_for(path: Path) -> None:
    file = ConfigurationFile(path)
    path.unlink()
    assert [file.changed(), file.changed(), file.changed()] == [False, False, False]
    path.write_text("again")
    assert [file.changed(), file.changed()] == [False, True]


def test_without_a_file_nothing_changes() -> None:
    file = ConfigurationFile(None)
    assert [file.changed(), file.changed()] == [False, False]


async def test_nothing_is_read_without_a_reason(path: Path) -> None:
    configured = Configured(path)
    await configured.steps(3)
    assert (configured.managed, configured.told) == ([], [])


async def test_a_change_is_taken_over_once(path: Path) -> None:
    configured = Configured(path)
    configured.write("changed")
    await configured.steps(5)
    assert (configured.managed, configured.told) == ([[SHOP]], [True])


async def test_whoever_asks_gets_it_read_whether_it_changed_or_not() -> None:
    configured = Configured(None)
    configured.reload.ask()
    await configured.steps(3)
    assert configured.managed == [[SHOP]]


async def test_a_broken_file_leaves_all_as_it_is_until_it_is_mended(path: Path) -> None:
    configured = Configured(path)
    configured.broken = ConfigurationError("it is broken")
    configured.write("broken")
    await configured.steps(5)
    assert (configured.managed, configured.told) == ([], [False])
    configured.broken = None
    configured.write("mended")
    await configured.steps(5)
    assert (configured.managed, configured.told) == ([[SHOP]], [False, True])


async def test_what_the_database_could_not_take_is_brought_again(path: Path) -> None:
    configured = Configured(path)
    configured.away = True
    configured.write("changed")
    await configured.steps(5)
    assert configured.told == []
    configured.away = False
    await configured.steps(5)
    assert (configured.managed, configured.told) == ([[SHOP]], [True])


def test_a_changed_secret_file_is_a_change_and_one_named_later_is_none(path: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.secret", tmp_path / "second.secret"
    first.write_text("one")
    second.write_text("two")
    named = [first]
    file = ConfigurationFile(path, lambda: {it: look(it) for it in named})
    named.append(second)
    assert [file.changed(), file.changed(), file.changed()] == [False, False, False]
    for secret in (first, second):
        secret.write_text("another one")
        assert [file.changed(), file.changed()] == [False, True]
        file.reading()
    assert [file.changed(), file.changed()] == [False, False]


async def test_that_a_file_is_gone_is_said_once_and_again_if_it_happens_again(path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("open sesame")
    as_read = {secret: look(secret)}
    file = ConfigurationFile(path, lambda: as_read)
    configured = Configured(path)
    configured.reload = Reload(file, configured.load, configured.manage, notify=Notify({}), told=configured.told.append)
    with capture_logs() as said:
        await configured.steps()
        move(path, tmp_path / "elsewhere")
        await configured.steps()
        assert said == []  # it may be on its way
        await configured.steps(3)
        move(secret, tmp_path / "elsewhere, too")
        await configured.steps(3)
        move(tmp_path / "elsewhere", path)
        await configured.steps(3)
        move(path, tmp_path / "elsewhere")
        await configured.steps(3)
    gone = [entry["file"] for entry in said if entry["event"] == "a file is gone, what it said last still counts"]
    assert gone == [str(path), str(secret), str(path)]
    assert configured.managed == []


def test_a_secret_that_is_rotated_while_it_is_read_is_a_change(path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "shop.secret"
    secret.write_text("one")
    before = {secret: look(secret)}
    named: dict[Path, Look | None] = {}
    file = ConfigurationFile(path, lambda: named)
    named.update(before)  # the file is read, and names it
    secret.write_text("another one")
    assert [file.changed(), file.changed()] == [False, True]
