"""What a cycle did: counted while it runs, shown and stored when it ends."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from crawler.errors import GONE, PartnerError
from crawler.protocol.remarks import Ignored, Remark, Remarks
from crawler.sync.exports import Settled, Wait
from crawler.sync.pages import Accepted
from crawler.sync.schedule import Outlook
from crawler.sync.state import Json

Kind = Literal["cycle", "push"]
"""A whole cycle, or the sending of what was just queued (LS8)."""

IGNORED_KEPT = 200
"""How many ignored contents of an object a report names; the others are counted."""


@dataclass(slots=True)
class ObjectReport:
    """One object's import: counts of contents, `requests` for pages, and its cursors."""

    object: str
    cursor_before: str | None = None
    cursor_after: str | None = None
    requests: int = 0
    listed: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    ignored: int = 0
    ignored_contents: list[Ignored] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)
    more_later: bool = False

    def add(self, accepted: Accepted) -> None:
        """Count one page, after it was stored."""
        self.requests += 1
        self.listed += len(accepted.new) + len(accepted.updated) + accepted.unchanged + len(accepted.ignored)
        self.new += len(accepted.new)
        self.updated += len(accepted.updated)
        self.unchanged += accepted.unchanged
        self.ignored += len(accepted.ignored)
        self.ignored_contents.extend(accepted.ignored[: IGNORED_KEPT - len(self.ignored_contents)])
        self.remarks.merge(accepted.remarks)
        self.cursor_after = accepted.cursor.since_id
        self.more_later = accepted.more_later


@dataclass(slots=True)
class CycleReport:
    """One cycle of one source.

    `errors` are what failed, in order; a cycle with an error in it failed, although much of it may have succeeded.
    Whether the source is failing is another question: `nothing_had`.
    A `push` has no objects, interval or outlook (LS8).
    `early` is how many seconds before it was due a cycle by hand came, `None` where the schedule has brought it, and
    `interval` the number of seconds from the answer to `implementation.info` until the next cycle is due (CY1).
    `looked_up` counts threads fetched by LS9. `remarks` are on the implementation info, `connections` on connections
    (TR12), with actions as examples. `effort` is the processor time in seconds that the cycle took. `outlook` is known
    once the cycle's end is stored.
    """

    source: str
    started: datetime
    ended: datetime | None = None
    cycle_id: int | None = None
    kind: Kind = "cycle"
    early: float | None = None
    interval: float | None = None
    objects: dict[str, ObjectReport] = field(default_factory=dict)
    exports: list[Settled] = field(default_factory=list)
    waiting: list[Wait] = field(default_factory=list)
    looked_up: int = 0
    remarks: tuple[Remark, ...] = ()
    connections: Remarks = field(default_factory=Remarks)
    errors: list[PartnerError] = field(default_factory=list)
    effort: float = 0.0
    outlook: Outlook | None = None

    @property
    def failed(self) -> bool:
        """Whether the partner failed anywhere in this cycle, exports that are tried again or given up included."""
        return bool(self.errors) or any(settled.outcome != "succeeded" for settled in self.exports)

    @property
    def nothing_had(self) -> bool:
        """Whether the source counts as failing (CY4, CY6): its info failed, its endpoint is gone, or no list worked.

        One list that fails beside another that works is an error like any other, and slows nothing down.
        """
        gone = any(isinstance(error, GONE) for error in self.errors)
        return gone or (bool(self.errors) and not any(listed.requests for listed in self.objects.values()))

    @property
    def vain_effort(self) -> float:
        """The processor time of a cycle that has brought nothing, in seconds: the source has to wait for it (CY8)."""
        brought = any(listed.new or listed.updated for listed in self.objects.values())
        return 0.0 if brought else self.effort

    @property
    def idle(self) -> bool:
        """Whether there is nothing left to pull, send or retry that another cycle at once could get done."""
        moved = any(o.new or o.updated or o.more_later for o in self.objects.values())
        return not moved and not self.exports and not self.errors

    def outcomes(self) -> dict[str, int]:
        """How many exports succeeded, are retried, were given up, and wait."""
        counts = {"sent": 0, "succeeded": 0, "retried": 0, "given up": 0}
        for settled in self.exports:
            counts["sent"] += 1
            counts[settled.outcome] += 1
        return {**counts, "waiting": len(self.waiting)}

    def as_json(self) -> dict[str, Json]:
        """The report for machines: what ``sync --json`` prints and the database keeps."""
        return {
            "source": self.source,
            "cycle": self.cycle_id,
            "kind": self.kind,
            "started": self.started.isoformat(timespec="milliseconds"),
            "ended": self.ended.isoformat(timespec="milliseconds") if self.ended else None,
            "seconds": round((self.ended - self.started).total_seconds(), 3) if self.ended else None,
            "failed": self.failed,
            "early": round(self.early, 3) if self.early is not None else None,
            "interval": self.interval,
            "objects": {name: _object_json(report) for name, report in self.objects.items()},
            "threads_looked_up": self.looked_up,
            "exports": {
                **self.outcomes(),
                "settled": [_settled_json(settled) for settled in self.exports],
                "waits": [
                    {"id": w.entry.id, "action": w.entry.action, "rule": w.rule, "reason": w.reason}
                    for w in self.waiting
                ],
            },
            "remarks": [{"rule": remark.rule, "text": remark.text} for remark in self.remarks],
            "connections": _remarks_json(self.connections),
            "errors": [_error_json(error) for error in self.errors],
        }


def _object_json(report: ObjectReport) -> dict[str, Json]:
    return {
        "requests": report.requests,
        "listed": report.listed,
        "new": report.new,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "ignored": report.ignored,
        "cursor_before": report.cursor_before,
        "cursor_after": report.cursor_after,
        "more_later": report.more_later,
        "ignored_contents": [
            {"position": i.position, "id": i.id, "rule": i.rule, "reason": i.reason} for i in report.ignored_contents
        ],
        "remarks": _remarks_json(report.remarks),
    }


def _remarks_json(remarks: Remarks) -> list[Json]:
    return [
        {"rule": remark.rule, "text": remark.text, "count": count, "examples": remarks.examples[remark]}
        for remark, count in remarks.counts.items()
    ]


def _settled_json(settled: Settled) -> dict[str, Json]:
    entry = settled.entry
    return {
        "id": entry.id,
        "action": entry.action,
        "outcome": settled.outcome,
        "status": str(entry.status),
        "attempts": entry.attempts,
        "foreign_id": entry.foreign_id,
        "error": entry.error,
        "remark": settled.remark or None,
    }


def _error_json(error: PartnerError) -> dict[str, Json]:
    return {
        "kind": type(error).__name__,
        "action": error.action,
        "expected": error.expected,
        "came": error.came,
        "explanation": error.explanation,
        "message": str(error),
    }
