"""What is worth telling a partner about an answer: remarks, and contents that were ignored."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about an answer that is worth telling its author but harms nothing, and the `rule` it concerns."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A content that was not imported (LS7): its `position` in the answer from 0, its `id` if readable, and why."""

    position: int
    id: str | None
    rule: str
    reason: str


@dataclass(slots=True)
class Remarks:
    """Remarks on many contents, counted, each with the first few ids that it is about: bounded for any page."""

    counts: Counter[Remark] = field(default_factory=Counter)
    examples: dict[Remark, list[str]] = field(default_factory=dict)

    EXAMPLES = 3

    def add(self, rule: str, text: str, content_id: str) -> None:
        """Remark on the content `content_id`, or on the answer as a whole where that is empty."""
        remark = Remark(rule, text)
        self.counts[remark] += 1
        examples = self.examples.setdefault(remark, [])
        if content_id and len(examples) < self.EXAMPLES:
            examples.append(content_id)

    def merge(self, other: "Remarks") -> None:
        """Take over the remarks of another page."""
        for remark, count in other.counts.items():
            self.counts[remark] += count
            examples = self.examples.setdefault(remark, [])
            examples.extend(other.examples[remark][: self.EXAMPLES - len(examples)])
