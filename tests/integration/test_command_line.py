"""The real command line, as a process of its own, against real sockets on the loopback address."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.cli.serving import served
from crawler.clock import utc_now
from crawler.reference import ReferencePartner, reference_partner

SECRET = "open sesame"
PATIENCE = 30
RUN = "from crawler.__main__ import main; main()"


class Shell:
    """Runs ``ringcx-crawler`` in `directory`."""

    def __init__(self, directory: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RINGCX_CRAWLER_")}
        self._options = {"cwd": directory, "env": {**kept, "RINGCX_CRAWLER_SECRET": SECRET, "PYTHONUTF8": "1"}}

    def run(self, *words: str, stdout: object = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
        with self.begin(*words, stdout=stdout) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def begin(self, *words: str, stdout: object = subprocess.PIPE) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-c", RUN, *words]
        return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True, **self._options)  # type: ignore[call-overload, no-any-return]

    def script(self, text: str) -> subprocess.CompletedProcess[str]:
        """What becomes of a line for the shell."""
        environ = f"PYTHONPATH={shlex.quote(str(Path(__file__).parents[2]))}"
        command = ["/bin/sh", "-c", f"export {environ}; {text}"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **self._options) as process:  # type: ignore[call-overload]
            out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def partner() -> ReferencePartner:
    return reference_partner(SECRET, utc_now)


@pytest.fixture
def url(partner: ReferencePartner) -> Iterator[str]:
    with served(partner) as address:
        yield address


def test_a_url_is_all_that_it_takes(shell: Shell, url: str, tmp_path: Path) -> None:
    done = shell.run("sync", url, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["objects"]["messages"]["new"] == 8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crawler.db", "crawler.db.leases"]


def test_a_port_where_nobody_listens_is_exit_code_3(shell: Shell) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        done = shell.run("sync", f"http://127.0.0.1:{port}/")
    assert done.returncode == 3
    assert f"got no connection to http://127.0.0.1:{port}: " in done.stderr
    assert "Check the URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_endpoint_that_does_not_answer_in_time_is_explained(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        url = f"http://127.0.0.1:{hanging.getsockname()[1]}/"
        done = shell.run("info", url, "--deadline", "0.2")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"error: {url}: implementation.info: expected a JSON object with 'objects', got no whole answer within 0.2 s",
        "  The partner must answer faster; `deadline` (--deadline SECONDS) lets it take longer.",
    ]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_in_the_middle_of_a_request_is_one_line_and_loses_nothing(
    shell: Shell, partner: ReferencePartner, url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        where = f"http://127.0.0.1:{hanging.getsockname()[1]}/"
        process = shell.begin("sync", where, url)
        with hanging.accept()[0] as connection:
            connection.recv(100)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert out == ""
    assert err.split("\n") == [
        "",
        "interrupted: what was stored stays, and the next cycle goes on from there",
        "",
    ]
    assert json.loads(shell.run("log", where, "--json").stdout)["outcome"] == "interrupted"
    assert shell.run("sync", url, "--until-idle").returncode == 0
    assert json.loads(shell.run("status", url, "--json").stdout)["contents"]["messages"] == 8


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_reader_that_has_gone_is_no_error(shell: Shell, partner: ReferencePartner, url: str) -> None:
    partner.forum.add_message("jun", "1", "x" * 60_000)
    shell.run("sync", url)
    with shell.begin("log", url, "last") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_the_partner_command_serves_a_conforming_endpoint_until_ctrl_c(shell: Shell) -> None:
    with shell.begin("partner", "--port", "0") as process:
        assert process.stderr is not None
        said = [process.stderr.readline() for _ in range(3)]
        url = said[-1].split()[-1]
        assert said[1] == "The secret is that in RINGCX_CRAWLER_SECRET.\n"
        assert shell.run("sync", url).returncode == 0
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_the_partner_command_does_the_one_thing_wrong_that_it_is_told(shell: Shell) -> None:
    with shell.begin("partner", "--port", "0", "--fault", "unsigned-answer", "--secret", "another secret") as process:
        assert process.stderr is not None
        said = [process.stderr.readline() for _ in range(4)]
        assert said[1] == "Its fault: it does not sign its answers (SG4, TR9).\n"
        done = shell.run("sync", said[-1].split()[-1], "--secret", "another secret")
        assert done.returncode == 1
        assert "that is unsigned" in done.stderr
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def test_a_port_that_is_taken_is_explained(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = shell.run("partner", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == (
        f"error: nothing can be served at 127.0.0.1, port {port}: Address already in use\n"
        "  Give another --port; --port 0 takes one that is free.\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["sync", "--help"], ["explain"], ["sync", "URL"]], ids=" ".join
)
def test_where_the_output_cannot_be_written_a_sentence_says_so(shell: Shell, url: str, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = shell.run(*(url if word == "URL" else word for word in words), stdout=full)
    assert done.returncode == 1
    assert done.stderr == "error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
@pytest.mark.parametrize("command", ["sync URL", "status", "messages URL", "log URL", "--help"])
def test_a_stream_that_is_closed_is_none_that_anybody_reads(shell: Shell, url: str, command: str, closed: str) -> None:
    script = f"{sys.executable} -W error -m crawler {command.replace('URL', url)} {closed}"
    done = shell.script(script)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
