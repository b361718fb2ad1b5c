"""Imports stand at the top, but for the doors from what is light to what is heavy; their number may only shrink."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import crawler

ROOT = Path(crawler.__file__).parent
DOORS = {
    "__main__.py": 1,  # click
    "cli/__init__.py": 1,  # what prints errors
    "cli/options.py": 1,  # what a command works with
    "cli/output.py": 1,  # rich
    "pytest_plugin/__init__.py": 3,  # the judge, the crawler, and an event loop
    "settings/configuration.py": 1,  # pydantic
    "store/database.py": 2,  # migrations, psycopg
    "store/dump.py": 1,  # SQLAlchemy
    "transport.py": 1,  # httpcore
}


def late_imports(node: ast.AST, *, late: bool = False) -> Iterator[int]:
    """The lines of imports within functions."""
    if late and isinstance(node, ast.Import | ast.ImportFrom):
        yield node.lineno
    late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    for child in ast.iter_child_nodes(node):
        yield from late_imports(child, late=late)


def test_late_imports_stand_in_the_doors_only() -> None:
    found: Counter[str] = Counter()
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        found[name] += len([*late_imports(ast.parse(path.read_text("utf-8")))])
    assert {name: number for name, number in found.items() if number > DOORS.get(name, 0)} == {}
    assert sum(DOORS.values()) <= 12
