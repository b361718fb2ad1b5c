"""Tests mirror the code: whatever decides in crawler/ROOM/MODULE.py is tested in tests/unit/ROOM/test_MODULE.py."""

import ast
from pathlib import Path

import pytest

import crawler

CODE = Path(crawler.__file__).parent
TESTS = Path(__file__).parent

DECIDES = (ast.If, ast.IfExp, ast.Match, ast.While, ast.BoolOp, ast.Try)

ELSEWHERE = {
    "__main__.py": "unit/cli/test_start_up.py",
    "cli/arguments.py": "unit/cli/commands/test_create.py",
    "cli/commands/explain.py": "unit/cli/commands/test_check.py",
    "cli/commands/replay.py": "unit/cli/commands/test_check.py",
    "cli/invocation.py": "unit/cli/commands/test_sync.py",
    "cli/judging.py": "unit/cli/commands/test_check.py",
    "cli/options.py": "unit/cli/test_start_up.py",
    "cli/queued.py": "unit/cli/commands/test_create.py",
    "cli/recorded.py": "unit/cli/commands/test_check.py",
    "cli/report.py": "unit/cli/commands/test_sync.py",
    "cli/serving.py": "unit/daemon/test_endpoint.py",
    "cli/terminal.py": "unit/cli/test_output.py",
    "cli/trace.py": "unit/cli/commands/test_log.py",
    "connection.py": "unit/test_transport.py",
    "daemon/operation.py": "integration/test_run_process.py",
    "errors.py": "unit/cli/test_errors.py",
    "protocol/reader.py": "unit/protocol/test_reading.py",
    "pytest_plugin/crawling.py": "conformance/test_plugin.py",
    "pytest_plugin/endpoint.py": "conformance/test_plugin.py",
    "pytest_plugin/judging.py": "conformance/test_plugin.py",
    "reference/capabilities.py": "unit/reference/test_actions.py",
    "reference/contents.py": "unit/reference/test_forum.py",
    "reference/drafts.py": "unit/reference/test_actions.py",
    "reference/faults/contents.py": "unit/reference/test_faults.py",
    "reference/faults/declarations.py": "unit/reference/test_faults.py",
    "reference/faults/fault.py": "unit/reference/test_faults.py",
    "reference/faults/listings.py": "unit/reference/test_faults.py",
    "reference/faults/operations.py": "unit/reference/test_faults.py",
    "reference/faults/spellings.py": "unit/reference/test_faults.py",
    "reference/faults/transport.py": "unit/reference/test_faults.py",
    "reference/wire.py": "unit/reference/test_app.py",
    "settings/address.py": "unit/test_settings.py",
    "settings/configuration.py": "unit/test_settings.py",
    "settings/example.py": "unit/test_generated.py",
    "settings/file.py": "unit/test_settings.py",
    "settings/keys.py": "unit/test_settings.py",
    "settings/secret.py": "unit/test_settings.py",
    "settings/values.py": "unit/test_settings_daemon.py",
    "store/entries.py": "unit/store/test_outbox.py",
    "store/leases.py": "unit/store/test_sources.py",
    "store/pages.py": "unit/store/test_cycles.py",
    "store/presence.py": "unit/store/test_holder.py",
    "store/schema.py": "unit/store/test_migrations.py",
    "store/sqlite.py": "unit/store/test_database.py",
    "store/upgrading.py": "unit/store/test_migrations.py",
    "tunnel.py": "unit/test_proxies.py",
}
"""Modules that decide something and have no test module of their own, with where they are tested.

Nothing is added to it: what is new has tests of its own.
"""

MOST = 46

NOT_HERE = ("conformance", "migrations")
"""Rules have their twins and migrations their carried databases: tests/conformance, and tests/unit/store/carried."""


def modules() -> dict[str, Path]:
    """Where the tests of each module that decides something belong, below tests/unit."""
    found = {}
    for path in sorted(CODE.rglob("*.py")):
        place = path.relative_to(CODE)
        if {*place.parts} & {*NOT_HERE} or place.stem == "__init__":
            continue
        if any(isinstance(node, DECIDES) for node in ast.walk(ast.parse(path.read_text("utf-8")))):
            found[place.as_posix()] = TESTS / place.parent / f"test_{place.stem.strip('_')}.py"
    return found


def test_what_decides_something_has_tests_of_its_own() -> None:
    assert [name for name, tests in modules().items() if not tests.exists() and name not in ELSEWHERE] == []


def test_the_allow_list_only_shrinks() -> None:
    assert len(ELSEWHERE) <= MOST


def test_the_allow_list_holds_nothing_that_is_gone_or_has_tests_by_now() -> None:
    places = modules()
    assert [name for name in ELSEWHERE if name not in places or places[name].exists()] == []


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_tested_elsewhere_is_tested_there(name: str) -> None:
    assert (TESTS.parent / ELSEWHERE[name]).is_file()
