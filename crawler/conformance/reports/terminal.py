"""The report for people at a terminal: the first screen, and on request all rules and the evidence. PURE.

Nothing in it is a command to a terminal but colours, and those only where asked for.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len

from crawler.conformance.judgement import FAILURES, Judgement
from crawler.conformance.reports.evidence import evidence, looked_at
from crawler.conformance.reports.screen import COLUMNS, MARKS, YELLOW, Screen, escape, left_behind
from crawler.conformance.reports.tables import setting, spellings
from crawler.conformance.rule import JUDGED, Outcome, Result

BODY = 1_500
"""How many bytes of each body are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How to write: `width` in columns, `None` for no end; with or without colours, and other marks than ASCII."""

    width: int | None = None
    colours: bool = False
    unicode: bool = True

    def screen(self, judgement: Judgement) -> str:
        """The first screen."""
        width = min(self.width or COLUMNS, COLUMNS)
        screen = Screen(judgement=judgement.withheld(), width=width, unicode=self.unicode)
        return "".join(f"{self._paint(text, colour) if colour and text else text}\n" for text, colour in screen.lines())

    def details(self, judgement: Judgement) -> str:
        """Everything else: each rule with what it looked at, the spellings, and the evidence for what was found."""
        judgement = judgement.withheld()
        parts = []
        before: Result | None = None
        for result in judgement.results:
            parts.append(self._judged(result, before))
            before = result
        left = [self._paint(self._wrapped(it, ""), YELLOW) for it in [left_behind(judgement)] if it]
        return (
            "".join(parts) + "\n" + "\n\n".join([*self._encodings(judgement), *self._findings(judgement), *left]) + "\n"
        )

    def whole(self, judgement: Judgement) -> str:
        """All of it."""
        return self.screen(judgement) + self.details(judgement)

    def news(self, before: Judgement, now: Judgement) -> str:
        """What another run found that one `before` did not, in a few lines."""
        was, found = broken(before), broken(now)
        judged = {it.rule.name for it in now.results if it.outcome in JUDGED}
        lines = [
            (f"now kept: {', '.join(name for name in was if name in judged - {*found})}", 32),
            (f"no longer judged: {', '.join(name for name in was if name not in judged)}", 90),
            (f"now broken: {', '.join(name for name in found if name not in was)}", 31),
        ]
        shown = [self._paint(self._wrapped(text, ""), colour) for text, colour in lines if not text.endswith(": ")]
        return "\n".join(shown or ["the same rules are broken as before" if found else "no rule is broken, as before"])

    def _judged(self, result: Result, before: Result | None) -> str:
        """One rule; after the chapter's name where `before` was of another chapter."""
        chapter = ""
        if before is None or before.rule.chapter != result.rule.chapter:
            chapter = "\n" + self._paint(result.rule.chapter, 1) + "\n"
        mark, ascii_mark, colour = MARKS[result.outcome]
        start = f"  {mark if self.unicode else ascii_mark} "
        line = self._wrapped(f"{result.rule.name}: {self._remark(result)}", start)
        return chapter + self._paint(line, colour) + "\n"

    def _remark(self, result: Result) -> str:
        match result.outcome:
            case Outcome.PASSED:
                return escape(looked_at(result)).replace("Looked at ", "", 1)
            case Outcome.FAILED | Outcome.WARNED | Outcome.NOTED:
                return f"{result.outcome}: {result.rule.title}"
            case _:
                remedy = f" ({result.remedy.do})" if result.remedy else ""
                return f"{result.outcome}: {escape(result.reason)}{remedy}"

    def _encodings(self, judgement: Judgement) -> Iterator[str]:
        tried = spellings(judgement)
        if not tried:
            return
        margin = max(cell_len(it.name) for it in tried) + 2
        words = {True: "taken", False: "refused", None: "unknown"}
        lines = [self._paint(self._wrapped("spellings of a body, and whether the partner takes them", ""), 1)]
        for it in tried:
            came = "" if it.taken else f"  {escape(it.came)}"
            lines.append(self._wrapped(words[it.taken] + came, f"  {it.name:{margin}}"))
        if advice := setting(tried):
            lines.append(self._wrapped(advice, "  "))
        yield "\n".join(lines)

    def _findings(self, judgement: Judgement) -> Iterator[str]:
        for number, result in enumerate(judgement.findings, 1):
            if result.outcome is Outcome.ACCEPTED:
                continue
            title = f"{number} {result.outcome}: {result.rule.name} ({result.rule.chapter}, {result.rule.level})"
            text = escape(evidence(result, judgement.source, body=BODY))
            lines = [line if line[:1] in "><$" else self._indented(line) for line in text.split("\n")]
            yield "\n".join(
                [
                    self._paint(self._wrapped(title, ""), MARKS[result.outcome][2]),
                    *(f"  {line}".rstrip() for line in lines),
                ]
            )

    def _indented(self, line: str) -> str:
        """A line of the evidence, wrapped beside its name if it has one of those that stand in a column."""
        name, text = (line[:10], line[10:]) if line[8:10] == ": " else ("", line)
        return self._wrapped(text, name).replace("\n", "\n  ")

    def _paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colours else text

    def _wrapped(self, text: str, start: str) -> str:
        """`text` after `start`, its further lines indented as far; no word is broken."""
        if self.width is None or not text:
            return start + text
        return textwrap.fill(
            text,
            width=max(self.width, len(start) + 20) - 2,
            initial_indent=start,
            subsequent_indent=" " * len(start),
            break_long_words=False,
            break_on_hyphens=False,
        )


def broken(judgement: Judgement) -> list[str]:
    """The names of the rules that are broken."""
    return [it.rule.name for it in judgement.results if it.breaches or it.outcome in FAILURES]
