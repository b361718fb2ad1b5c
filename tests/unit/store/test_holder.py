"""Who holds a lease, and whether that process still runs (CY2): in doubt it does."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.clock import new_id
from crawler.store.holder import new_holder, shown, still_runs, this_process
from crawler.store.presence import Presence, presence_beside
from tests.unit.store.holding import running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can tell")


@pytest.fixture
def presence(tmp_path: Path) -> Iterator[Presence]:
    presence = presence_beside(tmp_path / "crawler.db")
    assert presence is not None
    yield presence
    presence.close()


def changed(holder: str, **evidence: str) -> str:
    """A holder with other evidence."""
    for name, value in evidence.items():
        holder, count = re.subn(rf"(?<= {name}=)\S+", value, holder)
        assert count == 1, holder
    return holder


def test_people_see_process_machine_and_id(presence: Presence) -> None:
    holder = new_holder("0123456789abcdef" * 2, presence)

    assert shown(holder) == f"process {os.getpid()} on {socket.gethostname()} (id 0123456789ab)"
    assert shown(holder) == f"{this_process()} (id 0123456789ab)"
    assert re.findall(r" (\w+)=", holder) == ["boot", "spaces", "started", "seen_in"]


@pytest.mark.parametrize("text", ["", "me", "process 7 on elsewhere", "process 7 on x (id 0123456789ab) odd"])
def test_what_another_version_wrote_is_shown_as_it_is_and_proves_nothing(text: str, presence: Presence) -> None:
    assert shown(text) == text
    assert still_runs(text, presence) is None


def test_a_process_runs_until_it_has_ended() -> None:
    with running() as (process, holder):
        assert still_runs(holder, None) is True
        process.send_signal(signal.SIGSTOP)
        assert still_runs(holder, None) is True
        process.kill()
        process.wait()
        assert still_runs(holder, None) is False


def test_one_that_nobody_has_waited_for_has_ended() -> None:
    with running() as (process, holder):
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert still_runs(holder, None) is False


def test_one_whose_id_another_process_has_got_has_ended() -> None:
    with running() as (_process, holder):
        assert still_runs(changed(holder, started="1"), None) is False


def test_one_whose_id_a_thread_of_another_process_has_got_has_ended() -> None:
    ready, done = threading.Event(), threading.Event()
    ids: list[int] = []

    def work() -> None:
        ids.append(threading.get_native_id())
        ready.set()
        done.wait()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    try:
        with running() as (process, holder):
            assert still_runs(holder.replace(f"process {process.pid} ", f"process {ids[0]} "), None) is False
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("evidence", ["boot", "spaces"])
def test_one_of_another_machine_or_namespace_may_run(evidence: str) -> None:
    """Whatever process has its id here, or has it no more."""
    with running() as (process, holder):
        elsewhere = changed(holder, **{evidence: "17"})
        assert still_runs(elsewhere, None) is None
        process.kill()
        process.wait()
        assert still_runs(elsewhere, None) is None


@pytest.mark.parametrize("evidence", ["boot", "spaces", "started"])
def test_without_evidence_it_may_run(evidence: str) -> None:
    with running() as (process, holder):
        process.kill()
        process.wait()
        bare = re.sub(rf" {evidence}=\S+", "", holder)
        assert bare != holder
        assert still_runs(bare, None) is None


def test_of_itself_a_process_says_nothing(presence: Presence) -> None:
    """A store that was closed, or a cycle that broke off, may have left its lease."""
    assert still_runs(new_holder(new_id(), None), None) is None
    assert still_runs(new_holder(new_id(), presence), presence) is None


def test_one_that_shows_runs_and_one_that_showed_has_ended(presence: Presence, tmp_path: Path) -> None:
    """Also where its process id says nothing: in another namespace."""
    with running(str(tmp_path / "crawler.db")) as (process, holder):
        elsewhere = changed(holder, spaces="17")
        assert still_runs(holder, presence) is still_runs(elsewhere, presence) is True
        process.kill()
        process.wait()
        assert still_runs(holder, presence) is still_runs(elsewhere, presence) is False


def test_one_that_shows_in_another_file_or_on_another_machine_may_run(presence: Presence, tmp_path: Path) -> None:
    with running(str(tmp_path / "other.db")) as (process, holder):
        process.kill()
        process.wait()
        assert still_runs(changed(holder, spaces="17"), presence) is None
    with running(str(tmp_path / "crawler.db")) as (process, holder):
        process.kill()
        process.wait()
        assert still_runs(changed(holder, spaces="17", boot="17"), presence) is None


def test_several_show_at_the_same_time_in_one_process_too(presence: Presence, tmp_path: Path) -> None:
    other = presence_beside(tmp_path / "crawler.db")
    assert other is not None
    assert presence.show(1)
    assert other.show(2)
    assert not other.show(1)
    assert [[each.shows(place) for place in (1, 2, 3)] for each in (presence, other)] == [[True, True, False]] * 2
    other.close()
    assert [presence.shows(place) for place in (1, 2, 3)] == [True, False, False]


def test_where_nothing_can_be_written_nobody_shows(tmp_path: Path) -> None:
    assert presence_beside(tmp_path / "missing" / "crawler.db") is None


def test_where_proc_shows_another_namespace_a_process_id_proves_nothing(tmp_path: Path) -> None:
    """As in a container that has the machine's /proc; what shows in the file still does."""
    bare = ("unshare", "--pid", "--fork", "--kill-child")
    if subprocess.run([*bare, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody make namespaces")
    with running(str(tmp_path / "crawler.db"), before=bare) as (_process, holder):
        assert re.findall(r" (\w+)=", holder) == ["boot", "seen_in"]
        presence = presence_beside(tmp_path / "crawler.db")
        assert presence is not None
        assert still_runs(holder, presence) is True
        assert still_runs(holder, None) is None
        presence.close()
