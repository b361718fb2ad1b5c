"""The report for people at a terminal: a tree of chapters and rules while they are judged, then what failed. PURE.

It comes in pieces: `head`, `judged` for each result, `tail`. Nothing in it is a command to a terminal but colours, and
those only where asked for.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from crawler.conformance.judgement import FAILURES, Judgement
from crawler.conformance.reports.evidence import evidence
from crawler.conformance.reports.tables import setting, spellings
from crawler.conformance.rule import Outcome, Result
from crawler.protocol.envelope import escaped
from crawler.sync.state import Source

BODY = 1_500
"""How many bytes of each body are shown."""

MARKS = {
    Outcome.PASSED: ("✔", "+", 32),
    Outcome.FAILED: ("✘", "x", 31),
    Outcome.WARNED: ("!", "!", 33),
    Outcome.NOTED: ("·", ".", 36),
    Outcome.SKIPPED: ("-", "-", 90),
    Outcome.ACCEPTED: ("~", "~", 36),
    Outcome.STALE: ("✘", "x", 31),
    Outcome.BROKEN: ("✘", "x", 35),
}
"""Outcome → its mark, the same in ASCII, and its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How to write: `width` in columns, `None` for no end; with or without colours, and other marks than ASCII."""

    width: int | None = None
    colours: bool = False
    unicode: bool = True

    def head(self, source: Source) -> str:
        """What comes first."""
        address = f"  {source.address}" if source.address != source.name else ""
        return self._wrapped(f"{source.name}{address}", "") + "\n"

    def judged(self, result: Result, before: Result | None) -> str:
        """One rule; after the chapter's name where `before` was of another chapter."""
        chapter = ""
        if before is None or before.rule.chapter != result.rule.chapter:
            before = None
            chapter = "\n" + self._paint(result.rule.chapter, 1) + "\n"
        mark, ascii_mark, colour = MARKS[result.outcome]
        start = f"  {mark if self.unicode else ascii_mark} "
        line = self._wrapped(result.rule.name + self._remark(result, before), start)
        return chapter + self._paint(line, colour) + "\n"

    def tail(self, judgement: Judgement) -> str:
        """What comes last: the spellings, the evidence for what failed, and one line of counts."""
        judgement = judgement.redacted()
        if judgement.unreachable:
            return f"\n{self._counts(judgement)}\n"
        parts = [*self._encodings(judgement), *self._failures(judgement)]
        if judgement.left_behind:
            left = ", ".join(f"{name} {content_id}" for name, content_id in judgement.left_behind)
            text = f"left behind, for it could not be deleted again: {escape(left)}"
            parts.append(self._paint(self._wrapped(text, ""), 33))
        if judgement.broke_off:
            parts.append(self._paint(self._wrapped(f"broken off: {escape(judgement.broke_off)}", ""), 31))
        parts.append(self._counts(judgement))
        return "\n" + "\n\n".join(parts) + "\n"

    def news(self, before: Judgement, now: Judgement) -> str:
        """What another run found that one `before` did not, in a few lines."""
        was, found = broken(before), broken(now)
        judged = {it.rule.name for it in now.results if it.outcome is not Outcome.SKIPPED}
        lines = [
            (f"now kept: {', '.join(name for name in was if name in judged - {*found})}", 32),
            (f"no longer judged: {', '.join(name for name in was if name not in judged)}", 90),
            (f"now broken: {', '.join(name for name in found if name not in was)}", 31),
        ]
        shown = [self._paint(self._wrapped(text, ""), colour) for text, colour in lines if not text.endswith(": ")]
        return "\n".join(shown or ["the same rules are broken as before" if found else "no rule is broken, as before"])

    def whole(self, judgement: Judgement) -> str:
        """All of it."""
        parts = [self.head(judgement.source)]
        before: Result | None = None
        for result in judgement.redacted().results:
            parts.append(self.judged(result, before))
            before = result
        return "".join([*parts, self.tail(judgement)])

    def _remark(self, result: Result, before: Result | None) -> str:
        if result.outcome is Outcome.SKIPPED and before is not None and before.reason == result.reason:
            return ": skipped, likewise"
        match result.outcome:
            case Outcome.PASSED:
                return ""
            case Outcome.SKIPPED:
                return f": skipped: {escape(result.reason)}"
            case Outcome.FAILED | Outcome.WARNED | Outcome.NOTED:
                return f": {result.outcome}: {result.rule.title}"
            case _:
                return f": {result.outcome}: {escape(result.reason)}"

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

    def _failures(self, judgement: Judgement) -> Iterator[str]:
        shown: Sequence[Result] = [
            result
            for outcome in (Outcome.BROKEN, Outcome.STALE, Outcome.FAILED, Outcome.WARNED, Outcome.NOTED)
            for result in judgement.results
            if result.outcome is outcome
        ]
        for result in shown:
            title = f"{result.outcome}: {result.rule.name} ({result.rule.chapter}, {result.rule.level})"
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

    def _counts(self, judgement: Judgement) -> str:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in judgement.counts.items() if count)
        seconds = (judgement.ended - judgement.started).total_seconds()
        colour = 32 if judgement.conforms else 31
        rules = f"{len(judgement.results)} rule{'s' if len(judgement.results) != 1 else ''}"
        text = f"{judgement.source.name} {judgement.verdict}: {rules}: {counts}; {seconds:.1f} s"
        return self._paint(self._wrapped(text, ""), colour)

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


def escape(text: str) -> str:
    """`text` without anything that a terminal takes for a command."""
    return escaped(text.encode("utf-8", "backslashreplace"))
