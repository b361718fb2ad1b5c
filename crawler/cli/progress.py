"""What is seen of a long import while it runs: one line a source, on stderr, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from crawler.cli.output import clean, known, terminal
from crawler.journal import Event, Watch, unwatched
from crawler.protocol.envelope import Exchange
from crawler.store import Begun
from crawler.sync.exports import Settled

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


class Progress:
    """Lines of progress; without `bars` there are none."""

    def __init__(self, bars: Bars | None = None) -> None:
        self._bars = bars

    @classmethod
    @contextmanager
    def on_terminal(cls, *, quiet: bool = False) -> Iterator[Self]:
        """Progress on stderr, gone at the end; none if that is no terminal, or `quiet`."""
        if quiet or not sys.stderr.isatty():
            yield cls()
            return
        with terminal(stderr=True).bars() as bars:
            yield cls(bars)

    def watch(self, source: str) -> Watch:
        """What a cycle of `source` is to tell its progress to."""
        if self._bars is None:
            return unwatched
        bars, name = self._bars, clean(source)
        task = bars.add_task(name, total=None)
        counts = {"imported": 0, "exported": 0}

        def watch(event: Event) -> None:
            match event:
                case Begun() | Exchange():
                    return
                case Settled():
                    counts["exported"] += 1
                    doing = event.entry.action
                case _:
                    counts["imported"] += len(event.new) + len(event.updated)
                    doing = f"{event.object}.list"
            exported = f", {counts['exported']:,} exported" if counts["exported"] else ""
            text = known().withhold(f"{name}  {doing}  {counts['imported']:,} imported{exported}")
            bars.update(task, description=text)

        return watch
