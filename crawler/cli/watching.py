"""``status --watch``: a table of the sources that follows them."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from crawler.cli.invocation import Invocation
from crawler.cli.output import NONE, clean
from crawler.store import Standing

EVERY = 1.0
"""Seconds from one look to the next."""

COLUMNS = ("source", "state", "last cycle", "next due", "late", "failures", "outbox")
WIDTHS = (("late", 90), ("last cycle", 72), ("failures", 58), ("next due", 46), ("outbox", 34))
"""Columns that are left out below a width; the state says the most important of it."""

STYLES = {"switched off": "bold red", "failing": "red", "late": "yellow", "crawling": "green", "not crawled": "dim"}


def seconds() -> Iterator[None]:
    """Yields at once, and then every second, for ever."""
    while True:
        yield
        time.sleep(EVERY)


def watch(run: Invocation, names: Sequence[str], moments: Iterable[None]) -> None:
    """Show the named sources, or all, anew at each of the `moments`; Ctrl-C ends it. Raises `StoreError`."""
    console = Console(width=run.out.width, highlight=False)
    with run.open_store() as store, Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
        for _ in moments:
            found = [standing for standing in store.standing() if not names or standing.source in names]
            live.update(picture(found, now=run.outside.clock(), width=run.out.width), refresh=True)


def picture(found: Sequence[Standing], *, now: datetime, width: int) -> RenderableType:
    """A line of totals and a table, those that need a person first, that fit into `width` columns."""
    hidden = {name for name, least in WIDTHS if width < least}
    shown = [name for name in COLUMNS if name not in hidden]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in shown:
        right = name in ("late", "failures", "outbox")
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "source", overflow="fold")
    for standing in sorted(found, key=_urgency):
        cells = _cells(standing, now)
        style = STYLES.get(cells["state"], "")
        table.add_row(*(Text(cells[name], style=style if name == "state" else "") for name in shown))
    return Group(Text(_totals(found, now), style="bold"), Text(), table)


def state(standing: Standing) -> str:
    """How a source fares, in a word or two."""
    if standing.disabled_at is not None:
        return "switched off"
    if standing.crawled_by is not None:
        return "crawling"
    if standing.failures:
        return "failing"
    if not standing.managed:
        return "not crawled"
    return "late" if standing.due_in is not None and standing.due_in < -EVERY else "waiting"


def _urgency(standing: Standing) -> tuple[int, str]:
    order = {"switched off": 0, "failing": 1}
    return order.get(state(standing), 3 if not standing.managed else 2), standing.source


def _cells(standing: Standing, now: datetime) -> dict[str, str]:
    planned = standing.due_in is not None and standing.disabled_at is None and standing.crawled_by is None
    due_in = standing.due_in or 0.0
    last = NONE
    if standing.started_at is not None:
        last = f"{standing.outcome} {duration((now - standing.started_at).total_seconds())} ago"
    oldest = f" ({duration((now - standing.oldest).total_seconds())})" if standing.oldest is not None else ""
    return {
        "source": clean(standing.source),
        "state": state(standing),
        "last cycle": last,
        "next due": (f"in {duration(due_in)}" if due_in > 0 else "now") if planned else NONE,
        "late": duration(-due_in) if planned and due_in < -EVERY else "",
        "failures": str(standing.failures or ""),
        "outbox": f"{standing.outbox:,}{oldest}" if standing.outbox else "",
    }


def _totals(found: Sequence[Standing], now: datetime) -> str:
    states = [state(standing) for standing in found]
    parts = [f"{len(found):,} source{'s' if len(found) != 1 else ''}"]
    troubles = ("crawling", "late", "failing", "switched off")
    parts.extend(f"{states.count(name):,} {name}" for name in troubles if name in states)
    waiting = sum(standing.outbox for standing in found)
    if waiting:
        parts.append(f"{waiting:,} to export")
    return f"{now:%H:%M:%S} UTC  {', '.join(parts)}"


def duration(length: float) -> str:
    """A number of seconds as a person says it: ``12 s``, ``3 min``, ``5 h``, ``2 d``."""
    whole = max(round(length), 0)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if whole >= 2 * size:
            return f"{whole // size} {unit}"
    return f"{whole} s"
