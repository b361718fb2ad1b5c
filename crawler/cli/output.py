"""Printing: tables and records that a narrow terminal, a pipe and a screen reader can all take.

Everything that came from a partner goes through `clean` first: it may hold commands for the terminal. Results go to
stdout, everything else to stderr. Whatever goes there goes through here, and what holds a secret of a source that the
command is about is withheld: a cell, a line, a text of a JSON value.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len

from crawler.protocol.credentials import NOTHING, WITHHELD, Credentials

if TYPE_CHECKING:
    from crawler.cli.terminal import Terminal

JOINERS = "\u200c\u200d"
"""Invisible, and part of words and emoji."""

LONGEST_WORD = 24
"""Characters of a word that a table keeps whole; longer ones, such as URLs, may be broken."""

Cell = object
"""What stands in a table: text, number, or `None`."""

NONE = "-"
"""Stands in a cell for what is not there on purpose."""


SECRETS = "crawler.credentials"
"""Under which key click's context, which each command has one of, has the secrets that must not be shown."""


def know(credentials: Credentials) -> None:
    """From now on withhold what holds one of these."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta.setdefault(SECRETS, []).append(credentials)


def known() -> Credentials:
    """The secrets that this command must not show."""
    context = click.get_current_context(silent=True)
    found: list[Credentials] = context.meta.get(SECRETS, []) if context is not None else []
    if len(found) > 1:
        found[:] = [Credentials.union(found)]
    return found[0] if found else NOTHING


def made_of(name: str, label: str) -> str:
    """A `label` that was made of a name, and may be spelled in other letters: withheld where the name is."""
    return label if known().withhold(name) == name else WITHHELD


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print lines, each of which is withheld where it holds a secret."""
    credentials = known()
    if credentials.may_stand_in(text):
        text = "\n".join(map(credentials.withhold, text.split("\n")))
        text = credentials.withhold(text)  # one that goes over several lines
    click.echo(text, err=err, nl=nl)


def clean(value: object, *, lines: bool = False) -> str:
    """`value` as text without anything that a terminal takes for a command; `None` is empty.

    Line breaks and tabs become blanks, unless `lines` are asked for.
    """
    text = "" if value is None else str(value)
    kept = JOINERS + ("\n" if lines else "")
    return "".join(c if c.isprintable() or c in kept else " " for c in text)


def as_json(value: object, *, indent: int | None = None) -> str:
    """`value` as JSON text in which whatever is not printable stands escaped: for terminals, and for any encoding."""
    unicode = (sys.stdout.encoding or "").lower().replace("_", "-") in ("utf-8", "utf8")
    text = json.dumps(value, ensure_ascii=not unicode, indent=indent)
    if known().may_stand_in(text):
        text = json.dumps(known().withhold_all(value), ensure_ascii=not unicode, indent=indent)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def print_error(lines: Iterable[str], advice: Iterable[str]) -> None:
    """The lines of an error and paragraphs on what to do about it, on stderr."""
    width = _width(sys.stderr) if sys.stderr.isatty() else 10_000
    for line in lines:
        echo(_wrapped(known().withhold(clean(line)), "error: ", width), err=True)
    for paragraph in advice:
        echo(_wrapped(known().withhold(clean(paragraph)), "  ", width), err=True)


