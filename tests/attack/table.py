"""What an attack ends in: what was tried, how often, and what was lost, doubled or out of bound."""

from dataclasses import dataclass, field
from statistics import quantiles


@dataclass
class Row:
    """One line. `wrong` says what was lost, doubled, late or out of bound, a sentence each."""

    what: str
    tried: int = 0
    lost: int = 0
    doubled: int = 0
    late: int = 0
    out_of_bound: int = 0
    figure: str = ""
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return self.holds and not self.late

    @property
    def holds(self) -> bool:
        """Whether all is well but perhaps for lateness, which is the machine's as well."""
        return not (self.lost or self.doubled or self.out_of_bound)

    def expect(self, holds: bool, otherwise: str) -> None:
        """Something has to hold; where it does not, that is out of bound."""
        if not holds:
            self.out_of_bound += 1
            self.wrong.append(otherwise)

    def expect_in_time(self, holds: bool, otherwise: str) -> None:
        """A cycle has to begin in time; where it does not, it is late."""
        if not holds:
            self.late += 1
            self.wrong.append(otherwise)

    def compare(self, wrong: list[str]) -> None:
        """What the comparison in the end found: each was lost or doubled."""
        for text in wrong:
            if "doubled" in text.partition("lost")[0] or "a repeat" in text:
                self.doubled += 1
            else:
                self.lost += 1
            self.wrong.append(text)


def shown(rows: list[Row]) -> str:
    """The table, and below it what went wrong."""
    heads = ("what was tried", "times", "lost", "doubled", "late", "out of bound", "figures")
    cells = [
        (row.what, *map(str, (row.tried, row.lost, row.doubled, row.late, row.out_of_bound)), row.figure)
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]

    def line(words: tuple[str, ...]) -> str:
        each = [
            word.rjust(width) if 0 < at < 6 else word.ljust(width)
            for at, (word, width) in enumerate(zip(words, widths, strict=True))
        ]
        return "  ".join(each).rstrip()

    wrong = [f"{row.what}: {text}" for row in rows for text in row.wrong]
    return "\n".join([line(heads), line(tuple("-" * width for width in widths)), *map(line, cells), *wrong])


def p99(values: list[float]) -> float:
    """The value that 99 of 100 do not exceed; 0 where there are hardly any."""
    return quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else max(values, default=0.0)
