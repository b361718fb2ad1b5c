"""The README's example of testing code that is built on `crawler` runs as it stands there."""

from pathlib import Path
from typing import Any

README = Path(__file__).parents[2] / "README.md"


async def test_the_example_with_respx_passes() -> None:
    text = README.read_text("utf-8").partition("<!-- respx -->\n```python\n")[2].partition("```\n<!-- /respx -->")[0]
    names: dict[str, Any] = {}
    exec(compile(text, str(README), "exec"), names)  # noqa: S102 - our own text
    [test] = [value for name, value in names.items() if name.startswith("test_")]
    await test()
