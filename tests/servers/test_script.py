"""scripts/servers: what it says, what it leaves as it was; and what becomes of a test where something is missing."""

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.partners import SERVERS, leave_out, missing
from tests.servers.running import ROOT, Server, whereabouts

SCRIPT = ROOT / "scripts" / "servers"
OLD = "#!/bin/sh\nexit 104\n"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module."""
    spec = spec_from_loader("servers_script", SourceFileLoader("servers_script", str(SCRIPT)))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=[None, OLD], ids=["without a policy", "with a policy"])
def policy(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "policy-rc.d"
    if request.param is not None:
        path.write_text(request.param)
        path.chmod(0o750)
    return path


def state(policy: Path) -> list[tuple[str, str, int]]:
    return [(path.name, path.read_text(), path.stat().st_mode) for path in sorted(policy.parent.iterdir())]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, SystemExit])
def test_while_it_installs_nothing_is_started_and_the_policy_is_put_back(
    script: ModuleType, policy: Path, error: type[BaseException] | None
) -> None:
    before = state(policy)
    try:
        with script.nothing_started(policy):
            assert subprocess.run([policy, "nginx", "start"], check=False).returncode == 101
            if error is not None:
                raise error
    except (KeyboardInterrupt, SystemExit):
        pass
    assert state(policy) == before


def test_a_policy_is_put_back_that_a_killed_run_has_left_aside(script: ModuleType, policy: Path) -> None:
    before = state(policy)
    if before:
        policy.rename(policy.with_name("policy-rc.d.before-scripts-servers"))
    policy.write_text(script.NOTHING_STARTS)
    with script.nothing_started(policy):
        pass
    assert state(policy) == before


def test_it_says_what_is_there_and_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "node").write_text("")
    (tmp_path / "node").chmod(0o755)
    told = subprocess.run(
        [sys.executable, SCRIPT, "list", "node", "puma"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.split("\n") == [
        f"node      {tmp_path}/node",
        "puma      missing: scripts/servers install",
        "",
    ]
    assert told.returncode == 1


def test_a_name_that_it_does_not_know_is_wrong_usage() -> None:
    told = subprocess.run([sys.executable, SCRIPT, "install", "iis"], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert "nginx" in told.stderr


def test_it_knows_all_that_the_servers_need() -> None:
    assert {name for server in SERVERS.values() for name in server.needs} <= set(whereabouts())


def test_what_is_missing_ends_a_test_quietly_but_not_in_ci() -> None:
    server = Server(needs=["node", "express"], commands=lambda _place: [])
    assert missing(server, {"node": "/usr/bin/node", "express": "/somewhere"}) == ""
    lacking = missing(server, {"node": "/usr/bin/node", "express": None})
    recorded: list[tuple[str, object]] = []

    with pytest.raises(pytest.fail.Exception, match="express: not here, and CI is set"):
        leave_out(lacking, {"CI": "true"}, lambda *it: recorded.append(it))
    assert recorded == []
    with pytest.raises(pytest.skip.Exception):
        leave_out(lacking, {}, lambda *it: recorded.append(it))
    assert recorded == [("missing", "express")]
