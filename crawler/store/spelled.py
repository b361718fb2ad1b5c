"""The text of composed statements, and the module that holds it: `crawler.store.statements`."""

import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from crawler.store import composed
from crawler.store.composed import Composed
from crawler.store.dialect import Dialect
from crawler.store.driver import Text


def composing(name: str) -> Callable[[Dialect], Composed]:
    """The function that composes the statement of that name."""
    compose: Callable[[Dialect], Composed] = getattr(composed, name)
    return compose


@cache
def text_of(name: str, dialect: Dialect) -> Text:
    """A statement's SQL, and the names of its values in the order of their placeholders."""
    spoken: sa.Dialect = (
        PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]
        if dialect.name == "postgresql"
        else sqlite.dialect(paramstyle="qmark")
    )
    compiled: Any = composing(name)(dialect).compile(dialect=spoken)
    if any(value is not None for value in compiled.params.values()):
        raise ValueError(f"{name}: a value that is not `fixed`")
    return str(compiled), tuple(compiled.positiontup)


def written() -> str:
    """The module `crawler.store.statements`."""
    public = {name: it for name, it in vars(composed).items() if not name.startswith("_")}
    names = [name for name, it in public.items() if getattr(it, "__annotations__", {}).get("return") is Composed]
    return HEAD + "\n".join("\n".join(_written(name)) for name in names)


HEAD = '''"""The statements that every cycle runs, as text.

Written by ``scripts/statements`` from `crawler.store.composed`: change them there.
"""

from crawler.store.driver import Statement

'''


def _written(name: str) -> Iterator[str]:
    texts = {kind: text_of(name, Dialect(kind)) for kind in ("sqlite", "postgresql")}
    [values] = {values for _, values in texts.values()}
    yield f"{name} = Statement("
    yield f"    {name!r},"
    for kind, (text, _) in texts.items():
        lines = textwrap.wrap(" ".join(text.split()), 106, break_long_words=False, break_on_hyphens=False)
        yield f"    {kind}="
        yield from (f"        {line + ' ' * (line is not lines[-1])!r}" for line in lines)
        yield "        ,"
    composed = composing(name)(Dialect("sqlite"))
    returned = composed.selected_columns if isinstance(composed, sa.Select) else composed.exported_columns
    for what, names in (("values", values), ("columns", tuple(str(column.key) for column in returned))):
        yield from textwrap.wrap(f"{what}={names!r},", 112, initial_indent="    ", subsequent_indent="        ")
    yield f")\n{composing(name).__doc__!r}\n"