class Output:
    """Where a command prints to. With `as_json`, tables and notes are not printed; a command prints records then."""

    def __init__(self, *, is_terminal: bool | None = None, width: int | None = None, as_json: bool = False) -> None:
        self.is_terminal = sys.stdout.isatty() if is_terminal is None else is_terminal
        self.width = width or _width(sys.stdout)
        self.as_json = as_json

    def text(self, text: str = "") -> None:
        """A text: wrapped on a terminal, as it is elsewhere. It must be clean."""
        text = known().withhold(text)
        echo(_wrapped(text, "", self.width) if self.is_terminal and text else text)

    def json(self, value: object) -> None:
        """One JSON value on one line; on a terminal, spread over several."""
        click.echo(as_json(value, indent=2 if self.is_terminal else None))

    def json_lines(self, records: Iterable[object]) -> None:
        """One JSON value a line."""
        for record in records:
            click.echo(as_json(record))

    def records(self, records: Iterable[Any], columns: Sequence[str], *, empty: str) -> None:
        """A list: the named `columns` as a table, or whole records with ``--json``; `empty` says that there is none."""
        listed = list(records)
        if self.as_json:
            self.json_lines(listed)
        elif listed:
            self.table(columns, [[record.get(column) for column in columns] for record in listed])
        else:
            self.note(empty)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """A table; on a terminal that is too narrow for it, one line for each cell. Numbers stand to the right."""
        columns = [clean(column) for column in columns]  # an operation that a partner declares may be one
        listed = [list(row) for row in rows]
        cells = [[clean(cell) for cell in row] for row in listed]
        if known().may_stand_in(" ".join(cell for row in [columns, *cells] for cell in row)):
            columns, *cells = ([known().withhold(cell) for cell in row] for row in [columns, *cells])
        right = [any(isinstance(row[i], int | float) for row in listed) for i in range(len(columns))]
        if not self.is_terminal:
            self._plain_table(columns, cells, right)
        elif _least_width(columns, cells) > self.width:
            self._stacked(columns, cells, right)
        else:
            terminal(width=self.width).table(columns, cells, right)

    def facts(self, facts: Iterable[tuple[str, Cell]]) -> None:
        """Names and values, one pair a line; what is empty is left out."""
        withhold = known().withhold
        shown = [(clean(name), withhold(clean(value))) for name, value in facts if value not in (None, "")]
        margin = max((cell_len(name) for name, _ in shown), default=0) + 2
        for name, value in shown:
            start = _padded(name, margin, right=False)
            echo(_wrapped(value, start, self.width) if self.is_terminal else start + value)

    def note(self, text: str) -> None:
        """Something that is no result, on stderr."""
        text = known().withhold(clean(text))
        echo(_wrapped(text, "", self.width) if sys.stderr.isatty() else text, err=True)

    def warn(self, text: str) -> None:
        """Something to be careful about, on stderr."""
        self.note(f"warning: {text}")

    def _plain_table(self, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
        widths = [max(cell_len(row[i]) for row in (columns, *cells)) for i in range(len(columns))]
        for row in (columns, *cells):
            padded = [_padded(cell, width, right=r) for cell, width, r in zip(row, widths, right, strict=True)]
            echo("  ".join(padded).rstrip())

    def _stacked(self, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
        """One line for each cell; numbers share one."""
        for number, row in enumerate(cells):
            if number:
                echo()
            named = list(zip(columns, row, right, strict=True))
            texts = [(name, cell) for name, cell, is_number in named if not is_number and cell != NONE]
            counts = ", ".join(f"{name}\xa0{cell}" for name, cell, is_number in named if is_number and cell)
            self.facts(texts[:1])
            if counts:
                echo(_wrapped(counts, "  ", self.width).replace("\xa0", " "))
            self.facts((f"  {name}", cell) for name, cell in texts[1:])


def terminal(*, stderr: bool = False, width: int | None = None) -> Terminal:
    """What is drawn on stdout, or on stderr: only where that is a terminal, for all others do without rich."""
    from crawler.cli.terminal import Terminal

    return Terminal(stderr=stderr, width=width)


def _least_width(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    """The width below which a table breaks words; one that is longer than `LONGEST_WORD` may be broken."""

    def widest_word(column: int) -> int:
        words = (word for row in (columns, *cells) for word in row[column].split())
        return min(max(map(cell_len, words), default=0), LONGEST_WORD)

    return sum(widest_word(i) + 2 for i in range(len(columns)))


def _padded(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks


def _wrapped(text: str, start: str, width: int) -> str:
    """`text` after `start`, its further lines indented as far; no word is broken, so that URLs can be copied."""
    indent = " " * len(start)
    return textwrap.fill(
        text,
        width=max(width, len(start) + 20),
        initial_indent=start,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _width(stream: Any) -> int:
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isdecimal() and len(wanted) < len("10000") and int(wanted):
        return int(wanted)
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return columns or shutil.get_terminal_size().columns  # a terminal in a container often has a size of 0
