"""What README.md, CONTRIBUTING.md and docs/ say is there is there, and their Python runs."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crawler.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
README, ARCHITECTURE = (path.read_text("utf-8") for path in (ROOT / "README.md", ROOT / "docs" / "architecture.md"))
WITH_FIXTURES = "<!-- with the fixtures of pytest -->"
BLOCK = re.compile(r"(?:^(<!-- [^\n]* -->)\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(page, *found) for page in PAGES for found in BLOCK.findall(page.read_text("utf-8"))]
RUN = {page: "\n".join(text for its, mark, text in BLOCKS if its == page and mark != WITH_FIXTURES) for page in PAGES}

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_the_readme_is_a_page_and_the_architecture_can_be_read_at_once() -> None:
    assert README.count("\n") <= 200
    assert ARCHITECTURE.count("\n") <= 120


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    assert [link for link in links if not link.startswith("https://") and not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether the file is there, and has the heading after ``#``."""
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """What a page's headings can be linked to by."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_every_path_and_command_that_is_named_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    paths = set(re.findall(r"(?<![\w/.])(?:crawler|config|docs|scripts|tests)/[\w./-]*\w", text))
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
    commands = set(re.findall(r"(?:^    |^\$ |`)ringcx-crawler ([a-z][a-z-]*)", text, re.MULTILINE))
    assert commands <= set(cli.commands)


def test_every_page_can_be_reached_from_the_readme() -> None:
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", README)}
    assert {str(page.relative_to(ROOT)) for page in PAGES[1:]} <= links


def test_what_the_architecture_names_is_where_it_says() -> None:
    named = re.findall(r"\[`([\w.]+)`\]\(\.\./([\w/.]+\.py)\)", ARCHITECTURE)
    assert len(named) > 15
    assert [name for name, path in named if name not in defined(ROOT / path)] == []


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def defined(module: Path) -> set[str]:
    """The functions and classes of a module, and their methods as ``Class.method``."""
    found = set()
    for node in ast.parse(module.read_text("utf-8")).body:
        if isinstance(node, (*DEFINITIONS, ast.ClassDef)):
            found.add(node.name)
            found |= {f"{node.name}.{part.name}" for part in ast.walk(node) if isinstance(part, DEFINITIONS)}
    return found


def test_every_room_is_in_the_table_of_the_architecture() -> None:
    rooms = [path.parent.name for path in sorted((ROOT / "crawler").glob("*/__init__.py"))]
    assert [room for room in rooms if f"`crawler/{room}`" not in ARCHITECTURE] == []


@pytest.mark.parametrize("page", [page for page, text in RUN.items() if text], ids=lambda page: page.stem)
async def test_the_python_in_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": page.stem}
    exec(compile(RUN[page], str(page), "exec"), names)  # noqa: S102 - our own text
    found = [it for it in names.values() if inspect.iscoroutinefunction(it) and it.__module__ == page.stem]
    for function in found:
        await function()
    assert found


CONFTEST = """
import pytest
from crawler.clock import utc_now
from crawler.reference import reference_partner

@pytest.fixture(scope="session")
def endpoint():
    return reference_partner("open sesame", utc_now)

@pytest.fixture(scope="session")
def ringcx_secret():
    return "open sesame"
"""


@pytest.mark.slow
def test_the_tests_in_a_page_pass(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    texts = [text for _, mark, text in BLOCKS if mark == WITH_FIXTURES]
    for number, text in enumerate(texts):
        (tmp_path / f"test_{number}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-k", "arrives or no-redirect"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"{len(texts) + 1} passed" in done.stdout
