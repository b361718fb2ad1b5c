"""The servers that are crawled and judged, by name."""

import sys
from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.servers.running import HERE, ROOT, Place, Server

Commands = Callable[[Place], Sequence[Sequence[str]]]


def python(module: str, *arguments: str) -> Commands:
    """A module of Python's; ``{port}`` in an argument is the port."""
    return lambda place: [[sys.executable, "-m", module, *(it.format(port=place.port) for it in arguments)]]


def node(name: str) -> Commands:
    return lambda place: [[place.where["node"], str(HERE / "node" / name)]]


def builtin(place: Place) -> Sequence[Sequence[str]]:
    script = str(place.directory / "php" / "builtin.php")
    return [[place.where["php"], "-n", "-d", "display_errors=1", "-S", f"127.0.0.1:{place.port}", script]]


def apache(place: Place) -> Sequence[Sequence[str]]:
    configuration = place.configured("apache.conf", module=place.where["mod_php"])
    return [[place.where["apache2"], "-DFOREGROUND", "-f", configuration]]


def nginx(place: Place) -> Sequence[Sequence[str]]:
    fpm, front = place.configured("fpm.conf"), place.configured("nginx.conf")
    return [
        [place.where["php-fpm"], "--nodaemonize", "--fpm-config", fpm],
        [place.where["nginx"], "-c", front, "-e", "stderr"],
    ]


def puma(place: Place) -> Sequence[Sequence[str]]:
    rackup = str(HERE / "ruby" / "config.ru")
    return [[place.where["puma"], "--bind", f"tcp://127.0.0.1:{place.port}", "--threads", "1:16", rackup]]


PYTHON = "tests.servers.python"
MODULES = str(ROOT / ".servers" / "node_modules")
SERVERS = {
    "node": Server(needs=["node"], commands=node("http.js")),
    "express": Server(
        path="/ringcx",
        needs=["node", "express"],
        commands=node("express.js"),
        environment={"NODE_PATH": MODULES},
        habits=frozenset({"refusals-are-no-web-pages", "refusals-hide-the-stack"}),
    ),
    "php": Server(
        path="/builtin.php",
        needs=["php"],
        commands=builtin,
        habits=frozenset({"actions-are-a-list", "nothing-behind-answers"}),
    ),
    "apache": Server(path="/apache.php", needs=["apache2", "mod_php"], commands=apache, humble=True),
    "nginx": Server(path="/sdk/?channel=7", needs=["nginx", "php-fpm"], commands=nginx, humble=True),
    "gunicorn": Server(
        path="/ringcx",
        commands=python("gunicorn", "--bind", "127.0.0.1:{port}", "--no-control-socket", f"{PYTHON}.on_gunicorn:app"),
    ),
    "waitress": Server(
        commands=python("waitress", "--listen", "127.0.0.1:{port}", "--threads", "8", f"{PYTHON}.on_waitress:app"),
    ),
    "uvicorn": Server(
        path="/api/ringcx",
        commands=python("uvicorn", "--host", "127.0.0.1", "--port", "{port}", f"{PYTHON}.on_uvicorn:app"),
        habits=frozenset({"show-of-an-unknown-id-refused"}),
    ),
    "puma": Server(needs=["puma"], commands=puma),
}


def missing(server: Server, where: Mapping[str, str | None]) -> str:
    """What it needs and is not where it was looked for."""
    return ", ".join(name for name in server.needs if where[name] is None)


def leave_out(lacking: str, environ: Mapping[str, str], record: Callable[[str, object], None]) -> None:
    """End a test that lacks something. Where CI is set, that is a failure; elsewhere one line at the end names it."""
    if environ.get("CI"):
        pytest.fail(f"{lacking}: not here, and CI is set: call scripts/servers install first")
    record("missing", lacking)
    pytest.skip(f"scripts/servers install gets {lacking}")
