"""The first screen: what was found, what was not judged, and what to do next, in 24 lines of 80 columns. PURE."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len, set_cell_size

from crawler.conformance.evidence import Remedy
from crawler.conformance.judgement import Judgement, Verdict
from crawler.conformance.reports.tables import setting, spellings
from crawler.conformance.rule import Level, Outcome, Result
from crawler.protocol.envelope import escaped

LINES, COLUMNS = 24, 80
REASON = 2
"""On how many lines it is told why a run broke off."""
LEFT = 3
"""On how many lines it is told what was left behind."""
GROUPS = 6
"""How many groups of rules that were not judged are shown at most."""

GREEN, RED, YELLOW, CYAN, GREY, BOLD = 32, 31, 33, 36, 90, 1
MARKS: Mapping[Outcome, tuple[str, str, int]] = {
    Outcome.PASSED: ("✔", "+", GREEN),
    Outcome.FAILED: ("✘", "x", RED),
    Outcome.WARNED: ("!", "!", YELLOW),
    Outcome.NOTED: ("·", ".", CYAN),
    Outcome.NOT_JUDGED: ("?", "?", GREY),
    Outcome.DOES_NOT_APPLY: ("-", "-", GREY),
    Outcome.ACCEPTED: ("~", "~", CYAN),
    Outcome.STALE: ("✘", "x", RED),
    Outcome.BROKEN: ("✘", "x", 35),
}
"""Outcome → its mark, the same in ASCII, and its colour."""

Line = tuple[str, int]
"""A line and its colour; 0 is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The first screen of a judgement, `width` columns wide; with or without other marks than ASCII."""

    judgement: Judgement
    width: int = COLUMNS
    unicode: bool = True

    def lines(self) -> Sequence[Line]:
        """All of it; the breaches get the lines that the rest leaves."""
        head = [self._cut(line) for line in self._head()]
        tail = [self._cut(line) for line in self._tail()]
        found = self._findings(LINES - len(head) - len(tail) - 1)
        return [*head, *([("", 0), *map(self._cut, found)] if found else []), *tail]

    def _head(self) -> Iterator[Line]:
        it = self.judgement
        colour = {Verdict.BREACH: RED, Verdict.CLEAR: GREEN, Verdict.UNJUDGED: RED}[it.verdict]
        yield it.headline, colour
        seconds = (it.ended - it.started).total_seconds()
        inapplicable = it.counts[Outcome.DOES_NOT_APPLY]
        more = f", {inapplicable} rules do not apply" if inapplicable else ""
        figures = f": {it.requests} request{'s' if it.requests != 1 else ''} in {seconds:.1f} s{more}"
        name = escape(it.source.name)
        yield _cut(name, max(self.width - len(figures), 20)) + figures, 0
        if why := it.why_unjudged or it.broke_off:
            said = f"broken off: {escape(why)}" if it.broke_off else escape(why)
            yield from ((line, RED) for line in textwrap.wrap(said, self.width, max_lines=REASON, placeholder=" …"))

    def _findings(self, most: int) -> Sequence[Line]:
        """The breaches and warnings by harm, one line each; under the name of the harm where there is room for that."""
        found = list(enumerate(self.judgement.findings, 1))
        groups = [(title, list(group)) for title, group in groupby(found, lambda it: _title(it[1]))]
        if len(found) + len(groups) <= most:
            return [line for title, group in groups for line in [(title, BOLD), *map(self._finding, group)]]
        if len(found) <= most:
            return [*map(self._finding, found)]
        left = len(found) - most + 1
        return [*map(self._finding, found[: most - 1]), (f"   and {left} more: -v shows all", GREY)]

    def _finding(self, numbered: tuple[int, Result]) -> Line:
        number, result = numbered
        mark, ascii_mark, colour = MARKS[result.outcome]
        start = f"{number:>2} {mark if self.unicode else ascii_mark} {result.rule.name}: "
        if not result.breaches:
            return start + escape(result.reason), colour
        breach = result.breaches[0]
        expected, actual = " ".join(escape(breach.expected).split()), " ".join(escape(breach.actual).split())
        room = self.width - len(start) - len(", got ")
        left = room - cell_len(expected) - cell_len(actual)
        if left < 0:
            expected = _cut(expected, max(room // 2, room - cell_len(actual)))
        elif left >= len("expected "):
            expected = f"expected {expected}"
        return f"{start}{expected}, got {actual}", colour

    def _tail(self) -> Iterator[Line]:
        it = self.judgement
        if groups := list(it.left_out.items()):
            yield "", 0
            yield f"not judged ({sum(len(results) for _, results in groups)}):", BOLD
            shown = groups if len(groups) <= GROUPS else groups[: GROUPS - 1]
            for remedy, results in shown:
                yield f"{len(results):>4}  {remedy.why}: {remedy.do}", 0
            if len(groups) > len(shown):
                yield f"{sum(len(results) for _, results in groups[len(shown) :]):>4}  for other reasons: -v", 0
        more = [*self._more()]
        if more:
            yield "", 0
            yield from more

    def _more(self) -> Iterator[Line]:
        it = self.judgement
        if left := left_behind(it):
            for line in textwrap.wrap(left, self.width, max_lines=LEFT, placeholder=" … (all of it: -v)"):
                yield line, YELLOW
        if it.pace.put_off:
            yield f"its pace: {it.pace}", YELLOW
        tried = spellings(it)
        if any(spelling.taken is False for spelling in tried) and (advice := setting(tried)):
            yield advice, YELLOW
        yield f"next: {self._next()}", 0

    def _next(self) -> str:
        it = self.judgement
        check = f"ringcx-crawler check {it.source.name}"
        if it.findings:
            return "ringcx-crawler explain 1" + (f" (to {len(it.findings)})" if len(it.findings) > 1 else "")
        if it.unreachable or it.broke_off or Remedy.SECRET in it.left_out:
            return check
        if Remedy.WRITE in it.left_out:
            return f"{check} --write"
        return f"{check} -v" if it.left_out else f"{check} --html report.html"

    def _cut(self, line: Line) -> Line:
        return _cut(line[0], self.width), line[1]


def left_behind(judgement: Judgement) -> str:
    """What was created and is still there, for people; empty where that is nothing."""
    ids: dict[str, list[str]] = {}
    for name, content_id in judgement.left_behind:
        ids.setdefault(name, []).append(content_id)
    listed = escape("; ".join(f"{name} {', '.join(ids[name])}" for name in ids))
    return f"left behind, for it could not be deleted again: {listed}" if listed else ""


def _title(result: Result) -> str:
    """What stands above findings of that kind."""
    if result.outcome is Outcome.FAILED:
        return f"{result.rule.harm}:"
    titles = {
        Outcome.STALE: "stale lines of the baseline:",
        Outcome.BROKEN: "faults of the judge itself, please report them:",
        Outcome.WARNED: f"warnings ({Level.SHOULD}):",
        Outcome.NOTED: f"notes ({Level.UNCLEAR}):",
    }
    return titles.get(result.outcome, "accepted by the baseline:")


def _cut(text: str, width: int) -> str:
    """The beginning of a text that is wider than `width` columns, with an ellipsis."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def escape(text: str) -> str:
    """`text` without anything that a terminal takes for a command."""
    return escaped(text.encode("utf-8", "backslashreplace"))
