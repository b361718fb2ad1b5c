"""The public face: flat, lazy, the same objects as in their rooms; and the examples of docs/api.md run."""

import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from inspect import isclass, iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest

import crawler
from crawler import _ROOM_OF, errors

API = Path(__file__).parents[2] / "docs" / "api.md"
TEXT = API.read_text("utf-8")
EXAMPLES = [
    "\n" * TEXT[: found.start(1)].count("\n") + found[1]  # an error names its line in the page
    for found in re.finditer(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
]


@pytest.mark.parametrize("name", crawler.__all__)
def test_a_name_is_the_very_object_of_its_room(name: str) -> None:
    if name != "__version__":
        room = import_module(_ROOM_OF.get(name, "crawler.errors"))
        assert getattr(crawler, name) is getattr(room, name)


def test_every_error_is_there() -> None:
    of_the_tree = {name for name, it in vars(errors).items() if isclass(it) and issubclass(it, errors.CrawlerError)}
    assert of_the_tree <= set(crawler.__all__)


def test_the_names_are_what_editors_and_completion_see() -> None:
    assert set(crawler.__all__) <= set(dir(crawler))
    for_types = re.findall(
        r"^    from \S+ import (?:\((.*?)\)|([^\n(]+))$", Path(crawler.__file__).read_text(), re.MULTILINE | re.DOTALL
    )
    named = {name.strip() for found in for_types for name in "".join(found).split(",") if name.strip()}
    assert {*named, "__version__"} == set(crawler.__all__)


def test_what_is_not_there_is_said_like_anywhere_else() -> None:
    with pytest.raises(AttributeError, match="module 'crawler' has no attribute 'run_cycles'"):
        _ = crawler.run_cycles  # type: ignore[attr-defined]


def imported(code: str) -> set[str]:
    command = [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_to_import_the_face_imports_nothing_else() -> None:
    assert imported("import crawler") - imported("pass") == {"crawler"}
    assert imported("import crawler; dir(crawler)") - imported("pass") == {"crawler"}


def test_a_name_brings_its_room_only() -> None:
    assert "httpx" not in imported("from crawler import Source, StoreError")


@pytest.mark.parametrize("name", crawler.__all__)
def test_every_name_is_documented(name: str) -> None:
    assert f"`{name}`" in TEXT


def test_examples_import_from_the_face_only() -> None:
    assert re.findall(r"^ *(?:from|import) (crawler\.\S+)", "\n".join(EXAMPLES), re.MULTILINE) == []
    assert len(EXAMPLES) >= 5


async def test_the_examples_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "examples"}
    ran = []
    for text in EXAMPLES:
        exec(compile(text, str(API), "exec"), names)  # noqa: S102 - our own text
        found: list[Callable[[], Awaitable[None]]] = [
            names.pop(name) for name in [*names] if iscoroutinefunction(names[name]) and name.startswith("example_")
        ]
        for example in found:
            await example()
            ran.append(example.__name__)
    assert ran == re.findall(r"async def (example_\w+)", TEXT)
