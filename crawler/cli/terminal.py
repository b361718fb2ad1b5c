"""What is drawn on a terminal, by rich; `crawler.cli.output.terminal` imports it where there is one."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from crawler.cli.output import LONGEST_WORD


class Terminal:
    """Stdout as a terminal that is `width` characters wide, or stderr, which may not be one."""

    def __init__(self, *, stderr: bool, width: int | None) -> None:
        if stderr:
            self._console = Console(stderr=True)
        else:
            self._console = Console(file=sys.stdout, force_terminal=True, width=width, highlight=False)

    def table(self, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
        """Draw a table; columns that are `right` are aligned to the right."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for i, (column, is_number) in enumerate(zip(columns, right, strict=True)):
            words = not is_number and " " not in column and all(" " not in row[i] for row in cells)
            whole = words and all(cell_len(row[i]) <= LONGEST_WORD for row in cells)
            justify: Literal["left", "right"] = "right" if is_number else "left"
            table.add_column(Text(column), justify=justify, overflow="fold", no_wrap=whole)
        for row in cells:
            table.add_row(*map(Text, row))
        self._console.print(table)

    def bars(self) -> Bars:
        """Lines of progress, gone at the end. Use it as a context manager."""
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        return Bars(*columns, console=self._console, transient=True)

    def status(self, text: str) -> AbstractContextManager[object]:
        """A line that says what is done while the body runs, gone at the end."""
        return self._console.status(text)
