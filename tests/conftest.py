"""What every test may rely on.

An ``async def test_…`` just runs: anyio's plugin (``anyio_mode = "auto"`` in pyproject.toml) takes it, on the backend
that `anyio_backend` names. The program itself runs on asyncio only, so the tests do, too.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from tests.postgresql import PostgresServer

COVERED = [Path(__file__).parent / name for name in ("unit", "conformance")]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is `long` or `thorough` is `slow` as well, so that ``-m "not slow"`` does not call it in.

    Coverage is what unit tests and those of the judge reach: it costs a third of a test's time, and what runs through
    everything a hundred times tells nothing more.
    """
    for item in items:
        if item.get_closest_marker("long") or item.get_closest_marker("thorough"):
            item.add_marker("slow")
        if not any(item.path.is_relative_to(directory) for directory in COVERED):
            item.add_marker("no_cover")


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """What tests have recorded: ``record_property("figure", "500 histories")``, and what is ``missing`` for some."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")
    recorded = [
        it for report in terminalreporter.getreports("skipped") for it in getattr(report, "user_properties", ())
    ]
    if missing := sorted({str(value) for name, value in recorded if name == "missing"}):
        terminalreporter.write_line(f"left out, for want of {', '.join(missing)}: scripts/servers install gets them")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all; whoever ends it starts it again."""
    with tempfile.TemporaryDirectory() as directory:  # not pytest's: another user than the server's may not go there
        server = PostgresServer(Path(directory))
        server.start()
        try:
            yield server
        finally:
            server.stop()
